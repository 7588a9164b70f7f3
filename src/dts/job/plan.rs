//! Which calls a change of a job needs: decided once, here, for the plan that shows them and for the apply that makes them.

use super::{NO_INSTANCE, SUCCESSOR, UNKNOWN_INSTANCE};
use crate::dts::course::{Course, Desired, Move, Situation, course, course_after_configure};
use crate::dts::endpoint::{self, Side};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{objects, reserve};
use crate::framework::import::IMPORTED;
use crate::framework::resource::Plan;
use crate::framework::{Diagnostic, Object, Path, Value};

/// A call that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// `ConfigureDtsJob`
    Configure,
    /// `ModifyDtsJobName`
    Rename,
    /// `ModifyDtsJobPassword`
    Password(Side),
    /// `ModifyDtsJob` with a new object list.
    Objects,
    /// `ModifyDtsJob` with new settings only.
    Reserve,
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
            Operation::Objects | Operation::Reserve => "ModifyDtsJob",
            Operation::Move(Move::Start) => "StartDtsJob",
            Operation::Move(Move::Suspend) => "SuspendDtsJob",
            Operation::Move(Move::Stop) => "StopDtsJob",
        }
    }
}

fn names(operations: &[Operation]) -> Vec<&'static str> {
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

/// What decides, beside the two states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The job was imported and never changed since: what cannot be read back is taken over, not changed.
    pub(super) imported: bool,
    /// Source and destination: whether the configuration gives the password that the state has; `None` while unknown.
    same_password: [Option<bool>; 2],
    /// Source and destination: whether the configuration gives a password, which may be write-only and so in no plan.
    has_password: [bool; 2],
}

impl Facts {
    /// Of a change from `prior` to what `config` says.
    pub(super) fn of(imported: bool, prior: &Object, config: &Object) -> Facts {
        Facts {
            imported,
            same_password: Side::BOTH.map(|side| endpoint::same_password(side, prior, config)),
            has_password: Side::BOTH.map(|side| endpoint::has_password(side, config)),
        }
    }
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
    if let Some(side) = change.password_gone {
        return Decision::Refuse(
            Diagnostic::error(
                "Unable to take a password away",
                "DTS keeps the account's password until another is set. Set `password` or `password_wo`.",
            )
            .at(Path::attribute(side.block()).then("password")),
        );
    }

    let mut operations = Vec::new();
    // A job that was reset behind our back has lost its configuration.
    let reconfigure = change.configuration().is_some() || stage == Stage::NotConfigured;
    if reconfigure && !stage.has_run() {
        if stage == Stage::Prechecking && has_instance {
            return Decision::Refuse(
                Diagnostic::error(
                    "Unable to change the job while its precheck runs",
                    "DTS takes no other configuration meanwhile, and a precheck that passes starts the job. Plan again once it is over.",
                )
                .at(change.path(prior, planned)),
            );
        }
        operations.push(Operation::Configure);
        if has_instance && desired == Desired::Prechecked {
            // It was bought for since: a precheck that passes would also start it.
            return Decision::Operations(operations);
        }
        return match course_after_configure(has_instance, desired) {
            Course::Moves(moves) => {
                operations.extend(moves.into_iter().map(Operation::Move));
                Decision::Operations(operations)
            }
            Course::Anew(why) => Decision::Replace(Path::attribute("status"), why),
            Course::Refused(why) => Decision::Refuse(refused(desired, &why)),
        };
    }
    if change.name {
        operations.push(Operation::Rename);
    }
    operations.extend(
        Side::BOTH
            .into_iter()
            .filter(|side| change.passwords.contains(side))
            .map(Operation::Password),
    );
    let now = Situation {
        has_instance,
        one_time: is_one_time(planned),
        ..Situation::of(prior)
    };
    let moves = match course(now, desired) {
        Course::Moves(moves) => moves,
        Course::Anew(why) => return Decision::Replace(Path::attribute("status"), why),
        Course::Refused(why) => return Decision::Refuse(refused(desired, &why)),
    };
    let modifications = match change.configuration() {
        None => Vec::new(),
        Some(_) if stage == Stage::Finished && resettable && desired == Desired::Stopped => {
            return Decision::Refuse(
                Diagnostic::error(
                    "Unable to change a job that was stopped",
                    "It was stopped for good, and DTS takes no change of it. Set `desired_status` to `running` or `configured` to have \
                     it configured anew with this change, or take the change back.",
                )
                .at(change.path(prior, planned)),
            );
        }
        Some(Part::Objects) if resettable && stage != Stage::Finished => vec![Operation::Objects],
        Some(Part::ObjectsAndReserve) if resettable && stage != Stage::Finished => {
            vec![Operation::Objects, Operation::Reserve]
        }
        Some(Part::Reserve) if stage != Stage::Finished => vec![Operation::Reserve],
        Some(_) => {
            let why = "the job has started, and DTS cannot change this in a job that has".to_owned();
            return Decision::Replace(change.path(prior, planned), why);
        }
    };
    // Only a job that runs takes a change (dts-api.md 3.4): it is made before the job is paused, or once it runs again.
    let resumes = moves.contains(&Move::Start);
    if !modifications.is_empty() && stage != Stage::Running && !resumes {
        return Decision::Refuse(
            Diagnostic::error(
                "Unable to change a job that does not run",
                "DTS changes objects and settings of a job only while it runs. Set `desired_status = \"running\"` together with this \
                 change; the job can be suspended again after it.",
            )
            .at(change.path(prior, planned)),
        );
    }
    let moves = moves.into_iter().map(Operation::Move);
    if resumes {
        operations.extend(moves.chain(modifications));
    } else {
        operations.extend(modifications.into_iter().chain(moves));
    }
    Decision::Operations(operations)
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
    fn of(state: &Object) -> Situation {
        Situation {
            stage: Stage::of(state.str("status").unwrap_or_default()),
            has_instance: !state.get("dts_instance_id").is_null(),
            one_time: is_one_time(state),
            resettable: state.str("job_type") != Some("MIGRATION"),
        }
    }
}

