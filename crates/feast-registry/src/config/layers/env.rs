//! `FEAST_REGISTRY_*` variables.

use crate::config::keys::{KEYS, PREFIX, PROJECT};
use crate::config::setting::Setting;
use crate::config::{ConfigError, LoadOptions};

const PROJECT_VARIABLE: &str = "FEAST_REGISTRY_PROJECT";

/// Reads one variable for every key; an empty one counts as not set.
pub(in crate::config) fn from_env(
    options: &LoadOptions,
    warnings: &mut Vec<String>,
) -> Result<Vec<Setting>, ConfigError> {
    let mut settings = Vec::new();
    if let Some(project) = options.variable(PROJECT_VARIABLE) {
        settings.push(Setting::text(PROJECT, project, PROJECT_VARIABLE));
    }
    for key in KEYS {
        let name = key.variable();
        if let Some(text) = options.variable(&name) {
            settings.push(Setting::from_text(key, text, &name)?);
        }
    }
    let unknown = options.env.keys().filter(|name| is_unknown(options, name));
    warnings
        .extend(unknown.map(|name| format!("{name}: no such setting; the variable has no effect")));
    Ok(settings)
}

fn is_unknown(options: &LoadOptions, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    let known =
        name == PROJECT_VARIABLE || KEYS.iter().any(|key| key.name.eq_ignore_ascii_case(rest));
    let not_ours = is_service_link(rest) || is_of_tests(rest);
    !known && !options.own_variables.contains(name) && !not_ours
}

/// What tells the suites, which may run programs of ours, where their databases are.
fn is_of_tests(rest: &str) -> bool {
    rest == "SOAK" || rest.starts_with("CONFORMANCE_") || rest.starts_with("INTEROP_")
}

/// Kubernetes sets such variables in every container for a service whose name starts with `feast-registry`.
fn is_service_link(rest: &str) -> bool {
    let rest = format!("_{rest}");
    rest.ends_with("_SERVICE_HOST")
        || rest.contains("_SERVICE_PORT")
        || rest.ends_with("_PORT")
        || rest.contains("_PORT_")
}
