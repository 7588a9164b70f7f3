//! `dts_instance` from `alicloud_dts_instance`, `alicloud_dts_synchronization_instance` and `alicloud_dts_migration_instance`.

use super::{Recorded, type_of};
use crate::framework::moved::{Moved, Source};
use crate::framework::{Diagnostics, Object};

/// The types there.
pub(in crate::dts) const INSTANCES: [&str; 3] = [
    "alicloud_dts_instance",
    "alicloud_dts_synchronization_instance",
    "alicloud_dts_migration_instance",
];

pub(in crate::dts) fn instance(source: &Source) -> Option<Result<Moved, Diagnostics>> {
    let recorded = Recorded::of(source);
    let made = match type_of(source)? {
        "alicloud_dts_instance" => Some(made(
            &recorded,
            recorded.text("type"),
            ["source_region", "destination_region"],
            ["period", "used_time"],
        )),
        "alicloud_dts_synchronization_instance" => Some(made(
            &recorded,
            Some("SYNC"),
            ENDPOINT_REGIONS,
            ["payment_duration_unit", "payment_duration"],
        )),
        "alicloud_dts_migration_instance" => {
            Some(made(&recorded, Some("MIGRATION"), ENDPOINT_REGIONS, ["", ""]))
        }
        _ => None,
    };
    made.map(|made| made.map(Moved::from))
}

const ENDPOINT_REGIONS: [&str; 2] = ["source_endpoint_region", "destination_endpoint_region"];

fn made(
    recorded: &Recorded<'_>,
    kind: Option<&str>,
    [source_region, destination_region]: [&str; 2],
    [unit, number]: [&str; 2],
) -> Result<Object, Diagnostics> {
    let id = recorded.id(&["dts_instance_id", "id"], "dts_instance")?;
    let mut state = Object::new().with("id", id).with("on_destroy", "release");
    let kind = kind.map(|kind| match kind.to_ascii_lowercase().as_str() {
        "subscribe" | "subscription" => "SUBSCRIBE".to_owned(),
        _ => kind.to_ascii_uppercase(),
    });
    if let Some(kind) = kind {
        state.set("type", kind);
    }
    for (ours, theirs) in [
        ("source_endpoint_engine_name", "source_endpoint_engine_name"),
        (
            "destination_endpoint_engine_name",
            "destination_endpoint_engine_name",
        ),
        ("source_region", source_region),
        ("destination_region", destination_region),
        ("instance_class", "instance_class"),
        ("status", "status"),
        ("sync_architecture", "sync_architecture"),
        ("fee_type", "fee_type"),
        ("resource_group_id", "resource_group_id"),
    ] {
        if let Some(text) = recorded.text(theirs) {
            state.set(ours, text);
        }
    }
    for name in ["database_count", "compute_unit", "du"] {
        // One database is what theirs records of any other source, too.
        let number = recorded
            .number(name)
            .filter(|number| name != "database_count" || *number > 1);
        if let Some(number) = number {
            state.set(name, number);
        }
    }
    if recorded.flag("auto_pay") == Some(true) {
        state.set("auto_pay", true);
    }
    let pay_type = recorded.text("payment_type").map(|payment| match payment {
        "PayAsYouGo" => "PostPaid",
        "Subscription" => "PrePaid",
        other => other,
    });
    if let Some(pay_type) = pay_type {
        state.set("pay_type", pay_type);
    }
    // They record these with PayAsYouGo as well, where they mean nothing.
    if pay_type == Some("PrePaid") {
        // It cannot be released, and its configuration has to say so.
        state.set("on_destroy", "keep");
        if let Some(unit) = recorded.text(unit) {
            state.set("period", unit);
        }
        if let Some(number) = recorded.number(number) {
            state.set("used_time", number);
        }
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn moved(type_name: &str, state: Json) -> Option<Result<Json, String>> {
        let source = Source {
            provider: "registry.terraform.io/aliyun/alicloud".to_owned(),
            type_name: type_name.to_owned(),
            schema_version: 0,
            state,
        };
        let made = instance(&source)?;
        Some(
            made.map(|moved| moved.state.reveal())
                .map_err(|errors| format!("{errors:?}")),
        )
    }

    #[test]
    fn each_type_of_instance() {
        let general = json!({"id": "dtsa", "type": "sync", "payment_type": "PayAsYouGo", "instance_class": "small", "period": "Month",
            "source_endpoint_engine_name": "MySQL", "destination_endpoint_engine_name": "MySQL", "source_region": "cn-hangzhou",
            "destination_region": "cn-shanghai", "job_id": "", "tags": {}});
        let expected = json!({"id": "dtsa", "type": "SYNC", "pay_type": "PostPaid", "instance_class": "small", "on_destroy": "release",
            "source_endpoint_engine_name": "MySQL", "destination_endpoint_engine_name": "MySQL", "source_region": "cn-hangzhou",
            "destination_region": "cn-shanghai"});
        assert_eq!(moved("alicloud_dts_instance", general), Some(Ok(expected)));

        let sync = json!({"id": "dtsb", "payment_type": "Subscription", "payment_duration": 3, "payment_duration_unit": "Month",
            "auto_start": "true", "source_endpoint_region": "cn-hangzhou", "destination_endpoint_region": "cn-hangzhou", "instance_class": ""});
        let expected = json!({"id": "dtsb", "type": "SYNC", "pay_type": "PrePaid", "period": "Month", "used_time": 3, "on_destroy": "keep",
            "source_region": "cn-hangzhou", "destination_region": "cn-hangzhou"});
        assert_eq!(
            moved("alicloud_dts_synchronization_instance", sync),
            Some(Ok(expected))
        );

        let migration = json!({"id": "ignored", "dts_instance_id": "dtsc", "payment_type": "PayAsYouGo", "status": "Migrating"});
        let expected = json!({"id": "dtsc", "type": "MIGRATION", "pay_type": "PostPaid", "status": "Migrating", "on_destroy": "release"});
        assert_eq!(
            moved("alicloud_dts_migration_instance", migration),
            Some(Ok(expected))
        );
    }

    #[test]
    fn what_is_no_instance_is_not_moved() {
        assert_eq!(moved("alicloud_dts_migration_job", json!({"id": "x"})), None);
        let missing = moved("alicloud_dts_instance", json!({"id": ""}))
            .unwrap()
            .unwrap_err();
        assert!(
            missing.contains("Unable to move alicloud_dts_instance to dts_instance"),
            "{missing}"
        );
    }
}
