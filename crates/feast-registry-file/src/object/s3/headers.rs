//! `s3_additional_kwargs`: arguments of boto3's `put_object`, which are headers of the request.

use std::collections::BTreeMap;

use feast_registry_core::url::Secret;
use feast_registry_core::{Error, ErrorKind, Result};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// The arguments that are text, and their headers.
const HEADERS: [(&str, &str); 22] = [
    ("ACL", "x-amz-acl"),
    (
        "BucketKeyEnabled",
        "x-amz-server-side-encryption-bucket-key-enabled",
    ),
    ("CacheControl", "cache-control"),
    ("ContentDisposition", "content-disposition"),
    ("ContentEncoding", "content-encoding"),
    ("ContentLanguage", "content-language"),
    ("ContentType", "content-type"),
    ("ExpectedBucketOwner", "x-amz-expected-bucket-owner"),
    ("Expires", "expires"),
    ("GrantFullControl", "x-amz-grant-full-control"),
    ("GrantRead", "x-amz-grant-read"),
    ("GrantReadACP", "x-amz-grant-read-acp"),
    ("GrantWriteACP", "x-amz-grant-write-acp"),
    ("ObjectLockLegalHoldStatus", "x-amz-object-lock-legal-hold"),
    ("ObjectLockMode", "x-amz-object-lock-mode"),
    (
        "ObjectLockRetainUntilDate",
        "x-amz-object-lock-retain-until-date",
    ),
    ("RequestPayer", "x-amz-request-payer"),
    (
        "SSEKMSEncryptionContext",
        "x-amz-server-side-encryption-context",
    ),
    ("SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"),
    ("ServerSideEncryption", "x-amz-server-side-encryption"),
    ("StorageClass", "x-amz-storage-class"),
    ("Tagging", "x-amz-tagging"),
];

/// The headers of these arguments. One that is none of a header is named in a warning.
///
/// # Errors
///
/// [`ErrorKind::Config`] for a value that no header can have.
pub(super) fn of(arguments: &BTreeMap<String, Secret>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in arguments {
        let known = HEADERS.iter().find(|(argument, _)| argument == name);
        let Some((_, header)) = known else {
            tracing::warn!("`s3_additional_kwargs.{name}` has no effect: {}", why(name));
            continue;
        };
        let bad = || {
            let message = format!("`s3_additional_kwargs.{name}` cannot be sent to the store");
            Error::new(ErrorKind::Config, message).with_hint("write ASCII text in one line")
        };
        let value = HeaderValue::from_str(value.expose()).map_err(|_| bad())?;
        headers.insert(HeaderName::from_static(header), value);
    }
    Ok(headers)
}

fn why(name: &str) -> &'static str {
    match name {
        "SSECustomerAlgorithm" | "SSECustomerKey" | "SSECustomerKeyMD5" => {
            "with a key of the customer Feast could not read what it has written"
        }
        "IfMatch" | "IfNoneMatch" => "every write has a condition of its own",
        name if name.starts_with("Checksum") || name == "ContentMD5" => {
            "the request is signed with its content; AWS_CHECKSUM_ALGORITHM adds a checksum"
        }
        _ => "no such argument that is text is known",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(pairs: &[(&str, &str)]) -> BTreeMap<String, Secret> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), Secret::new(*value)))
            .collect()
    }

    #[test]
    fn arguments_of_boto3_are_headers() {
        let headers = of(&arguments(&[
            ("ServerSideEncryption", "aws:kms"),
            ("SSEKMSKeyId", "alias/registry"),
            ("Tagging", "team=ml"),
            ("Metadata", "no text in boto3"),
        ]))
        .expect("headers");
        assert_eq!(headers.len(), 3);
        assert_eq!(headers["x-amz-server-side-encryption"], "aws:kms");
        assert_eq!(headers["x-amz-tagging"], "team=ml");
    }

    #[test]
    fn a_value_that_would_add_a_header_is_refused_without_being_shown() {
        let error =
            of(&arguments(&[("ACL", "private\r\nhost: elsewhere")])).expect_err("two lines");
        assert!(error.message().contains("s3_additional_kwargs.ACL"));
        assert!(!error.message().contains("elsewhere"));
    }

    #[test]
    fn every_header_of_the_table_is_one() {
        for (argument, header) in HEADERS {
            assert!(
                HeaderName::from_bytes(header.as_bytes()).is_ok(),
                "{argument}"
            );
            assert_eq!(header, header.to_lowercase());
        }
    }
}
