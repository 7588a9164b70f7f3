//! The precheck: the verdict that gates purchases and starts, and `data.dts_precheck`.

use std::time::Duration;

use async_trait::async_trait;

use super::error;
use super::provider::Client;
use super::status::Stage;
use super::wait::{self, Patience, Poll};
use crate::api;
use crate::framework::datasource::{DataSource, Query};
use crate::framework::timeouts::{self, Operation};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Type, Value};

/// The module code of the precheck (dts-api.md 4.1).
pub(super) const PRECHECK: &str = "01";
/// The kind of structure check that the precheck is asked with.
pub(super) const BEFORE: &str = "before";

/// How a precheck ended, or how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was never run.
    NotRun,
    /// It runs.
    Running,
    /// Nothing failed.
    Passed,
    /// At least one check failed.
    Failed,
}

/// The verdict of what DTS reports (dts-api.md 4.2: `Finished` without a failed item passes; warnings do not block).
pub(super) fn verdict(status: &api::PrecheckStatus) -> Verdict {
    // A check that failed and was skipped is counted, and does not block.
    let skipped = all_items(status).filter(|item| is_state(item, "Failed") && item.skip == Some(true));
    let skipped = i64::try_from(skipped.count()).unwrap_or(i64::MAX);
    let failed = status.error_item.unwrap_or(0) > skipped || all_items(status).any(is_failed);
    match status
        .state
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "notstarted" => Verdict::NotRun,
        "failed" => Verdict::Failed,
        "finished" | "catched" if failed => Verdict::Failed,
        "finished" | "catched" => Verdict::Passed,
        _ => Verdict::Running,
    }
}

/// Every item, also those of sub-jobs and network paths.
pub(super) fn all_items(status: &api::PrecheckStatus) -> impl Iterator<Item = &api::PrecheckItem> + Clone {
    let parts = status.sub_jobs.iter().chain(&status.network);
    status.items.iter().chain(parts.flat_map(|part| &part.items))
}

pub(super) fn is_state(item: &api::PrecheckItem, state: &str) -> bool {
    item.state
        .as_deref()
        .is_some_and(|found| found.eq_ignore_ascii_case(state))
}

fn is_failed(item: &api::PrecheckItem) -> bool {
    is_state(item, "Failed") && item.skip != Some(true)
}

/// One error per failed check: its code, what was found, how to repair it.
pub(super) fn failures(job_id: &str, status: &api::PrecheckStatus, consequence: &str) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for item in failed(status) {
        let code = item.item.as_deref().unwrap_or("a check");
        let found = message(item).unwrap_or_else(|| "DTS gives no reason.".to_owned());
        let mut detail = format!("{found}\n\n");
        if let Some(repair) = &item.repair_method {
            detail.push_str(&format!("How to repair it: {repair}\n\n"));
        }
        detail.push_str(consequence);
        if item.can_skip == Some(false) {
            detail.push_str(" DTS does not let this check be skipped.");
        }
        diagnostics.push(Diagnostic::error(
            format!("Precheck of DTS job {job_id} failed: {code}"),
            detail,
        ));
    }
    if diagnostics.is_empty() {
        let state = status.state.as_deref().unwrap_or("unknown");
        diagnostics.push(Diagnostic::error(
            format!("Precheck of DTS job {job_id} failed"),
            format!("DTS reports state {state} but names no failed check; look at the job in the DTS console. {consequence}"),
        ));
    }
    diagnostics
}

/// The checks that failed and block.
pub(super) fn failed(status: &api::PrecheckStatus) -> Vec<&api::PrecheckItem> {
    all_items(status).filter(|item| is_failed(item)).collect()
}

/// The checks that passed with a warning, but for failures that were skipped.
pub(super) fn warnings(status: &api::PrecheckStatus) -> Vec<&api::PrecheckItem> {
    all_items(status)
        .filter(|item| is_state(item, "Warning") && item.skip != Some(true))
        .collect()
}

/// What was found, as far as DTS tells it.
pub(super) fn message(item: &api::PrecheckItem) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in [item.err_msg.as_deref(), item.err_detail.as_deref()]
        .into_iter()
        .flatten()
    {
        if !part.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.extend(item.logs.iter().map(String::as_str));
    (!parts.is_empty()).then(|| parts.join(": "))
}

