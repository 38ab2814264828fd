//! Tests of a driver that is told to start again at every statement, and for ever.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use feast_registry_core::store::Capabilities;
use feast_registry_core::wire::put_len;
use feast_registry_core::{
    Apply, Change, Delete, Effect, Error, ErrorKind, Freshness, Key, Kind, Registry,
    RegistryOptions, Result,
};

use super::{Failing, Restarts, When};
use crate::{Driver, SqlStore};

/// More statements than the transactions of these tests have: the last places are all COMMIT.
const PLACES: u64 = 24;
/// How many attempts fail at each place.
const ATTEMPTS: u32 = 3;

/// Creates objects, changes them and deletes them with their project, with restarts at one statement
/// after the other and at COMMIT; each time everything must be done, once.
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
        let (raised, at_commit) = (Arc::clone(driver.raised()), Arc::clone(driver.at_commit()));
        let registry = registry(driver).await?;
        let project = format!("p{place}");
        for (what, changes, effect) in work(&project) {
            let before = raised.load(Ordering::Relaxed);
            let outcomes = registry.commit(changes).await?;
            let raised = raised.load(Ordering::Relaxed) - before;
            let done = outcomes.iter().all(|outcome| outcome.effect == effect);
            if !done || raised != u64::from(ATTEMPTS) {
                return Err(wrong(format!(
                    "{what}: {outcomes:?} after {raised} restarts at {place}"
                )));
            }
            if what == NEW_VERSION {
                versions_are(2, &registry, &project).await?;
            }
        }
        registry.close().await?;
        if place == PLACES - 1
            && raised.load(Ordering::Relaxed) != at_commit.load(Ordering::Relaxed)
        {
            return Err(wrong("there are more places than were tried".to_owned()));
        }
    }
    Ok(())
}

/// Each definition of the view is one, however often its transaction was begun.
async fn versions_are(wanted: usize, registry: &Registry, project: &str) -> Result<()> {
    let found = registry.list_versions(project, "v").await?.len();
    match found == wanted {
        true => Ok(()),
        false => Err(wrong(format!(
            "{found} versions in {project}, not {wanted}"
        ))),
    }
}

const NEW_VERSION: &str = "a new version";

/// What is done in a project, transaction by transaction, and what each change of it is answered.
fn work(project: &str) -> [(&'static str, Vec<Change>, Effect); 7] {
    let entity = |name: &str, description| Change::Apply(entity(project, name, description));
    let view = |name: &str, feature| Change::Apply(view(project, name, feature));
    let delete = |kind, name: &str| Change::Delete(Delete::new(kind, project, name));
    let batch = vec![entity("a", "first"), entity("b", "first"), view("w", "f")];
    [
        ("an object", vec![entity("e", "first")], Effect::Created),
        ("a change", vec![entity("e", "second")], Effect::Updated),
        ("a view", vec![view("v", "f")], Effect::Created),
        (NEW_VERSION, vec![view("v", "g")], Effect::Updated),
        ("a batch", batch, Effect::Created),
        (
            "deletions",
            vec![delete(Kind::Entity, "e"), delete(Kind::FeatureView, "w")],
            Effect::Deleted,
        ),
        (
            "the project",
            vec![delete(Kind::Project, project)],
            Effect::Deleted,
        ),
    ]
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
    match registry.apply(entity("p", "e", "first")).await {
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

fn entity(project: &str, name: &str, description: &str) -> Apply {
    // The numbers of the fields `name`, `description` and `join_key`.
    let body = object(&[(1, name), (4, description), (5, "id")], &[]);
    Apply::new(Kind::Entity, project, name, body)
}

/// A view with one feature: another one makes a version.
fn view(project: &str, name: &str, feature: &str) -> Apply {
    // `name` and, a number, `value_type`: INT64.
    let mut field = Vec::new();
    put_len(1, feature.as_bytes(), &mut field);
    field.extend([2 << 3, 4]);
    // `name`, `entities` and `features`.
    let body = object(&[(1, name), (3, "e")], &[(4, &field)]);
    Apply::new(Kind::FeatureView, project, name, body)
}

/// The message of an object: its first field has those of the definition.
fn object(texts: &[(u32, &str)], messages: &[(u32, &[u8])]) -> Vec<u8> {
    let (mut spec, mut body) = (Vec::new(), Vec::new());
    let texts = texts
        .iter()
        .map(|(number, text)| (*number, text.as_bytes()));
    for (number, bytes) in texts.chain(messages.iter().copied()) {
        put_len(number, bytes, &mut spec);
    }
    put_len(1, &spec, &mut body);
    body
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Internal, message)
}
