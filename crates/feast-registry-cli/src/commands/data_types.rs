//! Types of features, as Feast writes them in Python.

/// `INT64` is `Int64`, `STRING_LIST` is `Array(String)`.
pub(super) fn feast_type(value_type: &str) -> String {
    if let Some(element) = value_type.strip_suffix("_LIST") {
        return format!("Array({})", primitive(element));
    }
    if let Some(element) = value_type.strip_suffix("_SET") {
        return format!("Set({})", primitive(element));
    }
    primitive(value_type)
}

fn primitive(name: &str) -> String {
    match name {
        "FLOAT" => "Float32".to_owned(),
        "DOUBLE" => "Float64".to_owned(),
        other => camel(other),
    }
}

/// `FEATURE_VIEW` is `FeatureView`.
pub(super) fn camel(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            [first.to_ascii_uppercase(), rest.to_ascii_lowercase()]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_in_python() {
        let cases = [
            ("INT64", "Int64"),
            ("FLOAT", "Float32"),
            ("DOUBLE_LIST", "Array(Float64)"),
            ("STRING_SET", "Set(String)"),
            ("UNIX_TIMESTAMP", "UnixTimestamp"),
        ];
        for (value_type, expected) in cases {
            assert_eq!(feast_type(value_type), expected);
        }
    }
}
