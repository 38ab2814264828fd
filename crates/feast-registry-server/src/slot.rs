//! The place of a registry that may not be open yet.

use std::sync::{Arc, OnceLock};

use feast_registry_core::{Error, ErrorKind, Registry, Result};

/// Where the service finds its registry.
///
/// A server can listen before its database is up: until [`RegistrySlot::fill`] is called, every
/// rpc is answered with `UNAVAILABLE`. Clones share the slot.
#[derive(Clone, Debug, Default)]
pub struct RegistrySlot(Arc<OnceLock<Registry>>);

impl RegistrySlot {
    /// Puts the registry in. The first one stays.
    pub fn fill(&self, registry: Registry) {
        let _ = self.0.set(registry);
    }

    /// The registry, once it is there.
    pub fn registry(&self) -> Option<&Registry> {
        self.0.get()
    }

    pub(crate) fn open(&self) -> Result<&Registry> {
        self.registry()
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, "the registry is not open yet"))
    }
}

impl From<Registry> for RegistrySlot {
    fn from(registry: Registry) -> Self {
        let slot = RegistrySlot::default();
        slot.fill(registry);
        slot
    }
}
