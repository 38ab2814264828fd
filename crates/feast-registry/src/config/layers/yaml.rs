//! `feature_store.yaml`.

use crate::config::expand::expand;
use crate::config::keys::{self, PATH, PROJECT};
use crate::config::locate::{Document, MAX_BYTES};
use crate::config::setting::Setting;
use crate::config::tree::{Node, Tree};
use crate::config::{ConfigError, redact, yaml};
use serde_json::Value;
use std::collections::BTreeMap;

/// An unknown key of the registry block.
pub(in crate::config) struct Extra {
    pub(in crate::config) key: String,
    pub(in crate::config) value: Value,
    pub(in crate::config) source: String,
}

/// What the file says.
#[derive(Default)]
pub(in crate::config) struct YamlLayer {
    /// How messages name the file; `None` where there is none.
    pub(in crate::config) label: Option<String>,
    pub(in crate::config) settings: Vec<Setting>,
    pub(in crate::config) extra: Vec<Extra>,
    /// Other top-level keys.
    pub(in crate::config) other: Vec<String>,
    /// Where the registry block is, if it is a map.
    pub(in crate::config) block: Option<String>,
    pub(in crate::config) sqlite_online_store: bool,
}

/// Expands variables, parses and checks.
pub(in crate::config) fn from_yaml(
    document: &Document,
    env: &BTreeMap<String, String>,
    warnings: &mut Vec<String>,
) -> Result<YamlLayer, ConfigError> {
    let label = &document.label;
    let text = expand(&document.text, env, MAX_BYTES).map_err(|_| {
        ConfigError::read(label, "it is larger than 1 MiB with its variables put in")
    })?;
    let entries = match yaml::parse(label, &text)?.tree {
        Tree::Map { entries, repeated } => {
            warn_repeated(label, "", &repeated, warnings);
            entries
        }
        Tree::Scalar(Value::Null) => {
            return Err(ConfigError::read(
                label,
                "it is empty; `project` and `registry` belong there",
            ));
        }
        _ => {
            return Err(ConfigError::read(
                label,
                "its top level is no map with keys such as `project` and `registry`",
            ));
        }
    };
    let mut layer = YamlLayer {
        label: Some(label.clone()),
        ..YamlLayer::default()
    };
    layer.sqlite_online_store = entries.get("online_store").is_none_or(is_sqlite);
    for (key, node) in entries {
        layer.top_level(key, node, warnings)?;
    }
    Ok(layer)
}

impl YamlLayer {
    fn top_level(
        &mut self,
        key: String,
        node: Node,
        warnings: &mut Vec<String>,
    ) -> Result<(), ConfigError> {
        let at = self.at(&node);
        match key.as_str() {
            PROJECT => self.project(node.into_json(), at),
            "registry" => self.registry(node, at, warnings),
            _ => {
                self.other.push(key);
                Ok(())
            }
        }
    }

    fn project(&mut self, value: Value, at: String) -> Result<(), ConfigError> {
        let Value::String(name) = value else {
            return Err(ConfigError::value(
                &at,
                PROJECT,
                redact::found(&value),
                "a name, as text",
            ));
        };
        self.settings.push(Setting::text(PROJECT, &name, &at));
        Ok(())
    }

    /// The forms of the block: text is a URL or path, a map has keys, null counts as not set.
    fn registry(
        &mut self,
        node: Node,
        at: String,
        warnings: &mut Vec<String>,
    ) -> Result<(), ConfigError> {
        match node.tree {
            Tree::Scalar(Value::Null) => Ok(()),
            Tree::Scalar(Value::String(path)) => {
                self.settings.push(Setting::text(PATH, &path, &at));
                Ok(())
            }
            Tree::Map { entries, repeated } => {
                warn_repeated(&at, "registry.", &repeated, warnings);
                self.block = Some(at);
                entries
                    .into_iter()
                    .try_for_each(|(key, node)| self.registry_key(key, node))
            }
            tree => {
                let found = redact::found(&Node { line: 0, tree }.into_json());
                Err(ConfigError::value(
                    &at,
                    "registry",
                    found,
                    "a URL or path, or a map with `registry_type` and `path`",
                ))
            }
        }
    }

    fn registry_key(&mut self, name: String, node: Node) -> Result<(), ConfigError> {
        let source = self.at(&node);
        let value = node.into_json();
        match keys::find(&name) {
            Some(key) => self
                .settings
                .extend(Setting::from_yaml(key, value, source)?),
            None => self.extra.push(Extra {
                key: name,
                value,
                source,
            }),
        }
        Ok(())
    }

    /// File and line of a value.
    fn at(&self, node: &Node) -> String {
        let label = self.label.as_deref().unwrap_or_default();
        if node.line == 0 {
            label.to_owned()
        } else {
            format!("{label}:{}", node.line)
        }
    }
}

fn warn_repeated(at: &str, prefix: &str, repeated: &[String], warnings: &mut Vec<String>) {
    for key in repeated {
        warnings.push(format!(
            "{at}: `{prefix}{key}` stands more than once; the last one counts"
        ));
    }
}

/// Feast's online store is SQLite where nothing else is named.
fn is_sqlite(node: &Node) -> bool {
    let is_name =
        |node: &Node| matches!(&node.tree, Tree::Scalar(Value::String(name)) if name == "sqlite");
    match &node.tree {
        Tree::Map { entries, .. } => entries.get("type").is_some_and(is_name),
        _ => is_name(node),
    }
}
