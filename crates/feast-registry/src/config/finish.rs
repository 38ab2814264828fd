//! From merged values to the typed block: URLs are parsed, kwargs mapped, and values checked against each other.

use super::layers::Extra;
use super::merge::Merged;
use super::registry::Raw;
use super::{
    CacheMode, ConfigError, Kwargs, PoolOptions, RegistryConfig, RegistryType, redact, store_type,
};
use feast_registry_core::url::RegistryUrl;

/// Builds and checks the block.
pub(super) fn registry(
    merged: &Merged,
    extra: Vec<Extra>,
    warnings: &mut Vec<String>,
) -> Result<RegistryConfig, ConfigError> {
    let raw: Raw = merged
        .figment
        .extract_inner("registry")
        .map_err(|error| internal(merged, &error))?;
    let path = url(merged, "registry.path", &raw.path)?;
    check_type(merged, raw.registry_type, &path)?;
    store_type::check(merged, &raw, &path, warnings)?;
    check_client_certificate(merged, &raw)?;
    let read_path = read_path(merged, &raw, warnings)?;
    let (pool, kwarg_warnings) = PoolOptions::from_kwargs(&raw.sqlalchemy_config_kwargs, |key| {
        merged.source(key).to_owned()
    })?;
    if raw.registry_type == RegistryType::Sql {
        warnings.extend(kwarg_warnings);
    }
    warn_serving(merged, &raw, warnings);
    let extra = keep_extra(raw.registry_type, extra, warnings);
    Ok(assemble(raw, path, read_path, pool, extra))
}

/// Every value has been checked before; this is for what nobody has thought of. The library's text may quote a value.
fn internal(merged: &Merged, error: &figment::Error) -> ConfigError {
    let key = format!("registry.{}", error.path.join("."));
    ConfigError::value(
        merged.source(&key),
        &key,
        "of another type",
        "see the table of keys in docs/configuration.md",
    )
}

fn url(merged: &Merged, key: &str, text: &str) -> Result<RegistryUrl, ConfigError> {
    RegistryUrl::parse(text).map_err(|error| {
        let found = format!("\"{}\"", redact::url(text));
        ConfigError::value(merged.source(key), key, found, error.to_string())
    })
}

fn check_type(
    merged: &Merged,
    registry_type: RegistryType,
    path: &RegistryUrl,
) -> Result<(), ConfigError> {
    let origin = merged.source("registry.path");
    match registry_type {
        RegistryType::File if path.is_database() => Err(ConfigError::conflict(
            origin,
            format!("`registry.path` is the database URL {path}, but `registry_type` is `file`"),
            "write `registry_type: sql`, or leave it out",
        )),
        RegistryType::Sql if !path.is_database() && path.scheme() != "memory" => {
            Err(ConfigError::conflict(
                origin,
                format!(
                    "`registry.path` is {path}, which is no database URL, but `registry_type` is `sql`"
                ),
                "write a URL such as sqlite:///registry.db, or `registry_type: file`",
            ))
        }
        _ => Ok(()),
    }
}

fn check_client_certificate(merged: &Merged, raw: &Raw) -> Result<(), ConfigError> {
    let (given, missing) = match (raw.client_cert.is_empty(), raw.client_key.is_empty()) {
        (false, true) => ("client_cert", "client_key"),
        (true, false) => ("client_key", "client_cert"),
        _ => return Ok(()),
    };
    let origin = merged.source(&format!("registry.{given}"));
    Err(ConfigError::conflict(
        origin,
        format!("`registry.{given}` is set without `{missing}`"),
        "set both or none",
    ))
}

fn read_path(
    merged: &Merged,
    raw: &Raw,
    warnings: &mut Vec<String>,
) -> Result<Option<RegistryUrl>, ConfigError> {
    const KEY: &str = "registry.read_path";
    let Some(text) = raw.read_path.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if raw.registry_type != RegistryType::Sql {
        warnings.push(format!(
            "{}: `{KEY}` is ignored: the registry is no database",
            merged.source(KEY)
        ));
        return Ok(None);
    }
    let parsed = url(merged, KEY, text)?;
    if !parsed.is_database() {
        return Err(ConfigError::value(
            merged.source(KEY),
            KEY,
            format!("\"{parsed}\""),
            "the URL of a database",
        ));
    }
    Ok(Some(parsed))
}

/// Feast warns of the same combinations.
fn warn_serving(merged: &Merged, raw: &Raw, warnings: &mut Vec<String>) {
    const KEY: &str = "registry.serve_features_while_materializing";
    if !raw.serve_features_while_materializing {
        return;
    }
    let source = merged.source(KEY);
    if raw.registry_type != RegistryType::Sql {
        warnings.push(format!(
            "{source}: `{KEY}` is meant for `registry_type: sql`"
        ));
    } else if raw.cache_mode == CacheMode::Thread {
        warnings.push(format!("{source}: `{KEY}` with `cache_mode: thread` may serve states that are `cache_ttl_seconds` old"));
    }
}

fn keep_extra(
    registry_type: RegistryType,
    extra: Vec<Extra>,
    warnings: &mut Vec<String>,
) -> Kwargs {
    if registry_type != RegistryType::Snowflake {
        let warning = |extra: &Extra| {
            format!(
                "{}: `registry.{}` is no known key; it has no effect",
                extra.source, extra.key
            )
        };
        warnings.extend(extra.iter().map(warning));
    }
    Kwargs(
        extra
            .into_iter()
            .map(|extra| (extra.key, extra.value))
            .collect(),
    )
}

fn assemble(
    raw: Raw,
    path: RegistryUrl,
    read_path: Option<RegistryUrl>,
    pool: PoolOptions,
    extra: Kwargs,
) -> RegistryConfig {
    RegistryConfig {
        registry_type: raw.registry_type,
        registry_store_type: raw.registry_store_type,
        path,
        read_path,
        cache_ttl_seconds: raw.cache_ttl_seconds,
        cache_mode: raw.cache_mode,
        s3_additional_kwargs: raw.s3_additional_kwargs,
        allow_lost_updates: raw.allow_lost_updates,
        purge_feast_metadata: raw.purge_feast_metadata,
        compact_intervals: raw.compact_intervals,
        enable_online_feature_view_versioning: raw.enable_online_feature_view_versioning,
        serve_features_while_materializing: raw.serve_features_while_materializing,
        mcp_enabled: raw.mcp.get("enabled").copied().unwrap_or(false),
        sqlalchemy_config_kwargs: raw.sqlalchemy_config_kwargs,
        pool,
        thread_pool_executor_worker_count: raw.thread_pool_executor_worker_count,
        schema_mode: raw.schema_mode,
        cert: raw.cert,
        is_tls: raw.is_tls,
        client_cert: raw.client_cert,
        client_key: raw.client_key,
        authority: raw.authority,
        journal_mode: raw.journal_mode,
        schema: raw.schema.filter(|name| !name.is_empty()),
        backup_versions: raw.backup_versions,
        protected_projects: raw.protected_projects,
        extra,
    }
}
