"""Applying objects while keeping a list of them, and the text they share."""

import importlib
from typing import Any

from feast import FeatureService
from feast.data_source import DataSource
from feast.infra.registry.base_registry import BaseRegistry

import common

TEXT = "Straße „geschützt“ \"double\" 'single' \\ back\nsecond line\t東京 🚲"
TAGS = {"team": "größe", "ключ": "значение", 'quote\'d "key"': "a'b\"c\\d", "empty": ""}
OWNER = "zoë@example.org"

SOURCE_MODULES = {
    "AthenaSource": "feast.infra.offline_stores.contrib.athena_offline_store.athena_source",
    "BigQuerySource": "feast.infra.offline_stores.bigquery_source",
    "ChrononSource": "feast.infra.offline_stores.contrib.chronon_offline_store.chronon_source",
    "IcebergSource": "feast.infra.data_sources.contrib.iceberg_catalog.iceberg_source",
    "LanceSource": "feast.infra.data_sources.contrib.lance.lance_source",
    "MlflowDatasetSource": "feast.infra.data_sources.mlflow.mlflow_dataset_source",
    "MongoDBSource": "feast.infra.offline_stores.contrib.mongodb_offline_store.mongodb",
    "MsSqlServerSource": "feast.infra.offline_stores.contrib.mssql_offline_store.mssqlserver_source",
    "OracleSource": "feast.infra.offline_stores.contrib.oracle_offline_store.oracle_source",
    "PostgreSQLSource": "feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source",
    "RedshiftSource": "feast.infra.offline_stores.redshift_source",
    "SnowflakeSource": "feast.infra.offline_stores.snowflake_source",
    "SparkSource": "feast.infra.offline_stores.contrib.spark_offline_store.spark_source",
    "TrinoSource": "feast.infra.offline_stores.contrib.trino_offline_store.trino_source",
    "UnityCatalogSource": "feast.infra.data_sources.contrib.iceberg_catalog.unity_catalog_source",
}


def described(**fields: Any) -> dict[str, Any]:
    """Fields that nearly every class has."""
    return {"description": TEXT, "tags": dict(TAGS), "owner": OWNER, **fields}


class Writer:
    """Applies objects and keeps the list of what was written.

    `resolving` is the registry that is asked for versions: Feast's client of a server cannot be.
    """

    def __init__(self, registry: BaseRegistry, project: str, resolving: BaseRegistry | None = None):
        self.registry = registry
        self.resolving = resolving or registry
        self.project = project
        self.written: dict[str, list[str]] = {kind.table: [] for kind in common.KINDS}
        self.skipped: dict[str, str] = {}
        self.applied: list[dict[str, str]] = []

    def apply(self, table: str, *objects: Any) -> None:
        kind = next(kind for kind in common.KINDS if kind.table == table)
        for each in objects:
            self.note(table, each)
            getattr(self.registry, kind.apply)(each, self.project)
            if each.name not in self.written[table]:
                self.written[table].append(each.name)

    def note(self, table: str, each: Any) -> None:
        """Keep the message that Feast's client would send to a registry server."""
        if isinstance(each, FeatureService):
            if self.resolving is not self.registry:
                # Feast's files answer this from their cache, however old.
                self.resolving.refresh(self.project)
            each.resolve_pending_refs(self.project, self.resolving)  # as FeatureStore.apply does
        message = common.as_text(each.to_proto().SerializeToString())
        self.applied.append(
            {"table": table, "project": self.project, "name": each.name, "message": message}
        )

    def source(self, class_name: str, **fields: Any) -> DataSource | None:
        """A data source of an optional class, or None when its imports are missing."""
        try:
            cls = getattr(importlib.import_module(SOURCE_MODULES[class_name]), class_name)
        except ImportError as error:
            self.skipped[class_name] = str(error)
            return None
        return cls(description=TEXT, tags=dict(TAGS), owner=OWNER, **fields)
