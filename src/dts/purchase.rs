//! Buying an instance. `CreateDtsInstance` has no idempotency token, so a purchase whose outcome is unknown (answer lost,
//! timeout, 5xx) is looked up before anything else happens: found once, it is adopted; not found after DTS had time to show
//! it, it is bought again; found several times, the user decides.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::error;
use super::provider::Client;
use crate::api;
use crate::framework::{Diagnostic, Diagnostics};

/// How long DTS has to show a purchase: the waits between looks.
const LOOKS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// How often a purchase is made that certainly did not happen before.
const ATTEMPTS: usize = 2;

/// Buys exactly one instance.
pub(super) async fn buy(
    client: &Client,
    api: &api::Client,
    order: &api::CreateDtsInstance,
    warnings: &mut Diagnostics,
) -> Result<api::PurchasedInstance, Diagnostics> {
    let what = "buy a DTS instance";
    // Looking up must not be cut short by Stop: it is how an instance that is paid for gets into the state.
    let looker = client.api(&CancellationToken::new())?;
    let begun = api.clock().now();
    let before = known_before(&looker, order).await;
    for attempt in 1.. {
        let open = client.purchases.read().await;
        let lost = match api.create_dts_instance(order).await {
            Ok(purchased) => {
                client.claim(&purchased.instance_id);
                return Ok(purchased);
            }
            Err(cause) if cause.is_outcome_unknown() => cause,
            Err(cause) => return Err(error::unable(what, &cause).into()),
        };
        drop(open);
        // Alone: every other purchase of this process has claimed what it bought, so what is unclaimed is ours.
        let _alone = client.purchases.write().await;
        let found = match look_up(client, &looker, order, before.as_ref()).await {
            Ok(found) => found,
            Err(cause) => {
                let mut diagnostics = Diagnostics::from(unknown(&lost, &cannot_be_looked_up(order, begun)));
                diagnostics.extend(
                    cause.map(|cause| error::unable("look up whether a DTS instance was bought", &cause)),
                );
                return Err(diagnostics);
            }
        };
        match found.as_slice() {
            [] if attempt < ATTEMPTS => {}
            [] => {
                return Err(unknown(
                    &lost,
                    "DTS shows no such instance, so most likely none was bought. Apply again.",
                )
                .into());
            }
            [only] => {
                client.claim(&only.instance_id);
                warnings.push(Diagnostic::warning(
                    format!("DTS instance {} was bought by a call whose answer was lost", only.instance_id),
                    format!("{lost}\n\nThe instance was looked up and taken into the state; nothing was bought twice."),
                ));
                return Ok(only.clone());
            }
            several => {
                let ids: Vec<&str> = several.iter().map(|one| one.instance_id.as_str()).collect();
                return Err(unknown(
                    &lost,
                    &format!(
                        "These instances appeared since and belong to nobody here: {}. Import the one that is yours \
                         (`terraform import <address> <id>`) and release what you do not need, then apply again.",
                        ids.join(", ")
                    ),
                )
                .into());
            }
        }
    }
    unreachable_end()
}

/// The loop above only ends by returning.
fn unreachable_end() -> Result<api::PurchasedInstance, Diagnostics> {
    Err(Diagnostic::error(
        "Unable to buy a DTS instance",
        "No attempt was made. Please report this.",
    )
    .into())
}

fn unknown(lost: &api::Error, then: &str) -> Diagnostic {
    Diagnostic::error(
        "Unable to tell whether a DTS instance was bought",
        format!("{lost}\n\nThe call may have taken effect, so it was not simply repeated. {then}"),
    )
}

/// What only the user can find out now.
fn cannot_be_looked_up(order: &api::CreateDtsInstance, begun: jiff::Timestamp) -> String {
    let begun = begun.strftime("%Y-%m-%dT%H:%M:%SZ");
    match &order.job_id {
        Some(job_id) => format!(
            "It could not be looked up whether it did. Apply again once DTS can be read: if job {job_id} has got an instance, that one \
             is taken over, and none is bought twice."
        ),
        None => format!(
            "It could not be looked up whether it did. Look at your DTS instances before you apply again: one created at {begun} or \
             later that nobody knows is this one. Import it (`terraform import <address> <id>`), or the next apply buys another."
        ),
    }
}

