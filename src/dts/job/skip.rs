//! The `precheck` block: failed checks that are passed over (`SkipPreCheck`), and what a check's warning means.

use std::collections::BTreeSet;

use super::apply::Run;
use super::decide::Operation;
use crate::api;
use crate::dts::course::{Desired, Move};
use crate::dts::precheck::{self, BEFORE, PRECHECK};
use crate::dts::status::Stage;
use crate::dts::{error, precheck::Verdict};
use crate::framework::schema::OnChange;
use crate::framework::validate::is_certainly_set;
use crate::framework::{
    Attribute, Block, Check, Diagnostic, Diagnostics, NestedBlock, Object, Path, Type, Value,
};

/// The block's name.
pub(super) const BLOCK: &str = "precheck";

const ON_WARNING: [&str; 3] = ["ignore", "warn", "error"];

/// The private key by which an apply that a warning of the precheck ended tells the next plan to have it run again.
pub(super) const RECHECK: &str = "recheck";

pub(super) fn block() -> NestedBlock {
    let body = Block::new("What comes of the precheck's findings.")
        .attribute(
            Attribute::new("skip", Type::set(Type::String))
                .check(Check::new(codes))
                .parameter("SkipPreCheckItems")
                .change(OnChange::Told("A change skips, or counts again, what the last precheck found, and else calls nothing."))
                .describe(
                    "Codes of checks to pass over where they fail, such as `CHECK_SAME_OBJ`, as far as DTS lets them be: they are skipped \
                     (`SkipPreCheck`), and the precheck is run again. An apply waits for the precheck then, whatever `wait_for` says.",
                ),
        )
        .attribute(
            Attribute::string("on_warning")
                .local()
                .check(Check::one_of(&ON_WARNING))
                .describe(
                    "What a check that passes with a warning means: `ignore`, `warn` (a warning of the apply), or `error` (the apply fails, and the \
                     next one checks again; with `desired_status = \"prechecked\"` only, for elsewhere a precheck that passes starts the job). \
                     Default: `warn`.",
                ),
        );
    NestedBlock::single(BLOCK, body)
}

fn codes(value: &Value) -> Result<(), String> {
    let items = value
        .as_list()
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str);
    for code in items {
        let is_code = !code.is_empty()
            && code
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_code {
            return Err(format!(
                "{code:?} is no code of a check. Write one as the precheck's items have it, such as CHECK_SAME_OBJ."
            ));
        }
    }
    Ok(())
}

/// What the configuration alone can tell.
pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    let Some(block) = config.object(BLOCK) else { return };
    let desired = config.str("desired_status").and_then(Desired::parse);
    let only_checked = desired == Some(Desired::Prechecked) || config.get("desired_status").is_unknown();
    if block.str("on_warning") == Some("error") && !only_checked && is_certainly_set(block, "on_warning") {
        diagnostics.push(
            Diagnostic::error(
                "on_warning = \"error\" needs desired_status = \"prechecked\"",
                "On an instance a precheck that passes starts the job, warnings or not, so that an error would come too late. Set \
                 `desired_status = \"prechecked\"` and buy the instance after it (`dts_instance` with `job_id`), or write `warn`.",
            )
            .at(Path::attribute(BLOCK).then("on_warning")),
        );
    }
}

/// The codes to pass over.
pub(super) fn skipped(job: &Object) -> BTreeSet<&str> {
    let block = job.object(BLOCK);
    let items = block.map(|block| block.list("skip")).unwrap_or_default();
    items.iter().filter_map(Value::as_str).collect()
}

/// The calls with those put in that pass over failed checks, after each that runs the precheck. `begins`: whether a
/// configuration runs it by itself.
pub(super) fn among(
    operations: Vec<Operation>,
    begins: bool,
    has_instance: bool,
    mut stage: Stage,
    planned: &Object,
) -> Vec<Operation> {
    const START: Operation = Operation::Move(Move::Start);
    if skipped(planned).is_empty() {
        return operations;
    }
    let mut all = Vec::new();
    for operation in operations {
        match operation {
            START if stage == Stage::PrecheckFailed => all.extend([Operation::Skip, START]),
            START
                if matches!(stage, Stage::NotConfigured | Stage::NotStarted)
                    || stage == Stage::PreCheckPass && !has_instance =>
            {
                all.extend([START, Operation::Skip, START]);
            }
            Operation::Configure => {
                all.push(operation);
                stage = Stage::NotStarted;
                if begins {
                    all.extend([Operation::Skip, START]);
                }
            }
            other => all.push(other),
        }
    }
    all
}

