//! Feast's registry server: its gRPC protocol over any registry.
