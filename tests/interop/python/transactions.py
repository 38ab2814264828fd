"""Count the transactions that clients of a PostgreSQL database have left open: begun, and with nothing to do."""

import argparse

import sqlalchemy

import common

OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"


def main(arguments: argparse.Namespace) -> dict:
    engine = common.read_engine(arguments.path)
    with engine.connect() as connection:
        return {"open": connection.execute(sqlalchemy.text(OPEN)).scalar_one()}


def parser() -> argparse.ArgumentParser:
    return common.argument_parser(__doc__, project=False)


if __name__ == "__main__":
    common.run(main, parser())
