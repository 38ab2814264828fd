//! The writes of a decision as statements.

use bytes::Bytes;

use feast_registry_core::store::{Ids, Lock, ReadSet, Target, View, Write};
use feast_registry_core::{Extra, Key, Kind, Record};

use crate::Step;
use crate::rows::GUARD;
use crate::statements::{Change, Statements};

/// Turns writes into statements: neighbouring inserts of one kind together, and neighbouring
/// updates of one kind.
pub(crate) fn render(
    statements: &Statements,
    view: &View,
    writes: Vec<Write>,
    steps: &mut Vec<Step>,
) {
    let mut group = Group::None;
    for write in writes {
        group = match (group, write) {
            (Group::Inserts(mut rows), Write::Insert(row))
                if rows
                    .last()
                    .is_some_and(|last| last.key.kind == row.key.kind) =>
            {
                rows.push(row);
                Group::Inserts(rows)
            }
            (Group::Updates(mut rows), Write::Update { key, body, stamp })
                if rows.last().is_some_and(|last| last.key.kind == key.kind)
                    && is_held(view, &key) =>
            {
                rows.push(Change { key, body, stamp });
                Group::Updates(rows)
            }
            (group, write) => {
                group.render(statements, steps);
                single(statements, view, write, steps)
            }
        };
    }
    group.render(statements, steps);
}

/// Writes that may share a statement.
enum Group {
    None,
    Inserts(Vec<Record>),
    Updates(Vec<Change>),
}

impl Group {
    fn render(self, statements: &Statements, steps: &mut Vec<Step>) {
        match self {
            Group::None => {}
            Group::Inserts(rows) => statements.insert(&rows, steps),
            Group::Updates(rows) => statements.update(&rows, steps),
        }
    }
}

/// Begins a group with a write, or renders it alone.
fn single(statements: &Statements, view: &View, write: Write, steps: &mut Vec<Step>) -> Group {
    match write {
        Write::Insert(row) => return Group::Inserts(vec![row]),
        Write::Update { key, body, stamp } => {
            if is_held(view, &key) {
                return Group::Updates(vec![Change { key, body, stamp }]);
            }
            let before = steps.len();
            statements.update(&[Change { key, body, stamp }], steps);
            for step in &mut steps[before..] {
                step.must_change = Some(1);
            }
        }
        Write::SetUserMetadata {
            key,
            user_metadata,
            stamp,
        } => {
            let step = statements.set_user_metadata(&key, &user_metadata, stamp);
            steps.push(if is_held(view, &key) {
                step
            } else {
                step.must_change(1)
            });
        }
        Write::Delete(key) => steps.push(statements.delete(&key)),
        Write::DeleteRange(range) => steps.push(statements.delete_range(&range)),
    }
    Group::None
}

/// Whether a row was seen, and nobody else can have removed it since: then an update of it need
/// not be checked before COMMIT is sent.
fn is_held(view: &View, key: &Key) -> bool {
    view.key(key, Lock::Update).flatten().is_some()
}

/// Adds writes to what the transaction relies on without changing it: the projects that it holds.
/// Where locks don't reach all writers of a database, two transactions that hold the same project
/// are kept apart by both writing this row.
pub(crate) fn guards(reads: &ReadSet, ids: Ids) -> Vec<Write> {
    let held: Vec<Key> = reads
        .iter()
        .filter_map(|(target, lock)| match target {
            Target::Key(key) if key.kind == Kind::Project && lock > Lock::Plain => Some(key),
            _ => None,
        })
        .map(|key| Key::metadata(&*key.project, GUARD))
        .collect();
    let mut writes = Vec::with_capacity(2 * held.len());
    for key in held {
        writes.push(Write::Delete(key.clone()));
        writes.push(Write::Insert(Record {
            key,
            body: Bytes::from(ids.operation().to_string()),
            stamp: 0,
            extra: Extra::None,
        }));
    }
    writes
}
