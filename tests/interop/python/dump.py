"""Print what Feast reads from a registry, as protobuf JSON.

The objects come from Feast's list calls and back through its `to_proto`. What Feast
cannot load (a validation reference without Great Expectations) is decoded from the
stored bytes instead and named in `from_rows`. Functions and the stamps of data sources
always come from the stored bytes: Feast pickles functions anew whenever it serialises,
and gives a source without stamps those of the present.

Opening a SQL registry lets Feast do what it does at start-up: create missing tables,
the `project_uuid` row of one project, and `projects` rows that only have a uuid row.
`--raw` opens nothing with Feast and changes nothing.
"""

import argparse
import datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from feast.infra.registry.base_registry import BaseRegistry
from feast.infra.registry.remote import RemoteRegistry
from feast.protos.feast.core.DataSource_pb2 import DataSource
from feast.protos.feast.core.InfraObject_pb2 import Infra
from feast.protos.feast.core.Project_pb2 import Project
from feast.protos.feast.core.Registry_pb2 import Registry as RegistryMessage
from google.protobuf.message import DecodeError, Message

import common
from common import KINDS, Kind, as_json, as_text

FUNCTION_FIELDS = ("user_defined_function", "feature_transformation")
SKIPS_FUNCTIONS = ("feature_views", "stream_feature_views", "on_demand_feature_views")


class SqlRows:
    """The stored messages of a SQL registry."""

    def __init__(self, path: str):
        self.engine = common.read_engine(path)
        self.tables: dict[str, list[dict[str, Any]]] = {}

    def rows(self, table: str, project: str) -> list[dict[str, Any]]:
        if table not in self.tables:
            self.tables[table] = common.read_table(self.engine, table)
        return [row for row in self.tables[table] if row["project_id"] == project]

    def projects(self) -> list[str]:
        return common.project_names(self.engine)

    def messages(self, kind: Kind, project: str) -> dict[str, Message]:
        rows = self.rows(kind.table, project)
        return {
            row[kind.name_column]: kind.message.FromString(row[kind.proto_column]) for row in rows
        }

    def history(self, project: str) -> dict[tuple[str, int], Message]:
        return {
            (row["feature_view_name"], row["version_number"]): common.VIEW_MESSAGES[
                row["feature_view_type"]
            ].FromString(row["feature_view_proto"])
            for row in self.rows("feature_view_version_history", project)
        }

    def user_metadata(self, project: str) -> dict[str, str]:
        """Read here and not through Feast, which looks the view up without its project."""
        rows = [row for kind in KINDS if kind.is_view for row in self.rows(kind.table, project)]
        return {
            row["feature_view_name"]: as_text(row["user_metadata"])
            for row in rows
            if row.get("user_metadata") is not None
        }

    def project_metadata(self, project: str) -> dict[str, str]:
        return {
            row["metadata_key"]: row["metadata_value"]
            for row in self.rows("feast_metadata", project)
        }


class FileMessages:
    """The messages of a registry file."""

    def __init__(self, file: str):
        self.registry = RegistryMessage.FromString(Path(file).read_bytes())

    def projects(self) -> list[str]:
        known = {project.spec.name for project in self.registry.projects}
        return sorted(known | {each.project for each in self.registry.project_metadata})

    def messages(self, kind: Kind, project: str) -> dict[str, Message]:
        specs = [(getattr(each, "spec", each), each) for each in getattr(self.registry, kind.table)]
        return {spec.name: each for spec, each in specs if spec.project == project}

    def history(self, project: str) -> dict[tuple[str, int], Message]:
        return {
            (each.feature_view_name, each.version_number): common.VIEW_MESSAGES[
                each.feature_view_type
            ].FromString(each.feature_view_proto)
            for each in self.registry.feature_view_version_history.records
            if each.project_id == project
        }

    def user_metadata(self, project: str) -> dict[str, str]:
        return {}

    def project_metadata(self, project: str) -> dict[str, str]:
        found = [each for each in self.registry.project_metadata if each.project == project]
        return {"project_uuid": found[0].project_uuid} if found else {}


