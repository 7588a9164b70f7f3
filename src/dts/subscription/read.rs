//! Reading a subscription back, and importing one.

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::plan::imported_reserve;
use super::schema::NOTICES;
use super::{INSTANCE_IS_MANAGED, SUBSCRIBE, objects};
use crate::api;
use crate::dts::course::Desired;
use crate::dts::data::job_type;
use crate::dts::endpoint::{self, Side};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{error, job, no_such, other_thing, reserve, resource_of};
use crate::framework::resource::Read;
use crate::framework::{Diagnostics, Object, Value};

pub(super) async fn read(read: &mut Read<Client>) -> Result<bool, Diagnostics> {
    let id = read.state.str("id").unwrap_or_default().to_owned();
    let api = read.client.api(&read.cancel)?.hasty(true);
    let what = format!("read DTS subscription {id}");
    // Lists lack what a consumer needs and what is followed (dts-api.md 2.8), so that it is asked for by itself.
    let detail = match api.describe_dts_job_detail(&api::JobRef::job(&id)).await {
        Ok(detail) => detail,
        Err(cause) if cause.is_not_found() => return Ok(false),
        Err(cause) => return Err(error::unable(&what, &cause).into()),
    };
    let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
    if stage == Stage::Finished && detail.dts_instance_id.is_none() {
        // Without an instance nothing can have run: DTS still lists one that was deleted.
        return Ok(false);
    }
    read.client.saw(&id);
    read.client.claim(&id);
    let imported = read.state.get("dts_job_name").is_null();
    // A `dts_instance` that it refers to has been read before it.
    match &detail.dts_instance_id {
        Some(instance) => read
            .private
            .set(INSTANCE_IS_MANAGED, read.client.is_claimed(instance)),
        None => drop(read.private.remove(INSTANCE_IS_MANAGED)),
    }
    let state = &mut read.state;
    outcome(state, &detail);
    state.set("failure", failure(&api, &detail).await);
    if stage == Stage::NotConfigured && !imported {
        // Reset behind our back: DTS has no configuration to compare with, and the status says so.
        return Ok(true);
    }
    if let Some(name) = &detail.dts_job_name {
        state.set("dts_job_name", name.as_str());
    }
    for (name, there) in [
        ("subscription_data_type_ddl", detail.subscription_data_type_ddl),
        ("subscription_data_type_dml", detail.subscription_data_type_dml),
    ] {
        if let Some(there) = there {
            state.set(name, there);
        }
    }
    endpoint::read_back(Side::Subscribed, state, &detail.source);
    if let Some(there) = &detail.db_object {
        objects::read_back(state, there);
    }
    if let Some(there) = &detail.reserved {
        read_reserve(state, there, imported);
    }
    read_rest(state, &detail, imported);
    if imported {
        state.set("desired_status", satisfied(stage, state, &detail).name());
    }
    let said = NOTICES
        .iter()
        .any(|(_, names)| names.iter().any(|name| !state.get(name).is_null()));
    if said || imported {
        let rules = api
            .describe_job_monitor_rule(&id)
            .await
            .map_err(error::to(&what))?;
        read_notices(state, &rules, imported);
    }
    Ok(true)
}

/// What a change may have left: where the subscription is, on which instance, and where it is consumed.
pub(super) fn outcome(state: &mut Object, detail: &api::JobDetail) {
    state.set("status", detail.status.clone().unwrap_or_default());
    if let Some(instance_id) = &detail.dts_instance_id {
        state.set("dts_instance_id", instance_id.as_str());
    } else if state.get("dts_instance_id").is_unknown() {
        state.set("dts_instance_id", Value::Null);
    }
    state.set("subscribe_topic", detail.subscribe_topic.clone());
    state.set("subscription_host", hosts(&detail.subscription_host));
}

/// Why a subscription does not go on. DTS shows one that is suspended as it shows one that failed, but for the reason (dts-api.md 3.2).
pub(super) async fn failure(api: &api::Client, detail: &api::JobDetail) -> Value {
    let status = detail.status.as_deref().unwrap_or_default();
    if status.eq_ignore_ascii_case("Abnormal") && !has_reason(detail) {
        return Value::Null;
    }
    job::failure(api, detail, SUBSCRIBE).await
}

fn has_reason(detail: &api::JobDetail) -> bool {
    detail.error_message.is_some() || job::is_phase(&detail.data_synchronization_status, &["Failed"])
}

/// The brokers as [`super::host_type`] has them; null where DTS tells none.
pub(in crate::dts) fn hosts(host: &api::SubscriptionHost) -> Value {
    if *host == api::SubscriptionHost::default() {
        return Value::Null;
    }
    let hosts = Object::new()
        .with("private_host", host.private_host.clone())
        .with("public_host", host.public_host.clone())
        .with("vpc_host", host.vpc_host.clone());
    Value::Map(hosts)
}

