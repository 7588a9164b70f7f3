//! The same of the objects around jobs: alarm rules.

use serde_json::{Value as Json, json};

use super::table::{CALLED, Case, Expected, case};
use crate::changes::bed::{Bed, Managed};
use crate::changes::config::{self, SYNC, with};

const REPLACED: &[Expected] = &[Expected::Replaced];

/// A resource as `from` says, and the configuration to change it to; `None` where another table stages it.
pub(super) fn stage<'b>(
    bed: &'b Bed,
    type_name: &'static str,
    case: &Case,
    from: &Json,
    to: &Json,
) -> Option<(Managed<'b>, Json)> {
    if type_name != "dts_monitor_rule" {
        return None;
    }
    let job = |name: &str| {
        let mut job = bed.job();
        job.settle(&with(&config::job(SYNC), json!({ "dts_job_name": name })));
        job.text("id")
    };
    let id = job("one");
    let mut managed = bed.resource(type_name);
    managed.settle(&with(from, json!({ "dts_job_id": id })));
    let id = if case.argument == "dts_job_id" {
        job("other")
    } else {
        id
    };
    Some((managed, with(to, json!({ "dts_job_id": id }))))
}

pub(super) fn monitor_rule() -> Vec<Case> {
    let base = json!({ "dts_job_id": "x", "type": "delay", "delay_rule_time": 60 });
    let called = |argument, to| case(argument, &base, to, CALLED, CALLED);
    vec![
        case(
            "dts_job_id",
            &base,
            json!({ "dts_job_id": "y" }),
            REPLACED,
            REPLACED,
        ),
        case(
            "type",
            &base,
            json!({ "type": "full_timeout" }),
            REPLACED,
            REPLACED,
        ),
        called("state", json!({ "state": "N" })),
        called("delay_rule_time", json!({ "delay_rule_time": 61 })),
        called("phone", json!({ "phone": "1,2" })),
        called("period", json!({ "period": 5 })),
        called("times", json!({ "times": 2 })),
        called("notice_value", json!({ "notice_value": 3 })),
    ]
}
