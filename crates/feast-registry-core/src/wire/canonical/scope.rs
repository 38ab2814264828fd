use super::Form;

/// The part of a [`Form`] that concerns one message.
///
/// Nothing where no path leads, which is nearly everywhere: entering such a field must cost next to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope<'f>(Option<&'f Node>);

/// What the paths of a form say about a message that they lead to, and about what lies in it.
#[derive(Debug)]
pub(super) struct Node {
    /// Whether only what lies deeper, in some fields, was asked for.
    chooses: bool,
    /// Whether parts of the message are left out.
    prunes: bool,
    /// Whether the order of elements does not count.
    is_sorted: bool,
    /// The fields that paths lead through, by number.
    fields: Vec<(u32, Inside)>,
}

/// What the paths say about the inside of a field.
#[derive(Debug)]
enum Inside {
    /// The field does not count.
    LeftOut,
    /// It does; nothing more is said if all paths end there.
    Counts(Option<Box<Node>>),
}

impl<'f> Scope<'f> {
    pub(super) fn new(root: Option<&'f Node>) -> Self {
        Scope(root)
    }

    /// The scope inside field `number`; none when the field does not count.
    #[inline]
    pub(super) fn enter(self, number: u32) -> Option<Self> {
        let Some(node) = self.0 else {
            return Some(self);
        };
        let mut fields = node.fields.iter();
        match fields.find(|(field, _)| *field == number) {
            Some((_, Inside::LeftOut)) => None,
            Some((_, Inside::Counts(node))) => Some(Scope(node.as_deref())),
            None => (!node.chooses).then_some(Scope(None)),
        }
    }

    /// Whether the order of elements does not count in the field whose inside this is.
    pub(super) fn is_sorted(self) -> bool {
        self.0.is_some_and(|node| node.is_sorted)
    }

    /// Whether only something that lies deeper was asked for.
    pub(super) fn wants_deeper(self) -> bool {
        self.0.is_some_and(|node| node.chooses)
    }

    /// Whether parts of the message may have been left out.
    pub(super) fn prunes(self) -> bool {
        self.0.is_some_and(|node| node.prunes)
    }
}

/// The paths of a form, cut to begin inside a field.
struct Paths<'p> {
    only: Vec<&'p [u32]>,
    ignore: Vec<&'p [u32]>,
    sorted: Vec<&'p [u32]>,
}

/// What a form says about the message that it is for.
pub(super) fn root(form: &Form<'_>) -> Option<Box<Node>> {
    let paths = Paths {
        only: form.only.to_vec(),
        ignore: form.ignore.to_vec(),
        sorted: form.sorted.to_vec(),
    };
    paths.node()
}

impl Paths<'_> {
    fn node(self) -> Option<Box<Node>> {
        let all = [&self.only, &self.ignore, &self.sorted];
        if all.into_iter().all(Vec::is_empty) {
            return None;
        }
        let first = all.into_iter().flatten().filter_map(|path| path.first());
        let mut numbers: Vec<u32> = first.copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let fields = numbers.into_iter();
        Some(Box::new(Node {
            chooses: !self.only.is_empty(),
            prunes: !self.only.is_empty() || !self.ignore.is_empty(),
            is_sorted: names_field(&self.sorted),
            fields: fields.map(|number| (number, self.inside(number))).collect(),
        }))
    }

    fn inside(&self, number: u32) -> Inside {
        let mut only = below(&self.only, number);
        let ignore = below(&self.ignore, number);
        let is_chosen = self.only.is_empty() || !only.is_empty();
        if !is_chosen || names_field(&ignore) {
            return Inside::LeftOut;
        }
        if names_field(&only) {
            only.clear();
        }
        let sorted = below(&self.sorted, number);
        let paths = Paths {
            only,
            ignore,
            sorted,
        };
        Inside::Counts(paths.node())
    }
}

/// The paths that begin with `number`, without it.
fn below<'p>(paths: &[&'p [u32]], number: u32) -> Vec<&'p [u32]> {
    let steps = paths.iter().filter_map(|path| path.split_first());
    let chosen = steps.filter(|(first, _)| **first == number);
    chosen.map(|(_, rest)| rest).collect()
}

/// Whether one of the paths, cut to begin inside a field, has nothing left: it named the field.
fn names_field(paths: &[&[u32]]) -> bool {
    paths.iter().any(|path| path.is_empty())
}
