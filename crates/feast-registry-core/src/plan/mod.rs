//! What a batch of changes would do: looked at first, then done exactly so or not at all.

mod fields;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use self::fields::{FieldChange, differing_fields, differing_values};
use crate::cache::Publication;
use crate::rules::{Change, Committed, Effect, Outcome};
use crate::{Error, ErrorKind, Key, Kind, Record, Result, Revision};

/// Differences that an error names.
const NAMED: usize = 5;

/// What a batch of changes would do, one step for each change, in order.
///
/// Serialized it is a file that somebody can review, and that
/// [`Registry::commit_planned`](crate::Registry::commit_planned) holds the registry to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

/// What one change would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Step {
    /// The kind of the object.
    #[serde(with = "text")]
    pub kind: Kind,
    /// Its project.
    pub project: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// What would happen to it.
    #[serde(with = "text")]
    pub effect: Effect,
    /// The version that would be created or pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// The revision that is stored; `None` if nothing is.
    #[serde(default, with = "maybe", skip_serializing_if = "Option::is_none")]
    pub before: Option<Revision>,
    /// The revision of the bytes that the change brings; `None` if it brings none.
    #[serde(default, with = "maybe", skip_serializing_if = "Option::is_none")]
    pub input: Option<Revision>,
    /// The fields of an object that would be updated, as they were and as they would be; of a version
    /// that would only be recorded, what the active definition has instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
}

/// A plan whose steps do not say yet which fields would change.
///
/// Finding that out decodes every changed object: nobody should hold locks meanwhile.
#[derive(Debug)]
pub(crate) struct Outline(Vec<(Step, Option<Bodies>)>);

/// A definition as it was, and the one that is new.
type Bodies = (Bytes, Bytes);

impl Outline {
    pub(crate) fn new(changes: &[Change], committed: &Committed) -> Outline {
        Outline(Step::all(changes, committed).collect())
    }

    /// The plan, field by field.
    pub(crate) fn into_plan(self) -> Plan {
        let steps = self.0.into_iter().map(|(mut step, bodies)| {
            if let Some((before, after)) = bodies {
                step.fields = differing_fields(step.kind, &before, &after);
            }
            step
        });
        Plan {
            steps: steps.collect(),
        }
    }
}

impl Plan {
    /// Whether no step would change anything.
    pub fn is_empty(&self) -> bool {
        let mut effects = self.steps.iter().map(|step| step.effect);
        effects.all(|effect| effect == Effect::Unchanged)
    }

    /// Fails unless these changes would do what was planned.
    pub(crate) fn check(&self, changes: &[Change], committed: &Committed) -> Result<()> {
        let mut planned: HashMap<Key, VecDeque<&Step>> = HashMap::new();
        for step in &self.steps {
            planned.entry(step.key()).or_default().push_back(step);
        }
        let mut differences = Vec::new();
        // By object: one that is new here must not shift all others.
        for (now, _) in Step::all(changes, committed) {
            let step = planned.get_mut(&now.key()).and_then(VecDeque::pop_front);
            differences.extend(match step {
                Some(step) => step.difference(&now),
                None => Some(format!("{now}: to be {} was not planned", now.effect)),
            });
        }
        let missing = self.steps.iter().filter(|step| {
            let left = planned.get_mut(&step.key());
            left.and_then(VecDeque::pop_front).is_some()
        });
        differences.extend(missing.map(|step| format!("{step}: to be {} no more", step.effect)));
        if differences.is_empty() {
            return Ok(());
        }
        let rest = differences.len().saturating_sub(NAMED);
        differences.truncate(NAMED);
        if rest > 0 {
            differences.push(format!("and {rest} more"));
        }
        let message = format!("not as planned: {}", differences.join("; "));
        Err(Error::new(ErrorKind::RevisionConflict, message)
            .with_hint("make a new plan and look at it"))
    }
}

impl Step {
    /// The steps of changes, without the fields, each with the definitions to find them in.
    fn all(
        changes: &[Change],
        committed: &Committed,
    ) -> impl Iterator<Item = (Step, Option<Bodies>)> {
        let rows = committed.rows();
        let outcomes = changes.iter().zip(&committed.outcomes);
        outcomes.map(move |(change, outcome)| {
            let bodies = bodies(outcome, &rows);
            let Key {
                kind,
                project,
                name,
                ..
            } = outcome.key.clone();
            let row = rows.get(&outcome.key).copied();
            let step = Step {
                kind,
                project,
                name,
                effect: outcome.effect,
                version: outcome.version,
                before: match row {
                    Some((before, _)) => before.map(Record::revision),
                    // Nothing would happen to its row.
                    None => outcome.revision(),
                },
                input: change.body().map(|body| Revision::of(body)),
                fields: Vec::new(),
            };
            (step, bodies)
        })
    }

    /// The object.
    pub fn key(&self) -> Key {
        Key::new(self.kind, Arc::clone(&self.project), Arc::clone(&self.name))
    }

    /// What is different about the same change now, if anything is.
    fn difference(&self, now: &Step) -> Option<String> {
        let why = if self.before != now.before {
            let revision = |of: Option<Revision>| of.map_or("gone".into(), |of| of.to_string());
            format!(
                "it was {} and is {}",
                revision(self.before),
                revision(now.before)
            )
        } else if self.input != now.input {
            "its definition is another one".to_owned()
        } else if (self.effect, self.version) != (now.effect, now.version) {
            format!("it would now be {}", now.effect)
        } else {
            return None;
        };
        Some(format!("{self}: {why}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key().fmt(f)
    }
}

/// The definitions that an outcome is the difference of.
fn bodies(outcome: &Outcome, rows: &HashMap<&Key, Rows<'_>>) -> Option<Bodies> {
    let body = |row: Option<&Record>| row.map(|row| row.body.clone());
    match (outcome.effect, outcome.version) {
        (Effect::Updated, _) => {
            let (before, after) = rows.get(&outcome.key)?;
            body(*before).zip(body(*after))
        }
        // The active definition stays, and is what the new version differs from.
        (Effect::Recorded, Some(number)) => {
            let Key { project, name, .. } = outcome.key.clone();
            let (_, recorded) = rows.get(&Key::version(project, name, number))?;
            outcome.body.clone().zip(body(*recorded))
        }
        _ => None,
    }
}

/// A row as it was and as it would be.
type Rows<'a> = (Option<&'a Record>, Option<&'a Record>);

impl Committed {
    /// What would happen to each row that something would happen to.
    fn rows(&self) -> HashMap<&Key, Rows<'_>> {
        let rows = self
            .publications
            .iter()
            .filter_map(|publication| match publication {
                Publication::Row { key, before, after } => {
                    Some((key, (before.as_deref(), after.as_deref())))
                }
                Publication::Emptied(_) => None,
            });
        rows.collect()
    }
}

/// Values as their texts.
mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(value: &impl Display, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Values as their texts, where there are any.
mod maybe {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::Revision;

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Revision>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Revision>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let parsed = text.map(|text| text.parse()).transpose();
        parsed.map_err(|error: crate::Error| de::Error::custom(error))
    }
}
