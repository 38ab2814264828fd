//! Errors as clients see them.

use std::sync::Arc;

use serde_json::json;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::{Code, Status};

use feast_registry_core::{Error, ErrorKind, Grpc};

/// Why a call failed, in the extensions of its response: for the log, since clients are not told all of it.
#[derive(Clone, Debug)]
pub struct Failure(Arc<Error>);

impl Failure {
    /// The error that the call ended with.
    pub fn error(&self) -> &Error {
        &self.0
    }
}

/// The response to a call that failed.
pub(crate) fn refused(error: Error) -> http::Response<Body> {
    let mut response = status(&error).into_http();
    response.extensions_mut().insert(Failure(Arc::new(error)));
    response
}

/// The status of a call that failed.
///
/// The details are Feast's JSON, from which its Python client makes the exception that it raises.
/// What is wrong with the server is for the log; clients are told what they can do about it.
fn status(error: &Error) -> Status {
    let report = error.kind().report();
    let class = report.feast_class.unwrap_or("FeastError");
    let details = json!({
        "module": "feast.errors",
        "class": class,
        "message": shortened(message(error)),
    });
    Status::new(code(report.grpc), details.to_string())
}

/// More of a message would not fit into a header: clients take 8 KiB of them, in which a letter that
/// is not ASCII, or a control character, takes six bytes and more.
const MAX_MESSAGE_BYTES: usize = 1_000;

fn shortened(mut message: String) -> String {
    if message.len() > MAX_MESSAGE_BYTES {
        let boundary = |end: &usize| message.is_char_boundary(*end);
        let end = (0..=MAX_MESSAGE_BYTES).rev().find(boundary);
        message.truncate(end.unwrap_or_default());
        message.push('…');
    }
    message
}

