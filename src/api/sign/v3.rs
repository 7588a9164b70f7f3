//! Signature V3: ACS3-HMAC-SHA256 over the query, the headers and the hash of the body (dts-api.md 1.5).
//!
//! Every stage is a function, and each is pinned by `tests/golden/sign/v3_*.txt`.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{FORM, Message, canonical_query, timestamp};
use crate::api::context::HttpRequest;
use crate::api::credential::Credentials;
use crate::api::endpoint::Endpoint;

/// Name of the scheme, as the header and the text to sign begin.
const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// Parameters that travel in the body; all others are in the query, as the official SDK has it (dts-api.md 1.1). Where they
/// travel matters here, for query and body are signed apart.
const IN_BODY: [(&str, &[&str]); 2] = [
    ("ConfigureDtsJob", &["DbList", "Reserve"]),
    (
        "ModifyDtsJob",
        &[
            "DbList",
            "EtlOperatorColumnReference",
            "FilterTableName",
            "ModifyTypeEnum",
            "Reserved",
        ],
    ),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the hash is made of. `headers` are all signed, in order of their names, which are in lower case.
fn canonical_request(method: &str, query: &str, headers: &[(&str, String)], payload_hash: &str) -> String {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    format!(
        "{method}\n/\n{query}\n{lines}\n{}\n{payload_hash}",
        signed_headers(headers)
    )
}

fn signed_headers(headers: &[(&str, String)]) -> String {
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    names.join(";")
}

fn string_to_sign(canonical_request: &str) -> String {
    format!(
        "{ALGORITHM}\n{}",
        hex(&Sha256::digest(canonical_request.as_bytes()))
    )
}

/// The signature over `string_to_sign`. Other than in V1, the key of the MAC is the secret alone.
fn signature(secret: &SecretString, string_to_sign: &str) -> String {
    // HMAC takes keys of any length: only the type has an error.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn authorization(key_id: &str, headers: &[(&str, String)], signature: &str) -> String {
    format!(
        "{ALGORITHM} Credential={key_id},SignedHeaders={},Signature={signature}",
        signed_headers(headers)
    )
}

/// The signed request.
pub(super) fn request(
    message: &Message<'_>,
    keys: &Credentials,
    endpoint: &Endpoint,
    user_agent: &str,
) -> HttpRequest {
    let in_body: &[&str] = IN_BODY
        .iter()
        .find(|(action, _)| *action == message.action)
        .map_or(&[], |(_, names)| names);
    let (body, query): (Vec<_>, Vec<_>) = message
        .params
        .pairs()
        .partition(|(name, _)| in_body.contains(name));
    let (query, body) = (canonical_query(query), canonical_query(body));
    let payload_hash = hex(&Sha256::digest(body.as_bytes()));

    // In order of their names. What proxies rewrite (accept, user-agent) is left unsigned, as the documentation has it.
    let mut signed: Vec<(&'static str, String)> = Vec::new();
    if !body.is_empty() {
        signed.push(("content-type", FORM.to_owned()));
    }
    signed.push(("host", endpoint.host.clone()));
    if keys.security_token.is_some() {
        signed.push(("x-acs-accesskey-id", keys.access_key_id.clone()));
    }
    signed.push(("x-acs-action", message.action.to_owned()));
    signed.push(("x-acs-content-sha256", payload_hash.clone()));
    signed.push(("x-acs-date", timestamp(message.now)));
    if let Some(token) = &keys.security_token {
        signed.push(("x-acs-security-token", token.expose_secret().to_owned()));
    }
    signed.push(("x-acs-signature-nonce", message.nonce.to_owned()));
    signed.push(("x-acs-version", message.version.to_owned()));

    let text = string_to_sign(&canonical_request("POST", &query, &signed, &payload_hash));
    let signature = signature(&keys.access_key_secret, &text);
    let authorization = authorization(&keys.access_key_id, &signed, &signature);
    // The HTTP client writes the host itself.
    signed.retain(|(name, _)| *name != "host");
    signed.extend([
        ("accept", "application/json".to_owned()),
        ("authorization", authorization),
        ("user-agent", user_agent.to_owned()),
    ]);
    HttpRequest {
        method: "POST",
        url: endpoint.url.clone(),
        query,
        headers: signed,
        body,
        ..HttpRequest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoint::Network;
    use crate::api::params::Params;

    /// One golden file: query, headers, and what each stage makes of them.
    fn check(golden: &str) {
        let lines = |key: &'static str| {
            golden
                .lines()
                .filter_map(move |line| line.strip_prefix(key)?.strip_prefix(' '))
        };
        let one = |key| lines(key).next().unwrap_or_default();
        let pairs: Vec<(&str, &str)> = lines("query")
            .map(|line| line.split_once('=').expect("name=value"))
            .collect();
        let query = canonical_query(pairs.iter().rev().copied());
        let headers: Vec<(&str, String)> = lines("header")
            .map(|line| line.split_once(':').expect("name:value"))
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        assert!(headers.len() > 5);
        let payload_hash = hex(&Sha256::digest(one("body").as_bytes()));
        let request = canonical_request(one("method"), &query, &headers, &payload_hash);
        let expected: Vec<&str> = lines("canonical").collect();
        assert_eq!(request, expected.join("\n"));
        let text = string_to_sign(&request);
        assert_eq!(text, format!("{ALGORITHM}\n{}", one("hash")));
        let secret = SecretString::from(one("secret"));
        let signature = signature(&secret, &text);
        assert_eq!(signature, one("signature"));
        assert_eq!(
            authorization(one("key"), &headers, &signature),
            one("authorization")
        );
    }

    #[test]
    fn the_stages_are_those_of_the_sdk() {
        check(include_str!("../../../tests/golden/sign/v3_describe.txt"));
        check(include_str!("../../../tests/golden/sign/v3_configure_sts.txt"));
        check(include_str!("../../../tests/golden/sign/v3_tag.txt"));
    }

    #[test]
    fn the_stages_are_those_of_the_documentation() {
        check(include_str!("../../../tests/golden/sign/v3_run_instances.txt"));
    }

    fn keys(token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: "testAccessKeyId".into(),
            access_key_secret: SecretString::from("testAccessKeySecret"),
            security_token: token.map(SecretString::from),
            origin: String::new(),
        }
    }

    fn built(action: &str, params: &Params, token: Option<&str>) -> HttpRequest {
        let endpoint = Endpoint::resolve(
            "cn-hangzhou",
            Network::Public,
            Some("http://127.0.0.1:8080"),
            false,
        )
        .unwrap();
        let message = Message {
            action,
            version: "2020-01-01",
            params,
            now: "2026-01-02T03:04:05.9Z".parse().unwrap(),
            nonce: "0a",
        };
        request(&message, &keys(token), &endpoint, "test/1.0")
    }

    fn signed_names(request: &HttpRequest) -> String {
        let authorization = &request
            .headers
            .iter()
            .find(|(name, _)| *name == "authorization")
            .unwrap()
            .1;
        let signed = authorization.split(',').nth(1).unwrap();
        signed.strip_prefix("SignedHeaders=").unwrap().to_owned()
    }

    #[test]
    fn parameters_travel_where_the_sdk_puts_them() {
        let params = Params::new()
            .set("DtsJobId", "j")
            .set("DbList", "{}")
            .set("Reserve", "{}");
        let configure = built("ConfigureDtsJob", &params, None);
        assert_eq!(
            (&*configure.query, &*configure.body),
            ("DtsJobId=j", "DbList=%7B%7D&Reserve=%7B%7D")
        );
        assert_eq!(
            signed_names(&configure),
            "content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
        );
        let subscription = built("ConfigureSubscription", &params, None);
        assert_eq!(
            (&*subscription.query, &*subscription.body),
            ("DbList=%7B%7D&DtsJobId=j&Reserve=%7B%7D", "")
        );
    }

    #[test]
    fn a_token_is_signed_with_its_key() {
        let request = built("StopDtsJob", &Params::new(), Some("token"));
        assert_eq!(
            signed_names(&request),
            "host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;\
             x-acs-signature-nonce;x-acs-version"
        );
        let header = |name: &str| request.headers.iter().find(|(known, _)| *known == name);
        assert_eq!(header("x-acs-security-token").unwrap().1, "token");
        assert_eq!(header("x-acs-date").unwrap().1, "2026-01-02T03:04:05Z");
        assert!(header("host").is_none());
        assert!(!format!("{request:?}").contains("token"));
    }
}
