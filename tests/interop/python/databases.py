"""Create, copy and drop databases on a server of PostgreSQL, MySQL or MariaDB."""

import argparse
from typing import Any

import sqlalchemy

import common


def create(connection: sqlalchemy.Connection, name: str, copied: str | None) -> None:
    """An empty database, or one with the tables and rows of another."""
    postgres = connection.dialect.name == "postgresql"
    quote = connection.dialect.identifier_preparer.quote_identifier
    statement = f"CREATE DATABASE {quote(name)}"
    if not postgres:
        statement += " CHARACTER SET utf8mb4"  # the default of MariaDB 10 cannot hold every name
    elif copied:
        end_sessions(connection, copied)  # a template must not be in use
        statement += f" TEMPLATE {quote(copied)}"
    connection.exec_driver_sql(statement)
    if copied and not postgres:
        for table in sqlalchemy.inspect(connection).get_table_names(schema=copied):
            to, of = (f"{quote(each)}.{quote(table)}" for each in (name, copied))
            connection.exec_driver_sql(f"CREATE TABLE {to} LIKE {of}")
            connection.exec_driver_sql(f"INSERT INTO {to} SELECT * FROM {of}")


def end_sessions(connection: sqlalchemy.Connection, name: str) -> None:
    connection.execute(
        sqlalchemy.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        ),
        {"name": name},
    )


def drop(connection: sqlalchemy.Connection, name: str) -> None:
    """Drops a database, also when it is in use or has gone."""
    quoted = connection.dialect.identifier_preparer.quote_identifier(name)
    force = " WITH (FORCE)" if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quoted}{force}")


def main(arguments: argparse.Namespace) -> dict[str, Any]:
    engine = sqlalchemy.create_engine(
        arguments.path, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool
    )
    with engine.connect() as connection:
        if arguments.drop:
            drop(connection, arguments.drop)
        else:
            create(connection, arguments.create, arguments.copy)
    return {}


def parser() -> argparse.ArgumentParser:
    parser = common.argument_parser(__doc__, project=False)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--create", metavar="NAME")
    what.add_argument("--drop", metavar="NAME")
    parser.add_argument("--copy", metavar="NAME", help="the database whose content it gets")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
