//! The rights to read and to write the registry's own objects are all that is needed.

use bytes::Bytes;
use feast_registry_file::{Loaded, Replaced};

use crate::fake::{Fake, KINDS};
use crate::{content, create};

#[tokio::test]
async fn reading_and_writing_objects_are_all_the_rights_there_must_be() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        fake.control().only = Some("team/registry.pb".to_owned());
        let blob = fake.blob("team/registry.pb");
        assert!(
            matches!(blob.load(None).await, Ok(Loaded::Absent)),
            "{kind:?}"
        );
        let version = create(&*blob, "one").await;
        let next = blob.replace(Some(&version), Bytes::from("two")).await;
        assert!(matches!(next, Ok(Replaced::Done(_))), "{kind:?} {next:?}");
        create(&*blob.beside(".backup-0"), "one").await;
        assert_eq!(content(&*blob).await, "two");
        let control = fake.control();
        let refused = control.seen.iter().find(|(_, _, status)| *status == 403);
        assert_eq!(refused, None, "{kind:?}");
    }
}

#[tokio::test]
async fn keys_are_what_they_are_written_as() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let key = "team a/ü%20#?+&=.pb";
        create(&*fake.blob(key), "one").await;
        assert_eq!(fake.content(key).as_deref(), Some(&b"one"[..]), "{kind:?}");
    }
}
