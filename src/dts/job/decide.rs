//! Which calls a change of a job needs: decided once, here, for the plan that shows them and for the apply that makes them.

use super::change::{Change, Facts, Part, blamed};
use super::extent::Extent;
use super::options::{self, Notice, new_parameters};
use super::skip;
use crate::dts::course::{Course, Desired, Move, Situation, course, course_after_configure};
use crate::dts::endpoint::Side;
use crate::dts::status::Stage;
use crate::framework::{Diagnostic, Object, Path};

/// A call that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// `ConfigureDtsJob`
    Configure,
    /// `ModifyDtsJobName`
    Rename,
    /// `ModifyDtsJobPassword`
    Password(Side),
    /// `ModifyDtsJobDedicatedCluster`
    Cluster,
    /// `ModifyDtsJobDuLimit`
    DuLimit,
    /// `CreateJobMonitorRule`
    Notice(Notice),
    /// `ModifyDtsJobConfig`
    Parameters,
    /// `ModifyDtsJobEndpoint`, with the account or without.
    Endpoint(Side, bool),
    /// `ModifyDtsJob` with a new object list.
    Objects,
    /// `ModifyDtsJob` with new settings only.
    Reserve,
    /// `SkipPreCheck`, of checks that failed.
    Skip,
    /// `SkipPreCheck`, of checks that count again.
    Unskip,
    /// `StartDtsJob`, `SuspendDtsJob` or `StopDtsJob`
    Move(Move),
}

impl Operation {
    /// As DTS names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Configure => "ConfigureDtsJob",
            Operation::Rename => "ModifyDtsJobName",
            Operation::Password(_) => "ModifyDtsJobPassword",
            Operation::Cluster => "ModifyDtsJobDedicatedCluster",
            Operation::DuLimit => "ModifyDtsJobDuLimit",
            Operation::Notice(_) => "CreateJobMonitorRule",
            Operation::Parameters => "ModifyDtsJobConfig",
            Operation::Endpoint(..) => "ModifyDtsJobEndpoint",
            Operation::Objects | Operation::Reserve => "ModifyDtsJob",
            Operation::Skip | Operation::Unskip => "SkipPreCheck",
            Operation::Move(Move::Start) => "StartDtsJob",
            Operation::Move(Move::Suspend) => "SuspendDtsJob",
            Operation::Move(Move::Stop) => "StopDtsJob",
        }
    }
}

pub(super) fn names(operations: &[Operation]) -> Vec<&'static str> {
    operations.iter().map(|operation| operation.name()).collect()
}

/// What is to be done about an existing job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// These calls in this order.
    Operations(Vec<Operation>),
    /// A job has to be configured anew: the changed attribute, and why it cannot be done in place.
    Replace(Path, String),
    /// It cannot be done.
    Refuse(Diagnostic),
    /// A value that decides is not known yet.
    Undecided,
}

/// The calls that configure a job and lead it on, or why there are none.
pub(super) fn configuring(
    has_instance: bool,
    desired: Desired,
    planned: &Object,
) -> Result<Vec<Operation>, Course> {
    let moves = match course_after_configure(has_instance, desired) {
        Course::Moves(moves) => moves,
        none => return Err(none),
    };
    let mut operations = vec![Operation::Configure];
    if !planned.get("du_limit").is_null() {
        operations.push(Operation::DuLimit);
    }
    if starts_later(planned) {
        operations.push(Operation::Parameters);
    }
    operations.extend(moves.into_iter().map(Operation::Move));
    let runs = has_instance && desired == Desired::Running;
    let begins = runs && !starts_later(planned);
    if runs && !begins {
        operations.push(Operation::Move(Move::Start));
    }
    Ok(skip::among(
        operations,
        begins,
        has_instance,
        Stage::NotConfigured,
        planned,
    ))
}

/// Whether a job that is to run is configured without being started by that: the settings of its modules come before.
pub(super) fn starts_later(planned: &Object) -> bool {
    !new_parameters(&Object::new(), planned).is_empty()
}

