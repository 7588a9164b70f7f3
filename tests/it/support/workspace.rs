//! A folder with a configuration, and Terraform run in it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{Outcome, Running, cli, cli_version, newest};

/// Where the provider would be in a registry.
pub(crate) const PROVIDER_SOURCE: &str = "registry.terraform.io/dts-community/dts";

/// The provider as cargo built it for this test run.
const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-dts");

/// Where [`Workspace::plan`] leaves its plan.
const PLAN: &str = "saved.tfplan";

/// All that a command gets of the environment of the tests: nothing of Terraform's and nothing of Alibaba Cloud's.
const KEPT: [&str; 3] = ["PATH", "TMPDIR", "LANG"];

/// A folder that holds a configuration and its state, and is gone at the end of the test.
///
/// Terraform starts the provider of this build, without `init` (`dev_overrides`). The environment holds nothing of
/// the user's: no `TF_*`, no credentials, another `HOME`.
pub(crate) struct Workspace {
    /// `configuration/`, `provider/` (the binary under the name that Terraform looks for), `home/`.
    folder: TempDir,
    environment: Vec<(String, String)>,
    terraform: &'static Path,
}

impl Workspace {
    /// With the address of an emulator, `provider.tf` points the provider at it; without, the configuration has no
    /// provider until the test writes one.
    pub(crate) fn new(emulator: Option<&str>) -> Self {
        let workspace = Self {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
            terraform: cli(),
        };
        for name in ["configuration", "provider", "home"] {
            std::fs::create_dir(workspace.folder.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink(PROVIDER, workspace.provider()).unwrap();
        workspace.override_providers(&[PROVIDER_SOURCE]);
        if let Some(endpoint) = emulator {
            workspace.write(
                "provider.tf",
                &format!(
                    r#"
terraform {{
  required_providers {{
    dts = {{ source = "{PROVIDER_SOURCE}" }}
  }}
}}
provider "dts" {{
  region     = "cn-hangzhou"
  access_key = "testAccessKeyId"
  secret_key = "testAccessKeySecret"
  endpoint   = "{endpoint}"
}}
"#
                ),
            );
        }
        workspace
    }

    /// One more environment variable for every command.
    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a variable for the commands that follow, or takes it away.
    pub(crate) fn set_env(&mut self, name: &str, value: Option<&str>) {
        self.environment.retain(|(known, _)| known != name);
        self.environment
            .extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// Run by the newest Terraform, for what the machine's own may be too old for.
    pub(crate) fn on_newest(mut self) -> Self {
        self.terraform = newest();
        self
    }

    /// Run by the newest Terraform where the one of the tests is older than this: so that no test is left out on an older one.
    pub(crate) fn at_least(self, version: (u32, u32)) -> Self {
        if cli_version() < version {
            return self.on_newest();
        }
        self
    }

    /// This provider stands in for another one too: Terraform wants every provider that a state names, if only to have its schemas.
    pub(crate) fn standing_in_for(self, source: &str) -> Self {
        let name = format!("terraform-provider-{}", source.rsplit('/').next().unwrap());
        std::os::unix::fs::symlink(PROVIDER, self.folder.path().join("provider").join(name)).unwrap();
        self.override_providers(&[PROVIDER_SOURCE, source]);
        self
    }

    /// The provider is where `init` looks for it: in a mirror in the file system, under its version and platform.
    pub(crate) fn with_mirror(self) -> Self {
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let version = env!("CARGO_PKG_VERSION");
        let mirror = self.folder.path().join("mirror");
        let platform = format!("{}_{arch}", std::env::consts::OS);
        let folder = mirror.join(PROVIDER_SOURCE).join(version).join(platform);
        std::fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(
            PROVIDER,
            folder.join(format!("terraform-provider-dts_v{version}")),
        )
        .unwrap();
        let rc = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            mirror.display()
        );
        std::fs::write(self.folder.path().join("home/terraformrc"), rc).unwrap();
        self
    }

    fn override_providers(&self, sources: &[&str]) {
        let folder = self.folder.path().join("provider");
        let lines = sources
            .iter()
            .map(|source| format!("    \"{source}\" = \"{}\"\n", folder.display()));
        let lines: String = lines.collect();
        let rc = format!("provider_installation {{\n  dev_overrides {{\n{lines}  }}\n  direct {{}}\n}}\n");
        std::fs::write(self.folder.path().join("home/terraformrc"), rc).unwrap();
    }

    /// The folder that Terraform runs in.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("configuration")
    }

    /// The provider, where Terraform looks for it.
    pub(crate) fn provider(&self) -> std::path::PathBuf {
        self.folder.path().join("provider/terraform-provider-dts")
    }

    /// What programs take for the user's home.
    pub(crate) fn home(&self) -> std::path::PathBuf {
        self.folder.path().join("home")
    }

    /// Writes a file of the configuration, over an older one of that name.
    pub(crate) fn write(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path().join(name), text).unwrap();
        self
    }

