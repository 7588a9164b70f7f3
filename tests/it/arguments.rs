//! Nothing is ignored silently: whichever argument of whichever resource changes, the plan names the calls that follow, or
//! replaces, or is refused. The arguments come from the schema: one without a line in [`table`] fails.

mod data;
mod job;
mod others;
mod table;
mod whole;

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value as Json;
use terraform_provider_dts::framework::rules::Action;
use terraform_provider_dts::framework::schema::{Block, Mode, OnChange};

use self::table::{Case, Expected};
use crate::changes::bed::{Bed, Managed, operations_of};

/// The arguments that a user may set, at every depth: `source_endpoint.password`.
fn arguments(block: &Block, prefix: &str) -> Vec<String> {
    let settable = block
        .attributes
        .iter()
        .filter(|attribute| attribute.mode != Mode::Computed);
    let mut paths: Vec<String> = settable
        .map(|attribute| format!("{prefix}{}", attribute.name))
        .collect();
    for nested in &block.blocks {
        paths.extend(arguments(&nested.block, &format!("{prefix}{}.", nested.name)));
    }
    paths
}

/// Each argument has a case, and each case is of an argument that it really changes.
fn complete(block: &Block, cases: &[Case]) {
    let arguments: BTreeSet<String> = arguments(block, "").into_iter().collect();
    let covered: BTreeSet<String> = cases.iter().map(|case| case.argument.to_owned()).collect();
    assert_eq!(arguments, covered, "a line of the table for each argument");
    for case in cases {
        let path: Vec<&str> = case.argument.split('.').collect();
        let (from, to) = (at(&case.from, &path), at(&case.to, &path));
        assert_ne!(from, to, "{} is changed by its case", case.argument);
        as_told(block, &path, case);
    }
}

/// The description says what comes of a change: that of the schema, from which it is made, and that of the case agree.
fn as_told(block: &Block, path: &[&str], case: &Case) {
    let (name, blocks) = path.split_last().unwrap();
    let block = blocks
        .iter()
        .fold(block, |block, name| &block.find_block(name).unwrap().block);
    let told = block.find_attribute(name).unwrap().on_change();
    let follows: Vec<Expected> = [case.forth, case.back].concat();
    let may = |expected: Expected| follows.contains(&expected);
    let fits = match told {
        Some(OnChange::InPlace) => may(Expected::Called) && !may(Expected::Replaced),
        // A first value that says what holds without one is only recorded.
        Some(OnChange::Replaces) => may(Expected::Replaced) || !may(Expected::Called),
        Some(OnChange::Recorded) => may(Expected::Recorded) && !may(Expected::Replaced),
        Some(OnChange::Told(_)) => true,
        None => false,
    };
    assert!(
        fits,
        "{}: {told:?} is told, and what follows is {follows:?}",
        case.argument
    );
}

/// The value of an argument, looking into the first block of a list.
fn at(config: &Json, path: &[&str]) -> Json {
    match (config, path) {
        (Json::Array(items), _) => items.first().map_or(Json::Null, |first| at(first, path)),
        (_, []) => config.clone(),
        (_, [name, rest @ ..]) => config.get(*name).map_or(Json::Null, |inner| at(inner, rest)),
    }
}

