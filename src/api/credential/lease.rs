//! Keys and how long they serve.

use std::fmt;

use jiff::Timestamp;
use secrecy::SecretString;

use super::Credentials;
use crate::api::decode::Object;

/// Keys, and when they stop to serve; `None` for keys that do not end by themselves.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) keys: Credentials,
    pub(super) expires: Option<Timestamp>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("keys", &self.keys)
            .field("expires", &self.expires)
            .finish()
    }
}

impl Lease {
    /// Keys without an end.
    pub(super) fn of(keys: Credentials) -> Lease {
        Lease { keys, expires: None }
    }

    /// `AccessKeyId`, `AccessKeySecret`, `SecurityToken` and `Expiration` (RFC 3339): as STS, the metadata service, a
    /// credentials URI and CloudSSO answer (dts-api.md 8.1). `None` if one of the first three is missing.
    /// `origin` is what answered.
    pub(super) fn of_reply(reply: Object<'_>, origin: String) -> Option<Lease> {
        Some(Lease {
            keys: Credentials {
                access_key_id: reply.text("AccessKeyId")?,
                access_key_secret: SecretString::from(reply.text("AccessKeySecret")?),
                security_token: Some(SecretString::from(reply.text("SecurityToken")?)),
                origin,
            },
            expires: reply.text("Expiration").and_then(|time| time.parse().ok()),
        })
    }
}
