//! Programs that write older copies over ours.

use crate::fake::{Fake, KINDS};
use crate::logged::Logged;
use crate::registry::{KEY, apply, names_in, open};

#[tokio::test]
async fn an_older_copy_over_our_write_is_logged_and_counted_once() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let registry = open(&fake).await.expect("a registry");
        apply(&registry, "first").await.expect("applied");
        let older = fake.content(KEY).expect("a registry");
        apply(&registry, "second").await.expect("applied");
        fake.overwrite(KEY, older);
        let (logged, _listening) = Logged::listen();
        for _ in 0..2 {
            assert_eq!(names_in(&registry).await.len(), 1, "{kind:?}");
        }
        let messages = logged.messages();
        let [message] = &messages[..] else {
            panic!("{kind:?} {messages:?}");
        };
        let says = "another program wrote an older copy over an acknowledged write";
        assert!(message.contains(says), "{message}");
        assert!(message.contains("lake/registry.pb"), "{message}");
        assert_eq!(registry.store().undone_writes(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_copy_that_has_our_write_is_no_loss() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let registry = open(&fake).await.expect("a registry");
        apply(&registry, "first").await.expect("applied");
        let copy = fake.content(KEY).expect("a registry");
        let (logged, _listening) = Logged::listen();
        // Its generation is another one.
        fake.overwrite(KEY, copy);
        assert_eq!(names_in(&registry).await.len(), 1, "{kind:?}");
        assert!(logged.messages().is_empty(), "{kind:?}");
        assert_eq!(registry.store().undone_writes(), 0, "{kind:?}");
    }
}
