//! Terraform against an emulator of its own, for tests of what goes wrong: the configuration of a job with its instance,
//! the databases that let it pass or fail, and what must hold however an apply ended.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use terraform_provider_dts::api;
use terraform_provider_dts::emulator::{Emulator, Lifecycle, Options};

use super::{Outcome, Workspace};

/// Password of the account at the source, right in [`databases`].
pub(crate) const SOURCE_PASSWORD: &str = "source-secret-91c2";
/// Password of the account at the destination, right in [`databases`].
pub(crate) const DESTINATION_PASSWORD: &str = "destination-secret-5f07";

pub(crate) struct Bench {
    pub(crate) emulator: Emulator,
    pub(crate) workspace: Workspace,
}

/// An object as the state file has it.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) values: Value,
    pub(crate) tainted: bool,
}

impl Recorded {
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        let value = self.values[name].as_str();
        value
            .unwrap_or_else(|| panic!("no text {name} in {:#}", self.values))
            .to_owned()
    }

    #[track_caller]
    pub(crate) fn operations(&self) -> Vec<String> {
        serde_json::from_value(self.values["operations"].clone()).unwrap()
    }
}

/// A subscription as DTS has it.
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) status: String,
    /// By the ids of their resources.
    pub(crate) groups: Vec<String>,
}

impl Bench {
    pub(crate) fn new(lifecycle: Lifecycle, fixtures: Option<Value>) -> Self {
        let emulator = Emulator::start(Options {
            lifecycle,
            fixtures,
            ..Options::default()
        })
        .unwrap();
        let workspace = Workspace::new(Some(&emulator.url()));
        Self { emulator, workspace }
    }

    /// Every job passes at once.
    pub(crate) fn immediate() -> Self {
        Self::new(Lifecycle::Immediate, None)
    }

    /// Replaces the configuration.
    pub(crate) fn write(&self, parts: &[&str]) -> &Self {
        self.workspace.write("main.tf", &parts.join("\n"));
        self
    }

    pub(crate) fn apply(&self) -> Outcome {
        self.workspace.apply(&[])
    }

    /// Plans, saves the plan, and gives back what changes beside data that is read: the action for each address.
    #[track_caller]
    pub(crate) fn plan(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let mut changes = self.workspace.plan(arguments).ok().planned_changes();
        changes.retain(|(address, _)| !address.starts_with("data."));
        changes
    }