/// Whether the job ends by itself: a migration that does not follow changes.
fn is_one_time(job: &Object) -> bool {
    job.str("job_type") == Some("MIGRATION") && job.bool("data_synchronization") == Some(false)
}

/// What differs of what a job is configured with.
#[derive(Debug, Default)]
struct Change {
    name: bool,
    passwords: Vec<Side>,
    password_gone: Option<Side>,
    flag: Option<&'static str>,
    endpoint: Option<(Side, &'static str)>,
    objects: bool,
    reserve: bool,
}

/// Which part of the configuration differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Objects,
    Reserve,
    ObjectsAndReserve,
    More,
}

const FLAGS: [&str; 3] = [
    "structure_initialization",
    "data_initialization",
    "data_synchronization",
];

impl Change {
    /// `None` while a value that decides is unknown.
    fn between(prior: &Object, planned: &Object, facts: Facts) -> Option<Change> {
        let blocks = Side::BOTH.map(Side::block);
        let deciding = FLAGS
            .iter()
            .chain(&["dts_job_name", "job_type", "reserve", "db_list", "database"])
            .chain(&blocks);
        if !deciding
            .into_iter()
            .all(|name| planned.get(name).is_wholly_known())
        {
            return None;
        }
        let mut change = Change {
            name: prior.get("dts_job_name") != planned.get("dts_job_name"),
            flag: FLAGS
                .into_iter()
                .find(|name| prior.get(name) != planned.get(name)),
            reserve: !(reserve::same_meaning(prior.get("reserve"), planned.get("reserve"))
                || facts.imported && has_reserve(prior, planned)),
            ..Change::default()
        };
        change.objects = match (objects::db_list(prior), objects::db_list(planned)) {
            (Some(old), Some(new)) => !objects::same_text(&old, &new),
            (old, new) => old != new,
        };
        for (index, side) in Side::BOTH.into_iter().enumerate() {
            let nothing = Object::new();
            let old = prior.object(side.block()).unwrap_or(&nothing);
            let new = planned.object(side.block()).unwrap_or(&nothing);
            let changed = endpoint::changed(side, prior, planned);
            let taken_over = facts.imported
                && endpoint::IDENTITY.iter().all(|name| {
                    old.get(name) == new.get(name) || old.get(name).is_null() || new.get(name).is_null()
                });
            if let (Some(name), false, None) = (changed, taken_over, change.endpoint) {
                change.endpoint = Some((side, name));
            }
            let had = !old.get("password").is_null() || !old.get("password_wo_version").is_null();
            if endpoint::password_differs(side, prior, planned) {
                match (had, facts.has_password[index]) {
                    (true, true) if facts.same_password[index]? => {}
                    // Nothing is known of the password that is there: it is taken to be the one that is configured.
                    (false, true) if facts.imported => {}
                    (true, false) if change.password_gone.is_none() => change.password_gone = Some(side),
                    (_, true) => change.passwords.push(side),
                    _ => {}
                }
            }
        }
        Some(change)
    }

