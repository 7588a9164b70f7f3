//! Reading a consumer group back, and importing one.

use tokio_util::sync::CancellationToken;

use super::{NAME, USER, id, subscription};
use crate::api;
use crate::dts::data::job_type;
use crate::dts::provider::Client;
use crate::dts::subscription::SUBSCRIBE;
use crate::dts::{error, no_such, other_thing};
use crate::framework::resource::Read;
use crate::framework::{Diagnostic, Diagnostics, Object, Path};

pub(super) async fn read(read: &mut Read<Client>) -> Result<bool, Diagnostics> {
    let group = read.state.str("consumer_group_id").unwrap_or_default().to_owned();
    let api = read.client.api(&read.cancel)?.hasty(true);
    let what = format!("read DTS consumer group {group}");
    let of = subscription(&read.state).unwrap_or_default();
    let groups = match api.describe_consumer_channel(&of).await {
        Ok(groups) => groups,
        Err(cause) if cause.is_not_found() => return Ok(false),
        Err(cause) => return Err(error::unable(&what, &cause).into()),
    };
    let Some(found) = groups.into_iter().find(|found| found.id == group) else {
        return Ok(false);
    };
    // A state that came from elsewhere names the subscription by one id alone.
    if read.state.get("dts_job_id").is_null() || read.state.get("dts_instance_id").is_null() {
        let detail = api.describe_dts_job_detail(&of).await.map_err(error::to(&what))?;
        read.state.set("dts_job_id", detail.dts_job_id);
        read.state.set("dts_instance_id", detail.dts_instance_id);
    }
    let state = &mut read.state;
    for (name, there) in [(NAME, found.name), (USER, found.user_name)] {
        if let Some(there) = there {
            state.set(name, there);
        }
    }
    let id = state.str("id").unwrap_or_default();
    read.client.saw(id);
    read.client
        .is_there(state.str("dts_job_id").unwrap_or_default(), &group);
    read.client.claim(&group);
    Ok(true)
}

pub(super) async fn import(given: &str, client: &Client) -> Result<Object, Diagnostics> {
    let what = format!("import DTS consumer group {given}");
    let Some((place, group)) = given
        .split_once(':')
        .filter(|(place, group)| !place.is_empty() && !group.is_empty())
    else {
        return Err(Diagnostic::error(
            format!("Unable to {what}"),
            format!(
                "{given:?} is one id, and a consumer group is imported by two: that of the subscription's instance (or of the subscription) and its \
                 own, with a colon between, such as `dtsl3m1213ye7l2q3n:dtsor1x2y3z4a5b6`. `data.dts_consumer_groups` lists the groups of a \
                 subscription with their ids."
            ),
        )
        .at(Path::attribute("id"))
        .into());
    };
    let api = client.api(&CancellationToken::new())?;
    // The instance's id, or the subscription's.
    let mut detail = api.describe_dts_job_detail(&api::JobRef::instance(place)).await;
    if detail.as_ref().is_err_and(api::Error::is_not_found) {
        detail = api.describe_dts_job_detail(&api::JobRef::job(place)).await;
    }
    let detail = match detail {
        Ok(detail) => detail,
        Err(cause) if cause.is_not_found() => {
            return Err(no_such(&what, "subscription", place, api.region()));
        }
        Err(cause) => return Err(error::unable(&what, &cause).into()),
    };
    if let Some(kind) = detail.job_type.as_deref().map(job_type)
        && kind != SUBSCRIBE
    {
        let it_is = format!("a {kind} job or its instance");
        let then = "Only a subscription has consumer groups: write the id of its instance before the colon.";
        return Err(other_thing(&what, place, &it_is, then));
    }
    let state = Object::new()
        .with("consumer_group_id", group)
        .with("dts_instance_id", detail.dts_instance_id.clone())
        .with("dts_job_id", detail.dts_job_id);
    let groups = api
        .describe_consumer_channel(&subscription(&state).unwrap_or_default())
        .await
        .map_err(error::to(&what))?;
    if !groups.iter().any(|found| found.id == group) {
        return Err(no_group(&what, place, group, &groups));
    }
    Ok(state.with(
        "id",
        id(detail.dts_instance_id.as_deref().unwrap_or(place), group),
    ))
}

fn no_group(what: &str, place: &str, group: &str, groups: &[api::ConsumerGroup]) -> Diagnostics {
    let there: Vec<String> = groups
        .iter()
        .map(|group| format!("{} ({})", group.id, group.name.as_deref().unwrap_or_default()))
        .collect();
    let there = match there[..] {
        [] => "It has none.".to_owned(),
        _ => format!("Write one of its groups after the colon: {}.", there.join(", ")),
    };
    Diagnostic::error(
        format!("Unable to {what}"),
        format!("There is no consumer group with the id {group:?} in the subscription of {place:?}. {there}"),
    )
    .at(Path::attribute("id"))
    .into()
}
