//! Errors as clients see them.

use serde_json::json;
use tonic::{Code, Status};

use feast_registry_core::{Error, ErrorKind, Grpc};

/// The status of a call that failed.
///
/// The details are Feast's JSON, from which its Python client makes the exception that it raises.
/// What is wrong with the server is for the log; clients are told what they can do about it.
pub(crate) fn status(error: &Error) -> Status {
    let report = error.kind().report();
    if !report.public {
        tracing::error!(?error, "a call failed");
    }
    let class = report.feast_class.unwrap_or("FeastError");
    let details = json!({
        "module": "feast.errors",
        "class": class,
        "message": message(error),
    });
    Status::new(code(report.grpc), details.to_string())
}

/// What a client is told.
fn message(error: &Error) -> String {
    match error.kind() {
        kind if !kind.report().public => withheld(kind).to_owned(),
        _ => match error.hint() {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        },
    }
}

/// In place of a message that may name hosts or settings.
fn withheld(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unavailable => "the registry cannot reach its store now; try again",
        ErrorKind::UnknownOutcome => {
            "the connection to the store broke: the write may or may not have happened; look before you write again"
        }
        _ => "the registry server failed; its log says why",
    }
}

fn code(grpc: Grpc) -> Code {
    Code::from_i32(grpc as i32)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn details(error: &Error) -> (Code, Value) {
        let status = status(error);
        let details = serde_json::from_str(status.message()).expect("the details are JSON");
        (status.code(), details)
    }

    #[test]
    fn every_kind_of_error_is_told_with_a_class_of_feast() {
        for kind in ErrorKind::ALL {
            let report = kind.report();
            let (code, details) = details(&Error::new(kind, "secret of the host"));
            assert_eq!(code as u8, report.grpc as u8, "{kind:?}");
            assert_ne!(code, Code::Ok, "{kind:?}");
            assert_eq!(details["module"], "feast.errors");
            assert_eq!(details["class"], report.feast_class.unwrap_or("FeastError"));
            let told = details["message"].as_str().expect("a text");
            assert_eq!(told == "secret of the host", report.public, "{kind:?}");
            assert_ne!(report.exit_code, 0, "{kind:?}");
        }
    }

    #[test]
    fn the_keys_stand_in_the_order_of_feast() {
        let error = Error::invalid("no \"name\"");
        let expected = r#"{"module":"feast.errors","class":"FeastError","message":"no \"name\""}"#;
        assert_eq!(status(&error).message(), expected);
    }

    #[test]
    fn a_hint_is_told_and_a_source_is_not() {
        let error = Error::invalid("no name")
            .with_hint("give one")
            .with_source("postgresql://user:password@host");
        assert_eq!(details(&error).1["message"], "no name; give one");
    }
}
