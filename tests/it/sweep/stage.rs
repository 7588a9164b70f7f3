//! Where a flow is run: Terraform, a provider and an emulator of its own, and what must hold of them however a run has ended.

use std::collections::BTreeSet;

use terraform_provider_dts::emulator::Call;

use super::flow::Flow;
use crate::support::bench::Bench;
use crate::support::hosted::{self, Hosted};
use crate::support::{Diagnostic, Outcome};

/// What did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    /// An id that the emulator handed out is in no state.
    Lost,
    /// More was bought than configured, or left at the end.
    Double,
    /// What is told does not say what happened.
    Silent,
    /// The next apply does not mend it.
    Stuck,
    /// The disturbance did not come: the case shows nothing.
    Missed,
}

pub(crate) type Checked = Result<(), (Breach, String)>;

pub(super) fn holds(condition: bool, breach: Breach, why: impl FnOnce() -> String) -> Checked {
    if condition { Ok(()) } else { Err((breach, why())) }
}

/// Terraform with a provider in this process, at the point where a flow is to be disturbed.
pub(crate) struct Stage {
    pub(super) bench: Bench,
    pub(super) hosted: Hosted,
    /// The addresses of the configuration.
    configured: Vec<String>,
}

/// What an undisturbed run does.
#[derive(Debug, Default)]
pub(crate) struct Undisturbed {
    /// What it calls, in order.
    pub(crate) actions: Vec<String>,
    /// Instances ever bought.
    pub(crate) bought: usize,
    /// Orders that DTS has taken.
    pub(crate) ordered: usize,
    /// Warnings that it gives.
    pub(crate) warnings: usize,
}

impl Stage {
    /// Applies what comes before.
    pub(crate) fn set(flow: &Flow) -> Self {
        let (bench, hosted) = hosted::bench();
        let mut stage = Self {
            bench,
            hosted,
            configured: Vec::new(),
        };
        for configuration in &flow.before {
            stage.write(configuration);
            stage.bench.apply().ok();
        }
        if let Some(configuration) = &flow.swept {
            stage.write(configuration);
        }
        stage
    }

    fn write(&mut self, configuration: &str) {
        let configuration = configuration.replace(ENDPOINT, &self.bench.emulator.url());
        let headers = configuration
            .lines()
            .filter_map(|line| line.strip_prefix("resource "));
        let address = |header: &str| {
            let mut quoted = header.split('"').skip(1).step_by(2);
            format!("{}.{}", quoted.next().unwrap(), quoted.next().unwrap())
        };
        self.configured = headers.map(address).collect();
        self.bench.write(&[&configuration]);
    }

    pub(super) fn arguments(flow: &Flow) -> [&'static str; 4] {
        let verb = if flow.swept.is_some() { "apply" } else { "destroy" };
        [verb, "-json", "-input=false", "-auto-approve"]
    }

    /// Runs the flow.
    pub(super) fn run(&self, flow: &Flow) -> Outcome {
        self.bench.workspace.run(&Self::arguments(flow))
    }

    /// Runs the flow as it should be.
    pub(crate) fn run_undisturbed(flow: &Flow) -> Undisturbed {
        let stage = Self::set(flow);
        let mark = stage.bench.mark();
        let outcome = stage.run(flow).ok();
        let calls = stage.bench.emulator.calls();
        Undisturbed {
            actions: calls[mark..].iter().map(|call| call.action.clone()).collect(),
            bought: stage.bench.emulator.instances().len(),
            ordered: stage.ordered(),
            warnings: outcome.warnings().len(),
        }
    }

    /// Every id that was handed out is in the state, and no instance is tainted.
    pub(super) fn nothing_is_lost(&self, report: &Outcome) -> Checked {
        let unknown = self.unknown();
        holds(unknown.is_empty(), Breach::Lost, || {
            format!("{unknown:?} is in no state{}", report.report())
        })?;
        for (address, recorded) in self.bench.all_recorded() {
            let tainted = recorded.tainted && address.starts_with("dts_instance.");
            holds(!tainted, Breach::Lost, || {
                format!(
                    "{address} is tainted, and would be bought again{}",
                    report.report()
                )
            })?;
        }
        Ok(())
    }

    /// Runs the flow again after `first`, which may have left what no state has: it goes well, or ends in what the design lets it end in,
    /// says what to do, and goes well once that is done.
    pub(super) fn go_on(&self, flow: &Flow, first: &Outcome) -> Result<Outcome, (Breach, String)> {
        let mut again = self.run(flow);
        if again.status == Some(0) {
            return Ok(again);
        }
        let told = again.report();
        let unknown = self.unknown();
        for error in again.errors() {
            holds(is_allowed(&error, &unknown), Breach::Stuck, || {
                format!(
                    "the next one fails, and not as it may: {error:?}{}{told}",
                    first.report()
                )
            })?;
        }
        for (address, id) in unknown {
            let named = again.errors().iter().any(|error| {
                let text = format!("{} {}", error.summary, error.detail);
                text.contains(&id) && text.to_lowercase().contains("import")
            });
            holds(named, Breach::Lost, || {
                format!("{id} is not named with how to import it{}{told}", first.report())
            })?;
            let imported = self.bench.workspace.import(&address, &id);
            holds(imported.status == Some(0), Breach::Stuck, || {
                format!("{id} cannot be imported{}{told}", imported.report())
            })?;
        }
        // Whether a job that runs is thrown away is left to the user.
        if again.errors().iter().any(keeps_tainted) {
            let recorded = self.bench.all_recorded().into_iter();
            for (address, _) in recorded.filter(|(_, recorded)| recorded.tainted) {
                self.bench.workspace.run(&["untaint", &address]).ok();
            }
        }
        // Once for the password of each end.
        for _ in 0..2 {
            again = self.run(flow);
            if !again.errors().iter().any(is_unchecked_password) {
                break;
            }
        }
        holds(again.status == Some(0), Breach::Stuck, || {
            format!("it does not go on{}{told}{}", first.report(), again.report())
        })?;
        Ok(again)
    }

