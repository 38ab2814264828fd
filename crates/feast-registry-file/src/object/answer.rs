//! What a store answered, as far as it decides what became of a request.

use std::sync::{Arc, Mutex, PoisonError};

use super::sending::Sent;

/// How much of an error's text is kept for people.
const MESSAGE: usize = 200;

/// Travels with a call and keeps what became of its last request: the library that makes the
/// requests tells some outcomes apart that matter here, and joins others.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    last: Arc<Mutex<Last>>,
    /// How much of its content was sent.
    pub(super) sent: Sent,
}

/// What became of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Last {
    /// It was not sent: the fault was before it, which is in the credentials.
    #[default]
    NotSent,
    /// The store could not be connected to, so it has seen nothing of it.
    Unreached(String),
    /// It was sent, at least in part, and no whole answer came.
    Lost(String),
    /// The store answered.
    Answered(Answer),
}

/// An answer without its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The `Code` of an error document, such as `NoSuchKey`.
    pub(super) code: Option<String>,
    /// Its `Message`.
    pub(super) message: Option<String>,
    /// Where the store says that the bucket is.
    pub(super) region: Option<String>,
}

impl Trail {
    /// Of a request whose content is counted.
    pub(super) fn of_sending(sent: Sent) -> Self {
        Trail {
            sent,
            ..Trail::default()
        }
    }

    pub(super) fn note(&self, last: Last) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    pub(super) fn last(&self) -> Last {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    /// Whether the store answered with one of these.
    pub(super) fn has_status(&self, wanted: &[u16]) -> bool {
        matches!(self.last(), Last::Answered(answer) if wanted.contains(&answer.status))
    }
}

impl Answer {
    /// Reads an error document, which is XML with the same few elements at S3 and at GCS. Other
    /// elements are left alone: some repeat what was signed, tokens included.
    pub(super) fn read(status: u16, region: Option<String>, document: &[u8]) -> Self {
        let document = String::from_utf8_lossy(document);
        let text = |name: &str| element(&document, name);
        Answer {
            status,
            code: text("Code"),
            message: text("Message").map(|message| message.chars().take(MESSAGE).collect()),
            region: region.or_else(|| text("Region")),
        }
    }

    pub(super) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// For people.
    pub(super) fn describe(&self) -> String {
        match &self.message {
            Some(message) => format!("{}: {message}", self.verdict()),
            None => self.verdict(),
        }
    }

    /// The same without what only the store can have said.
    pub(super) fn verdict(&self) -> String {
        let code = self.code.as_deref().unwrap_or("no code");
        format!("{} {code}", self.status)
    }
}

/// The text of the first element of this name.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_document_gives_its_code_and_nothing_that_was_signed() {
        let document = b"<Error><Code>SignatureDoesNotMatch</Code><Message>no match</Message>\
            <CanonicalRequest>x-amz-security-token:hush</CanonicalRequest></Error>";
        let answer = Answer::read(403, None, document);
        assert_eq!(answer.describe(), "403 SignatureDoesNotMatch: no match");
        assert!(!format!("{answer:?}").contains("hush"));
    }

    #[test]
    fn what_is_no_error_document_has_no_code() {
        for document in [&b""[..], b"<html>404", b"<Code>", b"<Code></Code>", b"\xff"] {
            assert_eq!(Answer::read(404, None, document).code, None);
        }
    }

    #[test]
    fn the_region_of_the_bucket_is_read_from_header_or_document() {
        let document = b"<Error><Region>eu-west-1</Region></Error>";
        let region = |header: Option<&str>| {
            Answer::read(400, header.map(str::to_owned), document)
                .region
                .unwrap_or_default()
        };
        assert_eq!(region(None), "eu-west-1");
        assert_eq!(region(Some("eu-north-1")), "eu-north-1");
    }
}
