//! What a store counts, for those who watch it.

/// What a store has done since it was opened. What a backend does not count stays 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activity {
    /// Statements or requests that were sent.
    pub statements: u64,
    /// Times that the store has waited for an answer: what a driver sends at once counts once.
    pub round_trips: u64,
    /// Reads and transactions that were tried again: others were in the way, or a connection broke.
    pub retries: u64,
    /// Attempts at which others were in the way.
    pub conflicts: u64,
    /// Reads and transactions that the backend failed in the end.
    pub failures: u64,
    /// The connections, where there is a pool of them.
    pub connections: Option<Connections>,
}

/// A pool of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Those that are open.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// Tasks that wait for one.
    pub waiting: usize,
    /// The most that may be open.
    pub most: usize,
}

impl std::ops::Add for Connections {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Connections {
            open: self.open + other.open,
            idle: self.idle + other.idle,
            waiting: self.waiting + other.waiting,
            most: self.most + other.most,
        }
    }
}
