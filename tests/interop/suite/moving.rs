//! A registry moved from backend to backend, and Feast beside it.

use serde_json::json;

use feast_registry::Registry;
use feast_registry_core::migration::{Checksums, Options, Pass, differing_keys, migrate};

use crate::compare::{assert_differs_only, keys, remove};
use crate::database::{Database, rows};
use crate::engine::Engine;
use crate::every_kind::every_kind;
use crate::files;
use crate::keeper::{Keeper, Shared};
use crate::real;
use crate::say;
use crate::trials::{Ground, trials};

trials! {
    on_sqlite {
        every_kind_goes_round_all_backends_and_comes_back_as_it_was,
        a_real_file_goes_round_all_backends_and_comes_back_as_it_was,
    }
    everywhere {
        what_feast_changes_meanwhile_comes_with_the_next_pass,
    }
}

async fn run(from: &Registry, to: &Registry, overwrite: bool) -> Pass {
    let mut options = Options::default();
    options.overwrite = overwrite;
    let (from, to) = (from.store(), to.store());
    migrate(&**from, &**to, &options, &|| ()).await.unwrap()
}

async fn sums(registry: &Registry) -> Checksums {
    Checksums::read(&**registry.store(), None).await.unwrap()
}

/// From database to database, to a file, to an object, and back into a database. Answers the stops that
/// Feast can read, in order.
async fn round(start: &Registry) -> Vec<(Engine, Database)> {
    let mut stops = vec![
        (Engine::File, Database::absent(Engine::File)),
        (Engine::Sqlite, Database::absent(Engine::Sqlite)),
    ];
    for engine in [Engine::Mariadb, Engine::Postgres] {
        match engine.missing() {
            None => stops.insert(0, (engine, Database::absent(engine))),
            Some(reason) => say(&format!("not by way of {}: {reason}", engine.name())),
        }
    }
    let object = Keeper::S3
        .missing()
        .is_none()
        .then(|| Shared::absent(Keeper::S3));
    let expected = sums(start).await;
    let mut here = start.clone();
    for (place, (_, stop)) in stops.iter().enumerate() {
        let is_last = place + 1 == stops.len();
        if let Some(object) = object.as_ref().filter(|_| is_last) {
            here = go(&here, object.location.open().await, &expected).await;
        }
        here = go(&here, stop.open().await, &expected).await;
    }
    stops
}

async fn go(from: &Registry, to: Registry, expected: &Checksums) -> Registry {
    let place = to.store().describe().await.unwrap();
    let pass = run(from, &to, false).await;
    assert!(pass.refused.is_empty(), "{place}: {:?}", pass.refused);
    assert_eq!(sums(&to).await, *expected, "{place}");
    assert!(run(from, &to, false).await.is_quiet(), "{place}");
    to
}

async fn every_kind_goes_round_all_backends_and_comes_back_as_it_was(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let mut dump = made.dump.clone();
    remove(&mut dump, &["functions"]);
    let mut differences: &[&str] = &[];
    for (engine, stop) in round(&database.open().await).await {
        let (mut there, mut own) = (stop.dump(), dump.clone());
        if engine == Engine::File {
            // It puts its project into each message, which stays there at all stops behind it.
            differences = files::DIFFERENCES;
            for part in files::NOT_IN_BOTH {
                remove(&mut there, part);
                remove(&mut own, part);
            }
        }
        let what = format!("what Feast reads: {}, its own", engine.name());
        assert_differs_only(&what, &there, &own, differences);
    }
}

async fn a_real_file_goes_round_all_backends_and_comes_back_as_it_was(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    registry.import_rows(real::rows_of_feast()).await.unwrap();
    let (_, back) = round(&registry).await.pop().unwrap();
    assert_eq!(rows(&back.open().await).await, rows(&registry).await);
}

async fn what_feast_changes_meanwhile_comes_with_the_next_pass(engine: Engine) {
    let (database, copy) = (Database::absent(engine), Database::absent(Engine::Sqlite));
    let view = |tag: &str| json!([{"name": "stats", "entities": ["driver"], "tags": {"of": tag}}]);
    let first = json!({"entities": [{"name": "driver"}], "feature_views": view("first")});
    database.python_applies("p", &first).unwrap();
    let (source, target) = (database.open().await, copy.open().await);
    run(&source, &target, false).await;

    let next = json!({
        "entities": [{"name": "driver"}, {"name": "rider"}],
        "feature_views": view("next"),
    });
    database.python_applies("p", &next).unwrap();
    database.python("materialize.py", &["--project", "p", "--view", "stats"]);
    let pass = run(&source, &target, true).await;
    assert!(pass.created >= 1 && pass.updated >= 1, "{pass}");
    let (a, b) = (source.store(), target.store());
    assert_eq!(differing_keys(&**a, &**b, None).await.unwrap(), []);
    let dump = copy.dump();
    assert_eq!(dump, database.dump());
    assert!(keys(&dump["entities"]["p"]).contains("rider"), "{dump}");
}
