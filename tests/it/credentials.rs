//! Where keys come from, with real Terraform: every source against a local fake of it, what is said when one cannot serve, and
//! what comes back of none of them.

mod connection;
mod fakes;
mod refused;
mod server;
mod sources;

use terraform_provider_dts::emulator::{Emulator, Options};

use crate::support::{Outcome, PROVIDER_SOURCE, Workspace};

/// Terraform with an emulator of DTS, whose keys only a source gives.
struct Bed {
    emulator: Emulator,
    workspace: Workspace,
}

impl Bed {
    fn new() -> Bed {
        Bed::of(Workspace::new(None))
    }

    /// With this environment, and everything logged.
    fn with(variables: &[(&str, &str)]) -> Bed {
        let workspace = variables
            .iter()
            .fold(Workspace::new(None), |workspace, (name, value)| {
                workspace.with_env(name, value)
            });
        Bed::of(workspace)
    }

    fn of(workspace: Workspace) -> Bed {
        Bed {
            emulator: Emulator::start(Options::default()).unwrap(),
            workspace: workspace.with_env("TF_LOG_PROVIDER", "TRACE"),
        }
    }

    /// Writes a file beside the configuration; gives its path.
    fn file(&self, name: &str, text: &str) -> String {
        self.workspace.write(name, text);
        self.workspace.path().join(name).display().to_string()
    }

    /// Writes a file below the home folder.
    fn home_file(&self, name: &str, text: &str) {
        let path = self.workspace.home().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn configure(&self, provider: &str, body: &str) {
        self.configure_at(&self.emulator.url(), provider, body);
    }

    fn configure_at(&self, url: &str, provider: &str, body: &str) {
        self.workspace.write(
            "main.tf",
            &format!(
                "terraform {{\n  required_providers {{\n    dts = {{ source = \"{PROVIDER_SOURCE}\" }}\n  }}\n}}\n\
                 provider \"dts\" {{\n  endpoint = \"{url}\"\n  {provider}\n}}\n{body}"
            ),
        );
    }

    /// Reads something that is not there, with this provider block and a region.
    fn read(&self, provider: &str) -> Outcome {
        self.read_at(&self.emulator.url(), provider)
    }

    /// The same, at another endpoint than the emulator's own.
    fn read_at(&self, url: &str, provider: &str) -> Outcome {
        let block = format!("region = \"cn-hangzhou\"\n  {provider}");
        let precheck = "data \"dts_precheck\" \"m\" {\n  job_id = \"j0123456789\"\n}\n";
        self.configure_at(url, &block, precheck);
        self.workspace.plan(&[])
    }

    /// The keys that `provider` leads to are those of DTS: it answers that there is no such job.
    #[track_caller]
    fn reaches_dts(&self, provider: &str) {
        let before = self.emulator.calls().len();
        let outcome = self.read(provider).fails();
        outcome.error("Unable to read the precheck of DTS job j0123456789");
        assert!(
            outcome.errors()[0].detail.contains("InvalidJobId"),
            "{provider}{}",
            outcome.report()
        );
        assert!(self.emulator.calls().len() > before);
        assert_no_secret(&outcome);
    }

    /// No key is had: nothing is sent to DTS, and what is said has these parts.
    #[track_caller]
    fn has_no_keys(&self, provider: &str, parts: &[&str]) {
        let outcome = self.read(provider).fails();
        let error = outcome.error("Unable to read the precheck of DTS job j0123456789");
        for part in parts {
            assert!(
                error.detail.contains(part),
                "{provider} does not say {part:?}{}",
                outcome.report()
            );
        }
        assert_eq!(self.emulator.calls(), []);
        assert_no_secret(&outcome);
    }
}

/// All secrets of the fakes have a part in common.
#[track_caller]
fn assert_no_secret(outcome: &Outcome) {
    for secret in ["hunter2", fakes::DTS_KEY.1] {
        assert!(!outcome.stdout.contains(secret), "{}", outcome.report());
        assert!(!outcome.stderr.contains(secret), "{}", outcome.report());
    }
}