    fn configuration(&self) -> Option<Part> {
        match (
            self.flag.is_some() || self.endpoint.is_some(),
            self.objects,
            self.reserve,
        ) {
            (true, _, _) => Some(Part::More),
            (false, true, true) => Some(Part::ObjectsAndReserve),
            (false, true, false) => Some(Part::Objects),
            (false, false, true) => Some(Part::Reserve),
            (false, false, false) => None,
        }
    }

    /// The attribute to blame for a replacement.
    fn path(&self, prior: &Object, planned: &Object) -> Path {
        match (self.flag, self.endpoint) {
            (Some(flag), _) => Path::attribute(flag),
            (None, Some((side, name))) => Path::attribute(side.block()).then(name),
            (None, None) if self.reserve && !self.objects => Path::attribute("reserve"),
            // Where the list is written now, rather than where it was.
            (None, None) => ["db_list", "database"]
                .into_iter()
                .find(|name| prior.get(name) != planned.get(name) && !planned.get(name).is_null())
                .map_or_else(|| Path::attribute("status"), Path::attribute),
        }
    }
}

/// Whether DTS has all the settings that the configuration of an imported job says.
fn has_reserve(prior: &Object, planned: &Object) -> bool {
    matches!((prior.str("reserve"), planned.str("reserve")), (Some(old), Some(new)) if reserve::contains(old, new))
}

/// Plans a create or an update.
pub(super) fn plan(plan: &mut Plan<'_, Client>) {
    let on_instance = !plan.config.get("dts_instance_id").is_null();
    if plan.config.get("desired_status").is_null() {
        let default = if on_instance {
            Desired::Running
        } else {
            Desired::Configured
        };
        plan.planned.set("desired_status", default.name());
    }
    match plan.prior {
        None => plan_create(plan, on_instance),
        Some(prior) => plan_update(plan, prior, on_instance),
    }
}

fn plan_create(plan: &mut Plan<'_, Client>, on_instance: bool) {
    let successor = match plan.config.get("dts_instance_id") {
        Value::String(id) => id.as_str(),
        Value::Null => NO_INSTANCE,
        _ => UNKNOWN_INSTANCE,
    };
    plan.private.set(SUCCESSOR, successor);
    for name in ["dts_instance_id", "reserve"] {
        if plan.config.get(name).is_null() {
            plan.planned.set(name, Value::Null);
        }
    }
    let Some(desired) = plan.planned.str("desired_status").and_then(Desired::parse) else {
        return;
    };
    match course_after_configure(on_instance, desired) {
        Course::Moves(moves) => {
            let mut operations = vec![Operation::Configure];
            operations.extend(moves.into_iter().map(Operation::Move));
            plan.planned.set("operations", names(&operations));
        }
        Course::Anew(why) | Course::Refused(why) => plan.refuse(refused(desired, &why)),
    }
}

fn plan_update(plan: &mut Plan<'_, Client>, prior: &Object, on_instance: bool) {
    for name in ["status", "operations"] {
        plan.keep(name);
    }
    let facts = Facts::of(plan.private.is_set(IMPORTED), prior, plan.config);
    if facts.imported && taken_over(plan, prior) {
        return;
    }
    if on_instance && prior.get("dts_instance_id") != plan.planned.get("dts_instance_id") {
        if plan.planned.get("dts_instance_id").is_unknown() && Situation::of(prior).stage.has_run() {
            plan.diagnostics.push(instance_not_known(prior));
        }
        replace(
            plan,
            prior,
            Path::attribute("dts_instance_id"),
            "a job cannot move to another instance",
        );
        return;
    }
    if on_instance && prior.get("job_type") != plan.planned.get("job_type") {
        // Found out in the apply, the job would be gone already.
        plan.refuse(
            Diagnostic::error(
                "Unable to change job_type of a job on the same instance",
                "An instance serves jobs of the type that it was bought for. Change `type` of the `dts_instance` too, which replaces both, or \
                 set `dts_instance_id` to another instance.",
            )
            .at(Path::attribute("job_type")),
        );
        return;
    }
    match decide(prior, &plan.planned, facts) {
        Decision::Operations(operations) if operations.is_empty() && !plan.has_changes() => {
            warn_unchecked(plan, prior, &operations);
        }
        // When all is known there may be no change at all, and then the list stays as it was.
        Decision::Operations(operations) if operations.is_empty() && plan.has_unknown_input() => {
            plan.unknown("status");
            plan.unknown("operations");
        }
        Decision::Operations(operations) => {
            warn_unchecked(plan, prior, &operations);
            plan.unknown("status");
            plan.planned.set("operations", names(&operations));
        }
        Decision::Undecided => {
            plan.unknown("status");
            plan.unknown("operations");
        }
        Decision::Replace(path, why) => {
            plan.unknown("status");
            replace(plan, prior, path, &why);
        }
        Decision::Refuse(diagnostic) => plan.refuse(diagnostic),
    }
}

