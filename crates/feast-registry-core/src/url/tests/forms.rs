use crate::url::{RegistryUrl, UrlError};

fn parse(text: &str) -> RegistryUrl {
    RegistryUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn hosts(url: &RegistryUrl) -> Vec<(&str, Option<u16>)> {
    url.hosts()
        .iter()
        .map(|(host, port)| (host.as_str(), *port))
        .collect()
}

#[test]
fn feast_tutorial_url() {
    let url = parse("postgresql://postgres:mysecretpassword@127.0.0.1:55001/feast");
    assert_eq!((url.scheme(), url.driver()), ("postgresql", None));
    assert_eq!(
        (url.username(), url.expose_password()),
        (Some("postgres"), Some("mysecretpassword"))
    );
    assert_eq!(hosts(&url), [("127.0.0.1", Some(55001))]);
    assert_eq!((url.database(), url.path()), (Some("feast"), None));
    assert!(url.is_database() && !url.is_memory());
    assert_eq!(
        url.to_string(),
        "postgresql://postgres:***@127.0.0.1:55001/feast"
    );
    assert_eq!(
        format!("{url:?}"),
        "RegistryUrl(\"postgresql://postgres:***@127.0.0.1:55001/feast\")"
    );
    assert_eq!(
        url.expose(),
        "postgresql://postgres:mysecretpassword@127.0.0.1:55001/feast"
    );
}

#[test]
fn dialects_and_drivers() {
    for (text, scheme, driver) in [
        ("postgres://h/d", "postgres", None),
        ("postgresql+psycopg2://h/d", "postgresql", Some("psycopg2")),
        ("PostgreSQL+AsyncPG://h/d", "postgresql", Some("asyncpg")),
        ("mysql+pymysql://h/d", "mysql", Some("pymysql")),
        ("mysql+mysqldb://h/d", "mysql", Some("mysqldb")),
        ("mariadb+pymysql://h/d", "mariadb", Some("pymysql")),
        ("cockroachdb+psycopg://h/d", "cockroachdb", Some("psycopg")),
        ("yugabytedb://h/d", "yugabytedb", None),
        ("my_db.v2-x://h/d", "my_db.v2-x", None),
    ] {
        let url = parse(text);
        assert_eq!((url.scheme(), url.driver()), (scheme, driver), "{text}");
        assert!(url.is_database(), "{text}");
    }
}

#[test]
fn hosts_of_all_kinds() {
    assert_eq!(
        hosts(&parse("mysql://h1:1,h2,h3:3/d")),
        [("h1", Some(1)), ("h2", None), ("h3", Some(3))]
    );
    assert_eq!(
        hosts(&parse("mysql://u@[::1]:3306/d")),
        [("::1", Some(3306))]
    );
    assert_eq!(
        hosts(&parse("mysql://[fe80::1],h:2")),
        [("fe80::1", None), ("h", Some(2))]
    );
    assert_eq!(hosts(&parse("mysql://h:/d")), [("h", None)]);
    assert_eq!(
        hosts(&parse("postgresql://%2Frun%2Fpg/d")),
        [("/run/pg", None)]
    );
    let socket = parse("postgresql://u@/feast?host=/run/postgresql");
    assert!(socket.hosts().is_empty());
    assert_eq!(
        (socket.database(), socket.query_value("host")),
        (Some("feast"), Some("/run/postgresql"))
    );
    assert_eq!(parse("postgresql://").hosts(), []);
}

#[test]
fn passwords_encoded_and_raw() {
    for (text, password) in [
        ("mysql://u:p%40ss%3Aw%2For%25d@h/d", "p@ss:w/or%d"),
        ("mysql://u:p@ss@h/d", "p@ss"),
        ("mysql://u:a:b@c:d@h/d", "a:b@c:d"),
        ("mysql://u:pa/ss@h/d", "pa/ss"),
        ("mysql://u:pa?ss@h/d", "pa?ss"),
        ("mysql://u:100%@h/d", "100%"),
        ("mysql://u:%F0%9F%A6%80@h/d", "🦀"),
        ("mysql://u:a+b@h/d", "a+b"),
        ("mysql://u:@h/d", ""),
        ("mysql://:only@h/d", "only"),
    ] {
        let url = parse(text);
        assert_eq!(url.expose_password(), Some(password), "{text}");
        assert_eq!(
            (hosts(&url), url.database()),
            (vec![("h", None)], Some("d")),
            "{text}"
        );
        assert!(url.to_string().ends_with(":***@h/d"), "{url}");
    }
    let plain = parse("mysql://host:5432/db?user=a@b");
    assert_eq!(
        (plain.username(), hosts(&plain)),
        (None, vec![("host", Some(5432))])
    );
}

#[test]
fn sqlite_forms() {
    for text in [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite+pysqlite:///:memory:",
        "sqlite://?cache=shared",
        "sqlite:///file:x?uri=true&mode=memory",
        "sqlite:///file::memory:?uri=true",
    ] {
        let url = parse(text);
        assert!(
            url.is_memory() && url.path().is_none() && url.is_database(),
            "{text}"
        );
    }
    for (text, path) in [
        ("sqlite:///rel/path.db", "rel/path.db"),
        ("sqlite:////abs/path.db", "/abs/path.db"),
        ("sqlite+pysqlite:///x.db?timeout=5", "x.db"),
        ("sqlite:///C:\\dir\\x.db", "C:\\dir\\x.db"),
        ("sqlite:///a%20b.db", "a b.db"),
        ("sqlite:///file:x.db?uri=true&mode=ro", "x.db"),
    ] {
        let url = parse(text);
        assert_eq!(
            (url.path(), url.database(), url.is_memory()),
            (Some(path), Some(path), false),
            "{text}"
        );
        assert_eq!(url.scheme(), "sqlite");
    }
    assert_eq!(
        RegistryUrl::parse("sqlite://registry.db"),
        Err(UrlError::SqliteHost)
    );
}

#[test]
fn files() {
    for (text, path) in [
        ("registry.db", "registry.db"),
        ("data/registry.pb", "data/registry.pb"),
        ("/abs/r.db", "/abs/r.db"),
        ("C:\\x\\r.db", "C:\\x\\r.db"),
        ("c:/x//r.db", "c:/x//r.db"),
        ("file:///abs/a%20b", "/abs/a b"),
        ("file://localhost/abs", "/abs"),
        ("file:rel/x", "rel/x"),
        ("FILE:/abs", "/abs"),
        ("file:///C:/x", "C:/x"),
        ("100%.db", "100%.db"),
        ("a?b.db", "a?b.db"),
        ("host:6570", "host:6570"),
    ] {
        let url = parse(text);
        assert_eq!((url.scheme(), url.path()), ("file", Some(path)), "{text}");
        assert_eq!(url.to_string(), text);
        assert!(!url.is_database());
    }
}

#[test]
fn objects_and_memory() {
    let url = parse("s3://bucket/some/key.pb?versionId=3");
    assert_eq!(
        (url.scheme(), url.bucket(), url.key()),
        ("s3", Some("bucket"), Some("some/key.pb"))
    );
    assert_eq!(parse("gs://b/k@%20x").key(), Some("k@%20x"));
    assert_eq!(parse("s3://AK:sk@b/k").to_string(), "s3://AK:***@b/k");
    for text in ["s3://", "s3://bucket", "s3://bucket/", "gs:///key"] {
        assert!(
            matches!(RegistryUrl::parse(text), Err(UrlError::Object { .. })),
            "{text}"
        );
    }
    let memory = parse("memory://");
    assert!(memory.is_memory() && !memory.is_database());
    assert_eq!((memory.bucket(), memory.key()), (None, None));
}

#[test]
fn query_is_decoded_and_redacted() {
    let url =
        parse("postgresql://h/d?sslmode=verify-full&sslpassword=hush&a=b+c%2B&options=-c%20x");
    assert_eq!(url.query_value("sslpassword"), Some("hush"));
    assert_eq!(url.query_value("a"), Some("b c+"));
    assert_eq!(
        url.to_string(),
        "postgresql://h/d?sslmode=verify-full&sslpassword=***&a=b+c%2B&options=-c%20x"
    );
    for secret in [
        "password",
        "api_token",
        "SecretKey",
        "%70assword",
        "credentials",
    ] {
        assert_eq!(
            parse(&format!("xx://h/?{secret}=hush")).to_string(),
            format!("xx://h/?{secret}=***")
        );
    }
}
