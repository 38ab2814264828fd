//! Operations at random, on few names so that they meet.

use std::sync::Arc;

use feast_registry_core::{Change, Delete, Kind};

use crate::random::Random;
use crate::samples::{self, Sample};

/// One commit.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) changes: Vec<Planned>,
}

/// A change, and what it expects of the object before.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) change: Change,
    pub(super) expects: Expects,
}

/// What a change expects. Revisions differ between stores, since stamps do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    Nothing,
    /// The revision that is stored before the commit.
    Current,
    /// A revision that no object has.
    Another,
}

const KINDS: [Kind; 9] = [
    Kind::Project,
    Kind::Entity,
    Kind::FeatureView,
    Kind::FeatureView,
    Kind::StreamFeatureView,
    Kind::OnDemandFeatureView,
    Kind::LabelView,
    Kind::FeatureService,
    Kind::ValidationReference,
];
const PROJECTS: [&str; 2] = ["p", "größe"];
const NAMES: [&str; 3] = ["a", "A b", "ä'"];
const VERSIONS: [&str; 8] = ["", "", "", "latest", "v0", "v1", "v4", "nonsense"];

impl Step {
    pub(super) fn random(random: &mut Random, most: usize) -> Step {
        let changes = (0..=random.below(most)).map(|_| {
            let change = change(random);
            let expects = match random.below(12) {
                0 => Expects::Another,
                1 | 2 => Expects::Current,
                _ => Expects::Nothing,
            };
            Planned { change, expects }
        });
        Step {
            changes: changes.collect(),
        }
    }
}

fn change(random: &mut Random) -> Change {
    let project = *random.pick(&PROJECTS);
    let name = *random.pick(&NAMES);
    match random.below(20) {
        0..9 => apply(random, project, name),
        9..12 => materialize(random, project, name),
        12..14 => {
            let kind = *random.pick(&KINDS);
            Change::Delete(Sample::new(kind, project, name).delete())
        }
        14 => Change::Delete(Delete::any_view(project, name)),
        15 if random.once_in(4) => Change::Delete(Delete::new(Kind::Project, project, project)),
        15 | 16 => Change::UpdateInfra {
            project: project.into(),
            body: if random.once_in(3) {
                Vec::new().into()
            } else {
                samples::infra()
            },
        },
        17 => Change::SetUserMetadata {
            project: project.into(),
            view: name.into(),
            user_metadata: random.below(3).to_string().into(),
        },
        _ => Change::SetProjectMetadata {
            project: project.into(),
            key: name.into(),
            value: random.below(3).to_string(),
        },
    }
}

fn apply(random: &mut Random, project: &str, name: &str) -> Change {
    let kind = *random.pick(&KINDS);
    let mut sample = Sample::new(kind, project, name);
    if random.once_in(2) {
        sample = sample.tagged("tag", &random.below(3).to_string());
    }
    if random.once_in(2) {
        sample = sample.redefined(&format!("feature {}", random.below(3)));
    }
    if random.once_in(4) {
        sample = sample.with_unknown(&[0xff, u8::from(random.once_in(2))]);
    }
    let version: &&str = random.pick(&VERSIONS);
    sample = sample.version(version);
    if random.once_in(20) {
        sample.body = random.bytes(20).into();
    }
    let mut apply = sample.apply();
    apply.no_promote = random.once_in(5);
    Change::Apply(apply)
}

fn materialize(random: &mut Random, project: &str, view: &str) -> Change {
    let (start, end) = samples::interval(0, random.below(100));
    let (start, end) = if random.once_in(10) {
        (end, start)
    } else {
        (start, end)
    };
    Change::Materialize {
        project: Arc::from(project),
        view: Arc::from(view),
        start,
        end,
    }
}
