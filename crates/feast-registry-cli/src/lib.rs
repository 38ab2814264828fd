//! The feast-registry command.
