//! How many round trips a call takes.

use std::sync::Arc;

use feast_registry_conformance::proxy::Proxy;
use feast_registry_conformance::traffic;
use feast_registry_core::{Effect, Freshness, Key, Kind, Registry};
use libtest_mimic::Trial;

use crate::common::Server;
use crate::fixture::{Fixture, entity, view};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials!(server, "trips":
        a_change_of_an_existing_object_costs_a_read_a_write_and_a_commit,
        a_read_is_one,
        what_changes_nothing_is_not_committed,
        a_probe_of_all_tables_is_one,
        a_refresh_moves_what_changed,
    )
}

/// The fewest trips of several changes: the first prepare statements, and once a second the stamp of
/// the project is read and written.
async fn of_change(
    registry: &Registry,
    proxy: &Proxy,
    apply: impl Fn(u32) -> feast_registry_core::Apply,
) -> u64 {
    let mut least = u64::MAX;
    registry.apply(apply(0)).await.unwrap();
    for edition in 1..6 {
        let before = proxy.round_trips();
        let outcome = registry.apply(apply(edition)).await.unwrap();
        assert_eq!(outcome.effect, Effect::Updated);
        least = least.min(proxy.round_trips() - before);
    }
    least
}

async fn a_change_of_an_existing_object_costs_a_read_a_write_and_a_commit(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (registry, proxy) = fixture.behind_proxy().await;
    for apply in [entity, view] {
        let changed = |edition: u32| apply("it", &format!("edition {edition}"));
        assert_eq!(of_change(&registry, &proxy, changed).await, 3);
    }
    fixture.end().await;
}

async fn a_read_is_one(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (registry, proxy) = fixture.behind_proxy().await;
    registry.apply(entity("it", "")).await.unwrap();
    let key = Key::new(Kind::Entity, "p", "it");
    registry.get(&key, Freshness::Store).await.unwrap();
    let before = proxy.round_trips();
    registry.get(&key, Freshness::Store).await.unwrap();
    assert_eq!(proxy.round_trips() - before, 1);
    fixture.end().await;
}

async fn what_changes_nothing_is_not_committed(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (registry, proxy) = fixture.behind_proxy().await;
    for _ in 0..2 {
        registry.apply(entity("it", "")).await.unwrap();
    }
    let before = proxy.round_trips();
    let outcome = registry.apply(entity("it", "")).await.unwrap();
    assert_eq!(outcome.effect, Effect::Unchanged);
    let trips = proxy.round_trips() - before;
    assert!(trips <= 3, "{trips} trips");
    fixture.end().await;
}

async fn a_probe_of_all_tables_is_one(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (registry, proxy) = fixture.behind_proxy().await;
    registry.apply(entity("it", "")).await.unwrap();
    registry.store().changes().await.unwrap();
    let before = proxy.round_trips();
    let probe = registry.store().changes().await.unwrap();
    assert_eq!(proxy.round_trips() - before, 1);
    assert!(probe.entries.contains_key(&(Kind::Entity, "p".into())));
    fixture.end().await;
}

async fn a_refresh_moves_what_changed(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (registry, proxy) = fixture.behind_proxy().await;
    let others = fixture.store().await;
    // How far the log has come; while that has not stood still for a second, figures too.
    let [nothing, one, hundred] = traffic::of_refreshes(&registry, &*others, &proxy, 2)
        .await
        .unwrap();
    assert!(nothing.round_trips <= 2, "{nothing:?}");
    assert_eq!(nothing.views(), 0, "{nothing:?}");
    assert!((1..5).contains(&one.views()), "{one:?}");
    assert!((100..120).contains(&hundred.views()), "{hundred:?}");
    fixture.end().await;
}
