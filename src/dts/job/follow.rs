//! Following a job as far as `wait_for` and `desired_status` ask, and telling why it does not get there.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::apply::{self, Run};
use super::condition::{self, Particulars};
use crate::api;
use crate::dts::course::Desired;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::dts::{error, precheck};
use crate::framework::{Diagnostic, Diagnostics};

/// Whether a job in `stage` is certainly as far as `wait_for` and `desired_status` ask.
pub(super) fn is_there(wait_for: Option<&str>, desired: Desired, stage: Stage) -> bool {
    match (wait_for, desired) {
        (Some("none"), _) | (_, Desired::Configured) => true,
        (Some("initialized" | "caught_up" | "finished"), Desired::Running) | (_, Desired::Stopped) => {
            stage == Stage::Finished
        }
        (Some("prechecked"), Desired::Running) | (_, Desired::Prechecked) => stage >= Stage::PreCheckPass,
        (_, Desired::Running) => matches!(stage, Stage::Running | Stage::Finished),
        (_, Desired::Suspended) => is_paused(stage),
    }
}

/// Whether nothing moves, and nothing is about to.
fn is_paused(stage: Stage) -> bool {
    !matches!(stage, Stage::Prechecking | Stage::Running)
}

/// How long a job may take to show that a start was taken up, when nothing waits for it.
const SETTLE: Duration = Duration::from_secs(3);

/// Greatest delay that counts as caught up, unless the user says otherwise.
const CAUGHT_UP_SECONDS: i64 = 10;

