//! Which source gives the keys, in order. Why this order: `docs/adr/0016-order-of-credentials.md`.
//!
//! What the configuration names goes before what the environment names, and that before what happens to be there. A source
//! that is there but cannot serve ends the search: the next one might be another identity.

use secrecy::SecretString;

use super::access::Access;
use super::cli_config::Surroundings;
use super::lease::Lease;
use super::place::{Place, choose};
use super::problem::Problem;
use super::recipe::Recipe;
use super::{CredentialConfig, Missing, ecs, env, oidc, profile, role, static_keys};
use crate::api::context::Env;

const URI: [&str; 2] = ["ALICLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CREDENTIALS_URI"];

/// A source of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// `access_key` and `secret_key`, or their variables.
    Keys,
    /// `assume_role_with_oidc`.
    ConfiguredOidc,
    /// `profile` or `shared_credentials_file`.
    ConfiguredProfile,
    /// `credentials_uri`.
    ConfiguredUri,
    /// `ecs_role_name`.
    ConfiguredEcs,
    /// The variables of a token of another issuer.
    Oidc,
    /// A profile of the environment, or of the files in the home folder.
    Profile,
    /// The variable of a credentials URI.
    Uri,
    /// Whatever role the ECS instance has that this may run on.
    Ecs,
}

/// What a source is found to be.
pub(super) enum Found {
    /// It is meant.
    Recipe(Recipe),
    /// It may serve: if it does not, the search goes on.
    Perhaps(Recipe),
    /// It is not there, for this reason.
    Absent(String),
}

/// Why there are no keys.
#[derive(Clone)]
pub(super) enum NoKeys {
    /// No source is there.
    Missing(Missing),
    /// One is, and cannot serve.
    Problem(Problem),
}

impl From<Problem> for NoKeys {
    fn from(problem: Problem) -> NoKeys {
        NoKeys::Problem(problem)
    }
}

/// The sources to ask, in order.
fn order(config: &CredentialConfig) -> Vec<Source> {
    let profile = config.profile.is_some() || config.shared_credentials_file.is_some();
    let configured = [
        (config.access_key.is_some(), Source::Keys),
        (config.assume_role_with_oidc.is_some(), Source::ConfiguredOidc),
        (profile, Source::ConfiguredProfile),
        (config.credentials_uri.is_some(), Source::ConfiguredUri),
        (config.ecs_role_name.is_some(), Source::ConfiguredEcs),
    ];
    match configured.iter().find(|(is_set, _)| *is_set) {
        Some((_, source)) => vec![*source],
        None => vec![
            Source::Keys,
            Source::Oidc,
            Source::Profile,
            Source::Uri,
            Source::Ecs,
        ],
    }
}

impl Source {
    /// As messages and the log name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Source::Keys => "access key",
            Source::ConfiguredOidc | Source::Oidc => "OIDC",
            Source::ConfiguredProfile | Source::Profile => "profile",
            Source::ConfiguredUri | Source::Uri => "credentials URI",
            Source::ConfiguredEcs | Source::Ecs => "ECS role",
        }
    }

    fn find(self, config: &CredentialConfig, access: Access<'_>) -> Result<Found, Problem> {
        let env = access.context.env.as_ref();
        let around = Surroundings {
            env,
            clock: access.context.clock.as_ref(),
        };
        Ok(match self {
            Source::Keys => {
                let mut places = vec![static_keys::place(config)];
                places.extend(env::places(env));
                match choose(&places)? {
                    Some(keys) => Found::Recipe(Recipe::Keys(Lease::of(keys))),
                    None => {
                        let unset: Vec<String> = places.iter().map(Place::is_unset).collect();
                        Found::Absent(unset.join("; "))
                    }
                }
            }
            Source::ConfiguredOidc => {
                let block = config.assume_role_with_oidc.clone().unwrap_or_default();
                Found::Recipe(Recipe::Oidc(oidc::of_block(&block, env)?))
            }
            Source::ConfiguredProfile => profile::find(
                config.shared_credentials_file.as_deref(),
                config.profile.as_deref(),
                around,
            )?,
            Source::ConfiguredUri => match &config.credentials_uri {
                Some(uri) => Found::Recipe(Recipe::Uri(uri.clone())),
                None => Found::Absent("credentials_uri is not set".to_owned()),
            },
            Source::ConfiguredEcs => match ecs::recipe(config.ecs_role_name.as_deref(), env) {
                Ok(recipe) => Found::Recipe(recipe),
                Err(why) => {
                    return Err(Problem::new(why, "Unset the variable, or remove ecs_role_name."));
                }
            },
            Source::Oidc => oidc::of_env(env)?,
            Source::Profile => profile::find(None, None, around)?,
            Source::Uri => match env::first(env, &URI) {
                Some((_, uri)) => Found::Recipe(Recipe::Uri(SecretString::from(uri))),
                None => Found::Absent(format!("credentials URI: {} is not set", URI[1])),
            },
            Source::Ecs => match ecs::recipe(None, env) {
                Ok(recipe) if ecs::is_named(env) => Found::Recipe(recipe),
                Ok(recipe) => Found::Perhaps(recipe),
                Err(why) => Found::Absent(why),
            },
        })
    }

    /// Keys of this source and the roles on top.
    async fn lease(
        self,
        recipe: Recipe,
        config: &CredentialConfig,
        access: Access<'_>,
    ) -> Result<Lease, Problem> {
        let env: &dyn Env = access.context.env.as_ref();
        let roles = role::configured(
            &config.assume_role,
            env,
            matches!(self, Source::Oidc | Source::ConfiguredOidc),
        )?;
        recipe.assuming(roles).lease(access).await
    }
}

/// Keys of the first source that has some, or of `chosen` if that was found before: keys are renewed where they came from.
pub(super) async fn lease(
    config: &CredentialConfig,
    access: Access<'_>,
    chosen: Option<Source>,
) -> Result<(Source, Lease), NoKeys> {
    let sources = chosen.map_or_else(|| order(config), |source| vec![source]);
    let mut reasons = Vec::new();
    for source in sources {
        match source.find(config, access)? {
            Found::Recipe(recipe) => {
                let lease = source.lease(recipe, config, access).await?;
                return Ok((source, lease));
            }
            // Whether the base serves decides; a role on top that cannot be assumed is a failure.
            Found::Perhaps(recipe) => match recipe.lease(access).await {
                Ok(lease) => {
                    let lease = source.lease(Recipe::Keys(lease), config, access).await?;
                    return Ok((source, lease));
                }
                Err(problem) => reasons.push(problem.message().to_owned()),
            },
            Found::Absent(reason) => reasons.push(reason),
        }
    }
    Err(NoKeys::Missing(Missing { reasons }))
}
