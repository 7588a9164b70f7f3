//! `dts_suspend_job`: pauses a job.

use std::time::Duration;

use async_trait::async_trait;

use super::run::{self, NONE, Run, Seen};
use super::states::Ask;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::framework::action::{Action, Invoke};
use crate::framework::{Diagnostics, Schema};

const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// `dts_suspend_job`
#[derive(Debug)]
pub(in crate::dts) struct SuspendJob;

#[async_trait]
impl Action<Client> for SuspendJob {
    fn type_name(&self) -> &'static str {
        "dts_suspend_job"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            run::block(
                "Pauses a job that runs (`SuspendDtsJob`), and waits until it is paused. A job that is paused already is left alone. It is \
                 still paid for, and after more than six hours DTS may not be able to resume it. Where a `dts_job` manages the job, set its \
                 `desired_status` to `suspended` instead, or the next plan starts it again.",
            )
            .attribute(run::wait_for(
                &["suspended", NONE],
                "Wait until the job is `suspended`, or for `none`: DTS has taken the call. Default: `suspended`.",
            ))
            .attribute(run::timeout(TIMEOUT)),
        )
    }

    async fn invoke(&self, invoke: &mut Invoke<Client>) -> Result<(), Diagnostics> {
        let mut run = Run::new(invoke, TIMEOUT)?;
        let seen = run.look(Ask::Suspend).await?;
        let done = if seen.stage == Stage::Finished {
            "has ended"
        } else {
            "suspended"
        };
        if !run.needs(Ask::Suspend, &seen, done).await? {
            return Ok(());
        }
        let call = run.api.suspend_dts_job(&run.job);
        run.call(("SuspendDtsJob", "suspend"), call, |stage| {
            stage == Stage::Suspended
        })
        .await?;
        if run.wait_for() == Some(NONE) {
            return Ok(());
        }
        // A job that has come to its end meanwhile moves nothing any more either.
        let there = |now: &Seen| now.is_suspended() || now.has_finished();
        run.follow("suspend", &seen, &[Stage::Failed, Stage::Finished], there)
            .await?;
        run.say("suspended").await;
        Ok(())
    }
}
