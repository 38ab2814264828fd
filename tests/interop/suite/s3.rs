//! A registry on S3 that Python and we share.

use feast_registry::{Kind, Query};

use crate::keeper::{Keeper, PROJECT, Shared};
use crate::objects::{names, view};
use crate::time::interval;
use crate::trials::trials;

trials! {
    on_s3 {
        each_reads_what_the_other_has_written,
    }
}

async fn each_reads_what_the_other_has_written(keeper: Keeper) {
    let shared = Shared::absent(keeper);
    shared.python(&["--create", "--view", "theirs"]);
    let registry = shared.location.open().await;
    registry
        .apply_object(PROJECT, &view("ours", "entity"))
        .await
        .unwrap();
    let [start, end] = interval(7);
    registry
        .apply_materialization(PROJECT, "theirs", start, end)
        .await
        .unwrap();
    let query = Query::new(Kind::FeatureView, PROJECT);
    assert_eq!(names(&registry, &query).await, ["ours", "theirs"]);
    let feast = shared.python(&[]);
    let views = feast["views"].as_object().unwrap();
    assert_eq!(views.keys().collect::<Vec<_>>(), ["ours", "theirs"]);
    assert_eq!(views["theirs"].as_array().unwrap().len(), 1);
}
