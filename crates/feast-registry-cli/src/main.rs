//! The `feast-registry` command with every backend that the Cargo features choose.

fn main() -> std::process::ExitCode {
    feast_registry_cli::main(feast_registry::backends())
}