/// The failed checks of a job as errors; an error in asking for them is added, not hidden behind.
pub(super) async fn failures_of(api: &api::Client, job_id: &str, consequence: &str) -> Diagnostics {
    match api.describe_precheck_status(job_id, PRECHECK, Some(BEFORE)).await {
        Ok(status) => failures(job_id, &status, consequence),
        Err(cause) => {
            let mut diagnostics = Diagnostics::from(Diagnostic::error(
                format!("Precheck of DTS job {job_id} failed"),
                format!("The failed checks could not be read. {consequence}"),
            ));
            diagnostics.push(error::unable(
                &format!("read the precheck of DTS job {job_id}"),
                &cause,
            ));
            diagnostics
        }
    }
}

/// What is seen, for messages while waiting.
pub(super) fn progress(status: &api::PrecheckStatus) -> String {
    let done = status.items.iter().filter(|item| {
        ["Success", "Warning", "Failed"]
            .iter()
            .any(|state| is_state(item, state))
    });
    format!(
        "precheck {}, {} of {} checks decided",
        status.state.as_deref().unwrap_or("unknown"),
        done.count(),
        status.items.len()
    )
}

/// `data.dts_precheck`
#[derive(Debug)]
pub(super) struct Precheck;

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

#[async_trait]
impl DataSource<Client> for Precheck {
    fn type_name(&self) -> &'static str {
        "dts_precheck"
    }

    fn schema(&self) -> Schema {
        let item = Type::object([
            ("code", Type::String),
            ("name", Type::String),
            ("state", Type::String),
            ("message", Type::String),
            ("repair_method", Type::String),
            ("can_skip", Type::Bool),
            ("source_schema", Type::String),
            ("destination_schema", Type::String),
            ("target_name", Type::String),
            ("parent", Type::String),
            ("ddl", Type::String),
            ("diff_rows", Type::Number),
            ("delay_seconds", Type::Number),
        ]);
        let items = |name: &str, description: &str| {
            Attribute::new(name, Type::list(item.clone())).computed().describe(&format!(
                "{description} Each has `code`, `name`, `state` (`NotStarted`, `Checking`, `Failed`, `Warning`, `Success`), \
                 `message` (what was found), `repair_method` and `can_skip`. Of a module, `code` is the kind of object, such as `Table`, `name` its name, and there are \
                 `source_schema`, `destination_schema`, `target_name`, `parent`, `ddl` (of structures), `diff_rows` and `delay_seconds` (of changes), as far as DTS tells."
            ))
        };
        Schema::new(
            Block::new(
                "Reads the precheck of a DTS job: what DTS checks before it moves data (`DescribePreCheckStatus`); or, with `job_code`, how far a module is \
                 with each object. It starts nothing. With `depends_on` the job, it is read after a pending change of the job, not before it.",
            )
            .attribute(Attribute::string("job_id").parameter("DtsJobId").required().check(Check::not_blank()).describe("Id of the job."))
            .attribute(
                Attribute::string("job_code")
                    .optional_computed()
                    .check(Check::one_of(&["01", "02", "03", "04"]))
                    .describe("Which module: `01` the precheck, `02` structure, `03` full load, `04` incremental part. Default: `01`."),
            )
            .attribute(
                Attribute::string("struct_type")
                    .optional_computed()
                    .check(Check::one_of(&["before", "after"]))
                    .describe("Which structures: `before` the load, or DDL `after` it. Default: `before`."),
            )
            .attribute(
                Attribute::string("struct_phase")
                    .check(Check::not_blank())
                    .describe("Only structures of this phase, in the words of DTS."),
            )
            .attribute(Attribute::string("name").check(Check::not_blank()).describe("Only items with this part in their name."))
            .attribute(
                Attribute::bool("wait")
                    .local()
                    .describe("Wait until there is a verdict, while the precheck, or the module, runs (`timeouts.read`). Default: `true` for the precheck, else `false`."),
            )
            .attribute(
                Attribute::bool("require_pass")
                    .local()
                    .describe("Make anything but a pass an error, one for each failed check. Default: `false`."),
            )
            .attribute(
                Attribute::string("state")
                    .computed()
                    .describe("State of the whole: `NotStarted`, `Checking`, `Failed`, `Finished`, ..."),
            )
            .attribute(
                Attribute::bool("passed")
                    .computed()
                    .describe("Whether the precheck has run and no check failed. Warnings do not count."),
            )
            .attribute(items("items", "All checks."))
            .attribute(items("failed", "The checks that failed."))
            .attribute(items("warnings", "The checks that passed with a warning."))
            .block(timeouts::block(&[(Operation::Read, "20m")])),
        )
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let job_id = query.state.str("job_id").unwrap_or_default().to_owned();
        let code = query.state.str("job_code").unwrap_or(PRECHECK).to_owned();
        let struct_type = query.state.str("struct_type").unwrap_or(BEFORE).to_owned();
        let waits = query.state.bool("wait").unwrap_or(code == PRECHECK);
        let request = api::DescribePreCheckStatus {
            dts_job_id: job_id.clone(),
            job_code: code.clone(),
            struct_type: Some(struct_type.clone()),
            struct_phase: query.state.str("struct_phase").map(str::to_owned),
            name: query.state.str("name").map(str::to_owned),
        };
        let what = format!("read the precheck of DTS job {job_id}");

        let api = query.client.api_within(&query.cancel, query.timeout(TIMEOUT))?;
        let limit = query.timeout(TIMEOUT);
        let patience = Patience {
            what: &what,
            limit,
            raise: "timeouts.read",
            cancel: &query.cancel,
        };
        let status = wait::until(api.clock().as_ref(), &patience, || async {
            let status = api.describe_module_status(&request).await.map_err(|cause| {
                let diagnostic = error::unable(&what, &cause);
                Diagnostics::from(if cause.is_not_found() {
                    diagnostic.at(Path::attribute("job_id"))
                } else {
                    diagnostic
                })
            })?;
            Ok(match verdict(&status) {
                Verdict::Running if waits => Poll::Pending(progress(&status)),
                _ => Poll::Ready(status),
            })
        })
        .await?;

        let verdict = verdict(&status);
        if query.state.bool("require_pass") == Some(true) && verdict != Verdict::Passed {
            return Err(not_passed(&job_id, &status, verdict));
        }
        let list = |keep: fn(&api::PrecheckItem) -> bool| -> Vec<Value> {
            all_items(&status)
                .filter(|item| keep(item))
                .map(to_value)
                .collect()
        };
        query.state.set("items", list(|_| true));
        query.state.set("failed", list(is_failed));
        query
            .state
            .set("warnings", list(|item| is_state(item, "Warning")));
        query.state.set("passed", verdict == Verdict::Passed);
        query.state.set("state", status.state.clone().unwrap_or_default());
        query.state.set("job_code", code);
        query.state.set("struct_type", struct_type);
        Ok(())
    }
}

