"""Make the tables of Feast 0.40 and their rows in a database, from `feast040.sql`.

The recorded dump is of SQLite. On other databases the tables get the types that Feast 0.40 gave
them there: what SQLAlchemy makes of `LargeBinary` is a `BLOB` of 64 KiB on MySQL and MariaDB.
"""

import argparse
import sqlite3
from pathlib import Path

import sqlalchemy

import common

DUMP = Path(__file__).with_name("feast040.sql")


def recorded() -> sqlite3.Connection:
    """The recorded database, in memory."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(DUMP.read_text("utf-8"))
    return connection


def main(arguments: argparse.Namespace) -> dict[str, int]:
    source = recorded()
    engine = sqlalchemy.create_engine(arguments.path, poolclass=sqlalchemy.NullPool)
    binary = {"postgresql": "BYTEA"}.get(engine.dialect.name, "BLOB")
    mark = {"sqlite": "?"}.get(engine.dialect.name, "%s")
    definitions = source.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC"
    ).fetchall()
    counts = {}
    with engine.begin() as connection:
        for kind, name, definition in definitions:
            connection.exec_driver_sql(definition.replace(" BLOB", f" {binary}"))
            if kind != "table":
                continue
            rows = source.execute(f'SELECT * FROM "{name}"').fetchall()
            counts[name] = len(rows)
            if rows:
                marks = ", ".join([mark] * len(rows[0]))
                connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({marks})", rows)
    return counts


def parser() -> argparse.ArgumentParser:
    return common.argument_parser(__doc__, project=False)


if __name__ == "__main__":
    common.run(main, parser())
