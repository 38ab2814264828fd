use super::{loaded, set, with_yaml};
use crate::config::expand::{TooLarge, expand};
use crate::config::load;
use std::collections::BTreeMap;

fn env() -> BTreeMap<String, String> {
    [("A", "1"), ("B_2", "two"), ("odd name", "odd"), ("D", "$A")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into()
}

#[test]
fn as_in_python() {
    for (text, expanded) in [
        ("$A ${A} $B_2x ${B_2}x", "1 1 $B_2x twox"),
        ("$A$A-$A", "11-1"),
        ("${odd name}", "odd"),
        ("$UNSET ${UNSET} ${A:-x}", "$UNSET ${UNSET} ${A:-x}"),
        ("$$A $ $- ${ ${} ${A", "$1 $ $- ${ ${} ${A"),
        ("$D", "$A"),
        ("$é$A", "$é1"),
        ("no dollar", "no dollar"),
        ("", ""),
    ] {
        assert_eq!(
            expand(text, &env(), 1000).as_deref(),
            Ok(expanded),
            "{text}"
        );
    }
}

#[test]
fn growth_has_a_limit() {
    let env = BTreeMap::from([("A".to_owned(), "x".repeat(600))]);
    assert_eq!(expand("$A$A", &env, 1000), Err(TooLarge));
    assert_eq!(expand(&"x".repeat(1001), &env, 1000), Err(TooLarge));
}

#[test]
fn before_yaml_is_parsed() {
    let options = set(
        with_yaml("registry: {path: '$DB', cache_ttl_seconds: $TTL}"),
        &[("DB", "sqlite:///x.db"), ("TTL", "5")],
    );
    let registry = load(&options).expect("loads").config.registry;
    assert_eq!(
        (registry.path.expose(), registry.cache_ttl_seconds),
        ("sqlite:///x.db", 5)
    );
    assert_eq!(
        loaded("registry: data/$UNSET.db")
            .config
            .registry
            .path
            .expose(),
        "data/$UNSET.db"
    );
}
