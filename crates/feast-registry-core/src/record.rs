//! Keys and rows: what a store knows of an object.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::Kind;

/// The name of Feast's only row of managed infrastructure per project.
pub const INFRA_NAME: &str = "infra_obj";
/// The metadata key of the random identity of a project.
pub const PROJECT_UUID: &str = "project_uuid";
/// The metadata key of the second of the last change in a project.
pub const LAST_UPDATED: &str = "last_updated_timestamp";

/// What identifies a row. Ordered as transactions take their locks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The kind of the row.
    pub kind: Kind,
    /// The project that it belongs to.
    pub project: Arc<str>,
    /// The name; for a project the project itself, for metadata the metadata key.
    pub name: Arc<str>,
    /// The version number of a history row; 0 for everything else.
    pub number: i32,
}

impl Key {
    /// The key of an object. For a project, pass its name twice or use [`Key::project`].
    pub fn new(kind: Kind, project: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Key {
            kind,
            project: project.into(),
            name: name.into(),
            number: 0,
        }
    }

    /// The key of a project.
    pub fn project(name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        Key {
            kind: Kind::Project,
            project: Arc::clone(&name),
            name,
            number: 0,
        }
    }

    /// The key of one version of a view.
    pub fn version(project: impl Into<Arc<str>>, view: impl Into<Arc<str>>, number: i32) -> Self {
        Key {
            kind: Kind::Version,
            project: project.into(),
            name: view.into(),
            number,
        }
    }

    /// The key of a row of project metadata.
    pub fn metadata(project: impl Into<Arc<str>>, key: impl Into<Arc<str>>) -> Self {
        Key::new(Kind::Metadata, project, key)
    }

    /// The key of the infrastructure of a project.
    pub fn infra(project: impl Into<Arc<str>>) -> Self {
        Key::new(Kind::Infra, project, INFRA_NAME)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Project => write!(f, "project `{}`", self.name),
            Kind::Version => write!(
                f,
                "version v{} of `{}` in project `{}`",
                self.number, self.name, self.project
            ),
            kind => write!(
                f,
                "{} `{}` in project `{}`",
                kind.spec().title.to_lowercase(),
                self.name,
                self.project
            ),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}/{}", self.kind, self.project, self.name)?;
        if self.kind == Kind::Version {
            write!(f, "@v{}", self.number)?;
        }
        f.write_str(")")
    }
}

/// One row. Cheap to clone: the bytes are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What identifies it.
    pub key: Key,
    /// The serialized message exactly as stored; for metadata the text.
    pub body: Bytes,
    /// The second (Unix, UTC) of the last change; for a version that of its creation.
    pub stamp: i64,
    /// What only some kinds have.
    pub extra: Extra,
}

/// What only some kinds of rows have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extra {
    /// Nothing.
    #[default]
    None,
    /// Opaque bytes that users attach to a view.
    UserMetadata(Bytes),
    /// What a row of the version history holds beside the message.
    Version(Box<VersionExtra>),
}

/// What a row of the version history holds beside the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionExtra {
    /// `feature_view`, `stream_feature_view`, `on_demand_feature_view` or `label_view`.
    pub view_type: Arc<str>,
    /// A random UUID.
    pub version_id: String,
    /// Free text; Feast always leaves it empty.
    pub description: String,
}

impl Record {
    /// A row without extras.
    pub fn new(key: Key, body: impl Into<Bytes>, stamp: i64) -> Self {
        Record {
            key,
            body: body.into(),
            stamp,
            extra: Extra::None,
        }
    }

    /// A digest of the stored bytes: equal revisions mean equal bytes.
    pub fn revision(&self) -> Revision {
        Revision::of(&self.body)
    }

    /// The user metadata of a view, if any was stored.
    pub fn user_metadata(&self) -> Option<&Bytes> {
        match &self.extra {
            Extra::UserMetadata(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// What a row of the version history holds beside the message.
    pub fn version(&self) -> Option<&VersionExtra> {
        match &self.extra {
            Extra::Version(extra) => Some(extra),
            _ => None,
        }
    }
}

/// An opaque digest of an object's stored bytes. Compare it for equality only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Revision([u8; 16]);

impl Revision {
    /// The revision of an object with these bytes.
    pub fn of(body: &[u8]) -> Self {
        let digest = Sha256::digest(body);
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        Revision(short)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revision({self})")
    }
}

impl std::str::FromStr for Revision {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || {
            crate::Error::invalid(format!(
                "`{text}` is not a revision: 32 hexadecimal digits are"
            ))
        };
        if text.len() != 32 || !text.is_ascii() {
            return Err(malformed());
        }
        let mut bytes = [0; 16];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte =
                u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| malformed())?;
        }
        Ok(Revision(bytes))
    }
}
