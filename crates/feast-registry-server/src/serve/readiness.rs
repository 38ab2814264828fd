//! Whether the server is of use: it is as long as its store answers.

use std::time::Duration;

use feast_registry_core::{Error, ErrorKind, Registry, Result};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::Rpc;
use crate::status::message;

/// The first pause between attempts to open the registry, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// What is told to whom asks: gRPC health checks and `/readyz`.
#[derive(Debug)]
pub(super) struct Readiness {
    reporter: HealthReporter,
    /// Why the server is not ready, if it is not, as anybody may know it.
    state: watch::Sender<Option<String>>,
}

impl Readiness {
    /// Not ready: the registry is not open yet.
    pub(super) async fn new(reporter: HealthReporter) -> Self {
        let readiness = Readiness {
            reporter,
            state: watch::Sender::new(None),
        };
        readiness
            .set(Some("the registry is being opened".into()))
            .await;
        readiness
    }

    /// What others can see of it.
    pub(super) fn watch(&self) -> watch::Receiver<Option<String>> {
        self.state.subscribe()
    }

    /// Tells everybody that the server takes no more calls.
    pub(super) async fn stop(&self) {
        self.set(Some("the server is stopping".into())).await;
    }

    async fn set(&self, reason: Option<String>) {
        let status = match reason {
            None => ServingStatus::Serving,
            Some(_) => ServingStatus::NotServing,
        };
        for service in ["", Rpc::SERVICE] {
            self.reporter.set_service_status(service, status).await;
        }
        self.state.send_replace(reason);
    }

    /// Opens the registry, trying again while its store cannot be reached.
    ///
    /// # Errors
    ///
    /// Those that another attempt does not mend.
    pub(super) async fn open<F>(&self, mut open: impl FnMut() -> F) -> Result<Registry>
    where
        F: Future<Output = Result<Registry>>,
    {
        let (mut pause, longest) = PAUSES;
        loop {
            match open().await {
                Ok(registry) => return Ok(registry),
                Err(error) if may_pass(&error) => {
                    tracing::warn!(
                        ?error,
                        "the registry cannot be opened yet, trying again in {pause:?}"
                    );
                    self.set(Some(message(&error))).await;
                }
                Err(error) => return Err(error),
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    /// The server is ready from now on, as long as the store answers. Does not end.
    pub(super) async fn follow(&self, registry: &Registry, interval: Duration) {
        tracing::info!("the registry is open");
        self.set(None).await;
        let mut ready = true;
        loop {
            sleep(interval).await;
            let failure = ask(registry, interval).await.err();
            if ready != failure.is_none() {
                ready = failure.is_none();
                match &failure {
                    None => tracing::info!("the store answers again"),
                    Some(error) => tracing::warn!(?error, "the store does not answer"),
                }
            }
            self.set(failure.as_ref().map(message)).await;
        }
    }
}

async fn ask(registry: &Registry, time: Duration) -> Result<()> {
    timeout(time, registry.store().health())
        .await
        .unwrap_or_else(|_| {
            let message = format!("the store said nothing for {time:?}");
            Err(Error::new(ErrorKind::Unavailable, message))
        })
}

fn may_pass(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Contention)
}
