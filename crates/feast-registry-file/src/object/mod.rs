//! Registries that are an object of S3 or GCS.
//!
//! Every write has a condition, and none is repeated by the client on its own: a write whose answer
//! was lost is [`ErrorKind::UnknownOutcome`](feast_registry_core::ErrorKind::UnknownOutcome), and
//! who has written knows better what to do about that. What a store puts off (503 `SlowDown`, 429,
//! 409) is tried again for a while. The rights to read and to write the objects are all that is
//! needed: nothing is listed, and no bucket is asked about itself.

mod answer;
mod backend;
mod blob;
mod credentials;
mod environment;
#[cfg(feature = "gcs")]
mod gcs;
mod http;
mod patience;
mod place;
mod probe;
#[cfg(feature = "s3")]
mod s3;
mod sending;
mod transfer;
mod verdict;

use std::sync::Arc;

use feast_registry_core::Result;

use self::blob::ObjectBlob;
use self::place::{Place, Service};
use crate::{Blob, Pace};

#[cfg(feature = "gcs")]
pub use self::backend::GcsBackend;
#[cfg(feature = "s3")]
pub use self::backend::S3Backend;
pub use self::environment::Environment;
#[cfg(feature = "gcs")]
pub use self::gcs::GcsSettings;
pub use self::http::Timing;
pub use self::place::Careless;
#[cfg(feature = "s3")]
pub use self::s3::S3Settings;

/// A bucket whose objects are blobs. Blobs of one bucket share connections, credentials, and what
/// was found out about the store.
#[derive(Clone, Debug)]
pub struct Bucket {
    place: Arc<Place>,
    pace: Pace,
}

impl Bucket {
    /// A bucket of S3. Nothing is asked of it yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](feast_registry_core::ErrorKind::Config) for settings that make no
    /// sense.
    #[cfg(feature = "s3")]
    pub fn s3(settings: &S3Settings, careless: Careless) -> Result<Self> {
        let service = Box::new(s3::S3::new(settings)?);
        Self::new(service, settings.timing, careless, settings.pace)
    }

    /// A bucket of GCS. Nothing is asked of it yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](feast_registry_core::ErrorKind::Config) for settings that make no
    /// sense.
    #[cfg(feature = "gcs")]
    pub fn gcs(settings: &GcsSettings, careless: Careless) -> Result<Self> {
        let service = Box::new(gcs::Gcs::new(settings)?);
        Self::new(service, settings.timing, careless, settings.pace)
    }

    fn new(
        service: Box<dyn Service>,
        timing: Timing,
        careless: Careless,
        pace: Pace,
    ) -> Result<Self> {
        let place = Arc::new(Place::new(service, timing, careless)?);
        Ok(Bucket { place, pace })
    }

    /// An object of the bucket.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](feast_registry_core::ErrorKind::Config) for a key that cannot be asked
    /// for as it is written.
    pub fn blob(&self, key: &str) -> Result<Arc<dyn Blob>> {
        let blob = ObjectBlob::new(Arc::clone(&self.place), key, self.pace)?;
        Ok(Arc::new(blob))
    }
}
