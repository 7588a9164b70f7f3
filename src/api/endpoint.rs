//! Where calls go: the region's own endpoint, or a URL that the user gave.

use std::net::IpAddr;

use reqwest::Url;

use super::error::{Error, Kind};

/// An endpoint that passed the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Absolute URL with the path `/`.
    pub(super) url: String,
}

impl Endpoint {
    /// `override_url` if it is given and not empty, else `https://dts.<region>.aliyuncs.com`: tasks outside China are
    /// visible only through their own region's endpoint (dts-api.md 1.2).
    ///
    /// # Errors
    /// [`Kind::Region`] for a text that is no region id, [`Kind::Endpoint`] for an override that is not acceptable.
    pub(super) fn resolve(
        region: &str,
        override_url: Option<&str>,
        insecure: bool,
    ) -> Result<Endpoint, Error> {
        check_region(region)?;
        match override_url.map(str::trim).filter(|url| !url.is_empty()) {
            Some(url) => check_url(url, insecure),
            None => Ok(Endpoint {
                url: format!("https://dts.{region}.aliyuncs.com/"),
            }),
        }
    }
}

/// A region becomes part of a host name, so it must not be able to name another host.
fn check_region(region: &str) -> Result<(), Error> {
    let valid = !region.is_empty()
        && region.len() <= 63
        && region
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !region.starts_with('-')
        && !region.ends_with('-');
    if valid {
        return Ok(());
    }
    let message = if region.is_empty() {
        "no region is configured".to_owned()
    } else {
        format!("{region:?} is not a region id: lower-case letters, digits and hyphens only")
    };
    Err(Error::new(Kind::Region, "", message).with_advice(Some(
        "Give the region id of the DTS instances, such as cn-hangzhou.".to_owned(),
    )))
}

fn check_url(text: &str, insecure: bool) -> Result<Endpoint, Error> {
    let Ok(url) = Url::parse(text) else {
        return refuse(
            "is not an absolute URL",
            "Write it with its scheme, such as https://dts.example.com.",
        );
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse(
            "has a scheme that is neither http nor https",
            "Write it with its scheme, such as https://dts.example.com or http://127.0.0.1:8080.",
        );
    }
    // A user name or a query may be a secret, so the URL is not repeated in any of these messages.
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(
            "holds a user name or password",
            "Remove it: calls are authenticated by their signature.",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("holds a query or a fragment", "Give scheme, host and port only.");
    }
    if url.path() != "/" {
        return refuse(
            "holds a path",
            "Give scheme, host and port only: every DTS operation is at the path /.",
        );
    }
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return refuse(
            "holds no host",
            "Give scheme, host and port, such as https://dts.example.com.",
        );
    };
    if url.scheme() == "http" && !is_loopback(host) && !insecure {
        return refuse(
            "is plain http to a host that is not this machine: database passwords would cross the network in the clear",
            "Use https, or set insecure = true if you accept that.",
        );
    }
    Ok(Endpoint { url: url.to_string() })
}

fn refuse(problem: &str, advice: &str) -> Result<Endpoint, Error> {
    Err(Error::new(Kind::Endpoint, "", format!("the endpoint {problem}"))
        .with_advice(Some(advice.to_owned())))
}

/// Whether `host`, as [`Url`] writes it, is this machine: 127.0.0.0/8, ::1 or `localhost`.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => address.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(region: &str, url: Option<&str>, insecure: bool, expected: Result<&str, (Kind, &str)>) {
        match (Endpoint::resolve(region, url, insecure), expected) {
            (Ok(endpoint), Ok(url)) => assert_eq!(endpoint.url, url),
            (Err(error), Err((kind, part))) => {
                assert_eq!(error.kind(), kind, "{error}");
                assert!(error.message().contains(part), "{error} does not say {part:?}");
                assert!(error.advice().is_some(), "{error}");
                assert!(!error.to_string().contains("hunter2"), "{error}");
            }
            (found, expected) => panic!("{region:?} {url:?}: {found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn a_region_has_its_own_endpoint() {
        check(
            "cn-hangzhou",
            None,
            false,
            Ok("https://dts.cn-hangzhou.aliyuncs.com/"),
        );
        check(
            "ap-southeast-1",
            Some("  "),
            false,
            Ok("https://dts.ap-southeast-1.aliyuncs.com/"),
        );
        for region in [
            "cn.evil",
            "cn/",
            "a@b",
            "CN-HANGZHOU",
            "-cn",
            "cn-",
            "cn hangzhou",
        ] {
            check(region, None, false, Err((Kind::Region, "is not a region id")));
        }
        check(
            "",
            Some("http://127.0.0.1:1"),
            false,
            Err((Kind::Region, "no region")),
        );
    }

    #[test]
    fn an_override_is_taken_when_it_is_safe() {
        for (url, taken) in [
            ("https://dts.example.com", "https://dts.example.com/"),
            ("https://dts.example.com:8443/", "https://dts.example.com:8443/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("http://127.9.8.7", "http://127.9.8.7/"),
            ("http://127.1:80", "http://127.0.0.1/"),
            ("http://[::1]:8080", "http://[::1]:8080/"),
            ("http://LocalHost:8080", "http://localhost:8080/"),
            (" http://localhost ", "http://localhost/"),
        ] {
            check("cn-hangzhou", Some(url), false, Ok(taken));
        }
        check(
            "cn-hangzhou",
            Some("http://10.0.0.1:80"),
            true,
            Ok("http://10.0.0.1/"),
        );
    }

    #[test]
    fn an_override_is_refused_when_it_is_not() {
        for (url, part) in [
            ("dts.example.com", "absolute"),
            ("127.0.0.1:8080", "absolute"),
            ("localhost:8080", "scheme"),
            ("ftp://127.0.0.1", "scheme"),
            ("https://user:hunter2@dts.example.com", "password"),
            ("https://user@dts.example.com", "user name"),
            ("https://dts.example.com/?token=hunter2", "query"),
            ("https://dts.example.com/#x", "fragment"),
            ("https://dts.example.com/api", "path"),
            ("http://dts.example.com", "plain http"),
            ("http://10.0.0.1:8080", "plain http"),
            ("http://128.0.0.1", "plain http"),
            ("http://localhost.example.com", "plain http"),
            ("http://127.0.0.1.example.com", "plain http"),
            ("http://0.0.0.0:8080", "plain http"),
            ("http://[::2]:8080", "plain http"),
        ] {
            check("cn-hangzhou", Some(url), false, Err((Kind::Endpoint, part)));
        }
    }
}
