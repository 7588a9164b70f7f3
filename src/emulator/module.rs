//! How far the modules of a job have come: structure, full load, changes.

use serde_json::{Value, json};

use super::{
    model::{Job, Stage, Status},
    script::Progress,
    state::State,
    transition::Passing,
};

/// A job that is further behind than this, in milliseconds, has not caught up.
const BEHIND: i64 = 1000;
/// Milliseconds behind the source once a job has caught up.
const CAUGHT_UP: i64 = 20;

/// One module of a job as it is now.
pub(crate) struct Module {
    /// Whether the job was configured to have it.
    pub(crate) wanted: bool,
    /// `NotStarted`, `Migrating`, `Suspending`, `Failed`, `Finished`, or of changes also `Catched`.
    pub(crate) state: &'static str,
    pub(crate) percent: u8,
    /// Why it failed, else empty.
    pub(crate) message: String,
}

impl Module {
    /// The module of `job` that does `stage`.
    pub(crate) fn of(state: &State, job: &Job, stage: Stage) -> Self {
        let wanted = job.configuration.as_ref().is_some_and(|known| match stage {
            Stage::Structure => known.modes.structure,
            Stage::Full => known.modes.data,
            Stage::Incremental | Stage::Modify => known.modes.increment,
        });
        let module = |state, percent| Self {
            wanted,
            state,
            percent,
            message: String::new(),
        };
        if !wanted || job.began.is_none() {
            return module("NotStarted", 0);
        }
        let progress = progress(state, job);
        let percent = match stage {
            Stage::Structure => progress.structure,
            Stage::Full => progress.full,
            Stage::Incremental | Stage::Modify => 0,
        };
        if let Some(failure) = job.failure.as_ref().filter(|failure| failure.stage == stage) {
            return Self {
                message: format!("{}: {}", failure.code, failure.message),
                ..module("Failed", percent)
            };
        }
        let paused = job.status == Status::Suspending || job.status.has_failed();
        match stage {
            Stage::Structure | Stage::Full => {
                let before = stage == Stage::Full
                    && progress.structure < 100
                    && job
                        .configuration
                        .as_ref()
                        .is_some_and(|known| known.modes.structure);
                match percent {
                    100 => module("Finished", 100),
                    _ if before => module("NotStarted", 0),
                    _ if paused => module("Suspending", percent),
                    _ => module("Migrating", percent),
                }
            }
            _ if !job.loaded => module("NotStarted", 0),
            _ if job.status == Status::Finished => module("Finished", 100),
            _ if paused => module("Suspending", 50),
            _ if delay(state, job) > BEHIND => module("Migrating", 99),
            _ => module("Catched", 100),
        }
    }

    /// As lists show it. Only some modules have `NeedUpgrade`.
    pub(crate) fn shown(&self, upgradable: bool) -> Value {
        let progress = match self.state {
            "NotStarted" => "0",
            _ if upgradable => "0.00RPS/(0.000MB/s)",
            _ => "0",
        };
        let mut shown = json!({
            "Status": self.state,
            "Percent": self.percent.to_string(),
            "Progress": progress,
            "ErrorMessage": self.message,
        });
        if upgradable {
            shown["NeedUpgrade"] = false.into();
        }
        shown
    }
}

/// How far structure and full load have come. Only the end of a load is the end of both: a job that was stopped in the middle of
/// it is `Finished` too (dts-api.md 3.2), and its modules stay where they were. The reference has no word for such a module but
/// those of one that is not through (dts-api.md 3.6).
pub(crate) fn progress(state: &State, job: &Job) -> Progress {
    let elapsed = match &job.passing {
        Some((Passing::Load, elapsed)) => elapsed.steps_done(state.lifecycle, state.now, 100),
        _ => 0,
    };
    state.scripts.progress(job, elapsed)
}

/// Milliseconds behind the source; -1 before changes are read.
pub(crate) fn delay(state: &State, job: &Job) -> i64 {
    if job.status == Status::Finished {
        return 0;
    }
    let reads = job.loaded
        && job.replicates()
        && job.began.is_some()
        && !matches!(job.status, Status::NotConfigured | Status::Starting);
    if !reads {
        return -1;
    }
    let scripted = state.scripts.of(job).and_then(|script| script.delay_ms);
    scripted.unwrap_or(CAUGHT_UP)
}
