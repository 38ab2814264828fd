//! Several of our servers on one database: what one acknowledged, all have.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::database::Database;
use crate::engine::Engine;
use crate::load::{AT_LEAST, Load, PROJECT};
use crate::served::Served;
use crate::trials::trials;

trials! {
    on_postgres {
        a_write_through_one_server_is_seen_through_the_others,
        a_server_that_is_killed_takes_nothing_acknowledged_with_it,
        a_rolling_restart_is_healed_by_trying_again,
    }
}

async fn a_write_through_one_server_is_seen_through_the_others(engine: Engine) {
    /// The shortest time that a cache may be behind, and what a refresh and a busy machine may add to it.
    const TTL: Duration = Duration::from_secs(1);
    const SLACK: Duration = Duration::from_secs(2);
    let database = Database::absent(engine);
    let ttl = TTL.as_secs().to_string();
    let ttl = [("FEAST_REGISTRY_CACHE_TTL_SECONDS", &*ttl)];
    let servers = [(); 3].map(|()| Served::configured(&database, &[], &ttl));
    let clients = servers
        .each_ref()
        .map(|server| Client::of(&[server.address()]));
    for client in &clients {
        assert!(!client.has(PROJECT, "driver", true).await);
    }
    clients[0].apply(PROJECT, "driver").await.unwrap();
    let written = Instant::now();
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
            let behind = written.elapsed();
            assert!(behind <= TTL + SLACK, "a cache is {behind:?} behind");
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
    assert!(acknowledged.len() >= AT_LEAST);
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
