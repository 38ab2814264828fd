//! Feast's own command for the server, `feast serve_registry`, in terms of ours.
//!
//! Feast's Helm chart and its Kubernetes operator start the server that way, and an image with this
//! command under the name `feast` must answer. Feast's other commands have the same names here.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};

/// The command of Feast's that is translated.
const COMMAND: &str = "serve_registry";

/// Options before a command that take a value, in Feast and here; a test compares them with ours.
const WITH_VALUE: [&str; 11] = [
    "-c",
    "--chdir",
    "-f",
    "--feature-store-yaml",
    "--log-level",
    "--registry",
    "--project",
    "--log-format",
    "-o",
    "--output",
    "--color",
];

/// Start the registry server, with the options of Feast's command
#[derive(Debug, Parser)]
#[command(name = COMMAND, disable_help_flag = true)]
struct ServeRegistry {
    /// The port for gRPC
    #[arg(short, long, default_value_t = 6570)]
    port: u16,
    /// The private key of the server, with --cert
    #[arg(short, long, requires = "cert")]
    key: Option<PathBuf>,
    /// The certificate of the server, with --key
    #[arg(short, long, requires = "key")]
    cert: Option<PathBuf>,
    /// Serve gRPC (the default)
    #[arg(long, overrides_with = "no_grpc")]
    grpc: bool,
    /// Do not serve gRPC
    #[arg(long, overrides_with = "grpc")]
    no_grpc: bool,
    /// Serve REST
    #[arg(short, long, overrides_with = "no_rest_api")]
    rest_api: bool,
    /// Do not serve REST (the default)
    #[arg(long, overrides_with = "rest_api")]
    no_rest_api: bool,
    /// The port for REST
    #[arg(long, default_value_t = 6572)]
    rest_port: u16,
    /// The host for REST; gRPC is served on all of them
    #[arg(short, long, default_value = "::")]
    host: String,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// The arguments with Feast's command replaced by ours; as they are if it is not there.
///
/// # Errors
///
/// Options that Feast's command does not have, or that make no sense.
pub(crate) fn translate(args: Vec<OsString>) -> Result<Vec<OsString>, clap::Error> {
    let Some(position) = command(&args).filter(|&at| args[at] == COMMAND) else {
        return Ok(args);
    };
    let given = ServeRegistry::try_parse_from(&args[position..])?;
    given.check()?;
    let mut translated = args[..position].to_vec();
    translated.extend(given.ours());
    Ok(translated)
}

/// Where the command is among the arguments.
fn command(args: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(arg) = args.get(at).and_then(|arg| arg.to_str()) {
        match arg {
            option if WITH_VALUE.contains(&option) => at += 2,
            option if option.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
    None
}

impl ServeRegistry {
    fn check(&self) -> Result<(), clap::Error> {
        let message = if self.rest_api {
            "the REST API is not served yet: leave --rest-api out"
        } else if self.no_grpc {
            "with --no-grpc there is nothing to serve"
        } else {
            return Ok(());
        };
        Err(Self::command().error(ErrorKind::ArgumentConflict, message))
    }

    fn ours(self) -> Vec<OsString> {
        let mut ours: Vec<OsString> = ["serve", "--as-feast", "--host", "::", "--port"]
            .map(OsString::from)
            .into();
        ours.push(self.port.to_string().into());
        for (option, file) in [("--tls-key", self.key), ("--tls-cert", self.cert)] {
            if let Some(file) = file {
                ours.extend([OsStr::new(option).to_owned(), file.into()]);
            }
        }
        ours
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(line: &str) -> Result<String, String> {
        let args = line.split_whitespace().map(OsString::from).collect();
        let args = translate(args).map_err(|error| error.to_string())?;
        let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn the_command_lines_of_chart_and_operator_are_understood() {
        let as_feast = "serve --as-feast --host :: --port";
        for (feast, ours) in [
            ("feast serve_registry", format!("feast {as_feast} 6570")),
            (
                "feast --log-level WARNING serve_registry",
                format!("feast --log-level WARNING {as_feast} 6570"),
            ),
            (
                "feast -c repo serve_registry --grpc --key k --cert c -p 6571",
                format!("feast -c repo {as_feast} 6571 --tls-key k --tls-cert c"),
            ),
            (
                "feast serve_registry -p 1 -k k -c c --no-rest-api",
                format!("feast {as_feast} 1 --tls-key k --tls-cert c"),
            ),
        ] {
            assert_eq!(translated(feast), Ok(ours));
        }
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        for (line, why) in [
            (
                "feast serve_registry --rest-api --rest-port 1",
                "REST API is not served yet",
            ),
            ("feast serve_registry --no-grpc", "nothing to serve"),
            ("feast serve_registry --key k", "--cert"),
            ("feast serve_registry --bogus", "--bogus"),
        ] {
            let error = translated(line).unwrap_err();
            assert!(error.contains(why), "{line}: {error}");
        }
    }

    #[test]
    fn every_option_with_a_value_is_stepped_over() {
        let cli = crate::args::Cli::command();
        let with_value = cli
            .get_arguments()
            .filter(|argument| argument.get_action().takes_values());
        let mut stepped_over = 0;
        for argument in with_value {
            let long = argument.get_long().map(|long| format!("--{long}"));
            let short = argument.get_short().map(|short| format!("-{short}"));
            for option in long.into_iter().chain(short) {
                assert!(WITH_VALUE.contains(&&*option), "{option}");
                stepped_over += 1;
            }
        }
        assert_eq!(stepped_over, WITH_VALUE.len());
    }

    #[test]
    fn other_commands_stay_as_they_are() {
        for line in [
            "feast entities list",
            "feast-registry delete serve_registry",
            "feast-registry -c serve_registry entities list",
            "feast-registry",
        ] {
            assert_eq!(translated(line).as_deref(), Ok(line));
        }
    }
}
