//! `dts_job` from `alicloud_dts_synchronization_job` and `alicloud_dts_migration_job`.

use serde_json::Value as Json;

use super::{Recorded, type_of};
use crate::dts::course::Desired;
use crate::dts::endpoint::{self, Side};
use crate::framework::moved::{Moved, Source};
use crate::framework::{Diagnostics, Object};

/// The types there.
pub(in crate::dts) const JOBS: [&str; 2] = ["alicloud_dts_synchronization_job", "alicloud_dts_migration_job"];

pub(in crate::dts) fn job(source: &Source) -> Option<Result<Moved, Diagnostics>> {
    let recorded = Recorded::of(source);
    let kind = match type_of(source)? {
        "alicloud_dts_synchronization_job" => "SYNC",
        "alicloud_dts_migration_job" => "MIGRATION",
        _ => return None,
    };
    Some(made(&recorded, kind).map(Moved::from))
}

fn made(recorded: &Recorded<'_>, kind: &str) -> Result<Object, Diagnostics> {
    let id = recorded.id(&["id"], "dts_job")?;
    let mut state = Object::new().with("id", id).with("job_type", kind);
    for name in [
        "dts_instance_id",
        "dts_job_name",
        "db_list",
        "reserve",
        "status",
        "dedicated_cluster_id",
        "data_check_configure",
        "dts_bis_label",
        "delay_phone",
        "error_phone",
    ] {
        if let Some(text) = recorded.text(name) {
            state.set(name, text);
        }
    }
    // Forward is what they read of any job that goes one way.
    if recorded.text("synchronization_direction") == Some("Reverse") {
        state.set("synchronization_direction", "Reverse");
    }
    for name in [
        "structure_initialization",
        "data_initialization",
        "data_synchronization",
    ] {
        if let Some(flag) = recorded.flag(name) {
            state.set(name, flag);
        }
    }
    for name in ["delay_notice", "error_notice"] {
        if let Some(flag) = recorded.flag(name) {
            state.set(name, flag);
        }
    }
    if let Some(time) = recorded.number("delay_rule_time") {
        state.set("delay_rule_time", time);
    }
    if let Some(parameters) = recorded.text("job_parameters").and_then(parameters) {
        state.set("job_parameters", parameters);
    }
    // Their one `status` is what is wanted and what is, and they start every job that they configure.
    let desired = match recorded.text("status").map(str::to_ascii_lowercase).as_deref() {
        Some("suspending" | "suspended") => Desired::Suspended,
        _ => Desired::Running,
    };
    state.set("desired_status", desired.name());
    for side in Side::BOTH {
        let mut block = Object::new();
        // The names are the same in both, after the prefix of the side.
        for name in endpoint::IDENTITY.into_iter().chain(["password"]) {
            if let Some(text) = recorded.text(&format!("{}_{name}", side.block())) {
                block.set(name, text);
            }
        }
        // They read the account of every database; with a role it is another one.
        let of_account = |name: &str| recorded.text(&format!("{}_{name}", side.block()));
        if let (Some(owner), Some(role)) = (of_account("owner_id"), of_account("role")) {
            block.set("owner_id", owner);
            block.set("role", role);
        }
        if let Some(id) = recorded.text(&format!("{}_vswitch_id", side.block())) {
            block.set("vswitch_id", id);
        }
        let prefix = if side == Side::Source { "src" } else { "dest" };
        for which in ["primary", "secondary"] {
            if let Some(id) = recorded.text(&format!("{prefix}_{which}_vswitch_id")) {
                block.set(&format!("{which}_vsw_id"), id);
            }
        }
        state.set(side.block(), block);
    }
    Ok(state)
}

/// Theirs is the JSON array that the API takes, and only of settings that are not as DTS has them by itself.
fn parameters(recorded: &str) -> Option<Object> {
    let list: Json = serde_json::from_str(recorded).ok()?;
    let mut parameters = Object::new();
    for one in list.as_array()? {
        let text = |name: &str| one[name].as_str();
        if let (Some(module), Some(name), Some(value)) = (text("module"), text("name"), text("value")) {
            parameters.set(&format!("{module}/{name}"), value);
        }
    }
    (!parameters.is_empty()).then_some(parameters)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn moved(provider: &str, type_name: &str, state: Json) -> Option<Json> {
        let source = Source {
            provider: provider.to_owned(),
            type_name: type_name.to_owned(),
            schema_version: 0,
            state,
        };
        job(&source).map(|made| made.unwrap().state.reveal())
    }

    #[test]
    fn each_type_of_job() {
        let recorded = json!({"id": "j1", "dts_instance_id": "dtsa", "dts_job_name": "n", "db_list": "{}", "status": "Suspending",
            "structure_initialization": true, "data_initialization": true, "data_synchronization": true, "reserve": "",
            "source_endpoint_instance_type": "RDS", "source_endpoint_engine_name": "MySQL", "source_endpoint_password": "p",
            "source_endpoint_vswitch_id": "vsw-1", "destination_endpoint_ip": "10.0.0.1", "checkpoint": "1", "instance_class": "small",
            "delay_notice": true, "delay_phone": "1,2", "delay_rule_time": "60", "error_notice": false, "error_phone": "",
            "job_parameters": r#"[{"module":"07","name":"sink.batch.size.maximum","value":"2048"}]"#});
        let expected = |kind: &str| {
            json!({"id": "j1", "job_type": kind, "dts_instance_id": "dtsa", "dts_job_name": "n", "db_list": "{}", "status": "Suspending",
                "desired_status": "suspended", "structure_initialization": true, "data_initialization": true, "data_synchronization": true,
                "source_endpoint": {"instance_type": "RDS", "engine_name": "MySQL", "password": "p", "vswitch_id": "vsw-1"},
                "delay_notice": true, "delay_phone": "1,2", "delay_rule_time": 60, "error_notice": false,
                "job_parameters": {"07/sink.batch.size.maximum": "2048"},
                "destination_endpoint": {"ip": "10.0.0.1"}})
        };
        let alicloud = "registry.terraform.io/aliyun/alicloud";
        for (type_name, kind) in [
            ("alicloud_dts_synchronization_job", "SYNC"),
            ("alicloud_dts_migration_job", "MIGRATION"),
        ] {
            assert_eq!(moved(alicloud, type_name, recorded.clone()), Some(expected(kind)));
        }
        assert_eq!(moved(alicloud, "alicloud_dts_instance", recorded.clone()), None);
        assert_eq!(
            moved("example.com/a/other", "alicloud_dts_migration_job", recorded),
            None
        );
    }
}
