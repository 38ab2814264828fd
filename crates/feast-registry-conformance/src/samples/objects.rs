//! Everything but data sources and views.

use std::collections::BTreeMap;

use bytes::Bytes;
use feast_registry_proto::core::data_source::FileOptions;
use feast_registry_proto::core::{
    Entity, EntitySpecV2, FeatureService, FeatureServiceSpec, FeatureViewProjection,
    GeValidationProfile, GeValidationProfiler, Infra, InfraObject, LoggingConfig, Permission,
    PermissionSpec, Policy, Project, ProjectSpec, RoleBasedPolicy, SavedDataset,
    SavedDatasetColumn, SavedDatasetSpec, SavedDatasetStorage, SqliteTable, ValidationReference,
    ge_validation_profiler, infra_object, logging_config, permission_spec, policy,
    saved_dataset_storage, validation_reference,
};
use feast_registry_proto::types::value_type;

use super::views::{feature, pickle};

pub(super) fn tags() -> BTreeMap<String, String> {
    let tags = [
        ("team", "fahrgäste"),
        ("stage", "production"),
        ("empty", ""),
        ("言語", "日本語 🚕"),
    ];
    tags.map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

pub(super) fn project(name: &str) -> Project {
    Project {
        spec: Some(ProjectSpec {
            name: name.to_owned(),
            description: "Fahrten in Zürich – \"rides\"".to_owned(),
            tags: tags(),
            owner: "zoë@example.com".to_owned(),
        }),
        meta: None,
    }
}

pub(super) fn entity(name: &str) -> Entity {
    Entity {
        spec: Some(EntitySpecV2 {
            name: name.to_owned(),
            value_type: value_type::Enum::String.into(),
            description: "Wer fährt: le conducteur, 司机".to_owned(),
            join_key: "driver_id".to_owned(),
            tags: tags(),
            project: String::new(),
            owner: "zoë@example.com".to_owned(),
        }),
        meta: None,
    }
}

pub(super) fn feature_service(name: &str) -> FeatureService {
    let destination = logging_config::FileDestination {
        path: "s3://logs/ä/ö.parquet".to_owned(),
        s3_endpoint_override: "http://127.0.0.1:9000".to_owned(),
        partition_by: vec!["day".to_owned()],
    };
    FeatureService {
        spec: Some(FeatureServiceSpec {
            name: name.to_owned(),
            project: String::new(),
            features: vec![FeatureViewProjection {
                feature_view_name: "trips_of_yesterday".to_owned(),
                feature_columns: vec![feature("trips", value_type::Enum::Int64)],
                feature_view_name_alias: "gestern".to_owned(),
                join_key_map: [("driver_id".to_owned(), "fahrer".to_owned())].into(),
                version_tag: Some(3),
                ..Default::default()
            }],
            tags: tags(),
            description: "for the model of the Fahrpreis".to_owned(),
            owner: "zoë@example.com".to_owned(),
            logging_config: Some(LoggingConfig {
                sample_rate: 0.25,
                destination: Some(logging_config::Destination::FileDestination(destination)),
            }),
            precompute_online: true,
        }),
        meta: None,
    }
}

pub(super) fn saved_dataset(name: &str) -> SavedDataset {
    let storage = FileOptions {
        uri: "s3://datasets/größe.parquet".to_owned(),
        ..Default::default()
    };
    SavedDataset {
        spec: Some(SavedDatasetSpec {
            name: name.to_owned(),
            features: vec!["trips:count".to_owned(), "trips:länge".to_owned()],
            join_keys: vec!["driver_id".to_owned()],
            full_feature_names: true,
            storage: Some(SavedDatasetStorage {
                kind: Some(saved_dataset_storage::Kind::FileStorage(storage)),
            }),
            tags: tags(),
            feature_service_name: "fares".to_owned(),
            namespace: "züge".to_owned(),
            collection: "2026".to_owned(),
            description: "what the model was trained on".to_owned(),
            columns: vec![SavedDatasetColumn {
                name: "fare".to_owned(),
                r#type: "DOUBLE".to_owned(),
                description: "in €".to_owned(),
                nullable: Some(false),
            }],
            ..Default::default()
        }),
        meta: None,
    }
}

pub(super) fn validation_reference(name: &str) -> ValidationReference {
    let profiler = GeValidationProfiler {
        profiler: Some(ge_validation_profiler::UserDefinedProfiler { body: pickle() }),
    };
    let profile = GeValidationProfile {
        expectation_suite: Bytes::from_static(b"{\"expectations\": [\"\xc3\xa4\"]}"),
    };
    ValidationReference {
        name: name.to_owned(),
        reference_dataset_name: "training".to_owned(),
        project: String::new(),
        description: "wie es war".to_owned(),
        tags: tags(),
        profiler: Some(validation_reference::Profiler::GeProfiler(profiler)),
        cached_profile: Some(validation_reference::CachedProfile::GeProfile(profile)),
    }
}

pub(super) fn permission(name: &str) -> Permission {
    let policy = policy::PolicyType::RoleBasedPolicy(RoleBasedPolicy {
        roles: vec!["leser".to_owned(), "reader".to_owned()],
    });
    Permission {
        spec: Some(PermissionSpec {
            name: name.to_owned(),
            project: String::new(),
            types: vec![
                permission_spec::Type::FeatureView.into(),
                permission_spec::Type::LabelView.into(),
            ],
            name_patterns: vec!["^fahr.*$".to_owned()],
            required_tags: tags(),
            actions: vec![
                permission_spec::AuthzedAction::Create.into(),
                permission_spec::AuthzedAction::WriteOffline.into(),
            ],
            policy: Some(Policy {
                name: "lesen".to_owned(),
                project: String::new(),
                policy_type: Some(policy),
            }),
            tags: tags(),
        }),
        meta: None,
    }
}

pub(super) fn infra() -> Infra {
    let table = SqliteTable {
        path: "/tmp/größe.db".to_owned(),
        name: "online".to_owned(),
    };
    Infra {
        infra_objects: vec![InfraObject {
            infra_object_class_type: "feast.infra.online_stores.sqlite.SqliteTable".to_owned(),
            infra_object: Some(infra_object::InfraObject::SqliteTable(table)),
        }],
    }
}
