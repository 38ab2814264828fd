//! Transactions that are told to give way.

use feast_registry_core::{ErrorKind, Key, Kind};
use feast_registry_sql::testing::{Failing, deadlock, restarts_at_every_place, restarts_for_ever};

use crate::fixture::{Fixture, TestRegistry, view};

/// Fails with a code of transactions that must start again.
fn failing(code: &str) -> Failing {
    let text = format!(
        "DO $$ BEGIN RAISE EXCEPTION USING errcode = '{code}', message = 'planned by the test'; END $$"
    );
    Failing {
        at_once: text.as_str().into(),
        at_commit: text.into(),
    }
}

pub(crate) async fn a_deadlock_is_tried_again() {
    let fixture = Fixture::new().await;
    let test = fixture.registry(&fixture.settings()).await;
    let rows = ["a", "b"].map(|name| Key::new(Kind::FeatureView, "p", name));
    for row in &rows {
        test.registry.apply(view(&row.name, "first")).await.unwrap();
    }
    deadlock(&*test.store, &fixture.driver(), &rows)
        .await
        .unwrap();
    fixture.end().await;
}

pub(crate) async fn a_conflict_at_any_statement_is_tried_again() {
    for code in ["40001", "40P01"] {
        let fixture = Fixture::new().await;
        restarts_at_every_place(async || Ok(fixture.driver()), &failing(code))
            .await
            .unwrap();
        fixture.end().await;
    }
}

pub(crate) async fn conflicts_without_end_are_given_up() {
    let fixture = Fixture::new().await;
    restarts_for_ever(fixture.driver(), &failing("40P01"))
        .await
        .unwrap();
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
    test.registry.apply(view("v", "second")).await.unwrap();
    assert_eq!(test.store.counters().retries() - before, 3);
    fixture.end().await;
}

pub(crate) async fn a_commit_that_is_always_refused_gives_up() {
    let fixture = Fixture::new().await;
    let test = with_view(&fixture).await;
    refuse(&fixture, u32::MAX).await;
    let error = test.registry.apply(view("v", "second")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contention, "{error}");
    assert!(error.to_string().contains("refused by the test"), "{error}");
    fixture.end().await;
}