class Dump:
    """Reads a registry through Feast, beside its stored messages."""

    def __init__(self, registry: BaseRegistry, stored: SqlRows | FileMessages):
        self.registry = registry
        self.stored = stored
        self.from_rows: list[dict[str, str]] = []

    def loaded(self, kind: Kind, project: str, messages: dict[str, Message]) -> list[Any]:
        """What Feast lists; when the list call fails, what it gets one by one."""
        skip = {"skip_udf": True} if kind.table in SKIPS_FUNCTIONS else {}
        try:
            return getattr(self.registry, f"list_{kind.table}")(project, **skip)
        except Exception:
            found = []
        for name in messages:
            try:
                found.append(getattr(self.registry, f"get_{kind.noun}")(name, project))
            except Exception as error:
                self.note(kind, project, name, error)
        return found

    def note(self, kind: Kind, project: str, name: str, error: Exception) -> None:
        entry = {
            "kind": kind.table,
            "project": project,
            "name": name,
            "error": f"{type(error).__name__}: {error}",
        }
        self.from_rows.append(entry)

    def kind(self, kind: Kind, project: str) -> dict[str, Any]:
        messages = self.stored.messages(kind, project)
        answer = {name: as_json(message) for name, message in messages.items()}
        for each in self.loaded(kind, project, messages):
            try:
                answer[each.name] = as_json(with_stored_parts(each.to_proto(), messages[each.name]))
            except Exception as error:
                self.note(kind, project, each.name, error)
        return answer

    def versions(self, project: str) -> dict[str, list[dict[str, Any]]]:
        if isinstance(self.registry, RemoteRegistry):
            return {}  # its client cannot ask for them
        stored = self.stored.history(project)
        answer = {}
        for name in sorted({name for name, _ in stored}):
            answer[name] = self.registry.list_feature_view_versions(name, project)
            for record in answer[name]:
                number = record["version_number"]
                view = self.registry.get_feature_view_by_version(name, project, number).to_proto()
                record["view"] = as_json(with_stored_parts(view, stored[name, number]))
                created = record["created_timestamp"]
                if isinstance(created, datetime.datetime):
                    record["created_timestamp"] = common.rfc3339(created)
        return answer

    def functions(self, projects: list[str]) -> dict[str, Any]:
        """Load the views again, this time with their functions."""
        answer: dict[str, Any] = {"loaded": 0, "failed": {}}
        for project in projects:
            for kind in KINDS:
                if kind.table not in SKIPS_FUNCTIONS:
                    continue
                for name, message in self.stored.messages(kind, project).items():
                    if not any(name_is_set(message.spec, field) for field in FUNCTION_FIELDS):
                        continue
                    try:
                        getattr(self.registry, f"get_{kind.noun}")(name, project)
                        answer["loaded"] += 1
                    except Exception as error:
                        answer["failed"][name] = f"{type(error).__name__}: {error}"
        return answer

    def document(self, projects: list[str]) -> dict[str, Any]:
        answer: dict[str, Any] = {
            kind.table: {p: self.kind(kind, p) for p in projects} for kind in KINDS
        }
        listed = [project for project in self.registry.list_projects() if project.name in projects]
        answer["projects"] = [
            as_json(each.to_proto()) for each in sorted(listed, key=lambda each: each.name)
        ]
        answer["versions"] = {project: self.versions(project) for project in projects}
        answer["infra"] = {
            project: as_json(self.registry.get_infra(project).to_proto()) for project in projects
        }
        answer["user_metadata"] = {
            project: self.stored.user_metadata(project) for project in projects
        }
        answer["project_metadata"] = {
            project: self.stored.project_metadata(project) for project in projects
        }
        answer["project_uuids"] = {
            project: [each.project_uuid for each in self.registry.list_project_metadata(project)]
            for project in projects
        }
        answer["from_rows"] = self.from_rows
        return answer


def name_is_set(spec: Message, field: str) -> bool:
    """Whether the message has this field at all and it is set."""
    return field in spec.DESCRIPTOR.fields_by_name and spec.HasField(field)


def with_stored_parts(made: Message, stored: Message) -> Message:
    """Put back what Feast makes anew each time: pickled functions and stamps of sources."""
    spec = getattr(made, "spec", None)
    for field in FUNCTION_FIELDS:
        if spec is not None and name_is_set(stored.spec, field):
            getattr(spec, field).CopyFrom(getattr(stored.spec, field))
    restore_source_stamps(made, stored)
    return made


def restore_source_stamps(made: Message, stored: Message) -> None:
    """Give every data source in the message the stamps that are stored, or none."""
    if isinstance(made, DataSource):
        made.ClearField("meta")
        if stored.HasField("meta"):
            made.meta.CopyFrom(stored.meta)
    for field, value in made.ListFields():
        if field.message_type is None:
            continue
        other = getattr(stored, field.name)
        if field.message_type.GetOptions().map_entry:
            pairs = [(value[key], other[key]) for key in value if key in other]
        elif field.is_repeated:
            pairs = zip(value, other, strict=False)
        else:
            pairs = [(value, other)]
        for mine, theirs in pairs:
            if isinstance(mine, Message):
                restore_source_stamps(mine, theirs)


def decoded(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with base64 in place of bytes, and its message beside them."""
    answer = {
        column: as_text(value) if isinstance(value, bytes) else value
        for column, value in row.items()
    }
    messages = {kind.table: (kind.message, kind.proto_column) for kind in KINDS}
    messages["projects"] = (Project, "project_proto")
    messages["managed_infra"] = (Infra, "infra_proto")
    if table == "feature_view_version_history":
        messages[table] = (common.VIEW_MESSAGES[row["feature_view_type"]], "feature_view_proto")
    if table in messages:
        message, column = messages[table]
        try:
            answer["message"] = as_json(message.FromString(row[column]))
        except DecodeError as error:
            answer["message_error"] = str(error)
    return answer


def raw(arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything that is stored, untouched."""
    if common.is_file(arguments.path):
        data = Path(arguments.path).read_bytes()
        return {
            "registry": as_text(data),
            "message": as_json(RegistryMessage.FromString(data)),
        }
    engine = common.read_engine(arguments.path)
    tables = {}
    for table in sorted(sqlalchemy.inspect(engine).get_table_names()):
        rows = common.read_table(engine, table)
        tables[table] = [
            decoded(table, row)
            for row in rows
            if arguments.project in (None, row.get("project_id"))
        ]
    return {"tables": tables}


def main(arguments: argparse.Namespace) -> dict:
    if arguments.raw:
        return raw(arguments)
    kept = FileMessages if common.is_file(arguments.path) else SqlRows
    stored = kept(arguments.path)
    projects = [arguments.project] if arguments.project else stored.projects()
    if not projects:
        return {"projects": []}
    registry = common.open_either(arguments.path, arguments.remote, projects[0])
    dump = Dump(registry, stored)
    answer = dump.document(projects)
    if arguments.functions:
        answer["functions"] = dump.functions(projects)
    return answer


def parser() -> argparse.ArgumentParser:
    parser = common.argument_parser(__doc__, project=False)
    parser.add_argument("--project", help="only this project; all without")
    parser.add_argument("--raw", action="store_true", help="print the stored bytes, without Feast")
    parser.add_argument("--functions", action="store_true", help="also load every function")
    return common.remote_option(parser)


if __name__ == "__main__":
    common.run(main, parser())
