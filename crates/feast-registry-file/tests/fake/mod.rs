//! A fake of an object store: of S3, and of the XML API of GCS, with switches for faults, and of STS. It keeps
//! to conditions as those say that they do; what they really do, only they can show.

#![allow(dead_code)] // Each test program needs a part of it.

mod answer;
mod objects;
mod settings;
mod tls;
pub(crate) mod tokens;

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use axum::body::Body;
use feast_registry_file::Pace;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use self::answer::{Between, error, in_halves};
use self::objects::Objects;

/// The bucket that there is.
pub(crate) const BUCKET: &str = "lake";

/// Which store it is a fake of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    S3,
    Gcs,
}

/// Both, for what holds of both.
pub(crate) const KINDS: [Kind; 2] = [Kind::S3, Kind::Gcs];

/// How long to wait for an answer that does not come.
pub(crate) const SOON: Duration = Duration::from_millis(500);

/// What happens to one request instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is refused with this status and code; nothing is done.
    Refuse(u16, &'static str),
    /// Its content is read and thrown away, and the connection is cut.
    CutBefore,
    /// It is done, and the connection is cut.
    CutAfter,
    /// It is done, and answered with 500.
    BreakAfter,
    /// Nothing is ever answered, and nothing is done.
    Stall,
    /// Its content is not even read.
    Unread,
    /// It is done, and nothing is ever answered.
    StallAfter,
    /// Half of the content is sent, and then nothing more.
    StallBody,
    /// It is done, but the second half of the content comes so much later, and so does the answer to a
    /// write.
    Slow(Duration),
    /// Half of the content is sent, and the connection is cut.
    Truncate,
    /// It should have been signed for this region.
    Elsewhere(&'static str),
}

/// What can be set, and what was seen.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// The next requests with this method fare like this.
    pub(crate) faults: VecDeque<(Method, Fault)>,
    /// Conditions are not looked at.
    pub(crate) careless: bool,
    /// The keys that may be read and written start with this; whatever else is asked is refused.
    pub(crate) only: Option<String>,
    /// That there is no object is not said: S3 does so to whoever may not list.
    pub(crate) absent_is_denied: bool,
    /// The least time between two writes of one object; others are answered with 429.
    pub(crate) interval: Duration,
    /// Requests that were made: method, key, and the status of the answer (0 for none).
    pub(crate) seen: Vec<(Method, String, u16)>,
    /// The headers of the last write.
    pub(crate) written_with: Vec<(String, String)>,
    last_writes: HashMap<String, Instant>,
}

/// A store that runs as long as the process.
#[derive(Clone, Debug)]
pub(crate) struct Fake {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    /// How long its clients wait for an answer.
    pub(crate) answer: Duration,
    /// How often they tell how far they are.
    pub(crate) report: Duration,
    /// What its writers are prepared for, if that is something else than usual.
    pub(crate) pace: Option<Pace>,
    control: Arc<Mutex<Control>>,
    objects: Arc<Mutex<Objects>>,
}

impl Fake {
    /// A store that runs in another process.
    pub(crate) fn at(kind: Kind, url: &str) -> Self {
        Fake {
            kind,
            url: url.to_owned(),
            answer: Duration::from_secs(20),
            report: Duration::from_secs(5),
            pace: None,
            control: Arc::default(),
            objects: Arc::default(),
        }
    }

    /// Starts a store on a free port.
    pub(crate) fn start(kind: Kind) -> Self {
        Fake::on(kind, "127.0.0.1:0")
    }

    /// Starts a store behind TLS, with a certificate for `localhost`; the certificate to trust, in PEM.
    pub(crate) fn start_with_tls(kind: Kind) -> (Self, String) {
        let (acceptor, certificate) = tls::acceptor();
        let mut fake = Fake::serving(kind, "127.0.0.1:0", Some(acceptor));
        fake.url = fake.url.replace("http://127.0.0.1", "https://localhost");
        (fake, certificate)
    }

    pub(crate) fn on(kind: Kind, address: &str) -> Self {
        Fake::serving(kind, address, None)
    }

