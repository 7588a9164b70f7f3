//! Buying an instance. `CreateDtsInstance` has no idempotency token: what became of a purchase whose outcome is unknown is
//! looked up. Found once, it is adopted; found several times, the user decides.

use std::time::Duration;

use async_trait::async_trait;

use super::error;
use super::lookup::{self, Candidate, LeftOver, Once, Outcome};
use super::provider::Client;
use crate::api;
use crate::framework::{Diagnostic, Diagnostics, Path};

struct Purchase<'a> {
    client: &'a Client,
    order: &'a api::CreateDtsInstance,
    left_over: LeftOver,
}

#[async_trait]
impl Once for Purchase<'_> {
    type Made = api::PurchasedInstance;

    const LOOKS: &'static [Duration] = &[
        Duration::ZERO,
        Duration::from_secs(2),
        Duration::from_secs(4),
        Duration::from_secs(8),
    ];

    async fn make(&self, api: &api::Client) -> Result<api::PurchasedInstance, api::Error> {
        api.create_dts_instance(self.order).await
    }

    async fn candidates(
        &self,
        api: &api::Client,
    ) -> Result<Vec<Candidate<api::PurchasedInstance>>, api::Error> {
        let Some(job_id) = &self.order.job_id else {
            return of_shape(api, self.order).await;
        };
        let mut found = of_job(api, job_id).await?;
        found.retain(|one| !self.client.is_had(&one.made.instance_id));
        Ok(found)
    }

    fn is_certain(&self) -> bool {
        self.order.job_id.is_some()
    }

    /// All that `fits` compares.
    fn likeness(&self) -> String {
        let order = self.order;
        let shape = [
            &order.type_,
            &order.instance_class,
            &order.pay_type,
            &order.source_region,
            &order.destination_region,
            &order.source_endpoint_engine_name,
            &order.destination_endpoint_engine_name,
            &order.resource_group_id,
        ];
        format!("instance {shape:?} {}", is_two_way(order)).to_ascii_lowercase()
    }

    fn whole(&self) -> String {
        format!("{:?}", self.order)
    }

    fn left_over(&self) -> LeftOver {
        self.left_over
    }

    fn id(made: &api::PurchasedInstance) -> &str {
        &made.instance_id
    }
}

/// Buys exactly one instance. `adopt` is what the user said about one that is there already, see [`LeftOver`].
pub(super) async fn buy(
    client: &Client,
    api: &api::Client,
    order: &api::CreateDtsInstance,
    adopt: Option<bool>,
    warnings: &mut Diagnostics,
) -> Result<api::PurchasedInstance, Diagnostics> {
    let begun = api.clock().now();
    let purchase = Purchase {
        client,
        order,
        left_over: match adopt {
            None => LeftOver::Stop,
            Some(true) => LeftOver::Take,
            Some(false) => LeftOver::Ignore,
        },
    };
    let problem = match lookup::once(client, api, &purchase).await? {
        Outcome::Made(purchased, _) => return Ok(purchased),
        Outcome::Taken(only) => {
            warnings.push(Diagnostic::warning(
                format!("DTS instance {} was taken over, not bought", only.instance_id),
                "It is as this one would be as far as DTS tells, younger than an hour, and nobody has configured a job on it: most likely it was bought by an \
                 apply that was cut off. `adopt = true` asks for this; CreateDtsInstance was not called.",
            ));
            return Ok(only);
        }
        Outcome::LeftOver(left) => left_over(&left),
        Outcome::Found(only, lost) => {
            warnings.push(Diagnostic::warning(
                format!(
                    "DTS instance {} was bought by a call whose answer was lost",
                    only.instance_id
                ),
                format!(
                    "{lost}\n\nThe instance was looked up and taken into the state; nothing was bought twice."
                ),
            ));
            return Ok(only);
        }
        Outcome::Refused(cause) => {
            let refused = error::unable("buy a DTS instance", &cause);
            if cause.is_code("InvalidInstanceClass") {
                refused.at(Path::attribute("instance_class"))
            } else {
                refused
            }
        }
        Outcome::Unseen(cause) => error::unseen("buy a DTS instance", &cause),
        Outcome::Nothing(lost) => unknown(
            &lost,
            "DTS shows no such instance, so most likely none was bought. Apply again.",
        ),
        Outcome::Several(several, lost) => {
            let ids: Vec<&str> = several.iter().map(|one| one.instance_id.as_str()).collect();
            unknown(
                &lost,
                &format!(
                    "These instances appeared since and belong to nobody here: {}. Import the one that is yours \
                     (`terraform import <address> <id>`) and release what you do not need, then apply again.",
                    ids.join(", ")
                ),
            )
        }
        Outcome::Blind(lost, cause) => {
            let mut diagnostics = Diagnostics::from(unknown(&lost, &cannot_be_looked_up(order, begun)));
            diagnostics.push(error::unable("look up whether a DTS instance was bought", &cause));
            return Err(diagnostics);
        }
    };
    Err(problem.into())
}

