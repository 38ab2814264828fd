//! Finding and reading the YAML text.

use super::{ConfigError, FILE_NAME, LoadOptions};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest text read, in bytes, before and after `$VAR` expansion.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

const PATH_VARIABLE: &str = "FEAST_FS_YAML_FILE_PATH";
const BASE64_VARIABLE: &str = "FEATURE_STORE_YAML_BASE64";

/// The YAML text and where it is from.
pub(super) struct Document {
    /// How messages name it.
    pub(super) label: String,
    pub(super) file: Option<PathBuf>,
    pub(super) text: String,
}

/// The folder that relative paths start from.
pub(super) fn repo_path(options: &LoadOptions) -> Result<PathBuf, ConfigError> {
    match &options.chdir {
        None => Ok(PathBuf::from(".")),
        Some(dir) if dir.is_dir() => Ok(dir.clone()),
        Some(dir) => Err(ConfigError::read(
            &dir.display().to_string(),
            "no such folder (given by --chdir)",
        )),
    }
}

/// Finds the text: the base64 variable wins over everything, as in Feast, then flag, variable, default file.
pub(super) fn find(
    options: &LoadOptions,
    repo_path: &Path,
    warnings: &mut Vec<String>,
) -> Result<Option<Document>, ConfigError> {
    if let Some(encoded) = options.variable(BASE64_VARIABLE) {
        if options.feature_store_yaml.is_some() {
            warnings.push(format!(
                "--feature-store-yaml is ignored: {BASE64_VARIABLE} is set and wins, as in Feast"
            ));
        }
        return decode(encoded).map(Some);
    }
    if let Some(file) = &options.feature_store_yaml {
        return read(file.clone()).map(Some);
    }
    if let Some(file) = options.variable(PATH_VARIABLE) {
        return read(PathBuf::from(file)).map(Some);
    }
    let file = if options.chdir.is_some() {
        repo_path.join(FILE_NAME)
    } else {
        PathBuf::from(FILE_NAME)
    };
    match file.try_exists() {
        Ok(false) => Ok(None),
        _ => read(file).map(Some),
    }
}

fn read(file: PathBuf) -> Result<Document, ConfigError> {
    let label = file.display().to_string();
    let bytes = read_bytes(&file).map_err(|problem| ConfigError::read(&label, problem))?;
    let text = to_text(&label, bytes)?;
    Ok(Document {
        label,
        file: Some(file),
        text,
    })
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, String> {
    let describe = |error: std::io::Error| error.to_string();
    let handle = std::fs::File::open(file).map_err(describe)?;
    if handle.metadata().map_err(describe)?.is_dir() {
        return Err(format!(
            "it is a folder; give the file ({FILE_NAME}) or use --chdir for its folder"
        ));
    }
    let mut bytes = Vec::new();
    handle
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(describe)?;
    Ok(bytes)
}

fn decode(encoded: &str) -> Result<Document, ConfigError> {
    let problem = |text: &str| ConfigError::read(BASE64_VARIABLE, text);
    if encoded.len() > MAX_BYTES * 2 {
        return Err(problem("it is larger than 1 MiB"));
    }
    let compact: String = encoded.split_ascii_whitespace().collect();
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decoded = GeneralPurpose::new(&STANDARD, config).decode(compact);
    let bytes =
        decoded.map_err(|_| problem("it is not base64 (of the text of a feature_store.yaml)"))?;
    let text = to_text(BASE64_VARIABLE, bytes)?;
    Ok(Document {
        label: BASE64_VARIABLE.to_owned(),
        file: None,
        text,
    })
}

fn to_text(label: &str, bytes: Vec<u8>) -> Result<String, ConfigError> {
    if bytes.len() > MAX_BYTES {
        return Err(ConfigError::read(label, "it is larger than 1 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        ConfigError::read(
            label,
            format!("it is not UTF-8 text (byte {at}); is it a registry file?"),
        )
    })?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}
