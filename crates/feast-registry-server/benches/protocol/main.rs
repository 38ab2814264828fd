//! Calls of the protocol as ratios to a bare tonic service that answers the same bytes, over
//! loopback, in alternating rounds.
//!
//! `cargo bench --package feast-registry-server`

#![allow(clippy::print_stdout, reason = "it reports to whoever runs it")]

mod bare;
mod calls;
mod client;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use feast_registry_core::store::MemoryStore;
use feast_registry_core::{Apply, Change, Kind, Registry, RegistryOptions, json};
use feast_registry_server::{Rpc, service};
use serde_json::json;
use tonic::service::Routes;

use self::bare::Bare;
use self::calls::{Load, call_once, rate, serve};

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(400);

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(compare());
}

async fn compare() {
    let registry = filled().await;
    println!(
        "{:<28}{:>9}{:>12}{:>12}{:>8}",
        "call", "clients", "bare/s", "ours/s", "ratio"
    );
    for (what, rpc, request) in requests() {
        for clients in [1, 8, 32] {
            let load = Load::new(rpc, request.clone());
            let ours = serve(Routes::new(service(registry.clone()))).await;
            let reply = call_once(ours, &load).await;
            let bare = serve(Routes::new(Bare::new(reply))).await;
            let mut rounds = Vec::new();
            for _ in 0..ROUNDS {
                let bare = rate(bare, &load, clients, ROUND).await;
                let ours = rate(ours, &load, clients, ROUND).await;
                rounds.push((ours / bare, bare, ours));
            }
            rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (ratio, bare, ours) = rounds[ROUNDS / 2];
            println!("{what:<28}{clients:>9}{bare:>12.0}{ours:>12.0}{ratio:>8.2}");
        }
    }
}

/// What is asked: cached reads.
fn requests() -> [(&'static str, Rpc, Bytes); 3] {
    let get = json!({"name": "view_7", "project": "hundred", "allowCache": true});
    let list = |project: &str| json!({"project": project, "allowCache": true});
    let bytes = |message: &str, value| -> Bytes {
        let message = json::from_json(message, value);
        message.expect("requests are well-formed").into()
    };
    let lists = "feast.registry.ListFeatureViewsRequest";
    [
        (
            "GetFeatureView",
            Rpc::GetFeatureView,
            bytes("feast.registry.GetFeatureViewRequest", get),
        ),
        (
            "ListFeatureViews, 100",
            Rpc::ListFeatureViews,
            bytes(lists, list("hundred")),
        ),
        (
            "ListFeatureViews, 1,000",
            Rpc::ListFeatureViews,
            bytes(lists, list("thousand")),
        ),
    ]
}

/// A registry with views of about 1.9 KB.
async fn filled() -> Registry {
    let store = Arc::new(MemoryStore::new());
    let registry = Registry::open(store, RegistryOptions::default())
        .await
        .expect("a registry in memory opens");
    for (project, count) in [("hundred", 100), ("thousand", 1_000)] {
        let views = (0..count).map(|number| {
            let name = format!("view_{number}");
            let body = json::from_json("feast.core.FeatureView", view(&name));
            let body = body.expect("the view is well-formed");
            Change::Apply(Apply::new(Kind::FeatureView, project, name, body))
        });
        let applied = registry.commit(views.collect()).await;
        applied.expect("the views are applied");
    }
    registry
}

fn view(name: &str) -> serde_json::Value {
    let features: Vec<_> = (0..20)
        .map(|number| {
            json!({
                "name": format!("feature_number_{number}"), "valueType": "DOUBLE",
                "description": "how often it happened in the window",
                "tags": {"unit": "count"},
            })
        })
        .collect();
    json!({"spec": {
        "name": name, "entities": ["driver"], "features": features, "ttl": "86400s",
        "batchSource": {
            "name": "stats", "type": "BATCH_FILE", "timestampField": "event_timestamp",
            "fileOptions": {"uri": "data/stats.parquet"},
        },
        "online": true,
    }})
}
