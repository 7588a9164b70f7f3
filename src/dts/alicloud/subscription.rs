//! `dts_subscription` from `alicloud_dts_subscription_job`, which buys its instance too: that has to be imported as a `dts_instance`, and
//! the move says so.

use super::{Recorded, type_of};
use crate::dts::course::Desired;
use crate::dts::endpoint::{self, Side};
use crate::framework::moved::{Moved, Source};
use crate::framework::{Diagnostic, Diagnostics, Object};

/// The type there.
pub(in crate::dts) const SUBSCRIPTIONS: [&str; 1] = ["alicloud_dts_subscription_job"];

pub(in crate::dts) fn subscription(source: &Source) -> Option<Result<Moved, Diagnostics>> {
    let recorded = Recorded::of(source);
    SUBSCRIPTIONS.contains(&type_of(source)?).then(|| {
        Ok(Moved {
            state: made(&recorded)?,
            warnings: left_alone(&recorded).into(),
        })
    })
}

/// What their resource bought, and released with itself, nobody would release any more.
fn left_alone(recorded: &Recorded<'_>) -> Diagnostic {
    let id = recorded.text("dts_instance_id").unwrap_or("<dts_instance_id>");
    Diagnostic::warning(
        format!("DTS instance {id} needs a resource of its own"),
        format!(
            "`{}` bought the instance and released it with itself; a `dts_subscription` never releases one. Unless a `dts_instance` has it \
             already, import it in the same apply, so that it does not go on to be paid for once the subscription is destroyed:\n\n\
             import {{\n  to = dts_instance.<name>\n  id = \"{id}\"\n}}\n\n\
             `terraform plan -generate-config-out=instance.tf` writes its resource block. Then let the subscription refer to it: \
             `dts_instance_id = dts_instance.<name>.id`.",
            recorded.of
        ),
    )
}

fn made(recorded: &Recorded<'_>) -> Result<Object, Diagnostics> {
    let id = recorded.id(&["id"], "dts_subscription")?;
    let mut state = Object::new().with("id", id);
    // `checkpoint` is where the job is, in theirs, and not where it began.
    for name in [
        "dts_instance_id",
        "dts_job_name",
        "db_list",
        "reserve",
        "status",
        "subscription_instance_vpc_id",
        "subscription_instance_vswitch_id",
        "delay_phone",
        "error_phone",
    ] {
        if let Some(text) = recorded.text(name) {
            state.set(name, text);
        }
    }
    let network = recorded
        .text("subscription_instance_network_type")
        .unwrap_or("vpc");
    state.set("subscription_instance_network_type", network.to_ascii_lowercase());
    for name in ["subscription_data_type_ddl", "subscription_data_type_dml"] {
        state.set(name, recorded.flag(name).unwrap_or(true));
    }
    for name in ["delay_notice", "error_notice"] {
        if let Some(flag) = recorded.flag(name) {
            state.set(name, flag);
        }
    }
    if let Some(time) = recorded.number("delay_rule_time") {
        state.set("delay_rule_time", time);
    }
    // Their one `status` is what is wanted and what is; one that was not set was never started.
    let desired = match recorded.text("status").map(str::to_ascii_lowercase).as_deref() {
        Some("abnormal") => Desired::Suspended,
        Some("notconfigured" | "notstarted") | None => Desired::Configured,
        _ => Desired::Running,
    };
    state.set("desired_status", desired.name());
    let side = Side::Subscribed;
    let mut block = Object::new();
    // The names are the same in both, after the prefix of the side.
    for name in endpoint::IDENTITY
        .into_iter()
        .chain(endpoint::ACCOUNT)
        .chain(["password"])
    {
        if let Some(text) = recorded.text(&format!("{}_{name}", side.block())) {
            block.set(name, text);
        }
    }
    // They record the owner of every source.
    if block.get("role").is_null() {
        block.remove("owner_id");
    }
    state.set(side.block(), block);
    Ok(state)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subscription_job_becomes_a_subscription() {
        let source = |type_name: &str| Source {
            provider: "registry.terraform.io/aliyun/alicloud".to_owned(),
            type_name: type_name.to_owned(),
            schema_version: 0,
            state: json!({"id": "j1", "dts_instance_id": "dtsj1", "dts_job_name": "n", "db_list": "{}", "checkpoint": "1", "status": "Abnormal",
                "subscription_instance_network_type": "vpc", "subscription_instance_vpc_id": "vpc-1", "subscription_instance_vswitch_id": "vsw-1",
                "subscription_data_type_ddl": true, "subscription_data_type_dml": false, "payment_type": "PayAsYouGo", "tags": {},
                "source_endpoint_instance_type": "RDS", "source_endpoint_engine_name": "MySQL", "source_endpoint_password": "p",
                "source_endpoint_owner_id": "17", "source_endpoint_role": "", "delay_notice": true, "delay_rule_time": "60"}),
        };
        let made = subscription(&source("alicloud_dts_subscription_job"))
            .unwrap()
            .unwrap();
        let expected = json!({"id": "j1", "dts_instance_id": "dtsj1", "dts_job_name": "n", "db_list": "{}", "status": "Abnormal",
            "desired_status": "suspended", "subscription_instance_network_type": "vpc", "subscription_instance_vpc_id": "vpc-1",
            "subscription_instance_vswitch_id": "vsw-1", "subscription_data_type_ddl": true, "subscription_data_type_dml": false,
            "delay_notice": true, "delay_rule_time": 60,
            "source_endpoint": {"instance_type": "RDS", "engine_name": "MySQL", "password": "p"}});
        assert_eq!(made.state.reveal(), expected);
        let told: Vec<_> = made.warnings.iter().collect();
        assert_eq!(told.len(), 1);
        assert!(
            told[0].summary.contains("dtsj1") && told[0].detail.contains("id = \"dtsj1\""),
            "{told:?}"
        );
        assert!(subscription(&source("alicloud_dts_synchronization_job")).is_none());
    }
}
