//! The flows that Alibaba Cloud documents for DTS (buying first or configuring first), each with real Terraform against
//! the emulator: the operations that the plan promises, that the state records and that the emulator received are the same;
//! the plan after is empty; what was made can be imported; a destroy leaves nothing bought.

use std::fmt::Write as _;

use terraform_provider_dts::emulator::{Emulator, Lifecycle, Options};

use crate::support::{
    Workspace, assert_nothing_paid_for, planned_operations, state_operations, state_values,
};

/// A flow on the way: Terraform in a folder of its own, and an emulator of its own.
struct Flow {
    emulator: Emulator,
    workspace: Workspace,
}

/// What a job is for, which decides nothing but the words of the API.
const MIGRATION: &str = "MIGRATION";
const SYNC: &str = "SYNC";

/// The configuration of one step.
#[derive(Clone, Default)]
struct Step {
    /// Arguments of `dts_instance`, none for no instance.
    instance: Option<String>,
    /// Arguments of `dts_job`, none for no job.
    job: Option<String>,
    /// Whether there is `data.dts_precheck`.
    precheck: bool,
}

impl Step {
    /// An instance bought first.
    fn bought_first(mut self, kind: &str) -> Step {
        self.instance = Some(format!(
            r#"type                             = "{kind}"
  source_endpoint_engine_name      = "MySQL"
  destination_endpoint_engine_name = "MySQL"
  source_region                    = "cn-hangzhou"
  destination_region               = "cn-hangzhou""#
        ));
        self
    }

    /// An instance for the job.
    fn bought_for_job(mut self, more: &str) -> Step {
        self.instance = Some(format!("job_id = dts_job.m.id\n  {more}"));
        self
    }

    fn job(mut self, kind: &str, more: &str) -> Step {
        let synchronization = kind == SYNC;
        self.job = Some(format!(
            r#"job_type                 = "{kind}"
  dts_job_name             = "rdsmysql_to_rdsmysql"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = {synchronization}
  reserve                  = jsonencode({{ targetTableMode = "0" }})
  {more}"#
        ));
        self
    }

    fn with_precheck(mut self) -> Step {
        self.precheck = true;
        self
    }

