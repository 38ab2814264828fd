//! A text of `feature_store.yaml`, and the URLs in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use feast_registry::config::{LoadOptions, load};
use feast_registry_core::url::RegistryUrl;

/// A message longer than this says no more to anybody.
const MAX_MESSAGE_BYTES: usize = 10_000;

/// What no message may hold; inputs that have it have it as a password.
const SECRET: &str = "s3cr3t";

pub(crate) fn run(input: &[u8]) {
    let variable = "FEATURE_STORE_YAML_BASE64".to_owned();
    let options = LoadOptions {
        env: [(variable, STANDARD.encode(input))].into(),
        ..LoadOptions::default()
    };
    match load(&options) {
        Ok(loaded) => {
            // Whether a store could be opened like that is not asked: nothing is opened here.
            let _ = feast_registry::store_options(&loaded.config);
            let _ = feast_registry::registry_options(&loaded.config);
            let _ = format!("{loaded:?}");
        }
        Err(error) => {
            let told = error.to_string();
            assert!(told.len() < MAX_MESSAGE_BYTES, "{} bytes", told.len());
        }
    }
    if let Ok(text) = std::str::from_utf8(input) {
        text.lines().for_each(url);
    }
}

/// A password is never shown, however odd the URL around it is.
fn url(text: &str) {
    let Ok(url) = RegistryUrl::parse(text) else {
        return;
    };
    if url.expose_password() == Some(SECRET) && text.matches(SECRET).count() == 1 {
        let told = format!("{url} {url:?}");
        assert!(!told.contains(SECRET), "{told}");
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "project: rides\nprovider: local\nregistry: data/registry.db\nonline_store:\n  type: sqlite\n",
        "project: rides\nregistry:\n  registry_type: sql\n  path: postgresql+psycopg://u:s3cr3t@h:5432/db\n  cache_ttl_seconds: 60\n  cache_mode: thread\n  sqlalchemy_config_kwargs:\n    pool_size: 5\n    pool_pre_ping: true\n    connect_args: {connect_timeout: 3}\n",
        "registry: &r\n  path: $HOME/${NAME}/registry.db\nextra: [*r, {<<: *r}]\n",
        "mysql+pymysql://u:s3cr3t@[::1]:3306/db?charset=utf8mb4&ssl_ca=/ca.pem\n",
        "s3://bucket/path/registry.pb?region=eu\ngs://bucket/registry.pb\nsqlite:////tmp/registry.db\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}
