//! The fake of STS: it gives whoever shows a token the keys of a role.

use axum::body::Body;
use hyper::Response;
use hyper::http::request::Parts;

use super::answer::error;

/// The token that is good.
pub(crate) const TOKEN: &str = "hush-identity";

const KEYS: &str = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
    <SessionToken>hush-session</SessionToken><SecretAccessKey>hush</SecretAccessKey>\
    <AccessKeyId>AK-of-the-role</AccessKeyId><Expiration>2099-01-01T00:00:00Z</Expiration>\
    </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

pub(super) fn answer(parts: &Parts) -> Response<Body> {
    let query = parts.uri.query().unwrap_or_default();
    let is_asked = query.contains("Action=AssumeRoleWithWebIdentity");
    match is_asked && query.contains(&format!("WebIdentityToken={TOKEN}")) {
        true => Response::new(Body::from(KEYS)),
        false => error(400, "InvalidIdentityToken", ""),
    }
}
