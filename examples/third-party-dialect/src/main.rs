//! The `feast-registry` command that also opens `yugabytedb:` URLs.

fn main() -> std::process::ExitCode {
    feast_registry_cli::main(feast_registry::backends().with(feast_registry_yugabytedb::Yugabyte))
}