    fn configuration(&self) -> String {
        let mut text = String::new();
        if let Some(instance) = &self.instance {
            write!(
                text,
                "resource \"dts_instance\" \"m\" {{\n  {instance}\n  instance_class = \"small\"\n  pay_type = \"PostPaid\"\n}}\n"
            )
            .unwrap();
        }
        if let Some(job) = &self.job {
            write!(
                text,
                r#"resource "dts_job" "m" {{
  {job}
  source_endpoint {{
    instance_type = "RDS"
    engine_name   = "MYSQL"
    instance_id   = "rm-source"
    region        = "cn-hangzhou"
    database_name = "dtsdb"
    user_name     = "dtstest"
    password      = "source-password"
  }}
  destination_endpoint {{
    instance_type = "RDS"
    engine_name   = "MYSQL"
    instance_id   = "rm-destination"
    region        = "cn-hangzhou"
    user_name     = "dtstest"
    password      = "destination-password"
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
            .unwrap();
        }
        if self.precheck {
            text.push_str(
                "data \"dts_precheck\" \"m\" {\n  job_id     = dts_job.m.id\n  depends_on = [dts_job.m]\n}\n",
            );
        }
        text
    }
}

impl Flow {
    fn new(lifecycle: Lifecycle) -> Flow {
        let emulator = Emulator::start(Options {
            lifecycle,
            ..Options::default()
        })
        .unwrap();
        let workspace = Workspace::new(Some(&emulator.url()));
        Flow { emulator, workspace }
    }

    /// The operations that changed something, and those with which Terraform was told so.
    fn changing_calls(&self, after: usize) -> Vec<String> {
        let calls = self.emulator.calls();
        let changing = calls[after..]
            .iter()
            .filter(|call| crate::support::changes(&call.action));
        changing.map(|call| call.action.clone()).collect()
    }

    /// Plans and applies a step. `expected`: for each changed resource the operations, in the order of the calls.
    #[track_caller]
    fn apply(&self, step: &Step, expected: &[(&str, &[&str])]) {
        self.workspace.write("main.tf", &step.configuration());
        let before = self.emulator.calls().len();
        self.workspace.plan(&[]).ok();
        let plan = self.workspace.show_plan_json();
        for (address, operations) in expected {
            assert_eq!(
                planned_operations(&plan, address),
                *operations,
                "planned for {address}"
            );
        }
        assert_eq!(self.changing_calls(before), [""; 0], "a plan changes nothing");
        self.workspace.apply_saved().ok();
        let state = self.workspace.state_json();
        for (address, operations) in expected {
            assert_eq!(
                state_operations(&state, address),
                *operations,
                "recorded for {address}"
            );
        }
        let all: Vec<&str> = expected
            .iter()
            .flat_map(|(_, operations)| operations.iter().copied())
            .collect();
        assert_eq!(self.changing_calls(before), all, "received by the emulator");
        self.workspace.assert_plan_is_empty();
        assert_eq!(
            self.changing_calls(before),
            all,
            "the second plan changes nothing"
        );
    }

    /// Imports all of it elsewhere: nothing would be called, replaced or destroyed there.
    #[track_caller]
    fn import(&self, step: &Step) {
        let state = self.workspace.state_json();
        let elsewhere = Workspace::new(Some(&self.emulator.url()));
        elsewhere.write("main.tf", &step.configuration());
        let before = self.emulator.calls().len();
        let mut addresses = Vec::new();
        for (address, there) in [
            ("dts_job.m", step.job.is_some()),
            ("dts_instance.m", step.instance.is_some()),
        ] {
            if there {
                let id = state_values(&state, address)["id"].as_str().unwrap().to_owned();
                elsewhere.import(address, &id).ok();
                addresses.push(address);
            }
        }
        let plan = elsewhere.plan(&[]).ok();
        let planned = elsewhere.show_plan_json();
        for (address, action) in plan
            .planned_changes()
            .into_iter()
            .filter(|(address, _)| !address.starts_with("data."))
        {
            // Passwords cannot be read back: they are taken into the state, and nothing is called.
            assert_eq!(
                (address.as_str(), action.as_str()),
                ("dts_job.m", "update"),
                "{}",
                plan.report()
            );
            assert_eq!(planned_operations(&planned, &address), [""; 0]);
        }
        if !addresses.is_empty() {
            elsewhere.apply_saved().ok();
            elsewhere.assert_plan_is_empty();
        }
        assert_eq!(self.changing_calls(before), [""; 0], "an import changes nothing");
    }

    /// Destroys all of it: `expected` calls, and nothing is left to pay or to see.
    #[track_caller]
    fn destroy(&self, expected: &[&str]) {
        let before = self.emulator.calls().len();
        self.workspace.destroy().ok();
        assert_eq!(self.changing_calls(before), expected);
        assert_nothing_paid_for(&self.emulator);
    }

    fn params(&self, action: &str) -> Vec<std::collections::BTreeMap<String, String>> {
        let calls = self.emulator.calls();
        calls
            .into_iter()
            .filter(|call| call.action == action)
            .map(|call| call.params)
            .collect()
    }

    #[track_caller]
    fn status(&self, address: &str) -> String {
        let refreshed = self.workspace.run(&[
            "apply",
            "-refresh-only",
            "-auto-approve",
            "-no-color",
            "-input=false",
        ]);
        refreshed.ok();
        state_values(&self.workspace.state_json(), address)["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// At once, and with every state passed through.
const CLOCKS: [Lifecycle; 2] = [Lifecycle::Immediate, Lifecycle::Reads(1)];

#[test]
fn flow_1a_buy_configure_and_start_later() {
    for clock in CLOCKS {
        let flow = Flow::new(clock);
        let buy = Step::default().bought_first(MIGRATION);
        let configured = buy.clone().job(
            MIGRATION,
            "dts_instance_id = dts_instance.m.id\n  desired_status = \"configured\"",
        );
        flow.apply(
            &configured,
            &[
                ("dts_instance.m", &["CreateDtsInstance"]),
                ("dts_job.m", &["ConfigureDtsJob"]),
            ],
        );
        assert_eq!(flow.status("dts_job.m"), "NotStarted");
        let sent = &flow.params("ConfigureDtsJob")[0];
        let reserve: serde_json::Value = serde_json::from_str(&sent["Reserve"]).unwrap();
        assert_eq!(
            reserve,
            serde_json::json!({"targetTableMode": "0", "autoStartModulesAfterConfig": "none"})
        );
        let objects: serde_json::Value = serde_json::from_str(&sent["DbList"]).unwrap();
        assert_eq!(
            objects,
            serde_json::json!({"dtsdb": {"name": "dtsdb_1", "all": false,
                "Table": {"person": {"name": "person", "all": true}}}})
        );
        flow.import(&configured);

        let running = buy.job(
            MIGRATION,
            "dts_instance_id = dts_instance.m.id\n  desired_status = \"running\"",
        );
        flow.apply(&running, &[("dts_job.m", &["StartDtsJob"])]);
        assert!(["Migrating", "Finished"].contains(&flow.status("dts_job.m").as_str()));
        flow.import(&running);
        // A one-time migration has ended by itself, or is stopped before its instance is released.
        flow.workspace.destroy().ok();
        assert_nothing_paid_for(&flow.emulator);
    }
}

#[test]
fn flow_1b_buy_configure_and_run() {
    for clock in CLOCKS {
        let flow = Flow::new(clock);
        // `running` is what a job on an instance is by default.
        let step = Step::default()
            .bought_first(MIGRATION)
            .job(MIGRATION, "dts_instance_id = dts_instance.m.id");
        flow.apply(
            &step,
            &[
                ("dts_instance.m", &["CreateDtsInstance"]),
                ("dts_job.m", &["ConfigureDtsJob"]),
            ],
        );
        let reserve = flow.params("ConfigureDtsJob")[0]["Reserve"].clone();
        assert_eq!(reserve, r#"{"targetTableMode":"0"}"#);
        flow.import(&step);
        flow.workspace.destroy().ok();
        assert_nothing_paid_for(&flow.emulator);
    }
}

#[test]
fn flow_1b_of_a_synchronization_stops_and_resets_on_destroy() {
    for clock in CLOCKS {
        let flow = Flow::new(clock);
        let step = Step::default()
            .bought_first(SYNC)
            .job(SYNC, "dts_instance_id = dts_instance.m.id");
        flow.apply(
            &step,
            &[
                ("dts_instance.m", &["CreateDtsInstance"]),
                ("dts_job.m", &["ConfigureDtsJob"]),
            ],
        );
        flow.import(&step);
        let without_job = Step::default().bought_first(SYNC);
        flow.workspace.write("main.tf", &without_job.configuration());
        let before = flow.emulator.calls().len();
        flow.workspace.apply(&[]).ok();
        assert_eq!(flow.changing_calls(before), ["StopDtsJob", "ResetDtsJob"]);
        assert!(
            !flow.emulator.instances()[0].released,
            "removing a job releases no instance"
        );
        flow.workspace.assert_plan_is_empty();
        // And the instance serves another job.
        let again = without_job.job(
            SYNC,
            "dts_instance_id = dts_instance.m.id\n  desired_status = \"configured\"",
        );
        flow.apply(&again, &[("dts_job.m", &["ConfigureDtsJob"])]);
        flow.destroy(&["ResetDtsJob", "DeleteDtsJob"]);
    }
}

#[test]
fn flow_2a_configure_and_buy() {
    for clock in CLOCKS {
        let flow = Flow::new(clock);
        let configured = Step::default().job(MIGRATION, "desired_status = \"configured\"");
        flow.apply(&configured, &[("dts_job.m", &["ConfigureDtsJob"])]);
        flow.import(&configured);
        let bought = configured.bought_for_job("");
        flow.apply(&bought, &[("dts_instance.m", &["CreateDtsInstance"])]);
        assert_eq!(flow.status("dts_job.m"), "NotStarted");
        flow.import(&bought);
        flow.destroy(&["DeleteDtsJob"]);
    }
}

#[test]
fn flow_2a_without_a_purchase_is_deleted() {
    let flow = Flow::new(Lifecycle::Immediate);
    // `configured` is what a job without an instance is by default.
    let configured = Step::default().job(MIGRATION, "");
    flow.apply(&configured, &[("dts_job.m", &["ConfigureDtsJob"])]);
    flow.destroy(&["DeleteDtsJob"]);
    assert!(flow.emulator.instances().is_empty());
}

#[test]
fn flow_2b_configure_precheck_buy_and_start_later_by_auto_start() {
    for clock in CLOCKS {
        let flow = Flow::new(clock);
        let checked = Step::default()
            .job(MIGRATION, "desired_status = \"prechecked\"")
            .with_precheck();
        let bought = checked.clone().bought_for_job("auto_start = false");
        flow.apply(
            &bought,
            &[
                ("dts_job.m", &["ConfigureDtsJob", "StartDtsJob"]),
                ("dts_instance.m", &["CreateDtsInstance"]),
            ],
        );
        assert_eq!(flow.status("dts_job.m"), "PreCheckPass");
        let state = flow.workspace.state_json();
        let precheck = state_values(&state, "data.dts_precheck.m");
        assert_eq!(precheck["passed"], true);
        assert_eq!(precheck["state"], "Finished");
        assert!(!precheck["items"].as_array().unwrap().is_empty());
        assert_eq!(precheck["failed"], serde_json::json!([]));
        flow.import(&bought);
        let started = checked.bought_for_job("auto_start = true");
        flow.apply(&started, &[("dts_instance.m", &["StartDtsJob"])]);
        assert!(["Migrating", "Finished"].contains(&flow.status("dts_job.m").as_str()));
        flow.destroy(&["DeleteDtsJob"]);
    }
}

#[test]
fn flow_2b_start_later_by_the_job() {
    for clock in CLOCKS {
        let flow = Flow::new(clock);
        let bought = Step::default()
            .job(SYNC, "desired_status = \"prechecked\"")
            .bought_for_job("");
        flow.apply(
            &bought,
            &[
                ("dts_job.m", &["ConfigureDtsJob", "StartDtsJob"]),
                ("dts_instance.m", &["CreateDtsInstance"]),
            ],
        );
        let running = Step::default()
            .job(SYNC, "desired_status = \"running\"")
            .bought_for_job("");
        flow.apply(&running, &[("dts_job.m", &["StartDtsJob"])]);
        flow.import(&running);
        let suspended = Step::default()
            .job(SYNC, "desired_status = \"suspended\"")
            .bought_for_job("");
        flow.apply(&suspended, &[("dts_job.m", &["SuspendDtsJob"])]);
        assert_eq!(flow.status("dts_job.m"), "Suspending");
        flow.apply(&running, &[("dts_job.m", &["StartDtsJob"])]);
        flow.destroy(&["DeleteDtsJob"]);
    }
}

#[test]
fn flow_2c_configure_precheck_buy_and_start() {
    for clock in CLOCKS {
        let flow = Flow::new(clock);
        let step = Step::default()
            .job(MIGRATION, "desired_status = \"prechecked\"")
            .bought_for_job("auto_start = true")
            .with_precheck();
        flow.apply(
            &step,
            &[
                ("dts_job.m", &["ConfigureDtsJob", "StartDtsJob"]),
                ("dts_instance.m", &["CreateDtsInstance"]),
            ],
        );
        let order = &flow.params("CreateDtsInstance")[0];
        assert_eq!(order["AutoStart"], "true");
        assert!(
            !order.contains_key("Type"),
            "with JobId it follows from the job: {order:?}"
        );
        assert!(["Migrating", "Finished"].contains(&flow.status("dts_job.m").as_str()));
        flow.import(&step);
        flow.destroy(&["DeleteDtsJob"]);
    }
}
