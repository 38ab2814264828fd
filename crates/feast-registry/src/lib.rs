//! A fast, safe feature registry, compatible with Feast.
