//! Objects to put into a registry: rich ones, with text that is not ASCII.

mod objects;
mod sources;
mod views;

use bytes::Bytes;
use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{Apply, Change, Delete, Key, Kind, Record};
use feast_registry_proto::core::FeatureSpecV2;
use feast_registry_proto::types::value_type;
use prost::Message;
use prost_types::Timestamp;

pub(crate) use self::sources::sources;

/// A field that no version of Feast knows, as a newer one may write it.
pub(crate) const UNKNOWN_FIELD: u32 = 3_000;

/// An object, ready to be applied.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) key: Key,
    pub(crate) body: Bytes,
}

impl Sample {
    /// An object of any kind that users apply. A project is named `name`, whatever `project`.
    pub(crate) fn new(kind: Kind, project: &str, name: &str) -> Sample {
        let key = if kind == Kind::Project {
            Key::project(name)
        } else {
            Key::new(kind, project, name)
        };
        let body = message(kind, name).into();
        Sample { key, body }
    }

    pub(crate) fn apply(&self) -> Apply {
        Apply::new(
            self.key.kind,
            &*self.key.project,
            &*self.key.name,
            self.body.clone(),
        )
    }

    pub(crate) fn change(&self) -> Change {
        Change::Apply(self.apply())
    }

    pub(crate) fn delete(&self) -> Delete {
        Delete::new(self.key.kind, &*self.key.project, &*self.key.name)
    }

    /// The same with an edit of its message.
    pub(crate) fn patched(&self, patch: &Patch) -> Sample {
        let body = patch
            .apply(&self.body)
            .expect("samples are messages, and edits of messages are messages");
        Sample {
            key: self.key.clone(),
            body: body.into(),
        }
    }

    /// The same with one more tag, or another value for one: no new version.
    pub(crate) fn tagged(&self, key: &str, value: &str) -> Sample {
        let Some(path) = self.key.kind.spec().tags_path else {
            return self.clone();
        };
        let mut entry = Vec::new();
        wire::put_len(1, key.as_bytes(), &mut entry);
        wire::put_len(2, value.as_bytes(), &mut entry);
        self.patched(&Patch::default().append_message(path, entry))
    }

    /// The same view with one more feature: a new version.
    pub(crate) fn redefined(&self, feature: &str) -> Sample {
        let Some(view) = self.key.kind.view() else {
            return self.clone();
        };
        let feature = views::feature(feature, value_type::Enum::Int64).encode_to_vec();
        self.patched(&Patch::default().append_message(view.features_path, feature))
    }

    /// The same view, asking for a version.
    pub(crate) fn version(&self, text: &str) -> Sample {
        match self.key.kind.view().and_then(|view| view.version_path) {
            Some(path) => self.patched(&Patch::default().set_string(path, text)),
            None => self.clone(),
        }
    }

    /// The same with a field that this build does not know.
    pub(crate) fn with_unknown(&self, content: &[u8]) -> Sample {
        let content = content.to_vec();
        self.patched(&Patch::default().set_message(&[UNKNOWN_FIELD], content))
    }
}

/// A rich message of a kind that users apply.
fn message(kind: Kind, name: &str) -> Vec<u8> {
    match kind {
        Kind::Project => objects::project(name).encode_to_vec(),
        Kind::Entity => objects::entity(name).encode_to_vec(),
        Kind::DataSource => sources::file(name).encode_to_vec(),
        Kind::FeatureView => views::feature_view(name).encode_to_vec(),
        Kind::StreamFeatureView => views::stream_feature_view(name).encode_to_vec(),
        Kind::OnDemandFeatureView => views::on_demand_feature_view(name).encode_to_vec(),
        Kind::LabelView => views::label_view(name).encode_to_vec(),
        Kind::FeatureService => objects::feature_service(name).encode_to_vec(),
        Kind::SavedDataset => objects::saved_dataset(name).encode_to_vec(),
        Kind::ValidationReference => objects::validation_reference(name).encode_to_vec(),
        Kind::Permission => objects::permission(name).encode_to_vec(),
        Kind::Infra => objects::infra().encode_to_vec(),
        Kind::Version | Kind::Metadata => Vec::new(),
    }
}

/// The infrastructure of a project.
pub(crate) fn infra() -> Bytes {
    message(Kind::Infra, "").into()
}

