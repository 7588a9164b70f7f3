//! Where calls go: the region's own endpoint, or a URL that the user gave.

use std::net::IpAddr;

use reqwest::Url;

use super::error::{Error, Kind};

/// An endpoint that passed the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Absolute URL with the path `/`.
    pub(super) url: String,
    /// What the `Host` header says: the port only where it is not the scheme's own.
    pub(super) host: String,
}

/// Which of a region's own endpoints is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// The one on the internet.
    #[default]
    Public,
    /// The one that only machines in the region's VPCs reach.
    Vpc,
}

impl Network {
    /// `public` or `vpc`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Network> {
        match text {
            "public" => Some(Network::Public),
            "vpc" => Some(Network::Vpc),
            _ => None,
        }
    }
}

/// Regions whose public endpoint is another's, by Alibaba Cloud's metadata of its APIs (dts-api.md 1.2).
const ELSEWHERE: [(&str, &str); 5] = [
    ("cn-wulanchabu", "dts.aliyuncs.com"),
    ("cn-north-2-gov-1", "dts.aliyuncs.com"),
    ("cn-hangzhou-finance", "dts.cn-hangzhou.aliyuncs.com"),
    ("cn-shanghai-finance-1", "dts.cn-hangzhou.aliyuncs.com"),
    ("cn-shenzhen-finance-1", "dts.cn-hangzhou.aliyuncs.com"),
];

impl Endpoint {
    /// `override_url` if it is given and not empty, else the region's own endpoint on `network`.
    ///
    /// That is `dts.<region>.aliyuncs.com` also where the SDK takes the central `dts.aliyuncs.com`: tasks outside China are
    /// visible only through their own region's endpoint (dts-api.md 1.2).
    ///
    /// # Errors
    /// [`Kind::Region`] for a text that is no region id, [`Kind::Endpoint`] for an override that is not acceptable.
    pub(super) fn resolve(
        region: &str,
        network: Network,
        override_url: Option<&str>,
        insecure: bool,
    ) -> Result<Endpoint, Error> {
        check_region(region)?;
        let elsewhere = ELSEWHERE.iter().find(|(known, _)| *known == region);
        match (
            override_url.map(str::trim).filter(|url| !url.is_empty()),
            network,
            elsewhere,
        ) {
            (Some(url), ..) => check_url("endpoint", url, insecure),
            (None, Network::Vpc, _) => Ok(Endpoint::of_host(&format!("dts-vpc.{region}.aliyuncs.com"))),
            (None, Network::Public, Some((_, host))) => Ok(Endpoint::of_host(host)),
            (None, Network::Public, None) => Ok(Endpoint::of_host(&format!("dts.{region}.aliyuncs.com"))),
        }
    }

    /// Where STS is: `override_url`, else `sts.<region>.aliyuncs.com` or `sts-vpc.<region>.aliyuncs.com` where a region
    /// is given, else the central one (dts-api.md 8.1).
    ///
    /// # Errors
    /// [`Kind::Region`] and [`Kind::StsEndpoint`], likewise.
    pub(super) fn sts(
        region: Option<&str>,
        network: Network,
        override_url: Option<&str>,
    ) -> Result<Endpoint, Error> {
        if let Some(url) = override_url.map(str::trim).filter(|url| !url.is_empty()) {
            return check_url("sts_endpoint", url, false);
        }
        let Some(region) = region else {
            return Ok(Endpoint::of_host("sts.aliyuncs.com"));
        };
        check_region(region)?;
        let name = match network {
            Network::Public => "sts",
            Network::Vpc => "sts-vpc",
        };
        Ok(Endpoint::of_host(&format!("{name}.{region}.aliyuncs.com")))
    }

    fn of_host(host: &str) -> Endpoint {
        Endpoint {
            url: format!("https://{host}/"),
            host: host.to_owned(),
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

/// `name` is the argument that gave the URL.
fn check_url(name: &'static str, text: &str, insecure: bool) -> Result<Endpoint, Error> {
    let refuse = |problem: &str, advice: &str| refuse(name, problem, advice);
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
            "is plain http to a host that is not this machine: passwords and keys would cross the network in the clear",
            if name == "endpoint" {
                "Use https, or set insecure = true if you accept that."
            } else {
                "Use https."
            },
        );
    }
    // An IPv6 address keeps its brackets; the scheme's own port is none.
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    Ok(Endpoint {
        url: url.to_string(),
        host,
    })
}

fn refuse(name: &str, problem: &str, advice: &str) -> Result<Endpoint, Error> {
    let kind = if name == "endpoint" {
        Kind::Endpoint
    } else {
        Kind::StsEndpoint
    };
    Err(Error::new(kind, "", format!("the {name} {problem}")).with_advice(Some(advice.to_owned())))
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
        match (
            Endpoint::resolve(region, Network::Public, url, insecure),
            expected,
        ) {
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

    #[test]
    fn endpoints_are_those_of_the_region_and_the_network() {
        let host = |region, network| Endpoint::resolve(region, network, None, false).unwrap().host;
        for (region, public) in [
            ("cn-hangzhou", "dts.cn-hangzhou.aliyuncs.com"),
            ("cn-wulanchabu", "dts.aliyuncs.com"),
            ("cn-north-2-gov-1", "dts.aliyuncs.com"),
            ("cn-shanghai-finance-1", "dts.cn-hangzhou.aliyuncs.com"),
            ("cn-beijing-finance-1", "dts.cn-beijing-finance-1.aliyuncs.com"),
            ("me-central-1", "dts.me-central-1.aliyuncs.com"),
        ] {
            assert_eq!(host(region, Network::Public), public);
            assert_eq!(
                host(region, Network::Vpc),
                format!("dts-vpc.{region}.aliyuncs.com")
            );
        }
    }

    #[test]
    fn sts_has_its_own() {
        let sts = |region, network, url| Endpoint::sts(region, network, url);
        let url = |region, network, url| sts(region, network, url).unwrap().url;
        assert_eq!(url(None, Network::Vpc, None), "https://sts.aliyuncs.com/");
        assert_eq!(
            url(Some("cn-beijing"), Network::Public, None),
            "https://sts.cn-beijing.aliyuncs.com/"
        );
        assert_eq!(
            url(Some("cn-beijing"), Network::Vpc, None),
            "https://sts-vpc.cn-beijing.aliyuncs.com/"
        );
        assert_eq!(
            url(None, Network::Public, Some("http://127.0.0.1:1")),
            "http://127.0.0.1:1/"
        );
        let refused = sts(None, Network::Public, Some("http://sts.example.com")).unwrap_err();
        assert_eq!(refused.kind(), Kind::StsEndpoint);
        assert!(refused.message().contains("sts_endpoint"), "{refused}");
        assert_eq!(
            sts(Some("a.b"), Network::Public, None).unwrap_err().kind(),
            Kind::Region
        );
    }

    #[test]
    fn the_host_header_has_the_port_where_it_is_not_the_schemes_own() {
        for (url, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://localhost:80", "localhost"),
            ("https://dts.example.com:443", "dts.example.com"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            let endpoint = Endpoint::resolve("cn-hangzhou", Network::Public, Some(url), false).unwrap();
            assert_eq!(endpoint.host, host);
        }
    }
}
