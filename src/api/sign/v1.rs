//! Signature V1: HMAC-SHA1 over all parameters (dts-api.md 1.4). Pure: time and nonce come in.
//!
//! Every stage is a function, and each is pinned by `tests/golden/sign/`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;

use super::{Message, canonical_query, percent_encode, timestamp};
use crate::api::credential::Credentials;
use crate::api::params::Params;

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

/// The parameters with the common ones, without the signature.
fn with_common(message: &Message<'_>, keys: Option<&Credentials>) -> Params {
    let params = message
        .params
        .clone()
        .set("Action", message.action)
        .set("Version", message.version)
        .set("Format", "JSON")
        .set("SignatureNonce", message.nonce)
        .set("Timestamp", timestamp(message.now));
    match keys {
        Some(keys) => params
            .set("AccessKeyId", &keys.access_key_id)
            .set("SignatureMethod", "HMAC-SHA1")
            .set("SignatureVersion", "1.0")
            .secret_opt("SecurityToken", keys.security_token.as_ref()),
        None => params,
    }
}

/// The signed form body of a POST.
pub(in crate::api) fn signed_form(message: &Message<'_>, keys: &Credentials) -> String {
    let params = with_common(message, Some(keys));
    let query = canonical_query(params.pairs());
    let signature = signature(&keys.access_key_secret, &string_to_sign("POST", &query));
    format!("{query}&Signature={}", percent_encode(&signature))
}

/// The form body of a POST for an action that needs no keys: STS takes a token of another issuer so.
pub(in crate::api) fn unsigned_form(message: &Message<'_>) -> String {
    canonical_query(with_common(message, None).pairs())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

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
            include_str!("../../../tests/golden/sign/describe.txt"),
            "testAccessKeySecret",
        );
        check(
            include_str!("../../../tests/golden/sign/configure_sts.txt"),
            "testAccessKeySecret",
        );
    }

    #[test]
    fn the_stages_are_those_of_the_documentation() {
        check(
            include_str!("../../../tests/golden/sign/describe_regions.txt"),
            "testsecret",
        );
    }

    #[test]
    fn the_form_carries_the_common_parameters_and_the_signature_last() {
        let credentials = Credentials {
            access_key_id: "testAccessKeyId".into(),
            access_key_secret: secret("testAccessKeySecret"),
            security_token: Some(secret("a+/=")),
            origin: String::new(),
        };
        let params = Params::new()
            .set("DtsJobId", "w4rg4pj41690001")
            .set("RegionId", "cn-hangzhou");
        let now: Timestamp = "2026-01-02T03:04:05.9Z".parse().unwrap();
        let message = Message {
            action: "DescribeDtsJobDetail",
            version: "2020-01-01",
            params: &params,
            now,
            nonce: "0a",
        };
        let form = signed_form(&message, &credentials);
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
    fn an_unsigned_form_names_no_key() {
        let params = Params::new().secret("OIDCToken", &secret("a.b"));
        let message = Message {
            action: "AssumeRoleWithOIDC",
            version: "2015-04-01",
            params: &params,
            now: "2026-01-02T03:04:05Z".parse().unwrap(),
            nonce: "0a",
        };
        assert_eq!(
            unsigned_form(&message),
            "Action=AssumeRoleWithOIDC&Format=JSON&OIDCToken=a.b&SignatureNonce=0a\
             &Timestamp=2026-01-02T03%3A04%3A05Z&Version=2015-04-01"
        );
    }
}
