//! Following a subscription as far as `wait_for` and `desired_status` ask, and telling why it does not get there.

use std::future::Future;
use std::time::Duration;

use super::apply::Run;
use super::{SUBSCRIBE, read};
use crate::api;
use crate::dts::course::Desired;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::dts::{error, job, precheck};
use crate::framework::{Diagnostic, Diagnostics, Object};

/// How long a subscription may take to show that a start was taken up.
const SETTLE: Duration = Duration::from_secs(3);

/// Whether changes can be consumed; `Starting` and the like count as running too.
pub(super) fn is_normal(status: &str) -> bool {
    status.eq_ignore_ascii_case("Normal")
}

/// Whether one with that status is as far as `wait_for` and `desired_status` ask.
pub(super) fn is_there(wait_for: Option<&str>, desired: Desired, has_instance: bool, status: &str) -> bool {
    match (wait_for, desired) {
        (Some("none"), _) | (_, Desired::Configured | Desired::Stopped) => true,
        (_, Desired::Prechecked) if has_instance => true,
        (Some("prechecked"), _) | (_, Desired::Prechecked) => Stage::of(status) >= Stage::PreCheckPass,
        (_, Desired::Running) => is_normal(status),
        (_, Desired::Suspended) => !matches!(Stage::of(status), Stage::Prechecking | Stage::Running),
    }
}

impl Run<'_> {
    pub(super) async fn follow(&self, desired: Desired) -> Result<(), Diagnostics> {
        let asked = self.apply.planned.str("wait_for");
        match (asked, desired) {
            (Some("none"), _) => self.settle().await,
            (_, Desired::Prechecked) if !self.reached.get("dts_instance_id").is_null() => Ok(()),
            (_, Desired::Configured | Desired::Stopped) => Ok(()),
            (Some("prechecked"), _) | (_, Desired::Prechecked) => {
                self.wait_until("pass its precheck", |status| {
                    Stage::of(status) >= Stage::PreCheckPass
                })
                .await
            }
            (_, Desired::Running) => self.wait_until("run", is_normal).await,
            // One that has not started is not started only to be suspended.
            (_, Desired::Suspended) if !self.made.contains(&"SuspendDtsJob") => Ok(()),
            // DTS shows a suspended subscription as `Abnormal` (dts-api.md 3.2).
            (_, Desired::Suspended) => {
                self.wait_until("suspend", |status| Stage::of(status) >= Stage::Failed)
                    .await
            }
        }
    }

    /// After a start that nobody waits for: until DTS no longer shows what was before it. No error when it takes longer.
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

    /// Polls until the status is one that `enough` accepts; a failure on the way is an error with its reason.
    pub(super) async fn wait_until(
        &self,
        verb: &str,
        enough: impl Fn(&str) -> bool,
    ) -> Result<(), Diagnostics> {
        let what = format!("see DTS subscription {} {verb}", self.id);
        let clock = self.api.clock();
        let begin = clock.instant();
        let (enough, what) = (&enough, what.as_str());
        self.watch(what, |detail| async move {
            let status = detail.status.clone().unwrap_or_default();
            let stage = Stage::of(&status);
            // Right after a start DTS may still show what it follows.
            let stale = self.before_start == Some(stage) && clock.instant().duration_since(begin) < SETTLE;
            if enough(&status) && !stale {
                return Ok(Poll::Ready(()));
            }
            if !stale {
                self.failed(stage, &status, &detail, what).await?;
            }
            Ok(Poll::Pending(format!("status {status}")))
        })
        .await
    }

    /// Polls until `judge` has seen enough. A look that fails says nothing of the subscription, and is ridden out.
    pub(super) async fn watch<F>(
        &self,
        what: &str,
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
        wait::until(self.api.clock().as_ref(), &patience, || async {
            match self.look().await {
                Ok(detail) => judge(detail).await,
                Err(cause) => {
                    let reading = format!("read DTS subscription {}", self.id);
                    Ok(Poll::Unread(error::unable(&reading, &cause).into()))
                }
            }
        })
        .await
    }

    /// The subscription as it is now, read together with others that are looked at.
    pub(super) async fn look(&self) -> Result<api::JobDetail, api::Error> {
        let job = api::JobRef::job(&self.id);
        let looked = self.api.read_job(&job, Some(SUBSCRIBE), api::Purpose::Poll).await;
        self.last_look.keep(&looked, self.api.clock().instant());
        looked
    }

    pub(super) async fn stage(&self) -> Result<Stage, Diagnostics> {
        let what = format!("read DTS subscription {}", self.id);
        let detail = self.look().await.map_err(error::to(&what))?;
        Ok(Stage::of(detail.status.as_deref().unwrap_or_default()))
    }

    /// An error if the subscription has failed.
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
                    "The subscription stays configured and does not run. Repair the cause and apply again.";
                Err(precheck::failures_of(&self.api, &self.id, THEN).await)
            }
            Stage::Failed | Stage::Finished => {
                let failure = Object::new().with("failure", read::failure(&self.api, detail).await);
                let why = job::recorded_failure(&failure).unwrap_or_else(|| {
                    "It was suspended by somebody else, or it failed and DTS gives no reason. Apply again: it is then started again where that \
                     is possible."
                        .to_owned()
                });
                Err(Diagnostic::error(
                    format!("Unable to {what}"),
                    format!("Its status is {status}. {why}"),
                )
                .into())
            }
            _ => Ok(()),
        }
    }
}
