//! A RAM role to be assumed: `assume_role` in the configuration, or the environment (dts-api.md 8.2).

use super::AssumeRole;
use super::env::first;
use super::problem::Problem;
use crate::api::context::Env;

/// Only meant for a role that is assumed with keys.
const ARN: &str = "ALICLOUD_ASSUME_ROLE_ARN";
/// Also the role of a token of another issuer, and then not meant here.
pub(super) const SHARED_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
const SESSION_NAME: [&str; 2] = [
    "ALICLOUD_ASSUME_ROLE_SESSION_NAME",
    "ALIBABA_CLOUD_ROLE_SESSION_NAME",
];
const SESSION_EXPIRATION: &str = "ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION";
const EXTERNAL_ID: &str = "ALIBABA_CLOUD_ROLE_EXTERNAL_ID";

/// Of a session without a name, as Alibaba Cloud's own provider has it.
pub(super) const DEFAULT_SESSION_NAME: &str = "terraform";
/// Seconds of a session without a length.
pub(super) const DEFAULT_SECONDS: u32 = 3600;

/// A role, with all it is assumed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: String,
    pub(super) policy: Option<String>,
    pub(super) seconds: u32,
    pub(super) external_id: Option<String>,
    /// Region of the STS to ask.
    pub(super) sts_region: Option<String>,
}

/// The roles to assume on top of the base, in order. `arn_taken`: the base is a role of the environment already.
///
/// # Errors
/// For a block without a role, and for a variable that is no number.
pub(super) fn configured(
    blocks: &[AssumeRole],
    env: &dyn Env,
    arn_taken: bool,
) -> Result<Vec<Role>, Problem> {
    let arn = first(env, &[ARN]).or_else(|| {
        let shared = first(env, &[SHARED_ARN]);
        shared.filter(|_| !arn_taken)
    });
    let arn = arn.map(|(_, arn)| arn);
    if !blocks.is_empty() {
        return blocks
            .iter()
            .map(|block| of_block(block, arn.clone(), env))
            .collect();
    }
    match arn {
        Some(_) => Ok(vec![of_block(&AssumeRole::default(), arn, env)?]),
        None => Ok(Vec::new()),
    }
}

fn of_block(block: &AssumeRole, arn: Option<String>, env: &dyn Env) -> Result<Role, Problem> {
    let variable = |names: &[&str]| first(env, names).map(|(_, value)| value);
    let Some(arn) = block.role_arn.clone().or(arn) else {
        return Err(Problem::new(
            "assume_role has no role_arn",
            "Set role_arn in the block, or ALIBABA_CLOUD_ROLE_ARN in the environment.",
        ));
    };
    let seconds = match block.session_expiration {
        Some(seconds) => seconds,
        None => match first(env, &[SESSION_EXPIRATION]) {
            Some((name, text)) => parse_seconds(name, &text)?,
            None => DEFAULT_SECONDS,
        },
    };
    Ok(Role {
        arn,
        session_name: block
            .session_name
            .clone()
            .or_else(|| variable(&SESSION_NAME))
            .unwrap_or_else(|| DEFAULT_SESSION_NAME.to_owned()),
        policy: block.policy.clone(),
        seconds,
        external_id: block.external_id.clone().or_else(|| variable(&[EXTERNAL_ID])),
        sts_region: None,
    })
}

/// Seconds of a session: 900 to 43200.
pub(super) fn parse_seconds(name: &str, text: &str) -> Result<u32, Problem> {
    text.trim()
        .parse()
        .ok()
        .filter(|seconds| (900..=43200).contains(seconds))
        .ok_or_else(|| {
            Problem::new(
                format!("{name} is not a number of seconds from 900 to 43200"),
                format!("Set {name} to one, at most as long as the role's longest session."),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::FakeEnv;

    fn check(blocks: &[AssumeRole], env: &[(&'static str, &'static str)], taken: bool, expected: &[&str]) {
        let env = FakeEnv(env.iter().copied().collect());
        let roles = match configured(blocks, &env, taken) {
            Ok(roles) => roles
                .iter()
                .map(|role| format!("{} {} {}", role.arn, role.session_name, role.seconds))
                .collect(),
            Err(problem) => vec![problem.message().to_owned()],
        };
        assert_eq!(roles, expected, "{blocks:?} {env:?}");
    }

    fn block(arn: Option<&str>) -> AssumeRole {
        AssumeRole {
            role_arn: arn.map(str::to_owned),
            ..AssumeRole::default()
        }
    }

    #[test]
    fn blocks_go_before_the_environment_which_completes_them() {
        check(&[], &[], false, &[]);
        check(
            &[block(Some("a")), block(Some("b"))],
            &[(ARN, "c")],
            false,
            &["a terraform 3600", "b terraform 3600"],
        );
        check(
            &[block(None)],
            &[(ARN, "c"), (SESSION_NAME[0], "s"), (SESSION_EXPIRATION, "900")],
            false,
            &["c s 900"],
        );
        check(
            &[],
            &[(SHARED_ARN, "d"), (SESSION_NAME[1], "t")],
            false,
            &["d t 3600"],
        );
        check(&[block(None)], &[], false, &["assume_role has no role_arn"]);
    }

    #[test]
    fn the_role_of_a_token_is_not_assumed_twice() {
        check(&[], &[(SHARED_ARN, "d")], true, &[]);
        check(&[], &[(SHARED_ARN, "d"), (ARN, "c")], true, &["c terraform 3600"]);
    }

    #[test]
    fn a_length_that_sts_would_refuse_is_named() {
        for text in ["soon", "899", "43201", "-1"] {
            let env = [(ARN, "a"), (SESSION_EXPIRATION, text)];
            check(
                &[],
                &env,
                false,
                &["ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION is not a number of seconds from 900 to 43200"],
            );
        }
    }
}