    /// After `again` went well: nothing is lost, nothing is left to do, nothing was bought twice, and all can be removed.
    pub(super) fn settles(
        &self,
        flow: &Flow,
        undisturbed: &Undisturbed,
        first: &Outcome,
        again: &Outcome,
    ) -> Checked {
        self.nothing_is_lost(again)?;
        if flow.swept.is_some() {
            let settled = again.planned_changes().is_empty() || self.bench.workspace.plan_is_empty();
            holds(settled, Breach::Stuck, || {
                format!("the plan after is not empty{}{}", first.report(), again.report())
            })?;
        }
        let ordered = self.ordered();
        holds(ordered <= undisturbed.ordered, Breach::Double, || {
            format!(
                "{ordered} orders were taken instead of {}{}{}",
                undisturbed.ordered,
                first.report(),
                again.report()
            )
        })?;
        let bought = self.bench.emulator.instances().len();
        holds(bought == undisturbed.bought, Breach::Double, || {
            format!(
                "{bought} instances were bought instead of {}{}{}",
                undisturbed.bought,
                first.report(),
                again.report()
            )
        })?;
        if flow.swept.is_some() {
            let removed = self.bench.workspace.destroy();
            holds(removed.status == Some(0), Breach::Stuck, || {
                format!("it cannot be removed{}", removed.report())
            })?;
        }
        let left = self
            .bench
            .emulator
            .instances()
            .iter()
            .any(|instance| !instance.released && instance.pay_type != "PrePaid");
        // What is prepaid nobody can release: it is kept.
        holds(!left, Breach::Double, || "an instance is left".to_owned())?;
        holds(self.bench.all_recorded().is_empty(), Breach::Stuck, || {
            "something is left in the state".to_owned()
        })
    }

    /// Calls that were executed and that each cost money.
    fn ordered(&self) -> usize {
        const ORDERS: [&str; 4] = [
            "RenewInstance",
            "TransferPayType",
            "TransferInstanceClass",
            "UpgradeTwoWay",
        ];
        let calls = self.bench.emulator.calls();
        let taken = |call: &&Call| {
            ORDERS.contains(&call.action.as_str())
                && call.status == 200
                && call.code.is_none()
                && call.fault.as_deref() != Some("garbage")
        };
        calls.iter().filter(taken).count()
    }

    /// What the emulator has and the state has not: the address that it belongs to, and its id. A job that is not configured is no
    /// object of its own: it came with its instance, or a removal has reset it. Nor has an alarm an id: it is named by its job and
    /// its type, lives as long as the job, and setting it a second time overwrites it.
    pub(super) fn unknown(&self) -> Vec<(String, String)> {
        let known = self.known();
        let mut unknown = Vec::new();
        let mut is_not_known = |kind: &str, id: String| {
            if !known.contains(&id) {
                unknown.push((kind.to_owned(), id));
            }
        };
        for instance in self.bench.emulator.instances() {
            if !instance.released {
                is_not_known("dts_instance", instance.instance_id);
            }
        }
        for (id, status) in self.bench.jobs() {
            if status != "NotConfigured" {
                is_not_known("dts_job", id);
            }
        }
        for subscription in self.bench.subscriptions() {
            if subscription.status != "NotConfigured" {
                is_not_known("dts_subscription", subscription.id);
            }
            for group in subscription.groups {
                is_not_known("dts_consumer_group", group);
            }
        }
        self.addressed(unknown)
    }

    /// For each kind the addresses of the configuration that the state does not have.
    fn addressed(&self, unknown: Vec<(String, String)>) -> Vec<(String, String)> {
        let recorded = self.bench.all_recorded();
        let mut free: Vec<&String> = self
            .configured
            .iter()
            .filter(|known| !recorded.contains_key(*known))
            .collect();
        let address = |(kind, id): (String, String)| {
            let of_kind = free
                .iter()
                .position(|address| address.starts_with(&format!("{kind}.")));
            let address = of_kind.map_or_else(|| format!("{kind}.m"), |index| free.remove(index).clone());
            (address, id)
        };
        unknown.into_iter().map(address).collect()
    }

    fn known(&self) -> BTreeSet<String> {
        let recorded = self.bench.all_recorded();
        let ids = recorded
            .values()
            .filter_map(|recorded| recorded.values["id"].as_str().map(str::to_owned));
        ids.collect()
    }
}

/// Whether a second apply may end in this: what was left over is told, a job that runs is not thrown away, or nobody can see
/// whether a password was set.
fn is_allowed(error: &Diagnostic, unknown: &[(String, String)]) -> bool {
    let text = format!("{} {}", error.summary, error.detail);
    let is_left_over =
        |(_, id): &(String, String)| text.contains(id) && text.to_lowercase().contains("import");
    unknown.iter().any(is_left_over) || keeps_tainted(error) || is_unchecked_password(error)
}

fn keeps_tainted(error: &Diagnostic) -> bool {
    error.detail.contains("`terraform untaint`") && error.detail.contains("Nothing was changed")
}

fn is_unchecked_password(error: &Diagnostic) -> bool {
    error.detail.contains("apply again, and it is taken as set")
}

/// Stands in a configuration for the address of the emulator.
pub(super) const ENDPOINT: &str = "http://emulator.example";
