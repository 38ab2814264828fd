//! What the server counts, in the form of Prometheus.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use feast_registry_core::CacheStatus;
use feast_registry_core::store::Activity;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry as Exposition;
use tonic::Code;

use crate::{RegistrySlot, Rpc};

/// Bounds of the latencies, in seconds.
const BUCKETS: [f64; 16] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0, 60.0,
];

/// The method of calls that are none of Feast's: health, reflection, and what does not exist. They
/// get no label of their own: clients could make up any number of names.
const OTHER: &str = "other";

/// What the server counts. Cheap to clone; clones share the counts.
///
/// Names and labels are those of the usual gRPC middlewares, so that dashboards for them fit.
#[derive(Clone, Debug)]
pub(super) struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    handled: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    exposition: Mutex<Exposition>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    grpc_method: &'static str,
    grpc_code: &'static str,
}

impl Metrics {
    /// Counts calls, and asks the registry in the slot when it is asked.
    pub(super) fn new(registry: RegistrySlot) -> Self {
        let handled = Family::<Labels, Counter>::default();
        let seconds = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> _);
        let in_flight = Gauge::default();
        let mut exposition = Exposition::default();
        exposition.register("grpc_server_handled", "Calls that ended", handled.clone());
        exposition.register(
            "grpc_server_handling_seconds",
            "Time from the headers of a call to the end of its answer",
            seconds.clone(),
        );
        exposition.register(
            "grpc_server_in_flight",
            "Calls that are being worked on",
            in_flight.clone(),
        );
        exposition.register_collector(Box::new(OfRegistry(registry)));
        Metrics(Arc::new(Inner {
            handled,
            seconds,
            in_flight,
            exposition: Mutex::new(exposition),
        }))
    }

    /// Everything as text.
    pub(super) fn text(&self) -> Result<String, std::fmt::Error> {
        let exposition = self
            .0
            .exposition
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        text::encode(&mut text, &exposition)?;
        Ok(text)
    }

    /// A call begins.
    pub(super) fn begin(&self, path: &str) -> Call {
        self.0.in_flight.inc();
        Call {
            rpc: Rpc::from_path(path),
            begun: Instant::now(),
            // What ends without an answer was given up by the client.
            code: Code::Cancelled,
            inner: Arc::clone(&self.0),
        }
    }
}

/// A call that is under way.
#[derive(Debug)]
pub(super) struct Call {
    rpc: Option<Rpc>,
    begun: Instant,
    code: Code,
    inner: Arc<Inner>,
}

impl Call {
    /// The rpc of Feast's that is called, if it is one.
    pub(super) fn rpc(&self) -> Option<Rpc> {
        self.rpc
    }

    /// What the call is counted under.
    pub(super) fn name(&self) -> &'static str {
        self.rpc.map_or(OTHER, Rpc::name)
    }

    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    pub(super) fn end(mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Inner {
            handled,
            seconds,
            in_flight,
            ..
        } = &*self.inner;
        in_flight.dec();
        let labels = Labels {
            grpc_method: self.rpc.map_or(OTHER, Rpc::name),
            grpc_code: name(self.code),
        };
        handled.get_or_create(&labels).inc();
        let time = self.begun.elapsed().as_secs_f64();
        seconds.get_or_create(&labels).observe(time);
    }
}

/// The names of codes as the usual middlewares have them.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "Canceled",
        Code::Unknown => "Unknown",
        Code::InvalidArgument => "InvalidArgument",
        Code::DeadlineExceeded => "DeadlineExceeded",
        Code::NotFound => "NotFound",
        Code::AlreadyExists => "AlreadyExists",
        Code::PermissionDenied => "PermissionDenied",
        Code::ResourceExhausted => "ResourceExhausted",
        Code::FailedPrecondition => "FailedPrecondition",
        Code::Aborted => "Aborted",
        Code::OutOfRange => "OutOfRange",
        Code::Unimplemented => "Unimplemented",
        Code::Internal => "Internal",
        Code::Unavailable => "Unavailable",
        Code::DataLoss => "DataLoss",
        Code::Unauthenticated => "Unauthenticated",
    }
}

/// What a registry tells of itself when it is asked.
#[derive(Debug)]
struct OfRegistry(RegistrySlot);

