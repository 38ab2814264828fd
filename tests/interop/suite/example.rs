//! The example of concurrent materialisation, as its page says to run it.

use std::path::Path;
use std::process::Command;

use crate::command;
use crate::database::Database;
use crate::engine::Engine;
use crate::python;
use crate::trials::trials;

trials! {
    everywhere { concurrent_materialization_keeps_every_interval_of_ours }
}

async fn concurrent_materialization_keeps_every_interval_of_ours(engine: Engine) {
    let database = Database::absent(engine);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let script = root.join("examples/concurrent-materialization/run.py");
    let mut run = command::without_our_variables(Command::new(python::executable()));
    run.arg(script)
        .args(["--registry", &database.url(), "--with-feast"])
        .args(["--processes", "3", "--calls", "4"])
        .args(["--command", command::path()])
        .current_dir(database.folder());
    let printed = python::output(&mut run);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 2, "{printed}");
    assert!(
        lines[0].starts_with("feast-registry: 12 of 12 "),
        "{printed}"
    );
    assert!(lines[1].starts_with("Feast "), "{printed}");
}
