//! From the bytes of a registry file to rows, and back.
//!
//! The file is Feast's `Registry` message. What that has no place for stands in fields of our own,
//! with numbers that Feast will hardly come to: its Python keeps fields that it does not know. A
//! further fact gets a field of its own, since an older build of ours does the same.

mod decode;
mod encode;
mod own;
#[cfg(test)]
mod tests;

pub(crate) use self::decode::decode;
pub(crate) use self::encode::{Encoded, encode};
