//! When two definitions are the same, and when a change is a new version.

use std::borrow::Cow;
use std::sync::LazyLock;

use feast_registry_proto::FILE_DESCRIPTOR_SET;

use crate::wire::{self, CompiledForm, Form, MessageId, Patch, Schema, WireError};
use crate::{Kind, Path};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::from_descriptor_set(FILE_DESCRIPTOR_SET)
        .expect("the generated descriptors are well-formed: a test loads them")
});

/// Python stamps a data source whenever it builds one, so the stamps of sources inside other
/// objects say nothing: `created_timestamp` and `last_updated_timestamp`, wherever they lie.
static SOURCE_STAMPS: LazyLock<Vec<(MessageId, u32)>> = LazyLock::new(|| {
    let source_meta = SCHEMA.message("feast.core.DataSource.SourceMeta");
    source_meta
        .into_iter()
        .flat_map(|message| [(message, 3), (message, 4)])
        .collect()
});

/// The forms in which the messages of one kind are compared.
struct Comparison {
    message: MessageId,
    definition: CompiledForm,
    /// Only views have versions.
    version: Option<CompiledForm>,
}

static COMPARISONS: LazyLock<Vec<Option<Comparison>>> =
    LazyLock::new(|| Kind::ALL.into_iter().map(comparison).collect());

fn comparison(kind: Kind) -> Option<Comparison> {
    let spec = kind.spec();
    let about_the_row = [spec.created_path, spec.updated_path, spec.project_path];
    let ignored: Vec<Path> = about_the_row.into_iter().flatten().collect();
    let form = |sorted: &[Path], only: &[Path]| {
        let form = Form {
            only,
            ignore: &ignored,
            sorted,
            ignore_within: &SOURCE_STAMPS,
        };
        form.compile()
    };
    Some(Comparison {
        message: SCHEMA.message(spec.message)?,
        definition: form(spec.sets, &[]),
        version: spec.view.map(|view| {
            // Two versions are compared with their features by name, two definitions in the given order.
            let sets = spec.sets.iter().copied();
            let sets: Vec<Path> = sets.chain([view.features_path]).collect();
            form(&sets, view.significant)
        }),
    })
}

/// What two definitions of an object differ in. To ask of it more than one question costs little.
#[derive(Debug)]
pub(super) struct Difference {
    kind: Kind,
    parts: Option<(Vec<u8>, Vec<u8>)>,
}

impl Difference {
    /// Compares two definitions.
    ///
    /// # Errors
    ///
    /// When one of them is malformed where they differ.
    pub(super) fn between(kind: Kind, a: &[u8], b: &[u8]) -> Result<Self, WireError> {
        let parts = match &COMPARISONS[kind as usize] {
            _ if a == b => None,
            None => Some((a.to_vec(), b.to_vec())),
            Some(comparison) => Some(wire::difference(
                &SCHEMA,
                comparison.message,
                &comparable_functions(kind, a)?,
                &comparable_functions(kind, b)?,
            )?),
        };
        Ok(Difference { kind, parts })
    }

    /// Whether both define the same object: stamps, project, the order of sets and the pickles of
    /// functions with equal source text aside.
    pub(super) fn is_same_definition(&self) -> Result<bool, WireError> {
        self.is_nothing(|comparison| Some(&comparison.definition))
    }

    /// Whether they are the same version of a view: what they differ in is not significant.
    pub(super) fn is_same_version(&self) -> Result<bool, WireError> {
        self.is_nothing(|comparison| comparison.version.as_ref())
    }

    /// Whether what only the second one has would decode: what both have is stored already.
    pub(super) fn check(&self) -> Result<(), WireError> {
        let parts = self.parts.as_ref();
        parts.map_or(Ok(()), |(_, theirs)| check(self.kind, theirs))
    }

    /// Whether nothing is left of it in a form; nothing is in one that the kind does not have.
    fn is_nothing(
        &self,
        form: impl FnOnce(&'static Comparison) -> Option<&'static CompiledForm>,
    ) -> Result<bool, WireError> {
        let (Some((a, b)), Some(comparison)) = (&self.parts, &COMPARISONS[self.kind as usize])
        else {
            return Ok(self.parts.is_none());
        };
        let Some(form) = form(comparison) else {
            return Ok(true);
        };
        let canonical = |bytes| wire::canonical(&SCHEMA, comparison.message, bytes, form);
        Ok(a == b || canonical(a)? == canonical(b)?)
    }
}

/// Whether two messages define the same object.
pub(crate) fn same_definition(kind: Kind, a: &[u8], b: &[u8]) -> Result<bool, WireError> {
    Difference::between(kind, a, b)?.is_same_definition()
}

/// Whether two definitions of a view differ so little that they are the same version.
pub(super) fn same_version(kind: Kind, a: &[u8], b: &[u8]) -> Result<bool, WireError> {
    Difference::between(kind, a, b)?.is_same_version()
}

/// Whether bytes would decode as the message of a kind.
pub(crate) fn check(kind: Kind, body: &[u8]) -> Result<(), WireError> {
    match &COMPARISONS[kind as usize] {
        Some(comparison) => wire::check(&SCHEMA, comparison.message, body),
        None => Ok(()),
    }
}

/// The canonical bytes of a whole message; `None` if it is none.
pub(crate) fn canonical(kind: Kind, body: &[u8]) -> Option<Vec<u8>> {
    let comparison = COMPARISONS[kind as usize].as_ref()?;
    wire::canonical(&SCHEMA, comparison.message, body, &CompiledForm::default()).ok()
}

/// The message without the pickles of functions whose source text is known: a pickle differs from
/// process to process, and Feast builds the function from its text.
fn comparable_functions(kind: Kind, body: &[u8]) -> Result<Cow<'_, [u8]>, WireError> {
    let mut patch = None;
    for (pickle, text) in kind.view().map_or(&[][..], |view| view.functions) {
        if wire::bytes(body, text)?.is_some_and(|text| !text.is_empty()) {
            patch = Some(patch.unwrap_or_else(Patch::default).clear(pickle));
        }
    }
    Ok(match patch {
        Some(patch) => Cow::Owned(patch.apply(body)?),
        None => Cow::Borrowed(body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_a_schema() {
        for kind in Kind::ALL {
            assert!(COMPARISONS[kind as usize].is_some(), "{kind}");
        }
    }
}
