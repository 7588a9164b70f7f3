//! Profiles of the command line tool: `~/.aliyun/config.json`, in its modes (dts-api.md 8.1).

use std::path::PathBuf;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::Credentials;
use super::cloud_sso::CloudSso;
use super::ecs;
use super::lease::Lease;
use super::oidc::{Oidc, Token};
use super::problem::Problem;
use super::recipe::Recipe;
use super::role::{DEFAULT_SECONDS, DEFAULT_SESSION_NAME, Role, parse_seconds};
use crate::api::context::{Clock, Env};
use crate::api::decode::Object;

/// The file, read.
pub(super) struct CliConfig(Map<String, Value>);

/// A profile and what has been followed to it.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) env: &'a dyn Env,
    pub(super) clock: &'a dyn Clock,
}

impl CliConfig {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// Where it is not what it must be. The text is not quoted: it holds keys.
    pub(super) fn parse(text: &str) -> Result<CliConfig, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            format!(
                "is broken JSON at line {}, column {}",
                error.line(),
                error.column()
            )
        })?;
        match value {
            Value::Object(map) if map.get("profiles").is_some_and(Value::is_array) => Ok(CliConfig(map)),
            _ => Err("has no list of profiles".to_owned()),
        }
    }

    /// The profile that is used when none is named.
    ///
    /// # Errors
    /// If it is not among those that are there.
    pub(super) fn current(&self) -> Result<Option<String>, Problem> {
        let current = Object::new(&self.0).text("current");
        let names = self.names();
        match current {
            Some(name) if !names.is_empty() && !self.has(&name) => Err(Problem::new(
                format!("the current profile {name:?} is not there"),
                format!(
                    "Name one with profile, or make one the current one (aliyun configure switch). There are: {}.",
                    names.join(", ")
                ),
            )),
            current => Ok(current),
        }
    }

    /// Whether there is such a profile.
    pub(super) fn has(&self, name: &str) -> bool {
        self.profile(name).is_some()
    }

    /// Names of all profiles.
    pub(super) fn names(&self) -> Vec<String> {
        let object = Object::new(&self.0);
        object
            .list("profiles")
            .filter_map(|profile| profile.text("name"))
            .collect()
    }

    /// `region_id` of a profile.
    pub(super) fn region(&self, name: &str) -> Option<String> {
        self.profile(name)?.text("region_id")
    }

    fn profile(&self, name: &str) -> Option<Object<'_>> {
        let object = Object::new(&self.0);
        object
            .list("profiles")
            .find(|profile| profile.text("name").as_deref() == Some(name))
    }

    /// How the profile gives keys; `None` if there is no such profile, or one that nothing was written into.
    ///
    /// # Errors
    /// What the profile lacks.
    pub(super) fn recipe(&self, name: &str, around: Surroundings<'_>) -> Result<Option<Recipe>, Problem> {
        match self.profile(name) {
            // The tool leaves such a profile behind when configuring is given up.
            Some(profile) if is_blank(profile) => Ok(None),
            Some(_) => self.follow(name, around, &mut Vec::new()).map(Some),
            None => Ok(None),
        }
    }

    fn follow(
        &self,
        name: &str,
        around: Surroundings<'_>,
        seen: &mut Vec<String>,
    ) -> Result<Recipe, Problem> {
        if seen.iter().any(|known| known == name) {
            return Err(Problem::new(
                format!(
                    "source_profile leads in a circle: {} -> {name}",
                    seen.join(" -> ")
                ),
                "Let the first profile of the chain hold keys (aliyun configure).",
            ));
        }
        seen.push(name.to_owned());
        let Some(object) = self.profile(name) else {
            return Err(Problem::new(
                format!("source_profile {name:?} is not there"),
                format!("Set source_profile to one of: {}.", self.names().join(", ")),
            ));
        };
        let profile = Profile { name, object };
        match object.text("mode").as_deref().unwrap_or("AK") {
            "AK" => Ok(Recipe::Keys(Lease::of(profile.keys(None)?))),
            "StsToken" => Ok(Recipe::Keys(Lease::of(
                profile.keys(Some(profile.need("sts_token")?))?,
            ))),
            "RamRoleArn" => {
                let base = Recipe::Keys(Lease::of(profile.keys(object.text("sts_token"))?));
                Ok(base.assuming(vec![profile.role()?]))
            }
            "EcsRamRole" => profile.ecs(around.env),
            "RamRoleArnWithEcs" => Ok(profile.ecs(around.env)?.assuming(vec![profile.role()?])),
            "ChainableRamRoleArn" => {
                let source = profile.need("source_profile")?;
                let base = self.follow(&source, around, seen)?;
                Ok(base.assuming(vec![profile.role()?]))
            }
            "OIDC" => profile.oidc(),
            "External" => Ok(Recipe::External(profile.need("process_command")?)),
            "CredentialsURI" => Ok(Recipe::Uri(SecretString::from(profile.need("credentials_uri")?))),
            "CloudSSO" => match profile.kept(around.clock) {
                Some(lease) => Ok(Recipe::Keys(lease)),
                None => profile.cloud_sso(),
            },
            "OAuth" => profile.kept(around.clock).map(Recipe::Keys).ok_or_else(|| {
                profile.problem(
                    "the keys of the login have expired",
                    "Log in again: aliyun configure --mode OAuth --profile <name>.",
                )
            }),
            mode => Err(profile.problem(
                &format!("mode {mode} is not supported"),
                "Use a profile of mode AK, StsToken, RamRoleArn, RamRoleArnWithEcs, EcsRamRole, ChainableRamRoleArn, OIDC, External, \
                 CredentialsURI, CloudSSO or OAuth.",
            )),
        }
    }
}

