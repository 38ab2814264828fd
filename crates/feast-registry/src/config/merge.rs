//! Laying the sources over each other.

mod origins;

use super::keys::{KEYS, PATH, READ_PATH, REGISTRY_STORE_TYPE, REGISTRY_TYPE};
use super::layers::YamlLayer;
use super::setting::Setting;
use super::{ConfigError, DEFAULT_REGISTRY, Origin};
use feast_registry_core::url::RegistryUrl;
use figment::Figment;

const DEFAULT: &str = "default";

/// All sources as one.
pub(super) struct Merged {
    pub(super) figment: Figment,
    pub(super) origins: Vec<Origin>,
}

impl Merged {
    /// The source of a key (with dots), or of the nearest key above it.
    pub(super) fn source(&self, key: &str) -> &str {
        let mut key = key;
        loop {
            let inside = |origin: &&Origin| {
                origin.key == key
                    || origin
                        .key
                        .strip_prefix(key)
                        .is_some_and(|rest| rest.starts_with('.'))
            };
            match (self.origins.iter().find(inside), key.rsplit_once('.')) {
                (Some(origin), _) => return &origin.source,
                (None, Some((above, _))) => key = above,
                (None, None) => return DEFAULT,
            }
        }
    }
}

/// Merges the layers, the last one highest.
pub(super) fn merge(
    yaml: &YamlLayer,
    upper: [Vec<Setting>; 2],
    warnings: &mut Vec<String>,
) -> Result<Merged, ConfigError> {
    let mut settings = Vec::new();
    for layer in std::iter::once(yaml.settings.clone()).chain(upper) {
        add_layer(&mut settings, layer, warnings);
    }
    complete(&mut settings, yaml)?;
    let figment = defaults()
        .iter()
        .chain(&settings)
        .fold(Figment::new(), |figment, setting| figment.merge(setting));
    let origins = origins::origins(&figment);
    Ok(Merged { figment, origins })
}

fn defaults() -> Vec<Setting> {
    let value = |text: &str, key: &super::keys::Key| key.shape.parse(text);
    let setting = |key: &'static super::keys::Key| {
        let value = value(key.default?, key)?;
        Some(Setting {
            key: key.name,
            value,
            source: DEFAULT.to_owned(),
        })
    };
    KEYS.iter().filter_map(setting).collect()
}

/// Adds a layer. Where it names a path, it also settles what belonged to the path below: the type, unless it names that too,
/// the replica and the kind of store.
fn add_layer(settings: &mut Vec<Setting>, mut layer: Vec<Setting>, warnings: &mut Vec<String>) {
    if let Some(path) = find(&layer, PATH).cloned() {
        if find(&layer, REGISTRY_TYPE).is_none() {
            let below = find(settings, REGISTRY_TYPE).and_then(|setting| setting.value.as_str());
            let implied = implied_type(path.value.as_str().unwrap_or_default(), below);
            layer.extend(implied.map(|name| Setting::text(REGISTRY_TYPE, name, &path.source)));
        }
        for key in [READ_PATH, REGISTRY_STORE_TYPE] {
            if find(&layer, key).is_none() {
                drop_below(settings, key, &path.source, warnings);
            }
        }
    }
    settings.extend(layer);
}

/// The last setting of a key, which is the one that counts.
fn find<'a>(settings: &'a [Setting], key: &str) -> Option<&'a Setting> {
    settings.iter().rev().find(|setting| setting.key == key)
}

fn drop_below(settings: &mut Vec<Setting>, key: &str, by: &str, warnings: &mut Vec<String>) {
    settings.retain(|setting| {
        let drop = setting.key == key;
        if drop {
            let source = &setting.source;
            warnings.push(format!(
                "{source}: `registry.{key}` is ignored: {by} names another registry"
            ));
        }
        !drop
    });
}

/// The type that a path stands for; `None` to leave what is below.
fn implied_type(path: &str, below: Option<&str>) -> Option<&'static str> {
    let url = RegistryUrl::parse(path).ok()?;
    match below {
        Some("remote") if is_address(path) => None,
        Some(_) if url.scheme() == "memory" => None,
        _ if url.is_database() => Some("sql"),
        _ => Some("file"),
    }
}

/// `host:port`, as remote registries are named.
fn is_address(path: &str) -> bool {
    !path.contains('/')
        && path
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

/// Adds the default registry where nothing is configured; refuses a file without one.
fn complete(settings: &mut Vec<Setting>, yaml: &YamlLayer) -> Result<(), ConfigError> {
    if find(settings, PATH).is_some() {
        return Ok(());
    }
    let type_setting = find(settings, REGISTRY_TYPE).cloned();
    let registry_type = type_setting
        .as_ref()
        .and_then(|setting| setting.value.as_str());
    let default = match (registry_type, &yaml.label) {
        (Some("snowflake.registry"), _) => "snowflake://",
        (Some("sql") | None, None) => DEFAULT_REGISTRY,
        (None, Some(file)) if yaml.block.is_none() => {
            return Err(ConfigError::RegistryNotSet { file: file.clone() });
        }
        _ => {
            let at = type_setting
                .as_ref()
                .map(|setting| &setting.source)
                .or(yaml.block.as_ref());
            let at = at.map_or(DEFAULT, String::as_str);
            return Err(ConfigError::value(
                at,
                "registry.path",
                "missing",
                accepted_path(registry_type),
            ));
        }
    };
    settings.push(Setting::text(PATH, default, DEFAULT));
    if registry_type.is_none() {
        settings.push(Setting::text(REGISTRY_TYPE, "sql", DEFAULT));
    }
    Ok(())
}

fn accepted_path(registry_type: Option<&str>) -> &'static str {
    match registry_type {
        Some("sql") => {
            "a database URL such as sqlite:///registry.db or postgresql://user:password@host:5432/feast"
        }
        Some("remote") => "the address of a registry server, host:port",
        _ => "a file, s3://bucket/key, gs://bucket/key or a database URL",
    }
}
