//! Connections that are cut at COMMIT, and servers that refuse it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use feast_registry_core::{Apply, ErrorKind};

use crate::fixture::{Fixture, TestRegistry, address, through, view};
use crate::proxy::{Cut, cutting};

/// A registry with the view `v`, behind a proxy that cuts when it is told how often.
async fn behind(fixture: &Fixture, cut: Cut) -> (TestRegistry, Arc<AtomicUsize>) {
    let settings = fixture.settings();
    let times = Arc::new(AtomicUsize::new(0));
    let port = cutting(address(&settings), cut, Arc::clone(&times)).await;
    let test = fixture.registry(&through(&settings, port)).await;
    test.registry.apply(view("v", "first")).await.unwrap();
    (test, times)
}

fn second() -> Apply {
    view("v", "second")
}

pub(crate) async fn a_commit_that_never_arrived_is_unknown_and_did_nothing() {
    let fixture = Fixture::new().await;
    let (test, times) = behind(&fixture, Cut::Before).await;
    times.store(1, Ordering::SeqCst);
    // Whether it arrived is known to the proxy only.
    let error = test.registry.apply(second()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome, "{error}");
    assert_eq!(times.load(Ordering::SeqCst), 0);
    let outcome = test.registry.apply(second()).await.unwrap();
    assert_eq!(outcome.effect, feast_registry_core::Effect::Updated);
    fixture.end().await;
}

pub(crate) async fn a_commit_without_an_answer_is_unknown_and_happened_once() {
    let fixture = Fixture::new().await;
    let (test, times) = behind(&fixture, Cut::After).await;
    times.store(1, Ordering::SeqCst);
    let error = test.registry.apply(second()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome, "{error}");
    let outcome = test.registry.apply(second()).await.unwrap();
    assert_eq!(outcome.effect, feast_registry_core::Effect::Unchanged);
    fixture.end().await;
}

/// Lets the server refuse the next changes of feature views when they are committed, with 40001,
/// as often as said. Sequences are not rolled back: they count the attempts.
async fn refuse(fixture: &Fixture, times: u32) {
    let (schema, views) = (&fixture.schema, fixture.table("feature_views"));
    fixture
        .execute(format!(
            "CREATE SEQUENCE {schema}.attempts;
             CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               IF nextval('{schema}.attempts') <= {times} THEN
                 RAISE EXCEPTION USING errcode = '40001', message = 'refused by the test';
               END IF; RETURN NULL; END $$;
             CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON {views}
               DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.refuse()"
        ))
        .await;
}

async fn with_view(fixture: &Fixture) -> TestRegistry {
    let test = fixture.registry(&fixture.settings()).await;
    test.registry.apply(view("v", "first")).await.unwrap();
    test
}

pub(crate) async fn a_refused_commit_is_tried_again() {
    let fixture = Fixture::new().await;
    let test = with_view(&fixture).await;
    refuse(&fixture, 3).await;
    let before = test.store.counters().retries();
    test.registry.apply(second()).await.unwrap();
    assert_eq!(test.store.counters().retries() - before, 3);
    fixture.end().await;
}

pub(crate) async fn a_commit_that_is_always_refused_gives_up() {
    let fixture = Fixture::new().await;
    let test = with_view(&fixture).await;
    refuse(&fixture, u32::MAX).await;
    let error = test.registry.apply(second()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contention, "{error}");
    assert!(error.to_string().contains("refused by the test"), "{error}");
    fixture.end().await;
}
