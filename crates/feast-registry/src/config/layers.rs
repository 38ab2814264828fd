//! The sources above the defaults, each turned into checked settings.

mod env;
mod flags;
mod yaml;

pub(super) use env::from_env;
pub(super) use flags::from_flags;
pub(super) use yaml::{Extra, YamlLayer, from_yaml};
