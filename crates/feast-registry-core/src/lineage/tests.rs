use std::sync::Arc;

use feast_registry_proto::core::data_source::{self, FileOptions, SnowflakeOptions, SparkOptions};
use feast_registry_proto::core::on_demand_source::Source;
use feast_registry_proto::core::saved_dataset_storage::Kind as Storage;
use feast_registry_proto::core::{
    DataSource, FeatureService, FeatureServiceSpec, FeatureSpecV2, FeatureView,
    FeatureViewProjection, FeatureViewSpec, LabelView, LabelViewSpec, OnDemandFeatureView,
    OnDemandFeatureViewSpec, OnDemandSource, SavedDataset, SavedDatasetSpec, SavedDatasetStorage,
    StreamFeatureView, StreamFeatureViewSpec,
};

use super::{Node, NodeKind, Objects};
use crate::store::{Decision, MemoryStore, ReadSet, Write};
use crate::{
    ErrorKind, Freshness, Key, Kind, Record, Registry, RegistryObject, RegistryOptions, StoreExt,
};

const PROJECT: &str = "p";

async fn registry() -> Registry {
    let store = Arc::new(MemoryStore::new());
    Registry::open(store, RegistryOptions::default())
        .await
        .unwrap()
}

async fn apply<T: RegistryObject>(registry: &Registry, object: T) {
    registry.apply_object(PROJECT, &object).await.unwrap();
}

async fn direct(registry: &Registry) -> Vec<String> {
    let lineage = registry.lineage(PROJECT, Freshness::Store, None).await;
    texts(&lineage.unwrap().direct)
}

async fn indirect(registry: &Registry) -> Vec<String> {
    let lineage = registry.lineage(PROJECT, Freshness::Store, None).await;
    texts(&lineage.unwrap().indirect)
}

fn texts(relations: &[super::Relation]) -> Vec<String> {
    relations.iter().map(ToString::to_string).collect()
}