/// The network of the brokers is told among the settings (dts-api.md 5.2).
fn read_reserve(state: &mut Object, there: &str, imported: bool) {
    match state.str("reserve").map(str::to_owned) {
        Some(mine) => {
            if let Some(drift) = reserve::drift(&mine, there) {
                state.set("reserve", drift);
            }
        }
        None if imported => state.set("reserve", imported_reserve(there)),
        None => {}
    }
    let network: Json = serde_json::from_str(there).unwrap_or_default();
    for (name, key) in [
        ("subscription_instance_vpc_id", "vpcId"),
        ("subscription_instance_vswitch_id", "vswitchId"),
    ] {
        if let Some(id) = network[key].as_str().filter(|id| !id.is_empty()) {
            state.set(name, id);
        }
    }
    if let Some(net) = network["netType"].as_str().filter(|net| !net.is_empty()) {
        state.set("subscription_instance_network_type", net.to_ascii_lowercase());
    }
}

/// What was said and is reported otherwise. What was never said, DTS may fill in.
fn read_rest(state: &mut Object, detail: &api::JobDetail, imported: bool) {
    for (name, there, taken) in [
        // Where it began, not where it is.
        ("checkpoint", &detail.init_checkpoint, false),
        ("dedicated_cluster_id", &detail.dedicated_cluster_id, true),
        ("dts_bis_label", &detail.dts_bis_label, false),
        ("resource_group_id", &detail.resource_group_id, false),
    ] {
        let Some(there) = there else { continue };
        if state.get(name).is_known() || imported && taken {
            state.set(name, there.as_str());
        }
    }
    for (name, there) in [("min_du", &detail.min_du), ("max_du", &detail.max_du)] {
        let there = there.as_ref().and_then(|text| text.parse::<f64>().ok());
        if let (Some(mine), Some(there)) = (state.i64(name), there)
            && mine.to_string() != there.to_string()
        {
            state.set(name, crate::framework::Number::from_f64(there).map(Value::Number));
        }
    }
}

/// The alarms that were said along with the configuration; of an import, those that are on.
fn read_notices(state: &mut Object, rules: &[api::MonitorRule], imported: bool) {
    for (kind, names) in NOTICES {
        let rule = rules.iter().find(|rule| rule.type_.as_deref() == Some(kind));
        let on = rule.is_some_and(|rule| rule.state.as_deref() == Some("Y"));
        // What was not said at all, a resource of its own may say.
        if !(imported && on) && state.get(names[0]).is_null() {
            continue;
        }
        for name in names {
            let there = match name.rsplit('_').next() {
                Some("notice") => Value::from(on),
                Some("phone") => Value::from(rule.and_then(|rule| rule.phone.clone())),
                // Of an alarm that is off, DTS need not tell it.
                _ => match rule.and_then(|rule| rule.delay_rule_time) {
                    Some(time) => Value::from(time),
                    None => state.get(name).clone(),
                },
            };
            state.set(name, there);
        }
    }
}

/// What an imported subscription satisfies as it is. `Abnormal` is what DTS shows of one that is suspended, and of one that failed, which
/// has a reason.
fn satisfied(stage: Stage, state: &Object, detail: &api::JobDetail) -> Desired {
    let has_instance = !state.get("dts_instance_id").is_null();
    match stage {
        Stage::NotConfigured | Stage::NotStarted => Desired::Configured,
        Stage::Prechecking | Stage::PrecheckFailed if has_instance => Desired::Running,
        Stage::Prechecking | Stage::PrecheckFailed | Stage::PreCheckPass => Desired::Prechecked,
        Stage::Failed if !has_reason(detail) => Desired::Suspended,
        Stage::Suspended => Desired::Suspended,
        Stage::Running | Stage::Failed | Stage::Finished => Desired::Running,
    }
}

pub(super) async fn import(id: &str, client: &Client) -> Result<Object, Diagnostics> {
    let what = format!("import DTS subscription {id}");
    let api = client.api(&CancellationToken::new())?;
    match api.describe_dts_job_detail(&api::JobRef::job(id)).await {
        Ok(detail) => match detail.job_type.as_deref() {
            Some(kind) if !kind.eq_ignore_ascii_case(SUBSCRIBE) => Err(other_thing(
                &what,
                id,
                &format!("a {} job, and no subscription", job_type(kind)),
                "Import it as a `dts_job`.",
            )),
            _ => Ok(Object::new().with("id", id)),
        },
        Err(cause) if cause.is_not_found() => {
            match api.describe_dts_job_detail(&api::JobRef::instance(id)).await {
                Ok(api::JobDetail {
                    dts_job_id: Some(job_id),
                    job_type,
                    ..
                }) => {
                    let resource = resource_of(job_type.as_deref());
                    let then = format!(
                        "Import it as a `dts_instance`, and its job by {job_id:?} as a `{resource}`."
                    );
                    Err(other_thing(&what, id, "an instance", &then))
                }
                // It has two ids in one, or is the second of them.
                _ if id.contains(':') => Err(other_thing(
                    &what,
                    id,
                    "no subscription, but looks like one of a consumer group",
                    "Import that as a `dts_consumer_group`, and the subscription by its DtsJobId.",
                )),
                _ => Err(no_such(&what, "subscription", id, api.region())),
            }
        }
        Err(cause) => Err(error::unable(&what, &cause).into()),
    }
}
