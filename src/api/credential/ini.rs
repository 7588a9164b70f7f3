//! Credentials files of the SDKs: `~/.alibabacloud/credentials`, sections of `name = value` (dts-api.md 8.1).
//!
//! Read here and not by a library, because a library's errors quote the line, and the lines are secrets.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;

use super::Credentials;
use super::ecs;
use super::lease::Lease;
use super::oidc::{Oidc, Token};
use super::problem::Problem;
use super::recipe::Recipe;
use super::role::{DEFAULT_SECONDS, DEFAULT_SESSION_NAME, Role};
use crate::api::context::Env;

/// The section that is used when none is named.
pub(super) const DEFAULT_SECTION: &str = "default";

/// The file, read.
pub(super) struct IniFile(BTreeMap<String, BTreeMap<String, String>>);

impl IniFile {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// The line that is neither a section, a comment nor `name = value`.
    pub(super) fn parse(text: &str) -> Result<IniFile, String> {
        let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut current: Option<String> = None;
        for (number, line) in text.lines().enumerate() {
            let broken = |what: &str| format!("is broken at line {}: {what}", number + 1);
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                let name = name
                    .strip_suffix(']')
                    .ok_or_else(|| broken("the name of a section does not end with ]"))?;
                sections.entry(name.trim().to_owned()).or_default();
                current = Some(name.trim().to_owned());
                continue;
            }
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| broken("neither a [section] nor name = value"))?;
            let section = current
                .as_ref()
                .and_then(|current| sections.get_mut(current))
                .ok_or_else(|| broken("it stands before the first [section]"))?;
            // As the SDK reads it: a comment may end a line.
            let value = value.split_once('#').map_or(value, |(value, _)| value);
            section.insert(name.trim().to_owned(), value.trim().to_owned());
        }
        Ok(IniFile(sections))
    }

    /// Names of all sections.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Whether there is such a section.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// How the section gives keys; `None` if there is no such section, or one that is switched off.
    ///
    /// # Errors
    /// What the section lacks.
    pub(super) fn recipe(&self, name: &str, env: &dyn Env) -> Result<Option<Recipe>, Problem> {
        let Some(values) = self.0.get(name) else {
            return Ok(None);
        };
        let section = Section { name, values };
        if section.get("enable").is_some_and(|text| text == "false") {
            return Ok(None);
        }
        let recipe = match section.get("type").unwrap_or("access_key") {
            "access_key" | "sts" => Recipe::Keys(Lease::of(section.keys()?)),
            "ram_role_arn" => Recipe::Keys(Lease::of(section.keys()?)).assuming(vec![section.role()?]),
            "ecs_ram_role" => ecs::recipe(section.get("role_name"), env)
                .map_err(|why| section.problem(&why, "Unset the variable, or name another section."))?,
            "oidc_role_arn" => section.oidc()?,
            other => {
                return Err(section.problem(
                    &format!("type {other} is not supported"),
                    "Use a section of type access_key, sts, ram_role_arn, ecs_ram_role or oidc_role_arn.",
                ));
            }
        };
        Ok(Some(recipe))
    }
}

struct Section<'a> {
    name: &'a str,
    values: &'a BTreeMap<String, String>,
}

impl Section<'_> {
    fn problem(&self, what: &str, advice: &str) -> Problem {
        Problem::new(format!("section [{}]: {what}", self.name), advice)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<String, Problem> {
        self.get(name).map(str::to_owned).ok_or_else(|| {
            self.problem(
                &format!("{name} is missing"),
                "Complete the section, or name another one with profile.",
            )
        })
    }

    fn keys(&self) -> Result<Credentials, Problem> {
        Ok(Credentials {
            access_key_id: self.need("access_key_id")?,
            access_key_secret: SecretString::from(self.need("access_key_secret")?),
            security_token: self.get("security_token").map(SecretString::from),
            origin: format!("section [{}]", self.name),
        })
    }

    fn session_name(&self) -> String {
        self.get("role_session_name")
            .unwrap_or(DEFAULT_SESSION_NAME)
            .to_owned()
    }

    fn role(&self) -> Result<Role, Problem> {
        Ok(Role {
            arn: self.need("role_arn")?,
            session_name: self.session_name(),
            policy: self.get("policy").map(str::to_owned),
            seconds: DEFAULT_SECONDS,
            external_id: self.get("external_id").map(str::to_owned),
            sts_region: None,
        })
    }

    fn oidc(&self) -> Result<Recipe, Problem> {
        Ok(Recipe::Oidc(Oidc {
            role_arn: self.need("role_arn")?,
            provider_arn: self.need("oidc_provider_arn")?,
            token: Token::File(PathBuf::from(self.need("oidc_token_file_path")?)),
            session_name: self.session_name(),
            policy: self.get("policy").map(str::to_owned),
            seconds: DEFAULT_SECONDS,
            sts_region: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::api::testing::FakeEnv;

    fn check(section: &str, expected: Result<&str, &str>) {
        let file = IniFile::parse(&format!("[x]\n{section}")).unwrap();
        let found = match file.recipe("x", &FakeEnv::default()) {
            Ok(None) => Ok("none".to_owned()),
            Ok(Some(Recipe::Keys(lease))) => Ok(format!(
                "{}/{}",
                lease.keys.access_key_id,
                lease.keys.access_key_secret.expose_secret()
            )),
            Ok(Some(Recipe::Role { role, .. })) => Ok(format!("role {} {}", role.arn, role.session_name)),
            Ok(Some(Recipe::Ecs { role_name, .. })) => Ok(format!("ecs {role_name:?}")),
            Ok(Some(Recipe::Oidc(oidc))) => Ok(format!("oidc {}", oidc.role_arn)),
            Ok(Some(_)) => Ok("other".to_owned()),
            Err(problem) => Err(problem.message().to_owned()),
        };
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{section}");
    }

    const KEYS: &str = "access_key_id = id\naccess_key_secret=a=b # mine\n";

    #[test]
    fn every_type_is_read() {
        check(&format!("type = access_key\n; comment\n\n{KEYS}"), Ok("id/a=b"));
        check(KEYS, Ok("id/a=b"));
        check(&format!("enable = false\n{KEYS}"), Ok("none"));
        check(
            &format!("type = ram_role_arn\nrole_arn = arn\n{KEYS}"),
            Ok("role arn terraform"),
        );
        check("type = ecs_ram_role\nrole_name = web", Ok("ecs Some(\"web\")"));
        check(
            "type=oidc_role_arn\nrole_arn=arn\noidc_provider_arn=idp\noidc_token_file_path=/t",
            Ok("oidc arn"),
        );
        check(
            "type = access_key\naccess_key_id = id",
            Err("section [x]: access_key_secret is missing"),
        );
        check(
            "type = rsa_key_pair",
            Err("section [x]: type rsa_key_pair is not supported"),
        );
    }

    #[test]
    fn a_broken_line_is_numbered_and_not_quoted() {
        for (text, expected) in [
            (
                "[default\nx = hunter2",
                "is broken at line 1: the name of a section does not end with ]",
            ),
            (
                "[default]\nhunter2",
                "is broken at line 2: neither a [section] nor name = value",
            ),
            (
                "# keys\nx = hunter2",
                "is broken at line 2: it stands before the first [section]",
            ),
        ] {
            assert_eq!(IniFile::parse(text).err().unwrap(), expected);
        }
    }
}