/// What others are told of an error.
pub(crate) fn message(error: &Error) -> String {
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

    use feast_registry_core::Kind;

    use super::*;

    /// `NotFound` is `NOT_FOUND`.
    fn screaming(code: Code) -> String {
        let mut text = String::new();
        for letter in format!("{code:?}").chars() {
            if letter.is_uppercase() && !text.is_empty() {
                text.push('_');
            }
            text.push(letter.to_ascii_uppercase());
        }
        text
    }

    fn details(error: &Error) -> (Code, Value) {
        let status = status(error);
        let details = serde_json::from_str(status.message()).expect("the details are JSON");
        (status.code(), details)
    }

    /// What clients and scripts rely on: the status, the class, whether the message is told, and the exit code of
    /// the command.
    const TOLD: [(ErrorKind, Code, &str, bool, u8); 19] = [
        (
            ErrorKind::NotFound(Kind::Entity),
            Code::NotFound,
            "EntityNotFoundException",
            true,
            3,
        ),
        (
            ErrorKind::Missing,
            Code::NotFound,
            "FeastObjectNotFoundException",
            true,
            3,
        ),
        (
            ErrorKind::Invalid,
            Code::InvalidArgument,
            "FeastError",
            true,
            2,
        ),
        (
            ErrorKind::RevisionConflict,
            Code::FailedPrecondition,
            "FeastError",
            true,
            4,
        ),
        (
            ErrorKind::NameConflict,
            Code::AlreadyExists,
            "ConflictingFeatureViewNames",
            true,
            4,
        ),
        (
            ErrorKind::PinConflict,
            Code::FailedPrecondition,
            "FeatureViewPinConflict",
            true,
            4,
        ),
        (
            ErrorKind::VersionConflict,
            Code::Aborted,
            "ConcurrentVersionConflict",
            true,
            4,
        ),
        (
            ErrorKind::Protected,
            Code::FailedPrecondition,
            "FeastError",
            true,
            4,
        ),
        (ErrorKind::Contention, Code::Aborted, "FeastError", true, 5),
        (
            ErrorKind::UnknownOutcome,
            Code::Unknown,
            "FeastError",
            false,
            5,
        ),
        (
            ErrorKind::Deadline,
            Code::DeadlineExceeded,
            "FeastError",
            true,
            5,
        ),
        (
            ErrorKind::Unsupported,
            Code::Unimplemented,
            "FeastError",
            true,
            1,
        ),
        (
            ErrorKind::TooLarge,
            Code::ResourceExhausted,
            "FeastError",
            true,
            1,
        ),
        (ErrorKind::Corrupt, Code::DataLoss, "FeastError", true, 1),
        (ErrorKind::Schema, Code::Internal, "FeastError", false, 1),
        (
            ErrorKind::ReadOnly,
            Code::FailedPrecondition,
            "ReadOnlyRegistryException",
            true,
            4,
        ),
        (
            ErrorKind::Unavailable,
            Code::Unavailable,
            "FeastError",
            false,
            6,
        ),
        (ErrorKind::Config, Code::Internal, "FeastError", false, 2),
        (ErrorKind::Internal, Code::Internal, "FeastError", false, 1),
    ];

    #[test]
    fn every_kind_of_error_is_told_with_a_class_of_feast() {
        assert_eq!(TOLD.map(|row| row.0), ErrorKind::ALL);
        for (kind, code, class, public, exit_code) in TOLD {
            let (told_code, details) = details(&Error::new(kind, "secret of the host"));
            assert_eq!(told_code, code, "{kind:?}");
            assert_eq!(details["module"], "feast.errors");
            assert_eq!(details["class"], class, "{kind:?}");
            let message = details["message"].as_str().expect("a text");
            assert_eq!(message == "secret of the host", public, "{kind:?}");
            assert_eq!(kind.report().exit_code, exit_code, "{kind:?}");
        }
    }

    #[test]
    fn what_is_missing_is_told_with_the_class_of_its_kind() {
        for (kind, class) in [
            (Kind::Project, "ProjectObjectNotFoundException"),
            (Kind::Entity, "EntityNotFoundException"),
            (Kind::DataSource, "DataSourceObjectNotFoundException"),
            (Kind::FeatureView, "FeatureViewNotFoundException"),
            (Kind::StreamFeatureView, "FeatureViewNotFoundException"),
            (Kind::OnDemandFeatureView, "FeatureViewNotFoundException"),
            (Kind::LabelView, "FeatureViewNotFoundException"),
            (Kind::FeatureService, "FeatureServiceNotFoundException"),
            (Kind::SavedDataset, "SavedDatasetNotFound"),
            (Kind::ValidationReference, "ValidationReferenceNotFound"),
            (Kind::Permission, "PermissionObjectNotFoundException"),
            (Kind::Version, "FeatureViewVersionNotFound"),
        ] {
            let (code, details) = details(&Error::not_found(kind, "rides", "nobody"));
            assert_eq!(
                (code, details["class"].as_str()),
                (Code::NotFound, Some(class))
            );
        }
    }

    #[test]
    fn a_long_message_fits_into_a_header() {
        for letter in ["a", "ü", "\u{1}", "\u{1f600}", "\""] {
            let status = status(&Error::invalid(letter.repeat(100_000)));
            let mut headers = http::HeaderMap::new();
            status.add_header(&mut headers).expect("it is a header");
            let length: usize = headers.values().map(http::HeaderValue::len).sum();
            assert!(length < 8_000, "{length} bytes of {letter:?}");
        }
    }

    #[test]
    fn the_documentation_has_the_same_table() {
        let documented = include_str!("../../../docs/server.md");
        for kind in ErrorKind::ALL {
            let report = kind.report();
            let status = screaming(code(report.grpc));
            let class = match kind {
                ErrorKind::NotFound(_) => "that of its kind",
                _ => report.feast_class.unwrap_or("FeastError"),
            };
            let row = documented.lines().find(|line| {
                line.contains(&format!("| `{status}` |"))
                    && line.contains(class)
                    && line.ends_with(&format!("| {} |", report.exit_code))
            });
            assert!(row.is_some(), "no row of {kind:?}: {status}, {class}");
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
