//! Which calls a change of a subscription needs: decided once, here, for the plan that shows them and for the apply that makes them.

use super::change::{Change, Facts, Password};
use crate::dts::course::{Course, Desired, Move, Situation, course};
use crate::dts::endpoint::Side;
use crate::dts::status::Stage;
use crate::framework::{Diagnostic, Object, Path};

/// A call that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// `ConfigureSubscription`
    Configure,
    /// `ResetDtsJob`
    Reset,
    /// `ModifyDtsJobName`
    Rename,
    /// `ModifyDtsJobPassword`
    Password,
    /// `ModifySubscription`
    Modify,
    /// `CreateJobMonitorRule`, of that type.
    Rule(&'static str),
    /// `StartDtsJob` or `SuspendDtsJob`
    Move(Move),
}

impl Operation {
    /// As DTS names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Configure => "ConfigureSubscription",
            Operation::Reset => "ResetDtsJob",
            Operation::Rename => "ModifyDtsJobName",
            Operation::Password => "ModifyDtsJobPassword",
            Operation::Modify => "ModifySubscription",
            Operation::Rule(_) => "CreateJobMonitorRule",
            Operation::Move(Move::Start) => "StartDtsJob",
            Operation::Move(Move::Suspend) => "SuspendDtsJob",
            // Not of a subscription.
            Operation::Move(Move::Stop) => "StopDtsJob",
        }
    }
}

pub(super) fn names(operations: &[Operation]) -> Vec<&'static str> {
    operations.iter().map(|operation| operation.name()).collect()
}

/// What is to be done about an existing subscription.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// These calls in this order.
    Operations(Vec<Operation>),
    /// It cannot be done.
    Refuse(Diagnostic),
    /// A value that decides is not known yet.
    Undecided,
}

/// The calls after `ConfigureSubscription`, which starts nothing by itself.
pub(super) fn after_configure(has_instance: bool, desired: Desired) -> Result<Vec<Operation>, Diagnostic> {
    let configured = Situation {
        stage: Stage::NotStarted,
        has_instance,
        one_time: false,
        resettable: true,
    };
    match course(configured, desired) {
        Course::Moves(moves) => Ok(moves.into_iter().map(Operation::Move).collect()),
        Course::Anew(why) | Course::Refused(why) => Err(refused(desired, &why)),
    }
}

/// The calls that lead from `prior` to `planned`.
pub(super) fn decide(prior: &Object, planned: &Object, facts: Facts) -> Decision {
    let Some(desired) = planned.str("desired_status").and_then(Desired::parse) else {
        return Decision::Undecided;
    };
    match Change::between(prior, planned, facts) {
        Some(change) => {
            calls(prior, planned, &change, desired).map_or_else(Decision::Refuse, Decision::Operations)
        }
        None => Decision::Undecided,
    }
}

