//! `dts_skip_precheck`: shields checks of a precheck, so that they fail no more.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::run::{self, Run};
use super::states::Ask;
use crate::api;
use crate::dts::error;
use crate::dts::precheck::{self as checks, BEFORE, PRECHECK, Verdict};
use crate::dts::provider::Client;
use crate::dts::wait::Poll;
use crate::framework::action::{Action, Invoke};
use crate::framework::{Attribute, Check, Diagnostic, Diagnostics, Path, Schema, Type, Value};

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// `dts_skip_precheck`
#[derive(Debug)]
pub(in crate::dts) struct SkipPrecheck;

#[async_trait]
impl Action<Client> for SkipPrecheck {
    fn type_name(&self) -> &'static str {
        "dts_skip_precheck"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            run::block(
                "Skips checks of a job's precheck (`SkipPreCheck`): they may fail, and the precheck passes all the same. Nothing runs again by \
                 that: invoke `dts_precheck` or `dts_start_job` after it. The precheck must have run once, for DTS skips what it has found; \
                 one that still runs is waited for. A check that is skipped already is left alone.",
            )
            .attribute(
                Attribute::new("items", Type::set(Type::String))
                    .parameter("SkipPreCheckItems")
                    .required()
                    .check(Check::new(codes))
                    .describe(
                        "Codes of the checks, such as `CHECK_SAME_OBJ`: those that `data.dts_precheck` and the errors of a failed precheck show. \
                         Only a check whose `can_skip` is true can be skipped.",
                    ),
            )
            .attribute(Attribute::bool("skip").describe(
                "Skip the checks, or with `false` have them count again. Default: `true`.",
            ))
            .attribute(run::timeout(TIMEOUT)),
        )
    }

    async fn invoke(&self, invoke: &mut Invoke<Client>) -> Result<(), Diagnostics> {
        let mut run = Run::new(invoke, TIMEOUT)?;
        let seen = run.look(Ask::SkipPrecheck).await?;
        run.needs(Ask::SkipPrecheck, &seen, "skipped").await?;
        let id = run.id.clone();
        let skip = invoke.config.bool("skip").unwrap_or(true);
        let wanted: Vec<&str> = invoke
            .config
            .list("items")
            .iter()
            .filter_map(Value::as_str)
            .collect();

        let what = format!("read the precheck of DTS job {id}");
        let status = run
            .until(&what, || async {
                let read = run
                    .api
                    .describe_precheck_status(&id, PRECHECK, Some(BEFORE))
                    .await;
                let status = read.map_err(error::to(&what))?;
                Ok(match checks::verdict(&status) {
                    Verdict::Running => Poll::Pending(checks::progress(&status)),
                    _ => Poll::Ready(status),
                })
            })
            .await?;
        if checks::verdict(&status) == Verdict::NotRun {
            return Err(run.refuse(
                Ask::SkipPrecheck,
                "DTS has no result of a precheck of it. Invoke `dts_precheck` first: DTS skips what a precheck has found.",
            ));
        }
        let left = left(&run.id, &status, &wanted, skip)?;
        let word = if skip { "skipped" } else { "not skipped" };
        if left.is_empty() {
            run.say(format!("{} {word} already", wanted.join(", "))).await;
            return Ok(());
        }
        let items: Vec<String> = left.keys().map(|code| (*code).to_owned()).collect();
        let names: Vec<String> = left.values().filter_map(|item| item.names.clone()).collect();
        let request = api::SkipPreCheck {
            dts_job_id: id,
            job_id: status.job_id.clone(),
            // In the same order, or none.
            names: if names.len() == items.len() {
                names
            } else {
                Vec::new()
            },
            items,
            skip,
        };
        run.say(format!("calling SkipPreCheck for {}", request.items.join(", ")))
            .await;
        run.api
            .skip_pre_check(&request)
            .await
            .map_err(error::to(&format!("skip prechecks of DTS job {}", run.id)))?;
        run.say(format!("{} {word}", request.items.join(", "))).await;
        Ok(())
    }
}

/// What the codes alone can tell.
fn codes(value: &Value) -> Result<(), String> {
    let items = value.as_list().unwrap_or_default();
    if items.is_empty() {
        return Err("It is empty. Name the checks to skip, such as CHECK_SAME_OBJ.".to_owned());
    }
    for code in items.iter().filter_map(Value::as_str) {
        let fits = !code.is_empty()
            && code
                .bytes()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_');
        if !fits {
            return Err(format!(
                "{code:?} is not the code of a check. Write it as DTS does, in capital letters, such as CHECK_SAME_OBJ."
            ));
        }
    }
    Ok(())
}

