"""Apply what Feast reads from a SQL registry again, and report what Feast rewrote.

For every object: whether Feast wrote its row (seen in the statements it sent, because
stamps are whole seconds), whether bytes and stamp of the row stayed, and how many
versions were added to the history. Feast rewrites some objects even where it wrote
them itself; those say nothing about another writer.
"""

import argparse
import re
from typing import Any

import sqlalchemy
from feast.infra.registry.sql import SqlRegistry

import common
from common import KINDS, Kind

WRITE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)


class Check:
    """Applies objects one by one and watches what is written."""

    def __init__(self, registry: SqlRegistry, project: str):
        self.registry = registry
        self.project = project
        self.writes: list[str] = []
        self.failed: list[dict[str, str]] = []
        sqlalchemy.event.listen(registry.write_engine, "before_cursor_execute", self.watch)

    def watch(self, _connection, _cursor, statement: str, *_) -> None:
        match = WRITE.match(statement)
        if match:
            self.writes.append(match[1])

    def row(self, kind: Kind, name: str) -> tuple[bytes, int]:
        table = sqlalchemy.Table(
            kind.table, sqlalchemy.MetaData(), autoload_with=self.registry.read_engine
        )
        wanted = sqlalchemy.select(
            table.c[kind.proto_column], table.c.last_updated_timestamp
        ).where(table.c[kind.name_column] == name, table.c.project_id == self.project)
        with self.registry.read_engine.connect() as connection:
            return tuple(connection.execute(wanted).one())

    def listed(self, kind: Kind) -> list[Any]:
        try:
            return getattr(self.registry, f"list_{kind.table}")(self.project)
        except Exception as error:
            self.fail(kind, "", error)
            return []

    def fail(self, kind: Kind, name: str, error: Exception) -> None:
        self.failed.append(
            {"kind": kind.table, "name": name, "error": f"{type(error).__name__}: {error}"}
        )

    def again(self, kind: Kind, each: Any) -> dict[str, Any]:
        """Apply one object as read; what came of it."""
        before, stamp = self.row(kind, each.name)
        self.writes.clear()
        getattr(self.registry, kind.apply)(each, self.project)
        after, new_stamp = self.row(kind, each.name)
        return {
            "unchanged": kind.table not in self.writes,
            "same_bytes": before == after,
            "same_stamp": stamp == new_stamp,
            "new_versions": self.writes.count("feature_view_version_history"),
        }

    def kind(self, kind: Kind) -> dict[str, Any]:
        answer = {}
        for each in self.listed(kind):
            try:
                answer[each.name] = self.again(kind, each)
            except Exception as error:
                self.fail(kind, each.name, error)
        return answer


def main(arguments: argparse.Namespace) -> dict:
    registry = common.open_sql(arguments.path, arguments.project)
    check = Check(registry, arguments.project)
    objects = {kind.table: check.kind(kind) for kind in KINDS}
    rewritten = [
        f"{table}/{name}"
        for table, found in objects.items()
        for name, each in found.items()
        if not each["unchanged"]
    ]
    return {
        "objects": objects,
        "unchanged": sum(len(found) for found in objects.values()) - len(rewritten),
        "rewritten": rewritten,
        "failed": check.failed,
    }


def parser() -> argparse.ArgumentParser:
    return common.argument_parser(__doc__)


if __name__ == "__main__":
    common.run(main, parser())