    /// Applies until it goes well, which it must at the `attempts`th time, and then has nothing left to do. What `holds`
    /// is asserted after each.
    #[track_caller]
    pub(crate) fn converge(&self, attempts: usize, holds: impl Fn(&Outcome)) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for _ in 0..attempts {
            let outcome = self.apply();
            holds(&outcome);
            let done = outcome.status == Some(0);
            outcomes.push(outcome);
            if done {
                self.workspace.assert_plan_is_empty();
                return outcomes;
            }
        }
        panic!(
            "no success in {attempts} attempts{}",
            outcomes.last().unwrap().report()
        );
    }

    /// What the state file has at `address`, none when it has nothing.
    pub(crate) fn recorded(&self, address: &str) -> Option<Recorded> {
        self.all_recorded().remove(address)
    }

    /// All that the state file has, by address.
    pub(crate) fn all_recorded(&self) -> BTreeMap<String, Recorded> {
        let text = self.workspace.state_file();
        let state: Value = serde_json::from_str(&text).unwrap_or_default();
        let mut found = BTreeMap::new();
        for resource in state["resources"].as_array().into_iter().flatten() {
            let data = if resource["mode"] == "data" { "data." } else { "" };
            let kind = resource["type"].as_str().unwrap();
            let name = resource["name"].as_str().unwrap();
            for instance in resource["instances"].as_array().into_iter().flatten() {
                let key = match &instance["index_key"] {
                    Value::Null => String::new(),
                    key => format!("[{key}]"),
                };
                let recorded = Recorded {
                    values: instance["attributes"].clone(),
                    tainted: instance["status"] == "tainted",
                };
                found.insert(format!("{data}{kind}.{name}{key}"), recorded);
            }
        }
        found
    }

    /// What must hold however an apply ended: what the emulator has is in the state, nothing was bought twice (one
    /// instance for each `dts_instance`), and nothing that costs is tainted.
    #[track_caller]
    pub(crate) fn assert_nothing_lost(&self, why: &str) {
        let recorded = self.all_recorded();
        let ids = |kind: &str| -> BTreeSet<String> {
            let kind = format!("{kind}.");
            let of_kind = recorded.iter().filter(|(address, _)| address.starts_with(&kind));
            of_kind.map(|(_, recorded)| recorded.text("id")).collect()
        };
        let instances = self.emulator.instances();
        let paid: BTreeSet<String> = instances
            .iter()
            .filter(|instance| !instance.released)
            .map(|instance| instance.instance_id.clone())
            .collect();
        assert_eq!(
            ids("dts_instance"),
            paid,
            "{why}: what is paid for is what the state has"
        );
        let mut jobs = self.jobs();
        // The job that came with an instance, and is not configured yet, has no resource.
        jobs.retain(|_, status| status != "NotConfigured");
        let jobs: BTreeSet<String> = jobs.into_keys().collect();
        let known = ids("dts_job");
        assert!(
            jobs.is_subset(&known),
            "{why}: jobs {jobs:?} were made, the state has {known:?}"
        );
        for (address, recorded) in &recorded {
            assert!(
                !(recorded.tainted && address.starts_with("dts_instance.")),
                "{why}: {address} is tainted"
            );
        }
    }

    /// Every job that the emulator has, with its status.
    pub(crate) fn jobs(&self) -> BTreeMap<String, String> {
        let mut jobs = BTreeMap::new();
        for kind in ["MIGRATION", "SYNC"] {
            let query = api::DescribeDtsJobs {
                job_type: Some(kind.to_owned()),
                ..api::DescribeDtsJobs::default()
            };
            let listed = self.with_client(async move |api| api.describe_dts_jobs(&query).await);
            let reverse = listed
                .iter()
                .filter_map(|job| job.reverse_job.as_deref().cloned());
            let listed: Vec<_> = reverse.chain(listed.iter().cloned()).collect();
            jobs.extend(
                listed
                    .into_iter()
                    .map(|job| (job.dts_job_id.unwrap(), job.status.unwrap_or_default())),
            );
        }
        jobs
    }

    /// Every subscription that the emulator has.
    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        let query = api::DescribeDtsJobs {
            job_type: Some("SUBSCRIBE".to_owned()),
            ..api::DescribeDtsJobs::default()
        };
        self.with_client(async move |api| {
            let mut found = Vec::new();
            for job in api.describe_dts_jobs(&query).await? {
                let id = job.dts_job_id.unwrap();
                let instance = job.dts_instance_id.unwrap_or_default();
                let groups = api
                    .describe_consumer_channel(&api::JobRef::job(id.as_str()))
                    .await?;
                found.push(Subscription {
                    groups: groups
                        .iter()
                        .map(|group| format!("{instance}:{}", group.id))
                        .collect(),
                    status: job.status.unwrap_or_default(),
                    id,
                });
            }
            Ok(found)
        })
    }

    /// Calls DTS as somebody else than Terraform.
    pub(crate) fn with_client<T>(&self, call: impl AsyncFnOnce(api::Client) -> Result<T, api::Error>) -> T {
        let config = api::Config {
            region: "cn-hangzhou".to_owned(),
            endpoint: Some(self.emulator.url()),
            credentials: api::CredentialConfig {
                access_key: Some("testAccessKeyId".to_owned()),
                secret_key: Some("testAccessKeySecret".to_owned().into()),
                ..api::CredentialConfig::default()
            },
            ..api::Config::default()
        };
        let client = api::Client::new(config, api::Context::system()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(call(client)).unwrap()
    }

    /// How many calls there were, for [`Self::changes_since`].
    pub(crate) fn mark(&self) -> usize {
        self.emulator.calls().len()
    }

    /// The calls since a mark that change something, in order; those that a fault kept from being executed too.
    pub(crate) fn changes_since(&self, mark: usize) -> Vec<String> {
        let calls = self.emulator.calls();
        let changing = calls[mark..].iter().filter(|call| super::changes(&call.action));
        changing.map(|call| call.action.clone()).collect()
    }

    /// How often `action` was called.
    pub(crate) fn count(&self, action: &str) -> usize {
        let calls = self.emulator.calls();
        calls.iter().filter(|call| call.action == action).count()
    }
}

