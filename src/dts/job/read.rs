//! Reading a job back, and importing one.

use tokio_util::sync::CancellationToken;

use super::condition::{self, Particulars};
use super::extent::Extent;
use super::{found, keys, options};
use crate::api;
use crate::dts::course::Desired;
use crate::dts::endpoint::{self, Side};
use crate::dts::error;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{no_such, objects, other_thing, reserve, resource_of};
use crate::framework::resource::Read;
use crate::framework::{Diagnostics, Object, Value};

pub(super) async fn read(read: &mut Read<Client>) -> Result<bool, Diagnostics> {
    let id = read.state.str("id").unwrap_or_default().to_owned();
    let api = read.client.api(&read.cancel)?;
    let job = options::to_look(&id, &read.state);
    let listed = read.client.bought_for(&id);
    let kind = read.state.str("job_type").or(listed.as_deref());
    let detail = match api.read_job(&job, kind, api::Purpose::Refresh).await {
        Ok(detail) => detail,
        Err(cause) if cause.is_not_found() => return Ok(false),
        Err(cause) => return Err(error::unable(&format!("read DTS job {id}"), &cause).into()),
    };
    let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
    if stage == Stage::Finished && detail.dts_instance_id.is_none() {
        // Without an instance nothing can have run: DTS still lists a job that was deleted.
        return Ok(false);
    }
    read.client.saw(&id);
    read.client.claim(&id);
    let imported = read.state.get("job_type").is_null();
    let kind = detail.job_type.as_deref().and_then(job_type);
    let more = Particulars::of(&api, &detail, read.state.str("job_type").or(kind)).await;
    let state = &mut read.state;
    outcome(state, &detail);
    condition::record(state, &detail, &more);
    if stage == Stage::NotConfigured && !imported {
        // Reset behind our back: DTS has no configuration to compare with, and the status says so.
        return Ok(true);
    }
    if let Some(name) = &detail.dts_job_name {
        state.set("dts_job_name", name.as_str());
    }
    if let Some(kind) = detail.job_type.as_deref().and_then(job_type) {
        state.set("job_type", kind);
    }
    let mode = &detail.mode;
    for (name, there) in [
        ("structure_initialization", mode.structure_initialization),
        ("data_initialization", mode.data_initialization),
        ("data_synchronization", mode.data_synchronization),
    ] {
        if let Some(there) = there {
            state.set(name, there);
        }
    }
    endpoint::read_back(Side::Source, state, &detail.source);
    endpoint::read_back(Side::Destination, state, &detail.destination);
    if let Some(there) = &detail.db_object {
        objects::read_back(state, there);
    }
    options::read_back(state, &detail);
    if let Some(there) = &detail.reserved {
        keys::read_back(state, there, [&detail.source, &detail.destination]);
        match state.str("reserve").map(str::to_owned) {
            Some(mine) => {
                if let Some(drift) = reserve::drift(&mine, there) {
                    state.set("reserve", drift);
                }
            }
            None if imported => state.set("reserve", reserve::imported(there)),
            None => {}
        }
    }
    if imported {
        state.set("desired_status", satisfied(stage, state).name());
        condition::record(state, &detail, &more);
        let direction = detail.synchronization_direction.or(detail.dts_job_direction);
        if direction.as_deref() == Some("Reverse") {
            state.set("synchronization_direction", "Reverse");
        }
    }
    found::read(read, &api, &id).await?;
    Ok(true)
}

/// What a change may have left: where the job is, and on which instance.
pub(super) fn outcome(state: &mut Object, detail: &api::JobDetail) {
    state.set("status", detail.status.clone().unwrap_or_default());
    if let Some(instance_id) = &detail.dts_instance_id {
        state.set("dts_instance_id", instance_id.as_str());
    } else if state.get("dts_instance_id").is_unknown() {
        state.set("dts_instance_id", Value::Null);
    }
}

/// The type as it is configured; DTS has other words on output (dts-api.md 6.1).
fn job_type(reported: &str) -> Option<&'static str> {
    match reported.to_ascii_lowercase().as_str() {
        "online" | "migration" => Some("MIGRATION"),
        "sync" => Some("SYNC"),
        _ => None,
    }
}

/// What an imported job satisfies as it is.
fn satisfied(stage: Stage, state: &Object) -> Desired {
    let has_instance = !state.get("dts_instance_id").is_null();
    let follows = state.bool("data_synchronization") == Some(true);
    match stage {
        Stage::NotConfigured | Stage::NotStarted => Desired::Configured,
        Stage::Prechecking | Stage::PrecheckFailed if has_instance => Desired::Running,
        Stage::Prechecking | Stage::PrecheckFailed | Stage::PreCheckPass => Desired::Prechecked,
        Stage::Running | Stage::Failed => Desired::Running,
        Stage::Suspended => Desired::Suspended,
        // A migration that only moves what is there ends by itself, if nobody stops it before.
        Stage::Finished if !follows && !Extent::recorded(state).is_part() => Desired::Running,
        Stage::Finished => Desired::Stopped,
    }
}

pub(super) async fn import(id: &str, client: &Client) -> Result<Object, Diagnostics> {
    let what = format!("import DTS job {id}");
    let api = client.api(&CancellationToken::new())?;
    match api.describe_dts_job_detail(&api::JobRef::job(id)).await {
        Ok(detail)
            if detail
                .job_type
                .as_deref()
                .is_some_and(|kind| job_type(kind).is_none()) =>
        {
            let kind = detail.job_type.unwrap_or_default();
            let then = match resource_of(Some(&kind)) {
                "dts_job" => "`dts_job` is for MIGRATION and SYNC jobs.".to_owned(),
                other => format!("Import it as a `{other}`: `dts_job` is for MIGRATION and SYNC jobs."),
            };
            let it_is = format!("a {} job", kind.to_ascii_uppercase());
            Err(other_thing(&what, id, &it_is, &then))
        }
        Ok(_) => Ok(Object::new().with("id", id)),
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
                _ => Err(no_such(&what, "job", id, api.region())),
            }
        }
        Err(cause) => Err(error::unable(&what, &cause).into()),
    }
}
