"""Write a registry file of realistic size with Feast's own file registry.

The same objects every time, apart from stamps: per hundred feature views (the default)
190 objects in all, of every kind that a repository of features has.
"""

import argparse
from datetime import timedelta
from pathlib import Path

from feast import (
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    OnDemandFeatureView,
    Project,
    PushSource,
    StreamFeatureView,
    ValueType,
    types,
)
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.infra.registry.registry import Registry
from feast.permissions.action import READ
from feast.permissions.permission import Permission
from feast.permissions.policy import RoleBasedPolicy
from feast.repo_config import RegistryConfig
from feast.saved_dataset import SavedDataset

import common
from every_kind.functions import double_the_rate, text_of

DTYPES = (types.Int64, types.Float32, types.String, types.Bool, types.Array(types.Float32))
FEATURES_PER_VIEW = 20


def described(number: int) -> dict:
    """What people write about an object."""
    return {
        "description": f"Object {number} of the registry, in words that fill a line",
        "tags": {"team": f"team_{number % 7}", "tier": "gold" if number % 3 else "silver"},
        "owner": f"owner_{number % 5}@example.org",
    }


def entities() -> list[Entity]:
    return [
        Entity(
            name=f"entity_{i}",
            join_keys=[f"entity_{i}_id"],
            value_type=ValueType.STRING,
            **described(i),
        )
        for i in range(9)
    ]


def source(number: int) -> FileSource:
    return FileSource(
        name=f"source_{number:02}",
        path=f"s3://bucket/source_{number:02}.parquet",
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
        **described(number),
    )


def feature_view(number: int, keys: list[Entity], sources: list[FileSource]) -> FeatureView:
    key = keys[number % len(keys)]
    features = [
        Field(name=f"feature_{i:02}", dtype=DTYPES[(number + i) % len(DTYPES)])
        for i in range(FEATURES_PER_VIEW)
    ]
    return FeatureView(
        name=f"view_{number:04}",
        entities=[key],
        schema=[Field(name=key.join_key, dtype=types.String), *features],
        source=sources[number % len(sources)],
        ttl=timedelta(hours=1 + number),
        online=number % 4 != 0,
        **described(number),
    )


def stream_feature_view(number: int, key: Entity, batch: FileSource) -> StreamFeatureView:
    return StreamFeatureView(
        name=f"stream_{number}",
        entities=[key],
        schema=[
            Field(name=key.join_key, dtype=types.String),
            Field(name="conv_rate", dtype=types.Float64),
        ],
        source=PushSource(name=f"push_{number}", batch_source=batch),
        **described(number),
    )


def on_demand_feature_view(number: int) -> OnDemandFeatureView:
    return OnDemandFeatureView(
        name=f"on_demand_{number}",
        input_schema=[Field(name="conv_rate", dtype=types.Float64)],
        schema=[Field(name="doubled", dtype=types.Float64)],
        udf=double_the_rate,
        udf_string=text_of(double_the_rate),
        mode="python",
        **described(number),
    )


def saved_dataset(number: int, key: Entity) -> SavedDataset:
    return SavedDataset(
        name=f"dataset_{number}",
        features=[f"view_{number:04}:feature_00"],
        join_keys=[key.join_key],
        storage=SavedDatasetFileStorage(path=f"s3://bucket/dataset_{number}.parquet"),
        tags={"number": str(number)},
    )


def permission(number: int) -> Permission:
    return Permission(
        name=f"permission_{number}",
        types=[FeatureView],
        name_patterns=[f"view_{number}.*"],
        actions=READ,
        policy=RoleBasedPolicy(roles=[f"role_{number}"]),
    )


def main(arguments: argparse.Namespace) -> dict[str, int]:
    project = arguments.project
    file = Path(arguments.file).resolve()
    registry = Registry(project, RegistryConfig(path=str(file)), file.parent)
    registry.apply_project(Project(name=project, **described(0)), commit=False)

    keys = entities()
    sources = [source(i) for i in range(arguments.views // 4)]
    views = [feature_view(i, keys, sources) for i in range(arguments.views)]
    streams = [stream_feature_view(i, keys[0], sources[0]) for i in range(5)]
    on_demand = [on_demand_feature_view(i) for i in range(10)]
    services = [
        FeatureService(name=f"service_{i:02}", features=views[i : i + 5], **described(i))
        for i in range(30)
    ]
    datasets = [saved_dataset(i, keys[i]) for i in range(5)]
    permissions = [permission(i) for i in range(5)]
    batches = {
        "entity": keys,
        "data_source": sources,
        "feature_view": views + streams + on_demand,
        "feature_service": services,
        "saved_dataset": datasets,
        "permission": permissions,
    }
    for noun, objects in batches.items():
        for each in objects:
            getattr(registry, f"apply_{noun}")(each, project, commit=False)
    for view in views:
        for index in range(3):
            start, end = common.interval(index)
            registry.apply_materialization(view, project, start, end, commit=False)
    registry.commit()
    counts = {noun: len(objects) for noun, objects in batches.items()}
    return {**counts, "project": 1, "all": sum(counts.values()) + 1}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--file", required=True, help="the file to write; must not exist")
    parser.add_argument("--project", required=True)
    parser.add_argument("--views", type=int, default=100, help="feature views; at least 40")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
