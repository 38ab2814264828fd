//! What can be said of a change before anything was read.

use prost_types::Timestamp;

use super::{Apply, Change, Delete, names};
use crate::{Error, Kind, Result, wire};

/// The years 1 to 9999, which Python can represent.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

impl Change {
    /// Refuses what is wrong whatever the registry holds, before a store sees it.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Change::Apply(apply) => check_apply(apply),
            Change::Delete(delete) => check_delete(delete),
            Change::Materialize {
                project,
                view,
                start,
                end,
            } => {
                check_view_name(project, view)?;
                check_interval(start, end)
            }
            Change::UpdateInfra { project, .. }
            | Change::EnsureProject(project)
            | Change::SetProtected { project, .. } => check_project(project),
            Change::SetUserMetadata { project, view, .. }
            | Change::CompactIntervals { project, view }
            | Change::SetEnabled { project, view, .. }
            | Change::SetState { project, view, .. } => check_view_name(project, view),
            Change::SetProjectMetadata {
                project,
                key,
                value,
            } => {
                check_project(project)?;
                names::check("metadata key", key, names::MAX_METADATA_KEY)?;
                names::check_text("metadata value", value)
            }
            Change::Import(row) => {
                check_project(&row.key.project)?;
                let max = if row.key.kind == Kind::Metadata {
                    names::MAX_METADATA_KEY
                } else {
                    names::MAX_NAME
                };
                names::check("name", &row.key.name, max)
            }
        }
    }
}

fn check_apply(apply: &Apply) -> Result<()> {
    check_object(apply.kind, &apply.project, &apply.name)?;
    let spec = apply.kind.spec();
    let named = wire::string(&apply.body, spec.name_path)
        .map_err(|why| Error::invalid(format!("the bytes are not a {}: {why}", apply.kind)))?
        .unwrap_or_default();
    if *named != *apply.name {
        return Err(Error::invalid(format!(
            "the message is named `{named}`, the request `{}`",
            apply.name
        )));
    }
    match apply.kind.is_view() {
        true => names::check_view(&apply.name),
        false => Ok(()),
    }
}

fn check_delete(delete: &Delete) -> Result<()> {
    check_object(delete.kind, &delete.project, &delete.name)
}

fn check_object(kind: Kind, project: &str, name: &str) -> Result<()> {
    if !Kind::OBJECTS.contains(&kind) {
        return Err(Error::invalid(format!(
            "a {kind} is not applied or deleted by name"
        )));
    }
    names::check(
        &format!("{} name", kind.spec().title.to_lowercase()),
        name,
        names::MAX_NAME,
    )?;
    check_project(project)?;
    if kind == Kind::Project && name != project {
        return Err(Error::invalid(format!(
            "project `{name}` cannot be in project `{project}`"
        )));
    }
    Ok(())
}

fn check_project(project: &str) -> Result<()> {
    names::check("project name", project, names::MAX_NAME)
}

fn check_view_name(project: &str, view: &str) -> Result<()> {
    check_project(project)?;
    names::check("feature view name", view, names::MAX_NAME)
}

fn check_interval(start: &Timestamp, end: &Timestamp) -> Result<()> {
    for time in [start, end] {
        if !SECONDS.contains(&time.seconds) || !(0..1_000_000_000).contains(&time.nanos) {
            return Err(Error::invalid(
                "a time of the interval is not in the years 1 to 9999",
            ));
        }
    }
    if (start.seconds, start.nanos) > (end.seconds, end.nanos) {
        return Err(Error::invalid("the interval ends before it starts"));
    }
    Ok(())
}
