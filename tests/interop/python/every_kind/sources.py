"""Entities and a data source of every class that can be imported."""

from datetime import timedelta
from typing import Any

from feast import (
    Entity,
    Field,
    FileSource,
    KafkaSource,
    KinesisSource,
    PushSource,
    RequestSource,
    ValueType,
    types,
)
from feast.credentials import ConnectionRef
from feast.data_format import AvroFormat, DeltaFormat, JsonFormat, ParquetFormat, ProtoFormat
from feast.data_source import DataSource
from feast.feature_view import DUMMY_ENTITY
from feast.table_format import DeltaFormat as DeltaTable
from feast.table_format import IcebergFormat, LanceFormat

from every_kind.writer import Writer, described


def entities(writer: Writer) -> dict[str, Entity]:
    """Entities of several value types, one with a name that needs quoting."""
    driver = Entity(
        name="driver", join_keys=["driver_id"], value_type=ValueType.INT64, **described()
    )
    kunde = Entity(
        name="kunde_äöü 'q' \"d\"",
        join_keys=["kunde_id"],
        value_type=ValueType.STRING,
        **described(),
    )
    plain = Entity(name="plain")
    typed = [
        Entity(name=f"typed_{value_type.name.lower()}", value_type=value_type)
        for value_type in (
            ValueType.INT32,
            ValueType.BYTES,
            ValueType.DOUBLE,
            ValueType.UNIX_TIMESTAMP,
        )
    ]
    writer.apply("entities", driver, kunde, plain, *typed, DUMMY_ENTITY)
    return {"driver": driver, "kunde": kunde}


def timed(name: str) -> dict[str, Any]:
    """Fields of a source with columns, under a name."""
    return {
        "name": name,
        "timestamp_field": "event_timestamp",
        "created_timestamp_column": "created",
        "field_mapping": {"spalte": "column", "größe": "size"},
    }


def data_sources(writer: Writer) -> dict[str, DataSource]:
    """A data source of every class that can be imported here."""
    file = FileSource(
        path="data/driver_stats.parquet",
        file_format=ParquetFormat(),
        s3_endpoint_override="http://127.0.0.1:9000",
        **timed("file_parquet"),
        **described(),
    )
    stored = ConnectionRef(
        provider="vault",
        name="secret/größe",
        namespace="ns",
        auth_type="oauth2",
        params={"warehouse": "wh"},
    )
    kafka = KafkaSource(
        kafka_bootstrap_servers="127.0.0.1:9092,127.0.0.1:9093",
        topic="rides",
        message_format=AvroFormat(schema_json='{"type": "record", "name": "ride"}'),
        watermark_delay_threshold=timedelta(minutes=5, microseconds=250),
        batch_source=file,
        **timed("kafka_avro"),
        **described(),
    )
    push = PushSource(name="push", batch_source=file, **described())
    request = RequestSource(
        name="request",
        schema=[
            Field(name="now", dtype=types.UnixTimestamp),
            Field(name="amount", dtype=types.Float64),
        ],
        **described(),
    )
    optional = [
        writer.source(
            "BigQuerySource", table="p.d.t", date_partition_column="day", **timed("bigquery_table")
        ),
        writer.source(
            "BigQuerySource",
            query="SELECT 'ü' AS \"x\"",
            timestamp_field="ts",
            name="bigquery_query",
        ),
        writer.source(
            "SnowflakeSource",
            database="D",
            schema="S",
            table="T",
            connection_ref=stored,
            **timed("snowflake"),
        ),
        writer.source("RedshiftSource", database="d", schema="s", table="t", **timed("redshift")),
        writer.source(
            "SparkSource",
            path="s3://bucket/größe",
            file_format="parquet",
            table_format=IcebergFormat(catalog="c", namespace="n"),
            date_partition_column="day",
            date_partition_column_format="%d.%m.%Y",
            **timed("spark_iceberg"),
        ),
        writer.source(
            "SparkSource",
            path="/tables/delta",
            table_format=DeltaTable(checkpoint_location="/c"),
            **timed("spark_delta"),
        ),
        writer.source("TrinoSource", table="catalog.schema.t", **timed("trino")),
        writer.source(
            "AthenaSource", database="d", table="t", data_source="AwsDataCatalog", **timed("athena")
        ),
        writer.source(
            "PostgreSQLSource", query="SELECT * FROM \"größe\" WHERE x = 'y'", **timed("postgres")
        ),
        writer.source(
            "MsSqlServerSource",
            table_ref="t",
            connection_str="mssql+pyodbc://127.0.0.1/db",
            name="mssql",
        ),
        writer.source("OracleSource", table_ref="T", event_timestamp_column="TS", name="oracle"),
        writer.source("MongoDBSource", name="mongodb", field_mapping={"größe": "size"}),
        writer.source(
            "ChrononSource",
            materialization_path="data/c.parquet",
            chronon_join="j",
            **timed("chronon"),
        ),
        writer.source(
            "LanceSource", uri="data/l.lance", table_format=LanceFormat(), **timed("lance")
        ),
        writer.source(
            "IcebergSource",
            warehouse="w",
            namespace="n",
            table="t",
            endpoint="http://127.0.0.1:1",
            **timed("iceberg"),
        ),
        writer.source(
            "UnityCatalogSource",
            warehouse="w",
            namespace="n",
            table="t",
            endpoint="http://127.0.0.1:1",
            **timed("unity"),
        ),
        writer.source(
            "MlflowDatasetSource",
            dataset_name="d",
            batch_source=file,
            tracking_uri="http://127.0.0.1:1",
            **timed("mlflow"),
        ),
    ]
    writer.apply(
        "data_sources",
        file,
        FileSource(
            path="data/delta", name="file_delta", file_format=DeltaFormat(), timestamp_field="ts"
        ),
        FileSource(path="data/bare_größe.parquet"),
        kafka,
        KafkaSource(
            name="kafka_json",
            kafka_bootstrap_servers="127.0.0.1:9092",
            topic="t",
            message_format=JsonFormat(schema_json="größe long"),
            timestamp_field="ts",
        ),
        KinesisSource(
            region="eu-central-1",
            stream_name="rides",
            record_format=ProtoFormat(class_path="org.example.Größe"),
            batch_source=file,
            **timed("kinesis"),
            **described(),
        ),
        push,
        PushSource(name="push_without_batch"),
        request,
        *(source for source in optional if source is not None),
    )
    return {"file": file, "kafka": kafka, "push": push, "request": request}
