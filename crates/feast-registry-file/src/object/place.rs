//! A bucket, and the clients that reach it.

use std::fmt::Debug;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use feast_registry_core::{Error, ErrorKind, Result};
use object_store::{ObjectStore, RetryConfig};
use tokio::sync::OnceCell;

use super::credentials::Source;
use super::http::Timing;
use super::patience::Patience;
use super::verdict::{Verdict, unavailable};
use crate::Pace;

/// What S3 and GCS do not have in common.
pub(super) trait Service: Debug + Send + Sync + 'static {
    /// The bucket as a URL: `s3://lake`.
    fn bucket(&self) -> String;

    /// Clients for the bucket, in another region than the one configured if one is given.
    fn connect(&self, region: Option<&str>) -> Result<Clients>;

    /// Where its clients get their credentials.
    fn source(&self) -> &Source;

    /// Whether objects have generations, which conditions are about then.
    fn has_generations(&self) -> bool;
}

/// The two clients of a bucket.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    /// Repeats requests that fail: reading twice does no harm.
    pub(super) reader: Arc<dyn ObjectStore>,
    /// Never repeats a request: a conditional write whose first try has landed unseen would find a
    /// conflict with itself.
    pub(super) writer: Arc<dyn ObjectStore>,
}

/// What writers of an object must be prepared for where a write takes a while.
pub(super) const PACE: Pace = Pace {
    between: Duration::ZERO,
    pause: Duration::from_millis(20),
    patience: Duration::from_secs(120),
};

/// How [`Clients::reader`] repeats requests.
pub(super) fn reading() -> RetryConfig {
    let mut retry = RetryConfig {
        max_retries: 4,
        retry_timeout: Duration::from_secs(60),
        ..RetryConfig::default()
    };
    retry.backoff.max_backoff = Duration::from_secs(3);
    retry
}

/// How [`Clients::writer`] does: not.
pub(super) fn writing() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}

/// What to do about a store that ignores conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Careless {
    /// Refuse to write there.
    #[default]
    Refuse,
    /// Write although updates of concurrent writers get lost.
    LoseUpdates,
}

/// A bucket. Blobs in it share its clients, and what was found out about it.
#[derive(Debug)]
pub(super) struct Place {
    service: Box<dyn Service>,
    clients: RwLock<Arc<Clients>>,
    moved: RwLock<Option<String>>,
    pub(super) timing: Timing,
    pub(super) careless: Careless,
    /// Whether writes may be conditional: found out before the first one.
    pub(super) conditional: OnceCell<bool>,
}

impl Place {
    pub(super) fn new(
        service: Box<dyn Service>,
        timing: Timing,
        careless: Careless,
    ) -> Result<Self> {
        let clients = RwLock::new(Arc::new(service.connect(None)?));
        Ok(Place {
            service,
            clients,
            moved: RwLock::new(None),
            timing,
            careless,
            conditional: OnceCell::new(),
        })
    }

    pub(super) fn bucket(&self) -> String {
        self.service.bucket()
    }

    pub(super) fn source(&self) -> &Source {
        self.service.source()
    }

    pub(super) fn has_generations(&self) -> bool {
        self.service.has_generations()
    }

    pub(super) fn clients(&self) -> Arc<Clients> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&clients)
    }

    /// After a request that did nothing: whether to send it again, once that makes sense.
    ///
    /// # Errors
    ///
    /// Why there is no point in that.
    pub(super) async fn again(
        &self,
        verdict: Verdict,
        patience: &mut Patience,
        object: &str,
    ) -> Result<()> {
        match verdict {
            Verdict::Later(why) | Verdict::Unreached(why) => {
                tracing::debug!(object, why, "put off");
                if patience.wait().await {
                    return Ok(());
                }
                Err(unavailable(object, &why, patience.tries()))
            }
            Verdict::Region(region) if patience.may_move() => self.move_to(&region, object),
            Verdict::Region(region) => Err(Error::new(
                ErrorKind::Config,
                format!("{object}: the store names the region {region}, and refuses it"),
            )
            .with_hint("look at AWS_REGION and at the endpoint")),
            Verdict::Failed(error) => Err(error),
            other => Err(unavailable(object, &format!("{other:?}"), patience.tries())),
        }
    }

    /// Asks the bucket in another region from now on.
    fn move_to(&self, region: &str, object: &str) -> Result<()> {
        let mut moved = self.moved.write().unwrap_or_else(PoisonError::into_inner);
        // Another call may have been faster.
        if moved.as_deref() == Some(region) {
            return Ok(());
        }
        tracing::warn!(
            object,
            region,
            "the bucket is in another region; set AWS_REGION to ask there at once"
        );
        let clients = Arc::new(self.service.connect(Some(region))?);
        *self.clients.write().unwrap_or_else(PoisonError::into_inner) = clients;
        *moved = Some(region.to_owned());
        Ok(())
    }
}
