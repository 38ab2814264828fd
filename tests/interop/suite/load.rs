//! Writers that keep servers busy, and read what they have written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use crate::client::Client;

/// The project that they write to.
pub(crate) const PROJECT: &str = "fleet";

/// Clients that write at the same time.
const WRITERS: usize = 8;

/// What each of them writes on average before something happens, and after.
const WRITES: usize = 20;

/// What all of them have written when something happens.
pub(crate) const AT_LEAST: usize = WRITERS * WRITES;

/// Writers that go on until they are told to end.
pub(crate) struct Load {
    writers: JoinSet<Vec<String>>,
    begun: Arc<tokio::sync::Semaphore>,
    ending: Arc<AtomicBool>,
}

impl Load {
    pub(crate) fn begin(client: &Client) -> Self {
        let begun = Arc::new(tokio::sync::Semaphore::new(0));
        let ending = Arc::<AtomicBool>::default();
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (client, begun, ending) = (client.clone(), Arc::clone(&begun), Arc::clone(&ending));
            writers.spawn(async move {
                let mut acknowledged = Vec::new();
                let mut left = WRITES;
                while left > 0 {
                    let name = format!("entity_{writer}_{}", acknowledged.len());
                    // Any error but one that another attempt heals fails the trial.
                    client.apply(PROJECT, &name).await.unwrap();
                    assert!(client.has(PROJECT, &name, false).await, "{name} is lost");
                    // Whether another server has cached it by now is not asked; that it answers is.
                    client.has(PROJECT, &name, true).await;
                    acknowledged.push(name);
                    begun.add_permits(1);
                    if ending.load(Ordering::SeqCst) {
                        left -= 1;
                    }
                }
                acknowledged
            });
        }
        Load {
            writers,
            begun,
            ending,
        }
    }

    /// Waits until there were some writes.
    pub(crate) async fn is_under_way(&self) {
        let some = u32::try_from(AT_LEAST).unwrap();
        self.begun.acquire_many(some).await.unwrap().forget();
    }

    /// Lets every writer write a few more: the names that were acknowledged.
    pub(crate) async fn end(self) -> Vec<String> {
        self.ending.store(true, Ordering::SeqCst);
        self.writers
            .join_all()
            .await
            .into_iter()
            .flatten()
            .collect()
    }
}
