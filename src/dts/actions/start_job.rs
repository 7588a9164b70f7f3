//! `dts_start_job`: starts a job, or resumes it.

use std::time::Duration;

use async_trait::async_trait;

use super::run::{self, NONE, Run, Seen};
use super::states::Ask;
use crate::api;
use crate::dts::job::is_phase;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::framework::action::{Action, Invoke};
use crate::framework::validate::is_certainly_set;
use crate::framework::{Attribute, Check, Diagnostic, Diagnostics, Object, Path, Schema};

const TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// Greatest delay that counts as caught up, unless the user says otherwise.
const CAUGHT_UP_SECONDS: i64 = 10;

/// `dts_start_job`
#[derive(Debug)]
pub(in crate::dts) struct StartJob;

#[async_trait]
impl Action<Client> for StartJob {
    fn type_name(&self) -> &'static str {
        "dts_start_job"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            run::block(
                "Starts a job on its instance, or resumes one that is paused or has failed (`StartDtsJob`), and waits until it runs. One \
                 that has not passed its precheck is checked first; a check that fails is an error of its own. A job that runs already is \
                 left alone.",
            )
            .attribute(run::wait_for(
                &["prechecked", "running", "initialized", "caught_up", "finished", NONE],
                "How far to follow the job: until it is `prechecked`, `running`, `initialized` (structure and data are moved), `caught_up` \
                 (changes are followed within `max_delay_seconds`) or `finished` (of a migration that follows no changes); or `none`: DTS \
                 has taken the call. Default: `running`.",
            ))
            .attribute(
                Attribute::number("max_delay_seconds")
                    .local()
                    .check(Check::between(0, 86_400))
                    .describe("Greatest delay in seconds that counts as `caught_up`. Default: `10`."),
            )
            .attribute(run::timeout(TIMEOUT)),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        let waits = config.get("wait_for");
        if is_certainly_set(config, "max_delay_seconds")
            && !waits.is_unknown()
            && waits.as_str() != Some("caught_up")
        {
            diagnostics.push(
                Diagnostic::error(
                    "max_delay_seconds has no effect",
                    "Only `wait_for = \"caught_up\"` looks at the delay. Set it, or remove `max_delay_seconds`.",
                )
                .at(Path::attribute("max_delay_seconds")),
            );
        }
    }

    async fn invoke(&self, invoke: &mut Invoke<Client>) -> Result<(), Diagnostics> {
        let mut run = Run::new(invoke, TIMEOUT)?;
        let seen = run.look(Ask::Start).await?;
        let calls = run.needs(Ask::Start, &seen, started(&seen)).await?;
        if seen.stage == Stage::Finished {
            return Ok(());
        }
        if !seen.has_instance() {
            return Err(run.refuse(
                Ask::Start,
                format!(
                    "No instance was bought for it (its status is {}). Buy one with `dts_instance` and its `job_id`, or invoke `dts_precheck` to \
                     only check it.",
                    seen.status
                ),
            ));
        }
        if run.wait_for() == Some("finished") && seen.follows_changes() {
            return Err(Diagnostic::error(
                "wait_for = \"finished\" cannot come true",
                format!(
                    "DTS job {} follows changes, and does not end by itself. Write `caught_up` or `initialized`. Nothing was called.",
                    run.id
                ),
            )
            .at(Path::attribute("wait_for"))
            .into());
        }
        if calls {
            let call = run.api.start_dts_job(&run.job);
            let is_taken = |stage| matches!(stage, Stage::Prechecking | Stage::Running);
            run.call(("StartDtsJob", "start"), call, is_taken).await?;
        }
        follow(
            &run,
            &seen,
            run.wait_for().unwrap_or("running"),
            max_delay(&invoke.config),
        )
        .await
    }
}

/// What a job is that needs no start.
fn started(seen: &Seen) -> &'static str {
    if seen.stage == Stage::Finished {
        "has ended"
    } else {
        "started"
    }
}

fn max_delay(config: &Object) -> i64 {
    config.i64("max_delay_seconds").unwrap_or(CAUGHT_UP_SECONDS)
}

async fn follow(run: &Run<'_>, before: &Seen, wait_for: &str, seconds: i64) -> Result<(), Diagnostics> {
    const BAD: [Stage; 3] = [Stage::PrecheckFailed, Stage::Failed, Stage::Finished];
    let runs = |now: &Seen| now.stage == Stage::Running;
    let ended = Seen::has_finished;
    let done = match wait_for {
        NONE => return Ok(()),
        "prechecked" => {
            let passed = |now: &Seen| now.stage == Stage::PreCheckPass && before.stage != Stage::PreCheckPass;
            let there = |now: &Seen| runs(now) || ended(now) || passed(now);
            run.follow("pass its precheck", before, &BAD, there).await?;
            "precheck passed"
        }
        "initialized" => {
            let there = |now: &Seen| ended(now) || runs(now) && is_moved(&now.detail);
            run.follow("move all structure and data", before, &BAD, there)
                .await?;
            "structure and data are moved"
        }
        "caught_up" => {
            let close = |now: &Seen| is_moved(&now.detail) && is_close(&now.detail, seconds);
            let there = |now: &Seen| ended(now) || runs(now) && close(now);
            run.follow("catch up with the source", before, &BAD, there)
                .await?;
            "caught up"
        }
        "finished" => {
            run.follow("finish", before, &BAD, ended).await?;
            "finished"
        }
        _ => {
            run.follow("run", before, &BAD, |now| runs(now) || ended(now))
                .await?;
            "running"
        }
    };
    run.say(done).await;
    Ok(())
}

/// Whether structure and data are moved, as far as the job moves any. Where DTS does not tell the phases one by one, that changes are
/// followed says it.
fn is_moved(job: &api::JobDetail) -> bool {
    let phases = [
        (
            job.mode.structure_initialization,
            &job.structure_initialization_status,
        ),
        (job.mode.data_initialization, &job.data_initialization_status),
    ];
    if phases.iter().all(|(_, phase)| phase.is_none()) {
        return is_phase(
            &job.data_synchronization_status,
            &["Migrating", "Catched", "Finished"],
        );
    }
    phases
        .iter()
        .all(|(wanted, phase)| *wanted != Some(true) || is_phase(phase, &["Finished", "Catched"]))
}

/// Whether changes are followed within so many seconds. The delay is negative before they are followed.
fn is_close(job: &api::JobDetail, seconds: i64) -> bool {
    let close = job
        .delay
        .is_some_and(|delay| (0..=seconds.saturating_mul(1000)).contains(&delay));
    close && is_phase(&job.data_synchronization_status, &["Catched", "Migrating"])
}
