//! Signature V3: ACS3-HMAC-SHA256 over query, headers and the hash of the body.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Keys, Nonces, canonical, fresh, hex, keyed, known, mismatch};
use crate::emulator::{message::Message, reply::Refusal};

/// How the authorization begins.
pub(super) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// Headers that a V3 signature has to cover.
const SIGNED: &[&str] = &[
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
];

/// Checks the signature over the query, the headers that it names, and the body.
pub(super) fn verify(
    message: &Message,
    keys: &Keys,
    now: Timestamp,
    nonces: &mut Nonces,
) -> Result<(), Refusal> {
    let incomplete = |why: &str| {
        Refusal::new(
            400,
            "IncompleteSignature",
            format!("The request signature does not conform: {why}."),
        )
    };
    let authorization = message.header("authorization").unwrap_or_default();
    let part = |name: &str| {
        authorization
            .trim_start_matches(ALGORITHM)
            .split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            .filter(|value| !value.is_empty())
            .ok_or_else(|| incomplete(&format!("Authorization has no {name}")))
    };
    let (key, signed, given) = (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
    let header = |name: &str| message.header(name).ok_or_else(|| Refusal::missing(name));
    let nonce = header("x-acs-signature-nonce")?;
    fresh(header("x-acs-date")?, now)?;
    let signed: Vec<&str> = signed.split(';').collect();
    if let Some(missing) = SIGNED.iter().find(|name| !signed.contains(name)) {
        return Err(incomplete(&format!("SignedHeaders lacks {missing}")));
    }
    if !signed.is_sorted() {
        return Err(incomplete("SignedHeaders is not sorted"));
    }
    known(key, keys)?;
    let payload = hex(&Sha256::digest(&message.body));
    if header("x-acs-content-sha256")? != payload {
        return Err(incomplete("x-acs-content-sha256 is not the hash of the body"));
    }
    let request = canonical_request(message, &signed, &payload);
    let text = string_to_sign(&request);
    if given != signature(&keys.secret, &text) {
        return Err(mismatch(&format!(
            "{text}, server canonical request is:{request}"
        )));
    }
    nonces.spend(nonce, now)
}

/// The text of the request that is hashed.
pub(super) fn canonical_request(message: &Message, signed: &[&str], payload: &str) -> String {
    let mut pairs: Vec<_> = message.query.iter().collect();
    pairs.sort();
    let mut headers = String::new();
    for name in signed {
        let value = message.header(name).unwrap_or_default();
        headers.push_str(&format!("{name}:{value}\n"));
    }
    format!(
        "{}\n/\n{}\n{headers}\n{}\n{payload}",
        message.method,
        canonical(&pairs),
        signed.join(";")
    )
}

/// The text under the signature.
pub(super) fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", hex(&Sha256::digest(canonical_request)))
}

fn signature(secret: &str, string_to_sign: &str) -> String {
    let mut mac = keyed::<Hmac<Sha256>>(secret.as_bytes());
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}
