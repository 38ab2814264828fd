//! The suite on the memory store.

use feast_registry_conformance::{MemoryHarness, conformance_main};

conformance_main!(MemoryHarness);
