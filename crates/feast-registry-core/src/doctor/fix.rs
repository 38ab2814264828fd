//! Mending, if what was found is still so.

use std::sync::Arc;

use super::history::active;
use super::keys::other_project;
use crate::store::{
    Context, Decision, Lock, Range, ReadSet, SchemaMode, Store, StoreExt, View, Write,
};
use crate::wire::Patch;
use crate::{Error, Key, Kind, Record, Result, rules};

/// What came of mending something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// It is as it should be now.
    Done,
    /// It was not as it had been found any more, and was left alone.
    Changed,
}

/// What puts something right without a doubt about what was meant.
#[derive(Clone, Debug)]
pub(super) enum Fix {
    /// Creates the tables that are missing.
    CreateTables,
    /// Creates the project of this object.
    CreateProject(Key),
    /// Removes the metadata of a project that is gone.
    RemoveMetadata(Arc<str>),
    /// Removes the versions of a view (project, name) that is gone.
    RemoveHistory(Arc<str>, Arc<str>),
    /// Records the active definition of this view as the version of this number.
    RecordVersion(Key, i32),
    /// Lets the message of this object name the project of its row.
    SetProject(Key),
}

impl Fix {
    pub(super) async fn make(&self, store: &dyn Store) -> Result<Mended> {
        if matches!(self, Fix::CreateTables) {
            store.initialize(SchemaMode::Auto).await?;
            return Ok(Mended::Done);
        }
        let fix = self.clone();
        let decide = move |view: &View, context: &Context| {
            let writes = fix.writes(view, context)?.unwrap_or_default();
            let answer = match writes.is_empty() {
                true => Mended::Changed,
                false => Mended::Done,
            };
            Ok(Decision::Commit { writes, answer })
        };
        store.transact_typed(self.reads(), decide).await
    }

    /// What must be looked at again, and held: all of it as if it were to be changed.
    fn reads(&self) -> ReadSet {
        let mut reads = ReadSet::new();
        match self {
            Fix::CreateTables => {}
            Fix::CreateProject(object) => {
                reads.key(Key::project(Arc::clone(&object.project)), Lock::Update);
                reads.key(object.clone(), Lock::Update);
            }
            Fix::RemoveMetadata(project) => {
                reads.key(Key::project(Arc::clone(project)), Lock::Update);
                for kind in objects().chain([Kind::Metadata]) {
                    reads.range(Range::project(kind, Arc::clone(project)), Lock::Update);
                }
            }
            Fix::RemoveHistory(project, name) => {
                // No view gets a name while somebody holds the row of the project.
                reads.key(Key::project(Arc::clone(project)), Lock::Update);
                for key in views(project, name) {
                    reads.key(key, Lock::Update);
                }
                let versions = Range::versions(Arc::clone(project), Arc::clone(name));
                reads.range(versions, Lock::Update);
            }
            Fix::RecordVersion(view, number) => {
                reads.key(view.clone(), Lock::Update);
                reads.key(version(view, *number), Lock::Update);
            }
            Fix::SetProject(object) => {
                reads.key(object.clone(), Lock::Update);
            }
        }
        reads
    }

    /// The writes that mend it; `None` if it is not as it was found.
    fn writes(&self, view: &View, context: &Context) -> Result<Option<Vec<Write>>> {
        let row = |key: &Key| view.key(key, Lock::Update).flatten();
        let all = |range: Range| view.range(&range).unwrap_or_default();
        let now = context.now;
        Ok(match self {
            Fix::CreateTables => None,
            Fix::CreateProject(object) => {
                let key = Key::project(Arc::clone(&object.project));
                if row(&key).is_some() || row(object).is_none() {
                    return Ok(None);
                }
                let project = rules::new_project(key.clone(), now)
                    .map_err(|why| Error::corrupt(&key, why))?;
                Some(vec![Write::Insert(project)])
            }
            Fix::RemoveMetadata(project) => {
                let of = |kind| all(Range::project(kind, Arc::clone(project)));
                let is_there = row(&Key::project(Arc::clone(project))).is_some()
                    || objects().any(|kind| !of(kind).is_empty());
                (!is_there).then(|| deletes(of(Kind::Metadata)))
            }
            Fix::RemoveHistory(project, name) => {
                let is_there = views(project, name).any(|key| row(&key).is_some());
                let versions = all(Range::versions(Arc::clone(project), Arc::clone(name)));
                (!is_there).then(|| deletes(versions))
            }
            Fix::RecordVersion(key, number) => row(key)
                .filter(|row| active(row) == Some(*number))
                .filter(|_| row(&version(key, *number)).is_none())
                .map(|row| {
                    let id = context.ids.uuid(&format!("{key:?} v{number}"));
                    let row = rules::version_row(row, *number, now.seconds, id.to_string());
                    vec![Write::Insert(row)]
                }),
            Fix::SetProject(key) => match row(key).filter(|row| other_project(row).is_some()) {
                Some(row) => Some(vec![with_project(row, now.seconds)?]),
                None => None,
            },
        })
    }
}

/// The kinds whose rows make a project one that is there.
fn objects() -> impl Iterator<Item = Kind> {
    let others = [Kind::Project, Kind::Version, Kind::Metadata];
    Kind::ALL
        .into_iter()
        .filter(move |kind| !others.contains(kind))
}

fn views<'a>(project: &'a Arc<str>, name: &'a Arc<str>) -> impl Iterator<Item = Key> + 'a {
    let kinds = Kind::VIEWS.into_iter();
    kinds.map(|kind| Key::new(kind, Arc::clone(project), Arc::clone(name)))
}

fn version(view: &Key, number: i32) -> Key {
    Key::version(Arc::clone(&view.project), Arc::clone(&view.name), number)
}

fn deletes(rows: &[Record]) -> Vec<Write> {
    rows.iter()
        .map(|row| Write::Delete(row.key.clone()))
        .collect()
}

fn with_project(row: &Record, second: i64) -> Result<Write> {
    let path = row.key.kind.spec().project_path.unwrap_or_default();
    let patch = Patch::default().set_string(path, &row.key.project);
    let body = patch
        .apply(&row.body)
        .map_err(|why| Error::corrupt(&row.key, why))?;
    Ok(Write::Update {
        key: row.key.clone(),
        body: body.into(),
        stamp: row.stamp.max(second),
    })
}