/// `prechecked` is not held against a job that got an instance since, but it is not said to be true either.
fn warn_unchecked(plan: &mut Plan<'_, Client>, prior: &Object, operations: &[Operation]) {
    let stage = Stage::of(prior.str("status").unwrap_or_default());
    let unchecked = operations.contains(&Operation::Configure)
        || matches!(
            stage,
            Stage::NotConfigured | Stage::NotStarted | Stage::PrecheckFailed
        );
    if unchecked
        && !plan.planned.get("dts_instance_id").is_null()
        && plan.planned.str("desired_status") == Some(Desired::Prechecked.name())
    {
        plan.diagnostics.push(
            Diagnostic::warning(
                "The precheck is not run again",
                "The job has an instance now, so that a precheck which passes would also start it. Set `running` to have it checked \
                 and started, or `configured` to leave it alone.",
            )
            .at(Path::attribute("desired_status")),
        );
    }
}

/// The reviewer should know what the replacement costs where it is not needed after all.
fn instance_not_known(prior: &Object) -> Diagnostic {
    let id = prior.str("id").unwrap_or_default();
    Diagnostic::warning(
        format!("On which instance DTS job {id} will be is only known in the apply"),
        "`dts_instance_id` depends on a change that is pending, so the job is planned to be replaced: it is stopped before the apply knows \
         more. That is right where its instance is replaced. Where it stays the same, a migration that has run is ended for nothing and \
         cannot be configured again on it: give `dts_instance_id` directly from the `dts_instance`, not through a data source.",
    )
    .at(Path::attribute("dts_instance_id"))
}

/// An imported job has what DTS reports, which may be more than the user writes. Where the configuration says nothing else
/// than what DTS has, the plan is empty. The first real change then takes over the user's own words.
fn taken_over(plan: &mut Plan<'_, Client>, prior: &Object) -> bool {
    let mut planned = plan.planned.clone();
    if has_reserve(prior, &planned) {
        planned.set("reserve", prior.get("reserve").clone());
    }
    if let (Some(old), Some(desired)) = (
        prior.str("desired_status"),
        planned.str("desired_status").and_then(Desired::parse),
    ) && course(Situation::of(prior), desired) == Course::Moves(Vec::new())
    {
        planned.set("desired_status", old);
    }
    let same = planned == *prior;
    if same {
        plan.planned = planned;
    }
    same
}

/// Plans a replacement, unless it is already clear that it cannot be made.
fn replace(plan: &mut Plan<'_, Client>, prior: &Object, path: Path, why: &str) {
    let id = prior.str("id").unwrap_or_default();
    let stage = Stage::of(prior.str("status").unwrap_or_default());
    let instance = prior.get("dts_instance_id");
    let same_instance =
        !plan.config.get("dts_instance_id").is_null() && instance == plan.planned.get("dts_instance_id");
    if prior.str("job_type") == Some("MIGRATION") && stage.has_run() && same_instance && !instance.is_null() {
        plan.refuse(
            Diagnostic::error(
                format!("Unable to configure DTS job {id} anew on its instance"),
                format!(
                    "This change needs a new configuration ({why}), but a migration that has run cannot be configured again on its \
                     instance. Replace the instance, and the job with it: `terraform apply -replace` on the `dts_instance`, or in its \
                     `lifecycle` block `replace_triggered_by` with what changes here. Or take the change back. `terraform destroy` plans this configuration too: `-refresh=false` leaves that out."
                ),
            )
            .at(path),
        );
        return;
    }
    let seen = plan.client.is_some_and(|client| client.has_seen(id));
    if !seen {
        // Terraform plans once more while it applies, with every value known. What was planned as a change in place must
        // not become a replacement there.
        plan.refuse(
            Diagnostic::error(
                format!("Unable to change DTS job {id} as planned"),
                format!(
                    "A value that is known only now makes a replacement of the job necessary ({why}), and that was not planned. Plan \
                     again, with refresh (without `-refresh=false`): the value is known, and the plan shows the replacement."
                ),
            )
            .at(path),
        );
        return;
    }
    plan.replace(path);
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Facts::of(imported, prior, &config)
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
    fn what_has_started_is_replaced_or_modified() {
        let running = job("Migrating");
        replaces(
            &running,
            &with_source(&running, "instance_id", "rm-c"),
            "source_endpoint.instance_id",
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
