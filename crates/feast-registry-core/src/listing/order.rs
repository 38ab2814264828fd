//! Lists in the order of an attribute.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind as FieldKind, MessageDescriptor};

use feast_registry_proto::registry::{EntityRelation, Feature, SortingParams};
use prost_types::Timestamp;

use crate::{Kind, Record, json, wire};

/// What things are ordered by. What is missing comes first, numbers are ordered as such, texts
/// without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Value {
    /// There is none.
    Missing,
    /// A number, a truth value, or nanoseconds.
    Number(i128),
    /// A text, in lower case.
    Text(String),
}

impl Value {
    fn text(text: &str) -> Self {
        Value::Text(text.to_lowercase())
    }

    fn time(seconds: i64, nanos: i32) -> Self {
        Value::Number(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
    }

    fn timestamp(stamp: Option<&Timestamp>) -> Self {
        stamp.map_or(Value::Missing, |stamp| {
            Value::time(stamp.seconds, stamp.nanos)
        })
    }
}

/// The way to an attribute.
pub type Attribute<T> = Box<dyn Fn(&T) -> Value>;

/// What has attributes that a list can be ordered by.
pub trait Attributes: Sized {
    /// A way to the attribute of this name; `None` if these things have none.
    ///
    /// Found once for a whole list.
    fn attribute(items: &[Self], name: &str) -> Option<Attribute<Self>>;
}

/// Orders a list as asked: `desc` in any case reverses, any other order is ascending. Equal items
/// keep their places. An attribute that there is not leaves the list as it is.
pub fn sort<T: Attributes>(items: &mut [T], asked: Option<&SortingParams>) {
    let Some(asked) = asked else { return };
    let Some(attribute) = T::attribute(items, asked.sort_by.trim()) else {
        return;
    };
    if asked.sort_order.eq_ignore_ascii_case("desc") {
        items.sort_by_cached_key(|item| std::cmp::Reverse(attribute(item)));
    } else {
        items.sort_by_cached_key(|item| attribute(item));
    }
}

impl Attributes for Record {
    /// `name`, and every single value that the message, its `spec` or its `meta` holds: that is
    /// where Feast's Python objects have their attributes from.
    fn attribute(rows: &[Self], name: &str) -> Option<Attribute<Self>> {
        if name == "name" {
            return Some(Box::new(|row| Value::text(&row.key.name)));
        }
        let mut fields: BTreeMap<Kind, Option<Field>> = BTreeMap::new();
        for row in rows {
            let kind = row.key.kind;
            fields
                .entry(kind)
                .or_insert_with(|| Field::find(kind, name));
        }
        if fields.values().all(Option::is_none) {
            return None;
        }
        Some(Box::new(move |row| {
            let field = fields.get(&row.key.kind).and_then(Option::as_ref);
            field.map_or(Value::Missing, |field| field.of(&row.body))
        }))
    }
}

impl Attributes for Feature {
    fn attribute(_: &[Self], name: &str) -> Option<Attribute<Self>> {
        Some(match name {
            "name" => Box::new(|feature| Value::text(&feature.name)),
            "feature_view" => Box::new(|feature| Value::text(&feature.feature_view)),
            "type" => Box::new(|feature| Value::text(&feature.r#type)),
            "description" => Box::new(|feature| Value::text(&feature.description)),
            "owner" => Box::new(|feature| Value::text(&feature.owner)),
            "kind" => Box::new(|feature| Value::text(&feature.kind)),
            "created_timestamp" => {
                Box::new(|feature| Value::timestamp(feature.created_timestamp.as_ref()))
            }
            "last_updated_timestamp" => {
                Box::new(|feature| Value::timestamp(feature.last_updated_timestamp.as_ref()))
            }
            _ => return None,
        })
    }
}

impl Attributes for EntityRelation {
    fn attribute(_: &[Self], name: &str) -> Option<Attribute<Self>> {
        let (end, part) = name.split_once('.')?;
        if !matches!(end, "source" | "target") || !matches!(part, "type" | "name") {
            return None;
        }
        let (source, kind) = (end == "source", part == "type");
        Some(Box::new(move |relation| {
            let end = if source {
                &relation.source
            } else {
                &relation.target
            };
            end.as_ref().map_or(Value::Missing, |end| {
                Value::text(if kind { &end.r#type } else { &end.name })
            })
        }))
    }
}

/// A field of a message that holds a single value.
struct Field {
    path: Vec<u32>,
    shape: Shape,
}

enum Shape {
    Text,
    Number,
    Enumeration(EnumDescriptor),
    /// A timestamp or a duration.
    Time,
}

impl Field {
    fn find(kind: Kind, name: &str) -> Option<Field> {
        let message = json::descriptor(kind.spec().message).ok()?;
        let inner = ["spec", "meta"].into_iter().filter_map(|part| {
            let field = message.get_field_by_name(part)?;
            match field.kind() {
                FieldKind::Message(inner) => Some((vec![field.number()], inner)),
                _ => None,
            }
        });
        let top = std::iter::once((Vec::new(), message.clone()));
        top.chain(inner)
            .find_map(|(path, message)| Field::within(path, &message, name))
    }

    fn within(mut path: Vec<u32>, message: &MessageDescriptor, name: &str) -> Option<Field> {
        let field = message.get_field_by_name(name)?;
        let shape = Shape::of(&field)?;
        path.push(field.number());
        Some(Field { path, shape })
    }

    /// The value in a message. Bytes that cannot be read have none.
    fn of(&self, body: &[u8]) -> Value {
        let value = match &self.shape {
            Shape::Text => wire::string(body, &self.path)
                .map(|text| Value::text(text.as_deref().unwrap_or_default())),
            Shape::Number => wire::varint(body, &self.path).map(|number| {
                // Negative numbers stand on the wire in two's complement.
                Value::Number(i128::from(number.unwrap_or_default().cast_signed()))
            }),
            Shape::Enumeration(names) => wire::varint(body, &self.path).map(|number| {
                let number = number.unwrap_or_default() as i32;
                let known = names.get_value(number);
                known.map_or(Value::Missing, |known| Value::text(known.name()))
            }),
            Shape::Time => {
                wire::timestamp(body, &self.path).map(|time| Value::timestamp(time.as_ref()))
            }
        };
        value.unwrap_or(Value::Missing)
    }
}

impl Shape {
    fn of(field: &FieldDescriptor) -> Option<Shape> {
        if field.is_list() || field.is_map() {
            return None;
        }
        match field.kind() {
            FieldKind::String => Some(Shape::Text),
            FieldKind::Bool
            | FieldKind::Int32
            | FieldKind::Int64
            | FieldKind::Uint32
            | FieldKind::Uint64 => Some(Shape::Number),
            FieldKind::Enum(names) => Some(Shape::Enumeration(names)),
            // A duration has the fields of a timestamp.
            FieldKind::Message(message)
                if matches!(
                    message.full_name(),
                    "google.protobuf.Timestamp" | "google.protobuf.Duration"
                ) =>
            {
                Some(Shape::Time)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::{Key, RegistryObject};
    use feast_registry_proto::core::{Entity, EntityMeta, EntitySpecV2};

    fn entity(name: &str, description: &str, created: Option<i64>) -> Record {
        let entity = Entity {
            spec: Some(EntitySpecV2 {
                name: name.to_owned(),
                description: description.to_owned(),
                ..Default::default()
            }),
            meta: Some(EntityMeta {
                created_timestamp: created.map(|seconds| Timestamp { seconds, nanos: 0 }),
                ..Default::default()
            }),
        };
        Record::new(Key::new(Entity::KIND, "p", name), entity.encode_to_vec(), 0)
    }

    fn sorted(by: &str, order: &str) -> Vec<String> {
        let mut rows = vec![
            entity("b", "Two", Some(5)),
            entity("C", "one", None),
            entity("a", "two", Some(-5)),
        ];
        let asked = SortingParams {
            sort_by: by.to_owned(),
            sort_order: order.to_owned(),
        };
        sort(&mut rows, Some(&asked));
        rows.iter().map(|row| row.key.name.to_string()).collect()
    }

    #[test]
    fn texts_are_ordered_without_regard_to_case() {
        assert_eq!(sorted("name", "asc"), ["a", "b", "C"]);
        assert_eq!(sorted(" name ", "DESC"), ["C", "b", "a"]);
    }

    #[test]
    fn what_is_equal_keeps_its_place_both_ways() {
        assert_eq!(sorted("description", ""), ["C", "b", "a"]);
        assert_eq!(sorted("description", "desc"), ["b", "a", "C"]);
    }

    #[test]
    fn what_is_missing_comes_first() {
        assert_eq!(sorted("created_timestamp", "asc"), ["C", "a", "b"]);
    }

    #[test]
    fn an_unknown_attribute_changes_nothing() {
        for by in ["nonsense", "spec.name", "", "tags"] {
            assert_eq!(sorted(by, "asc"), ["b", "C", "a"], "{by}");
        }
    }

    #[test]
    fn every_kind_is_ordered_by_its_stamps() {
        for kind in Kind::OBJECTS {
            if kind.spec().created_path.is_some() {
                let field = Field::find(kind, "created_timestamp").expect("it has one");
                assert_eq!(Some(&field.path[..]), kind.spec().created_path, "{kind}");
            }
        }
    }
}
