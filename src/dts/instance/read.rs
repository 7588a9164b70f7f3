//! Reading an instance back, and importing one.

use tokio_util::sync::CancellationToken;

use super::billing;
use super::plan::has_started;
use super::uncounted;
use crate::api;
use crate::dts::data::job_type;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{error, no_such, other_thing, resource_of, tags};
use crate::framework::resource::Read;
use crate::framework::{Diagnostics, Number, Object, Value};

pub(super) async fn read(read: &mut Read<Client>) -> Result<bool, Diagnostics> {
    let id = read.state.str("id").unwrap_or_default().to_owned();
    let api = read.client.api(&read.cancel)?;
    let instance = api::JobRef::instance(&id);
    let listed = read.client.bought_for(&id);
    let kind = read.state.str("type").or(listed.as_deref());
    let mut detail = match api.read_job(&instance, kind, api::Purpose::RefreshStatus).await {
        Ok(detail) => detail,
        Err(cause) if cause.is_not_found() => return Ok(false),
        Err(cause) => return Err(error::unable(&format!("read DTS instance {id}"), &cause).into()),
    };
    // Lists do not tell it, and few instances have it.
    if detail.database_count.is_none() && read.state.i64("database_count").is_some() {
        let what = format!("read DTS instance {id}");
        let whole = api.describe_dts_job_detail(&instance).await;
        detail.database_count = whole.map_err(error::to(&what))?.database_count;
    }
    read.client.saw(&id);
    read.client.claim(&id);
    let imported = read.state.get("auto_start").is_null();
    let expired = read.state.str("expire_time").map(str::to_owned);
    read_back(&mut read.state, &detail, imported);
    uncounted::remember(&mut read.private, &read.state, expired.as_deref());
    let found = match detail.tags {
        Some(found) => found,
        None => {
            let what = format!("read the tags of DTS instance {id}");
            let listed = api.list_tag_resources(&id).await.map_err(error::to(&what))?;
            listed.into_iter().collect()
        }
    };
    tags::read_back(&mut read.state, found, &read.client);
    Ok(true)
}

/// What an import begins with: the id, and what DTS does not know.
pub(in crate::dts) fn imported(id: &str) -> Object {
    Object::new().with("id", id).with("on_destroy", "release")
}

pub(super) async fn import(id: &str, client: &Client) -> Result<Object, Diagnostics> {
    let what = format!("import DTS instance {id}");
    let api = client.api(&CancellationToken::new())?;
    match api.describe_dts_job_detail(&api::JobRef::instance(id)).await {
        Ok(detail) if detail.dts_instance_id.as_deref().is_none_or(|found| found == id) => Ok(imported(id)),
        Ok(_) => Err(no_such(&what, "instance", id, api.region())),
        Err(cause) if cause.is_not_found() => {
            match api.describe_dts_job_detail(&api::JobRef::job(id)).await {
                Ok(detail) => {
                    let resource = resource_of(detail.job_type.as_deref());
                    let then = match detail.dts_instance_id {
                        Some(instance_id) => {
                            format!("Import its instance by {instance_id:?}, and the job as a `{resource}`.")
                        }
                        None => format!("No instance was bought for it. Import it as a `{resource}`."),
                    };
                    Err(other_thing(&what, id, "a job", &then))
                }
                Err(_) => Err(no_such(&what, "instance", id, api.region())),
            }
        }
        Err(cause) => Err(error::unable(&what, &cause).into()),
    }
}

/// Brings `state` up to date with what DTS reports.
pub(super) fn read_back(state: &mut Object, detail: &api::JobDetail, imported: bool) {
    let status = detail.status.clone().unwrap_or_default();
    if let Some(job_id) = &detail.dts_job_id {
        state.set("job_id", job_id.as_str());
    }
    let kind = detail.job_type.as_deref().map(job_type);
    // Once a job is configured, these are the ends of the job and not what was bought, which never changes.
    let ends = [
        ("source_endpoint_engine_name", &detail.source.engine_name),
        (
            "destination_endpoint_engine_name",
            &detail.destination.engine_name,
        ),
        ("source_region", &detail.source.region),
        ("destination_region", &detail.destination.region),
    ];
    for (name, there) in ends {
        if let (Some(there), false) = (there, state.get(name).is_known()) {
            state.set(name, there.as_str());
        }
    }
    let reported = [
        ("type", kind.as_deref()),
        ("instance_class", detail.dts_job_class.as_deref()),
        ("pay_type", detail.pay_type.as_deref().map(billing::pay_type)),
        ("resource_group_id", detail.resource_group_id.as_deref()),
        ("create_time", detail.create_time.as_deref()),
    ];
    for (name, there) in reported {
        let Some(there) = there else { continue };
        if !state
            .str(name)
            .is_some_and(|mine| mine.eq_ignore_ascii_case(there))
        {
            state.set(name, there);
        }
    }
    if imported && state.str("pay_type") == Some("PrePaid") {
        // As its configuration has to say.
        state.set("on_destroy", "keep");
    }
    state.set("expire_time", detail.expire_time.as_deref());
    let dates = (detail.create_time.as_deref()).zip(detail.expire_time.as_deref());
    if let (true, true, Some((from, to))) = (imported, state.get("used_time").is_null(), dates)
        && state.str("pay_type") == Some("PrePaid")
        && let Some((period, count)) = billing::paid(from, to)
    {
        state.set("period", period);
        state.set("used_time", count);
    }
    let counts = state.i64("database_count").is_some();
    if let (Some(count), true) = (detail.database_count, counts) {
        state.set("database_count", count);
    }
    let is_serverless = detail
        .pay_type
        .as_deref()
        .is_some_and(|pay_type| pay_type.eq_ignore_ascii_case("sync_serverless"));
    for (name, there) in [("min_du", &detail.min_du), ("max_du", &detail.max_du)] {
        if imported || is_serverless || state.get(name).is_known() {
            let number = there.as_deref().and_then(Number::parse);
            state.set(name, number.map(Value::Number));
        }
    }
    let started = has_started(&status);
    if imported {
        state.set("auto_start", started);
    } else if state.bool("auto_start") == Some(true)
        && matches!(
            Stage::of(&status),
            Stage::NotStarted | Stage::PreCheckPass | Stage::PrecheckFailed
        )
    {
        // It was to be started and is not: the next plan shows the start.
        state.set("auto_start", false);
    }
    state.set("status", status);
}
