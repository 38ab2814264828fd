//! Whether a registry is whole.

use feast_registry_core::{Error, ErrorKind, Kind, Query, Registry, json, message, wire};
use feast_registry_proto::core::Registry as Message;
use feast_registry_proto::prost::Message as _;

use crate::examples::PROJECT;

/// Fails unless every object can be listed, read, shown and exported.
pub(crate) async fn check(registry: &Registry) {
    for kind in Kind::OBJECTS {
        let listing = registry.list(&Query::everywhere(kind)).await.unwrap();
        assert!(listing.skipped.is_empty(), "{:?}", listing.skipped);
        for row in listing.records {
            let spec = kind.spec();
            assert!(message::is_readable(kind, &row.body), "{}", row.key);
            json::to_json(spec.message, &row.body).unwrap();
            let name = wire::string(&row.body, spec.name_path).unwrap();
            assert_eq!(name.as_deref(), Some(&*row.key.name), "{}", row.key);
        }
    }
    let exported = registry.message().await.unwrap();
    Message::decode(&exported[..]).unwrap();
    message::split(&exported.into(), Some(PROJECT)).unwrap();
}

/// Fails unless whoever gave the input is told that it is at fault.
pub(crate) fn is_refused(error: &Error) {
    let public = error.kind().report().public;
    let fault = matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::UnknownOutcome);
    assert!(public && !fault, "{error:?}");
}
