//! The rpcs of the service, and the paths at which they are called.

include!("generated/rpc.rs");

impl Rpc {
    /// The rpc that is called at the path of a request, `/feast.registry.RegistryServer/GetEntity`.
    pub fn from_path(path: &str) -> Option<Rpc> {
        let (service, name) = path.strip_prefix('/')?.split_once('/')?;
        Rpc::from_name(name).filter(|_| service == Rpc::SERVICE)
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