fn calls(
    prior: &Object,
    planned: &Object,
    change: &Change,
    desired: Desired,
) -> Result<Vec<Operation>, Diagnostic> {
    let stage = Stage::of(prior.str("status").unwrap_or_default());
    let has_instance = !planned.get("dts_instance_id").is_null();
    if change.password == Password::Gone {
        return Err(Diagnostic::error(
            "Unable to take a password away",
            "DTS keeps the account's password until another is set. Set `password` or `password_wo`.",
        )
        .at(Path::attribute(Side::Subscribed.block()).then("password")));
    }
    let anew = |first: &[Operation]| {
        let mut operations = first.to_vec();
        operations.extend(after_configure(has_instance, desired)?);
        Ok(operations)
    };
    if stage == Stage::NotConfigured {
        // Reset behind our back, or by an apply that was cut off.
        return anew(&[Operation::Configure]);
    }
    if !stage.has_run() && change.configuration() {
        if stage == Stage::Prechecking && has_instance {
            return Err(Diagnostic::error(
                "Unable to change the subscription while its precheck runs",
                "DTS takes no other configuration meanwhile, and a precheck that passes starts it. Plan again once it is over.",
            )
            .at(change.path()));
        }
        return anew(&[Operation::Configure]);
    }
    if change.anew.is_some() {
        return anew(&[Operation::Reset, Operation::Configure]);
    }
    let now = Situation {
        stage,
        has_instance,
        one_time: false,
        resettable: true,
    };
    let moves = match course(now, desired) {
        Course::Moves(moves) => moves,
        // It has ended, which a subscription does not by itself.
        Course::Anew(_) => return anew(&[Operation::Reset, Operation::Configure]),
        Course::Refused(why) => return Err(refused(desired, &why)),
    };
    let mut operations = Vec::new();
    if change.name {
        operations.push(Operation::Rename);
    }
    if change.password == Password::Other {
        operations.push(Operation::Password);
    }
    operations.extend(change.rules.iter().copied().map(Operation::Rule));
    // Only one that runs takes a change: it is made before it is suspended, or once it runs again.
    let resumes = moves.contains(&Move::Start);
    let modify = change.modified.as_ref().map(|_| Operation::Modify);
    if let Some(path) = &change.modified
        && stage != Stage::Running
        && !resumes
    {
        return Err(Diagnostic::error(
            "Unable to change a subscription that does not run",
            "DTS changes objects and settings of a subscription only while it runs. Set `desired_status = \"running\"` together with this \
             change; it can be suspended again after it.",
        )
        .at(path.clone()));
    }
    let moves = moves.into_iter().map(Operation::Move);
    if resumes {
        operations.extend(moves.chain(modify));
    } else {
        operations.extend(modify.into_iter().chain(moves));
    }
    Ok(operations)
}

