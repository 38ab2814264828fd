//! The objects of a Feast registry file.

use feast_registry_core::{Error, Kind, wire};

use super::{Definition, Source, complaint};

/// Every object of the file. History, infrastructure and metadata are no definitions.
pub(super) fn read(source: &Source) -> Result<Vec<Definition>, Error> {
    let mut definitions = Vec::new();
    let mut offset = 0;
    for field in wire::fields(&source.bytes) {
        let field = field.map_err(|why| complaint(&source.name, why))?;
        let kind = Kind::OBJECTS
            .into_iter()
            .find(|kind| kind.spec().registry_field == field.number);
        if let Some(kind) = kind {
            let place = format!("{}: at byte {offset}", source.name);
            let body = source.bytes.slice_ref(field.payload);
            definitions.push(Definition::new(&place, kind, body)?);
        }
        offset += field.raw.len();
    }
    Ok(definitions)
}