fn not_passed(job_id: &str, status: &api::PrecheckStatus, verdict: Verdict) -> Diagnostics {
    const WHY: &str = "`require_pass` is set, so nothing that depends on this precheck goes on.";
    let how = match verdict {
        Verdict::Failed => return failures(job_id, status, WHY),
        Verdict::NotRun => "It has not been run. Set `desired_status = \"prechecked\"` on the job.",
        Verdict::Running | Verdict::Passed => "It is still running. Leave `wait` out to wait for its end.",
    };
    Diagnostic::error(
        format!("Precheck of DTS job {job_id} has not passed"),
        format!("{how} {WHY}"),
    )
    .at(Path::attribute("require_pass"))
    .into()
}

fn to_value(item: &api::PrecheckItem) -> Value {
    Object::new()
        .with("code", item.item.clone())
        .with("name", item.names.clone())
        .with("state", item.state.clone())
        .with("message", message(item))
        .with("repair_method", item.repair_method.clone())
        .with("can_skip", item.can_skip.unwrap_or(false))
        .with("source_schema", item.source_schema.clone())
        .with("destination_schema", item.dest_schema.clone())
        .with("target_name", item.target_names.clone())
        .with("parent", item.parent_obj.clone())
        .with("ddl", item.ddl_sql.clone())
        .with("diff_rows", item.diff_row)
        .with("delay_seconds", item.delay_seconds)
        .into()
}

