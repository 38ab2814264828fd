//! The SQLite backend of feast-registry.
