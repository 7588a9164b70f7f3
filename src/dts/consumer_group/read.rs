//! Reading a consumer group back, and importing one.

use tokio_util::sync::CancellationToken;

use super::{NAME, USER, id, subscription};
use crate::api;
use crate::dts::provider::Client;
use crate::dts::{error, no_such};
use crate::framework::resource::Read;
use crate::framework::{Diagnostic, Diagnostics, Object, Path};

pub(super) async fn read(read: &mut Read<Client>) -> Result<bool, Diagnostics> {
    let group = read.state.str("consumer_group_id").unwrap_or_default().to_owned();
    let api = read.client.api(&read.cancel)?;
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
            "The id of a consumer group is that of the subscription's instance and its own, such as `dtsl3m1213ye7l2q3n:dtsor1x2y3z4a5b6`.",
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
    let state = Object::new()
        .with("consumer_group_id", group)
        .with("dts_instance_id", detail.dts_instance_id.clone())
        .with("dts_job_id", detail.dts_job_id);
    let groups = api
        .describe_consumer_channel(&subscription(&state).unwrap_or_default())
        .await
        .map_err(error::to(&what))?;
    if !groups.iter().any(|found| found.id == group) {
        return Err(no_such(&what, "consumer group", group, api.region()));
    }
    Ok(state.with(
        "id",
        id(detail.dts_instance_id.as_deref().unwrap_or(place), group),
    ))
}