/// Whether a check is to count again that was passed over in a precheck which is still the last one.
pub(super) fn is_taken_back(prior: &Object, planned: &Object, stage: Stage) -> bool {
    matches!(stage, Stage::PrecheckFailed | Stage::PreCheckPass)
        && !skipped(prior).is_subset(&skipped(planned))
}

impl Run<'_> {
    /// Passes over the checks that failed and may be skipped. `false` where none failed: nothing has to run again then.
    pub(super) async fn skip_failed(&mut self, planned: &Object) -> Result<bool, Diagnostics> {
        self.wait_until("finish its precheck", |stage| {
            stage == Stage::PrecheckFailed || stage >= Stage::PreCheckPass
        })
        .await?;
        if self.stage().await? != Stage::PrecheckFailed {
            self.already("SkipPreCheck", "passed its precheck");
            return Ok(false);
        }
        let status = self.precheck().await?;
        if precheck::verdict(&status) == Verdict::Running {
            return Err(Diagnostic::error(
                format!("Unable to skip checks of DTS job {}", self.id),
                "Its precheck runs again, by somebody else. Apply again once it is over.",
            )
            .into());
        }
        let wanted = skipped(planned);
        let (mut items, mut names, mut left) = (Vec::new(), Vec::new(), false);
        let mut problems = Diagnostics::new();
        for item in precheck::failed(&status) {
            let code = item.item.clone().unwrap_or_default();
            if !wanted.contains(code.as_str()) {
                left = true;
            } else if item.can_skip == Some(false) {
                problems.push(self.cannot_skip(item, &code));
            } else {
                names.extend(item.names.clone());
                items.push(code);
            }
        }
        if left || !problems.is_empty() {
            const THEN: &str = "The job stays configured and does not run. Repair the cause, or add the check to `skip` in the `precheck` block if it \
                                can be skipped, and apply again.";
            let others = precheck::failures(&self.id, &status, THEN).into_iter();
            let is_told = |told: &Diagnostic| problems.iter().any(|one| told.summary == one.summary);
            let others: Vec<_> = others.filter(|told| !is_told(told)).collect();
            let is_wanted = |told: &Diagnostic| {
                items
                    .iter()
                    .any(|code| told.summary.ends_with(&format!(": {code}")))
            };
            problems.extend(others.into_iter().filter(|told| !is_wanted(told)));
            return Err(problems);
        }
        let names = if names.len() == items.len() {
            names
        } else {
            Vec::new()
        };
        self.set_skipped(items, names, status.job_id, true).await?;
        Ok(true)
    }

    /// Has checks count again that are no longer to be passed over.
    pub(super) async fn unskip(&mut self, planned: &Object) -> Result<(), Diagnostics> {
        let wanted = skipped(planned);
        let items = skipped(&self.reached)
            .into_iter()
            .filter(|code| !wanted.contains(code));
        let items: Vec<String> = items.map(str::to_owned).collect();
        let status = self.precheck().await?;
        self.set_skipped(items, Vec::new(), status.job_id, false).await?;
        self.reached.set(BLOCK, planned.get(BLOCK).clone());
        Ok(())
    }

    fn cannot_skip(&self, item: &api::PrecheckItem, code: &str) -> Diagnostic {
        let found = precheck::message(item).unwrap_or_else(|| "DTS gives no reason.".to_owned());
        Diagnostic::error(
            format!("Precheck of DTS job {} failed: {code}", self.id),
            format!(
                "{found}\n\nDTS does not let this check be skipped. Remove it from `skip`, repair the cause, and apply again.{}",
                item.repair_method.iter().map(|repair| format!("\n\nHow to repair it: {repair}")).collect::<String>()
            ),
        )
        .at(Path::attribute(BLOCK).then("skip"))
    }

    async fn precheck(&self) -> Result<api::PrecheckStatus, Diagnostics> {
        let what = format!("read the precheck of DTS job {}", self.id);
        let read = self
            .api
            .describe_precheck_status(&self.id, PRECHECK, Some(BEFORE))
            .await;
        read.map_err(error::to(&what))
    }

    async fn set_skipped(
        &self,
        items: Vec<String>,
        names: Vec<String>,
        job_id: Option<String>,
        skip: bool,
    ) -> Result<(), Diagnostics> {
        let verb = if skip { "skip" } else { "count again" };
        let what = format!(
            "{verb} {} in the precheck of DTS job {}",
            items.join(", "),
            self.id
        );
        let request = api::SkipPreCheck {
            dts_job_id: self.id.clone(),
            job_id,
            items,
            names,
            skip,
        };
        self.api.skip_pre_check(&request).await.map_err(|cause| {
            Diagnostics::from(error::unable(&what, &cause).at(Path::attribute(BLOCK).then("skip")))
        })
    }

    /// What the warnings of a precheck that ran in this apply come to.
    pub(super) async fn judge_warnings(&mut self) -> Result<(), Diagnostics> {
        let planned = &self.apply.planned;
        let Some(block) = planned.object(BLOCK) else {
            return Ok(());
        };
        let on_warning = block.str("on_warning").unwrap_or("warn").to_owned();
        if on_warning == "ignore" || planned.str("wait_for") == Some("none") || !self.has_prechecked() {
            return Ok(());
        }
        let status = self.precheck().await?;
        if precheck::verdict(&status) != Verdict::Passed {
            return Ok(());
        }
        let mut told = Vec::new();
        for item in precheck::warnings(&status) {
            let code = item.item.as_deref().unwrap_or("a check");
            let summary = format!("Precheck of DTS job {} passed with a warning: {code}", self.id);
            let mut detail = precheck::message(item).unwrap_or_else(|| "DTS gives no reason.".to_owned());
            if let Some(repair) = &item.repair_method {
                detail.push_str(&format!("\n\nHow to repair it: {repair}"));
            }
            told.push(if on_warning == "error" {
                detail.push_str("\n\n`on_warning` makes it an error. Repair the cause and apply again, which checks again; or set it to `warn`.");
                Diagnostic::error(summary, detail).at(Path::attribute(BLOCK).then("on_warning"))
            } else {
                Diagnostic::warning(summary, detail)
            });
        }
        if on_warning == "error" && !told.is_empty() {
            self.apply.private.set(RECHECK, true);
            let mut problems = Diagnostics::new();
            problems.extend(told);
            return Err(problems);
        }
        self.apply.warnings.extend(told);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dts::job::decide::names;

    const START: Operation = Operation::Move(Move::Start);

    fn check(operations: &[Operation], begins: bool, has_instance: bool, stage: Stage, expected: &[&str]) {
        let skip = Object::new().with("skip", vec!["CHECK_SAME_OBJ"]);
        let with = Object::new().with(BLOCK, skip);
        let found = among(operations.to_vec(), begins, has_instance, stage, &with);
        assert_eq!(names(&found), expected);
        let without = among(operations.to_vec(), begins, has_instance, stage, &Object::new());
        assert_eq!(without, operations);
    }

    #[test]
    fn checks_are_skipped_after_each_call_that_runs_them() {
        let configure = Operation::Configure;
        check(
            &[configure],
            true,
            true,
            Stage::NotConfigured,
            &["ConfigureDtsJob", "SkipPreCheck", "StartDtsJob"],
        );
        check(
            &[configure],
            false,
            true,
            Stage::NotConfigured,
            &["ConfigureDtsJob"],
        );
        check(
            &[configure, START],
            false,
            false,
            Stage::PreCheckPass,
            &["ConfigureDtsJob", "StartDtsJob", "SkipPreCheck", "StartDtsJob"],
        );
        check(
            &[START],
            false,
            true,
            Stage::NotStarted,
            &["StartDtsJob", "SkipPreCheck", "StartDtsJob"],
        );
        check(
            &[START],
            false,
            true,
            Stage::PrecheckFailed,
            &["SkipPreCheck", "StartDtsJob"],
        );
        check(&[START], false, true, Stage::PreCheckPass, &["StartDtsJob"]);
        check(&[START], false, true, Stage::Suspended, &["StartDtsJob"]);
    }

    #[test]
    fn codes_look_like_codes() {
        let run = |code: &str| codes(&Value::from(vec![code]));
        assert_eq!(run("CHECK_SAME_OBJ"), Ok(()));
        for wrong in ["", "check_same_obj", "CHECK SRC"] {
            assert!(run(wrong).unwrap_err().contains("CHECK_SAME_OBJ"));
        }
    }
}