/// A profile that holds its name and mode and defaults, and nothing of keys.
fn is_blank(profile: Object<'_>) -> bool {
    let has = |name| profile.text(name).is_some();
    matches!(profile.text("mode").as_deref(), None | Some("AK" | "StsToken"))
        && !has("access_key_id")
        && !has("access_key_secret")
}

struct Profile<'a> {
    name: &'a str,
    object: Object<'a>,
}

impl Profile<'_> {
    fn problem(&self, what: &str, advice: &str) -> Problem {
        Problem::new(format!("profile {:?}: {what}", self.name), advice)
    }

    fn need(&self, member: &str) -> Result<String, Problem> {
        self.object.text(member).ok_or_else(|| {
            self.problem(
                &format!("{member} is missing"),
                "Complete the profile (aliyun configure), or name another one.",
            )
        })
    }

    fn keys(&self, token: Option<String>) -> Result<Credentials, Problem> {
        Ok(Credentials {
            access_key_id: self.need("access_key_id")?,
            access_key_secret: SecretString::from(self.need("access_key_secret")?),
            security_token: token.map(SecretString::from),
            origin: format!("profile {:?}", self.name),
        })
    }

    /// Keys that the tool has kept of a login, unless they end within a minute. `sts_expiration` is in seconds since 1970.
    fn kept(&self, clock: &dyn Clock) -> Option<Lease> {
        let end = Timestamp::from_second(self.object.int("sts_expiration")?).ok()?;
        if end.as_second() <= clock.now().as_second() + 60 {
            return None;
        }
        Some(Lease {
            keys: self.keys(Some(self.object.text("sts_token")?)).ok()?,
            expires: Some(end),
        })
    }

    fn seconds(&self) -> Result<u32, Problem> {
        // The tool writes 0 for what is not set.
        match self.object.text("expired_seconds").filter(|text| text != "0") {
            Some(text) => parse_seconds("expired_seconds", &text)
                .map_err(|problem| problem.with(&format!("profile {:?}", self.name))),
            None => Ok(DEFAULT_SECONDS),
        }
    }

    fn session_name(&self) -> String {
        self.object
            .text("ram_session_name")
            .or_else(|| self.object.text("role_session_name"))
            .unwrap_or_else(|| DEFAULT_SESSION_NAME.to_owned())
    }

    fn role(&self) -> Result<Role, Problem> {
        Ok(Role {
            arn: self.need("ram_role_arn")?,
            session_name: self.session_name(),
            policy: self.object.text("policy"),
            seconds: self.seconds()?,
            external_id: self.object.text("external_id"),
            sts_region: self.object.text("sts_region"),
        })
    }

    fn ecs(&self, env: &dyn Env) -> Result<Recipe, Problem> {
        ecs::recipe(self.object.text("ram_role_name").as_deref(), env)
            .map_err(|why| self.problem(&why, "Unset the variable, or name another profile."))
    }

    fn oidc(&self) -> Result<Recipe, Problem> {
        Ok(Recipe::Oidc(Oidc {
            role_arn: self.need("ram_role_arn")?,
            provider_arn: self.need("oidc_provider_arn")?,
            token: Token::File(PathBuf::from(self.need("oidc_token_file")?)),
            session_name: self.session_name(),
            policy: self.object.text("policy"),
            seconds: self.seconds()?,
            sts_region: self.object.text("sts_region"),
        }))
    }

    fn cloud_sso(&self) -> Result<Recipe, Problem> {
        Ok(Recipe::CloudSso(CloudSso {
            sign_in_url: self.need("cloud_sso_sign_in_url")?,
            account_id: self.need("cloud_sso_account_id")?,
            access_configuration: self.need("cloud_sso_access_config")?,
            access_token: SecretString::from(self.need("access_token")?),
            token_expires: self
                .object
                .int("cloud_sso_access_token_expire")
                .and_then(|end| Timestamp::from_second(end).ok()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::testing::{FakeClock, FakeEnv};

    /// What a recipe is made of, in a word or two.
    fn show(recipe: &Recipe) -> String {
        match recipe {
            Recipe::Keys(lease) => format!(
                "keys {}{}",
                lease.keys.access_key_id,
                if lease.keys.security_token.is_some() {
                    "+token"
                } else {
                    ""
                }
            ),
            Recipe::Role { base, role } => {
                format!(
                    "{} > {} as {} for {}",
                    show(base),
                    role.arn,
                    role.session_name,
                    role.seconds
                )
            }
            Recipe::Oidc(oidc) => format!("oidc {} of {}", oidc.role_arn, oidc.provider_arn),
            Recipe::Ecs { role_name, .. } => format!("ecs {role_name:?}"),
            Recipe::Uri(_) => "uri".to_owned(),
            Recipe::External(command) => format!("external {command}"),
            Recipe::CloudSso(login) => format!("sso {}", login.account_id),
        }
    }

    fn check(profiles: &Value, name: &str, expected: Result<Option<&str>, &str>) {
        let text = json!({"current": "a", "profiles": profiles}).to_string();
        let config = CliConfig::parse(&text).unwrap();
        let (env, clock) = (FakeEnv::default(), FakeClock::new());
        let around = Surroundings {
            env: &env,
            clock: &clock,
        };
        let found = config.recipe(name, around);
        let found = found
            .as_ref()
            .map(|recipe| recipe.as_ref().map(show))
            .map_err(Problem::message);
        match (found, expected) {
            (Err(found), Err(part)) => {
                assert!(found.contains(part) && !found.contains("hunter2"), "{found}");
            }
            (found, expected) => assert_eq!(
                found,
                expected.map(|recipe| recipe.map(str::to_owned)),
                "{profiles}"
            ),
        }
    }

    #[test]
    fn every_mode_is_read() {
        let profiles = json!([
            {"name": "ak", "mode": "AK", "access_key_id": "id", "access_key_secret": "hunter2", "sts_token": "left behind"},
            {"name": "sts", "mode": "StsToken", "access_key_id": "id", "access_key_secret": "s", "sts_token": "t"},
            {"name": "role", "mode": "RamRoleArn", "access_key_id": "id", "access_key_secret": "s", "ram_role_arn": "arn",
             "ram_session_name": "me", "expired_seconds": 900},
            {"name": "ecs", "mode": "EcsRamRole", "ram_role_name": "web"},
            {"name": "chain", "mode": "ChainableRamRoleArn", "source_profile": "role", "ram_role_arn": "second", "expired_seconds": 0},
            {"name": "both", "mode": "RamRoleArnWithEcs", "ram_role_name": "web", "ram_role_arn": "arn"},
            {"name": "oidc", "mode": "OIDC", "ram_role_arn": "arn", "oidc_provider_arn": "idp", "oidc_token_file": "/t"},
            {"name": "run", "mode": "External", "process_command": "get keys"},
            {"name": "uri", "mode": "CredentialsURI", "credentials_uri": "http://127.0.0.1/x"},
            {"name": "sso", "mode": "CloudSSO", "cloud_sso_sign_in_url": "https://sso.example.com", "cloud_sso_account_id": "1", "cloud_sso_access_config": "c",
             "access_token": "t", "cloud_sso_access_token_expire": 9999999999_i64},
            // 2026-01-02T03:06:05Z is two minutes from now.
            {"name": "kept", "mode": "CloudSSO", "access_key_id": "id", "access_key_secret": "s", "sts_token": "t", "sts_expiration": 1767323165},
            {"name": "oauth", "mode": "OAuth", "access_key_id": "id", "access_key_secret": "s", "sts_token": "t", "sts_expiration": 1767323165},
        ]);
        for (name, expected) in [
            ("ak", "keys id"),
            ("sts", "keys id+token"),
            ("role", "keys id > arn as me for 900"),
            ("ecs", "ecs Some(\"web\")"),
            (
                "chain",
                "keys id > arn as me for 900 > second as terraform for 3600",
            ),
            ("both", "ecs Some(\"web\") > arn as terraform for 3600"),
            ("oidc", "oidc arn of idp"),
            ("run", "external get keys"),
            ("uri", "uri"),
            ("sso", "sso 1"),
            ("kept", "keys id+token"),
            ("oauth", "keys id+token"),
        ] {
            check(&profiles, name, Ok(Some(expected)));
        }
        check(&profiles, "other", Ok(None));
    }

    #[test]
    fn what_a_profile_lacks_is_named() {
        let profiles = json!([
            {"name": "blank", "mode": "AK", "access_key_id": "", "region_id": "cn-hangzhou"},
            {"name": "half", "mode": "AK", "access_key_secret": "hunter2"},
            {"name": "token", "mode": "StsToken", "access_key_id": "id", "access_key_secret": "hunter2"},
            {"name": "role", "mode": "RamRoleArn", "access_key_id": "id", "access_key_secret": "hunter2"},
            {"name": "long", "mode": "RamRoleArn", "access_key_id": "id", "access_key_secret": "hunter2", "ram_role_arn": "arn", "expired_seconds": 60},
            {"name": "lost", "mode": "ChainableRamRoleArn", "source_profile": "nobody", "ram_role_arn": "arn"},
            {"name": "a", "mode": "ChainableRamRoleArn", "source_profile": "b", "ram_role_arn": "arn"},
            {"name": "b", "mode": "ChainableRamRoleArn", "source_profile": "a", "ram_role_arn": "arn"},
            {"name": "rsa", "mode": "RsaKeyPair", "private_key": "hunter2"},
            {"name": "oauth", "mode": "OAuth", "access_key_id": "id", "sts_expiration": 1},
        ]);
        check(&profiles, "blank", Ok(None));
        for (name, part) in [
            ("half", "profile \"half\": access_key_id is missing"),
            ("token", "sts_token is missing"),
            ("role", "ram_role_arn is missing"),
            ("long", "expired_seconds is not a number of seconds"),
            ("lost", "source_profile \"nobody\" is not there"),
            ("a", "a -> b -> a"),
            ("rsa", "mode RsaKeyPair is not supported"),
            ("oauth", "have expired"),
        ] {
            check(&profiles, name, Err(part));
        }
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        for (text, expected) in [
            (
                "{\"profiles\": [\n{\"access_key_secret\": hunter2",
                "is broken JSON at line 2, column 23",
            ),
            ("[]", "has no list of profiles"),
            ("{\"profiles\": \"hunter2\"}", "has no list of profiles"),
            ("", "is broken JSON at line 1, column 0"),
        ] {
            assert_eq!(CliConfig::parse(text).err().unwrap(), expected);
        }
    }
}
