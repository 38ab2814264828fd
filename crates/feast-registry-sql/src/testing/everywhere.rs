//! Tests of a driver that is told to start again at every statement, and for ever.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use feast_registry_core::store::Capabilities;
use feast_registry_core::wire::put_len;
use feast_registry_core::{
    Apply, Effect, Error, ErrorKind, Freshness, Key, Kind, Registry, RegistryOptions, Result,
};

use super::{Failing, Restarts, When};
use crate::{Driver, SqlStore};

/// More statements than the transactions of these tests have: the last places are all COMMIT.
const PLACES: u64 = 14;
/// How many attempts fail at each place.
const ATTEMPTS: u32 = 3;

/// Creates an object and changes it, with restarts at one statement after the other and at COMMIT; each
/// time both must be done, once.
///
/// `driver` makes drivers for one database of this test's own.
///
/// # Errors
///
/// What was done instead.
pub async fn restarts_at_every_place<D: Driver>(
    mut driver: impl AsyncFnMut() -> Result<D>,
    failing: &Failing,
) -> Result<()> {
    for place in 0..PLACES {
        let when = When::At {
            place,
            attempts: ATTEMPTS,
        };
        let driver = Restarts::new(driver().await?, when, failing.clone());
        let raised = Arc::clone(driver.raised());
        let registry = registry(driver).await?;
        let name = format!("e{place}");
        for (description, effect) in [("first", Effect::Created), ("second", Effect::Updated)] {
            let before = raised.load(Ordering::Relaxed);
            let outcome = registry.apply(entity(&name, description)).await?;
            let raised = raised.load(Ordering::Relaxed) - before;
            if outcome.effect != effect || raised != u64::from(ATTEMPTS) {
                let effect = outcome.effect;
                return Err(wrong(format!(
                    "{effect:?} after {raised} restarts at {place}"
                )));
            }
        }
        registry.close().await?;
    }
    Ok(())
}

/// Creates an object with a restart of every attempt: a bounded number of them, then
/// [`ErrorKind::Contention`], and nothing is there.
///
/// # Errors
///
/// What was done instead.
pub async fn restarts_for_ever<D: Driver>(driver: D, failing: &Failing) -> Result<()> {
    let when = When::At {
        place: 1,
        attempts: u32::MAX,
    };
    let registry = registry(Restarts::new(driver, when, failing.clone())).await?;
    match registry.apply(entity("e", "first")).await {
        Err(error) if error.kind() == ErrorKind::Contention => {}
        Err(error) => return Err(error),
        Ok(outcome) => return Err(wrong(format!("{:?} after all", outcome.effect))),
    }
    let key = Key::new(Kind::Entity, "p", "e");
    match registry.get(&key, Freshness::Store).await {
        Err(error) if error.kind() == ErrorKind::NotFound(Kind::Entity) => registry.close().await,
        Err(error) => Err(error),
        Ok(row) => Err(wrong(format!("{} is there after all", row.key))),
    }
}

async fn registry<D: Driver>(driver: D) -> Result<Registry> {
    let store = SqlStore::new(driver, Capabilities::default(), false);
    Registry::open(Arc::new(store), RegistryOptions::default()).await
}

/// An entity of the project `p`.
fn entity(name: &str, description: &str) -> Apply {
    let (mut spec, mut body) = (Vec::new(), Vec::new());
    // The numbers of the fields `name`, `description` and `join_key`.
    for (number, text) in [(1, name), (4, description), (5, "id")] {
        put_len(number, text.as_bytes(), &mut spec);
    }
    put_len(1, &spec, &mut body);
    Apply::new(Kind::Entity, "p", name, body)
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Internal, message)
}
