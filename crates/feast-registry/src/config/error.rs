//! What can be wrong with a configuration.

/// Why the configuration cannot be used. Its text names source, key, what was found and what is accepted, and no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file (or the text of an environment variable) cannot be read.
    #[error("cannot read {file}: {problem}")]
    Read {
        /// The file or variable.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The text is not the YAML that is expected.
    #[error("{file}:{line}:{column}: {problem}")]
    Syntax {
        /// The file or variable.
        file: String,
        /// The line, from 1; 0 where it is not known.
        line: u64,
        /// The column, from 1; 0 where it is not known.
        column: u64,
        /// What is wrong there.
        problem: String,
    },
    /// A key has a value that is not accepted.
    #[error("{origin}: `{key}` is {found}; accepted: {accepted}")]
    Value {
        /// The source of the value: file and line, variable or flag.
        origin: String,
        /// The key with dots.
        key: String,
        /// What was found, secrets hidden.
        found: String,
        /// What is accepted.
        accepted: String,
    },
    /// Two values do not go together.
    #[error("{origin}: {problem}; {fix}")]
    Conflict {
        /// The source of the value that is probably wrong.
        origin: String,
        /// What does not go together.
        problem: String,
        /// What to write instead.
        fix: String,
    },
    /// The file names no registry, and neither does another source (Feast: `FeastRegistryNotSetError`).
    #[error(
        "{file}: no registry is set; add `registry: sqlite:///registry.db` (or another URL or path) to the file, or give \
         --registry or FEAST_REGISTRY_PATH"
    )]
    RegistryNotSet {
        /// The file or variable.
        file: String,
    },
}

impl ConfigError {
    pub(super) fn read(file: &str, problem: impl ToString) -> Self {
        Self::Read {
            file: file.to_owned(),
            problem: problem.to_string(),
        }
    }

    pub(super) fn value(
        origin: &str,
        key: &str,
        found: impl Into<String>,
        accepted: impl Into<String>,
    ) -> Self {
        Self::Value {
            origin: origin.to_owned(),
            key: key.to_owned(),
            found: found.into(),
            accepted: accepted.into(),
        }
    }

    pub(super) fn conflict(
        origin: &str,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::Conflict {
            origin: origin.to_owned(),
            problem: problem.into(),
            fix: fix.into(),
        }
    }
}
