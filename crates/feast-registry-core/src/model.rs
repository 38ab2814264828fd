//! Messages as typed views of stored bytes.

use std::fmt::Debug;

use prost::{Message, Name};

use feast_registry_proto::core;

use crate::rules::check_message;
use crate::{Error, Kind, Record, Result};

/// A protobuf message that the registry keeps under a name.
///
/// Typed messages are views: they are decoded on demand and never written back, since decoding
/// drops the fields that this build does not know.
pub trait RegistryObject: Message + Name + Default + Clone + PartialEq + Debug {
    /// The kind of the message.
    const KIND: Kind;

    /// The name of the object.
    fn object_name(&self) -> &str;

    /// The project that the message itself names; often empty. For a project, its own name.
    fn object_project(&self) -> &str;
}

/// Objects that keep name and project in `spec`.
macro_rules! in_spec {
    ($($message:ident),*) => {$(
        impl RegistryObject for core::$message {
            const KIND: Kind = Kind::$message;

            fn object_name(&self) -> &str {
                self.spec.as_ref().map_or("", |spec| &spec.name)
            }

            fn object_project(&self) -> &str {
                self.spec.as_ref().map_or("", |spec| &spec.project)
            }
        }
    )*};
}

in_spec!(
    Entity,
    FeatureView,
    StreamFeatureView,
    OnDemandFeatureView,
    LabelView,
    FeatureService,
    SavedDataset,
    Permission
);

/// Objects that keep name and project at the top.
macro_rules! at_top {
    ($($message:ident),*) => {$(
        impl RegistryObject for core::$message {
            const KIND: Kind = Kind::$message;

            fn object_name(&self) -> &str {
                &self.name
            }

            fn object_project(&self) -> &str {
                &self.project
            }
        }
    )*};
}

at_top!(DataSource, ValidationReference);

impl RegistryObject for core::Project {
    const KIND: Kind = Kind::Project;

    fn object_name(&self) -> &str {
        self.spec.as_ref().map_or("", |spec| &spec.name)
    }

    fn object_project(&self) -> &str {
        self.object_name()
    }
}

/// Decodes a stored row.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt), naming the object.
pub fn decode<T: Message + Default>(row: &Record) -> Result<T> {
    T::decode(row.body.clone()).map_err(|why| Error::corrupt(&row.key, why))
}

/// Whether bytes are a message of a kind: whether they would decode.
pub(crate) fn check(kind: Kind, body: &[u8]) -> Result<()> {
    let checked = match kind {
        // The history may hold views of any kind, metadata any text.
        Kind::Version => Ok(()),
        Kind::Metadata => is_text(body),
        _ => check_message(kind, body).map_err(|why| why.to_string()),
    };
    checked.map_err(|why| Error::invalid(format!("the bytes are not a {kind}: {why}")))
}

/// Whether a row that comes from outside holds what its key says. A row of the version history
/// holds a view of the kind that it names.
pub(crate) fn check_row(row: &Record) -> Result<()> {
    let Some(version) = row.version() else {
        return check(row.key.kind, &row.body);
    };
    let kind = Kind::from_history_type(&version.view_type).ok_or_else(|| {
        Error::invalid(format!(
            "`{}` is not a kind of feature view",
            version.view_type
        ))
    })?;
    check(kind, &row.body)
}

/// Whether a stored row can be read.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt), naming the object.
pub(crate) fn check_stored(row: &Record) -> Result<()> {
    check(row.key.kind, &row.body).map_err(|why| Error::corrupt(&row.key, why))
}

fn is_text(body: &[u8]) -> Result<(), String> {
    std::str::from_utf8(body)
        .map(drop)
        .map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    /// A view with something of every wire type and nesting that views have.
    fn view() -> Vec<u8> {
        let feature = |n: i32| core::FeatureSpecV2 {
            name: format!("größe_{n}"),
            value_type: n,
            tags: [("team".to_owned(), "a".to_owned())].into(),
            vector_index: n % 2 == 0,
            ..Default::default()
        };
        let interval = core::MaterializationInterval {
            start_time: Some(prost_types::Timestamp {
                seconds: 1,
                nanos: -1,
            }),
            end_time: None,
        };
        core::FeatureView {
            spec: Some(core::FeatureViewSpec {
                name: "v".to_owned(),
                features: (0..3).map(feature).collect(),
                entities: vec!["e".to_owned()],
                online: true,
                ..Default::default()
            }),
            meta: Some(core::FeatureViewMeta {
                materialization_intervals: vec![interval],
                ..Default::default()
            }),
        }
        .encode_to_vec()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_prost_refuses_is_refused(changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..4), cut in any::<Index>()) {
            let mut bytes = view();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(bytes.len() - cut.index(bytes.len()) / 8);
            let decoded = core::FeatureView::decode(&bytes[..]);
            prop_assert_eq!(check(Kind::FeatureView, &bytes).is_ok(), decoded.is_ok(), "{:?}", decoded.err());
        }
    }
}
