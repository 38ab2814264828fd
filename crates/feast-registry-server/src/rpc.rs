//! The rpcs of the service, and the paths at which they are called.

include!("generated/rpc.rs");

impl Rpc {
    /// The rpc that is called at the path of a request, `/feast.registry.RegistryServer/GetEntity`.
    pub fn from_path(path: &str) -> Option<Rpc> {
        Rpc::name_in(path).and_then(Rpc::from_name)
    }

    /// Whether something of the service is called at this path, even if it is no rpc.
    pub(crate) fn is_path(path: &str) -> bool {
        Rpc::name_in(path).is_some()
    }

    /// Whether it reads one object: that takes no time worth speaking of once its row is there.
    pub(crate) fn is_get(self) -> bool {
        matches!(
            self,
            Rpc::GetEntity
                | Rpc::GetDataSource
                | Rpc::GetAnyFeatureView
                | Rpc::GetFeatureView
                | Rpc::GetStreamFeatureView
                | Rpc::GetOnDemandFeatureView
                | Rpc::GetLabelView
                | Rpc::GetFeatureService
                | Rpc::GetSavedDataset
                | Rpc::GetValidationReference
                | Rpc::GetPermission
                | Rpc::GetProject
        )
    }

    fn name_in(path: &str) -> Option<&str> {
        let (service, name) = path.strip_prefix('/')?.split_once('/')?;
        (service == Rpc::SERVICE).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rpc_has_its_path() {
        for rpc in Rpc::ALL {
            let path = format!("/{}/{}", Rpc::SERVICE, rpc.name());
            assert_eq!(Rpc::from_path(&path), Some(rpc));
        }
    }

    #[test]
    fn other_paths_are_no_rpc() {
        for path in ["", "/", "GetEntity", "/GetEntity", "/feast.Other/GetEntity"] {
            assert_eq!(Rpc::from_path(path), None, "{path}");
        }
    }
}
