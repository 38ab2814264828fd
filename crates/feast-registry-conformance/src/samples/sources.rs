//! Data sources of every type.

use bytes::Bytes;
use feast_registry_proto::core::data_source::{
    AthenaOptions, BigQueryOptions, CustomSourceOptions, FileOptions, KafkaOptions, KinesisOptions,
    Options, PushOptions, RedshiftOptions, RequestDataOptions, SnowflakeOptions, SourceType,
    SparkOptions, TrinoOptions,
};
use feast_registry_proto::core::{
    DataSource, FileFormat, StreamFormat, TableFormat, file_format, stream_format, table_format,
};
use feast_registry_proto::types::value_type;
use prost::Message;
use prost_types::Duration;

use super::objects::tags;
use super::views::{feature, pickle};

pub(super) fn file(name: &str) -> DataSource {
    let options = FileOptions {
        file_format: Some(FileFormat {
            format: Some(file_format::Format::ParquetFormat(
                file_format::ParquetFormat {},
            )),
        }),
        uri: "s3://fahrten/größe/*.parquet".to_owned(),
        s3_endpoint_override: "http://127.0.0.1:9000".to_owned(),
    };
    source(name, SourceType::BatchFile, Options::FileOptions(options))
}

/// A message of every type of data source, named after the type.
pub(crate) fn sources() -> Vec<(&'static str, Bytes)> {
    let all = [
        file("file"),
        source("bigquery", SourceType::BatchBigquery, bigquery()),
        source("kafka", SourceType::StreamKafka, kafka()),
        source("kinesis", SourceType::StreamKinesis, kinesis()),
        source("redshift", SourceType::BatchRedshift, redshift()),
        source("custom", SourceType::CustomSource, custom()),
        source("request", SourceType::RequestSource, request()),
        source("snowflake", SourceType::BatchSnowflake, snowflake()),
        source(
            "push",
            SourceType::PushSource,
            Options::PushOptions(PushOptions {}),
        ),
        source("trino", SourceType::BatchTrino, trino()),
        source("spark", SourceType::BatchSpark, spark()),
        source("athena", SourceType::BatchAthena, athena()),
    ];
    let names = [
        "file",
        "bigquery",
        "kafka",
        "kinesis",
        "redshift",
        "custom",
        "request",
        "snowflake",
        "push",
        "trino",
        "spark",
        "athena",
    ];
    names
        .into_iter()
        .zip(all.iter().map(|source| source.encode_to_vec().into()))
        .collect()
}

fn source(name: &str, r#type: SourceType, options: Options) -> DataSource {
    let is_stream = matches!(
        r#type,
        SourceType::StreamKafka | SourceType::StreamKinesis | SourceType::PushSource
    );
    DataSource {
        r#type: r#type.into(),
        field_mapping: [("länge".to_owned(), "length".to_owned())].into(),
        timestamp_field: "event_timestamp".to_owned(),
        date_partition_column: "tag".to_owned(),
        created_timestamp_column: "created".to_owned(),
        options: Some(options),
        data_source_class_type: "feast.data_source.DataSource".to_owned(),
        name: name.to_owned(),
        description: "woher es kommt".to_owned(),
        tags: tags(),
        owner: "zoë@example.com".to_owned(),
        batch_source: is_stream.then(|| Box::new(file("beside_a_stream"))),
        timestamp_field_type: "TIMESTAMP".to_owned(),
        ..Default::default()
    }
}

fn bigquery() -> Options {
    Options::BigqueryOptions(BigQueryOptions {
        table: "projekt.daten.fahrten".to_owned(),
        query: "SELECT 'it''s \\ \"quoted\"' -- ü".to_owned(),
    })
}

fn kafka() -> Options {
    let format = stream_format::AvroFormat {
        schema_json: "{\"type\": \"record\"}".to_owned(),
    };
    Options::KafkaOptions(KafkaOptions {
        kafka_bootstrap_servers: "kafka:9092".to_owned(),
        topic: "fahrten".to_owned(),
        message_format: Some(StreamFormat {
            format: Some(stream_format::Format::AvroFormat(format)),
        }),
        watermark_delay_threshold: Some(Duration {
            seconds: 90,
            nanos: 500,
        }),
    })
}

fn kinesis() -> Options {
    let format = stream_format::JsonFormat {
        schema_json: "länge double".to_owned(),
    };
    Options::KinesisOptions(KinesisOptions {
        region: "eu-central-1".to_owned(),
        stream_name: "fahrten".to_owned(),
        record_format: Some(StreamFormat {
            format: Some(stream_format::Format::JsonFormat(format)),
        }),
    })
}

fn redshift() -> Options {
    Options::RedshiftOptions(RedshiftOptions {
        table: "fahrten".to_owned(),
        query: String::new(),
        schema: "public".to_owned(),
        database: "züge".to_owned(),
    })
}

fn custom() -> Options {
    Options::CustomOptions(CustomSourceOptions {
        configuration: pickle(),
    })
}

fn request() -> Options {
    Options::RequestDataOptions(RequestDataOptions {
        schema: vec![
            feature("länge", value_type::Enum::Double),
            feature("kurz", value_type::Enum::Bool),
        ],
        ..Default::default()
    })
}

fn snowflake() -> Options {
    Options::SnowflakeOptions(SnowflakeOptions {
        table: "FAHRTEN".to_owned(),
        query: String::new(),
        schema: "PUBLIC".to_owned(),
        database: "ZÜGE".to_owned(),
    })
}

fn trino() -> Options {
    Options::TrinoOptions(TrinoOptions {
        table: "hive.fahrten".to_owned(),
        query: "SELECT 1".to_owned(),
    })
}

fn spark() -> Options {
    let format = table_format::IcebergFormat {
        catalog: "glue".to_owned(),
        namespace: "züge".to_owned(),
        properties: [("format-version".to_owned(), "2".to_owned())].into(),
    };
    Options::SparkOptions(SparkOptions {
        path: "s3://fahrten/".to_owned(),
        file_format: "parquet".to_owned(),
        date_partition_column_format: "%Y-%m-%d".to_owned(),
        table_format: Some(TableFormat {
            format: Some(table_format::Format::IcebergFormat(format)),
        }),
        ..Default::default()
    })
}

fn athena() -> Options {
    Options::AthenaOptions(AthenaOptions {
        table: "fahrten".to_owned(),
        query: "SELECT '100%'".to_owned(),
        database: "züge".to_owned(),
        data_source: "AwsDataCatalog".to_owned(),
    })
}
