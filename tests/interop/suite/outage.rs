//! The database ends under a server that is busy, and comes back; callers go away in the middle of a call; a signal that
//! other programs die of.

use std::time::Duration;

use tonic::Code;
use tonic_health::ServingStatus::{NotServing, Serving};

use crate::client::Client;
use crate::cluster::{Cluster, System};
use crate::database::Database;
use crate::engine::Engine;
use crate::load::{Load, PROJECT};
use crate::served::Served;
use crate::trials::trials;

trials! {
    on_clusters {
        a_server_outlives_a_restart_of_its_database,
    }
    on_servers {
        callers_that_go_away_leave_nothing_behind,
    }
    on_sqlite {
        a_hangup_does_not_end_a_server,
    }
}

async fn a_server_outlives_a_restart_of_its_database(system: System) {
    let mut cluster = Cluster::start(system);
    // It may be there before its database.
    let served = Served::at(&cluster.url());
    let client = Client::of(&[served.address()]).of_doubt();
    let load = Load::begin(&client);
    load.is_under_way().await;
    for end in [Cluster::stop, Cluster::crash] {
        end(&mut cluster);
        client.until(NotServing).await;
        cluster.run();
        client.until(Serving).await;
        load.is_under_way().await;
    }
    let acknowledged = load.end().await;
    for name in acknowledged {
        assert!(client.has(PROJECT, &name, false).await, "{name} is lost");
    }
}

async fn a_hangup_does_not_end_a_server(engine: Engine) {
    let database = Database::absent(engine);
    let served = Served::start(&database);
    let client = Client::of(&[served.address()]);
    served.hang_up();
    client.apply(PROJECT, "driver").await.unwrap();
    assert!(served.stop(), "it ended otherwise than it was asked to");
}

async fn callers_that_go_away_leave_nothing_behind(engine: Engine) {
    const CALLS: u32 = 400;
    /// Which of them a client says depends on who notices first.
    const LATE: [Code; 2] = [Code::DeadlineExceeded, Code::Cancelled];
    let database = Database::absent(engine);
    let served = Served::start(&database);
    let client = Client::of(&[served.address()]);
    client.apply(PROJECT, "entity_0").await.unwrap();
    // All want the same rows; each goes on for a moment of its own.
    let name = |call| format!("entity_{}", call % 3);
    for call in 0..CALLS {
        let caller = client.clone();
        let call_under_way = tokio::spawn(async move { caller.apply(PROJECT, &name(call)).await });
        for _ in 0..call % 40 {
            tokio::task::yield_now().await;
        }
        call_under_way.abort();
    }
    for call in 0..CALLS {
        // The first of them are over before they begin.
        let time = Duration::from_micros(50) * (call / 8);
        let ended = client.apply_within(time, PROJECT, &name(call)).await;
        let late = ended
            .as_ref()
            .is_err_and(|status| LATE.contains(&status.code()));
        assert!(
            late || !time.is_zero() && ended.is_ok(),
            "{time:?}: {ended:?}"
        );
    }
    // Locks that nobody frees would keep these waiting until the server gives up.
    for name in ["entity_0", "entity_1", "entity_2", "entity_3"] {
        client.apply(PROJECT, name).await.unwrap();
    }
    // What was given up last may still be on its way back.
    let open = || database.python("transactions.py", &[])["open"] != 0;
    let mut attempts = 0;
    while open() {
        attempts += 1;
        assert!(attempts < 200, "transactions were left open");
    }
}
