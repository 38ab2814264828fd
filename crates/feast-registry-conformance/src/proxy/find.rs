//! Finding bytes in a stream that comes in pieces.

/// Looks for a pattern in everything that it has been shown.
#[derive(Debug)]
pub(super) struct Finder {
    pattern: Vec<u8>,
    /// The end of what came before, shorter than the pattern.
    before: Vec<u8>,
}

impl Finder {
    pub(super) fn new(pattern: &[u8]) -> Self {
        Finder {
            pattern: pattern.to_vec(),
            before: Vec::new(),
        }
    }

    /// Whether this looks for other bytes than the given ones.
    pub(super) fn differs(&self, pattern: &[u8]) -> bool {
        self.pattern != pattern
    }

    /// Whether the pattern ends in this piece. An empty pattern is in every piece.
    pub(super) fn ends_in(&mut self, piece: &[u8]) -> bool {
        if self.pattern.is_empty() {
            return true;
        }
        self.before.extend_from_slice(piece);
        let length = self.pattern.len();
        let found = self.before.windows(length).any(|at| at == self.pattern);
        let keep = self.before.len().saturating_sub(length - 1);
        self.before.drain(..keep);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_within_a_piece_and_across_pieces() {
        let mut finder = Finder::new(b"COMMIT");
        assert!(!finder.ends_in(b"select 1; COM"));
        assert!(finder.ends_in(b"MIT"));
        assert!(!finder.ends_in(b"MIT"));
        assert!(finder.ends_in(b"Q COMMIT\0"));
    }

    #[test]
    fn what_was_found_is_not_found_again() {
        let mut finder = Finder::new(b"aa");
        assert!(finder.ends_in(b"aa"));
        assert!(!finder.ends_in(b"b"));
    }

    #[test]
    fn no_pattern_is_in_every_piece() {
        assert!(Finder::new(b"").ends_in(b"x"));
    }
}