/// The checks that are not yet as wanted, by code; an error for each that there is not, or that cannot be skipped. A code may be
/// there several times, for sub-jobs and network paths: all of them count.
fn left<'a>(
    id: &str,
    status: &'a api::PrecheckStatus,
    wanted: &[&'a str],
    skip: bool,
) -> Result<BTreeMap<&'a str, &'a api::PrecheckItem>, Diagnostics> {
    let mut problems = Diagnostics::new();
    let mut left = BTreeMap::new();
    for code in wanted {
        let mut of_code = checks::all_items(status).filter(|item| item.item.as_deref() == Some(code));
        let mut open = of_code.clone().filter(|item| item.skip.unwrap_or(false) != skip);
        let fixed = open.clone().find(|item| skip && item.can_skip != Some(true));
        let problem = match (fixed, open.next()) {
            (None, None) if of_code.next().is_none() => {
                let mut known: Vec<&str> = checks::all_items(status)
                    .filter_map(|item| item.item.as_deref())
                    .collect();
                known.sort_unstable();
                known.dedup();
                format!(
                    "The precheck of the job has no such check. It has: {}.",
                    known.join(", ")
                )
            }
            (None, None) => continue,
            (Some(item), _) => {
                let repair = item
                    .repair_method
                    .as_deref()
                    .map(|repair| format!(" How to repair it: {repair}"));
                format!(
                    "DTS does not let it be skipped: repair what it found.{}",
                    repair.unwrap_or_default()
                )
            }
            (None, Some(item)) => {
                left.insert(*code, item);
                continue;
            }
        };
        problems.push(
            Diagnostic::error(
                format!("Unable to skip {code} of DTS job {id}"),
                format!("{problem} Nothing was called."),
            )
            .at(Path::attribute("items")),
        );
    }
    if problems.is_empty() {
        Ok(left)
    } else {
        Err(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(code: &str, can_skip: bool, skip: bool) -> api::PrecheckItem {
        api::PrecheckItem {
            item: Some(code.to_owned()),
            can_skip: Some(can_skip),
            skip: Some(skip),
            ..api::PrecheckItem::default()
        }
    }

    #[track_caller]
    fn check(wanted: &[&str], skip: bool, expected: Result<&[&str], &str>) {
        let status = api::PrecheckStatus {
            items: vec![
                item("OPEN", true, false),
                item("SHIELDED", true, true),
                item("FIXED", false, false),
                item("TWICE", true, true),
                item("HALF", true, false),
            ],
            sub_jobs: vec![api::PartialPrecheck {
                items: vec![item("TWICE", true, false), item("HALF", false, false)],
                ..api::PartialPrecheck::default()
            }],
            ..api::PrecheckStatus::default()
        };
        match (left("j1", &status, wanted, skip), expected) {
            (Ok(left), Ok(expected)) => {
                let codes: Vec<&str> = left.keys().copied().collect();
                assert_eq!(codes, expected);
            }
            (Err(problems), Err(part)) => {
                let problem = problems.iter().next().unwrap();
                assert!(problem.detail.contains(part), "{problem:?}");
                assert_eq!(problem.path, Some(Path::attribute("items")));
            }
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn only_what_is_not_yet_as_wanted_is_called() {
        check(&["OPEN", "SHIELDED"], true, Ok(&["OPEN"]));
        check(&["SHIELDED"], true, Ok(&[]));
        check(&["OPEN", "SHIELDED"], false, Ok(&["SHIELDED"]));
        check(&["FIXED"], false, Ok(&[]));
        check(&["FIXED"], true, Err("does not let it be skipped"));
        check(
            &["OTHER"],
            true,
            Err("It has: FIXED, HALF, OPEN, SHIELDED, TWICE."),
        );
        // Sub-jobs have the same checks.
        check(&["TWICE"], true, Ok(&["TWICE"]));
        check(&["TWICE"], false, Ok(&["TWICE"]));
        check(&["HALF"], true, Err("does not let it be skipped"));
    }

    #[test]
    fn codes_are_checked() {
        let list =
            |codes: &[&str]| Value::from(codes.iter().map(|code| Value::from(*code)).collect::<Vec<_>>());
        assert_eq!(super::codes(&list(&["CHECK_SAME_OBJ"])), Ok(()));
        for (wrong, part) in [
            (&[][..], "empty"),
            (&["check_same_obj"], "capital"),
            (&[""], "capital"),
        ] {
            assert!(super::codes(&list(wrong)).unwrap_err().contains(part));
        }
    }
}
