use crate::url::{RegistryUrl, Secret, UrlError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[test]
fn malformed_urls_name_what_is_wrong() {
    for (text, word) in [
        ("", "empty"),
        ("postgresql://u:hush@h:port/d", "port"),
        ("postgresql://u:hush@h:99999/d", "port"),
        ("postgresql://u:hush@h:+1/d", "port"),
        ("postgresql://u:hush@h1,,h2/d", "host"),
        ("postgresql://u:hush@:5432/d", "host"),
        ("postgresql://u:hush@[::1/d", "host"),
        ("postgresql://u:hush@[::1]x/d", "host"),
        ("postgresql:u:hush@h/d", "two slashes"),
        ("postgresql+psycopg:/u:hush@h/d", "two slashes"),
        ("1x://u:hush@h", "scheme"),
        ("u:hush@h://x", "scheme"),
        ("sqlite://u:hush@h/x", "three slashes"),
        ("file://hush/x", "host"),
        ("file://hush", "host"),
        ("file://", "path"),
        ("file:", "path"),
        ("postgresql://h/d\n", "newline"),
        ("postgresql://u:hush%00@h/d", "password"),
        ("postgresql://u:hush%FF@h/d", "password"),
    ] {
        let error = RegistryUrl::parse(text).expect_err(text);
        assert!(error.to_string().contains(word), "{text}: {error}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
    assert_eq!(
        RegistryUrl::parse(&"x".repeat(20_000)),
        Err(UrlError::TooLong { max: 16 * 1024 })
    );
}

#[test]
fn nothing_of_a_password_is_shown() {
    for text in [
        "mysql://u:hush@a/hush@host/db",
        "mysql://u:hush/a@h/d",
        "mysql://u:hush?a=hush@h/d",
        "u:hush@host/db",
        "x://u:hush@host/db",
        "mysql://h/d?proxy=http://u:hush@p",
    ] {
        let url = RegistryUrl::parse(text).expect(text);
        assert!(
            !format!("{url} {url:?} {:?}", url.password()).contains("hush"),
            "{url}"
        );
    }
    let secret = Secret::new("hush");
    assert_eq!(format!("{secret} {secret:?}"), "*** ***");
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>()) {
        let _ = RegistryUrl::parse(&text).map(|url| (url.to_string(), url.bucket().is_some(), url.key().is_some()));
    }

    #[test]
    fn never_panics_on_almost_urls(text in "(sqlite|postgresql\\+psycopg|s3|file|[a-z])?:?/{0,4}[a-zé:@/?\\[\\]%,&=.0-9]{0,40}") {
        if let Ok(url) = RegistryUrl::parse(&text) {
            prop_assert_eq!(url.expose(), &text);
            prop_assert_eq!(RegistryUrl::parse(url.expose()), Ok(url));
        }
    }

    #[test]
    fn round_trip(
        user in "[^\\x00]{1,12}", password in "[^\\x00]{0,12}", database in "[^\\x00]{1,12}", key in "[^\\x00]{1,8}",
        value in "[^\\x00]{0,8}", host in "[a-z][a-z0-9.-]{0,10}", port in any::<Option<u16>>(),
    ) {
        let (u, p, d, k, v) = (encode(&user), encode(&password), encode(&database), encode(&key), encode(&value));
        let number = port.map(|port| format!(":{port}")).unwrap_or_default();
        let url = RegistryUrl::parse(&format!("mysql+pymysql://{u}:{p}@{host}{number}/{d}?{k}={v}"))?;
        prop_assert_eq!(url.username(), Some(user.as_str()));
        prop_assert_eq!(url.expose_password(), Some(password.as_str()));
        prop_assert_eq!(url.hosts(), &[(host, port)]);
        prop_assert_eq!(url.database(), Some(database.as_str()));
        prop_assert_eq!(url.query(), &[(key, value)]);
    }

    #[test]
    fn passwords_never_show(password in "[A-Za-z0-9/@:?%!$ ]{0,6}Zq9Zq9[A-Za-z0-9/@:%!$ ]{0,6}") {
        match RegistryUrl::parse(&format!("mysql://user:{password}@host/db")) {
            Ok(url) => {
                let shown = format!("{url} {url:?}");
                prop_assert!(!shown.contains("Zq9Zq9"), "{}", shown);
            }
            Err(error) => {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains("Zq9Zq9"), "{}", shown);
            }
        }
    }
}
