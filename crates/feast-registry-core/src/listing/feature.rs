//! Features, taken out of their views.

use prost::Message;

use feast_registry_proto::core::FeatureSpecV2;
use feast_registry_proto::registry::Feature;
use feast_registry_proto::types::value_type;

use crate::{Error, Kind, Record, Result, wire};

/// What a feature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureKind {
    /// Models read it.
    Feature,
    /// Labelers write it: a column of a label view.
    Label,
}

impl FeatureKind {
    /// The text that stands for the kind in Feast's requests and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            FeatureKind::Feature => "feature",
            FeatureKind::Label => "label",
        }
    }

    fn of(view: Kind) -> Self {
        match view {
            Kind::LabelView => FeatureKind::Label,
            _ => FeatureKind::Feature,
        }
    }
}

/// Which features are wanted: all that fit every condition that is given.
#[derive(Clone, Debug, Default)]
pub struct FeatureFilter {
    /// Of the view of this name.
    pub feature_view: Option<String>,
    /// Of this name.
    pub name: Option<String>,
    /// Of the kind with this text; there are none of an unknown kind.
    pub kind: Option<String>,
}

impl FeatureFilter {
    /// The features of a view that are wanted.
    pub(crate) fn of(&self, view: &Record) -> Result<Vec<Feature>> {
        let kind = FeatureKind::of(view.key.kind).as_str();
        let other = |wanted: &Option<String>, is: &str| {
            wanted.as_ref().is_some_and(|wanted| *wanted != *is)
        };
        if other(&self.feature_view, &view.key.name) || other(&self.kind, kind) {
            return Ok(Vec::new());
        }
        let features = features_of(view)?.into_iter();
        let wanted = features.filter(|feature| !other(&self.name, &feature.name));
        Ok(wanted
            .map(|feature| Feature {
                r#type: feature_type(feature.value_type()),
                name: feature.name,
                feature_view: view.key.name.to_string(),
                description: feature.description,
                tags: feature.tags,
                kind: kind.to_owned(),
                ..Feature::default()
            })
            .collect())
    }
}

/// The features of a view.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if the view cannot be read.
pub fn features_of(view: &Record) -> Result<Vec<FeatureSpecV2>> {
    let path = view.key.kind.view().map(|spec| spec.features_path);
    let Some((last, parents)) = path.and_then(<[u32]>::split_last) else {
        return Ok(Vec::new());
    };
    let read = || -> std::result::Result<_, Box<dyn std::error::Error + Send + Sync>> {
        let Some(spec) = wire::message(&view.body, parents)? else {
            return Ok(Vec::new());
        };
        let features = wire::repeated(&spec, *last)?.into_iter();
        Ok(features
            .map(FeatureSpecV2::decode)
            .collect::<Result<_, _>>()?)
    };
    read().map_err(|why| Error::corrupt(&view.key, why))
}

/// The type of a feature as Feast writes it in Python: `INT64` is `Int64`, `STRING_LIST` is
/// `Array(String)`.
pub fn feature_type(value_type: value_type::Enum) -> String {
    let name = value_type.as_str_name();
    if let Some(element) = name.strip_suffix("_LIST") {
        return format!("Array({})", primitive(element));
    }
    if let Some(element) = name.strip_suffix("_SET") {
        return format!("Set({})", primitive(element));
    }
    primitive(name)
}

fn primitive(name: &str) -> String {
    match name {
        "FLOAT" => "Float32".to_owned(),
        "DOUBLE" => "Float64".to_owned(),
        other => camel_case(other),
    }
}

/// `FEATURE_VIEW` is `FeatureView`.
pub fn camel_case(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            [first.to_ascii_uppercase(), rest.to_ascii_lowercase()]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use value_type::Enum;

    use super::*;

    #[test]
    fn types_are_written_as_in_python() {
        let cases = [
            (Enum::Int64, "Int64"),
            (Enum::Float, "Float32"),
            (Enum::DoubleList, "Array(Float64)"),
            (Enum::StringSet, "Set(String)"),
            (Enum::UnixTimestamp, "UnixTimestamp"),
        ];
        for (value_type, expected) in cases {
            assert_eq!(feature_type(value_type), expected);
        }
    }
}