    /// Starts a store on a thread of its own: trials have runtimes that end with them.
    fn serving(kind: Kind, address: &str, tls: Option<TlsAcceptor>) -> Self {
        let listener = std::net::TcpListener::bind(address).expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let fake = Fake::at(kind, &format!("http://{address}"));
        let served = fake.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(served.serve(listener, tls));
        });
        fake
    }

    async fn serve(self, listener: std::net::TcpListener, tls: Option<TlsAcceptor>) {
        let listener = TcpListener::from_std(listener).expect("a listener");
        while let Ok((stream, _)) = listener.accept().await {
            let (fake, tls) = (self.clone(), tls.clone());
            tokio::spawn(async move {
                let Some(tls) = tls else {
                    return fake.connection(stream).await;
                };
                if let Ok(stream) = tls.accept(stream).await {
                    fake.connection(stream).await;
                }
            });
        }
    }

    async fn connection(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(move |request| {
            let fake = self.clone();
            async move { fake.answer(request).await }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let _ = connection.await;
    }

    pub(crate) fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next requests with this method fare like this, in this order.
    pub(crate) fn fail(&self, method: Method, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().map(|fault| (method.clone(), fault));
        self.control().faults.extend(faults);
    }

    /// The content of an object, past the API.
    pub(crate) fn content(&self, key: &str) -> Option<Vec<u8>> {
        self.objects().content(key)
    }

    /// Writes an object as Feast does: past all conditions.
    pub(crate) fn overwrite(&self, key: &str, content: Vec<u8>) {
        self.objects().put(self.kind, key, content.into());
    }

    /// A header of the last write.
    pub(crate) fn written_with(&self, name: &str) -> Option<String> {
        let control = self.control();
        let mut headers = control.written_with.iter();
        headers
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.clone())
    }

    /// How many requests with this method were made.
    pub(crate) fn count(&self, method: &Method) -> usize {
        let control = self.control();
        control
            .seen
            .iter()
            .filter(|(seen, _, _)| seen == method)
            .count()
    }

    /// An error cuts the connection without an answer.
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        let (parts, body) = request.into_parts();
        let fault = self.fault(&parts.method);
        if fault == Some(Fault::Unread) {
            return std::future::pending().await;
        }
        let body = axum::body::to_bytes(Body::new(body), usize::MAX).await;
        let body = body.map_err(|_| Cut)?;
        let (bucket, key) = objects::address(parts.uri.path());
        if fault == Some(Fault::Stall) {
            self.note(&parts.method, &key, 0);
            return std::future::pending().await;
        }
        let response = match fault {
            Some(Fault::CutBefore) => None,
            Some(Fault::Refuse(status, code)) => Some(error(status, code, "")),
            Some(Fault::Elsewhere(region)) => {
                let region = format!("<Region>{region}</Region>");
                Some(error(400, "AuthorizationHeaderMalformed", &region))
            }
            _ if parts.method == Method::POST => Some(tokens::answer(&parts)),
            _ => Some(match self.refusal(&parts, &bucket, &key) {
                Some(refusal) => refusal,
                None => {
                    if parts.method == Method::PUT {
                        self.control().written_with = objects::texts(&parts.headers);
                    }
                    let careless = self.control().careless;
                    let mut objects = self.objects();
                    objects.answer(self.kind, &parts, &key, body, careless)
                }
            }),
        };
        let status = response.as_ref().map_or(0, |found| found.status().as_u16());
        self.note(&parts.method, &key, status);
        match (fault, response) {
            (Some(Fault::CutAfter), _) | (_, None) => Err(Cut),
            (Some(Fault::BreakAfter), _) => Ok(error(500, "InternalError", "")),
            (Some(Fault::StallAfter), _) => std::future::pending().await,
            (Some(Fault::Truncate), Some(whole)) => Ok(in_halves(whole, Between::Cut).await),
            (Some(Fault::StallBody), Some(whole)) => Ok(in_halves(whole, Between::Nothing).await),
            (Some(Fault::Slow(pause)), Some(whole)) => {
                Ok(in_halves(whole, Between::Pause(pause)).await)
            }
            (_, Some(response)) => Ok(response),
        }
    }

    fn fault(&self, method: &Method) -> Option<Fault> {
        let mut control = self.control();
        let at = control.faults.iter().position(|(hit, _)| hit == method)?;
        control.faults.remove(at).map(|(_, fault)| fault)
    }

    /// What is refused whatever objects there are.
    fn refusal(
        &self,
        parts: &hyper::http::request::Parts,
        bucket: &str,
        key: &str,
    ) -> Option<Response<Body>> {
        let control = self.control();
        let denied = control.only.as_deref().is_some_and(|start| {
            !key.starts_with(start)
                || !matches!(parts.method, Method::GET | Method::HEAD | Method::PUT)
                || parts.uri.query().is_some()
        });
        if denied {
            return Some(error(403, "AccessDenied", ""));
        }
        if bucket != BUCKET {
            return Some(error(404, "NoSuchBucket", ""));
        }
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        if reads && control.absent_is_denied && self.content(key).is_none() {
            return Some(error(403, "AccessDenied", ""));
        }
        if parts.method == Method::PUT && !control.interval.is_zero() {
            let last = control.last_writes.get(key);
            if last.is_some_and(|last| last.elapsed() < control.interval) {
                return Some(error(429, "SlowDown", ""));
            }
        }
        None
    }

    fn note(&self, method: &Method, key: &str, status: u16) {
        let mut control = self.control();
        if (method, status) == (&Method::PUT, 200) {
            control.last_writes.insert(key.to_owned(), Instant::now());
        }
        let entry = (method.clone(), key.to_owned(), status);
        control.seen.push(entry);
    }
}

/// The connection ends here.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
