//! Which objects a permission covers.

use std::collections::{BTreeMap, BTreeSet};

use feast_registry_core::listing::camel_case;
use feast_registry_core::{Error, Kind, Record, Result, decode, wire};
use feast_registry_proto::core;
use feast_registry_proto::core::permission_spec::{AuthzedAction, Type};
use feast_registry_proto::core::policy::PolicyType;
use regex::{Regex, RegexBuilder};

use crate::commands::columns::class;

/// Largest compiled pattern, in bytes.
const MAX_PATTERN: usize = 1024 * 1024;

/// A permission, ready to be compared with objects.
pub(super) struct Permission {
    pub(super) name: String,
    pub(super) roles: BTreeSet<String>,
    pub(super) actions: BTreeSet<AuthzedAction>,
    types: Vec<Type>,
    /// `None` for those that cannot be compiled: they match nothing.
    patterns: Vec<Option<Regex>>,
    required_tags: BTreeMap<String, String>,
}

/// An object that permissions may cover.
pub(super) struct Resource {
    pub(super) name: String,
    /// The Python class that it becomes.
    pub(super) class: &'static str,
    kind: Kind,
    tags: BTreeMap<String, String>,
}

impl Resource {
    pub(super) fn new(row: &Record) -> Result<Self> {
        let tags = match row.key.kind.spec().tags_path {
            Some(path) => {
                wire::string_map(&row.body, path).map_err(|why| Error::corrupt(&row.key, why))?
            }
            None => BTreeMap::new(),
        };
        Ok(Resource {
            name: row.key.name.to_string(),
            class: class(row),
            kind: row.key.kind,
            tags,
        })
    }
}

impl Permission {
    pub(super) fn new(row: &Record) -> Result<Self> {
        let spec = decode::<core::Permission>(row)?.spec.unwrap_or_default();
        let roles = match spec
            .policy
            .as_ref()
            .and_then(|policy| policy.policy_type.as_ref())
        {
            Some(PolicyType::RoleBasedPolicy(policy)) => policy.roles.iter().cloned().collect(),
            _ => BTreeSet::new(),
        };
        Ok(Permission {
            name: row.key.name.to_string(),
            roles,
            actions: spec.actions().collect(),
            types: spec.types().collect(),
            patterns: spec
                .name_patterns
                .iter()
                .map(|text| pattern(&row.key, text))
                .collect(),
            required_tags: spec.required_tags,
        })
    }

    /// Whether the permission is about an object.
    pub(super) fn covers(&self, resource: &Resource) -> bool {
        let of_type = self.types.is_empty() || self.types.iter().any(|of| is_a(resource, *of));
        let named = |pattern: &Option<Regex>| {
            pattern
                .as_ref()
                .is_some_and(|pattern| pattern.is_match(&resource.name))
        };
        of_type
            && (self.patterns.is_empty() || self.patterns.iter().any(named))
            && self
                .required_tags
                .iter()
                .all(|(key, value)| resource.tags.get(key) == Some(value))
    }
}

/// As in Feast: batch and stream feature views are feature views, on-demand and label views not.
fn is_a(resource: &Resource, of: Type) -> bool {
    match of {
        Type::FeatureView => matches!(resource.kind, Kind::FeatureView | Kind::StreamFeatureView),
        other => camel_case(other.as_str_name()) == resource.class,
    }
}

/// A pattern that must match a whole name.
fn pattern(key: &feast_registry_core::Key, text: &str) -> Option<Regex> {
    let whole = format!("^(?:{})$", text.trim());
    let built = RegexBuilder::new(&whole).size_limit(MAX_PATTERN).build();
    if let Err(error) = &built {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default();
        tracing::warn!(
            "the pattern `{text}` of {key} is not understood, so it matches nothing here: {reason}"
        );
    }
    built.ok()
}

/// The actions on an object that no permission grants.
pub(super) fn missing_actions(
    permissions: &[Permission],
    resource: &Resource,
) -> Vec<AuthzedAction> {
    const ALL: [AuthzedAction; 8] = [
        AuthzedAction::Create,
        AuthzedAction::Describe,
        AuthzedAction::Update,
        AuthzedAction::Delete,
        AuthzedAction::ReadOnline,
        AuthzedAction::ReadOffline,
        AuthzedAction::WriteOnline,
        AuthzedAction::WriteOffline,
    ];
    let covering: Vec<_> = permissions
        .iter()
        .filter(|found| found.covers(resource))
        .collect();
    let granted =
        |action: &AuthzedAction| covering.iter().any(|found| found.actions.contains(action));
    ALL.into_iter().filter(|action| !granted(action)).collect()
}
