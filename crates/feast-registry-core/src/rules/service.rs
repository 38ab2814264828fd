//! Feature services name features of views; what they leave out is filled in from the views.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::{Draft, Rule, Stop, view};
use crate::store::Lock;
use crate::wire::{self, Patch, WireError};
use crate::{Error, ErrorKind, Kind, Record};

// Fields of `feast.core.FeatureViewProjection`.
const VIEW_NAME: u32 = 1;
const COLUMNS: u32 = 2;
const VIEW_TYPE: u32 = 11;
/// Fields of the batch source that a projection repeats: `(in the projection, in the source)`.
const SOURCE_TEXTS: [(u32, u32); 3] = [(5, 3), (6, 4), (7, 5)];
const BATCH_SOURCE: u32 = 8;
// Fields of `feast.core.FeatureSpecV2`.
const COLUMN_NAME: u32 = 1;
const COLUMN_TYPE: u32 = 2;

/// The service with every projection complete: typed features, or all of the view's if it names
/// none. Projections that are complete already are left as they are.
pub(super) fn resolve(draft: &mut Draft<'_>, project: &Arc<str>, body: &Bytes) -> Rule<Bytes> {
    let projections = view::elements(body, &[1, 3])?;
    if projections.iter().try_fold(true, |all, one| {
        Ok::<_, WireError>(all && is_complete(one)?)
    })? {
        return Ok(body.clone());
    }
    let mut resolved = Vec::with_capacity(projections.len());
    let mut unread = false;
    for projection in projections {
        match complete(draft, project, projection) {
            Ok(projection) => resolved.push(projection),
            Err(Stop::Unread) => unread = true,
            Err(stop) => return Err(stop),
        }
    }
    if unread {
        return Err(Stop::Unread);
    }
    Ok(Patch::default()
        .replace_repeated(&[1, 3], resolved)
        .apply(body)?
        .into())
}

fn is_complete(projection: &[u8]) -> Result<bool, WireError> {
    let columns = wire::repeated(projection, COLUMNS)?;
    let typed = |column: &&[u8]| {
        Ok::<_, WireError>(wire::varint(column, &[COLUMN_TYPE])?.unwrap_or(0) != 0)
    };
    columns
        .iter()
        .try_fold(!columns.is_empty(), |all, column| Ok(all && typed(column)?))
}

fn complete(draft: &mut Draft<'_>, project: &Arc<str>, projection: Bytes) -> Rule<Bytes> {
    if is_complete(&projection)? {
        return Ok(projection);
    }
    let name: Arc<str> = wire::string(&projection, &[VIEW_NAME])?
        .unwrap_or_default()
        .into();
    let view = view::find_any(draft, project, &name, Lock::Plain)?
        .ok_or_else(|| missing(project, &name))?;
    let columns = choose(&view, &wire::repeated(&projection, COLUMNS)?)?;
    let patch = Patch::default().replace_repeated(&[COLUMNS], columns);
    let patch = describe_source(&view, &projection, patch)?;
    Ok(patch.apply(&projection)?.into())
}

/// The features of the view that the columns name, in their order; all if they name none.
fn choose(view: &Record, columns: &[&[u8]]) -> Rule<Vec<Bytes>> {
    let features = features(view)?;
    if columns.is_empty() {
        return Ok(features.into_iter().map(|(_, feature)| feature).collect());
    }
    let mut chosen = Vec::with_capacity(columns.len());
    for column in columns {
        let name = wire::string(column, &[COLUMN_NAME])?.unwrap_or_default();
        let feature = features.iter().find(|(known, _)| *known == name);
        let (_, feature) = feature.ok_or_else(|| {
            Error::invalid(format!("{} has no feature `{name}`", view.key)).with_hint(format!(
                "it has {}",
                list(features.iter().map(|(name, _)| name.as_str()))
            ))
        })?;
        chosen.push(feature.clone());
    }
    Ok(chosen)
}

fn features(view: &Record) -> Rule<Vec<(String, Bytes)>> {
    let path = view
        .key
        .kind
        .view()
        .map_or(&[][..], |spec| spec.features_path);
    let mut features = Vec::new();
    for feature in view::elements(&view.body, path)? {
        let name = wire::string(&feature, &[COLUMN_NAME])?
            .unwrap_or_default()
            .into_owned();
        features.push((name, feature));
    }
    Ok(features)
}

/// Adds what a projection says about the batch source of its view, where it says nothing yet.
fn describe_source(view: &Record, projection: &[u8], mut patch: Patch) -> Result<Patch, WireError> {
    if view.key.kind == Kind::LabelView && wire::string(projection, &[VIEW_TYPE])?.is_none() {
        patch = patch.set_string(&[VIEW_TYPE], "labelView");
    }
    let path: &[u32] = match view.key.kind {
        Kind::FeatureView => &[1, 7],
        Kind::StreamFeatureView => &[1, 10],
        _ => return Ok(patch),
    };
    let Some(source) = wire::message(&view.body, path)? else {
        return Ok(patch);
    };
    for (ours, theirs) in SOURCE_TEXTS {
        if wire::string(projection, &[ours])?.is_none() {
            patch = patch.set_string(
                &[ours],
                &wire::string(&source, &[theirs])?.unwrap_or(Cow::Borrowed("")),
            );
        }
    }
    if wire::message(projection, &[BATCH_SOURCE])?.is_none() {
        patch = patch.set_message(&[BATCH_SOURCE], source.into_owned());
    }
    Ok(patch)
}

fn missing(project: &str, name: &str) -> Error {
    Error::new(
        ErrorKind::NotFound(Kind::FeatureView),
        format!("Feature view '{name}' not found in project '{project}'"),
    )
    .with_hint("apply the view before the feature service, or in the same batch")
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
