//! Messages as typed views of stored bytes.

use std::fmt::Debug;

use prost::{Message, Name};

use feast_registry_proto::core;

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

/// Whether bytes are a message of a kind, without keeping it.
pub(crate) fn check(kind: Kind, body: &[u8]) -> Result<()> {
    let check = match kind {
        Kind::Project => decodes::<core::Project>,
        Kind::Entity => decodes::<core::Entity>,
        Kind::DataSource => decodes::<core::DataSource>,
        Kind::FeatureView => decodes::<core::FeatureView>,
        Kind::StreamFeatureView => decodes::<core::StreamFeatureView>,
        Kind::OnDemandFeatureView => decodes::<core::OnDemandFeatureView>,
        Kind::LabelView => decodes::<core::LabelView>,
        Kind::FeatureService => decodes::<core::FeatureService>,
        Kind::SavedDataset => decodes::<core::SavedDataset>,
        Kind::ValidationReference => decodes::<core::ValidationReference>,
        Kind::Permission => decodes::<core::Permission>,
        Kind::Infra => decodes::<core::Infra>,
        // The history may hold views of any kind, metadata any text.
        Kind::Version => return Ok(()),
        Kind::Metadata => is_text,
    };
    check(body).map_err(|why| Error::invalid(format!("the bytes are not a {kind}: {why}")))
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

fn decodes<T: Message + Default>(body: &[u8]) -> Result<(), String> {
    T::decode(body).map(drop).map_err(|why| why.to_string())
}

fn is_text(body: &[u8]) -> Result<(), String> {
    std::str::from_utf8(body)
        .map(drop)
        .map_err(|why| why.to_string())
}
