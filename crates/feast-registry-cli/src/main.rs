//! The `feast-registry` command with every backend that the Cargo features choose.

/// Batches and lists of objects are many small allocations on all cores.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    feast_registry_cli::main(feast_registry::backends())
}
