//! How a job is, beside its `status`: `failure` (why it does not go on, and what to do) and `progress` (how far it is).

use super::extent::{self, Extent};
use crate::api;
use crate::dts::course::Desired;
use crate::dts::precheck;
use crate::dts::status::Stage;
use crate::framework::{Attribute, Object, Type, Value};

/// What is computed from where a job is, and so is unknown where that may change.
pub(super) const NAMES: [&str; 3] = ["status", "failure", "progress"];

/// The attributes, without `status`.
pub(super) fn attributes() -> [Attribute; 2] {
    let failure = Type::object(["stage", "code", "message", "suggestion"].map(|name| (name, Type::String)));
    let progress = Type::object(["structure", "data", "delay_seconds"].map(|name| (name, Type::Number)));
    [
        Attribute::new("failure", failure).computed().describe(
            "Why the job does not go on; null while it does. `stage` (`precheck`, `structure_initialization`, `data_initialization`, \
             `data_synchronization`, `modification`, `locked`, `stopped` (a migration, before it had moved everything), or `unknown`), `code` (as DTS has it; of a precheck, the checks that failed), \
             `message`, and `suggestion`: what to do next.",
        ),
        Attribute::new("progress", progress).computed().describe(
            "How far the job is, as of the last refresh: `structure` and `data` in percent, `delay_seconds` behind the source. Null is what the \
             job does not do, or has not come to.",
        ),
    ]
}

/// Why a job does not go on.
#[derive(Debug, PartialEq)]
pub(super) struct Failure {
    stage: &'static str,
    code: Option<String>,
    message: String,
    suggestion: String,
}

impl Failure {
    /// In one sentence, and what to do in another.
    pub(super) fn told(&self) -> String {
        if self.stage == STOPPED {
            return format!("{}. {}", capitalized(&self.message), self.suggestion);
        }
        let stage = match self.stage {
            "unknown" => String::new(),
            stage => format!(" in {stage}"),
        };
        // Messages often begin with the code.
        let code = self.code.iter().filter(|code| !self.message.contains(*code));
        let code: String = code.map(|code| format!(" {code}:")).collect();
        let message = self.message.trim_end_matches('.');
        format!("It failed{stage}:{code} {message}. {}", self.suggestion)
    }