impl Collector for OfRegistry {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let Some(registry) = self.0.registry() else {
            return Ok(());
        };
        let mut tell = Teller(&mut encoder);
        tell.cache(&registry.cache_status())?;
        tell.store(&registry.store().activity())?;
        tell.count(
            "store_undone_writes",
            "Acknowledged writes that another program has undone",
            registry.store().undone_writes(),
        )
    }
}

/// Writes figures that are kept elsewhere.
struct Teller<'a, 'b>(&'a mut DescriptorEncoder<'b>);

impl Teller<'_, '_> {
    fn cache(&mut self, cache: &CacheStatus) -> std::fmt::Result {
        if let Some(age) = cache.age {
            let age = ConstGauge::new(age.as_secs_f64());
            self.tell("cache_age_seconds", "Age of the cached registry", &age)?;
        }
        self.gauge("cache_rows", "Objects in the cached registry", cache.rows)?;
        for (name, help, count) in [
            ("cache_hits", "Reads answered from memory", cache.hits),
            (
                "cache_misses",
                "Reads that memory could not answer",
                cache.misses,
            ),
            (
                "cache_refreshes",
                "Refreshes that succeeded",
                cache.refreshes,
            ),
            (
                "cache_refresh_failures",
                "Refreshes that failed",
                cache.failures,
            ),
        ] {
            self.count(name, help, count)?;
        }
        let seconds = ConstCounter::new(cache.refreshing.as_secs_f64());
        let help = "Time that refreshes took, all together";
        self.tell("cache_refresh_seconds", help, &seconds)
    }

    fn store(&mut self, store: &Activity) -> std::fmt::Result {
        self.count(
            "store_statements",
            "Statements sent to the store",
            store.statements,
        )?;
        self.count(
            "store_retries",
            "Reads and transactions tried again",
            store.retries,
        )?;
        self.count(
            "store_conflicts",
            "Attempts at which others were in the way",
            store.conflicts,
        )?;
        self.count(
            "store_failures",
            "Reads and transactions that failed",
            store.failures,
        )?;
        let Some(pool) = store.connections else {
            return Ok(());
        };
        self.gauge("store_connections", "Connections to the store", pool.open)?;
        self.gauge(
            "store_connections_idle",
            "Connections that nobody uses",
            pool.idle,
        )?;
        self.gauge("store_connections_most", "The most connections", pool.most)?;
        self.gauge(
            "store_connections_waiting",
            "Tasks that wait for a connection",
            pool.waiting,
        )
    }

    fn count(&mut self, name: &str, help: &str, count: u64) -> std::fmt::Result {
        self.tell(name, help, &ConstCounter::new(count))
    }

    fn gauge(&mut self, name: &str, help: &str, value: usize) -> std::fmt::Result {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        self.tell(name, help, &ConstGauge::new(value))
    }

    fn tell(&mut self, name: &str, help: &str, metric: &dyn EncodeMetric) -> std::fmt::Result {
        let name = format!("feast_registry_{name}");
        let encoder = self
            .0
            .encode_descriptor(&name, help, None, metric.metric_type())?;
        metric.encode(encoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_get_no_label_of_their_own() {
        let metrics = Metrics::new(RegistrySlot::default());
        metrics
            .begin("/feast.registry.RegistryServer/GetEntity")
            .end(Code::NotFound);
        metrics
            .begin("/feast.registry.RegistryServer/MadeUp")
            .end(Code::Unimplemented);
        let text = metrics.text().unwrap();
        let line = |method, code| {
            format!("grpc_server_handled_total{{grpc_method=\"{method}\",grpc_code=\"{code}\"}} 1")
        };
        assert!(text.contains(&line("GetEntity", "NotFound")), "{text}");
        assert!(text.contains(&line(OTHER, "Unimplemented")), "{text}");
        assert!(!text.contains("MadeUp"), "{text}");
    }

    #[test]
    fn a_call_that_is_given_up_counts_as_canceled() {
        let metrics = Metrics::new(RegistrySlot::default());
        drop(metrics.begin("/feast.registry.RegistryServer/GetEntity"));
        let text = metrics.text().unwrap();
        assert!(text.contains("grpc_code=\"Canceled\"} 1"), "{text}");
        assert!(text.contains("grpc_server_in_flight 0"), "{text}");
    }
}
