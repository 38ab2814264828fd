//! What the URLs mean that Feast users have.

use std::time::Duration;

use super::*;
use crate::{RootCertificates, SslMode, TargetSession};

fn options(url: &str) -> StoreOptions {
    StoreOptions::new(RegistryUrl::parse(url).unwrap())
}

fn settings(url: &str) -> PostgresSettings {
    PostgresSettings::from_options(&options(url)).unwrap()
}

fn refusal(url: &str) -> String {
    PostgresSettings::from_options(&options(url))
        .unwrap_err()
        .to_string()
}

fn tcp(name: &str, port: u16) -> Host {
    Host::Tcp(name.to_owned(), port)
}

#[test]
fn a_url_of_sqlalchemy_names_user_host_and_database() {
    let settings = settings("postgresql+psycopg://feast:s%40cret@db.example:6432/registry");
    assert_eq!(settings.hosts, [tcp("db.example", 6432)]);
    assert_eq!(settings.user.as_deref(), Some("feast"));
    assert_eq!(settings.password.as_ref().unwrap().expose(), "s@cret");
    assert_eq!(settings.database.as_deref(), Some("registry"));
    assert_eq!(settings.application_name, "feast-registry");
    assert_eq!(settings.options, "", "poolers refuse what they do not know");
    assert!(!format!("{settings:?}").contains("s@cret"));
}

#[test]
fn hosts_stand_before_the_path_or_among_the_parameters() {
    for url in [
        "postgresql://a:1,b/db?port=2",
        "postgresql:///db?host=a,b&port=1,2",
        "postgresql:///db?host=a:1&host=b:2",
        "postgresql://ignored/db?host=a,b&port=1,2",
    ] {
        assert_eq!(settings(url).hosts, [tcp("a", 1), tcp("b", 2)], "{url}");
    }
}

#[test]
fn a_host_that_begins_with_a_slash_is_a_socket() {
    let expected = [Host::Unix("/run/pg".into(), 5433)];
    let url = "postgresql:///db?host=/run/pg&port=5433";
    assert_eq!(settings(url).hosts, expected);
    assert_eq!(settings("postgresql://%2Frun%2Fpg:5433/db").hosts, expected);
}

#[test]
fn libpq_parameters_are_understood() {
    let settings = settings(
        "postgresql://h/db?sslmode=verify-full&sslrootcert=ca.pem&sslcert=/c.pem&sslkey=/k.pem\
         &target_session_attrs=read-write&application_name=me&connect_timeout=3&keepalives=0\
         &tcp_user_timeout=500&options=-c%20a%3Db&statement_timeout=9000&channel_binding=require",
    );
    let tls = &settings.tls;
    assert_eq!(tls.mode, SslMode::VerifyFull);
    assert_eq!(tls.roots, RootCertificates::File("./ca.pem".into()));
    assert_eq!(tls.certificate.as_deref().unwrap().to_str(), Some("/c.pem"));
    assert!(tls.require_channel_binding);
    assert_eq!(settings.target, TargetSession::ReadWrite);
    assert_eq!(settings.application_name, "me");
    assert_eq!(settings.connect_timeout, Duration::from_secs(3));
    assert_eq!(settings.keepalives_idle, None);
    assert_eq!(settings.tcp_user_timeout, Some(Duration::from_millis(500)));
    assert_eq!(settings.options, "-c a=b -c statement_timeout=9000");
}

#[test]
fn every_mode_of_tls_is_known_by_its_name() {
    for (word, mode) in [
        ("disable", SslMode::Disable),
        ("allow", SslMode::Allow),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
        ("verify-ca", SslMode::VerifyCa),
        ("verify-full", SslMode::VerifyFull),
    ] {
        let tls = settings(&format!("postgresql://h/db?sslmode={word}")).tls;
        assert_eq!((tls.mode, tls.roots), (mode, RootCertificates::Usual));
    }
    assert_eq!(settings("postgresql://h/db").tls.mode, SslMode::Prefer);
}

