//! Input that is damaged, absurd or meant to hurt: a clear error, and nothing is applied.

use crate::runner::{Folder, entity};

/// Applies a file, and asserts that it is refused and has left nothing behind.
#[track_caller]
fn refused(content: impl AsRef<[u8]>, part: &str) -> String {
    let folder = Folder::new();
    folder
        .write("good.yaml", entity("driver"))
        .write("bad.file", content);
    let error = folder.cli("apply good.yaml bad.file").fails(2, part);
    assert!(error.contains("bad.file"), "{error}");
    assert!(error.len() < 2_000, "{} bytes: {error}", error.len());
    assert_eq!(
        folder.cli("projects list -o json").json(),
        serde_json::json!([])
    );
    error
}

fn exported() -> Vec<u8> {
    let folder = Folder::with_examples();
    folder.cli("export --out all.pb").ok();
    folder.read("all.pb")
}

#[test]
fn a_yaml_bomb() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, after) in ('a'..='h').zip('b'..='i') {
        let many = vec![format!("*{before}"); 9].join(", ");
        bomb += &format!("{after}: &{after} [{many}]\n");
    }
    refused(bomb, "from aliases");
}

#[test]
fn nesting_without_end() {
    refused(
        format!("kind: Entity\nspec: {}", "[".repeat(100_000)),
        "bad.file:2",
    );
    refused("[".repeat(100_000), "recursion limit");
    let steps: String = (0..60)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    refused(steps, "deeper than any definition");
}

#[test]
fn a_truncated_registry_file() {
    let whole = exported();
    refused(&whole[..whole.len() - 3], "neither a whole registry file");
    refused(&whole[..whole.len() / 2], "bad.file");
}

#[test]
fn a_damaged_object_in_a_registry_file() {
    // The first object says that it is longer inside than it is outside.
    refused(
        [0x0a, 0x04, 0x0a, 0x7f, b'a', b'b'],
        "at byte 0: not a valid Entity",
    );
    refused(
        [0x0a, 0x06, 0x0a, 0x04, 0x0a, 0x02, 0xff, 0xfe],
        "not UTF-8",
    );
    refused([0x0a, 0x02, 0x0a, 0x00], "has no name");
}

#[test]
fn a_length_that_no_memory_could_hold() {
    refused(
        [
            0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1,
        ],
        "registry file",
    );
}

#[test]
fn random_bytes() {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let bytes: Vec<u8> = (0..10_000).map(|_| next()).collect();
    refused(bytes, "neither a whole registry file");
}

#[test]
fn another_protobuf_message() {
    refused([0x12, 0x01, 0x00], "no Feast registry");
}

#[test]
fn nothing_at_all() {
    refused("", "it is empty");
    refused(" \n\t\n", "it is empty");
    refused("# a comment\n---\n", "it holds no objects");
}

#[test]
fn an_unknown_kind_and_none() {
    let error = refused(
        "kind: Entty\nspec: {name: a}\n",
        "bad.file:1: there is no kind `Entty`",
    );
    assert!(
        error.contains("hint: accepted are Project, Entity, "),
        "{error}"
    );
    refused("\n\nspec: {name: a}\n", "bad.file:3: it has no `kind`");
    refused("kind: 7\n", "`kind` is a number");
    refused("kind: Version\n", "there is no kind `Version`");
    refused("kind: Infra\nproject: 7\n", "`project` is a number");
    refused("kind: Infra\nname: x\n", "name: unrecognized field name");
    refused("just text", "an object is expected, not text");
}

#[test]
fn wrong_types_are_named_with_their_path() {
    refused(
        "kind: Entity\nspec: {name: a}\n---\nkind: Entity\nspec:\n  name: b\n  tags: {x: y, tier: 1}\n",
        "bad.file:4 (Entity b): spec.tags.tier: ",
    );
    refused(
        r#"[{"kind": "FeatureView", "name": "v", "spec": {"features": [{}, {"valueType": "INT65"}]}}]"#,
        "bad.file: object 1 (FeatureView v): spec.features[1].valueType: ",
    );
    refused("kind: Entity\nspec: {name: a, joinKy: b}\n", "spec.joinKy");
    refused("kind: Entity\nspec: 7\n", "(Entity): spec: ");
    refused(
        "kind: Entity\nname: a\nspec: {name: b}\n",
        "`name` is \"a\", but `spec.name` is \"b\"",
    );
}

#[test]
fn syntax_errors_are_named_with_their_place() {
    refused("kind: Entity\nspec: {name: x\nfoo: \"bar\n", "bad.file:3:");
    refused("[{\"kind\": \"Entity\",}]", "bad.file:1:20: not valid JSON");
    refused(
        "kind: Entity\nkind: Entity\n",
        "the key `kind` is there twice",
    );
}

#[test]
fn the_same_object_twice() {
    let text = entity("driver") + "---\n" + &entity("driver");
    refused(
        text.replace("rides", "p"),
        "is defined twice, first at bad.file:1",
    );
}

#[test]
fn absurd_names() {
    let named = |name: &str| format!("kind: Entity\nproject: p\nspec: {{name: \"{name}\"}}\n");
    refused(named(&"x".repeat(256)), "at most 255");
    refused(named("a\\0b"), "NUL");
    let error = refused(named("\\e[2J\\0"), "NUL");
    assert!(!error.contains('\u{1b}'), "{error:?}");
}

#[test]
fn a_name_with_escapes_does_not_reach_the_terminal() {
    let folder = Folder::new();
    folder
        .cli_with_input(
            "apply -",
            "kind: Entity\nproject: p\nspec: {name: \"a\\e[31mb\\nc\"}\n",
        )
        .ok();
    let table = folder.cli("entities list").ok();
    assert!(table.contains("a\\u{1b}[31mb\\nc"), "{table:?}");
    assert_eq!(table.lines().count(), 2);
    assert_eq!(
        folder.cli("entities list -o json").json()[0]["spec"]["name"],
        "a\u{1b}[31mb\nc"
    );
}

#[test]
fn files_that_are_none() {
    let folder = Folder::new();
    folder
        .cli("apply missing.yaml")
        .fails(2, "cannot read missing.yaml: ");
    folder.cli("apply .").fails(2, "it is a folder");
    folder
        .cli("import missing.pb")
        .fails(2, "cannot read missing.pb: ");
    assert!(
        !folder.path().join("registry.db").exists(),
        "a registry was made for nothing"
    );
}

#[test]
fn a_database_where_definitions_should_be() {
    let folder = Folder::with_examples();
    folder
        .cli("apply registry.db")
        .fails(2, "it is a SQLite database");
}

#[test]
fn a_registry_that_is_none() {
    let folder = Folder::new();
    folder
        .write("registry.db", exported())
        .write("text.db", "hello");
    folder
        .cli("projects list")
        .fails(1, "is not an SQLite database");
    assert!(
        folder
            .cli("--registry sqlite:///text.db projects list")
            .code
            != 0
    );
    std::fs::create_dir(folder.path().join("folder.db")).unwrap();
    assert!(
        folder
            .cli("--registry sqlite:///folder.db projects list")
            .code
            != 0
    );
    assert!(
        folder
            .cli("--registry sqlite:///no/such/folder.db projects list")
            .code
            != 0
    );
    assert_eq!(folder.read("text.db"), b"hello");
}
