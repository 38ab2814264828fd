//! Requests of every rpc that were valid before somebody changed some of their bytes.

use std::sync::Arc;

use bytes::Bytes;
use feast_registry_core::store::MemoryStore;
use feast_registry_core::{Apply, Change, Kind, Registry, RegistryOptions, json};
use feast_registry_proto::prost::Message as _;
use feast_registry_server::{Rpc, service};
use http_body_util::BodyExt as _;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind as Type, MapKey, MessageDescriptor, Value,
};
use tonic::{Code, Status};
use tower::Service as _;

use crate::memory::{MIB, Memory};
use crate::{frames, samples};

/// One change of the bytes of a request.
#[derive(Clone, Debug)]
enum Mutation {
    Set(Index, u8),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Cut(Index),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len().max(1)).min(bytes.len());
        let part = |at: &Index, length: usize, bytes: &[u8]| {
            let begin = place(at, bytes);
            begin..(begin + length).min(bytes.len())
        };
        match self {
            Mutation::Set(at, byte) => {
                let at = place(at, bytes);
                bytes
                    .get_mut(at)
                    .into_iter()
                    .for_each(|there| *there = *byte);
            }
            Mutation::Flip(at, bit) => {
                let at = place(at, bytes);
                bytes
                    .get_mut(at)
                    .into_iter()
                    .for_each(|there| *there ^= 1 << (bit % 8));
            }
            Mutation::Insert(at, new) => {
                let at = place(at, bytes);
                bytes.splice(at..at, new.iter().copied());
            }
            Mutation::Remove(at, length) => {
                bytes.drain(part(at, *length, bytes));
            }
            Mutation::Repeat(at, length, times) => {
                let range = part(at, *length, bytes);
                let again = bytes[range.clone()].repeat(*times);
                bytes.splice(range.end..range.end, again);
            }
            Mutation::Cut(at) => bytes.truncate(place(at, bytes)),
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (at(), proptest::collection::vec(any::<u8>(), 1..12))
            .prop_map(|(at, new)| Mutation::Insert(at, new)),
        (at(), 1..32_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (at(), 1..64_usize, 1..40_usize)
            .prop_map(|(at, length, times)| Mutation::Repeat(at, length, times)),
        at().prop_map(Mutation::Cut),
    ]
}

/// Always an answer, which is no fault of the server, and never much memory.
pub(crate) fn requests() {
    let rounds = if crate::soak() { 100_000 } else { 3_000 };
    let config = Config {
        cases: rounds,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let requests: Vec<(Rpc, Vec<u8>)> = Rpc::ALL.iter().map(|rpc| (*rpc, valid(*rpc))).collect();
    for (rpc, request) in &requests {
        runtime.block_on(async {
            let status = send(&filled().await, *rpc, request).await;
            assert!(!is_fault(&status), "{} as it is: {status}", rpc.name());
        });
    }
    let changes = (
        select(requests),
        proptest::collection::vec(mutation(), 0..5),
    );
    let result = runner.run(&changes, |((rpc, mut request), changes)| {
        changes.iter().for_each(|change| change.apply(&mut request));
        runtime.block_on(async {
            let registry = filled().await;
            let memory = Memory::watch();
            let status = send(&registry, rpc, &request).await;
            prop_assert!(!is_fault(&status), "{}: {status}", rpc.name());
            prop_assert!(
                memory.most() < 2 * MIB,
                "{}: {} bytes",
                rpc.name(),
                memory.most()
            );
            Ok::<(), TestCaseError>(())
        })
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, ((rpc, mut request), changes))) => {
            changes.iter().for_each(|change| change.apply(&mut request));
            panic!("{why}: {} with {request:02x?}", rpc.name());
        }
        Err(aborted) => panic!("{aborted}"),
    }
}

fn is_fault(status: &Status) -> bool {
    [
        Code::Internal,
        Code::Unknown,
        Code::DataLoss,
        Code::Unavailable,
    ]
    .contains(&status.code())
}

/// A registry with an object of every kind.
async fn filled() -> Registry {
    let store = Arc::new(MemoryStore::new());
    let registry = Registry::open(store, RegistryOptions::default())
        .await
        .unwrap();
    let objects = Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project);
    let changes = objects.map(|kind| {
        let name = name_of(kind);
        let body = json::from_json(kind.spec().message, samples::value(kind, name)).unwrap();
        Change::Apply(Apply::new(kind, "rides", name, body))
    });
    registry.commit(changes.collect()).await.unwrap();
    registry
}

/// Views share their names, so one of them is called as requests call everything.
fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::StreamFeatureView => "stream",
        Kind::OnDemandFeatureView => "on_demand",
        Kind::LabelView => "label",
        _ => "it",
    }
}

async fn send(registry: &Registry, rpc: Rpc, request: &[u8]) -> Status {
    let request = tonic::codegen::http::Request::post(format!("/{}/{}", Rpc::SERVICE, rpc.name()))
        .header("content-type", "application/grpc")
        .body(http_body_util::Full::new(Bytes::from(frames::message(
            request,
        ))))
        .unwrap();
    let answer = service(registry.clone()).call(request).await.unwrap();
    if let Some(status) = Status::from_header_map(answer.headers()) {
        return status;
    }
    let body = answer.into_body().collect().await.unwrap();
    body.trailers().and_then(Status::from_header_map).unwrap()
}

/// A request in which every field says something.
fn valid(rpc: Rpc) -> Vec<u8> {
    static POOL: std::sync::LazyLock<DescriptorPool> = std::sync::LazyLock::new(|| {
        DescriptorPool::decode(feast_registry_proto::FILE_DESCRIPTOR_SET).unwrap()
    });
    let service = POOL.get_service_by_name(Rpc::SERVICE).unwrap();
    let method = service
        .methods()
        .find(|method| method.name() == rpc.name())
        .unwrap();
    message(&method.input(), 3).encode_to_vec()
}

fn message(descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if let Some(value) = value(&field, depth) {
            message.set_field(&field, value);
        }
    }
    message
}

fn value(field: &FieldDescriptor, depth: usize) -> Option<Value> {
    if field.is_map() {
        let key = MapKey::String("team".into());
        return match field.kind().as_message()?.map_entry_value_field().kind() {
            Type::String => Some(Value::Map([(key, Value::String("rides".into()))].into())),
            _ => None,
        };
    }
    let single = match field.kind() {
        Type::Message(_) if depth == 0 => return None,
        Type::Message(inner) => Value::Message(message(&inner, depth - 1)),
        Type::String => Value::String(text(field.name()).into()),
        Type::Bytes => Value::Bytes(Bytes::from_static(b"bytes")),
        Type::Bool => Value::Bool(true),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => Value::I32(1),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => Value::I64(1),
        Type::Uint32 | Type::Fixed32 => Value::U32(1),
        Type::Uint64 | Type::Fixed64 => Value::U64(1),
        Type::Float => Value::F32(1.0),
        Type::Double => Value::F64(1.0),
        Type::Enum(values) => Value::EnumNumber(values.values().next()?.number()),
    };
    Some(match field.is_list() {
        true => Value::List(vec![single]),
        false => single,
    })
}

fn text(field: &str) -> &'static str {
    match field {
        "project" => "rides",
        "sort_by" => "name",
        "sort_order" => "asc",
        _ => "it",
    }
}