/// `dts_instance.m`, bought before its job. `more` are further arguments.
pub(crate) fn bought_first(kind: &str, more: &str) -> String {
    format!(
        r#"
resource "dts_instance" "m" {{
  type                             = "{kind}"
  source_endpoint_engine_name      = "MySQL"
  destination_endpoint_engine_name = "MySQL"
  source_region                    = "cn-hangzhou"
  destination_region               = "cn-hangzhou"
  instance_class                   = "small"
  pay_type                         = "PostPaid"
  {more}
}}
"#
    )
}

/// `dts_instance.m`, bought for `dts_job.m`.
pub(crate) fn bought_for_job(more: &str) -> String {
    bought_for("m", "dts_job.m.id", more)
}

/// `dts_instance.<name>`, bought for the job that `job_id` is an expression for.
pub(crate) fn bought_for(name: &str, job_id: &str, more: &str) -> String {
    format!(
        r#"
resource "dts_instance" "{name}" {{
  job_id         = {job_id}
  instance_class = "small"
  pay_type       = "PostPaid"
  {more}
}}
"#
    )
}

/// `dts_job.m`, configured on `dts_instance.m`.
pub(crate) fn job_on_instance(kind: &str, more: &str) -> String {
    job(
        "m",
        kind,
        &format!("dts_instance_id = dts_instance.m.id\n  {more}"),
    )
}

/// `dts_job.<name>`: a MIGRATION of structure and data that ends, or a SYNC.
pub(crate) fn job(name: &str, kind: &str, more: &str) -> String {
    let follows = kind == "SYNC";
    format!(
        r#"
resource "dts_job" "{name}" {{
  job_type                 = "{kind}"
  dts_job_name             = "job-{name}"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = {follows}
  {more}
  source_endpoint {{
    instance_type = "RDS"
    engine_name   = "MYSQL"
    instance_id   = "rm-source"
    region        = "cn-hangzhou"
    database_name = "dtsdb"
    user_name     = "dtstest"
    password      = "{SOURCE_PASSWORD}"
  }}
  destination_endpoint {{
    instance_type = "RDS"
    engine_name   = "MYSQL"
    instance_id   = "rm-destination"
    region        = "cn-hangzhou"
    user_name     = "dtstest"
    password      = "{DESTINATION_PASSWORD}"
  }}
  database {{
    name     = "dtsdb"
    new_name = "dtsdb_1"
    table {{
      name     = "person"
      new_name = "person"
    }}
  }}
}}
"#
    )
}

/// A job that follows changes, thus one that never ends by itself.
pub(crate) fn endless(job: &str) -> String {
    job.replace(
        "data_synchronization     = false",
        "data_synchronization     = true",
    )
}

/// `data.dts_precheck.m` of `dts_job.m`, read after a pending change of it.
pub(crate) const PRECHECK: &str = r#"
data "dts_precheck" "m" {
  job_id     = dts_job.m.id
  depends_on = [dts_job.m]
}
"#;

/// Databases in which everything passes.
pub(crate) fn databases() -> Value {
    databases_with(SOURCE_PASSWORD, DESTINATION_PASSWORD)
}

/// Databases with other accounts at both ends: two checks fail.
pub(crate) fn wrong_passwords() -> Value {
    databases_with("another", "yet another")
}

fn databases_with(source: &str, destination: &str) -> Value {
    json!({"endpoints": [
        {"instance_id": "rm-source", "engine": "MySQL", "accounts": {"dtstest": source},
         "databases": {"dtsdb": ["person", "city"]}},
        {"instance_id": "rm-destination", "engine": "MySQL", "accounts": {"dtstest": destination}, "databases": {}},
    ]})
}
