//! Which keys sign the calls.
//!
//! - `chain`: which source is asked, in order; `problem`: why one cannot serve.
//! - Sources: `static_keys` and `env` (keys as they are, each in a `place`), `profile` (a file: `cli_config` or `ini`), `oidc`, `uri`, `ecs`,
//!   `external`, `cloud_sso`; `role` on top of any, by `sts`.
//! - `recipe`: what a source is found to be, followed again whenever its keys are about to end; `lease`: the keys; `access`:
//!   what they are asked with.
//! - `keyring`: the keys of one client.

mod access;
mod chain;
mod cli_config;
mod cloud_sso;
mod ecs;
mod env;
mod external;
mod ini;
mod keyring;
mod lease;
mod oidc;
mod place;
mod problem;
mod profile;
mod recipe;
mod role;
mod static_keys;
mod sts;
mod uri;

use std::fmt;

use secrecy::SecretString;

pub(super) use access::{Access, Sts};
pub(super) use keyring::Keyring;

use problem::Problem;

use super::context::Env;
use super::error::{Error, Kind};

/// What the configuration gave; whatever is `None` or empty is looked for elsewhere.
#[derive(Clone, Debug, Default)]
pub struct CredentialConfig {
    /// `access_key`: the AccessKey id.
    pub access_key: Option<String>,
    /// `secret_key`: the AccessKey secret.
    pub secret_key: Option<SecretString>,
    /// `security_token`: the STS token of temporary keys.
    pub security_token: Option<SecretString>,
    /// `profile`: of a credentials file.
    pub profile: Option<String>,
    /// `shared_credentials_file`: its path; `~/` is the home folder.
    pub shared_credentials_file: Option<String>,
    /// `credentials_uri`: a URL that answers with keys, and may hold a secret.
    pub credentials_uri: Option<SecretString>,
    /// `ecs_role_name`: the RAM role of the ECS instance this runs on.
    pub ecs_role_name: Option<String>,
    /// `assume_role`: roles assumed on top, each with the keys of the one before.
    pub assume_role: Vec<AssumeRole>,
    /// `assume_role_with_oidc`.
    pub assume_role_with_oidc: Option<AssumeRoleWithOidc>,
}

/// `assume_role`; what is `None` comes from the environment or has a default.
#[derive(Clone, Debug, Default)]
pub struct AssumeRole {
    /// ARN of the role.
    pub role_arn: Option<String>,
    /// Name of the session, shown in audit logs.
    pub session_name: Option<String>,
    /// RAM policy in JSON that narrows what the session may.
    pub policy: Option<String>,
    /// Seconds of the session.
    pub session_expiration: Option<u32>,
    /// What the role's trust policy asks of others.
    pub external_id: Option<String>,
}

/// `assume_role_with_oidc`; what is `None` comes from the environment or has a default.
#[derive(Clone, Debug, Default)]
pub struct AssumeRoleWithOidc {
    /// ARN of the role.
    pub role_arn: Option<String>,
    /// ARN of the OIDC provider in RAM.
    pub oidc_provider_arn: Option<String>,
    /// File of the token, read anew for each session.
    pub oidc_token_file: Option<String>,
    /// The token itself.
    pub oidc_token: Option<SecretString>,
    /// Name of the session.
    pub role_session_name: Option<String>,
    /// RAM policy in JSON that narrows what the session may.
    pub policy: Option<String>,
    /// Seconds of the session.
    pub session_expiration: Option<u32>,
}

/// The region of the profile that keys would come from (dts-api.md 8.2), and which profile that is; reads one small file.
/// `None` for keys that are configured as they are, and where no profile is.
///
/// # Errors
/// [`Kind::Region`] for a file that is broken, and for a profile that is not there or tells no region.
pub fn region_of_profile(
    config: &CredentialConfig,
    env: &dyn Env,
) -> Result<Option<(String, String)>, Error> {
    if config.access_key.is_some() {
        return Ok(None);
    }
    let file = config.shared_credentials_file.as_deref();
    profile::region(file, config.profile.as_deref(), env).map_err(Problem::into_region_error)
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
    /// Where they come from, for a person.
    pub origin: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("temporary", &self.security_token.is_some())
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// Why no source gave credentials: each source with its reason, in the order they were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// One text per source, such as `configuration: access_key and secret_key are not set`.
    pub reasons: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no credentials: {}", self.reasons.join("; "))
    }
}

impl std::error::Error for Missing {}

impl Missing {
    /// As the error of a call to `action`.
    pub(super) fn into_error(self, action: &str) -> Error {
        Error::new(Kind::NoCredentials, action, self.to_string()).with_advice(Some(
            "Set access_key and secret_key, or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET in the \
             environment; or name a profile, a role or another source of keys in the provider block."
                .to_owned(),
        ))
    }
}
