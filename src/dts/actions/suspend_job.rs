//! `dts_suspend_job`: pauses a job.

use std::time::Duration;

use async_trait::async_trait;

use super::run::{self, NONE, Run, Seen};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::framework::action::{Action, Invoke};
use crate::framework::{Diagnostics, Schema};

const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Where DTS takes the call (dts-api.md 3.5).
const ALLOWED: [&str; 5] = ["Initializing", "Migrating", "Synchronizing", "Normal", "Retrying"];

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
        let run = Run::new(invoke, TIMEOUT)?;
        let seen = run.look("suspend").await?;
        if seen.is_suspended() {
            run.say(format!("suspended already (status {})", seen.status))
                .await;
            return Ok(());
        }
        match seen.stage {
            Stage::Running => {}
            Stage::Finished if seen.is_one_time() => {
                run.say("has ended, so there is nothing to suspend").await;
                return Ok(());
            }
            stage => return Err(run.wrong_state("suspend", &seen, &ALLOWED, advice(stage))),
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
        let there = |now: &Seen| now.is_suspended() || now.stage == Stage::Finished && now.is_one_time();
        run.follow("suspend", &seen, &[Stage::Failed, Stage::Finished], there)
            .await?;
        run.say("suspended").await;
        Ok(())
    }
}

fn advice(stage: Stage) -> &'static str {
    match stage {
        Stage::Failed => {
            "It has failed, so it moves nothing. Repair the cause and start it, or stop it for good."
        }
        Stage::Finished => "It has ended for good.",
        _ => "It does not move data yet. Invoke `dts_start_job` first, or leave it as it is.",
    }
}