fn source(name: &str) -> DataSource {
    DataSource {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn file(name: &str, uri: &str) -> DataSource {
    let options = FileOptions {
        uri: uri.to_owned(),
        ..Default::default()
    };
    DataSource {
        options: Some(data_source::Options::FileOptions(options)),
        ..source(name)
    }
}

fn columns(names: &[&str]) -> Vec<FeatureSpecV2> {
    let column = |name: &&str| FeatureSpecV2 {
        name: (*name).to_owned(),
        value_type: 4,
        ..Default::default()
    };
    names.iter().map(column).collect()
}

fn view(name: &str, entities: &[&str], features: &[&str], source: DataSource) -> FeatureView {
    let spec = FeatureViewSpec {
        name: name.to_owned(),
        entities: entities.iter().map(ToString::to_string).collect(),
        features: columns(features),
        batch_source: Some(source),
        ..Default::default()
    };
    FeatureView {
        spec: Some(spec),
        meta: None,
    }
}

fn projection(view: &str) -> FeatureViewProjection {
    FeatureViewProjection {
        feature_view_name: view.to_owned(),
        feature_columns: columns(&["any"]),
        ..Default::default()
    }
}

fn service(name: &str, views: &[&str]) -> FeatureService {
    let spec = FeatureServiceSpec {
        name: name.to_owned(),
        features: views.iter().map(|view| projection(view)).collect(),
        ..Default::default()
    };
    FeatureService {
        spec: Some(spec),
        meta: None,
    }
}

fn on_demand(name: &str, entities: &[&str], features: &[&str]) -> OnDemandFeatureView {
    let input = |source| OnDemandSource {
        source: Some(source),
    };
    let sources = [
        (
            "a",
            input(Source::FeatureViewProjection(projection("stats"))),
        ),
        ("b", input(Source::RequestDataSource(source("request")))),
    ];
    let spec = OnDemandFeatureViewSpec {
        name: name.to_owned(),
        entities: entities.iter().map(ToString::to_string).collect(),
        features: columns(features),
        sources: sources
            .into_iter()
            .map(|(name, input)| (name.to_owned(), input))
            .collect(),
        ..Default::default()
    };
    OnDemandFeatureView {
        spec: Some(spec),
        meta: None,
    }
}

fn label_view(name: &str) -> LabelView {
    let pushed = DataSource {
        batch_source: Some(Box::new(source("labels"))),
        ..source("push")
    };
    let spec = LabelViewSpec {
        name: name.to_owned(),
        entities: vec!["driver".to_owned()],
        features: columns(&["label"]),
        source: Some(pushed),
        ..Default::default()
    };
    LabelView {
        spec: Some(spec),
        meta: None,
    }
}

fn dataset(name: &str, service: &str, features: &[&str], storage: Option<Storage>) -> SavedDataset {
    let spec = SavedDatasetSpec {
        name: name.to_owned(),
        feature_service_name: service.to_owned(),
        features: features.iter().map(ToString::to_string).collect(),
        storage: storage.map(|kind| SavedDatasetStorage { kind: Some(kind) }),
        ..Default::default()
    };
    SavedDataset {
        spec: Some(spec),
        meta: None,
    }
}

#[tokio::test]
async fn a_feature_view_is_fed_by_entities_then_features_then_its_batch_source() {
    let registry = registry().await;
    let mut stats = view("stats", &["driver", "car"], &["trips"], source("trips_db"));
    if let Some(spec) = &mut stats.spec {
        spec.stream_source = Some(source("not_a_relation"));
    }
    apply(&registry, stats).await;
    assert_eq!(
        direct(&registry).await,
        [
            "entity:driver -> featureView:stats",
            "entity:car -> featureView:stats",
            "feature:trips -> featureView:stats",
            "dataSource:trips_db -> featureView:stats",
        ]
    );
}

#[tokio::test]
async fn relations_stand_in_the_order_services_plain_on_demand_stream_label_views_datasets() {
    let registry = registry().await;
    apply(&registry, dataset("set", "model", &["stats:trips"], None)).await;
    apply(&registry, label_view("labelled")).await;
    let stream = StreamFeatureViewSpec {
        name: "live".to_owned(),
        entities: vec!["driver".to_owned()],
        features: columns(&["speed"]),
        stream_source: Some(source("kafka")),
        batch_source: Some(source("archive")),
        ..Default::default()
    };
    apply(
        &registry,
        StreamFeatureView {
            spec: Some(stream),
            meta: None,
        },
    )
    .await;
    apply(&registry, on_demand("computed", &["__dummy"], &["sum"])).await;
    apply(&registry, on_demand("other", &[], &[])).await;
    apply(&registry, view("stats", &["driver"], &[], source("db"))).await;
    apply(&registry, service("model", &["stats", "labelled"])).await;
    assert_eq!(
        direct(&registry).await,
        [
            "featureView:stats -> featureService:model",
            "labelView:labelled -> featureService:model",
            "entity:driver -> featureView:stats",
            "dataSource:db -> featureView:stats",
            "entity:__dummy -> featureView:computed",
            "feature:sum -> featureView:computed",
            "featureView:stats -> featureView:computed",
            "dataSource:request -> featureView:computed",
            "featureView:stats -> featureView:other",
            "dataSource:request -> featureView:other",
            "dataSource:kafka -> featureView:live",
            "dataSource:archive -> featureView:live",
            "entity:driver -> labelView:labelled",
            "dataSource:push -> labelView:labelled",
            "dataSource:labels -> labelView:labelled",
            "featureService:model -> savedDataset:set",
            "featureView:stats -> savedDataset:set",
        ]
    );
}

#[tokio::test]
async fn a_projection_that_says_so_is_of_a_label_view() {
    let registry = registry().await;
    let mut model = service("model", &["gone"]);
    if let Some(spec) = &mut model.spec {
        spec.features[0].view_type = "labelView".to_owned();
    }
    apply(&registry, model).await;
    assert_eq!(
        direct(&registry).await,
        ["labelView:gone -> featureService:model"]
    );
}

#[tokio::test]
async fn whatever_feeds_a_view_feeds_the_services_that_use_it() {
    let registry = registry().await;
    apply(
        &registry,
        view("stats", &["driver"], &["trips"], source("db")),
    )
    .await;
    apply(&registry, on_demand("computed", &[], &[])).await;
    apply(&registry, service("model", &["computed", "stats"])).await;
    assert_eq!(
        indirect(&registry).await,
        [
            "featureView:stats -> featureService:model",
            "dataSource:request -> featureService:model",
            "entity:driver -> featureService:model",
            "feature:trips -> featureService:model",
            "dataSource:db -> featureService:model",
            "entity:driver -> dataSource:db",
        ]
    );
}

#[tokio::test]
async fn an_entity_belongs_to_every_source_of_its_view() {
    let registry = registry().await;
    apply(&registry, label_view("labelled")).await;
    assert_eq!(
        indirect(&registry).await,
        [
            "entity:driver -> dataSource:push",
            "entity:driver -> dataSource:labels",
        ]
    );
}

#[tokio::test]
async fn a_relation_that_two_objects_tell_of_stands_twice() {
    let registry = registry().await;
    apply(&registry, service("model", &["stats", "stats"])).await;
    let twice = ["featureView:stats -> featureService:model"; 2];
    assert_eq!(direct(&registry).await, twice);
}

#[tokio::test]
async fn an_unnamed_source_is_called_by_its_table_or_path() {
    let registry = registry().await;
    let spark = |table: &str| {
        let options = SparkOptions {
            table: table.to_owned(),
            path: "/lake".to_owned(),
            ..Default::default()
        };
        DataSource {
            options: Some(data_source::Options::SparkOptions(options)),
            ..Default::default()
        }
    };
    apply(&registry, view("a", &["e"], &[], file("", "s3://b/f"))).await;
    apply(&registry, view("b", &["e"], &[], spark("trips"))).await;
    apply(&registry, view("c", &["e"], &[], spark(""))).await;
    let relations = direct(&registry).await;
    assert_eq!(relations[1], "dataSource:path:s3://b/f -> featureView:a");
    assert_eq!(relations[3], "dataSource:table:trips -> featureView:b");
    assert_eq!(relations[5], "dataSource:path:/lake -> featureView:c");
}

#[tokio::test]
async fn an_unnamed_source_without_a_place_is_called_by_its_definition() {
    let registry = registry().await;
    let query = |timestamp_field: &str, stamp: i64| DataSource {
        timestamp_field: timestamp_field.to_owned(),
        meta: Some(data_source::SourceMeta {
            created_timestamp: Some(prost_types::Timestamp {
                seconds: stamp,
                nanos: 0,
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    apply(&registry, view("a", &["e"], &[], query("ts", 1))).await;
    apply(&registry, view("b", &["e"], &[], query("ts", 2))).await;
    apply(&registry, view("c", &["e"], &[], query("other", 1))).await;
    let lineage = registry.lineage(PROJECT, Freshness::Store, None).await;
    let names: Vec<String> = lineage
        .unwrap()
        .direct
        .into_iter()
        .filter(|relation| relation.source.kind == NodeKind::DataSource)
        .map(|relation| relation.source.name)
        .collect();
    assert!(names[0].starts_with("unnamed_source_"), "{names:?}");
    assert_eq!(names[0], names[1]);
    assert_ne!(names[0], names[2]);
}

#[tokio::test]
async fn a_view_without_a_batch_source_is_fed_by_none() {
    let registry = registry().await;
    let mut stats = view("stats", &["driver"], &[], source(""));
    if let Some(spec) = &mut stats.spec {
        spec.batch_source = None;
    }
    apply(&registry, stats).await;
    assert_eq!(
        direct(&registry).await,
        ["entity:driver -> featureView:stats"]
    );
}

#[tokio::test]
async fn a_saved_dataset_is_fed_by_its_service_its_views_and_the_source_in_its_place() {
    let registry = registry().await;
    let nested = DataSource {
        batch_source: Some(Box::new(file("", "s3://b/f"))),
        ..source("push")
    };
    apply(&registry, nested).await;
    apply(&registry, file("elsewhere", "s3://b/g")).await;
    let features = ["stats:trips", "stats@v2:rating", "cars:speed", "broken"];
    let storage = Storage::FileStorage(FileOptions {
        uri: "s3://b/f".to_owned(),
        ..Default::default()
    });
    apply(&registry, dataset("set", "model", &features, Some(storage))).await;
    assert_eq!(
        direct(&registry).await,
        [
            "featureService:model -> savedDataset:set",
            "featureView:stats -> savedDataset:set",
            "featureView:cars -> savedDataset:set",
            "dataSource:push -> savedDataset:set",
        ]
    );
}

#[tokio::test]
async fn a_saved_dataset_in_a_table_finds_the_source_of_the_table() {
    let registry = registry().await;
    let table = SnowflakeOptions {
        table: "sets".to_owned(),
        ..Default::default()
    };
    let warehouse = DataSource {
        options: Some(data_source::Options::SnowflakeOptions(table.clone())),
        ..source("warehouse")
    };
    apply(&registry, warehouse).await;
    let storage = Storage::SnowflakeStorage(table);
    apply(&registry, dataset("set", "", &[], Some(storage))).await;
    assert_eq!(
        direct(&registry).await,
        ["dataSource:warehouse -> savedDataset:set"]
    );
}

#[tokio::test]
async fn a_filter_keeps_relations_with_that_node_at_either_end() {
    let registry = registry().await;
    apply(
        &registry,
        view("stats", &["driver"], &["driver"], source("db")),
    )
    .await;
    apply(&registry, view("cars", &["car"], &[], source("db2"))).await;
    apply(&registry, service("model", &["stats", "cars"])).await;
    let driver = Node::new(NodeKind::Entity, "driver");
    let lineage = registry
        .lineage(PROJECT, Freshness::Store, Some(&driver))
        .await
        .unwrap();
    assert_eq!(
        texts(&lineage.direct),
        ["entity:driver -> featureView:stats"]
    );
    assert_eq!(
        texts(&lineage.indirect),
        [
            "entity:driver -> featureService:model",
            "entity:driver -> dataSource:db",
        ]
    );
}

#[tokio::test]
async fn relationships_hold_indirect_ones_only_when_asked() {
    let registry = registry().await;
    apply(&registry, view("stats", &["driver"], &[], source("db"))).await;
    let source = Node::new(NodeKind::DataSource, "db");
    let ask = async |include_indirect| {
        let found = registry
            .relationships(PROJECT, &source, include_indirect, Freshness::Cache)
            .await;
        texts(&found.unwrap())
    };
    let direct = "dataSource:db -> featureView:stats";
    assert_eq!(ask(false).await, [direct]);
    assert_eq!(ask(true).await, [direct, "entity:driver -> dataSource:db"]);
}

#[tokio::test]
async fn what_does_not_exist_has_no_relations() {
    let registry = registry().await;
    let nothing = Node::new(NodeKind::Entity, "nothing");
    let found = registry.relationships("nowhere", &nothing, true, Freshness::Store);
    assert!(found.await.unwrap().is_empty());
}

#[tokio::test]
async fn other_projects_do_not_show() {
    let registry = registry().await;
    let other = view("stats", &["driver"], &[], source("db"));
    registry.apply_object("other", &other).await.unwrap();
    assert!(direct(&registry).await.is_empty());
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_left_out() {
    let registry = registry().await;
    apply(&registry, view("stats", &["driver"], &[], source("db"))).await;
    let key = Key::new(Kind::FeatureView, PROJECT, "broken");
    let broken = Record::new(key, &b"\xff\xff"[..], 1);
    registry
        .store()
        .transact_typed(ReadSet::new(), move |_, _| {
            Ok(Decision::Commit {
                writes: vec![Write::Insert(broken.clone())],
                answer: (),
            })
        })
        .await
        .unwrap();
    assert_eq!(direct(&registry).await.len(), 2);
}

#[test]
fn kinds_are_written_as_feast_writes_them() {
    for kind in NodeKind::ALL {
        assert_eq!(kind.to_string().parse::<NodeKind>().unwrap(), kind);
    }
    let error = "bogus".parse::<NodeKind>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.message(), "'bogus' is not a valid FeastObjectType");
}

#[test]
fn objects_without_a_spec_have_no_relations() {
    let objects = Objects {
        feature_views: vec![FeatureView::default()],
        on_demand_feature_views: vec![OnDemandFeatureView::default()],
        feature_services: vec![FeatureService::default()],
        saved_datasets: vec![SavedDataset::default()],
        ..Default::default()
    };
    assert_eq!(super::Lineage::of(&objects), super::Lineage::default());
}
