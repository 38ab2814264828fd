//! What an answer means, and how it is told.

use feast_registry_core::{Error, ErrorKind};

use super::answer::{Answer, Last};
use super::credentials::Source;

/// What to do after a request that gave no content and stored nothing for sure.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The object is still the version that the caller knows.
    Unchanged,
    /// There certainly is no object.
    Absent,
    /// The condition does not hold.
    Conflict,
    /// The store has done nothing and asks to come again.
    Later(String),
    /// The store could not be connected to.
    Unreached(String),
    /// The bucket is in this region.
    Region(String),
    /// Nothing was done.
    Failed(Error),
    /// The request may have been done.
    Unknown(String),
}

/// Answers that put a request off; a store that gives one has not begun with it.
const LATER: [&str; 9] = [
    "SlowDown",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestThrottled",
    "RequestThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
];

/// Answers to a request that was signed for another region.
const ELSEWHERE: [&str; 4] = [
    "AuthorizationHeaderMalformed",
    "PermanentRedirect",
    "TemporaryRedirect",
    "IllegalLocationConstraintException",
];

/// Answers to credentials that are not good.
const CREDENTIALS: [&str; 8] = [
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "InvalidSecurity",
    "AuthenticationRequired",
    "RequestTimeTooSkewed",
];

/// Judges what became of a request for `place` (bucket and key).
pub(super) fn judge(last: &Last, place: &str, credentials: &Source) -> Verdict {
    match last {
        Last::NotSent => Verdict::Failed(no_credentials(place, credentials)),
        Last::Unreached(why) => Verdict::Unreached(format!("no connection: {why}")),
        Last::Lost(why) => Verdict::Unknown(format!("no whole answer: {why}")),
        Last::Answered(answer) => judge_answer(answer, place),
    }
}

fn judge_answer(answer: &Answer, place: &str) -> Verdict {
    let is = |codes: &[&str]| codes.iter().any(|code| answer.is(code));
    match answer.status {
        304 => Verdict::Unchanged,
        412 => Verdict::Conflict,
        404 if answer.is("NoSuchKey") => Verdict::Absent,
        // S3 answers 409 to a write that meets another one, GCS to one that meets a change.
        409 | 429 => Verdict::Later(answer.describe()),
        _ if is(&LATER) => Verdict::Later(answer.describe()),
        301 | 307 | 400 | 403 if is(&ELSEWHERE) || answer.status < 400 => elsewhere(answer, place),
        501 => Verdict::Failed(refused(answer, place)),
        // Something between may have waited for the answer of a store that had begun.
        408 | 500.. => Verdict::Unknown(answer.describe()),
        _ => Verdict::Failed(refused(answer, place)),
    }
}

fn elsewhere(answer: &Answer, place: &str) -> Verdict {
    match &answer.region {
        Some(region) => Verdict::Region(region.clone()),
        None => Verdict::Failed(wrong_region(answer, place)),
    }
}

/// The error for a bucket of another region.
pub(super) fn wrong_region(answer: &Answer, place: &str) -> Error {
    let message = format!(
        "{place}: the bucket is not in the region asked ({})",
        answer.describe()
    );
    let hint = match &answer.region {
        Some(region) => format!("set AWS_REGION={region}"),
        None => "set AWS_REGION to the region of the bucket".to_owned(),
    };
    Error::new(ErrorKind::Config, message).with_hint(hint)
}

fn no_credentials(place: &str, source: &Source) -> Error {
    let source = source.describe();
    Error::new(ErrorKind::Config, format!("{place}: no credentials could be had from {source}"))
        .with_hint(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE for S3, GOOGLE_APPLICATION_CREDENTIALS for \
             GCS, or run where the cloud gives a role",
        )
}