    fn to_value(&self) -> Value {
        let object = Object::new()
            .with("stage", self.stage)
            .with("code", self.code.clone())
            .with("message", self.message.as_str())
            .with("suggestion", self.suggestion.as_str());
        Value::Map(object)
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// As the state has it, in one sentence, and what to do in another.
pub(super) fn recorded(state: &Object) -> Option<String> {
    let failure = state.object("failure")?;
    let text = |name: &str| failure.str(name).unwrap_or_default().to_owned();
    let known = Failure {
        stage: STAGES
            .into_iter()
            .find(|stage| failure.str("stage") == Some(stage))?,
        code: failure.str("code").map(str::to_owned),
        message: text("message"),
        suggestion: text("suggestion"),
    };
    Some(known.told())
}

/// A migration that was ended before it was done.
const STOPPED: &str = "stopped";

const STAGES: [&str; 8] = [
    "precheck",
    "structure_initialization",
    "data_initialization",
    "data_synchronization",
    "modification",
    "locked",
    STOPPED,
    "unknown",
];

/// What has to be asked for beside the job itself, as far as DTS tells it.
#[derive(Debug, Default)]
pub(super) struct Particulars {
    /// The job as a list has it: only lists tell how far each phase is (dts-api.md 2.7).
    phases: Option<api::JobDetail>,
    /// Of a precheck that failed.
    precheck: Option<api::PrecheckStatus>,
}

impl Particulars {
    /// Asks, where `job` leaves something open. What cannot be read stays open: it is only told, and decides nothing.
    pub(super) async fn of(api: &api::Client, job: &api::JobDetail, job_type: Option<&str>) -> Particulars {
        let mut found = Particulars::default();
        let Some(id) = job.dts_job_id.as_deref() else {
            return found;
        };
        let stage = stage_of(job);
        let loads =
            job.mode.structure_initialization == Some(true) || job.mode.data_initialization == Some(true);
        let open = match stage {
            Stage::Failed => true,
            Stage::Running | Stage::Suspended => loads && !is_loaded(job),
            Stage::Finished => loads,
            _ => false,
        };
        if open && job.structure_initialization_status.is_none() && job.data_initialization_status.is_none() {
            let read = api
                .read_job(&api::JobRef::job(id), job_type, api::Purpose::Progress)
                .await;
            found.phases = read.ok();
        }
        if stage == Stage::PrecheckFailed {
            let read = api
                .describe_precheck_status(id, precheck::PRECHECK, Some(precheck::BEFORE))
                .await;
            found.precheck = read.ok();
        }
        found
    }

    fn phases<'j>(&'j self, job: &'j api::JobDetail) -> &'j api::JobDetail {
        self.phases.as_ref().unwrap_or(job)
    }
}

/// Brings `failure` and `progress` up to date. What is wanted is no failure.
pub(super) fn record(state: &mut Object, job: &api::JobDetail, more: &Particulars) {
    let is_told = more.phases(job).structure_initialization_status.is_some()
        || more.phases(job).data_initialization_status.is_some();
    let is_stopped = state.object("failure").and_then(|failure| failure.str("stage")) == Some(STOPPED);
    if is_stopped && !is_told && stage_of(job) == Stage::Finished {
        // Known once, it stays so: a list that cannot be read now does not make it done.
        return;
    }
    let wanted = state.str("desired_status") == Some(Desired::Stopped.name());
    let failure = failure(job, more).filter(|failure| !(wanted && failure.stage == STOPPED));
    state.set("failure", failure.map(|failure| failure.to_value()));
    state.set("progress", progress(job, more));
}

/// What is certainly missing of a migration that followed no changes and has ended: it did not end by itself.
pub(super) fn stopped_at(job: &api::JobDetail, more: &Particulars) -> Option<Extent> {
    if !ends_by_itself(job) || stage_of(job) != Stage::Finished {
        return None;
    }
    Some(Extent::at_the_end(job, more.phases(job))).filter(|moved| moved.is_part())
}

fn ends_by_itself(job: &api::JobDetail) -> bool {
    let is_sync = job
        .job_type
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("sync"));
    !is_sync && job.mode.data_synchronization == Some(false)
}

fn stage_of(job: &api::JobDetail) -> Stage {
    Stage::of(job.status.as_deref().unwrap_or_default())
}

fn is(job: &api::JobDetail, status: &str) -> bool {
    job.status
        .as_deref()
        .is_some_and(|found| found.eq_ignore_ascii_case(status))
}

/// Whether the status alone tells that structure and data are moved.
fn is_loaded(job: &api::JobDetail) -> bool {
    is(job, "Synchronizing")
}

fn has_failed(phase: Option<&api::PhaseStatus>) -> bool {
    phase
        .and_then(|phase| phase.status.as_deref())
        .is_some_and(|status| status.eq_ignore_ascii_case("Failed"))
}

/// Why the job does not go on, if it does not.
pub(super) fn failure(job: &api::JobDetail, more: &Particulars) -> Option<Failure> {
    match stage_of(job) {
        Stage::PrecheckFailed => Some(of_precheck(job, more.precheck.as_ref())),
        Stage::Failed => Some(of_run(job, more.phases(job))),
        Stage::Finished => stopped_at(job, more).map(of_stop),
        _ => None,
    }
}

fn of_stop(moved: Extent) -> Failure {
    Failure {
        stage: STOPPED,
        code: None,
        message: format!(
            "the migration was stopped before it had moved everything ({})",
            moved.told()
        ),
        suggestion: "It cannot be started again. Replace its instance and the job with it to move everything, or set `desired_status = \
                     \"stopped\"` to accept that."
            .to_owned(),
    }
}

fn of_precheck(job: &api::JobDetail, status: Option<&api::PrecheckStatus>) -> Failure {
    let failed: Vec<&api::PrecheckItem> = status.map(precheck::failed).unwrap_or_default();
    let codes: Vec<&str> = failed.iter().filter_map(|item| item.item.as_deref()).collect();
    let found = failed
        .iter()
        .filter_map(|item| Some(format!("{}: {}", item.item.as_deref()?, precheck::message(item)?)));
    let message = found.collect::<Vec<_>>().join("; ");
    let message = Some(message)
        .filter(|text| !text.is_empty())
        .or_else(|| job.error_message.clone());
    let mut repair: Vec<&str> = failed
        .iter()
        .filter_map(|item| item.repair_method.as_deref())
        .collect();
    repair.dedup();
    let then = "Then apply: the precheck runs again.";
    Failure {
        stage: "precheck",
        code: (!codes.is_empty()).then(|| codes.join(", ")),
        message: message.unwrap_or_else(|| "DTS names no check".to_owned()),
        suggestion: if repair.is_empty() {
            format!("Repair what the checks found. {then}")
        } else {
            format!("{}. {then}", repair.join("; ").trim_end_matches('.'))
        },
    }
}

fn of_run(job: &api::JobDetail, phases: &api::JobDetail) -> Failure {
    let stage = if is(job, "Locked") {
        "locked"
    } else if is(job, "ModifyFailed") {
        "modification"
    } else if has_failed(phases.structure_initialization_status.as_ref()) {
        "structure_initialization"
    } else if has_failed(phases.data_initialization_status.as_ref()) {
        "data_initialization"
    } else if is(job, "Failed") || has_failed(phases.data_synchronization_status.as_ref()) {
        "data_synchronization"
    } else {
        "unknown"
    };
    let of_phase = [
        &phases.structure_initialization_status,
        &phases.data_initialization_status,
        &phases.data_synchronization_status,
    ];
    let of_phase = of_phase
        .into_iter()
        .flatten()
        .find_map(|phase| phase.error_message.clone());
    let retry = job
        .retry_state
        .as_ref()
        .and_then(|retry| retry.err_message.clone());
    let message = (job.error_message.clone())
        .or_else(|| phases.migration_err_msg.clone())
        .or(of_phase)
        .or(retry)
        .unwrap_or_else(|| match stage {
            "locked" => {
                "the instance is locked, as for an overdue payment or an end of its subscription".to_owned()
            }
            _ => "DTS gives no reason".to_owned(),
        });
    let code = phases.migration_err_code.clone().or_else(|| code_in(&message));
    let suggestion = phases.migration_err_workaround.clone().unwrap_or_else(|| {
        match stage {
            "locked" => "Pay what is owed, or renew the instance; DTS then unlocks the job.",
            "modification" => {
                "Repair the cause, or take the change back, and apply: the job is then started again."
            }
            _ => {
                "Repair the cause and apply: the job is then started again, and goes on where it was. A tainted one would be replaced: \
                 `terraform untaint` it first."
            }
        }
        .to_owned()
    });
    Failure {
        stage,
        code,
        message,
        suggestion,
    }
}

/// The code that a message begins with, such as `DTS-070211` (dts-api.md 3.6).
fn code_in(message: &str) -> Option<String> {
    let (code, _) = message.split_once(':')?;
    let (product, number) = code.split_once('-')?;
    let is_code = product.bytes().all(|byte| byte.is_ascii_uppercase())
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| code.to_owned())
}