    /// Runs any command. See the methods below for those with arguments that are easy to forget.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).finish()
    }

    /// Starts a command, for a test that acts while it runs.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        self.start_program(self.terraform, arguments)
    }

    /// As [`Self::start`], of another Terraform than the one the tests run on.
    pub(crate) fn start_program(&self, program: &Path, arguments: &[&str]) -> Running {
        let home = self.folder.path().join("home");
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(
                KEPT.iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .env("HOME", &home)
            .env("TF_CLI_CONFIG_FILE", home.join("terraformrc"))
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        Running::start(&mut command)
    }

    /// Plans, and saves the plan for [`Self::show_plan_json`] and [`Self::apply_saved`].
    pub(crate) fn plan(&self, arguments: &[&str]) -> Outcome {
        let out = format!("-out={PLAN}");
        self.run(&with(&["plan", "-json", "-input=false", &out], arguments))
    }

    /// Plans anew and applies.
    pub(crate) fn apply(&self, arguments: &[&str]) -> Outcome {
        self.run(&with(
            &["apply", "-json", "-input=false", "-auto-approve"],
            arguments,
        ))
    }

    /// Applies the plan that [`Self::plan`] saved.
    pub(crate) fn apply_saved(&self) -> Outcome {
        self.run(&["apply", "-json", "-input=false", PLAN])
    }

    pub(crate) fn destroy(&self) -> Outcome {
        self.run(&["destroy", "-json", "-input=false", "-auto-approve"])
    }

    /// `terraform import`, which has no `-json`: its errors are in `stderr`.
    pub(crate) fn import(&self, address: &str, id: &str) -> Outcome {
        self.run(&["import", "-no-color", "-input=false", address, id])
    }

    /// `terraform validate`, whose `-json` is one document and not a line for each message.
    pub(crate) fn validate(&self) -> Outcome {
        self.run(&["validate", "-no-color"])
    }

    /// The plan that [`Self::plan`] saved, as `terraform show -json` tells it.
    #[track_caller]
    pub(crate) fn show_plan_json(&self) -> Value {
        self.show(&["show", "-json", PLAN])
    }

    /// The state, as `terraform show -json` tells it.
    #[track_caller]
    pub(crate) fn state_json(&self) -> Value {
        self.show(&["show", "-json"])
    }

    /// The state file itself, for what must not be in it.
    pub(crate) fn state_file(&self) -> String {
        std::fs::read_to_string(self.path().join("terraform.tfstate")).unwrap_or_default()
    }

    /// Fails with the whole plan unless there is nothing to change.
    #[track_caller]
    pub(crate) fn assert_plan_is_empty(&self) {
        let outcome = self.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"]);
        assert_eq!(
            outcome.status,
            Some(0),
            "the plan is not empty{}",
            outcome.report()
        );
    }

    /// Whether there is nothing to change; fails when there cannot be a plan.
    #[track_caller]
    pub(crate) fn plan_is_empty(&self) -> bool {
        let outcome = self.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"]);
        match outcome.status {
            Some(0) => true,
            Some(2) => false,
            _ => panic!("no plan{}", outcome.report()),
        }
    }

    #[track_caller]
    fn show(&self, arguments: &[&str]) -> Value {
        let outcome = self.run(arguments).ok();
        serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("{error} in the answer{}", outcome.report()))
    }
}

fn with<'a>(first: &[&'a str], then: &[&'a str]) -> Vec<&'a str> {
    [first, then].concat()
}