/// The calls that lead from `prior` to `planned`.
pub(super) fn decide(prior: &Object, planned: &Object, facts: Facts) -> Decision {
    let stage = Stage::of(prior.str("status").unwrap_or_default());
    let has_instance = !planned.get("dts_instance_id").is_null();
    let resettable = prior.str("job_type") != Some("MIGRATION");
    let change = match Change::between(prior, planned, facts) {
        Some(change) => change,
        None => return Decision::Undecided,
    };
    let Some(desired) = planned.str("desired_status").and_then(Desired::parse) else {
        return Decision::Undecided;
    };
    if prior.get("job_type") != planned.get("job_type") {
        return Decision::Replace(
            Path::attribute("job_type"),
            "a job cannot change its type".to_owned(),
        );
    }
    if !options::same_direction(prior, planned) {
        return Decision::Replace(
            Path::attribute("synchronization_direction"),
            "a job cannot change its direction".to_owned(),
        );
    }
    if let Some(side) = change.password_gone {
        return Decision::Refuse(
            Diagnostic::error(
                "Unable to take a password away",
                "DTS keeps the account's password until another is set. Set `password` or `password_wo`.",
            )
            .at(Path::attribute(side.block()).then("password")),
        );
    }

    // A job that was reset behind our back has lost its configuration.
    let reconfigure = change.configuration().is_some() || stage == Stage::NotConfigured;
    if reconfigure && !stage.has_run() {
        if stage == Stage::Prechecking && has_instance {
            return Decision::Refuse(
                Diagnostic::error(
                    "Unable to change the job while its precheck runs",
                    "DTS takes no other configuration meanwhile, and a precheck that passes starts the job. Plan again once it is over.",
                )
                .at(blamed(change.path(prior, planned), prior, planned)),
            );
        }
        if has_instance && desired == Desired::Prechecked {
            // It was bought for since: a precheck that passes would also start it.
            return Decision::Operations(vec![Operation::Configure]);
        }
        return match configuring(has_instance, desired, planned) {
            Ok(mut operations) => {
                // What is off is not said by a configuration, so that it would stay on.
                let off = change.notices.iter().filter(|notice| !notice.is_on(planned));
                operations.splice(1..1, off.copied().map(Operation::Notice));
                Decision::Operations(operations)
            }
            Err(Course::Refused(why)) => Decision::Refuse(refused(desired, &why)),
            Err(Course::Anew(why)) => Decision::Replace(Path::attribute("status"), why),
            Err(Course::Moves(_)) => Decision::Undecided,
        };
    }
    let mut operations = Vec::new();
    if change.name {
        operations.push(Operation::Rename);
    }
    let ended = stage == Stage::Finished;
    // With another database its account comes along, where it has a name.
    let has_user = |side: Side| {
        planned
            .object(side.block())
            .is_some_and(|endpoint| endpoint.str("user_name").is_some())
    };
    let exchanged =
        |side: &Side| !ended && has_user(*side) && change.exchanged.iter().any(|(one, ..)| one == side);
    operations.extend(
        Side::BOTH
            .into_iter()
            // What has ended logs in nowhere any more, and cannot be restarted as DTS does for it (dts-api.md 2.5).
            .filter(|side| change.passwords.contains(side) && !exchanged(side) && !ended)
            .map(Operation::Password),
    );
    operations.extend(change.notices.iter().copied().map(Operation::Notice));
    let own = [
        (change.cluster, Operation::Cluster),
        (change.du_limit, Operation::DuLimit),
        (change.parameters, Operation::Parameters),
    ];
    operations.extend(
        own.into_iter()
            .filter(|(differs, _)| *differs)
            .map(|(_, operation)| operation),
    );
    if !ended {
        let of = |&(side, _, user): &(Side, &str, bool)| {
            Operation::Endpoint(side, has_user(side) && (user || change.passwords.contains(&side)))
        };
        operations.extend(change.exchanged.iter().map(of));
    }
    // Whether it ended by itself is a matter of how it was; where DTS does not tell that, of how it is to be.
    let modes = match prior.get("data_synchronization").is_null() {
        true => planned,
        false => prior,
    };
    let now = Situation {
        has_instance,
        one_time: is_one_time(modes) && !Extent::recorded(prior).is_part(),
        ..Situation::of(prior)
    };
    let moves = match course(now, desired) {
        Course::Refused(_) if is_past_suspending(prior, planned) => Vec::new(),
        Course::Moves(moves) if is_to_be_checked_again(prior, planned, facts, now, desired) => {
            let start = [Move::Start].into_iter().filter(|start| !moves.contains(start));
            start.chain(moves.clone()).collect()
        }
        Course::Moves(moves) => moves,
        Course::Anew(why) => return Decision::Replace(Path::attribute("status"), why),
        Course::Refused(why) => {
            let moved = Extent::recorded(prior);
            let why = match moved.is_part() {
                true => format!("Only a part was moved ({}). {why}", moved.told()),
                false => why,
            };
            return Decision::Refuse(refused(desired, &why));
        }
    };
    let modifications = match change.modification(ended) {
        None => Vec::new(),
        Some(_) if stage == Stage::Finished && resettable && desired == Desired::Stopped => {
            return Decision::Refuse(
                Diagnostic::error(
                    "Unable to change a job that was stopped",
                    "It was stopped for good, and DTS takes no change of it. Set `desired_status` to `running` or `configured` to have \
                     it configured anew with this change, or take the change back.",
                )
                .at(blamed(change.path(prior, planned), prior, planned)),
            );
        }
        Some(Part::Objects) if resettable && stage != Stage::Finished => vec![Operation::Objects],
        Some(Part::ObjectsAndReserve) if resettable && stage != Stage::Finished => {
            vec![Operation::Objects, Operation::Reserve]
        }
        Some(Part::Reserve) if stage != Stage::Finished => vec![Operation::Reserve],
        Some(_) => {
            let why = match stage {
                Stage::Finished => "the job has ended, and DTS changes nothing in a job that has",
                _ => "the job has started, and DTS cannot change this in a job that has",
            };
            return Decision::Replace(change.path(prior, planned), why.to_owned());
        }
    };
    // Who changes nothing is not kept from anything else: the plan warns, and a later one starts it again.
    let waits_for_pay = is_locked(prior)
        && modifications.is_empty()
        && operations.is_empty()
        && prior.get("desired_status") == planned.get("desired_status");
    let moves = if waits_for_pay { Vec::new() } else { moves };
    if is_locked(prior) && !(moves.is_empty() && modifications.is_empty() && operations.is_empty()) {
        return Decision::Refuse(locked(prior));
    }
    if skip::is_taken_back(prior, planned, stage) {
        operations.push(Operation::Unskip);
    }
    // Only a job that runs takes a change (dts-api.md 3.4): it is made before the job is paused, or once it runs again.
    let resumes = moves.contains(&Move::Start);
    if !modifications.is_empty() && stage != Stage::Running && !resumes {
        return Decision::Refuse(
            Diagnostic::error(
                "Unable to change a job that does not run",
                "DTS changes objects and settings of a job only while it runs. Set `desired_status = \"running\"` together with this \
                 change; the job can be suspended again after it.",
            )
            .at(blamed(change.path(prior, planned), prior, planned)),
        );
    }
    let moves = moves.into_iter().map(Operation::Move).collect();
    let moves = skip::among(moves, false, has_instance, stage, planned);
    if resumes {
        operations.extend(moves.into_iter().chain(modifications));
    } else {
        operations.extend(modifications.into_iter().chain(moves));
    }
    Decision::Operations(operations)
}

