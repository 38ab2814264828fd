//! The conformance suite that every backend of feast-registry passes.
