//! `dts_monitor_rule` from `alicloud_dts_job_monitor_rule`.

use super::{Recorded, type_of};
use crate::dts::monitor_rule::id;
use crate::framework::moved::{Moved, Source};
use crate::framework::{Diagnostics, Object};

/// The type there.
pub(in crate::dts) const MONITOR_RULES: [&str; 1] = ["alicloud_dts_job_monitor_rule"];

pub(in crate::dts) fn monitor_rule(source: &Source) -> Option<Result<Moved, Diagnostics>> {
    let recorded = Recorded::of(source);
    MONITOR_RULES
        .contains(&type_of(source)?)
        .then(|| made(&recorded).map(Moved::from))
}

fn made(recorded: &Recorded<'_>) -> Result<Object, Diagnostics> {
    // Their id is the job's: two rules of one job have the same.
    let job = recorded.id(&["dts_job_id", "id"], "dts_monitor_rule")?;
    let kind = recorded.id(&["type"], "dts_monitor_rule")?;
    let mut state = Object::new()
        .with("id", id(job, kind))
        .with("dts_job_id", job)
        .with("type", kind)
        .with("state", recorded.text("state").unwrap_or("Y"));
    if let Some(phone) = recorded.text("phone") {
        state.set("phone", phone);
    }
    // It is recorded with `error` as well, where it means nothing.
    if let Some(time) = recorded.number("delay_rule_time").filter(|_| kind != "error") {
        state.set("delay_rule_time", time);
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn moved(state: Json) -> Result<Json, String> {
        let source = Source {
            provider: "registry.terraform.io/aliyun/alicloud".to_owned(),
            type_name: "alicloud_dts_job_monitor_rule".to_owned(),
            schema_version: 0,
            state,
        };
        let made = monitor_rule(&source).unwrap();
        made.map(|moved| moved.state.reveal())
            .map_err(|errors| format!("{errors:?}"))
    }

    #[test]
    fn a_rule_is_named_by_job_and_type() {
        let delay = json!({"id": "j1", "dts_job_id": "j1", "type": "delay", "state": "Y", "phone": "123", "delay_rule_time": "60"});
        let expected = json!({"id": "j1:delay", "dts_job_id": "j1", "type": "delay", "state": "Y", "phone": "123", "delay_rule_time": 60});
        assert_eq!(moved(delay), Ok(expected));
        let error = json!({"id": "j1", "dts_job_id": "j1", "type": "error", "state": "N", "phone": "", "delay_rule_time": "0"});
        let expected = json!({"id": "j1:error", "dts_job_id": "j1", "type": "error", "state": "N"});
        assert_eq!(moved(error), Ok(expected));
        assert!(moved(json!({"id": "j1"})).unwrap_err().contains("has no `type`"));
    }
}