/// The instances that a lost call could be taken to have bought, before it is made. What is there already, this configuration's
/// other instances included, is none that it bought. `None` when DTS does not tell.
async fn known_before(api: &api::Client, order: &api::CreateDtsInstance) -> Option<BTreeSet<String>> {
    if order.job_id.is_some() {
        return Some(BTreeSet::new());
    }
    let found = of_shape(api, order).await.ok()?;
    Some(found.into_iter().map(|one| one.instance_id).collect())
}

/// The instances that the lost call may have bought. An error without a cause: it is not known what was there before.
async fn look_up(
    client: &Client,
    api: &api::Client,
    order: &api::CreateDtsInstance,
    before: Option<&BTreeSet<String>>,
) -> Result<Vec<api::PurchasedInstance>, Option<api::Error>> {
    let before = before.ok_or(None)?;
    for wait in LOOKS {
        api.clock().sleep(wait).await;
        let mut found = match &order.job_id {
            Some(job_id) => of_job(api, job_id).await?,
            None => of_shape(api, order).await?,
        };
        found.retain(|one| !before.contains(&one.instance_id) && !client.is_claimed(&one.instance_id));
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

async fn of_job(api: &api::Client, job_id: &str) -> Result<Vec<api::PurchasedInstance>, api::Error> {
    let detail = api.describe_dts_job_detail(&api::JobRef::job(job_id)).await?;
    let instance = detail.dts_instance_id.into_iter();
    Ok(instance
        .map(|instance_id| api::PurchasedInstance {
            instance_id,
            job_id: Some(job_id.to_owned()),
        })
        .collect())
}

async fn of_shape(
    api: &api::Client,
    order: &api::CreateDtsInstance,
) -> Result<Vec<api::PurchasedInstance>, api::Error> {
    let query = api::DescribeDtsJobs {
        job_type: order.type_.as_ref().map(|kind| kind.to_ascii_uppercase()),
        status: Some("NotConfigured".to_owned()),
        order_column: Some("CreateTime".to_owned()),
        order_direction: Some("DESC".to_owned()),
        without_db_list: Some(true),
        ..api::DescribeDtsJobs::default()
    };
    let jobs = api.describe_dts_jobs(&query).await?;
    let mine = jobs.into_iter().filter(|job| fits(job, order)).filter_map(|job| {
        let instance_id = job.dts_instance_id?;
        Some(api::PurchasedInstance {
            instance_id,
            job_id: job.dts_job_id,
        })
    });
    Ok(mine.collect())
}

/// Whether a listed job is of an instance as ordered.
fn fits(job: &api::JobSummary, order: &api::CreateDtsInstance) -> bool {
    let same = |ordered: &Option<String>, there: &Option<String>| match (ordered, there) {
        (Some(ordered), Some(there)) => ordered.eq_ignore_ascii_case(there),
        // What DTS does not tell cannot speak against it.
        _ => true,
    };
    job.status
        .as_deref()
        .is_none_or(|status| status.eq_ignore_ascii_case("NotConfigured"))
        && same(&order.instance_class, &job.dts_job_class)
        && same(&order.pay_type, &job.pay_type)
        && same(&order.source_region, &job.source.region)
        && same(&order.destination_region, &job.destination.region)
        && same(&order.source_endpoint_engine_name, &job.source.engine_name)
        && same(
            &order.destination_endpoint_engine_name,
            &job.destination.engine_name,
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_instance_of_the_same_shape_fits() {
        let order = api::CreateDtsInstance {
            instance_class: Some("small".to_owned()),
            source_region: Some("cn-hangzhou".to_owned()),
            source_endpoint_engine_name: Some("MySQL".to_owned()),
            ..api::CreateDtsInstance::default()
        };
        let job = |class: &str, engine: &str, status: &str| api::JobSummary {
            status: Some(status.to_owned()),
            dts_job_class: Some(class.to_owned()),
            source: api::EndpointDetail {
                engine_name: Some(engine.to_owned()),
                ..api::EndpointDetail::default()
            },
            ..api::JobSummary::default()
        };
        for (class, engine, status, expected) in [
            ("small", "mysql", "NotConfigured", true),
            ("small", "MySQL", "NotStarted", false),
            ("large", "MySQL", "NotConfigured", false),
            ("small", "Redis", "NotConfigured", false),
        ] {
            assert_eq!(
                fits(&job(class, engine, status), &order),
                expected,
                "{class} {engine} {status}"
            );
        }
    }
}