fn refused(answer: &Answer, place: &str) -> Error {
    let is = |codes: &[&str]| codes.iter().any(|code| answer.is(code));
    let (kind, problem, hint) = if is(&["NoSuchBucket"]) {
        let hint = "create the bucket, or look at its name and at the endpoint";
        (ErrorKind::Config, "there is no such bucket", hint)
    } else if is(&CREDENTIALS) || answer.status == 401 {
        let hint = "look at the access key, the session token and the clock of this machine";
        (ErrorKind::Config, "the credentials are not good", hint)
    } else if is(&["EntityTooLarge"]) || answer.status == 413 {
        let hint = "keep large registries in a database";
        (ErrorKind::TooLarge, "the registry is too large", hint)
    } else {
        match answer.status {
            403 => (
                ErrorKind::Unavailable,
                "access is denied",
                "the registry needs to read and to write the object: s3:GetObject and s3:PutObject (without \
                 s3:ListBucket S3 answers 403 where there is no object yet), or storage.objects.get and \
                 storage.objects.create, .delete",
            ),
            404 => (
                ErrorKind::Unavailable,
                "the answer does not say that there is no object",
                "is the endpoint that of an object store?",
            ),
            501 => (
                ErrorKind::Unsupported,
                "the store does not know what was asked for",
                "it may be a store without conditional writes",
            ),
            _ => (
                ErrorKind::Unavailable,
                "the store refuses",
                "look at the endpoint, at the bucket's rules and at `s3_additional_kwargs`",
            ),
        }
    };
    let message = format!("{place}: {problem} ({})", answer.describe());
    Error::new(kind, message).with_hint(hint)
}

/// The store could not be used.
pub(super) fn unavailable(place: &str, why: &str, tries: u32) -> Error {
    let tries = match tries {
        0 | 1 => String::new(),
        more => format!(" in {more} tries"),
    };
    Error::new(
        ErrorKind::Unavailable,
        format!("{place}: the store could not be used{tries} ({why})"),
    )
    .with_hint("try again later; look at the endpoint if it stays so")
}

/// A write may have happened.
pub(super) fn unknown(place: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        format!("{place}: it is not known whether the object was written ({why})"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, code: &str) -> Verdict {
        let document = format!("<Error><Code>{code}</Code></Error>");
        let answer = Answer::read(status, None, document.as_bytes());
        let source = Source::new("the keys that are set");
        judge(&Last::Answered(answer), "s3://lake/registry.pb", &source)
    }

    #[test]
    fn only_a_missing_key_is_an_absent_object() {
        assert!(matches!(answered(404, "NoSuchKey"), Verdict::Absent));
        for code in ["NoSuchBucket", "", "NoSuchUpload"] {
            assert!(matches!(answered(404, code), Verdict::Failed(_)), "{code}");
        }
    }

    #[test]
    fn what_the_store_puts_off_has_no_outcome_and_what_it_breaks_may_have_one() {
        for (status, code) in [
            (503, "SlowDown"),
            (429, ""),
            (409, "ConditionalRequestConflict"),
            (400, "RequestTimeout"),
            (408, "RequestTimeout"),
        ] {
            assert!(
                matches!(answered(status, code), Verdict::Later(_)),
                "{code}"
            );
        }
        for status in [408, 500, 502, 503, 504] {
            assert!(
                matches!(answered(status, ""), Verdict::Unknown(_)),
                "{status}"
            );
        }
    }

    #[test]
    fn each_refusal_names_the_place_and_what_would_work() {
        for (status, code, says) in [
            (404, "NoSuchBucket", "create the bucket"),
            (403, "AccessDenied", "s3:PutObject"),
            (403, "InvalidAccessKeyId", "access key"),
            (400, "ExpiredToken", "session token"),
            (301, "PermanentRedirect", "AWS_REGION"),
            (400, "AuthorizationHeaderMalformed", "AWS_REGION"),
            (400, "EntityTooLarge", "database"),
            (404, "", "endpoint"),
            (501, "NotImplemented", "conditional"),
        ] {
            let Verdict::Failed(error) = answered(status, code) else {
                panic!("{status} {code}");
            };
            assert!(error.message().contains("s3://lake/registry.pb"));
            let hint = error.hint().unwrap_or_default();
            assert!(hint.contains(says), "{status} {code}: {hint}");
        }
    }
}
