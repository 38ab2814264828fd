use super::Form;

/// The part of a [`Form`] that concerns one message, its paths cut to begin there.
///
/// Nothing where no path leads, which is nearly everywhere: entering such a field must cost next to nothing.
#[derive(Debug, Default)]
pub(super) struct Scope<'f>(Option<Box<Paths<'f>>>);

#[derive(Debug)]
struct Paths<'f> {
    only: Vec<&'f [u32]>,
    ignore: Vec<&'f [u32]>,
    sorted: Vec<&'f [u32]>,
}

impl<'f> Scope<'f> {
    pub(super) fn new(form: &Form<'f>) -> Self {
        Paths {
            only: form.only.to_vec(),
            ignore: form.ignore.to_vec(),
            sorted: form.sorted.to_vec(),
        }
        .into_scope()
    }

    /// The scope inside field `number`; none when the field does not count.
    #[inline]
    pub(super) fn enter(&self, number: u32) -> Option<Self> {
        match &self.0 {
            None => Some(Self(None)),
            Some(paths) => paths.enter(number),
        }
    }

    /// Whether the order of elements does not count in the field whose inside this is.
    pub(super) fn is_sorted(&self) -> bool {
        self.has(|paths| names_field(&paths.sorted))
    }

    /// Whether only something that lies deeper was asked for.
    pub(super) fn wants_deeper(&self) -> bool {
        self.has(|paths| !paths.only.is_empty())
    }

    /// Whether parts of the message may have been left out.
    pub(super) fn prunes(&self) -> bool {
        self.has(|paths| !paths.only.is_empty() || !paths.ignore.is_empty())
    }

    #[inline]
    fn has(&self, property: impl FnOnce(&Paths<'f>) -> bool) -> bool {
        self.0.as_deref().is_some_and(property)
    }
}

impl<'f> Paths<'f> {
    fn enter(&self, number: u32) -> Option<Scope<'f>> {
        let mut only = below(&self.only, number);
        let ignore = below(&self.ignore, number);
        let is_chosen = self.only.is_empty() || !only.is_empty();
        if !is_chosen || names_field(&ignore) {
            return None;
        }
        if names_field(&only) {
            only.clear();
        }
        let sorted = below(&self.sorted, number);
        Some(
            Self {
                only,
                ignore,
                sorted,
            }
            .into_scope(),
        )
    }

    fn into_scope(self) -> Scope<'f> {
        let is_empty = self.only.is_empty() && self.ignore.is_empty() && self.sorted.is_empty();
        Scope((!is_empty).then(|| Box::new(self)))
    }
}

/// The paths that begin with `number`, without it.
fn below<'f>(paths: &[&'f [u32]], number: u32) -> Vec<&'f [u32]> {
    let steps = paths.iter().filter_map(|path| path.split_first());
    let chosen = steps.filter(|(first, _)| **first == number);
    chosen.map(|(_, rest)| rest).collect()
}

/// Whether one of the paths, cut to begin inside a field, has nothing left: it named the field.
fn names_field(paths: &[&[u32]]) -> bool {
    paths.iter().any(|path| path.is_empty())
}
