//! Signatures of a request, in the two schemes that Alibaba Cloud takes. Pure: time and nonce come in.

mod v1;
mod v3;

use std::fmt;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub(super) use v1::{signed_form, unsigned_form};

use super::context::HttpRequest;
use super::credential::Credentials;
use super::endpoint::Endpoint;
use super::params::Params;

/// How requests are signed. Which one is the default, and why: `docs/adr/0015-signature.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureVersion {
    /// HMAC-SHA1 over the parameters, all of them in the body (dts-api.md 1.4).
    #[default]
    V1,
    /// ACS3-HMAC-SHA256 over the query, the headers and the hash of the body (dts-api.md 1.5).
    V3,
}

impl SignatureVersion {
    /// `v1` or `v3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<SignatureVersion> {
        match text {
            "v1" => Some(SignatureVersion::V1),
            "v3" => Some(SignatureVersion::V3),
            _ => None,
        }
    }
}

impl fmt::Display for SignatureVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SignatureVersion::V1 => "v1",
            SignatureVersion::V3 => "v3",
        })
    }
}

/// One attempt of a call, as far as it is signed.
pub(super) struct Message<'a> {
    pub(super) action: &'a str,
    /// Of the API, such as `2020-01-01`.
    pub(super) version: &'a str,
    pub(super) params: &'a Params,
    pub(super) now: Timestamp,
    pub(super) nonce: &'a str,
}

/// The signed request.
pub(super) fn request(
    scheme: SignatureVersion,
    message: &Message<'_>,
    keys: &Credentials,
    endpoint: &Endpoint,
    user_agent: &str,
) -> HttpRequest {
    match scheme {
        SignatureVersion::V1 => form_post(&endpoint.url, user_agent, signed_form(message, keys)),
        SignatureVersion::V3 => v3::request(message, keys, endpoint, user_agent),
    }
}

/// A POST of a form.
pub(super) fn form_post(url: &str, user_agent: &str, body: String) -> HttpRequest {
    HttpRequest {
        method: "POST",
        url: url.to_owned(),
        headers: vec![
            ("accept", "application/json".to_owned()),
            ("content-type", FORM.to_owned()),
            ("user-agent", user_agent.to_owned()),
        ],
        body,
        ..HttpRequest::default()
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// RFC 3986: all but unreserved characters are encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// `text` percent-encoded as RFC 3986 says: upper-case hex, a space is `%20`.
pub(super) fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// `name=value` joined by `&`, both encoded, in byte order of the names. It is also a form body: decoders read `%20` as a
/// space there too.
fn canonical_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut pairs: Vec<(&str, &str)> = pairs.into_iter().collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect();
    pairs.join("&")
}

/// As both schemes write time: seconds, in UTC.
fn timestamp(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_ordered_by_their_bytes() {
        assert_eq!(
            canonical_query([("b", "1"), ("B", "2"), ("a.10", "3"), ("a.2", "4")]),
            "B=2&a.10=3&a.2=4&b=1"
        );
    }

    /// RFC 3986, written out byte by byte.
    fn rfc3986(text: &str) -> String {
        text.bytes()
            .map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn percent_encoding_is_rfc_3986(text in any::<String>()) {
            let encoded = percent_encode(&text);
            prop_assert_eq!(&encoded, &rfc3986(&text));
            let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap();
            prop_assert_eq!(decoded, text);
        }
    }
}