fn unknown(lost: &api::Error, then: &str) -> Diagnostic {
    Diagnostic::error(
        "Unable to tell whether a DTS instance was bought",
        format!("{lost}\n\nThe call may have taken effect, so it was not simply repeated. {then}"),
    )
}

/// Something is there that may be what is to be bought.
fn left_over(left: &[Candidate<api::PurchasedInstance>]) -> Diagnostic {
    let ids: Vec<&str> = left.iter().map(|one| one.made.instance_id.as_str()).collect();
    let told: Vec<String> = left
        .iter()
        .map(|Candidate { made, created, .. }| match created {
            Some(created) => format!("{} (created {created})", made.instance_id),
            None => made.instance_id.clone(),
        })
        .collect();
    let take = match ids.as_slice() {
        [id] => format!(
            "To take it, set `adopt = true` and apply again, or import it: `terraform import <address> {id}`."
        ),
        _ => "Import the one that belongs here (`terraform import <address> <id>`) and release what nobody needs.".to_owned(),
    };
    Diagnostic::error(
        format!("Unable to tell whether this DTS instance was bought before: {}", ids.join(", ")),
        format!(
            "DTS has {} of the same type, class, payment, engines and regions, younger than an hour, with no job configured on it: most \
             likely bought by an apply that was cut off. No instance was bought now.\n\n{take} If it is somebody else's, or belongs to \
             another resource of this configuration (which Terraform does not tell an apply that leaves it alone), set `adopt = false`: \
             then another one is bought.",
            told.join(", ")
        ),
    )
    .at(Path::attribute("type"))
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
             later that nobody knows is this one: import it (`terraform import <address> <id>`). An apply within the hour stops at it, a \
             later one buys another."
        ),
    }
}

async fn of_job(
    api: &api::Client,
    job_id: &str,
) -> Result<Vec<Candidate<api::PurchasedInstance>>, api::Error> {
    let detail = api.describe_dts_job_detail(&api::JobRef::job(job_id)).await?;
    let instance = detail.dts_instance_id.into_iter();
    Ok(instance
        .map(|instance_id| Candidate {
            made: api::PurchasedInstance {
                instance_id,
                job_id: Some(job_id.to_owned()),
            },
            created: None,
            alike: true,
        })
        .collect())
}

async fn of_shape(
    api: &api::Client,
    order: &api::CreateDtsInstance,
) -> Result<Vec<Candidate<api::PurchasedInstance>>, api::Error> {
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
        // Whether the other half shows before it is configured is documented nowhere.
        let alike = is_two_way(order) == job.reverse_job.is_some();
        let instance_id = job.dts_instance_id?;
        Some(Candidate {
            made: api::PurchasedInstance {
                instance_id,
                job_id: job.dts_job_id,
            },
            created: job.create_time.and_then(|time| time.parse().ok()),
            alike,
        })
    });
    Ok(mine.collect())
}

fn is_two_way(order: &api::CreateDtsInstance) -> bool {
    order.sync_architecture.as_deref() == Some("bidirectional")
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
        && same(&order.resource_group_id, &job.resource_group_id)
        && (is_two_way(order) || job.reverse_job.is_none())
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
