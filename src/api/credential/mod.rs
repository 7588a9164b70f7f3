//! Which keys sign the calls.

use std::fmt;

use secrecy::SecretString;

/// What the provider block gave; whatever is `None` or empty is looked for elsewhere.
#[derive(Clone, Debug, Default)]
pub struct CredentialConfig {
    /// `access_key`: the AccessKey id.
    pub access_key: Option<String>,
    /// `secret_key`: the AccessKey secret.
    pub secret_key: Option<SecretString>,
    /// `security_token`: the STS token of temporary keys.
    pub security_token: Option<SecretString>,
}

/// Keys that sign calls.
#[derive(Clone)]
pub struct Credentials {
    /// AccessKey id; not secret, but part of what identifies an account.
    pub access_key_id: String,
    /// AccessKey secret.
    pub access_key_secret: SecretString,
    /// STS token, for temporary keys.
    pub security_token: Option<SecretString>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("temporary", &self.security_token.is_some())
            .finish_non_exhaustive()
    }
}
