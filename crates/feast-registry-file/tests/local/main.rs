//! What only holds for registry files, on files of this machine.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod backups;
mod files;
mod handed_on;
mod interrupted;
mod lost_answers;
mod rights;
mod settled;
mod undone;

mod watched;
mod world;
mod writers;
