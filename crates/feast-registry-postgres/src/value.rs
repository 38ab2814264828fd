//! Values on the wire.

use std::error::Error;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type};

use feast_registry_sql::{DriverError, FaultClass, Value};

/// A parameter of a statement.
///
/// Where the server has not said which type it takes (statements that are not prepared), numbers
/// are sent as text, which every type of number reads; texts and bytes look the same in every type.
#[derive(Debug)]
pub(crate) struct Parameter<'a>(pub(crate) &'a Value);

impl ToSql for Parameter<'_> {
    fn to_sql(
        &self,
        column: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Integer(number) => match *column {
                Type::INT8 => out.put_i64(*number),
                Type::INT4 => out.put_i32(i32::try_from(*number)?),
                Type::INT2 => out.put_i16(i16::try_from(*number)?),
                _ => out.put_slice(number.to_string().as_bytes()),
            },
            Value::Text(text) => out.put_slice(text.as_bytes()),
            Value::Bytes(bytes) => out.put_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(_column: &Type) -> bool {
        true
    }

    fn encode_format(&self, column: &Type) -> Format {
        match self.0 {
            Value::Integer(_) if !is_integer(column) => Format::Text,
            _ => Format::Binary,
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

fn is_integer(column: &Type) -> bool {
    matches!(*column, Type::INT2 | Type::INT4 | Type::INT8)
}

/// Fails if a value cannot be sent, so that sending itself cannot fail in the middle of what is
/// sent together.
pub(crate) fn check(value: &Value, column: Option<&Type>) -> Result<(), DriverError> {
    let (fits, what) = match value {
        // The server refuses it, but only where it would end the transaction.
        Value::Text(text) => (
            !text.contains('\0'),
            "text with a NUL character cannot be stored by PostgreSQL",
        ),
        Value::Integer(number) => (
            match column {
                Some(&Type::INT4) => i32::try_from(*number).is_ok(),
                Some(&Type::INT2) => i16::try_from(*number).is_ok(),
                _ => true,
            },
            "a number is too large for its column",
        ),
        Value::Null | Value::Bytes(_) => (true, ""),
    };
    match fits {
        true => Ok(()),
        false => Err(DriverError::new(FaultClass::TooLarge, what)),
    }
}

/// A column of a row, read whatever its type: another program may have made the table.
#[derive(Debug)]
pub(crate) struct Column(pub(crate) Value);

impl<'a> FromSql<'a> for Column {
    fn from_sql(column: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let number = match *column {
            Type::INT8 => raw.try_into().ok().map(i64::from_be_bytes),
            Type::INT4 => raw
                .try_into()
                .ok()
                .map(|raw| i32::from_be_bytes(raw).into()),
            Type::INT2 => raw
                .try_into()
                .ok()
                .map(|raw| i16::from_be_bytes(raw).into()),
            Type::BOOL => raw.first().map(|byte| i64::from(*byte)),
            Type::NUMERIC => whole_number(raw),
            _ => None,
        };
        if let Some(number) = number {
            return Ok(Column(Value::Integer(number)));
        }
        let is_text = matches!(
            *column,
            Type::VARCHAR | Type::TEXT | Type::NAME | Type::BPCHAR | Type::UNKNOWN
        );
        Ok(Column(match std::str::from_utf8(raw) {
            Ok(text) if is_text => Value::Text(Arc::from(text)),
            _ => Value::Bytes(Bytes::copy_from_slice(raw)),
        }))
    }

    fn from_sql_null(_column: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Column(Value::Null))
    }

    fn accepts(_column: &Type) -> bool {
        true
    }
}

/// A NUMERIC, which is what the sum of BIGINTs is: digits to the base of 10,000, the fraction cut.
fn whole_number(raw: &[u8]) -> Option<i64> {
    let at = |n: usize| {
        let two = raw.get(2 * n..2 * n + 2)?;
        Some(i16::from_be_bytes(two.try_into().ok()?))
    };
    let (digits, weight, sign) = (usize::try_from(at(0)?).ok()?, at(1)?, at(2)?);
    let mut number: i64 = 0;
    for place in 0..=usize::try_from(weight).ok().filter(|weight| *weight < 8)? {
        let digit = if place < digits { at(4 + place)? } else { 0 };
        number = number.checked_mul(10_000)?.checked_add(digit.into())?;
    }
    match sign {
        0 => Some(number),
        0x4000 => Some(-number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(digits: &[i16], weight: i16, sign: i16) -> Vec<u8> {
        let count = i16::try_from(digits.len()).unwrap();
        [count, weight, sign, 0]
            .iter()
            .chain(digits)
            .flat_map(|part| part.to_be_bytes())
            .collect()
    }

    #[test]
    fn a_sum_is_a_whole_number() {
        for (raw, expected) in [
            (numeric(&[17, 9612], 1, 0), Some(179_612)),
            (numeric(&[17], 1, 0), Some(170_000)),
            (numeric(&[17, 9612], 1, 0x4000), Some(-179_612)),
            (numeric(&[1, 5_000], 0, 0), Some(1)),
        ] {
            assert_eq!(whole_number(&raw), expected);
        }
    }

    #[test]
    fn what_is_no_whole_number_of_64_bits_is_none() {
        for raw in [
            numeric(&[9_999; 6], 5, 0),
            numeric(&[1], 1_000, 0),
            numeric(&[], 0, -0x4000),
            vec![0, 1],
            Vec::new(),
        ] {
            assert_eq!(whole_number(&raw), None);
        }
    }

    #[test]
    fn a_nul_in_text_is_refused_before_anything_is_sent() {
        let fault = check(&Value::from("a\0b"), Some(&Type::VARCHAR)).unwrap_err();
        assert!(fault.message.contains("NUL"), "{fault}");
        assert!(check(&Value::Bytes(Bytes::from_static(b"a\0b")), None).is_ok());
    }

    #[test]
    fn a_number_must_fit_its_column() {
        assert!(check(&Value::Integer(1 << 40), Some(&Type::INT4)).is_err());
        assert!(check(&Value::Integer(1 << 40), Some(&Type::INT8)).is_ok());
        assert!(check(&Value::Integer(1 << 40), None).is_ok());
    }
}
