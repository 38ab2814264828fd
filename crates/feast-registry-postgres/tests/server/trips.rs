//! What one call costs, in round trips.

use std::time::Duration;

use feast_registry_conformance::proxy::{Fault, Proxy};
use feast_registry_conformance::traffic;
use feast_registry_core::{Freshness, Key, Kind};

use crate::fixture::{Fixture, TestRegistry, address, through, view};

/// How long what is sent in advance may take to be sent, on a busy machine.
const SENDING: Duration = Duration::from_millis(15);

struct Counted {
    test: TestRegistry,
    proxy: Proxy,
}

impl Counted {
    async fn new(fixture: &Fixture) -> Self {
        let settings = fixture.settings();
        let proxy = Proxy::start(address(&settings)).await.unwrap();
        proxy.set(Fault::Delay(SENDING));
        let mut settings = through(&settings, proxy.address().port());
        // One connection prepares its statements once.
        settings.max_size = 1;
        let test = fixture.registry(&settings).await;
        Counted { test, proxy }
    }

    /// The fewest round trips of several calls: the first prepares statements, and now and then
    /// the stamp of the project is due.
    async fn least<F: Future<Output = ()>>(&self, call: impl Fn(u32) -> F) -> u64 {
        let mut least = u64::MAX;
        for round in 0..4 {
            let before = self.proxy.round_trips();
            call(round).await;
            least = least.min(self.proxy.round_trips() - before);
        }
        least
    }
}

pub(crate) async fn a_change_of_a_view_is_two_round_trips() {
    let fixture = Fixture::new().await;
    let counted = Counted::new(&fixture).await;
    let registry = &counted.test.registry;
    registry.apply(view("v", "first")).await.unwrap();
    let trips = counted
        .least(|round| async move {
            let apply = view("v", &format!("edition {round}"));
            registry.apply(apply).await.unwrap();
        })
        .await;
    assert_eq!(
        trips, 2,
        "BEGIN with the reads, then the writes with COMMIT"
    );
    let trips = counted
        .least(|round| async move {
            let apply = view(&format!("new {round}"), "first");
            registry.apply(apply).await.unwrap();
        })
        .await;
    assert_eq!(
        trips, 3,
        "what was read first did not do: ROLLBACK and BEGIN go together"
    );
    fixture.end().await;
}

pub(crate) async fn a_read_is_one_round_trip() {
    let fixture = Fixture::new().await;
    let counted = Counted::new(&fixture).await;
    let registry = &counted.test.registry;
    registry.apply(view("v", "first")).await.unwrap();
    let key = &Key::new(Kind::FeatureView, "p", "v");
    let trips = counted
        .least(|_| async move {
            registry.get(key, Freshness::Store).await.unwrap();
        })
        .await;
    assert_eq!(trips, 1);
    fixture.end().await;
}

pub(crate) async fn a_refresh_moves_what_changed() {
    let fixture = Fixture::new().await;
    let counted = Counted::new(&fixture).await;
    // Where nothing changed, nothing is sent in advance.
    counted.proxy.set(Fault::None);
    let others = fixture.registry(&fixture.settings()).await.store;
    let registry = &counted.test.registry;
    let [nothing, one, hundred] = traffic::of_refreshes(registry, &*others, &counted.proxy, 1)
        .await
        .unwrap();
    assert_eq!(nothing.round_trips, 1, "{nothing:?}");
    assert_eq!(nothing.views(), 0, "{nothing:?}");
    assert!((1..5).contains(&one.views()), "{one:?}");
    assert!((100..120).contains(&hundred.views()), "{hundred:?}");
    fixture.end().await;
}
