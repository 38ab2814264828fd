//! Moving a registry between any two stores, and comparing two of them, whatever backends they have.
//!
//! Both rest on what a row says rather than on how it is kept: a [`Digest`] of its
//! [`LogicalRecord`]. A store is read once, as of one moment; of each row 32 bytes are remembered,
//! never its body, so neither the order in which a database has its rows nor the size of the
//! registry matters much.

mod checksum;
mod compare;
mod index;
mod logical;
mod pass;
mod puts;
#[cfg(test)]
mod tests;

pub use self::checksum::{Checksum, Checksums};
pub use self::compare::{Pair, differing_keys, look_up};
pub use self::logical::{Digest, LogicalRecord};
pub use self::pass::{Options, Pass, migrate};
pub use self::puts::Refused;