/// `desired_status` cannot be reached from where the subscription is.
pub(super) fn refused(desired: Desired, why: &str) -> Diagnostic {
    Diagnostic::error(
        format!("desired_status = {:?} cannot be reached", desired.name()),
        why,
    )
    .at(Path::attribute("desired_status"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Value;

    fn subscription(status: &str) -> Object {
        let source = Object::new()
            .with("instance_type", "RDS")
            .with("engine_name", "MySQL")
            .with("instance_id", "rm-a")
            .with("password", "secret");
        Object::new()
            .with("id", "j1")
            .with("dts_instance_id", "dtsj1")
            .with("dts_job_name", "name")
            .with("desired_status", "running")
            .with("status", status)
            .with("subscription_instance_vpc_id", "vpc-1")
            .with("subscription_data_type_ddl", true)
            .with("subscription_data_type_dml", true)
            .with("source_endpoint", source)
            .with("database", vec![Object::new().with("name", "a")])
    }

    fn with_source(object: &Object, name: &str, value: impl Into<Value>) -> Object {
        let mut endpoint = object.object("source_endpoint").cloned().unwrap();
        endpoint.set(name, value);
        object.clone().with("source_endpoint", endpoint)
    }

    fn decided(prior: &Object, planned: &Object, imported: bool) -> Decision {
        let mut config = planned.clone();
        let source = planned.object("source_endpoint").cloned().unwrap_or_default();
        if !source.get("password_wo_version").is_null() {
            config.set("source_endpoint", source.with("password_wo", "hidden"));
        }
        decide(prior, planned, Facts::of(imported, prior, &config))
    }

    fn check(prior: &Object, planned: &Object, expected: &[&str]) {
        match decided(prior, planned, false) {
            Decision::Operations(operations) => assert_eq!(names(&operations), expected),
            other => panic!("{other:?}"),
        }
    }

    fn is_refused(prior: &Object, planned: &Object, path: &str) {
        match decided(prior, planned, false) {
            Decision::Refuse(why) => assert_eq!(why.path.unwrap().to_string(), path),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn in_place_by_its_own_call() {
        let running = subscription("Normal");
        check(&running, &running, &[]);
        for (planned, call) in [
            (running.clone().with("dts_job_name", "other"), "ModifyDtsJobName"),
            (with_source(&running, "password", "new"), "ModifyDtsJobPassword"),
            (
                with_source(&running, "password_wo_version", 2),
                "ModifyDtsJobPassword",
            ),
            (
                running
                    .clone()
                    .with("database", vec![Object::new().with("name", "b")]),
                "ModifySubscription",
            ),
            (
                running.clone().with("subscription_data_type_ddl", false),
                "ModifySubscription",
            ),
            (
                running.clone().with("reserve", r#"{"a":1}"#),
                "ModifySubscription",
            ),
            (
                running
                    .clone()
                    .with("delay_notice", true)
                    .with("delay_rule_time", 60),
                "CreateJobMonitorRule",
            ),
            (
                running.clone().with("error_notice", false),
                "CreateJobMonitorRule",
            ),
            (
                running.clone().with("desired_status", "suspended"),
                "SuspendDtsJob",
            ),
        ] {
            check(&running, &planned, &[call]);
        }
        check(&subscription("Abnormal"), &running, &["StartDtsJob"]);
        let suspended = subscription("Abnormal").with("desired_status", "suspended");
        check(&suspended, &suspended, &[]);
    }

    #[test]
    fn what_has_not_started_is_configured_again() {
        for (status, then) in [
            ("NotStarted", &["ConfigureSubscription", "StartDtsJob"][..]),
            ("PrecheckFailed", &["ConfigureSubscription", "StartDtsJob"]),
            ("PreCheckPass", &["ConfigureSubscription", "StartDtsJob"]),
        ] {
            let prior = subscription(status);
            check(&prior, &with_source(&prior, "instance_id", "rm-b"), then);
            check(
                &prior,
                &prior.clone().with("subscription_data_type_ddl", false),
                then,
            );
        }
        let reset = subscription("NotConfigured");
        check(&reset, &reset, &["ConfigureSubscription", "StartDtsJob"]);
        let first = subscription("PrecheckFailed")
            .with("dts_instance_id", Value::Null)
            .with("desired_status", "prechecked");
        check(&first, &first, &["StartDtsJob"]);
        let prechecking = subscription("Prechecking");
        is_refused(
            &prechecking,
            &with_source(&prechecking, "instance_id", "rm-b"),
            "source_endpoint.instance_id",
        );
    }

    #[test]
    fn what_has_started_is_reset_for_what_cannot_be_changed() {
        let running = subscription("Normal");
        for planned in [
            with_source(&running, "instance_id", "rm-b"),
            running.clone().with("subscription_instance_vpc_id", "vpc-2"),
            running.clone().with("checkpoint", "1700000000"),
        ] {
            check(
                &running,
                &planned,
                &["ResetDtsJob", "ConfigureSubscription", "StartDtsJob"],
            );
        }
        let configured = running
            .clone()
            .with("checkpoint", "1700000000")
            .with("desired_status", "configured");
        check(&running, &configured, &["ResetDtsJob", "ConfigureSubscription"]);
    }

    #[test]
    fn a_suspended_one_is_changed_once_it_runs() {
        let suspended = subscription("Abnormal").with("desired_status", "suspended");
        let objects = |of: &Object| of.clone().with("database", vec![Object::new().with("name", "b")]);
        is_refused(&suspended, &objects(&suspended), "database[0].name");
        let running = suspended.clone().with("desired_status", "running");
        check(
            &suspended,
            &objects(&running),
            &["StartDtsJob", "ModifySubscription"],
        );
        let runs = subscription("Normal");
        let paused = runs.clone().with("desired_status", "suspended");
        check(&runs, &objects(&paused), &["ModifySubscription", "SuspendDtsJob"]);
    }

    #[test]
    fn an_import_takes_over_what_nobody_can_read() {
        let running = subscription("Normal");
        let without = with_source(&running, "password", Value::Null);
        assert!(matches!(decided(&running, &without, false), Decision::Refuse(_)));
        let more = running.clone().with("checkpoint", "1700000000");
        assert_eq!(decided(&without, &more, true), Decision::Operations(Vec::new()));
        let unknown = with_source(&running, "instance_id", Value::Unknown);
        assert_eq!(decided(&running, &unknown, false), Decision::Undecided);
    }
}
