"""Count the transactions that clients of a database have left open: begun, and with nothing to do."""

import argparse

import sqlalchemy

import common

OPEN = {
    "postgresql": """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'""",
    "mysql": """SELECT count(*) FROM information_schema.innodb_trx
        JOIN information_schema.processlist ON id = trx_mysql_thread_id
        WHERE db = database() AND command = 'Sleep'""",
}


def main(arguments: argparse.Namespace) -> dict:
    engine = common.read_engine(arguments.path)
    with engine.connect() as connection:
        return {"open": connection.execute(sqlalchemy.text(OPEN[engine.name])).scalar_one()}


def parser() -> argparse.ArgumentParser:
    return common.argument_parser(__doc__, project=False)


if __name__ == "__main__":
    common.run(main, parser())