/// What the user said in a stored message: without stamps, project, version number and whatever
/// else the registry keeps in `meta`.
pub(crate) fn definition(kind: Kind, body: &[u8]) -> Vec<u8> {
    let spec = kind.spec();
    let mut patch = Patch::default();
    if let Some(path) = spec.project_path {
        patch = patch.clear(path);
    }
    if let Some([meta, ..]) = spec.updated_path {
        patch = patch.clear(&[*meta]);
    }
    patch.apply(body).unwrap_or_default()
}

/// The definition in a row.
pub(crate) fn defined(row: &Record) -> Vec<u8> {
    definition(row.key.kind, &row.body)
}

/// The names of the features of a view.
pub(crate) fn features(row: &Record) -> Vec<String> {
    let path = row
        .key
        .kind
        .view()
        .map_or(&[][..], |view| view.features_path);
    let features = listed(&row.body, path);
    let name = |feature: Vec<u8>| FeatureSpecV2::decode(&*feature).map(|feature| feature.name);
    features
        .into_iter()
        .map(|feature| name(feature).unwrap_or_default())
        .collect()
}

/// The messages of a repeated field.
pub(crate) fn listed(body: &[u8], path: &[u32]) -> Vec<Vec<u8>> {
    let Some((last, parents)) = path.split_last() else {
        return Vec::new();
    };
    let Ok(Some(parent)) = wire::message(body, parents) else {
        return Vec::new();
    };
    let listed = wire::repeated(&parent, *last).unwrap_or_default();
    listed.into_iter().map(<[u8]>::to_vec).collect()
}

/// When a view was materialised, as seconds: `(start, end)` of each interval in order.
pub(crate) fn intervals(row: &Record) -> Vec<(i64, i64)> {
    let path = row.key.kind.view().and_then(|view| view.intervals_path);
    let second = |interval: &[u8], number| {
        let stamp = wire::timestamp(interval, &[number]).ok().flatten();
        stamp.map_or(i64::MIN, |stamp| stamp.seconds)
    };
    listed(&row.body, path.unwrap_or_default())
        .iter()
        .map(|interval| (second(interval, 1), second(interval, 2)))
        .collect()
}

/// The state of a view, as a number.
pub(crate) fn state(row: &Record) -> u64 {
    number(row, row.key.kind.view().and_then(|view| view.state_path))
}

/// The number of the active version of a view.
pub(crate) fn active_version(row: &Record) -> u64 {
    number(
        row,
        row.key
            .kind
            .view()
            .and_then(|view| view.version_number_path),
    )
}

fn number(row: &Record, path: Option<&[u32]>) -> u64 {
    let number = path.map(|path| wire::varint(&row.body, path));
    number.and_then(Result::ok).flatten().unwrap_or(0)
}

/// When a message says it was created and changed.
pub(crate) fn stamps(row: &Record) -> (Option<Timestamp>, Option<Timestamp>) {
    let spec = row.key.kind.spec();
    let read = |path: Option<&[u32]>| {
        let stamp = path.map(|path| wire::timestamp(&row.body, path));
        stamp.and_then(Result::ok).flatten()
    };
    (read(spec.created_path), read(spec.updated_path))
}

/// A stamp that can be compared.
pub(crate) fn moment(stamp: Option<Timestamp>) -> (i64, i32) {
    stamp.map_or((i64::MIN, 0), |stamp| (stamp.seconds, stamp.nanos))
}

/// A second.
pub(crate) fn second(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

/// An interval that no other worker and round has.
pub(crate) fn interval(worker: usize, round: usize) -> (Timestamp, Timestamp) {
    let number = i64::try_from(worker * 1_000_000 + round).unwrap_or(i64::MAX);
    let start = 1_600_000_000 + 10 * number;
    (second(start), second(start + 9))
}

/// Two entities that belong into one transaction.
pub(crate) fn pair(project: &str, prefix: &str, number: u64) -> [Change; 2] {
    pair_names(prefix, number).map(|name| Sample::new(Kind::Entity, project, &name).change())
}

/// The names of such a pair.
pub(crate) fn pair_names(prefix: &str, number: u64) -> [String; 2] {
    ["left", "right"].map(|side| format!("{prefix}-{number}-{side}"))
}