/// Whether the verdict of the last precheck does not hold any more, though it passed.
fn is_to_be_checked_again(
    prior: &Object,
    planned: &Object,
    facts: Facts,
    now: Situation,
    desired: Desired,
) -> bool {
    now.stage == Stage::PreCheckPass
        && !now.has_instance
        && desired == Desired::Prechecked
        && (facts.recheck || skip::is_taken_back(prior, planned, now.stage))
}

pub(super) fn is_locked(prior: &Object) -> bool {
    prior
        .str("status")
        .is_some_and(|status| status.eq_ignore_ascii_case("Locked"))
}

/// DTS lets nothing be done with it.
fn locked(prior: &Object) -> Diagnostic {
    let id = prior.str("id").unwrap_or_default();
    Diagnostic::error(
        format!("Unable to change DTS job {id} while it is locked"),
        "DTS locks a job whose instance is not paid for: an overdue payment, or a subscription that has ended. Pay what is owed or renew the \
         instance, and plan again once the job is unlocked.",
    )
    .at(Path::attribute("desired_status"))
}

/// `desired_status` cannot be reached from where the job is.
pub(super) fn refused(desired: Desired, why: &str) -> Diagnostic {
    Diagnostic::error(
        format!("desired_status = {:?} cannot be reached", desired.name()),
        why,
    )
    .at(Path::attribute("desired_status"))
}

impl Situation {
    /// Of a job as its state tells it.
    pub(super) fn of(state: &Object) -> Situation {
        Situation {
            stage: Stage::of(state.str("status").unwrap_or_default()),
            has_instance: !state.get("dts_instance_id").is_null(),
            one_time: is_one_time(state) && !Extent::recorded(state).is_part(),
            resettable: state.str("job_type") != Some("MIGRATION"),
        }
    }
}

