//! What the configuration of a `dts_job` alone can tell of arguments together (dts-api.md 6.5). An unknown value is never wrong.

use super::schema::WAITS;
use super::{combinations, keys, skip};
use crate::dts::course::Desired;
use crate::dts::{endpoint, objects};
use crate::framework::validate::is_certainly_set;
use crate::framework::{Diagnostic, Diagnostics, Object, Path};

pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    objects::validate(config, diagnostics);
    endpoint::validate(config, diagnostics);
    skip::validate(config, diagnostics);
    keys::validate(config, diagnostics);
    combinations::validate(config, diagnostics);
    let mut say = |name: &str, summary: String, detail: &str| {
        diagnostics.push(Diagnostic::error(summary, detail).at(Path::attribute(name)));
    };
    let desired = config.str("desired_status").and_then(Desired::parse);
    if desired == Some(Desired::Prechecked) && is_certainly_set(config, "dts_instance_id") {
        say(
            "desired_status",
            "desired_status = \"prechecked\" is for a job without an instance".to_owned(),
            "With an instance a precheck that passes also starts the job. Set `running` to start it, `configured` to only configure it, \
             or leave out `dts_instance_id` and buy the instance after the precheck (`dts_instance` with `job_id`).",
        );
    }
    let flags = [
        "structure_initialization",
        "data_initialization",
        "data_synchronization",
    ];
    if flags.iter().all(|name| config.bool(name) == Some(false)) {
        say(
            "data_initialization",
            "The job would do nothing".to_owned(),
            "All of `structure_initialization`, `data_initialization` and `data_synchronization` are false. Set at least one.",
        );
    }
    if config.str("job_type") == Some("SYNC") && config.bool("data_synchronization") == Some(false) {
        say(
            "data_synchronization",
            "A SYNC job follows changes".to_owned(),
            "Set `data_synchronization = true`, or `job_type = \"MIGRATION\"` for a job that ends.",
        );
    }
    // The default of a job without an instance.
    let nothing_said = config.get("desired_status").is_null() && config.get("dts_instance_id").is_null();
    let desired = desired.or(nothing_said.then_some(Desired::Configured));
    validate_wait(config, desired, &mut say);
}

/// A wait that can never come true is a mistake, not patience.
fn validate_wait(config: &Object, desired: Option<Desired>, say: &mut impl FnMut(&str, String, &str)) {
    let wait = config.str("wait_for");
    let reach: Option<&[&str]> = match desired {
        Some(Desired::Running) | None => None,
        Some(Desired::Prechecked) => Some(&["none", "prechecked"]),
        Some(_) => Some(&["none"]),
    };
    if let (Some(wait), Some(reach)) = (wait, reach)
        && WAITS.contains(&wait)
        && !reach.contains(&wait)
    {
        say(
            "wait_for",
            format!("wait_for = {wait:?} cannot come true"),
            "`desired_status` does not let the job get that far (without an instance its default is `configured`). Leave `wait_for` out, \
             or set `desired_status` to what you wait for.",
        );
    }
    match (wait, config.bool("data_synchronization")) {
        (Some("finished"), Some(true)) => say(
            "wait_for",
            "wait_for = \"finished\" cannot come true".to_owned(),
            "A job that follows changes does not end. Write `caught_up` or `initialized`.",
        ),
        (Some("caught_up"), Some(false)) => say(
            "wait_for",
            "wait_for = \"caught_up\" cannot come true".to_owned(),
            "The job does not follow changes (`data_synchronization` is false). Write `finished` or `initialized`.",
        ),
        _ => {}
    }
    let follows_delay = config.get("wait_for").is_unknown() || wait == Some("caught_up");
    if is_certainly_set(config, "max_delay_seconds") && !follows_delay {
        say(
            "max_delay_seconds",
            "max_delay_seconds needs wait_for = \"caught_up\"".to_owned(),
            "It says what caught up means. Remove it, or set `wait_for = \"caught_up\"`.",
        );
    }
}
