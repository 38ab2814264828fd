//! YAML values with their line numbers.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::fmt;

/// A value and the line it starts at.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) tree: Tree,
}

#[derive(Debug)]
pub(super) enum Tree {
    Scalar(Value),
    List(Vec<Node>),
    /// Of several equal keys the last, as in PyYAML; their names stand in `repeated`.
    Map {
        entries: BTreeMap<String, Node>,
        repeated: Vec<String>,
    },
}

impl Node {
    /// The value without lines.
    pub(super) fn into_json(self) -> Value {
        match self.tree {
            Tree::Scalar(value) => value,
            Tree::List(items) => Value::Array(items.into_iter().map(Node::into_json).collect()),
            Tree::Map { entries, .. } => Value::Object(
                entries
                    .into_iter()
                    .map(|(key, node)| (key, node.into_json()))
                    .collect(),
            ),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Tree>::deserialize(deserializer)?;
        Ok(Self {
            line: spanned.referenced.line(),
            tree: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl TreeVisitor {
    fn scalar<E>(value: impl Into<Value>) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
}

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Self::scalar(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Self::scalar(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Self::scalar(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Self::scalar(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Self::scalar(value)
    }

    fn visit_i128<E>(self, value: i128) -> Result<Tree, E> {
        Self::scalar(Number::from_f64(value as f64).map_or(Value::Null, Value::Number))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Tree, E> {
        Self::scalar(Number::from_f64(value as f64).map_or(Value::Null, Value::Number))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Self::scalar(
            Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number),
        )
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Self::scalar(value)
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Tree, E> {
        Err(E::custom("binary values are not accepted"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let (mut entries, mut repeated) = (BTreeMap::new(), Vec::new());
        while let Some(key) = access.next_key::<String>()? {
            if entries.insert(key.clone(), access.next_value()?).is_some() {
                repeated.push(key);
            }
        }
        Ok(Tree::Map { entries, repeated })
    }
}
