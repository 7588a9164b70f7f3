//! Which file and which profile of it: `shared_credentials_file` and `profile` (dts-api.md 8.2).
//!
//! A file is the command line tool's if it begins as JSON does, else one of the SDKs.

use std::path::{Path, PathBuf};

use super::chain::Found;
use super::cli_config::{CliConfig, Surroundings};
use super::env::{first, is_true};
use super::ini::{DEFAULT_SECTION, IniFile};
use super::problem::Problem;
use super::recipe::Recipe;
use crate::api::context::Env;

const FILE: [&str; 2] = [
    "ALICLOUD_SHARED_CREDENTIALS_FILE",
    "ALIBABA_CLOUD_CREDENTIALS_FILE",
];
const PROFILE: [&str; 2] = ["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"];
const CLI_DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";

/// Below the home folder: first the command line tool's, then the SDKs'.
const CLI_FILE: &str = ".aliyun/config.json";
const INI_FILES: [&str; 2] = [".alibabacloud/credentials.ini", ".alibabacloud/credentials"];

/// What is looked for, and where.
struct Search {
    files: Vec<PathBuf>,
    /// Whether the file was asked for by name.
    named_file: bool,
    profile: Option<String>,
}

enum File {
    Cli(CliConfig),
    Ini(IniFile),
}

impl Search {
    fn new(file: Option<&str>, profile: Option<&str>, env: &dyn Env) -> Search {
        let variable = |names: &[&str]| first(env, names).map(|(_, value)| value);
        let profile = profile.map(str::to_owned).or_else(|| variable(&PROFILE));
        let home = first(env, &["HOME"]).map(|(_, home)| PathBuf::from(home));
        if let Some(file) = file.map(str::to_owned).or_else(|| variable(&FILE)) {
            return Search {
                files: vec![expand(&file, home.as_deref())],
                named_file: true,
                profile,
            };
        }
        let mut names = Vec::new();
        if !is_true(env, CLI_DISABLED) {
            names.push(CLI_FILE);
        }
        names.extend(INI_FILES);
        let files = home.map(|home| names.iter().map(|name| home.join(name)).collect());
        Search {
            files: files.unwrap_or_default(),
            named_file: false,
            profile,
        }
    }

    fn described(&self) -> String {
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        files.join(", ")
    }

    /// The file at `path`, read; `None` if it is not there and nobody said that it is.
    fn read(&self, path: &Path) -> Result<Option<File>, Problem> {
        let broken = |what: String| {
            Problem::new(
                format!("{} {what}", path.display()),
                "Repair the file, or name another one with shared_credentials_file.",
            )
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && !self.named_file => {
                return Ok(None);
            }
            Err(cause) => return Err(broken(format!("cannot be read: {cause}"))),
        };
        // Some editors put a mark of the encoding in front.
        let text = text.trim_start_matches('\u{feff}');
        let file = if looks_like_json(text) {
            File::Cli(CliConfig::parse(text).map_err(broken)?)
        } else {
            File::Ini(IniFile::parse(text).map_err(broken)?)
        };
        Ok(Some(file))
    }

    /// What `get` has of the profile that is meant, with the file, or why none is meant. `get` gives `None` for a profile that is
    /// not there.
    ///
    /// # Errors
    /// For a file that is broken or was named and is not there, and for a profile that was named and is not there.
    fn look_up<T>(
        &self,
        get: impl Fn(&File, &str) -> Result<Option<T>, Problem>,
    ) -> Result<Result<(&Path, T), String>, Problem> {
        let mut known = Vec::new();
        let mut is_any_there = false;
        for path in &self.files {
            let in_file = |problem: Problem| problem.with(&path.display().to_string());
            let Some(file) = self.read(path)? else {
                continue;
            };
            is_any_there = true;
            let name = match &self.profile {
                Some(name) => Some(name.clone()),
                None => file.default_profile().map_err(in_file)?,
            };
            let Some(name) = name else {
                continue;
            };
            if let Some(found) = get(&file, &name).map_err(in_file)? {
                return Ok(Ok((path, found)));
            }
            known.extend(file.names());
        }
        if let Some(name) = &self.profile {
            return Err(self.lacks(name, known, is_any_there));
        }
        if self.named_file {
            return Err(Problem::new(
                format!(
                    "{} has no profile that is used without being named",
                    self.described()
                ),
                format!("Name one with profile. There are: {}.", known.join(", ")),
            ));
        }
        Ok(Err(match is_any_there {
            _ if self.files.is_empty() => "profile: HOME is not set".to_owned(),
            false => format!("profile: none of {} is there", self.described()),
            true => format!("profile: no keys in {}", self.described()),
        }))
    }

