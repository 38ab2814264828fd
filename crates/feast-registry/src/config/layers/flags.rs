//! Flags of the command line.

use crate::config::keys::{self, KEYS, PATH, PROJECT};
use crate::config::setting::Setting;
use crate::config::{ConfigError, LoadOptions};

/// `--registry`, `--project` and the further keys, which come last and so win.
pub(in crate::config) fn from_flags(options: &LoadOptions) -> Result<Vec<Setting>, ConfigError> {
    let mut settings = Vec::new();
    if let Some(registry) = &options.registry {
        settings.push(Setting::text(PATH, registry, "--registry"));
    }
    if let Some(project) = &options.project {
        settings.push(Setting::text(PROJECT, project, "--project"));
    }
    for (name, text) in &options.overrides {
        settings.push(from_override(name, text)?);
    }
    Ok(settings)
}

fn from_override(name: &str, text: &str) -> Result<Setting, ConfigError> {
    const SOURCE: &str = "command line";
    if name == PROJECT {
        return Ok(Setting::text(PROJECT, text, SOURCE));
    }
    match keys::find(name.strip_prefix("registry.").unwrap_or(name)) {
        Some(key) => Setting::from_text(key, text, SOURCE),
        None => {
            let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            Err(ConfigError::value(
                SOURCE,
                name,
                "no known key",
                known.join(", "),
            ))
        }
    }
}
