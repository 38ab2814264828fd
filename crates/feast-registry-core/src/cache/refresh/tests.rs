//! Whatever others did meanwhile, a refreshed snapshot holds what the store holds.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Kind;
use crate::store::{Decision, MemoryStore, ReadSet, StoreExt, Write};

/// What somebody else does to a row: its number and the change.
#[derive(Clone, Debug)]
enum Foreign {
    /// Writes it, by a clock that is so many seconds behind.
    Write(u8, i64),
    /// Writes other bytes under the stamp it has, as Python does shortly after a write.
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

/// The store as others see it.
#[derive(Default)]
struct World {
    store: MemoryStore,
    rows: BTreeMap<Key, Record>,
    /// Those written since the refresh before the last, which may still be rewritten.
    hot: [Vec<Key>; 2],
    writes: i64,
}

impl World {
    async fn act(&mut self, act: &Foreign) {
        self.writes += 1;
        let body = self.writes.to_string();
        let clock = now().seconds;
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
                    Some(_) => self.write(vec![update(&row)], Some(row)).await,
                    None => {
                        self.write(vec![Write::Insert(row.clone())], Some(row))
                            .await
                    }
                }
                self.hot[1].push(key(*number));
            }
            Foreign::Rewrite(row) => {
                let Some(old) = self.rows.get(&key(*row)).cloned() else {
                    return;
                };
                if self.hot.iter().flatten().any(|hot| *hot == old.key) {
                    let row = Record::new(old.key, body, old.stamp);
                    self.write(vec![update(&row)], Some(row)).await;
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
                    self.hot[1].push(key.clone());
                    self.write(vec![Write::Delete(key)], None).await;
                    self.write(vec![Write::Insert(row.clone())], Some(row))
                        .await;
                }
            }
        }
    }

    async fn write(&mut self, writes: Vec<Write>, row: Option<Record>) {
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
            self.rows.insert(row.key.clone(), row);
        }
    }

    fn refreshed(&mut self) {
        self.hot.swap(0, 1);
        self.hot[1].clear();
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

proptest! {
    #[test]
    fn after_a_refresh_it_holds_what_the_store_holds(
        rounds in prop::collection::vec(prop::collection::vec(foreign(), 0..8), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut world = World::default();
            let (mut snapshot, mut watch) = refresh(&world.store, None, &Watch::default()).await.unwrap();
            for round in rounds {
                for act in &round {
                    world.act(act).await;
                }
                (snapshot, watch) = refresh(&world.store, Some(&snapshot), &watch).await.unwrap();
                world.refreshed();
                let stored: Vec<Record> = world.rows.values().cloned().collect();
                prop_assert_eq!(contents(&snapshot), stored);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn now_and_then_everything_is_read() {
    let mut world = World::default();
    let old = Record::new(key(1), "old", 5);
    world.write(vec![Write::Insert(old.clone())], None).await;
    let (mut snapshot, mut watch) = refresh(&world.store, None, &Watch::default())
        .await
        .unwrap();
    // Under the same old stamp: no figure tells.
    let new = Record::new(key(1), "new", 5);
    world.write(vec![update(&new)], None).await;
    (snapshot, watch) = refresh(&world.store, Some(&snapshot), &watch)
        .await
        .unwrap();
    assert_eq!(snapshot.find(&new.key), Some(&old));
    for _ in 0..FULL_EVERY {
        (snapshot, watch) = refresh(&world.store, Some(&snapshot), &watch)
            .await
            .unwrap();
    }
    assert_eq!(snapshot.find(&new.key), Some(&new));
}