    /// The profile `name` was asked for, and is in none of the files.
    fn lacks(&self, name: &str, mut known: Vec<String>, is_any_there: bool) -> Problem {
        let place = if is_any_there {
            format!(
                "it is not in {}, or is empty or switched off there",
                self.described()
            )
        } else {
            format!("none of {} is there", self.described())
        };
        known.retain(|known| known != name);
        known.dedup();
        let others = if known.is_empty() {
            String::new()
        } else {
            format!(" There are: {}.", known.join(", "))
        };
        Problem::new(
            format!("profile {name:?}: {place}"),
            format!(
                "Check profile (or ALIBABA_CLOUD_PROFILE) and shared_credentials_file, or make it: aliyun configure --profile {name}.{others}"
            ),
        )
    }
}

impl File {
    /// The profile that is meant when none is named.
    fn default_profile(&self) -> Result<Option<String>, Problem> {
        match self {
            File::Cli(config) => config.current(),
            File::Ini(_) => Ok(Some(DEFAULT_SECTION.to_owned())),
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            File::Cli(config) => config.names(),
            File::Ini(file) => file.names(),
        }
    }

    fn recipe(&self, profile: &str, around: Surroundings<'_>) -> Result<Option<Recipe>, Problem> {
        match self {
            File::Cli(config) => config.recipe(profile, around),
            File::Ini(file) => file.recipe(profile, around.env),
        }
    }
}

/// The profile `profile` of `file`, both of the environment where they are `None`, and of the default files where there is
/// none either.
///
/// # Errors
/// For a file that is broken or was named and is not there, and for a profile that was named and is not there.
pub(super) fn find(
    file: Option<&str>,
    profile: Option<&str>,
    around: Surroundings<'_>,
) -> Result<Found, Problem> {
    let search = Search::new(file, profile, around.env);
    Ok(match search.look_up(|file, name| file.recipe(name, around))? {
        Ok((path, recipe)) => Found::Recipe(recipe.of_file(path)),
        Err(reason) => Found::Absent(reason),
    })
}

/// `region_id` of the profile that would be asked, and which one that is. Only the command line tool's files have it.
///
/// # Errors
/// As [`find`], and for a profile that could tell and does not.
pub(super) fn region(
    file: Option<&str>,
    profile: Option<&str>,
    env: &dyn Env,
) -> Result<Option<(String, String)>, Problem> {
    let search = Search::new(file, profile, env);
    let found = search.look_up(|file, name| {
        Ok(match file {
            File::Cli(config) if !config.has(name) => None,
            File::Cli(config) => Some(Some((name.to_owned(), config.region(name)))),
            File::Ini(file) => file.has(name).then_some(None),
        })
    })?;
    let Ok((path, Some((name, region)))) = found else {
        return Ok(None);
    };
    let what = format!("profile {name:?} in {}", path.display());
    match region {
        Some(region) => Ok(Some((what, region))),
        None => Err(Problem::new(
            format!("{what} has no region_id"),
            format!("Set it there: aliyun configure set --profile {name} --region <region>."),
        )),
    }
}

/// No section of the other kind of file begins so.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// `~/` is the home folder, as in a shell.
fn expand(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
