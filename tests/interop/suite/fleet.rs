//! Several of our servers on one database: what one acknowledged, all have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use crate::client::Client;
use crate::database::Database;
use crate::engine::Engine;
use crate::served::Served;
use crate::trials::trials;

trials! {
    on_postgres {
        a_write_through_one_server_is_seen_through_the_others,
        a_server_that_is_killed_takes_nothing_acknowledged_with_it,
        a_rolling_restart_is_healed_by_trying_again,
    }
}

const PROJECT: &str = "fleet";

/// Clients that write at the same time.
const WRITERS: usize = 8;

/// What each of them writes on average before something happens, and after.
const WRITES: usize = 20;

async fn a_write_through_one_server_is_seen_through_the_others(engine: Engine) {
    let database = Database::absent(engine);
    // The shortest time that a cache may be behind.
    let ttl = [("FEAST_REGISTRY_CACHE_TTL_SECONDS", "1")];
    let servers = [(); 3].map(|()| Served::configured(&database, &[], &ttl));
    let clients = servers
        .each_ref()
        .map(|server| Client::of(&[server.address()]));
    for client in &clients {
        assert!(!client.has(PROJECT, "driver", true).await);
    }
    clients[0].apply(PROJECT, "driver").await.unwrap();
    assert!(
        clients[0].has(PROJECT, "driver", true).await,
        "its own cache"
    );
    for other in &clients[1..] {
        assert!(
            other.has(PROJECT, "driver", false).await,
            "without the cache"
        );
        while !other.has(PROJECT, "driver", true).await {
            tokio::task::yield_now().await;
        }
    }
}

async fn a_server_that_is_killed_takes_nothing_acknowledged_with_it(engine: Engine) {
    let database = Database::absent(engine);
    let mut victim = Served::start(&database);
    let survivor = Served::start(&database);
    let client = Client::of(&[victim.address(), survivor.address()]);
    let load = Load::begin(&client);
    load.is_under_way().await;
    victim.kill();
    let acknowledged = load.end().await;
    assert!(acknowledged.len() >= WRITERS * WRITES);
    let survivor = Client::of(&[survivor.address()]);
    for name in acknowledged {
        assert!(survivor.has(PROJECT, &name, false).await, "{name} is lost");
    }
}

async fn a_rolling_restart_is_healed_by_trying_again(engine: Engine) {
    let database = Database::absent(engine);
    let mut servers = [(); 3].map(|()| Some(Served::start(&database)));
    let addresses = servers
        .each_ref()
        .map(|server| server.as_ref().unwrap().address().to_owned());
    let client = Client::of(&addresses.each_ref().map(String::as_str));
    let load = Load::begin(&client);
    load.is_under_way().await;
    for (server, address) in servers.iter_mut().zip(&addresses) {
        let (_, port) = address.rsplit_once(':').unwrap();
        assert!(server.take().unwrap().stop(), "{address} did not end well");
        *server = Some(Served::with(&database, &["--port", port]));
    }
    let acknowledged = load.end().await;
    for name in acknowledged {
        assert!(client.has(PROJECT, &name, false).await, "{name} is lost");
    }
}

/// Writers that go on until they are told to end.
struct Load {
    writers: JoinSet<Vec<String>>,
    begun: Arc<tokio::sync::Semaphore>,
    ending: Arc<AtomicBool>,
}

impl Load {
    fn begin(client: &Client) -> Self {
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
    async fn is_under_way(&self) {
        let some = u32::try_from(WRITERS * WRITES).unwrap();
        self.begun.acquire_many(some).await.unwrap().forget();
    }

    /// Lets every writer write a few more: the names that were acknowledged.
    async fn end(self) -> Vec<String> {
        self.ending.store(true, Ordering::SeqCst);
        self.writers
            .join_all()
            .await
            .into_iter()
            .flatten()
            .collect()
    }
}
