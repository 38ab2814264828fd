//! The HTTP client below `object_store`: it bounds how long a request may take, and notes what
//! became of it.

use std::error::Error as StdError;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use feast_registry_core::{Error, ErrorKind, Result};
use futures::StreamExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::answer::{Answer, Last, Trail};
use super::credentials::Source;
use super::sending;

/// The most of an error document that is read.
const DOCUMENT: usize = 16 << 10;
/// How long one request for credentials may take. On a machine that is not in a cloud, the address
/// of the cloud's metadata swallows what is sent to it.
const CREDENTIALS: Duration = Duration::from_secs(3);
/// The header that names the region of a bucket.
const REGION: &str = "x-amz-bucket-region";

/// How long to wait for a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// For a connection.
    pub connect: Duration,
    /// For an answer once the request is sent, and for each further part of its content.
    pub answer: Duration,
    /// The slowest transfer that is waited for, in bytes a second: a large object gets that much
    /// more time.
    pub slowest: u64,
    /// How long to go on with a request that the store puts off (503 `SlowDown`, 429, 409).
    pub patience: Duration,
    /// How often a transfer that takes long tells the log how far it is.
    pub report: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            slowest: 256 << 10,
            patience: Duration::from_secs(20),
            report: Duration::from_secs(5),
        }
    }
}

/// Gives everything that `object_store` does over HTTP the same client.
#[derive(Clone, Debug)]
pub(super) struct Connector(Watched);

#[derive(Clone, Debug)]
struct Watched {
    client: reqwest::Client,
    timing: Timing,
    source: Source,
}

impl Connector {
    /// A client that trusts the system's certificates, or those of a file.
    pub(super) fn new(timing: Timing, certificates: Option<&Path>, source: Source) -> Result<Self> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(certificates)?)
            .connect_timeout(timing.connect)
            // A connection that the store has closed by then would make an outcome unknown.
            .pool_idle_timeout(Duration::from_secs(10))
            // What was signed for one host is refused by another.
            .redirect(Policy::none())
            .user_agent(concat!("feast-registry/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Config, format!("no HTTP client: {error}"))
                    .with_hint("look at HTTPS_PROXY and the like")
            })?;
        Ok(Connector(Watched {
            client,
            timing,
            source,
        }))
    }

    /// Where credentials come from.
    pub(super) fn source(&self) -> &Source {
        &self.0.source
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

fn tls(certificates: Option<&Path>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    match certificates {
        Some(file) => {
            let bad = |problem: String| {
                let message = format!("certificates of {}: {problem}", file.display());
                Error::new(ErrorKind::Config, message)
                    .with_hint("AWS_CA_BUNDLE names a file of PEM certificates")
            };
            let read = CertificateDer::pem_file_iter(file)
                .and_then(|found| found.collect::<Result<Vec<_>, _>>())
                .map_err(|error| bad(error.to_string()))?;
            if roots.add_parsable_certificates(read).0 == 0 {
                return Err(bad("there is none in it".to_owned()));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[async_trait]
impl HttpService for Watched {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Some(trail) = request.extensions().get::<Trail>().cloned() else {
            return match *request.method() {
                reqwest::Method::DELETE => {
                    within(self.timing.answer, self.client.call(request)).await
                }
                _ => self.call_for_credentials(request).await,
            };
        };
        let sent = u64::try_from(request.body().content_length()).unwrap_or(u64::MAX);
        let limit = self.timing.answer + Duration::from_secs(sent / self.timing.slowest.max(1));
        let answered = async {
            let response = match sent {
                0 => self.client.call(request).await?,
                _ => sending::send(&self.client, request, &trail.sent).await?,
            };
            understood(response).await
        };
        match within(limit, answered).await {
            Ok((answer, response)) => {
                trail.note(Last::Answered(answer));
                Ok(response)
            }
            Err(error) => {
                trail.note(missed(&error));
                Err(error)
            }
        }
    }
}

impl Watched {
    async fn call_for_credentials(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let answered = async {
            let response = self.client.call(request).await?;
            understood(response).await
        };
        let answered = within(CREDENTIALS, answered).await;
        self.source.note(match &answered {
            Ok((answer, _)) if answer.status < 400 => None,
            Ok((answer, _)) => Some(format!("{host} answers {}", answer.verdict())),
            Err(error) => Some(format!("{host}: {}", innermost(error))),
        });
        answered.map(|(_, response)| response)
    }
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, HttpError>>,
) -> Result<T, HttpError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let message = format!("no answer within {limit:?}");
        let error = io::Error::new(io::ErrorKind::TimedOut, message);
        Err(HttpError::new(HttpErrorKind::Timeout, error))
    })
}

/// Whether the store can have seen anything of a request that failed.
fn missed(error: &HttpError) -> Last {
    let source = StdError::source(error);
    let client = source.and_then(|source| source.downcast_ref::<reqwest::Error>());
    let text = innermost(error);
    if error.kind() == HttpErrorKind::Connect || client.is_some_and(reqwest::Error::is_connect) {
        Last::Unreached(text)
    } else {
        Last::Lost(text)
    }
}

/// The cause says most, and the others repeat each other.
fn innermost(error: &dyn StdError) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Reads the document of an error, of which the library would keep less.
async fn understood(response: HttpResponse) -> Result<(Answer, HttpResponse), HttpError> {
    let status = response.status();
    if status.is_success() {
        let answer = Answer {
            status: status.as_u16(),
            ..Answer::default()
        };
        return Ok((answer, response));
    }
    let region = response.headers().get(REGION);
    let region = region.and_then(|value| value.to_str().ok().map(str::to_owned));
    let (parts, body) = response.into_parts();
    let document = beginning(body).await?;
    let answer = Answer::read(status.as_u16(), region, &document);
    Ok((answer, HttpResponse::from_parts(parts, document.into())))
}

async fn beginning(body: HttpResponseBody) -> Result<Bytes, HttpError> {
    let mut stream = body.bytes_stream();
    let mut document = BytesMut::new();
    while let Some(part) = stream.next().await {
        let part = part?;
        let room = DOCUMENT - document.len();
        document.extend_from_slice(&part[..part.len().min(room)]);
        if document.len() == DOCUMENT {
            break;
        }
    }
    Ok(document.freeze())
}
