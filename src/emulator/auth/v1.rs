//! Signature V1: HMAC-SHA1 over all parameters.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha1::Sha1;

use super::{Keys, Nonces, canonical, encode, fresh, keyed, known, mismatch};
use crate::emulator::{message::Message, reply::Refusal};

/// Checks the signature over all parameters.
pub(super) fn verify(
    message: &Message,
    keys: &Keys,
    now: Timestamp,
    nonces: &mut Nonces,
) -> Result<(), Refusal> {
    let need = |name| message.parameter(name).ok_or_else(|| Refusal::missing(name));
    let key = need("AccessKeyId")?;
    if need("SignatureMethod")? != "HMAC-SHA1" {
        return Err(Refusal::new(
            400,
            "InvalidSignatureMethod",
            "Specified signature method is not valid.",
        ));
    }
    if need("SignatureVersion")? != "1.0" {
        return Err(Refusal::invalid("SignatureVersion", "allowed is 1.0"));
    }
    let nonce = need("SignatureNonce")?;
    fresh(need("Timestamp")?, now)?;
    let given = need("Signature")?;
    known(key, keys)?;
    let text = string_to_sign(message);
    if given != signature(&keys.secret, &text) {
        return Err(mismatch(&text));
    }
    nonces.spend(nonce, now)
}

/// The V1 text under the signature: method, path, and every parameter but the signature, sorted.
pub(super) fn string_to_sign(message: &Message) -> String {
    let mut pairs: Vec<_> = message.pairs().filter(|(name, _)| name != "Signature").collect();
    pairs.sort();
    format!("{}&%2F&{}", message.method, encode(&canonical(&pairs)))
}

/// Base64 of the HMAC under the secret and an ampersand.
pub(super) fn signature(secret: &str, string_to_sign: &str) -> String {
    let mut mac = keyed::<Hmac<Sha1>>(format!("{secret}&").as_bytes());
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