/// Whether a job that was to be suspended, and still is to be, has come to its end instead: it ended before the call, or somebody
/// else let it run on. Nothing is left to pause, which is what was wanted.
pub(super) fn is_past_suspending(prior: &Object, planned: &Object) -> bool {
    let now = Situation::of(prior);
    let suspended = Some(Desired::Suspended.name());
    now.stage == Stage::Finished
        && now.one_time
        && [prior, planned]
            .iter()
            .all(|state| state.str("desired_status") == suspended)
}

/// Whether the job ends by itself: a migration that does not follow changes.
pub(super) fn is_one_time(job: &Object) -> bool {
    job.str("job_type") == Some("MIGRATION") && job.bool("data_synchronization") == Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Value;
    use crate::framework::import::IMPORTED;
    use crate::framework::private::Private;

    fn job(status: &str) -> Object {
        let endpoint = |id: &str| {
            Object::new()
                .with("instance_type", "RDS")
                .with("engine_name", "MYSQL")
                .with("instance_id", id)
                .with("password", "secret")
        };
        Object::new()
            .with("id", "j1")
            .with("dts_instance_id", "dtsj1")
            .with("dts_job_name", "name")
            .with("job_type", "MIGRATION")
            .with("structure_initialization", true)
            .with("data_initialization", true)
            .with("data_synchronization", true)
            .with("desired_status", "running")
            .with("status", status)
            .with("source_endpoint", endpoint("rm-a"))
            .with("destination_endpoint", endpoint("rm-b"))
            .with("database", vec![Object::new().with("name", "a")])
    }

    fn with_source(object: &Object, name: &str, value: impl Into<Value>) -> Object {
        let mut endpoint = object.object("source_endpoint").cloned().unwrap();
        endpoint.set(name, value);
        object.clone().with("source_endpoint", endpoint)
    }

    fn facts(prior: &Object, planned: &Object, imported: bool) -> Facts {
        let mut config = planned.clone();
        let source = planned.object("source_endpoint").cloned().unwrap_or_default();
        if !source.get("password_wo_version").is_null() {
            config.set("source_endpoint", source.with("password_wo", "hidden"));
        }
        let mut private = Private::default();
        if imported {
            private.set(IMPORTED, true);
        }
        Facts::of(&private, prior, &config)
    }

    fn check(prior: &Object, planned: &Object, expected: &[&str]) {
        match decide(prior, planned, facts(prior, planned, false)) {
            Decision::Operations(operations) => assert_eq!(names(&operations), expected),
            other => panic!("{other:?}"),
        }
    }

    fn replaces(prior: &Object, planned: &Object, path: &str) {
        match decide(prior, planned, facts(prior, planned, false)) {
            Decision::Replace(found, _) => assert_eq!(found.to_string(), path),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_changes_nothing() {
        for status in ["Migrating", "Prechecking", "Retrying"] {
            check(&job(status), &job(status), &[]);
        }
    }

    #[test]
    fn in_place_by_its_own_call() {
        let running = job("Migrating");
        check(
            &running,
            &running.clone().with("dts_job_name", "other"),
            &["ModifyDtsJobName"],
        );
        check(
            &running,
            &with_source(&running, "password", "new"),
            &["ModifyDtsJobPassword"],
        );
        check(
            &running,
            &with_source(&running, "password_wo_version", 2),
            &["ModifyDtsJobPassword"],
        );
        check(
            &running,
            &running.clone().with("reserve", "{\"a\":1}"),
            &["ModifyDtsJob"],
        );
        check(
            &running,
            &running.clone().with("desired_status", "suspended"),
            &["SuspendDtsJob"],
        );
        check(&job("Suspending"), &running, &["StartDtsJob"]);
    }

    #[test]
    fn what_has_not_started_is_configured_again() {
        let planned =
            |status: &str| with_source(&job(status), "instance_id", "rm-c").with("dts_job_name", "other");
        for status in ["NotStarted", "PrecheckFailed", "PreCheckPass"] {
            check(&job(status), &planned(status), &["ConfigureDtsJob"]);
        }
        let first = |status: &str| {
            job(status)
                .with("dts_instance_id", Value::Null)
                .with("desired_status", "prechecked")
        };
        let changed = first("PrecheckFailed").with("database", vec![Object::new().with("name", "b")]);
        check(
            &first("PrecheckFailed"),
            &changed,
            &["ConfigureDtsJob", "StartDtsJob"],
        );
        // Reset behind our back.
        check(&job("NotConfigured"), &job("NotConfigured"), &["ConfigureDtsJob"]);
    }

    #[test]
    fn a_failed_precheck_runs_again() {
        let prior = job("PrecheckFailed")
            .with("dts_instance_id", Value::Null)
            .with("desired_status", "prechecked");
        check(&prior, &prior, &["StartDtsJob"]);
        let mended = with_source(&prior, "password", "right");
        check(&prior, &mended, &["ModifyDtsJobPassword", "StartDtsJob"]);
    }

    #[test]
    fn what_has_started_is_modified_or_replaced() {
        let running = job("Migrating");
        check(
            &running,
            &with_source(&running, "instance_id", "rm-c"),
            &["ModifyDtsJobEndpoint"],
        );
        replaces(
            &running,
            &running.clone().with("data_synchronization", false),
            "data_synchronization",
        );
        replaces(
            &running,
            &running
                .clone()
                .with("database", vec![Object::new().with("name", "b")]),
            "database",
        );
        let sync = job("Synchronizing").with("job_type", "SYNC");
        check(
            &sync,
            &sync
                .clone()
                .with("database", vec![Object::new().with("name", "b")]),
            &["ModifyDtsJob"],
        );
        replaces(&sync, &sync.clone().with("job_type", "MIGRATION"), "job_type");
        replaces(
            &job("Finished").with("job_type", "SYNC"),
            &job("Finished").with("job_type", "SYNC"),
            "status",
        );
    }

    #[test]
    fn the_same_objects_in_other_words_are_no_change() {
        let running = job("Migrating");
        let json = running
            .clone()
            .with("database", Vec::<Value>::new())
            .with("db_list", r#"{"a":{"all":"true"}}"#);
        check(&running, &json, &[]);
    }

    #[test]
    fn a_migration_that_has_ended() {
        let moved = |data: i64| Object::new().with("structure", 100).with("data", data);
        let done = job("Finished")
            .with("data_synchronization", false)
            .with("progress", moved(100));
        check(&done, &done, &[]);
        // Without it, as older versions recorded.
        check(
            &done.clone().with("progress", Value::Null),
            &done.clone().with("progress", Value::Null),
            &[],
        );
        let refusal =
            |prior: &Object, planned: &Object| match decide(prior, planned, facts(prior, planned, false)) {
                Decision::Refuse(diagnostic) => diagnostic.detail,
                other => panic!("{other:?}"),
            };
        let part = done.clone().with("progress", moved(40));
        let told = refusal(&part, &part);
        assert!(
            told.starts_with("Only a part was moved (structure 100%, data 40%). The job was stopped"),
            "{told}"
        );
        check(&part, &part.clone().with("desired_status", "stopped"), &[]);
        // Suspending what has ended is refused, and was reached where it was wanted all along.
        let suspended = done.clone().with("desired_status", "suspended");
        assert!(refusal(&done, &suspended).contains("nothing left to suspend"));
        check(&suspended, &suspended, &[]);
        let part_suspended = part.with("desired_status", "suspended");
        assert!(refusal(&part_suspended, &part_suspended).contains("Only a part was moved"));
        // It was not stopped, so that is not what is in the way.
        replaces(
            &done,
            &done.clone().with("data_synchronization", true),
            "data_synchronization",
        );
        // Nothing logs in any more; a name stays a name.
        check(&done, &with_source(&done, "password", "new"), &[]);
        let renamed = with_source(&done, "password_wo_version", 2).with("dts_job_name", "other");
        check(&done, &renamed, &["ModifyDtsJobName"]);
    }

    #[test]
    fn unknown_values_decide_nothing() {
        let running = job("Migrating");
        let unknown = with_source(&running, "instance_id", Value::Unknown);
        assert_eq!(
            decide(&running, &unknown, facts(&running, &unknown, false)),
            Decision::Undecided
        );
    }

    #[test]
    fn a_password_cannot_be_taken_away_but_an_import_takes_one_over() {
        let running = job("Migrating");
        let without = with_source(&running, "password", Value::Null);
        assert!(matches!(
            decide(&running, &without, facts(&running, &without, false)),
            Decision::Refuse(_)
        ));
        assert_eq!(
            decide(&without, &running, facts(&without, &running, true)),
            Decision::Operations(Vec::new())
        );
        check(&without, &running, &["ModifyDtsJobPassword"]);
    }
}
