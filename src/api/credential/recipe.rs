//! How keys are had, once it is known whose.

use std::path::Path;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::access::Access;
use super::cloud_sso::CloudSso;
use super::lease::Lease;
use super::oidc::Oidc;
use super::problem::Problem;
use super::role::Role;
use super::{ecs, external, sts, uri};

/// A way to keys. Followed again each time the keys are about to expire.
pub(super) enum Recipe {
    /// Keys that are there.
    Keys(Lease),
    /// A role, assumed with other keys.
    Role { base: Box<Recipe>, role: Role },
    /// A role, assumed with a token of another issuer.
    Oidc(Oidc),
    /// The role of the ECS instance this runs on; of any name if there is none.
    Ecs {
        role_name: Option<String>,
        endpoint: Option<String>,
        without_v1: bool,
    },
    /// A URL that answers with keys. It may hold a secret.
    Uri(SecretString),
    /// A program that prints keys.
    External(String),
    /// A login of CloudSSO.
    CloudSso(CloudSso),
}

impl Recipe {
    /// Follows it.
    pub(super) fn lease<'a>(&'a self, access: Access<'a>) -> BoxFuture<'a, Result<Lease, Problem>> {
        Box::pin(async move {
            match self {
                Recipe::Keys(lease) => Ok(lease.clone()),
                Recipe::Role { base, role } => {
                    let base = base.lease(access).await?;
                    sts::assume_role(access, &base.keys, role).await
                }
                Recipe::Oidc(oidc) => oidc.lease(access).await,
                Recipe::Ecs {
                    role_name,
                    endpoint,
                    without_v1,
                } => ecs::lease(access, role_name.as_deref(), endpoint.as_deref(), *without_v1).await,
                Recipe::Uri(url) => uri::lease(access, url).await,
                Recipe::External(command) => external::lease(command).await,
                Recipe::CloudSso(login) => login.lease(access).await,
            }
        })
    }

    /// With the file that its keys stand in.
    pub(super) fn of_file(self, path: &Path) -> Recipe {
        match self {
            Recipe::Keys(mut lease) => {
                lease.keys.origin = format!("{} in {}", lease.keys.origin, path.display());
                Recipe::Keys(lease)
            }
            Recipe::Role { base, role } => Recipe::Role {
                base: Box::new(base.of_file(path)),
                role,
            },
            other => other,
        }
    }

    /// Roles on top, each assumed with the keys of the one before.
    pub(super) fn assuming(self, roles: Vec<Role>) -> Recipe {
        roles.into_iter().fold(self, |base, role| Recipe::Role {
            base: Box::new(base),
            role,
        })
    }
}
