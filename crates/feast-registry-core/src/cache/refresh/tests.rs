//! Whatever others did meanwhile, a refreshed snapshot holds what the store holds.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::store::{Decision, Double, ReadSet, StoreExt, Write};
use crate::wire::Patch;
use crate::{Apply, Freshness, Kind, Registry, RegistryOptions};

/// When it begins.
const START: i64 = 1_700_000_000;

/// Until so many seconds after a write Feast may rewrite the row: less than [`LATE`] by how much a clock
/// may be ahead.
const REWRITES: i64 = LATE - 60;

/// What somebody else does to a row: its number and the change.
#[derive(Clone, Debug)]
enum Foreign {
    /// Writes it, by a clock that is so many seconds behind.
    Write(u8, i64),
    /// Writes other bytes under the stamp it has, as Python does within minutes after a write.
    Rewrite(u8),
    /// Deletes it.
    Delete(u8),
    /// Deletes it, and creates another one of this name within the same second.
    Recreate(u8),
}

fn foreign() -> impl Strategy<Value = Foreign> {
    let behind =
        prop_oneof![3 => Just(0), 1 => Just(1), 1 => Just(300), 1 => Just(5_000), 1 => Just(-40)];
    prop_oneof![
        4 => (0..9_u8, behind).prop_map(|(row, behind)| Foreign::Write(row, behind)),
        2 => (0..9_u8).prop_map(Foreign::Rewrite),
        2 => (0..9_u8).prop_map(Foreign::Delete),
        1 => (0..9_u8).prop_map(Foreign::Recreate),
    ]
}

fn key(row: u8) -> Key {
    let kind = [Kind::Entity, Kind::FeatureView][usize::from(row % 2)];
    Key::new(kind, format!("p{}", row % 3), format!("it{row}"))
}

/// What happens between two refreshes, and how the second is made.
#[derive(Clone, Debug)]
struct Round {
    /// How many seconds have gone by.
    passed: i64,
    /// What others do before the replica catches up, and after.
    acts: [Vec<Foreign>; 2],
    catches_up: bool,
    /// Whether everything is read.
    full: bool,
}

fn round() -> impl Strategy<Value = Round> {
    let acts = || prop::collection::vec(foreign(), 0..5);
    // No sum of them makes the stamps of one clock those of another.
    let passed = prop_oneof![3 => Just(0), 1 => Just(3), 2 => Just(100), 1 => Just(700)];
    let full = prop::bool::weighted(0.2);
    (passed, acts(), acts(), any::<bool>(), full).prop_map(
        |(passed, before, after, catches_up, full)| Round {
            passed,
            acts: [before, after],
            catches_up,
            full,
        },
    )
}

/// The store as others see it.
struct World {
    store: Double,
    clock: i64,
    rows: BTreeMap<Key, Record>,
    /// Since when rows are there that may still be rewritten.
    hot: BTreeMap<Key, i64>,
    writes: i64,
}

impl World {
    fn new(store: Double) -> Self {
        World {
            store,
            clock: START,
            rows: BTreeMap::new(),
            hot: BTreeMap::new(),
            writes: 0,
        }
    }

    async fn pass(&mut self, round: &Round) {
        self.clock += round.passed;
        for act in &round.acts[0] {
            self.act(act).await;
        }
        if round.catches_up {
            self.store.catch_up().await.unwrap();
        }
        for act in &round.acts[1] {
            self.act(act).await;
        }
    }

    /// Everything was read: of rows as they came, nothing but the stamp is known.
    fn was_loaded(&mut self) {
        for (key, since) in &mut self.hot {
            let stamp = self.rows.get(key).map_or(i64::MIN, |row| row.stamp);
            *since = stamp.min(*since);
        }
    }

    fn heat(&mut self, row: &Record) {
        // A replica may have the row, and not what it is rewritten to, before any refresh.
        let since = match self.store.capabilities().replica {
            true => row.stamp.min(self.clock),
            false => self.clock,
        };
        self.hot.insert(row.key.clone(), since);
    }

    async fn act(&mut self, act: &Foreign) {
        self.writes += 1;
        let body = self.writes.to_string();
        let clock = self.clock;
        match act {
            Foreign::Write(number, behind) => {
                // A clock that is far behind ticks at every write: what happens twice within one of
                // its seconds, with a refresh in between, leaves no trace.
                let stamp = match *behind > MARGIN {
                    true => clock - behind + self.writes,
                    false => clock - behind,
                };
                let row = Record::new(key(*number), body, stamp);
                match self.rows.get(&row.key) {
                    // The stamp alone must tell that something changed, or be recent.
                    Some(old) if old.stamp >= row.stamp && *behind > 0 => return,
                    Some(_) => self.write(vec![update(&row)], Some(&row)).await,
                    None => {
                        let insert = Write::Insert(row.clone());
                        self.write(vec![insert], Some(&row)).await;
                    }
                }
                self.heat(&row);
            }
            Foreign::Rewrite(row) => {
                let Some(old) = self.rows.get(&key(*row)).cloned() else {
                    return;
                };
                let since = self.hot.get(&old.key);
                if since.is_some_and(|since| clock - since <= REWRITES) {
                    let row = Record::new(old.key, body, old.stamp);
                    self.write(vec![update(&row)], Some(&row)).await;
                }
            }
            Foreign::Delete(row) => {
                let key = key(*row);
                if self.rows.remove(&key).is_some() {
                    self.write(vec![Write::Delete(key)], None).await;
                }
            }
            Foreign::Recreate(row) => {
                let key = key(*row);
                if self.rows.contains_key(&key) {
                    let row = Record::new(key.clone(), body, clock);
                    self.write(vec![Write::Delete(key)], None).await;
                    let insert = Write::Insert(row.clone());
                    self.write(vec![insert], Some(&row)).await;
                    self.heat(&row);
                }
            }
        }
    }