/// Makes one change and holds what follows against the plan. `before` removed a predecessor.
fn change(bed: &Bed, managed: &mut Managed<'_>, config: &Json, what: &str) -> Expected {
    let (mark, paid) = (bed.mark(), bed.paid());
    let planned = match managed.plan(config) {
        Ok(planned) => planned,
        Err(errors) => {
            for error in errors.iter() {
                assert!(error.path.is_some(), "{what}: {error:?} names no argument");
            }
            assert_eq!(bed.changing_calls(mark), [""; 0], "{what} is refused");
            return Expected::Refused;
        }
    };
    let problems = managed.apply(&planned, config);
    assert!(!problems.has_errors(), "{what}: {problems:#?}");
    let calls = bed.changing_calls(mark);
    let found = match planned.action {
        Action::NoOp => {
            assert_eq!(calls, [""; 0], "{what}");
            return Expected::Kept;
        }
        Action::Update => {
            assert_eq!(calls, operations_of(&planned.planned), "{what}");
            if calls.is_empty() {
                Expected::Recorded
            } else {
                Expected::Called
            }
        }
        Action::Replace => {
            let operations = operations_of(&planned.planned);
            // Before them only what removes the predecessor, which no attribute can show.
            let removed = calls
                .strip_suffix(operations.as_slice())
                .unwrap_or_else(|| panic!("{what}: {calls:?} for {operations:?}"));
            // A rule is not deleted but disabled.
            let removal = match operations.iter().any(|call| call == "CreateJobMonitorRule") {
                true => &["CreateJobMonitorRule"][..],
                false => &[
                    "StopDtsJob",
                    "ResetDtsJob",
                    "DeleteDtsJob",
                    "DeleteConsumerChannel",
                ],
            };
            assert!(
                removed.iter().all(|call| removal.contains(&call.as_str())),
                "{what}: {removed:?} before {operations:?}"
            );
            assert_eq!(bed.paid(), paid, "{what}");
            Expected::Replaced
        }
        other => panic!("{what}: {other:?}"),
    };
    assert_eq!(
        operations_of(&managed.core.value()),
        operations_of(&planned.planned),
        "{what}"
    );
    managed.assert_plan_is_empty(config);
    found
}

/// What came of the cases.
#[derive(Default)]
struct Seen {
    wrong: Vec<String>,
    /// Those whose first configuration does not go in the situation: `checkpoint forth`.
    unstaged: Vec<String>,
}

/// Runs a case forth and back in a situation that its resource can be in.
fn check(case: &Case, type_name: &'static str, situation: usize, seen: &Mutex<Seen>) {
    let mut configs = [case.from.clone(), case.to.clone()];
    for (direction, expected) in [("forth", case.forth), ("back", case.back)] {
        let [from, to] = &configs;
        let bed = Bed::new();
        let what = format!("{} {direction} in situation {situation}", case.argument);
        let staged = others::stage(&bed, type_name, situation, case, from, to)
            .or_else(|| table::stage(&bed, type_name, situation, case, from, to));
        let Some((mut managed, to)) = staged else {
            let skipped = format!("{} {direction}", case.argument);
            seen.lock().unwrap().unstaged.push(skipped);
            configs.reverse();
            continue;
        };
        let found = change(&bed, &mut managed, &to, &what);
        let expected = match expected == table::BY_STAGE {
            true => table::by_stage(case.argument, situation),
            false => expected,
        };
        if !(expected.contains(&found)) {
            let mut seen = seen.lock().unwrap();
            seen.wrong
                .push(format!("{what}: {found:?}, expected {expected:?}"));
        }
        configs.reverse();
    }
}

/// The cases that do not go in a situation; each goes in another.
fn unstaged(type_name: &str, situation: usize) -> Vec<&'static str> {
    // Jobs with an instance are not moved to a cluster.
    let cluster = [
        "dedicated_cluster_id back",
        "dedicated_cluster_id forth",
        "du_limit back",
        "du_limit forth",
    ];
    let delay = ["max_delay_seconds back", "max_delay_seconds forth"];
    let following = "data_synchronization back";
    let mut unstaged = match (type_name, situation) {
        // About the other way of buying an instance.
        ("dts_instance", 0) => vec!["auto_start back", "du back", "require_precheck back"],
        ("dts_instance", 1) => vec!["adopt back"],
        ("dts_job", 0 | 2) => [&cluster[..], &delay, &[following]].concat(),
        ("dts_job", 1) => [&cluster[..], &[following]].concat(),
        // About following changes.
        ("dts_job", 3) => {
            let changes = [
                "checkpoint back",
                "checkpoint forth",
                "conflict back",
                "conflict forth",
            ];
            let more = ["filter_ddl back", "filter_ddl forth", "job_type forth"];
            [&cluster[..], &delay, &changes, &more].concat()
        }
        ("dts_job", 4) => [
            &delay[..],
            &[following, "desired_status back", "dts_instance_id back"],
        ]
        .concat(),
        _ => Vec::new(),
    };
    unstaged.sort_unstable();
    unstaged
}

