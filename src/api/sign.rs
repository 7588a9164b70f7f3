//! Signature V1: HMAC-SHA1 over all parameters (dts-api.md 1.4). Pure: time and nonce come in.
//!
//! Every stage is a function, and each is pinned by `tests/golden/sign/`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;

use super::credential::Credentials;
use super::params::Params;

/// Version of the DTS OpenAPI.
const API_VERSION: &str = "2020-01-01";

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

/// What is signed. The path is always `/`.
fn string_to_sign(method: &str, canonical_query: &str) -> String {
    format!("{method}&%2F&{}", percent_encode(canonical_query))
}

/// The signature over `string_to_sign`. The key of the MAC is the secret and an `&`.
fn signature(secret: &SecretString, string_to_sign: &str) -> String {
    let key = format!("{}&", secret.expose_secret());
    // HMAC takes keys of any length: only the type has an error.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// `params` with the common parameters for one attempt, without the signature.
fn with_common(
    action: &str,
    params: Params,
    credentials: &Credentials,
    now: Timestamp,
    nonce: &str,
) -> Params {
    params
        .set("Action", action)
        .set("Version", API_VERSION)
        .set("Format", "JSON")
        .set("AccessKeyId", &credentials.access_key_id)
        .set("SignatureMethod", "HMAC-SHA1")
        .set("SignatureVersion", "1.0")
        .set("SignatureNonce", nonce)
        .set("Timestamp", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        .secret_opt("SecurityToken", credentials.security_token.as_ref())
}

/// The signed form body of a POST.
pub(super) fn signed_form(
    action: &str,
    params: &Params,
    credentials: &Credentials,
    now: Timestamp,
    nonce: &str,
) -> String {
    let params = with_common(action, params.clone(), credentials, now, nonce);
    let query = canonical_query(params.pairs());
    let signature = signature(&credentials.access_key_secret, &string_to_sign("POST", &query));
    format!("{query}&Signature={}", percent_encode(&signature))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    /// One golden file: method, parameters, and what each stage makes of them.
    fn check(golden: &str, key: &str) {
        let lines = |key: &'static str| {
            golden
                .lines()
                .filter_map(move |line| line.strip_prefix(key)?.strip_prefix(' '))
        };
        let one = |key| lines(key).next().expect("the golden file has the stage");
        let pairs: Vec<(&str, &str)> = lines("param")
            .map(|line| line.split_once('=').expect("name=value"))
            .collect();
        assert!(pairs.len() > 5);
        let query = canonical_query(pairs.iter().rev().copied());
        assert_eq!(query, one("canonical"));
        let text = string_to_sign(one("method"), &query);
        assert_eq!(text, one("string-to-sign"));
        assert_eq!(signature(&secret(key), &text), one("signature"));
    }

    #[test]
    fn the_stages_are_those_of_the_sdk() {
        check(
            include_str!("../../tests/golden/sign/describe.txt"),
            "testAccessKeySecret",
        );
        check(
            include_str!("../../tests/golden/sign/configure_sts.txt"),
            "testAccessKeySecret",
        );
    }

    #[test]
    fn the_stages_are_those_of_the_documentation() {
        check(
            include_str!("../../tests/golden/sign/describe_regions.txt"),
            "testsecret",
        );
    }

    #[test]
    fn the_form_carries_the_common_parameters_and_the_signature_last() {
        let credentials = Credentials {
            access_key_id: "testAccessKeyId".into(),
            access_key_secret: secret("testAccessKeySecret"),
            security_token: Some(secret("a+/=")),
        };
        let params = Params::new()
            .set("DtsJobId", "w4rg4pj41690001")
            .set("RegionId", "cn-hangzhou");
        let now: Timestamp = "2026-01-02T03:04:05.9Z".parse().unwrap();
        let form = signed_form("DescribeDtsJobDetail", &params, &credentials, now, "0a");
        let signed = "AccessKeyId=testAccessKeyId&Action=DescribeDtsJobDetail&DtsJobId=w4rg4pj41690001&Format=JSON\
             &RegionId=cn-hangzhou&SecurityToken=a%2B%2F%3D&SignatureMethod=HMAC-SHA1&SignatureNonce=0a\
             &SignatureVersion=1.0&Timestamp=2026-01-02T03%3A04%3A05Z&Version=2020-01-01";
        let rest = form
            .strip_prefix(signed)
            .and_then(|rest| rest.strip_prefix("&Signature="))
            .unwrap();
        let expected = signature(&credentials.access_key_secret, &string_to_sign("POST", signed));
        assert_eq!(rest, percent_encode(&expected));
    }

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
