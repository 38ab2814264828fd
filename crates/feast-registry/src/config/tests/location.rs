use super::{nothing, origin, set, with_yaml};
use crate::config::{DEFAULT_REGISTRY, LoadOptions, RegistryType, load};
use base64::Engine;
use std::path::PathBuf;

#[test]
fn nothing_at_all_is_sqlite() {
    let (dir, options) = nothing();
    let loaded = load(&options).expect("loads");
    let config = &loaded.config;
    assert_eq!(
        (config.registry.path.expose(), config.registry.registry_type),
        (DEFAULT_REGISTRY, RegistryType::Sql)
    );
    assert_eq!(
        (config.project.as_deref(), config.repo_path.as_path()),
        (None, dir.path())
    );
    assert_eq!(
        origin(&loaded, "registry.path"),
        ("default", DEFAULT_REGISTRY)
    );
    assert_eq!(config.resolve("x"), dir.path().join("x"));
    assert_eq!(
        load(&LoadOptions {
            chdir: None,
            ..options
        })
        .expect("loads")
        .config
        .repo_path,
        PathBuf::from(".")
    );
}

#[test]
fn flag_over_variable_over_folder() {
    let (dir, options) = nothing();
    let write = |name: &str| {
        let file = dir.path().join(name);
        std::fs::write(&file, format!("registry: from_{name}")).expect("writes");
        file
    };
    let (flag, variable) = (write("flag.yaml"), write("variable.yaml"));
    let folder = write("feature_store.yaml");
    let path = |options: &LoadOptions| {
        load(options)
            .expect("loads")
            .config
            .registry
            .path
            .expose()
            .to_owned()
    };

    assert_eq!(path(&options), "from_feature_store.yaml");
    assert_eq!(load(&options).expect("loads").config.file, Some(folder));
    let options = set(
        options,
        &[("FEAST_FS_YAML_FILE_PATH", variable.to_str().expect("text"))],
    );
    assert_eq!(path(&options), "from_variable.yaml");
    let options = LoadOptions {
        feature_store_yaml: Some(flag),
        ..options
    };
    let loaded = load(&options).expect("loads");
    assert_eq!(loaded.config.registry.path.expose(), "from_flag.yaml");
    assert!(origin(&loaded, "registry.path").0.ends_with("flag.yaml:1"));
    assert_eq!(loaded.config.repo_path, dir.path());

    let encoded = base64::engine::general_purpose::STANDARD.encode("registry: from_base64");
    let wrapped = format!(
        "{}\n  {}\n",
        &encoded[..8],
        encoded[8..].trim_end_matches('=')
    );
    let loaded = load(&set(options, &[("FEATURE_STORE_YAML_BASE64", &wrapped)])).expect("loads");
    assert_eq!(loaded.config.registry.path.expose(), "from_base64");
    assert!(
        loaded.warnings[0].contains("--feature-store-yaml is ignored"),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn unreadable_files() {
    let (dir, options) = nothing();
    let file = dir.path().join("feature_store.yaml");
    let error = || load(&options).expect_err("refused").to_string();
    std::fs::create_dir(&file).expect("a folder");
    assert!(error().contains("it is a folder"), "{}", error());
    std::fs::remove_dir(&file).expect("removes");
    for (bytes, word) in [
        (vec![], "empty"),
        (b"# only a comment\n".to_vec(), "empty"),
        (b"\n\x0a\x07\xff\xfe".to_vec(), "not UTF-8"),
        (vec![b'#'; 1024 * 1024 + 1], "larger than 1 MiB"),
        (b"- a\n- b\n".to_vec(), "no map"),
        (b"just text".to_vec(), "no map"),
    ] {
        std::fs::write(&file, bytes).expect("writes");
        let error = error();
        assert!(
            error.contains("feature_store.yaml: ") && error.contains(word),
            "{error}"
        );
    }
    std::fs::write(&file, "\u{feff}registry: r.db").expect("writes");
    assert!(load(&options).is_ok());
    for bad in [
        LoadOptions {
            feature_store_yaml: Some(dir.path().join("none.yaml")),
            ..options.clone()
        },
        set(
            options.clone(),
            &[("FEAST_FS_YAML_FILE_PATH", "/none.yaml")],
        ),
        LoadOptions {
            chdir: Some(dir.path().join("none")),
            ..options.clone()
        },
    ] {
        assert!(
            load(&bad)
                .expect_err("refused")
                .to_string()
                .contains("none")
        );
    }
}

#[test]
fn bad_base64() {
    let options = set(
        with_yaml(""),
        &[("FEATURE_STORE_YAML_BASE64", "registry: hush")],
    );
    let error = load(&options).expect_err("refused").to_string();
    assert!(
        error.contains("FEATURE_STORE_YAML_BASE64") && error.contains("not base64"),
        "{error}"
    );
    assert!(!error.contains("hush"));
}
