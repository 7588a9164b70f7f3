//! Instances as lists show them, and their resource group. The two describes are not in the official SDK; the
//! provider `alicloud` calls them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::paging::Page;
use super::{
    describe::{iso, status},
    model::{Direction, Instance, Job, Kind},
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
    tags,
};

fn shown(state: &State, instance: &Instance, job: &Job) -> Value {
    let (source, destination) = match &job.configuration {
        Some(known) => (
            (&known.source.engine, &known.source.region),
            (&known.destination.engine, &known.destination.region),
        ),
        None => (
            (&job.bought.0.engine, &job.bought.0.region),
            (&job.bought.1.engine, &job.bought.1.region),
        ),
    };
    let mut shown = json!({
        "DtsInstanceId": instance.id,
        "InstanceName": job.name,
        "Type": job.kind.name().to_ascii_lowercase(),
        "InstanceClass": instance.class,
        "PayType": instance.charge_type(),
        "CreateTime": iso(instance.created),
        "RegionId": instance.region,
        "SourceEndpointEngineType": source.0,
        "SourceEndpointRegion": source.1,
        "DestEndpointEngineType": destination.0,
        "DestEndpointRegion": destination.1,
        "ResourceGroupId": instance.resource_group,
        "Status": status(state, job),
        "Tags": tags::shown(Some(instance)),
    });
    if let Some(expires) = instance.expires {
        shown["ExpireTime"] = iso(expires).into();
    }
    shown
}

/// The instances that have not been released, each with the job that goes forward.
fn held(state: &State) -> impl Iterator<Item = (&Instance, &Job)> {
    let forward = state
        .jobs
        .iter()
        .filter(|job| job.direction == Direction::Forward);
    let jobs: HashMap<&str, &Job> = forward
        .filter_map(|job| Some((job.instance_id.as_deref()?, job)))
        .collect();
    let held = state.instances.iter().filter(|instance| !instance.released);
    held.filter_map(move |instance| Some((instance, *jobs.get(instance.id.as_str())?)))
}

/// DescribeDtsInstanceDetail.
pub(crate) fn detail(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsInstanceId")?;
    let index = state.find(params, "DtsInstanceId")?;
    let job = &state.jobs[index];
    let shown = state.instance(job).map(|instance| shown(state, instance, job));
    let body = reply::body(json!({ "DtsInstanceStatus": shown }));
    state.jobs[index].described();
    Ok(body)
}

/// DescribeDtsInstances: page by page, in the order of purchase.
pub(crate) fn list(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let page = Page::of(params, "PageNum", 20, 200)?;
    let kind = params
        .text("Type")
        .map(|kind| {
            Kind::parse(kind)
                .ok_or_else(|| Refusal::invalid("Type", "allowed are MIGRATION, SYNC, SUBSCRIBE"))
        })
        .transpose()?;
    let tags = tags::Filter::read(params)?;
    let found: Vec<Value> = held(state)
        .filter(|(instance, job)| {
            kind.is_none_or(|kind| job.kind == kind)
                && params
                    .list("DtsInstanceId")
                    .is_none_or(|ids| ids.contains(&instance.id.as_str()))
                && params
                    .text("ResourceGroupId")
                    .is_none_or(|group| group == instance.resource_group)
                && tags.takes(|| Some(instance))
        })
        .map(|(instance, job)| shown(state, instance, job))
        .collect();
    let total = found.len();
    let shown: Vec<Value> = page.cut(found).collect();
    Ok(reply::body(json!({
        "PageNumber": page.number,
        "PageRecordCount": shown.len(),
        "TotalRecordCount": total,
        "DtsInstanceStatusList": shown,
    })))
}

/// ConvertInstanceResourceGroup.
pub(crate) fn convert_group(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let id = params.required("ResourceId")?;
    let group = params.required("NewResourceGroupId")?;
    group.clone_into(&mut state.find_instance(id)?.resource_group);
    Ok(Body::new())
}
