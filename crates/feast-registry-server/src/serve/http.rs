//! `/metrics`, `/healthz` and `/readyz`, in plain HTTP on a port of their own.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::metrics::Metrics;

/// The media type of the text that [`Metrics::text`] gives.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Shown {
    metrics: Metrics,
    readiness: watch::Receiver<Option<String>>,
}

/// Serves as long as the answer lives.
pub(super) fn serve(
    listeners: Vec<TcpListener>,
    metrics: Metrics,
    readiness: watch::Receiver<Option<String>>,
) -> JoinSet<()> {
    let router = Router::new()
        .route("/metrics", get(exposition))
        // The process runs, and its runtime has time for this.
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(Shown { metrics, readiness });
    let mut tasks = JoinSet::new();
    for listener in listeners {
        let router = router.clone();
        tasks.spawn(async move {
            // It ends with the server only.
            let _ = axum::serve(listener, router).await;
        });
    }
    tasks
}

async fn exposition(State(shown): State<Shown>) -> Response {
    match shown.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn ready(State(shown): State<Shown>) -> Response {
    match &*shown.readiness.borrow() {
        None => "ready\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}
