"""Write the SQL dump of a registry database made by Feast 0.40 (`feast040.sql`).

Runs with Feast 0.40 only, so it shares no code with the other scripts. Its environment:

    pip install feast==0.40.1 pyarrow==16.1.0 pandas==2.2.3 SQLAlchemy==2.0.36 \\
        "dask[dataframe]==2024.8.2" typeguard==4.4.1 "starlette<1"

This version writes through a second connection while the first holds SQLite's lock, so
it is given a pool of one shared connection.

The dump is what Python's sqlite3 prints: the tables with their indexes, one INSERT for
each row, blobs as X'..' literals. Stamps and uuids are those of the day it was made.
"""

import argparse
import os

os.environ["FEAST_USAGE"] = "False"

import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dill
import feast
from feast import (
    BatchFeatureView,
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    OnDemandFeatureView,
    PushSource,
    RequestSource,
    ValueType,
)
from feast.data_format import JsonFormat
from feast.data_source import KafkaSource
from feast.infra.infra_object import Infra
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.infra.online_stores.sqlite import SqliteTable
from feast.infra.registry.sql import SqlRegistry, SqlRegistryConfig
from feast.protos.feast.core.ValidationProfile_pb2 import GEValidationProfiler, ValidationReference
from feast.saved_dataset import SavedDataset
from feast.stream_feature_view import StreamFeatureView
from feast.transformation.pandas_transformation import PandasTransformation
from feast.types import Array, Float32, Float64, Int64, String, UnixTimestamp
from sqlalchemy.pool import StaticPool

PROJECT = "feast040"
DESCRIPTION = "Straße „geschützt“ 'single' \"double\""
TAGS = {"team": "größe", "quote'd": 'a"b'}


def clean_rides(frame):
    return frame[frame["rides"] > 0]


def rate_per_amount(frame):
    return frame[["conv_rate"]].div(frame["amount"], axis=0)


class StoredReference:
    """A validation reference that needs no Great Expectations to be written."""

    name = "reference"

    def to_proto(self) -> ValidationReference:
        profiler = GEValidationProfiler.UserDefinedProfiler(body=dill.dumps(clean_rides))
        return ValidationReference(
            name=self.name,
            reference_dataset_name="dataset",
            description=DESCRIPTION,
            tags=TAGS,
            ge_profiler=GEValidationProfiler(profiler=profiler),
        )


def fill(registry: SqlRegistry) -> None:
    """A few objects of every kind that Feast 0.40 knows."""
    driver = Entity(
        name="driver",
        join_keys=["driver_id"],
        value_type=ValueType.INT64,
        description=DESCRIPTION,
        tags=TAGS,
    )
    registry.apply_entity(driver, PROJECT)
    registry.apply_entity(Entity(name="kunde_äöü", join_keys=["kunde_id"]), PROJECT)

    file = FileSource(
        name="file",
        path="data/driver_stats.parquet",
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
        description=DESCRIPTION,
        tags=TAGS,
        owner="zoë@example.org",
    )
    push = PushSource(name="push", batch_source=file)
    kafka = KafkaSource(
        name="kafka",
        kafka_bootstrap_servers="127.0.0.1:9092",
        topic="rides",
        timestamp_field="event_timestamp",
        message_format=JsonFormat(schema_json="rides long"),
        batch_source=file,
    )
    request = RequestSource(name="request", schema=[Field(name="amount", dtype=Float64)])
    for source in (file, push, kafka, request):
        registry.apply_data_source(source, PROJECT)

    schema = [
        Field(name="driver_id", dtype=Int64),
        Field(name="conv_rate", dtype=Float32, description=DESCRIPTION, tags=TAGS),
        Field(name="rides", dtype=Int64),
        Field(name="seen", dtype=Array(UnixTimestamp)),
        Field(name="name", dtype=String),
    ]
    stats = FeatureView(
        name="driver_stats",
        entities=[driver],
        schema=schema,
        source=file,
        ttl=timedelta(days=1),
        description=DESCRIPTION,
        tags=TAGS,
    )
    views = [
        stats,
        FeatureView(name="never_expires", entities=[driver], schema=schema, source=push, ttl=None),
        BatchFeatureView(
            name="batch", entities=[driver], schema=schema, source=file, ttl=timedelta(hours=1)
        ),
        StreamFeatureView(
            name="rides_stream",
            entities=[driver],
            schema=schema,
            source=kafka,
            ttl=timedelta(hours=2),
            mode="pandas",
            timestamp_field="event_timestamp",
            udf=clean_rides,
            udf_string="def clean_rides(frame): ...",
        ),
        OnDemandFeatureView(
            name="on_demand",
            sources=[stats, request],
            schema=[Field(name="conv_rate", dtype=Float64)],
            feature_transformation=PandasTransformation(
                rate_per_amount, "def rate_per_amount(frame): ..."
            ),
        ),
    ]
    for view in views:
        registry.apply_feature_view(view, PROJECT)

    registry.apply_feature_service(
        FeatureService(
            name="service",
            features=[stats[["conv_rate"]], views[-1]],
            description=DESCRIPTION,
            tags=TAGS,
        ),
        PROJECT,
    )
    registry.apply_saved_dataset(
        SavedDataset(
            name="dataset",
            features=["driver_stats:rides"],
            join_keys=["driver_id"],
            storage=SavedDatasetFileStorage(path="data/saved.parquet"),
            tags=TAGS,
        ),
        PROJECT,
    )
    registry.apply_validation_reference(StoredReference(), PROJECT)
    start = datetime(2024, 7, 1, tzinfo=UTC)
    for day in range(2):
        first = start + timedelta(days=day)
        registry.apply_materialization(stats, PROJECT, first, first + timedelta(days=1))
    registry.update_infra(Infra([SqliteTable(path="data/online.db", name="t1")]), PROJECT)
    registry.apply_user_metadata(PROJECT, stats, b"\x00\xffmetadata")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", default=Path(__file__).with_name("feast040.sql"), type=Path)
    out = parser.parse_args().out
    assert feast.__version__.startswith("0.40."), feast.__version__

    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "registry.db"
        config = SqlRegistryConfig(
            registry_type="sql",
            path=f"sqlite:///{database}",
            sqlalchemy_config_kwargs={"echo": False, "poolclass": StaticPool},
        )
        fill(SqlRegistry(config, PROJECT, None))
        dump = "\n".join(sqlite3.connect(database).iterdump())
    head = f"-- A SQLite registry of Feast {feast.__version__}, made by make_feast040.py.\n"
    out.write_text(head + dump + "\n", "utf-8")


if __name__ == "__main__":
    main()