fn check_all(type_name: &'static str, cases: &[Case], situation: usize) {
    let bed = Bed::new();
    complete(&bed.service().resource_schema(type_name).unwrap().block, cases);
    let seen = Mutex::new(Seen::default());
    std::thread::scope(|scope| {
        for half in cases.chunks(cases.len() / 2 + 1) {
            let seen = &seen;
            scope.spawn(move || {
                for case in half {
                    check(case, type_name, situation, seen);
                }
            });
        }
    });
    let mut seen = seen.into_inner().unwrap();
    assert!(seen.wrong.is_empty(), "{:#?}", seen.wrong);
    // A situation that a case does not go in is named: what is skipped unseen proves nothing.
    seen.unstaged.sort();
    assert_eq!(
        seen.unstaged,
        unstaged(type_name, situation),
        "{type_name} in situation {situation}"
    );
}

#[test]
fn of_an_instance_bought_first() {
    check_all("dts_instance", &table::instance(), 0);
}

#[test]
fn of_an_instance_for_a_job() {
    check_all("dts_instance", &table::instance(), 1);
}

#[test]
fn of_a_configured_job() {
    check_all("dts_job", &table::job(), 0);
}

#[test]
fn of_a_running_job() {
    check_all("dts_job", &table::job(), 1);
}

#[test]
fn of_a_suspended_job() {
    check_all("dts_job", &table::job(), 2);
}

#[test]
fn of_a_migration_that_has_ended() {
    check_all("dts_job", &table::job(), 3);
}

#[test]
fn of_a_job_without_an_instance() {
    check_all("dts_job", &table::job(), 4);
}

#[test]
fn of_a_configured_subscription() {
    check_all("dts_subscription", &others::subscription(), 0);
}

#[test]
fn of_a_running_subscription() {
    check_all("dts_subscription", &others::subscription(), 1);
}

#[test]
fn of_a_suspended_subscription() {
    check_all("dts_subscription", &others::subscription(), 2);
}

#[test]
fn of_a_subscription_without_an_instance() {
    check_all("dts_subscription", &others::subscription(), 3);
}

#[test]
fn of_a_consumer_group() {
    check_all("dts_consumer_group", &others::consumer_group(), 0);
}

#[test]
fn of_a_monitor_rule() {
    check_all("dts_monitor_rule", &others::monitor_rule(), 0);
}

#[test]
fn of_data_sources() {
    let bed = Bed::new();
    let (instance, configured, _) = bed.bought(
        &crate::changes::config::instance(crate::changes::config::SYNC),
        &crate::changes::config::job(crate::changes::config::SYNC),
    );
    for (name, schema) in bed.service().data_source_schemas() {
        if others::is_of_subscriptions(name) {
            others::data_source(&bed, name, &arguments(&schema.block, ""));
            continue;
        }
        let changes = data::changes(name);
        let covered: BTreeSet<String> = changes
            .iter()
            .map(|(argument, _)| (*argument).to_owned())
            .collect();
        assert_eq!(
            arguments(&schema.block, "").into_iter().collect::<BTreeSet<_>>(),
            covered,
            "{name}"
        );
        for (argument, change) in changes {
            let base = data::base(name, argument, &configured.text("id"), &instance.text("id"));
            let config = crate::changes::config::with(&base, change);
            let mark = bed.mark();
            let (_, problems) = bed.read_data(name, &config);
            assert!(!problems.has_errors(), "{argument}: {problems:?}");
            assert_eq!(bed.changing_calls(mark), [""; 0], "{argument} changes nothing");
            assert!(bed.mark() > mark, "{argument}: it reads");
        }
    }
}
