//! `dts_reset_job`: clears the configuration of a job, which keeps its instance.

use std::time::Duration;

use async_trait::async_trait;

use super::run::{self, NONE, Run};
use super::states::Ask;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::framework::action::{Action, Invoke};
use crate::framework::{Diagnostics, Schema};

const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// `dts_reset_job`
#[derive(Debug)]
pub(in crate::dts) struct ResetJob;

#[async_trait]
impl Action<Client> for ResetJob {
    fn type_name(&self) -> &'static str {
        "dts_reset_job"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            run::block(
                "Clears the configuration of a synchronization or a subscription (`ResetDtsJob`), and waits until it is as newly bought \
                 (`NotConfigured`): it moves nothing any more, and all data is loaded anew after its next configuration. Its instance stays. \
                 A job that is not configured is left alone. Where a `dts_job` manages the job, the next plan configures it again.",
            )
            .attribute(run::wait_for(
                &["reset", NONE],
                "Wait until the job is `reset`, or for `none`: DTS has taken the call. Default: `reset`.",
            ))
            .attribute(run::timeout(TIMEOUT)),
        )
    }

    async fn invoke(&self, invoke: &mut Invoke<Client>) -> Result<(), Diagnostics> {
        let mut run = Run::new(invoke, TIMEOUT)?;
        let seen = run.look(Ask::Reset).await?;
        if !run.needs(Ask::Reset, &seen, "not configured").await? {
            return Ok(());
        }
        let refusal = if seen.kind() == Some("MIGRATION") {
            Some(
                "It is a MIGRATION job, and DTS resets SYNC and SUBSCRIBE jobs only. Replace its instance to configure it anew.",
            )
        } else if seen.has_instance() {
            None
        } else {
            Some(
                "No instance was bought for it, so nothing would be left of it. Delete it, or configure it again.",
            )
        };
        if let Some(why) = refusal {
            return Err(run.refuse(Ask::Reset, format!("{why} Its status is {}.", seen.status)));
        }
        let call = run.api.reset_dts_job(&run.job);
        run.call(("ResetDtsJob", "reset"), call, |stage| {
            stage == Stage::NotConfigured
        })
        .await?;
        if run.wait_for() == Some(NONE) {
            return Ok(());
        }
        run.follow("reset", &seen, &[], |now| now.stage == Stage::NotConfigured)
            .await?;
        run.say("reset").await;
        Ok(())
    }
}
