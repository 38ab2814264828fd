//! The SQL store of feast-registry, written once over any driver and dialect.
