"""Feature services, saved datasets, validation references and permissions."""

import importlib
from datetime import UTC, datetime

import dill
from feast import Entity, FeatureService, FeatureView
from feast.feature_logging import LoggingConfig
from feast.infra.offline_stores.bigquery_source import BigQueryLoggingDestination
from feast.infra.offline_stores.file_source import FileLoggingDestination, SavedDatasetFileStorage
from feast.infra.offline_stores.snowflake_source import SnowflakeLoggingDestination
from feast.labeling.label_view import LabelView
from feast.permissions.action import ALL_ACTIONS, READ, AuthzedAction
from feast.permissions.permission import Permission
from feast.permissions.policy import (
    AllowAll,
    CombinedGroupNamespacePolicy,
    GroupBasedPolicy,
    NamespaceBasedPolicy,
    RoleBasedPolicy,
)
from feast.protos.feast.core.ValidationProfile_pb2 import (
    GEValidationProfile,
    GEValidationProfiler,
    ValidationReference,
)
from feast.saved_dataset import SavedDataset

from every_kind.functions import profile_dataset
from every_kind.writer import SOURCE_MODULES, TAGS, TEXT, Writer, described


def feature_services(writer: Writer, stats: FeatureView) -> None:
    registry, project = writer.registry, writer.project
    on_demand = registry.get_on_demand_feature_view("pandas_view", project)
    labels = registry.get_label_view("labels", project)
    renamed = (
        stats[["conv_rate"]]
        .with_name("renamed_größe")
        .with_join_key_map({"driver_id": "fahrer_id"})
    )
    logged = LoggingConfig(
        destination=FileLoggingDestination(path="data/log", partition_by=["day"]), sample_rate=0.1
    )
    writer.apply(
        "feature_services",
        FeatureService(
            name="service_größe",
            features=[stats, on_demand, labels],
            logging_config=logged,
            precompute_online=True,
            **described(),
        ),
        FeatureService(
            name="service_renamed",
            features=[renamed],
            logging_config=LoggingConfig(destination=BigQueryLoggingDestination(table_ref="p.d.t")),
        ),
        FeatureService(
            name="service_by_name",
            features=["versions_grow@v1:one", "versions_grow@v0", "driver_stats"],
            logging_config=LoggingConfig(destination=SnowflakeLoggingDestination(table_name="T")),
        ),
        FeatureService(name="service_empty", features=[]),
    )


def saved_datasets(writer: Writer) -> None:
    """Saved datasets with every storage whose class can be imported."""
    common_fields = {
        "features": ["driver_stats:rides", "driver_stats:größe"],
        "join_keys": ["driver_id"],
    }
    full = SavedDataset(
        name="dataset_größe",
        storage=SavedDatasetFileStorage(
            path="data/größe.parquet", s3_endpoint_override="http://127.0.0.1:9000"
        ),
        full_feature_names=True,
        tags=dict(TAGS),
        feature_service_name="service_größe",
        namespace="namensraum",
        collection="sammlung",
        description=TEXT,
        **common_fields,
    )
    full.min_event_timestamp = datetime(2024, 1, 1, tzinfo=UTC)
    full.max_event_timestamp = datetime(2024, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)
    writer.apply("saved_datasets", full)
    storages = {
        "BigQuery": {"table": "p.d.t"},
        "Redshift": {"table_ref": "t"},
        "Snowflake": {"table_ref": "t"},
        "Trino": {"table": "c.s.t"},
        "Spark": {"path": "s3://bucket/x", "file_format": "parquet"},
        "Athena": {"table_ref": "t", "database": "d", "data_source": "AwsDataCatalog"},
        "PostgreSQL": {"table_ref": "t"},
    }
    for name, fields in storages.items():
        if f"{name}Source" not in writer.skipped:
            module = importlib.import_module(SOURCE_MODULES[f"{name}Source"])
            storage = getattr(module, f"SavedDataset{name}Storage")(**fields)
            writer.apply(
                "saved_datasets",
                SavedDataset(name=f"dataset_{name.lower()}", storage=storage, **common_fields),
            )


class StoredReference:
    """A validation reference as the registry's apply needs it.

    Feast's class can only be written with Great Expectations installed.
    """

    def __init__(self, proto: ValidationReference):
        self.name = proto.name
        self.proto = proto

    def to_proto(self) -> ValidationReference:
        return self.proto


def validation_references(writer: Writer) -> None:
    profiler = GEValidationProfiler.UserDefinedProfiler(
        body=dill.dumps(profile_dataset, recurse=True)
    )
    proto = ValidationReference(
        name="reference_größe",
        reference_dataset_name="dataset_größe",
        description=TEXT,
        tags=TAGS,
        ge_profiler=GEValidationProfiler(profiler=profiler),
        ge_profile=GEValidationProfile(expectation_suite='{"größe": 1}'.encode()),
    )
    writer.apply("validation_references", StoredReference(proto))


def permissions(writer: Writer) -> None:
    """One permission for each policy but AllowAll."""
    policies = {
        "role": RoleBasedPolicy(roles=["leser", "schreiber_ü"]),
        "group": GroupBasedPolicy(groups=["g1", "g2"]),
        "namespace": NamespaceBasedPolicy(namespaces=["n1"]),
        "combined": CombinedGroupNamespacePolicy(groups=["g"], namespaces=["n1", "n2"]),
    }
    for name, policy in policies.items():
        writer.apply(
            "permissions",
            Permission(
                name=f"permit_{name}_größe",
                types=[FeatureView, Entity, LabelView],
                name_patterns=["driver.*", "größe 'q'"] if name == "role" else [],
                actions=ALL_ACTIONS if name == "group" else [AuthzedAction.DESCRIBE, *READ],
                policy=policy,
                tags=dict(TAGS),
                required_tags={"team": "größe"} if name == "group" else None,
            ),
        )


def permission_for_all(writer: Writer) -> None:
    """A permission that Feast writes and then cannot read.

    AllowAll is stored as an empty policy, which the class refuses; the project's
    whole list of permissions fails with it.
    """
    writer.apply("permissions", Permission(name="permit_all", policy=AllowAll))