    async fn write(&mut self, writes: Vec<Write>, row: Option<&Record>) {
        self.store
            .transact_typed(ReadSet::new(), move |_, _| {
                Ok(Decision::Commit {
                    writes: writes.clone(),
                    answer: (),
                })
            })
            .await
            .unwrap();
        if let Some(row) = row {
            self.rows.insert(row.key.clone(), row.clone());
        }
    }
}

fn update(row: &Record) -> Write {
    Write::Update {
        key: row.key.clone(),
        body: row.body.clone(),
        stamp: row.stamp,
    }
}

fn contents(snapshot: &Snapshot) -> Vec<Record> {
    let scans = Kind::ALL
        .into_iter()
        .map(|kind| snapshot.scan(&Scan::all(kind)));
    scans.flat_map(|rows| rows.unwrap()).collect()
}

/// Whatever happens in rounds, a snapshot holds what the store holds at the end of each.
fn follows(store: Double, rounds: Vec<Round>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut world = World::new(store);
        let (mut snapshot, mut watch) = (None, Watch::default());
        for round in rounds {
            world.pass(&round).await;
            let old = snapshot.as_ref().filter(|_| !round.full);
            let full = old.is_none();
            let fresh = refresh(&world.store, old, &watch, world.clock).await;
            let (fresh, seen) = fresh.unwrap();
            if full {
                world.was_loaded();
            }
            let stored: Vec<Record> = world.rows.values().cloned().collect();
            prop_assert_eq!(contents(&fresh), stored);
            (snapshot, watch) = (Some(fresh), seen);
        }
        Ok(())
    })
}

proptest! {
    #[test]
    fn after_a_refresh_it_holds_what_the_store_holds(
        rounds in prop::collection::vec(round(), 1..9),
    ) {
        follows(Double::default(), rounds)?;
    }

    #[test]
    fn what_a_replica_does_not_have_yet_is_there_too(
        rounds in prop::collection::vec(round(), 1..9),
    ) {
        follows(Double::with_replica(), rounds)?;
    }
}

#[tokio::test]
async fn now_and_then_everything_is_read() {
    let mut world = World::new(Double::default());
    let old = Record::new(key(1), "old", 5);
    world.write(vec![Write::Insert(old.clone())], None).await;
    let (mut snapshot, mut watch) = refresh(&world.store, None, &Watch::default(), START)
        .await
        .unwrap();
    // Under the same old stamp: no figure tells.
    let new = Record::new(key(1), "new", 5);
    world.write(vec![update(&new)], None).await;
    (snapshot, watch) = refresh(&world.store, Some(&snapshot), &watch, START)
        .await
        .unwrap();
    assert_eq!(snapshot.find(&new.key), Some(&old));
    for number in 0..i64::from(FULL_EVERY) {
        let other = Record::new(key(3), "other", number);
        world.write(vec![Write::Delete(key(3))], None).await;
        world.write(vec![Write::Insert(other)], None).await;
        (snapshot, watch) = refresh(&world.store, Some(&snapshot), &watch, START)
            .await
            .unwrap();
    }
    assert_eq!(snapshot.find(&new.key), Some(&new));
}

#[tokio::test]
async fn what_is_read_by_its_stamp_is_not_read_by_its_key_too() {
    let mut world = World::new(Double::default());
    let row = |body: &'static str| Record::new(key(1), body, START);
    world.write(vec![Write::Insert(row("0"))], None).await;
    let (mut snapshot, mut watch) = refresh(&world.store, None, &Watch::default(), START)
        .await
        .unwrap();
    for body in ["1", "2"] {
        world.write(vec![update(&row(body))], None).await;
        (snapshot, watch) = refresh(&world.store, Some(&snapshot), &watch, START)
            .await
            .unwrap();
        assert_eq!(snapshot.find(&key(1)), Some(&row(body)));
    }
    assert_eq!(world.store.gets(), 0);
}

#[tokio::test]
async fn own_commits_are_there_however_far_behind_a_replica_is() {
    let store = Arc::new(Double::with_replica());
    let registry = Registry::open(store, RegistryOptions::default());
    let registry = registry.await.unwrap();
    for number in 0..FULL_EVERY + 2 {
        let name = format!("it{number}");
        let patch = Patch::default().set_string(Kind::Entity.spec().name_path, &name);
        let entity = Apply::new(Kind::Entity, "p", name, patch.apply(&[]).unwrap());
        registry.apply(entity).await.unwrap();
        registry.refresh().await.unwrap();
        let first = Key::new(Kind::Entity, "p", "it0");
        assert!(registry.get(&first, Freshness::Cache).await.is_ok());
    }
}
