//! The prepared statements of one connection, by their text.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Statement;

/// How many statements a connection keeps prepared: about as many as there are for all kinds.
/// Each costs the server some memory.
const CAPACITY: usize = 400;

/// A bounded cache: when it is full, the statement goes that was used longest ago.
#[derive(Default)]
pub(crate) struct Statements {
    entries: HashMap<Arc<str>, Entry>,
    clock: u64,
}

struct Entry {
    statement: Statement,
    used: u64,
}

impl Statements {
    /// The statement of this text, if it is prepared.
    pub(crate) fn get(&mut self, sql: &str) -> Option<Statement> {
        self.clock += 1;
        let entry = self.entries.get_mut(sql)?;
        entry.used = self.clock;
        Some(entry.statement.clone())
    }

    /// Keeps a statement. Dropping the one that it replaces closes that on the server.
    pub(crate) fn insert(&mut self, sql: &Arc<str>, statement: Statement) {
        if self.entries.len() >= CAPACITY {
            self.evict();
        }
        let used = self.clock;
        self.entries
            .insert(Arc::clone(sql), Entry { statement, used });
    }

    /// Forgets all, since the server may have changed what they mean.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    fn evict(&mut self) {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
        if let Some(sql) = oldest.map(|(sql, _)| Arc::clone(sql)) {
            self.entries.remove(&sql);
        }
    }
}
