//! What is asked of the servers.

use bytes::Bytes;
use feast_registry_proto::core::FeatureView;
use feast_registry_proto::prost::Message as _;
use feast_registry_proto::prost_types::Timestamp;
use feast_registry_proto::registry::{
    ApplyMaterializationRequest, GetFeatureViewRequest, ListFeatureViewsRequest,
};
use feast_registry_server::Rpc;

use crate::calls::Load;
use crate::sample;
use crate::work::{PROJECT, VIEWS};

/// The project of a hundred views; [`PROJECT`] has a thousand.
pub(super) const HUNDRED: &str = "hundred";

/// One line of the tables.
pub(super) struct Case {
    work: &'static str,
    pub(super) clients: usize,
    pub(super) beside: Beside,
    /// How many times slower it may be than that.
    pub(super) limit: &'static str,
    /// How many times faster than Feast's server it should be.
    pub(super) times_feast: u32,
    /// The calls of a round.
    pub(super) load: fn(usize) -> Load,
}

/// What it is compared to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// A tonic service that answers the same bytes.
    Bare,
    /// The raw driver, reading one row, or all.
    Select,
    SelectAll,
    /// The raw driver, adding to one row under its lock.
    Append,
}

impl Case {
    pub(super) fn title(&self) -> String {
        format!("{}, {} clients", self.work, self.clients)
    }
}

pub(super) fn all() -> [Case; 8] {
    let case = |work, clients, beside, limit, times_feast, load| Case {
        work,
        clients,
        beside,
        limit,
        times_feast,
        load,
    };
    let cached_get = |clients| {
        case(
            "GetFeatureView, cached",
            clients,
            Beside::Bare,
            "1.43",
            100,
            |_| get(true),
        )
    };
    let stored_get = |clients| {
        case(
            "GetFeatureView",
            clients,
            Beside::Select,
            "1.67",
            20,
            |_| get(false),
        )
    };
    [
        cached_get(8),
        cached_get(32),
        case(
            "ListFeatureViews of 100, cached",
            8,
            Beside::Bare,
            "1.43",
            300,
            |_| list(HUNDRED, true),
        ),
        case(
            "ListFeatureViews of 1,000, cached",
            8,
            Beside::Bare,
            "1.43",
            300,
            |_| list(PROJECT, true),
        ),
        stored_get(8),
        stored_get(32),
        case(
            "ListFeatureViews of 1,000",
            8,
            Beside::SelectAll,
            "",
            50,
            |_| list(PROJECT, false),
        ),
        case(
            "ApplyMaterialization, one view",
            8,
            Beside::Append,
            "1.25",
            30,
            materialize,
        ),
    ]
}

fn get(cached: bool) -> Load {
    Load::varying(Rpc::GetFeatureView, move |number| {
        let index = usize::try_from(number).unwrap() % VIEWS;
        let request = GetFeatureViewRequest {
            name: sample::name(index),
            project: PROJECT.into(),
            allow_cache: cached,
        };
        request.encode_to_vec().into()
    })
}

fn list(project: &str, cached: bool) -> Load {
    let request = ListFeatureViewsRequest {
        project: project.into(),
        allow_cache: cached,
        ..Default::default()
    };
    Load::new(Rpc::ListFeatureViews, request.encode_to_vec().into())
}

/// Every round has a view of its own, so that it does not grow from one to the next.
fn materialize(round: usize) -> Load {
    let view = FeatureView::decode(&*sample::view(round, 0)).unwrap();
    Load::varying(Rpc::ApplyMaterialization, move |number| {
        let at = |after: i64| Timestamp {
            seconds: 1_800_000_000 + i64::try_from(number).unwrap() + after,
            nanos: 0,
        };
        let request = ApplyMaterializationRequest {
            feature_view: Some(view.clone()),
            project: PROJECT.into(),
            start_date: Some(at(0)),
            end_date: Some(at(1)),
            commit: true,
        };
        Bytes::from(request.encode_to_vec())
    })
}
