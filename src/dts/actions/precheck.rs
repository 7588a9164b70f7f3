//! `dts_precheck`: runs the precheck of a job, and tells each check as it is decided.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::run::{self, Run, SETTLE, Seen};
use super::states::Ask;
use crate::api;
use crate::dts::error;
use crate::dts::precheck::{self as checks, BEFORE, PRECHECK, Verdict};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::Poll;
use crate::framework::action::{Action, Invoke};
use crate::framework::{Attribute, Diagnostics, Schema};

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

const CONSEQUENCE: &str = "Nothing was moved. Repair the cause and invoke the action again, or skip the check with `dts_skip_precheck` where \
                           it can be skipped.";

/// `dts_precheck`
#[derive(Debug)]
pub(in crate::dts) struct RunPrecheck;

#[async_trait]
impl Action<Client> for RunPrecheck {
    fn type_name(&self) -> &'static str {
        "dts_precheck"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            run::block(
                "Runs the precheck of a job that has no instance (`StartDtsJob`, which starts nothing else there, and costs nothing), and \
                 tells each check as it is decided (`DescribePreCheckStatus`). A check that fails is an error of its own, with what was \
                 found and how to repair it. A precheck that runs already is followed, and one that has passed is told and not run again. \
                 With an instance a pass would start the job: use `dts_start_job` there.",
            )
            .attribute(
                Attribute::bool("rerun")
                    .local()
                    .describe("Run it again also when it has passed. Default: `false`."),
            )
            .attribute(run::timeout(TIMEOUT)),
        )
    }

    async fn invoke(&self, invoke: &mut Invoke<Client>) -> Result<(), Diagnostics> {
        let mut run = Run::new(invoke, TIMEOUT)?;
        let seen = run.look(Ask::Precheck).await?;
        // A half of a two-way synchronization has an id of its own, and the precheck is asked for by that alone.
        let id = run.id.clone();
        run.needs(Ask::Precheck, &seen, "prechecked").await?;
        let calls = match seen.stage {
            Stage::Prechecking => false,
            Stage::PreCheckPass => invoke.config.bool("rerun") == Some(true),
            _ => true,
        };
        if calls && seen.has_instance() {
            return Err(run.refuse(
                Ask::Precheck,
                format!(
                    "It has an instance, where a precheck that passes also starts the job; its status is {}. Invoke `dts_start_job` to do \
                     that.",
                    seen.status
                ),
            ));
        }
        let before = match (calls, seen.stage) {
            (false, Stage::PreCheckPass) => {
                run.say("passed already (status PreCheckPass); set `rerun` to run it again")
                    .await;
                None
            }
            (false, _) => None,
            // What DTS may show for a moment longer.
            (true, Stage::NotStarted) => None,
            (true, _) => read(&run, &id).await.ok(),
        };
        if calls {
            let is_taken = |stage| stage == Stage::Prechecking;
            run.call(
                ("StartDtsJob", "precheck"),
                run.api.start_dts_job(&run.job),
                is_taken,
            )
            .await?;
        }
        let status = follow(&run, &seen, &id, before.as_ref(), calls).await?;
        match checks::verdict(&status) {
            Verdict::Passed => {
                run.say("precheck passed").await;
                Ok(())
            }
            _ => Err(checks::failures(&id, &status, CONSEQUENCE)),
        }
    }
}

async fn read(run: &Run<'_>, id: &str) -> Result<api::PrecheckStatus, api::Error> {
    run.api.describe_precheck_status(id, PRECHECK, Some(BEFORE)).await
}

/// Until there is a verdict, with a line for each check that is decided. `before`: the precheck that was there before the call.
async fn follow(
    run: &Run<'_>,
    seen: &Seen,
    id: &str,
    before: Option<&api::PrecheckStatus>,
    called: bool,
) -> Result<api::PrecheckStatus, Diagnostics> {
    let what = format!("see the precheck of DTS job {id} decided");
    let told = Mutex::new(BTreeMap::new());
    let begin = run.api.clock().instant();
    run.until(&what, || async {
        let status = match read(run, id).await {
            Ok(status) => status,
            Err(cause) => {
                let reading = format!("read the precheck of DTS job {id}");
                return Ok(Poll::Unread(error::unable(&reading, &cause).into()));
            }
        };
        let waited = run.api.clock().instant().saturating_duration_since(begin);
        let verdict = checks::verdict(&status);
        let is_old = verdict == Verdict::NotRun || before == Some(&status);
        if called && is_old && waited < SETTLE {
            return Ok(Poll::Pending(format!("status {}", seen.status)));
        }
        let news = news(&mut *told.lock().await, &status);
        for line in news {
            run.say(line).await;
        }
        Ok(match verdict {
            Verdict::Running => Poll::Pending(checks::progress(&status)),
            Verdict::NotRun if called => Poll::Pending("the precheck has not begun".to_owned()),
            Verdict::NotRun | Verdict::Passed | Verdict::Failed => Poll::Ready(status),
        })
    })
    .await
}

/// A line for each check that has been decided since `told`.
fn news(told: &mut BTreeMap<(usize, String), String>, status: &api::PrecheckStatus) -> Vec<String> {
    let mut lines = Vec::new();
    let total = checks::all_items(status).count();
    for (index, item) in checks::all_items(status).enumerate() {
        let state = item.state.clone().unwrap_or_default();
        let is_decided = ["Success", "Warning", "Failed"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&state));
        // The same check may be there several times: once for each sub-job and network path.
        let key = (index, item.item.clone().unwrap_or_default());
        if !is_decided || told.get(&key) == Some(&state) {
            continue;
        }
        let skipped = item.skip == Some(true);
        let mut line = format!("{} of {total} {}: {state}", told.len() + 1, key.1);
        if skipped && checks::is_state(item, "Failed") {
            line.push_str(", skipped");
        }
        if !checks::is_state(item, "Success")
            && let Some(found) = checks::message(item)
        {
            line.push_str(&format!(" ({found})"));
        }
        lines.push(line);
        told.insert(key, state);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(items: &[(&str, &str)]) -> api::PrecheckStatus {
        api::PrecheckStatus {
            items: items
                .iter()
                .map(|(code, state)| api::PrecheckItem {
                    item: Some((*code).to_owned()),
                    state: Some((*state).to_owned()),
                    err_msg: (*state != "Success").then(|| "CHECK__ERROR_X".to_owned()),
                    ..api::PrecheckItem::default()
                })
                .collect(),
            ..api::PrecheckStatus::default()
        }
    }

    #[test]
    fn each_check_is_told_once_when_it_is_decided() {
        let mut told = BTreeMap::new();
        let first = status(&[("A", "Success"), ("B", "Checking"), ("B", "NotStarted")]);
        assert_eq!(news(&mut told, &first), ["1 of 3 A: Success"]);
        assert_eq!(news(&mut told, &first), [""; 0]);
        let then = status(&[("A", "Success"), ("B", "Failed"), ("B", "Warning")]);
        assert_eq!(
            news(&mut told, &then),
            [
                "2 of 3 B: Failed (CHECK__ERROR_X)",
                "3 of 3 B: Warning (CHECK__ERROR_X)"
            ]
        );
        let mut skipped = status(&[("A", "Failed")]);
        skipped.items[0].skip = Some(true);
        assert_eq!(
            news(&mut BTreeMap::new(), &skipped),
            ["1 of 1 A: Failed, skipped (CHECK__ERROR_X)"]
        );
    }
}
