//! The values of a statement as its parameters: one by one, or the columns of rows as arrays.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use feast_registry_sql::{Arrays, Step, Value};
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type};

use crate::value::Parameter;

/// What a statement is given for one of its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument<'a> {
    /// A value.
    Value(&'a Value),
    /// A column: the first of these values, and every `width`th after it.
    Column { values: &'a [Value], width: usize },
}

/// The parameters of a statement, in order.
pub(crate) fn arguments(step: &Step) -> Vec<Argument<'_>> {
    let Some(Arrays { before, columns }) = step.arrays else {
        return step.parameters.iter().map(Argument::Value).collect();
    };
    let (alone, rows) = step.parameters.split_at(before.min(step.parameters.len()));
    let columns: Vec<_> = (0..columns)
        .map(|column| Argument::Column {
            values: rows.get(column..).unwrap_or_default(),
            width: columns,
        })
        .collect();
    let repeated: Vec<bool> = columns
        .iter()
        .map(|column| column.is_repetition())
        .collect();
    // One column at least says how many rows there are.
    let differ = repeated.contains(&false);
    let columns = columns.into_iter().zip(repeated).map(|pair| match pair {
        (Argument::Column { values, width }, true) if differ => Argument::Column {
            values: &values[..1],
            width,
        },
        (column, _) => column,
    });
    alone.iter().map(Argument::Value).chain(columns).collect()
}

impl<'a> Argument<'a> {
    /// Whether this is a text or number that all rows have in common, such as their project: sent as the one
    /// value that it is, which the dialect's statements repeat.
    fn is_repetition(self) -> bool {
        let mut values = self.values();
        match values.next() {
            Some(first @ (Value::Text(_) | Value::Integer(_))) => {
                values.all(|value| value == first)
            }
            _ => false,
        }
    }

    /// All values that are sent for this parameter.
    pub(crate) fn values(self) -> impl Iterator<Item = &'a Value> {
        let (values, width) = match self {
            Argument::Value(value) => (std::slice::from_ref(value), 1),
            Argument::Column { values, width } => (values, width),
        };
        values.iter().step_by(width.max(1))
    }
}

impl ToSql for Argument<'_> {
    fn to_sql(
        &self,
        column: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Argument::Value(value) => Parameter(value).to_sql(column, out),
            Argument::Column { .. } => match element(*self, column) {
                Some(element) => put_array(*self, &element, out).map(|()| IsNull::No),
                // Nothing but NULL: `unnest` takes a column that is NULL for one of NULLs.
                None => Ok(IsNull::Yes),
            },
        }
    }

    fn accepts(_column: &Type) -> bool {
        true
    }

    fn encode_format(&self, column: &Type) -> Format {
        match self {
            Argument::Value(value) => Parameter(value).encode_format(column),
            Argument::Column { .. } => Format::Binary,
        }
    }

    fn to_sql_checked(
        &self,
        column: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(column, out)
    }
}

/// The type of a column's values: what the server has said, or else what they look like. `None` if
/// there is nothing but NULL.
fn element(values: Argument<'_>, column: &Type) -> Option<Type> {
    let guess = values.values().find_map(|value| match value {
        Value::Null => None,
        Value::Integer(_) => Some(Type::INT8),
        Value::Text(_) => Some(Type::TEXT),
        Value::Bytes(_) => Some(Type::BYTEA),
    })?;
    Some(match column.kind() {
        Kind::Array(element) => element.clone(),
        _ => guess,
    })
}

/// Writes an array of one dimension, as the server's protocol has it.
fn put_array(
    array: Argument<'_>,
    element: &Type,
    out: &mut BytesMut,
) -> Result<(), Box<dyn Error + Sync + Send>> {
    out.put_i32(1);
    let has_null = array.values().any(|value| *value == Value::Null);
    out.put_i32(has_null.into());
    out.put_u32(element.oid());
    out.put_i32(i32::try_from(array.values().count())?);
    // The number of the first one.
    out.put_i32(1);
    for value in array.values() {
        let length = out.len();
        out.put_i32(-1);
        if let IsNull::No = Parameter(value).to_sql(element, out)? {
            let size = i32::try_from(out.len() - length - 4)?;
            out[length..length + 4].copy_from_slice(&size.to_be_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(values: Vec<Value>, before: usize, columns: usize) -> Step {
        let arrays = Some(Arrays { before, columns });
        Step::execute(&"".into(), values).with_arrays(arrays)
    }

    fn sent(argument: Argument<'_>, column: &Type) -> Option<BytesMut> {
        let mut out = BytesMut::new();
        match argument.to_sql(column, &mut out).unwrap() {
            IsNull::No => Some(out),
            IsNull::Yes => None,
        }
    }

    #[test]
    fn columns_of_rows_become_arrays_behind_what_stands_alone() {
        let values = ["p", "a", "1", "b", "2"].map(Value::from);
        let step = step(values.to_vec(), 1, 2);
        let texts: Vec<Vec<Value>> = arguments(&step)
            .into_iter()
            .map(|argument| argument.values().cloned().collect())
            .collect();
        let of = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| Value::from(*text))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts, [of(&["p"]), of(&["a", "b"]), of(&["1", "2"])]);
    }

    #[test]
    fn what_all_rows_have_in_common_is_sent_once() {
        let lengths = |values: &[&str]| -> Vec<usize> {
            let values = values.iter().map(|text| Value::from(*text)).collect();
            let step = step(values, 0, 2);
            let arguments = arguments(&step).into_iter();
            arguments
                .map(|argument| argument.values().count())
                .collect()
        };
        assert_eq!(lengths(&["p", "a", "p", "b"]), [1, 2]);
        assert_eq!(lengths(&["p", "a", "p", "a"]), [2, 2], "two rows, not one");
    }

    #[test]
    fn an_array_has_its_type_its_length_and_every_value() {
        let step = step(vec![Value::from("ab"), Value::Null], 0, 1);
        let [argument] = arguments(&step)[..] else {
            panic!("one column")
        };
        let mut expected = Vec::new();
        for number in [1, 1, 25, 2, 1, 2] {
            expected.extend_from_slice(&i32::to_be_bytes(number));
        }
        expected.extend_from_slice(b"ab");
        expected.extend_from_slice(&i32::to_be_bytes(-1));
        assert_eq!(sent(argument, &Type::UNKNOWN).unwrap(), expected);
        assert_eq!(sent(argument, &Type::TEXT_ARRAY).unwrap(), expected);
    }

    #[test]
    fn a_column_of_nulls_is_null() {
        let step = step(vec![Value::Null, Value::Null], 0, 1);
        assert!(sent(arguments(&step)[0], &Type::UNKNOWN).is_none());
    }
}