/// Before an instance is bought for a job: whether its precheck allows it. `required`: whether it must have passed
/// (`Some(true)`), is not looked at (`Some(false)`), or only must not have failed. Answers the instance that the job
/// already has, if one.
pub(super) async fn gate(
    api: &api::Client,
    job_id: &str,
    required: Option<bool>,
    patience: &Patience<'_>,
) -> Result<Option<String>, Diagnostics> {
    const CONSEQUENCE: &str = "No instance was bought. Repair the cause and apply again: the precheck then runs again, and the \
                               instance is bought when it passes.";
    let what = format!("read DTS job {job_id} before buying its instance");
    let given_up = "No instance was bought, and DTS goes on with the job.";
    wait::until_else(api.clock().as_ref(), patience, given_up, || async {
        let detail = api
            .describe_dts_job_detail(&api::JobRef::job(job_id))
            .await
            .map_err(|cause| Diagnostics::from(error::unable(&what, &cause).at(Path::attribute("job_id"))))?;
        if detail.dts_instance_id.is_some() || required == Some(false) {
            return Ok(Poll::Ready(detail.dts_instance_id));
        }
        let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
        let status =
            api.describe_precheck_status(job_id, PRECHECK, Some(BEFORE)).await.map_err(error::to(&what))?;
        match (verdict(&status), stage) {
            (Verdict::Running, _) | (_, Stage::Prechecking) => Ok(Poll::Pending(progress(&status))),
            (Verdict::Failed, _) | (_, Stage::PrecheckFailed) => Err(failures(job_id, &status, CONSEQUENCE)),
            (Verdict::NotRun, _) if required == Some(true) => Err(Diagnostic::error(
                format!("Precheck of DTS job {job_id} has not been run"),
                "`require_precheck` asks for a pass before the instance is bought. Set `desired_status = \"prechecked\"` on the \
                 job, or remove `require_precheck`. No instance was bought.",
            )
            .at(Path::attribute("require_precheck"))
            .into()),
            (Verdict::NotRun | Verdict::Passed, _) => Ok(Poll::Ready(None)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(state: &str) -> api::PrecheckItem {
        api::PrecheckItem {
            item: Some("CHECK_CONN_SRC".to_owned()),
            state: Some(state.to_owned()),
            err_msg: Some("CHECK__ERROR_CONN".to_owned()),
            err_detail: Some("no route".to_owned()),
            repair_method: Some("open port 3306".to_owned()),
            ..api::PrecheckItem::default()
        }
    }

    fn status(state: &str, items: &[&str]) -> api::PrecheckStatus {
        api::PrecheckStatus {
            state: Some(state.to_owned()),
            items: items.iter().map(|state| item(state)).collect(),
            ..api::PrecheckStatus::default()
        }
    }

    #[test]
    fn the_verdict() {
        for (state, items, expected) in [
            ("NotStarted", &[][..], Verdict::NotRun),
            ("Checking", &["Success", "Checking"], Verdict::Running),
            ("Checking", &["Failed", "Checking"], Verdict::Running),
            ("Finished", &["Success", "Warning"], Verdict::Passed),
            ("Finished", &["Success", "Failed"], Verdict::Failed),
            ("Failed", &["Failed"], Verdict::Failed),
            ("Suspending", &[], Verdict::Running),
        ] {
            assert_eq!(verdict(&status(state, items)), expected, "{state} {items:?}");
        }
        let counted = api::PrecheckStatus {
            error_item: Some(1),
            ..status("Finished", &[])
        };
        assert_eq!(verdict(&counted), Verdict::Failed);
        let mut skipped = status("Finished", &["Failed"]);
        skipped.items[0].skip = Some(true);
        assert_eq!(verdict(&skipped), Verdict::Passed);
        // It may be counted all the same.
        skipped.error_item = Some(1);
        assert_eq!(verdict(&skipped), Verdict::Passed);
    }

    #[test]
    fn one_error_per_failed_check_with_cause_and_repair() {
        let errors = failures(
            "j1",
            &status("Failed", &["Success", "Failed"]),
            "Nothing was bought.",
        );
        let only = errors.iter().next().unwrap();
        assert_eq!(errors.len(), 1);
        assert_eq!(only.summary, "Precheck of DTS job j1 failed: CHECK_CONN_SRC");
        for part in [
            "CHECK__ERROR_CONN: no route",
            "open port 3306",
            "Nothing was bought.",
        ] {
            assert!(only.detail.contains(part), "{}", only.detail);
        }
        assert_eq!(failures("j1", &status("Failed", &[]), "x").len(), 1);
    }
}
