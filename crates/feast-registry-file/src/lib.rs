//! Feast registry files, local, on S3 and on GCS, that concurrent writers cannot corrupt.

mod blob;
#[cfg(any(feature = "s3", feature = "gcs"))]
pub mod object;

pub use self::blob::{Blob, Loaded, Pace, Replaced, Turn, Version};
