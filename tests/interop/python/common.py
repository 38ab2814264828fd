"""What the interop scripts share: opening registries, the table of kinds, JSON output.

Every script prints exactly one JSON document on standard output. Whatever Feast or
a library prints goes to standard error, and an exception ends the script with its
traceback and a non-zero exit code.
"""

import os

os.environ.setdefault("FEAST_USAGE", "False")  # no telemetry, whatever the Feast version

import argparse
import base64
import contextlib
import json
import logging
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy
from feast.infra.registry.base_registry import BaseRegistry
from feast.infra.registry.registry import Registry
from feast.infra.registry.remote import RemoteRegistry, RemoteRegistryConfig
from feast.infra.registry.sql import SqlRegistry, SqlRegistryConfig
from feast.protos.feast.core.DataSource_pb2 import DataSource
from feast.protos.feast.core.Entity_pb2 import Entity
from feast.protos.feast.core.FeatureService_pb2 import FeatureService
from feast.protos.feast.core.FeatureView_pb2 import FeatureView
from feast.protos.feast.core.LabelView_pb2 import LabelView
from feast.protos.feast.core.OnDemandFeatureView_pb2 import OnDemandFeatureView
from feast.protos.feast.core.Permission_pb2 import Permission
from feast.protos.feast.core.Registry_pb2 import Registry as RegistryMessage
from feast.protos.feast.core.SavedDataset_pb2 import SavedDataset
from feast.protos.feast.core.StreamFeatureView_pb2 import StreamFeatureView
from feast.protos.feast.core.ValidationProfile_pb2 import ValidationReference
from feast.repo_config import RegistryConfig
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

warnings.simplefilter("ignore")  # after the imports: Feast sets filters of its own


@dataclass(frozen=True)
class Kind:
    """One kind of object: its table, the noun in Feast's method names, its message."""

    table: str  # also the plural noun: list_<table>
    noun: str  # get_<noun>
    message: type[Message]
    apply: str  # the registry method that writes it
    is_view: bool = False

    @property
    def name_column(self) -> str:
        return "feature_view_name" if self.is_view else f"{self.noun}_name"

    @property
    def proto_column(self) -> str:
        return "feature_view_proto" if self.is_view else f"{self.noun}_proto"


KINDS = (
    Kind("entities", "entity", Entity, "apply_entity"),
    Kind("data_sources", "data_source", DataSource, "apply_data_source"),
    Kind("feature_views", "feature_view", FeatureView, "apply_feature_view", True),
    Kind(
        "stream_feature_views", "stream_feature_view", StreamFeatureView, "apply_feature_view", True
    ),
    Kind(
        "on_demand_feature_views",
        "on_demand_feature_view",
        OnDemandFeatureView,
        "apply_feature_view",
        True,
    ),
    Kind("label_views", "label_view", LabelView, "apply_feature_view", True),
    Kind("feature_services", "feature_service", FeatureService, "apply_feature_service"),
    Kind("saved_datasets", "saved_dataset", SavedDataset, "apply_saved_dataset"),
    Kind(
        "validation_references",
        "validation_reference",
        ValidationReference,
        "apply_validation_reference",
    ),
    Kind("permissions", "permission", Permission, "apply_permission"),
)

VIEW_MESSAGES = {
    "feature_view": FeatureView,
    "stream_feature_view": StreamFeatureView,
    "on_demand_feature_view": OnDemandFeatureView,
    "label_view": LabelView,
}

BUSY_TIMEOUT_SECONDS = 60

OPENED: list[SqlRegistry] = []


def run(main: Callable[[argparse.Namespace], Any], parser: argparse.ArgumentParser) -> None:
    """Run `main` with the parsed arguments and print what it returns as JSON."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        document = main(arguments)
    json.dump(document, sys.stdout, sort_keys=True)
    sys.stdout.write("\n")


def argument_parser(description: str | None, project: bool = True) -> argparse.ArgumentParser:
    """A parser with `--path`, and a required `--project` unless told otherwise."""
    parser = argparse.ArgumentParser(description=(description or "").strip().splitlines()[0])
    parser.add_argument(
        "--path",
        required=True,
        help="database URL as Feast takes it, e.g. sqlite:///registry.db, or path of a registry file",
    )
    if project:
        parser.add_argument("--project", required=True)
    return parser


def remote_option(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The parser with `--remote`: a registry server to go through instead of `--path`."""
    parser.add_argument("--remote", help="host:port of a registry server in front of --path")
    return parser