#[test]
fn the_roots_of_the_system_are_for_verify_full_only() {
    for query in [
        "sslrootcert=system",
        "sslrootcert=system&sslmode=verify-full",
        "sslmode=verify-full&sslrootcert=system",
    ] {
        let tls = settings(&format!("postgresql://h/db?{query}")).tls;
        assert_eq!(tls.mode, SslMode::VerifyFull, "{query}");
        assert_eq!(tls.roots, RootCertificates::System, "{query}");
    }
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let url = format!("postgresql://h/db?sslrootcert=system&sslmode={mode}");
        let message = refusal(&url);
        assert!(message.contains("verify-full"), "{mode}: {message}");
    }
}

#[test]
fn a_server_has_one_name() {
    let address = settings("postgresql:///db?hostaddr=10.0.0.1&port=6432");
    assert_eq!(address.hosts, [tcp("10.0.0.1", 6432)]);
    for url in [
        "postgresql:///db?host=db.example&hostaddr=10.0.0.1",
        "postgresql://db.example/db?hostaddr=10.0.0.1",
    ] {
        let message = refusal(url);
        assert!(message.contains("hostaddr"), "{url}: {message}");
    }
}

#[test]
fn keepalives_are_those_of_libpq() {
    let set =
        settings("postgresql://h/db?keepalives_idle=5&keepalives_interval=6&keepalives_count=7");
    assert_eq!(set.keepalives_idle, Some(Duration::from_secs(5)));
    assert_eq!(set.keepalives_interval, Some(Duration::from_secs(6)));
    assert_eq!(set.keepalives_count, Some(7));
    let unset = settings("postgresql://h/db?keepalives_interval=0&keepalives_count=0");
    assert_eq!(unset.keepalives_interval, None);
    assert_eq!(unset.keepalives_count, None);
}

#[test]
fn preparing_is_switched_off_in_many_words() {
    for word in [
        "prepare_threshold=null",
        "prepare_threshold=None",
        "prepare_threshold=0",
        "prepared_statements=false",
        "prepared_statement_cache_size=0",
    ] {
        let url = format!("postgresql://h/db?{word}");
        assert_eq!(settings(&url).prepared, Some(false), "{word}");
    }
    let on = settings("postgresql://h/db?prepared_statements=true");
    assert_eq!(on.prepared, Some(true));
    assert_eq!(settings("postgresql://h/db").prepared, None);
}

#[test]
fn a_value_that_makes_no_sense_is_named_with_what_would() {
    for (query, named) in [
        ("sslmode=on", "verify-full"),
        ("target_session_attrs=master", "read-write"),
        ("connect_timeout=soon", "connect_timeout"),
        ("port=many", "port"),
        ("sslpassword=x", "sslpassword"),
        ("sslcrl=x", "sslcrl"),
        ("service=x", "service"),
        ("requirepeer=postgres", "requirepeer"),
        ("keepalives_count=often", "keepalives_count"),
    ] {
        let message = refusal(&format!("postgresql://u:hunter2@h/db?{query}"));
        assert!(message.contains(named), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn a_parameter_of_another_driver_is_no_error() {
    let url = "postgresql+psycopg2://h/db?executemany_mode=values_only&gssencmode=disable";
    assert_eq!(settings(url).hosts, [tcp("h", 5432)]);
}

#[test]
fn the_replica_has_settings_of_its_own_and_the_same_schema() {
    let mut options = options("postgresql://a/db");
    options.read_url = Some(RegistryUrl::parse("postgresql://b/db?sslmode=disable").unwrap());
    options.schema = Some("feast".to_owned());
    let settings = PostgresSettings::from_options(&options).unwrap();
    let replica = settings.replica.unwrap();
    assert_eq!(replica.hosts, [tcp("b", 5432)]);
    assert_eq!(replica.tls.mode, SslMode::Disable);
    assert_eq!(replica.schema.as_deref(), Some("feast"));
}