impl Run<'_> {
    pub(super) async fn follow(&self, desired: Desired) -> Result<(), Diagnostics> {
        let asked = self.apply.planned.str("wait_for");
        match (asked, desired) {
            (Some("none"), _) => self.settle().await,
            // Bought for since: no precheck is run for its own sake any more.
            (_, Desired::Prechecked) if !self.reached.get("dts_instance_id").is_null() => Ok(()),
            (Some("prechecked"), Desired::Prechecked | Desired::Running) | (None, Desired::Prechecked) => {
                self.wait_until("pass its precheck", |stage| stage >= Stage::PreCheckPass)
                    .await
            }
            (Some("initialized"), Desired::Running) => {
                self.wait_until_moved("move all structure and data", None).await
            }
            (Some("caught_up"), Desired::Running) => {
                let seconds = self
                    .apply
                    .planned
                    .i64("max_delay_seconds")
                    .unwrap_or(CAUGHT_UP_SECONDS);
                self.wait_until_moved("catch up with the source", Some(seconds))
                    .await
            }
            (Some("finished"), Desired::Running) => {
                self.wait_until("finish", |stage| stage == Stage::Finished).await
            }
            (_, Desired::Running) => {
                self.wait_until("run", |stage| matches!(stage, Stage::Running | Stage::Finished))
                    .await
            }
            (_, Desired::Suspended) => self.wait_until("suspend", is_paused).await,
            (_, Desired::Stopped) => self.wait_until("end", |stage| stage == Stage::Finished).await,
            (_, Desired::Configured | Desired::Prechecked) => Ok(()),
        }
    }

    /// After a start that nobody waits for: until DTS no longer shows what was before it, so that whoever looks next (the
    /// gate of a purchase) does not take the old verdict for the new. No error when it takes longer.
    async fn settle(&self) -> Result<(), Diagnostics> {
        let Some(before) = self.before_start else {
            return Ok(());
        };
        let clock = self.api.clock();
        let begin = clock.instant();
        while clock.instant().duration_since(begin) < SETTLE {
            if self.apply.cancel.is_cancelled() || self.stage().await.is_ok_and(|stage| stage != before) {
                break;
            }
            clock.sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    /// Until DTS takes a change: the job runs, and its objects are not being loaded.
    pub(super) async fn wait_until_changeable(&self, what: &str, objects: bool) -> Result<(), Diagnostics> {
        self.watch(what, [api::Purpose::Poll; 2], |detail| async move {
            let status = detail.status.clone().unwrap_or_default();
            let stage = Stage::of(&status);
            let busy = is_changing(&status) || objects && status.eq_ignore_ascii_case("Initializing");
            if stage == Stage::Running && !busy {
                return Ok(Poll::Ready(()));
            }
            if self.before_start != Some(stage) {
                self.failed(stage, &status, &detail, what).await?;
                if stage == Stage::Suspended {
                    return Err(paused(what, &status));
                }
            }
            Ok(Poll::Pending(format!("status {status}")))
        })
        .await
    }

    /// Until no change of its objects or of its instance's class is under way: DTS lets nothing else be done meanwhile.
    pub(super) async fn wait_until_settled(&self, verb: &str) -> Result<(), Diagnostics> {
        let what = format!("{verb} DTS job {}", self.id);
        self.watch(&what, [api::Purpose::Poll; 2], |detail| async move {
            let status = detail.status.unwrap_or_default();
            Ok(if is_changing(&status) {
                Poll::Pending(format!("status {status}"))
            } else {
                Poll::Ready(())
            })
        })
        .await
    }

    /// Polls until the job is in a stage that `enough` accepts; a failure on the way is an error with its reason.
    pub(super) async fn wait_until(
        &self,
        verb: &str,
        enough: impl Fn(Stage) -> bool,
    ) -> Result<(), Diagnostics> {
        let what = format!("see DTS job {} {verb}", self.id);
        let clock = self.api.clock();
        let begin = clock.instant();
        // Mostly it is there at once. Where it is not, lists tell how far it is.
        let purposes = [api::Purpose::Poll, api::Purpose::Progress];
        let (enough, what) = (&enough, what.as_str());
        let ending = &AtomicBool::new(false);
        self.watch(what, purposes, |detail| async move {
            let status = detail.status.clone().unwrap_or_default();
            let stage = Stage::of(&status);
            if !self.is_at_its_end(&detail, &status, what, ending).await? {
                return Ok(Poll::Pending(so_far(&detail)));
            }
            // Right after a start DTS may still show the failure that it follows.
            let stale = self.before_start == Some(stage) && clock.instant().duration_since(begin) < SETTLE;
            if enough(stage) && !(stale && stage == Stage::PreCheckPass) {
                return Ok(Poll::Ready(()));
            }
            if !stale {
                self.failed(stage, &status, &detail, what).await?;
            }
            Ok(Poll::Pending(so_far(&detail)))
        })
        .await
    }

    /// Polls the job, for the first purpose and then for the second one, until `judge` has seen enough. A look that fails says
    /// nothing of the job, and is ridden out.
    pub(super) async fn watch<F>(
        &self,
        what: &str,
        [first, then]: [api::Purpose; 2],
        judge: impl Fn(api::JobDetail) -> F,
    ) -> Result<(), Diagnostics>
    where
        F: Future<Output = Result<Poll<()>, Diagnostics>>,
    {
        let patience = Patience {
            what,
            limit: self.limit,
            raise: self.raise,
            cancel: &self.apply.cancel,
        };
        let looked = AtomicBool::new(false);
        wait::until(self.api.clock().as_ref(), &patience, || async {
            let purpose = if looked.swap(true, Ordering::Relaxed) {
                then
            } else {
                first
            };
            match self.look(purpose).await {
                Ok(detail) => judge(detail).await,
                Err(cause) => {
                    let reading = format!("read DTS job {}", self.id);
                    Ok(Poll::Unread(error::unable(&reading, &cause).into()))
                }
            }
        })
        .await
    }

    /// An error if the job has failed, or has ended where it should not.
    pub(super) async fn failed(
        &self,
        stage: Stage,
        status: &str,
        detail: &api::JobDetail,
        what: &str,
    ) -> Result<(), Diagnostics> {
        match stage {
            Stage::PrecheckFailed => {
                const THEN: &str =
                    "The job stays configured and does not run. Repair the cause and apply again.";
                Err(precheck::failures_of(&self.api, &self.id, THEN).await)
            }
            Stage::Failed | Stage::Finished => {
                let more = Particulars::of(&self.api, detail, self.reached.str("job_type")).await;
                let why = condition::failure(detail, &more).map_or_else(
                    || "It has ended. Apply again: the plan shows what can be done.".to_owned(),
                    |failure| failure.told(),
                );
                Err(Diagnostic::error(
                    format!("Unable to {what}"),
                    format!("Its status is {status}. {why}"),
                )
                .into())
            }
            _ => Ok(()),
        }
    }

    /// Whether nothing speaks against taking a status for what it says. An error if the job has ended before it had moved everything,
    /// which DTS calls `Finished` too; but only at the second look that says so, for the phases may be told a moment later than the end.
    async fn is_at_its_end(
        &self,
        detail: &api::JobDetail,
        status: &str,
        what: &str,
        ending: &AtomicBool,
    ) -> Result<bool, Diagnostics> {
        if self.is_done(detail).await || apply::desired(&self.apply.planned) == Desired::Stopped {
            return Ok(true);
        }
        if ending.swap(true, Ordering::Relaxed) {
            self.failed(Stage::Finished, status, detail, what).await?;
        }
        Ok(false)
    }

    /// Whether a job has not ended before its time.
    pub(super) async fn is_done(&self, detail: &api::JobDetail) -> bool {
        let status = detail.status.as_deref().unwrap_or_default();
        if Stage::of(status) != Stage::Finished {
            return true;
        }
        let more = Particulars::of(&self.api, detail, self.reached.str("job_type")).await;
        condition::stopped_at(detail, &more).is_none()
    }

    /// Polls until structure and data are moved and, with `delay_seconds`, changes are followed that closely.
    async fn wait_until_moved(&self, verb: &str, delay_seconds: Option<i64>) -> Result<(), Diagnostics> {
        let what = format!("see DTS job {} {verb}", self.id);
        let what = what.as_str();
        let ending = &AtomicBool::new(false);
        self.watch(what, [api::Purpose::Progress; 2], |detail| async move {
            let status = detail.status.clone().unwrap_or_default();
            let stage = Stage::of(&status);
            if !self.is_at_its_end(&detail, &status, what, ending).await? {
                return Ok(Poll::Pending(so_far(&detail)));
            }
            if stage == Stage::Finished && self.reached.bool("data_synchronization") == Some(false) {
                return Ok(Poll::Ready(()));
            }
            if self.before_start != Some(stage) {
                self.failed(stage, &status, &detail, what).await?;
            }
            // Only lists tell of phases, and not of every job; the status of a synchronization does too.
            let loaded = status.eq_ignore_ascii_case("Synchronizing");
            let moved = |wanted: &str, phase: &Option<api::PhaseStatus>| {
                loaded || self.reached.bool(wanted) != Some(true) || is_phase(phase, &["Finished", "Catched"])
            };
            let all = moved(
                "structure_initialization",
                &detail.structure_initialization_status,
            ) && moved("data_initialization", &detail.data_initialization_status);
            let close = delay_seconds.is_none_or(|most| {
                // Negative before changes are followed.
                detail
                    .delay
                    .is_some_and(|delay| (0..=most.saturating_mul(1000)).contains(&delay))
                    && is_phase(&detail.data_synchronization_status, &["Catched", "Migrating"])
            });
            if all && close && stage == Stage::Running {
                return Ok(Poll::Ready(()));
            }
            Ok(Poll::Pending(so_far(&detail)))
        })
        .await
    }
}

/// Whether DTS is busy with a change of the job, in which it takes nothing else (dts-api.md 3.5).
fn is_changing(status: &str) -> bool {
    ["Modifying", "Upgrade", "Downgrade"]
        .iter()
        .any(|busy| status.eq_ignore_ascii_case(busy))
}

/// Of a job that was seen running when this was planned: it does not run again by itself.
fn paused(what: &str, status: &str) -> Diagnostics {
    Diagnostic::error(
        format!("Unable to {what}"),
        format!(
            "Its status is {status}: it was paused since this was planned, and DTS changes only a job that runs. Apply again: the plan shows \
             the start and what is left."
        ),
    )
    .into()
}

pub(in crate::dts) fn is_phase(phase: &Option<api::PhaseStatus>, wanted: &[&str]) -> bool {
    let status = phase
        .as_ref()
        .and_then(|phase| phase.status.as_deref())
        .unwrap_or_default();
    wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(status))
}

/// Where a job is, for the message when the time is up.
pub(in crate::dts) fn so_far(job: &api::JobDetail) -> String {
    let phases = [
        ("structure", &job.structure_initialization_status),
        ("data", &job.data_initialization_status),
        ("changes", &job.data_synchronization_status),
    ];
    let mut text = format!("status {}", job.status.as_deref().unwrap_or("unknown"));
    for (name, phase) in phases {
        if let Some(percent) = phase.as_ref().and_then(|phase| phase.percent.as_deref()) {
            text.push_str(&format!(", {name} {percent}%"));
        }
    }
    if let Some(delay) = job.delay.filter(|delay| *delay >= 0) {
        text.push_str(&format!(", delay {delay} ms"));
    }
    text
}
