//! `dts_stop_job`: ends a job for good.

use std::time::Duration;

use async_trait::async_trait;

use super::run::{self, NONE, Run};
use super::states::{Ask, SUBSCRIPTION};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::framework::action::{Action, Invoke};
use crate::framework::{Diagnostics, Schema};

const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// `dts_stop_job`
#[derive(Debug)]
pub(in crate::dts) struct StopJob;

#[async_trait]
impl Action<Client> for StopJob {
    fn type_name(&self) -> &'static str {
        "dts_stop_job"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            run::block(
                "Ends a job for good (`StopDtsJob`), and waits until it has ended: it cannot be started again. Its instance stays, and is \
                 paid for. A job that has ended already is left alone. Where a `dts_job` manages the job, set its `desired_status` to \
                 `stopped` instead.",
            )
            .attribute(run::wait_for(
                &["stopped", NONE],
                "Wait until the job is `stopped`, or for `none`: DTS has taken the call. Default: `stopped`.",
            ))
            .attribute(run::timeout(TIMEOUT)),
        )
    }

    async fn invoke(&self, invoke: &mut Invoke<Client>) -> Result<(), Diagnostics> {
        let mut run = Run::new(invoke, TIMEOUT)?;
        let seen = run.look(Ask::Stop).await?;
        if seen.kind() == Some("SUBSCRIBE") {
            return Err(run.refuse(
                Ask::Stop,
                format!("{SUBSCRIPTION} Its status is {}.", seen.status),
            ));
        }
        if !run.needs(Ask::Stop, &seen, "has ended").await? {
            return Ok(());
        }
        let call = run.api.stop_dts_job(&run.job);
        run.call(("StopDtsJob", "stop"), call, |stage| stage == Stage::Finished)
            .await?;
        if run.wait_for() == Some(NONE) {
            return Ok(());
        }
        run.follow("end", &seen, &[], |now| now.stage == Stage::Finished)
            .await?;
        run.say("stopped").await;
        Ok(())
    }
}