/// How far the job is; null before it is configured.
fn progress(job: &api::JobDetail, more: &Particulars) -> Value {
    let stage = stage_of(job);
    if stage == Stage::NotConfigured {
        return Value::Null;
    }
    let phases = more.phases(job);
    let mode = &job.mode;
    let wanted = [mode.structure_initialization, mode.data_initialization];
    if stage == Stage::Finished && ends_by_itself(job) {
        let [structure, data] = Extent::at_the_end(job, phases).percent(wanted);
        let progress = Object::new()
            .with("structure", structure)
            .with("data", data)
            .with("delay_seconds", None::<i64>);
        return Value::Map(progress);
    }
    let percent = |wanted: Option<bool>, phase: &Option<api::PhaseStatus>| -> Option<i64> {
        if wanted != Some(true) {
            return None;
        }
        if !stage.has_run() {
            return Some(0);
        }
        if is_loaded(job) {
            return Some(100);
        }
        extent::percent(phase.as_ref()?)
    };
    let delay = job.delay.filter(|delay| {
        *delay >= 0 && stage == Stage::Running && job.mode.data_synchronization == Some(true)
    });
    let progress = Object::new()
        .with(
            "structure",
            percent(
                job.mode.structure_initialization,
                &phases.structure_initialization_status,
            ),
        )
        .with(
            "data",
            percent(job.mode.data_initialization, &phases.data_initialization_status),
        )
        .with("delay_seconds", delay.map(|milliseconds| milliseconds / 1000));
    Value::Map(progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(status: &str, percent: &str) -> Option<api::PhaseStatus> {
        Some(api::PhaseStatus {
            status: Some(status.to_owned()),
            percent: Some(percent.to_owned()),
            ..api::PhaseStatus::default()
        })
    }

    fn job(status: &str, follows: bool) -> api::JobDetail {
        api::JobDetail {
            status: Some(status.to_owned()),
            mode: api::JobMode {
                structure_initialization: Some(true),
                data_initialization: Some(true),
                data_synchronization: Some(follows),
            },
            delay: Some(2500),
            ..api::JobDetail::default()
        }
    }

    #[test]
    fn progress_by_status_and_phases() {
        let with = |structure: &str, data: &str| Particulars {
            phases: Some(api::JobDetail {
                structure_initialization_status: phase("Finished", structure),
                data_initialization_status: phase("Migrating", data),
                ..api::JobDetail::default()
            }),
            precheck: None,
        };
        let none = Particulars::default;
        for (status, follows, more, expected) in [
            ("NotStarted", true, none(), (Some(0), Some(0), None)),
            (
                "Migrating",
                true,
                with("100", "45.7"),
                (Some(100), Some(45), Some(2)),
            ),
            ("Migrating", false, with("100", "45"), (Some(100), Some(45), None)),
            ("Initializing", true, none(), (None, None, Some(2))),
            ("Synchronizing", true, none(), (Some(100), Some(100), Some(2))),
            ("Suspending", true, with("100", "10"), (Some(100), Some(10), None)),
            ("Finished", false, none(), (Some(100), Some(100), None)),
            ("Finished", false, with("100", "45"), (Some(100), Some(45), None)),
        ] {
            let value = progress(&job(status, follows), &more);
            let found = value.as_map().unwrap();
            assert_eq!(
                (
                    found.i64("structure"),
                    found.i64("data"),
                    found.i64("delay_seconds")
                ),
                expected,
                "{status}"
            );
        }
        assert!(progress(&job("NotConfigured", true), &none()).is_null());
    }

    #[test]
    fn a_failure_says_where_why_and_what_to_do() {
        let failed = |status: &str, message: Option<&str>, phases: api::JobDetail| {
            let job = api::JobDetail {
                error_message: message.map(str::to_owned),
                ..job(status, true)
            };
            let more = Particulars {
                phases: Some(phases),
                precheck: None,
            };
            failure(&job, &more).unwrap()
        };
        let load = api::JobDetail {
            data_initialization_status: phase("Failed", "45"),
            ..api::JobDetail::default()
        };
        let cause = failed("InitializeFailed", Some("DTS-070211: no room"), load);
        assert_eq!(
            (cause.stage, cause.code.as_deref()),
            ("data_initialization", Some("DTS-070211"))
        );
        assert!(
            cause
                .told()
                .starts_with("It failed in data_initialization: DTS-070211: no room. Repair"),
            "{}",
            cause.told()
        );

        let known = api::JobDetail {
            migration_err_code: Some("DTS-1".to_owned()),
            migration_err_msg: Some("lost".to_owned()),
            migration_err_workaround: Some("Do this.".to_owned()),
            ..api::JobDetail::default()
        };
        let cause = failed("Failed", None, known);
        assert_eq!(
            cause.told(),
            "It failed in data_synchronization: DTS-1: lost. Do this."
        );
        assert_eq!(
            failed("ModifyFailed", None, api::JobDetail::default()).stage,
            "modification"
        );
        assert!(
            failed("Locked", None, api::JobDetail::default())
                .told()
                .contains("Pay what is owed")
        );
        assert_eq!(failure(&job("Migrating", true), &Particulars::default()), None);
    }

    #[test]
    fn a_migration_that_was_stopped_says_how_far_it_came() {
        let stopped = job("Finished", false);
        let more = Particulars {
            phases: Some(api::JobDetail {
                structure_initialization_status: phase("Finished", "100"),
                data_initialization_status: phase("Migrating", "40"),
                ..api::JobDetail::default()
            }),
            precheck: None,
        };
        let mut state = Object::new();
        record(&mut state, &stopped, &more);
        let told = recorded(&state).unwrap();
        assert!(
            told.starts_with("The migration was stopped before it had moved everything (structure 100%, data 40%). It cannot"),
            "{told}"
        );
        // A list that cannot be read does not make it done.
        let before = state.clone();
        record(&mut state, &stopped, &Particulars::default());
        assert_eq!(state, before);
        // Wanted, it is none.
        state.set("desired_status", "stopped");
        record(&mut state, &stopped, &more);
        assert_eq!(recorded(&state), None);
        assert_eq!(state.object("progress").unwrap().i64("data"), Some(40));
        // One that follows changes has no end but that.
        assert_eq!(failure(&job("Finished", true), &more), None);
    }

    #[test]
    fn a_failed_precheck_names_its_checks() {
        let item = |code: &str, state: &str| api::PrecheckItem {
            item: Some(code.to_owned()),
            state: Some(state.to_owned()),
            err_msg: Some("no route".to_owned()),
            repair_method: Some("Open the port.".to_owned()),
            ..api::PrecheckItem::default()
        };
        let more = Particulars {
            phases: None,
            precheck: Some(api::PrecheckStatus {
                items: vec![
                    item("CHECK_CONN_SRC", "Failed"),
                    item("CHECK_SRC", "Success"),
                    item("CHECK_AUTH_SRC", "Failed"),
                ],
                ..api::PrecheckStatus::default()
            }),
        };
        let cause = failure(&job("PrecheckFailed", true), &more).unwrap();
        assert_eq!(cause.code.as_deref(), Some("CHECK_CONN_SRC, CHECK_AUTH_SRC"));
        assert_eq!(
            cause.message,
            "CHECK_CONN_SRC: no route; CHECK_AUTH_SRC: no route"
        );
        assert_eq!(
            cause.suggestion,
            "Open the port. Then apply: the precheck runs again."
        );
        let mut state = Object::new();
        record(&mut state, &job("PrecheckFailed", true), &more);
        assert_eq!(recorded(&state), Some(cause.told()));
    }
}
