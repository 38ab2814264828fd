//! The objects of the fake, and what is asked of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use axum::body::{Body, Bytes};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Response};
use percent_encoding::percent_decode_str;

use super::Kind;
use super::answer::error;

/// All objects. One lock around them makes a condition and its write one step.
#[derive(Debug, Default)]
pub(super) struct Objects {
    generation: u64,
    objects: HashMap<String, Object>,
}

#[derive(Clone, Debug)]
struct Object {
    bytes: Bytes,
    generation: u64,
    etag: String,
}

/// Bucket and key of a path; the key may be encoded as one part of it.
pub(super) fn address(path: &str) -> (String, String) {
    let path = path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    (decode(bucket), decode(key))
}

/// Headers as text.
pub(super) fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or("").to_owned();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}

impl Objects {
    pub(super) fn content(&self, key: &str) -> Option<Vec<u8>> {
        self.objects.get(key).map(|object| object.bytes.to_vec())
    }

    pub(super) fn answer(
        &mut self,
        kind: Kind,
        parts: &Parts,
        key: &str,
        body: Bytes,
        careless: bool,
    ) -> Response<Body> {
        match parts.method {
            // The server leaves the content of an answer to HEAD away.
            Method::GET | Method::HEAD => self.get(&parts.headers, key),
            Method::PUT if careless => self.put(kind, key, body),
            Method::PUT => {
                let stored = self.objects.get(key);
                match refuses(kind, &parts.headers, stored) {
                    Some((status, code)) => error(status, code, ""),
                    None => self.put(kind, key, body),
                }
            }
            Method::DELETE => match (self.objects.remove(key), kind) {
                (None, Kind::Gcs) => error(404, "NoSuchKey", ""),
                _ => Response::builder()
                    .status(204)
                    .body(Body::empty())
                    .expect("a response"),
            },
            _ => error(405, "MethodNotAllowed", ""),
        }
    }

    fn get(&self, headers: &HeaderMap, key: &str) -> Response<Body> {
        let Some(object) = self.objects.get(key) else {
            return error(404, "NoSuchKey", "");
        };
        if text(headers, "if-none-match") == Some(&object.etag) {
            return head(304, object).body(Body::empty()).expect("a response");
        }
        head(200, object)
            .header("content-length", object.bytes.len())
            .body(Body::from(object.bytes.clone()))
            .expect("a response")
    }

    pub(super) fn put(&mut self, kind: Kind, key: &str, bytes: Bytes) -> Response<Body> {
        self.generation += 1;
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        // The tag of S3 is a hash of the content, that of GCS is not.
        let tag = match kind {
            Kind::S3 => hasher.finish(),
            Kind::Gcs => self.generation,
        };
        let object = Object {
            bytes,
            generation: self.generation,
            etag: format!("\"{tag:032x}\""),
        };
        let response = head(200, &object).body(Body::empty()).expect("a response");
        self.objects.insert(key.to_owned(), object);
        response
    }
}

fn head(status: u16, object: &Object) -> hyper::http::response::Builder {
    Response::builder()
        .status(status)
        .header("etag", &object.etag)
        .header("x-goog-generation", object.generation)
        .header("last-modified", "Mon, 23 Nov 2026 12:00:00 GMT")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether the condition of a write does not hold, and how that is answered.
fn refuses(
    kind: Kind,
    headers: &HeaderMap,
    stored: Option<&Object>,
) -> Option<(u16, &'static str)> {
    const FAILED: (u16, &str) = (412, "PreconditionFailed");
    if kind == Kind::Gcs {
        let wanted = text(headers, "x-goog-if-generation-match")?;
        let have = stored.map_or(0, |object| object.generation).to_string();
        return (wanted != have).then_some(FAILED);
    }
    if text(headers, "if-none-match").is_some() {
        return stored.map(|_| FAILED);
    }
    match (text(headers, "if-match")?, stored) {
        (_, None) => Some((404, "NoSuchKey")),
        (wanted, Some(object)) => (wanted != object.etag).then_some(FAILED),
    }
}
