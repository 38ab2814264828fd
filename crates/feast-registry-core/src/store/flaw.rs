//! What may be wrong with the tables of a store.

/// Something about the tables that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// Tables that a newer program has upgraded, to the version `found` of their schema. This program knows
    /// those up to `known`.
    NewerSchema {
        /// The version that the store notes.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A table that is not there; [`Store::initialize`](super::Store::initialize) creates it.
    MissingTable(String),
    /// A column that holds less than objects may have, as the statement that widens it:
    /// [`Store::upgrade`](super::Store::upgrade) runs it.
    NarrowColumn(String),
}
