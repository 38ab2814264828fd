use prost::bytes::Bytes;
use prost::{Message, Name};
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use crate::FILE_DESCRIPTOR_SET;
use crate::core::feature_transformation_v2::Transformation;
use crate::core::{
    FeatureTransformationV2, FeatureView, FeatureViewMeta, FeatureViewSpec, FeatureViewState,
    MaterializationInterval, Registry, UserDefinedFunctionV2,
};

fn driver_stats() -> FeatureView {
    let function = UserDefinedFunctionV2 {
        name: "scale".to_owned(),
        body: Bytes::from_static(b"\x80\x04\x00\xff"),
        ..Default::default()
    };
    let spec = FeatureViewSpec {
        name: "driver_stats".to_owned(),
        entities: vec!["driver".to_owned()],
        tags: [("team".to_owned(), "rides".to_owned())].into(),
        feature_transformation: Some(FeatureTransformationV2 {
            transformation: Some(Transformation::UserDefinedFunction(function)),
        }),
        ..Default::default()
    };
    let meta = FeatureViewMeta {
        materialization_intervals: vec![MaterializationInterval::default(); 2],
        state: FeatureViewState::AvailableOnline.into(),
        ..Default::default()
    };
    FeatureView {
        spec: Some(spec),
        meta: Some(meta),
    }
}

fn descriptors() -> FileDescriptorSet {
    FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("the descriptor set decodes")
}

fn file(name: &str) -> FileDescriptorProto {
    let mut files = descriptors().file.into_iter();
    files
        .find(|file| file.name() == name)
        .expect("the file is described")
}

#[test]
fn feature_view_survives_a_round_trip() {
    let view = driver_stats();
    let bytes = Bytes::from(view.encode_to_vec());
    assert_eq!(FeatureView::decode(bytes).expect("own bytes decode"), view);
}

#[test]
fn unknown_state_reads_as_unspecified() {
    let meta = FeatureViewMeta {
        state: 99,
        ..Default::default()
    };
    assert_eq!(meta.state(), FeatureViewState::StateUnspecified);
}

#[test]
fn descriptor_set_has_the_registry_message() {
    let file = file("feast/core/Registry.proto");
    let names: Vec<_> = file
        .message_type
        .iter()
        .map(|message| message.name())
        .collect();
    assert_eq!(file.package(), Registry::PACKAGE);
    assert!(names.contains(&Registry::NAME), "{names:?}");
}

#[test]
fn descriptor_set_has_the_service() {
    let file = file("feast/registry/RegistryServer.proto");
    let [service] = file.service.as_slice() else {
        panic!("expected one service, found {}", file.service.len());
    };
    assert_eq!(service.name(), "RegistryServer");
    assert_eq!(service.method.len(), 55);
}

#[test]
fn descriptor_set_has_imports_but_no_comments() {
    let files = descriptors().file;
    assert!(
        files
            .iter()
            .any(|file| file.name() == "google/protobuf/timestamp.proto")
    );
    assert!(files.iter().all(|file| file.source_code_info.is_none()));
}
