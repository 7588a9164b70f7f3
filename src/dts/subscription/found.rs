//! What DTS has without the configuration's word: settings, and alarms. What an import or a move brought along stays as it is, and is
//! nobody's change: an alarm may have a `dts_monitor_rule`. As `found` of a job.

use super::schema::NOTICES;
use crate::dts::provider::Client;
use crate::framework::resource::Plan;
use crate::framework::{Object, Value};

/// Arguments that are said as a whole or not at all, each with the private key by which it is known to be DTS's own.
fn groups() -> impl Iterator<Item = (String, &'static [&'static str])> {
    let alarms = NOTICES.into_iter().map(|(_, names)| names);
    std::iter::once(&["reserve"][..])
        .chain(alarms)
        .map(|group| (format!("{}_of_dts", group[0]), group))
}

/// What a new subscription is not told, it has not.
pub(super) fn forget_unsaid(plan: &mut Plan<'_, Client>) {
    for name in groups().flat_map(|(_, group)| group) {
        if plan.config.get(name).is_null() {
            plan.planned.set(name, Value::Null);
        }
    }
}

/// What is no longer written, the state forgets. What an import or a move brought along was never written, and stays.
pub(super) fn keep_unsaid(plan: &mut Plan<'_, Client>, prior: &Object, imported: bool) {
    for (key, group) in groups() {
        if group.iter().any(|name| !plan.config.get(name).is_null()) {
            plan.private.remove(&key);
        } else if group.iter().all(|name| prior.get(name).is_null()) || plan.private.is_set(&key) {
            continue;
        } else if imported {
            plan.private.set(&key, true);
            continue;
        }
        for name in group {
            if plan.config.get(name).is_null() {
                plan.planned.set(name, Value::Null);
            }
        }
    }
}
