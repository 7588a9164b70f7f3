//! A RAM role assumed with a token that another issuer gave, such as Kubernetes (RRSA) or a CI system (dts-api.md 8.1).

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::AssumeRoleWithOidc;
use super::access::Access;
use super::env::first;
use super::lease::Lease;
use super::problem::Problem;
use super::role::{DEFAULT_SECONDS, DEFAULT_SESSION_NAME, SHARED_ARN};
use super::sts;
use crate::api::context::Env;

const PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
const TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
const TOKEN: &str = "ALIBABA_CLOUD_OIDC_TOKEN";
const SESSION_NAME: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";

/// A role and the token it is assumed with.
pub(super) struct Oidc {
    pub(super) role_arn: String,
    pub(super) provider_arn: String,
    pub(super) token: Token,
    pub(super) session_name: String,
    pub(super) policy: Option<String>,
    pub(super) seconds: u32,
    pub(super) sts_region: Option<String>,
}

/// Where the token is.
pub(super) enum Token {
    /// A file, read each time: whoever issues tokens replaces it.
    File(PathBuf),
    /// Given as it is.
    Given(SecretString),
}

/// `assume_role_with_oidc`, completed from the environment.
///
/// # Errors
/// What is missing.
pub(super) fn of_block(block: &AssumeRoleWithOidc, env: &dyn Env) -> Result<Oidc, Problem> {
    let or_variable = |set: &Option<String>, argument: &str, name: &str| {
        let value = set
            .clone()
            .or_else(|| first(env, &[name]).map(|(_, value)| value));
        value.ok_or_else(|| {
            Problem::new(
                format!("assume_role_with_oidc has no {argument}"),
                format!("Set {argument} in the block, or {name} in the environment."),
            )
        })
    };
    let file = |name: &str| Token::File(PathBuf::from(name));
    let from_env = || {
        first(env, &[TOKEN])
            .map(|(_, token)| Token::Given(SecretString::from(token)))
            .or_else(|| first(env, &[TOKEN_FILE]).map(|(_, name)| file(&name)))
    };
    let token = match (&block.oidc_token, &block.oidc_token_file) {
        (Some(token), _) => Some(Token::Given(token.clone())),
        (None, Some(name)) => Some(file(name)),
        (None, None) => from_env(),
    };
    let Some(token) = token else {
        return Err(Problem::new(
            "assume_role_with_oidc has no token",
            format!(
                "Set oidc_token_file or oidc_token in the block, or {TOKEN_FILE} or {TOKEN} in the environment."
            ),
        ));
    };
    Ok(Oidc {
        role_arn: or_variable(&block.role_arn, "role_arn", SHARED_ARN)?,
        provider_arn: or_variable(&block.oidc_provider_arn, "oidc_provider_arn", PROVIDER_ARN)?,
        token,
        session_name: block
            .role_session_name
            .clone()
            .or_else(|| first(env, &[SESSION_NAME]).map(|(_, name)| name))
            .unwrap_or_else(|| DEFAULT_SESSION_NAME.to_owned()),
        policy: block.policy.clone(),
        seconds: block.session_expiration.unwrap_or(DEFAULT_SECONDS),
        sts_region: None,
    })
}

/// What the environment alone gives: all of it, or why not.
///
/// # Errors
/// The variables that are not set.
pub(super) fn of_env(env: &dyn Env) -> Result<Oidc, String> {
    let unset = |names: &[&str]| first(env, names).is_none();
    let mut missing = Vec::new();
    for name in [SHARED_ARN, PROVIDER_ARN] {
        if unset(&[name]) {
            missing.push(name);
        }
    }
    if unset(&[TOKEN_FILE, TOKEN]) {
        missing.push(TOKEN_FILE);
    }
    of_block(&AssumeRoleWithOidc::default(), env).map_err(|_| format!("OIDC: {} not set", sentence(&missing)))
}

fn sentence(names: &[&str]) -> String {
    match names {
        [one] => format!("{one} is"),
        [rest @ .., last] => format!("{} and {last} are", rest.join(", ")),
        [] => "nothing is".to_owned(),
    }
}

impl Oidc {
    /// Reads the token and asks STS.
    pub(super) async fn lease(&self, access: Access<'_>) -> Result<Lease, Problem> {
        let token = match &self.token {
            Token::Given(token) => token.clone(),
            Token::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|cause| {
                    Problem::new(
                        format!("the OIDC token file {} cannot be read: {cause}", path.display()),
                        "Check oidc_token_file (or ALIBABA_CLOUD_OIDC_TOKEN_FILE), and that whoever issues the token still writes it there.",
                    )
                })?;
                SecretString::from(text.trim())
            }
        };
        if token.expose_secret().is_empty() {
            return Err(Problem::new(
                "the OIDC token is empty",
                "Check oidc_token_file or oidc_token, and whoever issues the token.",
            ));
        }
        sts::assume_role_with_oidc(access, self, &token).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::FakeEnv;

    fn env(variables: &[(&'static str, &'static str)]) -> FakeEnv {
        FakeEnv(variables.iter().copied().collect())
    }

    #[test]
    fn the_environment_must_be_complete() {
        let all = [
            (SHARED_ARN, "role"),
            (PROVIDER_ARN, "provider"),
            (TOKEN_FILE, "file"),
        ];
        let oidc = of_env(&env(&all)).ok().unwrap();
        assert_eq!(
            (
                &*oidc.role_arn,
                &*oidc.provider_arn,
                &*oidc.session_name,
                oidc.seconds
            ),
            ("role", "provider", "terraform", 3600)
        );
        let missing = |variables: &[_]| of_env(&env(variables)).err().unwrap();
        assert_eq!(missing(&all[1..]), "OIDC: ALIBABA_CLOUD_ROLE_ARN is not set");
        assert_eq!(
            missing(&[]),
            "OIDC: ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE are not set"
        );
    }

    #[test]
    fn what_the_block_gives_goes_before_the_environment() {
        let block = AssumeRoleWithOidc {
            role_arn: Some("mine".into()),
            oidc_token: Some(SecretString::from("hunter2")),
            ..AssumeRoleWithOidc::default()
        };
        let oidc = of_block(
            &block,
            &env(&[
                (SHARED_ARN, "role"),
                (PROVIDER_ARN, "provider"),
                (TOKEN_FILE, "file"),
            ]),
        )
        .ok()
        .unwrap();
        assert_eq!((&*oidc.role_arn, &*oidc.provider_arn), ("mine", "provider"));
        assert!(matches!(oidc.token, Token::Given(_)));
        let problem = of_block(&block, &env(&[])).err().unwrap();
        assert_eq!(
            problem.message(),
            "assume_role_with_oidc has no oidc_provider_arn"
        );
    }
}
