//! The arguments of SQLAlchemy's `create_engine`, and what each of them means here.

use Mapping::{
    BusyTimeout, ConnectArgs, ConnectTimeout, Echo, Ignored, MaxOverflow, Parameter, PoolRecycle,
    PoolSize, PoolTimeout, PrePing, SslFiles, Unsupported,
};

/// What an argument is mapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mapping {
    /// Connections: [`PoolOptions::max_size`](super::PoolOptions::max_size).
    PoolSize,
    /// Connections beyond those: [`PoolOptions::max_size`](super::PoolOptions::max_size).
    MaxOverflow,
    /// [`PoolOptions::wait_timeout`](super::PoolOptions::wait_timeout).
    PoolTimeout,
    /// [`PoolOptions::recycle`](super::PoolOptions::recycle).
    PoolRecycle,
    /// [`PoolOptions::pre_ping`](super::PoolOptions::pre_ping).
    PrePing,
    /// [`PoolOptions::echo`](super::PoolOptions::echo).
    Echo,
    /// A map whose entries are arguments of their own.
    ConnectArgs,
    /// [`PoolOptions::busy_timeout`](super::PoolOptions::busy_timeout), and the connect timeout where it is not set.
    BusyTimeout,
    /// [`PoolOptions::connect_timeout`](super::PoolOptions::connect_timeout).
    ConnectTimeout,
    /// Handed to the driver like a query parameter of the URL.
    Parameter,
    /// A map of TLS files, handed to the driver as `ssl_ca`, `ssl_cert`, `ssl_key`.
    SslFiles,
    /// Accepted without effect, for this reason.
    Ignored(&'static str),
    /// Not mapped, for this reason: gives a warning.
    Unsupported(&'static str),
}

impl Mapping {
    /// The values that are accepted.
    pub fn accepted(self) -> &'static str {
        match self {
            PoolSize => "a whole number from 0 (0: no limit)",
            MaxOverflow => "a whole number from -1 (-1: no limit)",
            PoolTimeout | BusyTimeout | ConnectTimeout => "a number of seconds from 0",
            PoolRecycle => "a number of seconds, or -1 for never",
            PrePing => "true or false",
            Echo => "true, false or \"debug\"",
            ConnectArgs => "a map",
            Parameter => "text, a number, true or false",
            SslFiles => "a map with ca, cert, key",
            Ignored(_) | Unsupported(_) => "anything",
        }
    }

    /// What it does, for the table in the documentation.
    pub fn effect(self) -> &'static str {
        match self {
            PoolSize => "connections, which stay open once they are there (default 8)",
            MaxOverflow => "more connections, which stay open just so (default 8)",
            PoolTimeout => "longest wait for a free connection (default 30)",
            PoolRecycle => "connections older than this are replaced (default -1)",
            PrePing => "a connection is tested before it is used (default false)",
            Echo => "statements are logged at level debug (default false)",
            ConnectArgs => "each entry is an argument of its own, see below",
            BusyTimeout => {
                "SQLite: wait for other processes' locks (default 5); others: connect timeout"
            }
            ConnectTimeout => "longest wait for a new connection",
            Parameter => "given to the driver, as in the URL's query",
            SslFiles => "given to the driver as `ssl_ca`, `ssl_cert`, `ssl_key`",
            Ignored(reason) | Unsupported(reason) => reason,
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Kwarg {
    /// The name; entries of `connect_args` have that and a dot before them.
    pub name: &'static str,
    /// What it is mapped to.
    pub mapping: Mapping,
}

const fn row(name: &'static str, mapping: Mapping) -> Kwarg {
    Kwarg { name, mapping }
}

/// The row of this name.
pub(super) fn find(name: &str) -> Option<&'static Kwarg> {
    KWARGS.iter().find(|kwarg| kwarg.name == name)
}

const ALWAYS: Mapping = Ignored("always so");
const PYTHON: Mapping = Ignored("concerns Python only");
const COMPILER: Mapping = Ignored("concerns SQLAlchemy's SQL compiler only");
const LOGGING: Mapping = Ignored("statements are logged without values, under fixed names");
const OWN_TRANSACTIONS: Mapping = Ignored("every transaction is begun as it needs");
const NO_LIMIT: Mapping = Unsupported("set a limit for statements on the server instead");
const OBJECT: Mapping = Unsupported("a Python object, which YAML cannot hold");

/// Every argument of `create_engine` in SQLAlchemy 2, its dialects' own, and the `connect_args` of the drivers that Feast
/// users have. What is not here gives a warning that names it.
pub static KWARGS: &[Kwarg] = &[
    row("pool_size", PoolSize),
    row("max_overflow", MaxOverflow),
    row("pool_timeout", PoolTimeout),
    row("pool_recycle", PoolRecycle),
    row("pool_pre_ping", PrePing),
    row("pool_use_lifo", ALWAYS),
    row("echo", Echo),
    row("isolation_level", OWN_TRANSACTIONS),
    row("connect_args", ConnectArgs),
    row("future", ALWAYS),
    row("implicit_returning", COMPILER),
    row("use_insertmanyvalues", COMPILER),
    row("insertmanyvalues_page_size", COMPILER),
    row("query_cache_size", COMPILER),
    row("label_length", COMPILER),
    row("max_identifier_length", COMPILER),
    row("enable_from_linting", COMPILER),
    row("paramstyle", COMPILER),
    row("executemany_mode", COMPILER),
    row("executemany_batch_page_size", COMPILER),
    row("executemany_values_page_size", COMPILER),
    row("use_native_hstore", COMPILER),
    row("use_native_uuid", COMPILER),
    row("native_datetime", COMPILER),
    row("server_side_cursors", COMPILER),
    row("convert_unicode", PYTHON),
    row("encoding", PYTHON),
    row("json_serializer", PYTHON),
    row("json_deserializer", PYTHON),
    row("pool_reset_on_return", OWN_TRANSACTIONS),
    row("skip_autocommit_rollback", OWN_TRANSACTIONS),
    row("echo_pool", LOGGING),
    row("hide_parameters", LOGGING),
    row("logging_name", LOGGING),
    row("pool_logging_name", LOGGING),
    row("client_encoding", Ignored("always UTF-8")),
    row("creator", OBJECT),
    row("async_creator", OBJECT),
    row("pool", OBJECT),
    row("poolclass", OBJECT),
    row("pool_events", OBJECT),
    row("module", OBJECT),
    row("plugins", OBJECT),
    row(
        "execution_options",
        Unsupported("options of single statements do not exist here"),
    ),
    row("connect_args.timeout", BusyTimeout),
    row("connect_args.connect_timeout", ConnectTimeout),
    row("connect_args.check_same_thread", PYTHON),
    row("connect_args.detect_types", PYTHON),
    row("connect_args.cached_statements", PYTHON),
    row("connect_args.uri", PYTHON),
    row("connect_args.isolation_level", OWN_TRANSACTIONS),
    row("connect_args.autocommit", OWN_TRANSACTIONS),
    row("connect_args.charset", Ignored("always UTF-8")),
    row("connect_args.client_encoding", Ignored("always UTF-8")),
    row("connect_args.prepare_threshold", Parameter),
    row("connect_args.ssl", SslFiles),
    row("connect_args.sslmode", Parameter),
    row("connect_args.sslrootcert", Parameter),
    row("connect_args.sslcert", Parameter),
    row("connect_args.sslkey", Parameter),
    row("connect_args.sslpassword", Parameter),
    row("connect_args.channel_binding", Parameter),
    row("connect_args.target_session_attrs", Parameter),
    row("connect_args.application_name", Parameter),
    row("connect_args.options", Parameter),
    row("connect_args.keepalives", Parameter),
    row("connect_args.keepalives_idle", Parameter),
    row("connect_args.keepalives_interval", Parameter),
    row("connect_args.keepalives_count", Parameter),
    row("connect_args.tcp_user_timeout", Parameter),
    row("connect_args.ssl_ca", Parameter),
    row("connect_args.ssl_cert", Parameter),
    row("connect_args.ssl_key", Parameter),
    row("connect_args.ssl_disabled", Parameter),
    row("connect_args.ssl_verify_cert", Parameter),
    row("connect_args.ssl_verify_identity", Parameter),
    row("connect_args.unix_socket", Parameter),
    row("connect_args.read_timeout", NO_LIMIT),
    row("connect_args.write_timeout", NO_LIMIT),
    row("connect_args.command_timeout", NO_LIMIT),
];
