//! One command per kind of object, made from the table of kinds.

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, Error, FromArgMatches, Subcommand};
use feast_registry_core::Kind;

use super::ObjectCommand;

/// Kinds whose commands can do more, and so are written out.
const WRITTEN_OUT: [Kind; 3] = [Kind::FeatureView, Kind::Project, Kind::Permission];

/// `entities list`, `data-sources describe NAME`, ….
#[derive(Debug)]
pub(crate) struct Noun {
    pub(crate) kind: Kind,
    pub(crate) command: ObjectCommand,
}

fn kinds() -> impl Iterator<Item = Kind> {
    Kind::OBJECTS
        .into_iter()
        .filter(|kind| !WRITTEN_OUT.contains(kind))
}

fn find(name: &str) -> Option<Kind> {
    kinds().find(|kind| kind.spec().plural == name)
}

fn command(kind: Kind) -> Command {
    let title = kind.spec().plural.replace('-', " ");
    let (first, rest) = title.split_at(1);
    ObjectCommand::augment_subcommands(Command::new(kind.spec().plural))
        .about(format!("{}{rest}", first.to_uppercase()))
        .long_about(None)
        .subcommand_required(true)
        .arg_required_else_help(true)
}

impl Subcommand for Noun {
    fn augment_subcommands(parent: Command) -> Command {
        kinds().fold(parent, |parent, kind| parent.subcommand(command(kind)))
    }

    fn augment_subcommands_for_update(parent: Command) -> Command {
        Self::augment_subcommands(parent)
    }

    fn has_subcommand(name: &str) -> bool {
        find(name).is_some()
    }
}

impl FromArgMatches for Noun {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let found = matches
            .subcommand()
            .and_then(|(name, matches)| Some((find(name)?, matches)));
        let (kind, matches) = found.ok_or_else(|| Error::new(ErrorKind::MissingSubcommand))?;
        Ok(Noun {
            kind,
            command: ObjectCommand::from_arg_matches(matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
