//! A RAM role assumed with a token that another issuer gave, such as Kubernetes (RRSA) or a CI system (dts-api.md 8.1).

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::AssumeRoleWithOidc;
use super::access::Access;
use super::chain::Found;
use super::env::first;
use super::lease::Lease;
use super::problem::{Problem, listed};
use super::recipe::Recipe;
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

/// What the environment alone gives. `ALIBABA_CLOUD_ROLE_ARN` by itself is a role to assume with keys.
///
/// # Errors
/// For a token or its provider without the rest: going on would sign as somebody else.
pub(super) fn of_env(env: &dyn Env) -> Result<Found, Problem> {
    let is_set = |name: &&str| first(env, &[*name]).is_some();
    let all = [SHARED_ARN, PROVIDER_ARN, TOKEN_FILE, TOKEN];
    let (set, mut missing): (Vec<&str>, Vec<&str>) = all.into_iter().partition(is_set);
    // One of the two is enough; the file is the one to name.
    let has_token = set.iter().any(|name| [TOKEN_FILE, TOKEN].contains(name));
    missing.retain(|name| *name != TOKEN && !(has_token && *name == TOKEN_FILE));
    if missing.is_empty() {
        let oidc = of_block(&AssumeRoleWithOidc::default(), env)?;
        return Ok(Found::Recipe(Recipe::Oidc(oidc)));
    }
    let are = if missing.len() == 1 { "is" } else { "are" };
    let why = format!("OIDC: {} {are} not set", listed(&missing));
    let begun: Vec<&str> = set.into_iter().filter(|name| *name != SHARED_ARN).collect();
    if begun.is_empty() {
        return Ok(Found::Absent(why));
    }
    Err(Problem::new(
        format!("{why}, but {}", listed(&begun)),
        format!(
            "Set {} too; or unset {}, and keys are looked for elsewhere.",
            listed(&missing),
            listed(&begun)
        ),
    ))
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
                SecretString::from(text.trim_start_matches('\u{feff}').trim())
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
        let Found::Recipe(Recipe::Oidc(oidc)) = of_env(&env(&all)).ok().unwrap() else {
            panic!("all is there");
        };
        assert_eq!(
            (
                &*oidc.role_arn,
                &*oidc.provider_arn,
                &*oidc.session_name,
                oidc.seconds
            ),
            ("role", "provider", "terraform", 3600)
        );
        for variables in [&all[..0], &all[..1]] {
            let Found::Absent(why) = of_env(&env(variables)).ok().unwrap() else {
                panic!("{variables:?} is not meant");
            };
            assert!(
                why.ends_with(
                    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE are not set"
                ),
                "{why}"
            );
        }
        let token = [(TOKEN, "hunter2")];
        for (variables, expected) in [
            (
                &all[1..],
                "OIDC: ALIBABA_CLOUD_ROLE_ARN is not set, but ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE",
            ),
            (
                &all[..2],
                "OIDC: ALIBABA_CLOUD_OIDC_TOKEN_FILE is not set, but ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            ),
            (
                &token[..],
                "OIDC: ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_PROVIDER_ARN are not set, but ALIBABA_CLOUD_OIDC_TOKEN",
            ),
        ] {
            assert_eq!(
                of_env(&env(variables)).err().unwrap().message(),
                expected,
                "{variables:?}"
            );
        }
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
