//! What each rpc does. One place for all of them: who calls, and with which right, is to be asked
//! here, before anything is read or written.

mod change;
mod list;
mod read;
mod relations;

use bytes::Bytes;

use feast_registry_core::{Error, ErrorKind, Kind, Registry, Result};
use feast_registry_proto::registry;

use crate::Rpc;
use crate::reply::Reply;
use crate::requests::decode;

/// Answers a call. Dropping the future gives the call up: nothing half is left behind.
pub(crate) async fn answer(registry: &Registry, rpc: Rpc, body: Bytes) -> Result<Reply> {
    match rpc {
        Rpc::ApplyEntity => change::apply(registry, rpc, Kind::Entity, body).await,
        Rpc::GetEntity => read::get(registry, rpc, Kind::Entity, body).await,
        Rpc::ListEntities => list::list(registry, rpc, Kind::Entity, body).await,
        Rpc::DeleteEntity => change::delete(registry, rpc, Kind::Entity, body).await,

        Rpc::ApplyDataSource => change::apply(registry, rpc, Kind::DataSource, body).await,
        Rpc::GetDataSource => read::get(registry, rpc, Kind::DataSource, body).await,
        Rpc::ListDataSources => list::list(registry, rpc, Kind::DataSource, body).await,
        Rpc::DeleteDataSource => change::delete(registry, rpc, Kind::DataSource, body).await,

        Rpc::ApplyFeatureView => change::apply_view(registry, decode(rpc, body)?).await,
        Rpc::DeleteFeatureView => change::delete_view(registry, decode(rpc, body)?).await,
        Rpc::GetAnyFeatureView => read::get_any_view(registry, decode(rpc, body)?).await,
        Rpc::ListAllFeatureViews => list::all_views(registry, decode(rpc, body)?).await,

        Rpc::GetFeatureView => read::get(registry, rpc, Kind::FeatureView, body).await,
        Rpc::ListFeatureViews => list::list(registry, rpc, Kind::FeatureView, body).await,
        Rpc::GetStreamFeatureView => read::get(registry, rpc, Kind::StreamFeatureView, body).await,
        Rpc::ListStreamFeatureViews => {
            list::list(registry, rpc, Kind::StreamFeatureView, body).await
        }
        Rpc::GetOnDemandFeatureView => {
            read::get(registry, rpc, Kind::OnDemandFeatureView, body).await
        }
        Rpc::ListOnDemandFeatureViews => {
            list::list(registry, rpc, Kind::OnDemandFeatureView, body).await
        }
        Rpc::GetLabelView => read::get(registry, rpc, Kind::LabelView, body).await,
        Rpc::ListLabelViews => list::list(registry, rpc, Kind::LabelView, body).await,

        Rpc::ApplyFeatureService => change::apply(registry, rpc, Kind::FeatureService, body).await,
        Rpc::GetFeatureService => read::get(registry, rpc, Kind::FeatureService, body).await,
        Rpc::ListFeatureServices => list::feature_services(registry, decode(rpc, body)?).await,
        Rpc::DeleteFeatureService => {
            change::delete(registry, rpc, Kind::FeatureService, body).await
        }

        Rpc::ApplySavedDataset => change::apply(registry, rpc, Kind::SavedDataset, body).await,
        Rpc::GetSavedDataset => read::get(registry, rpc, Kind::SavedDataset, body).await,
        Rpc::ListSavedDatasets => list::saved_datasets(registry, decode(rpc, body)?).await,
        Rpc::DeleteSavedDataset => change::delete(registry, rpc, Kind::SavedDataset, body).await,

        Rpc::ApplyValidationReference => {
            change::apply(registry, rpc, Kind::ValidationReference, body).await
        }
        Rpc::GetValidationReference => {
            read::get(registry, rpc, Kind::ValidationReference, body).await
        }
        Rpc::ListValidationReferences => {
            list::list(registry, rpc, Kind::ValidationReference, body).await
        }
        Rpc::DeleteValidationReference => {
            change::delete(registry, rpc, Kind::ValidationReference, body).await
        }

        Rpc::ApplyPermission => change::apply(registry, rpc, Kind::Permission, body).await,
        Rpc::GetPermission => read::get(registry, rpc, Kind::Permission, body).await,
        Rpc::ListPermissions => list::list(registry, rpc, Kind::Permission, body).await,
        Rpc::DeletePermission => change::delete(registry, rpc, Kind::Permission, body).await,

        Rpc::ApplyProject => change::apply_project(registry, decode(rpc, body)?).await,
        Rpc::GetProject => read::get_project(registry, decode(rpc, body)?).await,
        Rpc::ListProjects => list::projects(registry, decode(rpc, body)?).await,
        Rpc::DeleteProject => change::delete_project(registry, decode(rpc, body)?).await,

        Rpc::ApplyMaterialization => change::materialize(registry, decode(rpc, body)?).await,
        Rpc::ListProjectMetadata => read::project_metadata(registry, decode(rpc, body)?).await,
        Rpc::UpdateInfra => change::update_infra(registry, decode(rpc, body)?).await,
        Rpc::GetInfra => read::infra(registry, decode(rpc, body)?).await,
        // Every call is a transaction of its own, so nothing is held back that could be written.
        Rpc::Commit => decode::<()>(rpc, body).map(|()| Reply::EMPTY),
        Rpc::Refresh => read::refresh(registry, decode(rpc, body)?).await,
        Rpc::Proto => read::whole(registry, decode(rpc, body)?).await,

        Rpc::GetRegistryLineage => relations::lineage(registry, decode(rpc, body)?).await,
        Rpc::GetObjectRelationships => relations::of_object(registry, decode(rpc, body)?).await,
        Rpc::ListFeatures => list::features(registry, decode(rpc, body)?).await,
        Rpc::GetFeature => read::get_feature(registry, decode(rpc, body)?).await,

        Rpc::CreateDatasetFromRetrieval | Rpc::GetDatasetData => Err(needs_offline_store(rpc)),
        // Jobs are never started here, so there is none.
        Rpc::GetDatasetJobStatus => {
            let request: registry::GetDatasetJobStatusRequest = decode(rpc, body)?;
            let message = format!("Dataset job {} does not exist", request.job_id);
            Err(Error::new(ErrorKind::Missing, message))
        }
        Rpc::ListDatasetJobs => {
            decode::<registry::ListDatasetJobsRequest>(rpc, body).map(|_| Reply::EMPTY)
        }
    }
}

fn needs_offline_store(rpc: Rpc) -> Error {
    let message = format!(
        "{} needs an offline store, which a registry has not",
        rpc.name()
    );
    Error::new(ErrorKind::Unsupported, message)
        .with_hint("call it on a feature store, or on Feast's own server")
}