def open_sql(path: str, project: str, purge: bool = False) -> SqlRegistry:
    """Feast's SQL registry, as `feature_store.yaml` would configure it.

    On SQLite it waits longer than the driver's five seconds for other writers.
    """
    kwargs: dict[str, Any] = {"echo": False}
    if path.startswith("sqlite"):
        kwargs["connect_args"] = {"timeout": BUSY_TIMEOUT_SECONDS}
    config = SqlRegistryConfig(
        registry_type="sql",
        path=path,
        sqlalchemy_config_kwargs=kwargs,
        purge_feast_metadata=purge,
    )
    registry = SqlRegistry(config, project, None)
    OPENED.append(registry)
    return registry


def open_remote(address: str, project: str) -> RemoteRegistry:
    """Feast's client of a registry server at `host:port`."""
    return RemoteRegistry(RemoteRegistryConfig(path=address), project, None)


def open_either(path: str, remote: str | None, project: str) -> BaseRegistry:
    """The server in front of a registry, or the registry itself."""
    return open_remote(remote, project) if remote else open_registry(path, project)


def is_file(path: str) -> bool:
    """Whether this is the path of a registry file, and not the URL of a database."""
    return "://" not in path


def open_registry(path: str, project: str, purge: bool = False) -> SqlRegistry | Registry:
    """Feast's registry of a database URL, or of the path of a registry file, which it creates."""
    if not is_file(path):
        return open_sql(path, project, purge)
    config = RegistryConfig(path=path, purge_feast_metadata=purge)
    return Registry(project, config, Path(path).parent)


def read_file(path: str) -> RegistryMessage:
    """The content of a registry file, without Feast."""
    return RegistryMessage.FromString(Path(path).read_bytes())


def close_all() -> None:
    """Give back the connections of every registry that was opened."""
    while OPENED:
        OPENED.pop().write_engine.dispose()


def read_engine(path: str) -> sqlalchemy.Engine:
    """An engine that reads the tables without Feast, so without side effects."""
    if path.startswith("postgresql://"):
        path = path.replace("postgresql://", "postgresql+psycopg://", 1)
    return sqlalchemy.create_engine(path, poolclass=sqlalchemy.NullPool)


def read_table(engine: sqlalchemy.Engine, table: str) -> list[dict[str, Any]]:
    """All rows of a table in primary-key order; none when there is no such table."""
    if not sqlalchemy.inspect(engine).has_table(table):
        return []
    found = sqlalchemy.Table(table, sqlalchemy.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        rows = connection.execute(sqlalchemy.select(found).order_by(*found.primary_key.columns))
        return [dict(row._mapping) for row in rows]


def project_names(engine: sqlalchemy.Engine) -> list[str]:
    """Projects that have a `projects` row or, as in old databases, only a uuid row."""
    named = {row["project_id"] for row in read_table(engine, "projects")}
    known = {row["project_id"] for row in read_table(engine, "feast_metadata")}
    return sorted(named | known)


def as_json(message: Message) -> dict[str, Any]:
    """The message in protobuf's JSON mapping (lowerCamelCase names)."""
    return MessageToDict(message)


def as_text(data: bytes | None) -> str | None:
    """Bytes as base64 text."""
    return None if data is None else base64.b64encode(data).decode("ascii")


def rfc3339(moment: datetime) -> str:
    """A moment as protobuf's JSON writes a Timestamp. Naive values are UTC, as in Feast."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp.ToJsonString()


def interval(index: int) -> tuple[datetime, datetime]:
    """The materialisation interval with this number; no two numbers share one."""
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=index)
    return start, start + timedelta(hours=1)
