//! What `apply` and `import` read: files whose content, not name, says what they are.

mod content;
mod definition;
mod document;
mod json;
mod locate;
mod registry_file;
mod source;
mod stream;
mod yaml;

use feast_registry_core::Error;

pub(crate) use self::content::Content;
pub(crate) use self::definition::Definition;
pub(crate) use self::document::{defined, export};
pub(crate) use self::source::Source;
pub(crate) use self::stream::Stream;

/// The definitions in a source.
///
/// # Errors
///
/// The first thing that is wrong, with the source's name and the place.
pub(crate) fn definitions(source: &Source) -> Result<Vec<Definition>, Error> {
    match Content::of(source)? {
        Content::Registry => registry_file::read(source),
        Content::Json(text) => json::read(&source.name, text),
        Content::Yaml(text) => yaml::read(&source.name, text),
    }
}

/// A complaint about a place in a source.
fn complaint(place: &str, problem: impl std::fmt::Display) -> Error {
    Error::invalid(format!("{place}: {problem}"))
}
