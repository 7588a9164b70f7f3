//! Buying an instance. `CreateDtsInstance` has no idempotency token: what became of a purchase whose outcome is unknown is
//! looked up. Found once, it is adopted; found several times, the user decides.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::bare::created;
use super::error;
use super::instance::{paid, pay_type};
use super::lookup::{self, Candidate, LeftOver, Once, Outcome};
use super::provider::Client;
use crate::api;
use crate::framework::{Diagnostic, Diagnostics, Number, Path};

/// How much older than a purchase that is being made nothing is that matters to it: what was left by an apply that was cut off. DTS
/// refuses calls of whose clock is 15 minutes away from its own (dts-api.md 1), so that what is bought now never looks so old.
const NO_OLDER: SignedDuration = SignedDuration::from_hours(1);

struct Purchase<'a> {
    client: &'a Client,
    order: &'a api::CreateDtsInstance,
    begun: Timestamp,
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
            let bare = self.client.bare.now(api, self.kind()).await?;
            return Ok(self.of_shape(&bare));
        };
        let mut found = of_job(api, job_id).await?;
        found.retain(|one| !self.client.is_had(&one.made.instance_id));
        Ok(found)
    }

    async fn there(&self, api: &api::Client) -> Result<Vec<Candidate<api::PurchasedInstance>>, api::Error> {
        let bare = self.client.bare.seen(api, self.kind()).await?;
        Ok(self.of_shape(&bare))
    }

    /// By what lists do not tell.
    async fn examine(
        &self,
        api: &api::Client,
        mut found: Vec<Candidate<api::PurchasedInstance>>,
    ) -> Result<Vec<Candidate<api::PurchasedInstance>>, api::Error> {
        for one in &mut found {
            let instance = api::JobRef::instance(&one.made.instance_id);
            match api.describe_dts_job_detail(&instance).await {
                Ok(detail) => examine(one, &detail, self.order),
                // Listed already, and not shown by itself.
                Err(cause) if cause.is_not_found() => {}
                Err(cause) => return Err(cause),
            }
        }
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

impl Purchase<'_> {
    fn kind(&self) -> &str {
        self.order.type_.as_deref().unwrap_or("MIGRATION")
    }

    /// Those of the instances that are bare which could be what is ordered.
    fn of_shape(&self, bare: &[api::JobSummary]) -> Vec<Candidate<api::PurchasedInstance>> {
        let since = self.begun - NO_OLDER;
        let of_shape = bare
            .iter()
            .filter(|job| created(job).is_none_or(|created| created >= since) && fits(job, self.order));
        of_shape
            .filter_map(|job| {
                // Whether the other half shows before it is configured is documented nowhere.
                let alike = is_two_way(self.order) == job.reverse_job.is_some();
                let lasts = lasts(job, self.order);
                Some(Candidate {
                    made: api::PurchasedInstance {
                        instance_id: job.dts_instance_id.clone()?,
                        job_id: job.dts_job_id.clone(),
                    },
                    created: created(job),
                    alike: alike && lasts != Some(false),
                    untold: untold(self.order, lasts.is_some()),
                })
            })
            .collect()
    }
}

/// What became of an order.
pub(super) struct Bought {
    /// What is there now.
    pub(super) instance: api::PurchasedInstance,
    /// Whether it was there before, and was bought by nobody who is known.
    pub(super) taken: bool,
}

/// Buys exactly one instance. `adopt` is what the user said about one that is there already, see [`LeftOver`].
pub(super) async fn buy(
    client: &Client,
    api: &api::Client,
    order: &api::CreateDtsInstance,
    adopt: Option<bool>,
    warnings: &mut Diagnostics,
) -> Result<Bought, Diagnostics> {
    let begun = api.clock().now();
    // Whoever does not know what is in the state cannot tell what is left over from what another resource has.
    let knows = client.is_planned_by_this_run();
    let purchase = Purchase {
        client,
        order,
        begun,
        left_over: match adopt {
            Some(true) if knows => LeftOver::Take,
            Some(true) | None => LeftOver::Stop,
            Some(false) => LeftOver::Ignore,
        },
    };
    let bought = |instance| {
        let taken = false;
        Ok(Bought { instance, taken })
    };
    let problem = match lookup::once(client, api, &purchase).await? {
        Outcome::Made { made, again, .. } => {
            if let Some(lost) = again {
                warnings.push(error::made_again(
                    &format!("DTS instance {}", made.instance_id),
                    "another one of this type and class that nobody knows",
                    &lost,
                ));
            }
            return bought(made);
        }
        Outcome::Taken(only) => {
            let id = &only.made.instance_id;
            warnings.push(Diagnostic::warning(
                format!("DTS instance {id} was taken over, not bought"),
                format!(
                    "It is as this one would be as far as DTS tells, younger than an hour, and nobody has configured a job on it: most likely it was \
                     bought by an apply that was cut off. `adopt = true` asks for this; CreateDtsInstance was not called.{}\n\nLook now whether it is \
                     yours alone: `terraform state list -id={id}` must name this resource and no other, which an apply with `-target` cannot \
                     know. If there is another, take this one out of the state (`terraform state rm <address>`) before anything else: \
                     removing either would release it.",
                    not_told(&only)
                ),
            ));
            return Ok(Bought {
                instance: only.made,
                taken: true,
            });
        }
        Outcome::LeftOver(left) => left_over(&left, adopt == Some(true)),
        Outcome::Found(only, lost) => {
            warnings.push(Diagnostic::warning(
                format!(
                    "DTS instance {} was bought by a call whose answer was lost",
                    only.made.instance_id
                ),
                format!(
                    "{lost}\n\nThe instance was looked up and taken into the state; nothing was bought twice.{}",
                    not_told(&only)
                ),
            ));
            return bought(only.made);
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

/// What is recorded of an instance because it is configured, and not because anybody has seen it.
fn not_told(only: &Candidate<api::PurchasedInstance>) -> String {
    if only.untold.is_empty() {
        return String::new();
    }
    let names: Vec<String> = only.untold.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "\n\nDTS does not tell {} of it: recorded is what the configuration says. Compare it with the DTS console, or with the bill.",
        names.join(", ")
    )
}

/// Something is there that may be what is to be bought. `asked`: `adopt = true` is set already, and this apply cannot tell enough.
fn left_over(left: &[Candidate<api::PurchasedInstance>], asked: bool) -> Diagnostic {
    let ids: Vec<&str> = left.iter().map(|one| one.made.instance_id.as_str()).collect();
    let told: Vec<String> = left
        .iter()
        .map(|Candidate { made, created, .. }| match created {
            Some(created) => format!("{} (created {created})", made.instance_id),
            None => made.instance_id.clone(),
        })
        .collect();
    let look: Vec<String> = ids
        .iter()
        .map(|id| format!("`terraform state list -id={id}`"))
        .collect();
    let take = match ids.as_slice() {
        [id] if asked => format!(
            "import it: `terraform import <address> {id}`. `adopt = true` does not take it here: this is a saved plan, or one that could not \
             leave word of what is in the state, so that the instance may be another resource's. It takes one where `terraform apply` \
             plans and applies in one command."
        ),
        [id] => format!(
            "import it: `terraform import <address> {id}`. Or set `adopt = true`, which takes it, and apply again, without a saved plan and \
             without `-target`."
        ),
        _ => "import the one that belongs here (`terraform import <address> <id>`) and release what nobody needs.".to_owned(),
    };
    Diagnostic::error(
        format!("Unable to tell whether this DTS instance was bought before: {}", ids.join(", ")),
        format!(
            "DTS has {} of the same type, class, payment, engines and regions, younger than an hour, with no job configured on it. It was bought \
             by an apply that was cut off, or it belongs to another resource of this configuration: Terraform does not tell the apply of a saved \
             plan, or one with `-target`, of what it leaves alone. No instance was bought now.\n\nLook first who has it: {}.\n\nIf a resource \
             is named, or it is somebody else's, set `adopt = false`: then another one is bought.\n\nIf nobody has it, {take}",
            told.join(", "),
            look.join(", ")
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
            untold: Vec::new(),
        })
        .collect())
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

/// Whether it is paid for as long as ordered, by its dates; none where these do not tell, or nothing is paid in advance.
fn lasts(job: &api::JobSummary, order: &api::CreateDtsInstance) -> Option<bool> {
    let months = |period: &str, count: i64| if period == "Year" { count * 12 } else { count };
    let (from, to) = job.create_time.as_deref().zip(job.expire_time.as_deref())?;
    let (period, count) = paid(from, to)?;
    let ordered = months(order.period.as_deref()?, order.used_time?);
    Some(months(period, count) == ordered)
}

/// What an order asks for that lists do not tell.
fn untold(order: &api::CreateDtsInstance, dates_tell: bool) -> Vec<&'static str> {
    let advance = order.pay_type.as_deref().map(pay_type) == Some("PrePaid");
    let asked = [
        ("used_time", advance && order.used_time.is_some() && !dates_tell),
        ("auto_pay", order.auto_pay.is_some()),
        ("database_count", order.database_count.is_some()),
        ("compute_unit", order.compute_unit.is_some()),
        ("du", order.du.is_some()),
        ("min_du", order.min_du.is_some()),
        ("max_du", order.max_du.is_some()),
        ("fee_type", order.fee_type.is_some()),
    ];
    let untold = asked.into_iter().filter(|(_, untold)| *untold);
    untold.map(|(name, _)| name).collect()
}

/// Holds a candidate against what only its details tell.
fn examine(
    one: &mut Candidate<api::PurchasedInstance>,
    detail: &api::JobDetail,
    order: &api::CreateDtsInstance,
) {
    let number = |text: &Option<String>| text.as_deref().and_then(Number::parse);
    let of_count = |count: Option<i64>| count.map(|count| count.to_string());
    // Without a number it is one database; none at all is no answer.
    let count = of_count(Some(order.database_count.unwrap_or(1)));
    let told = of_count(detail.database_count.filter(|count| *count > 0));
    for (name, ordered, there) in [
        ("database_count", &count, &told),
        ("min_du", &order.min_du, &detail.min_du),
        ("max_du", &order.max_du, &detail.max_du),
    ] {
        if let (Some(ordered), Some(there)) = (number(ordered), number(there)) {
            one.alike &= ordered == there;
            one.untold.retain(|untold| *untold != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An order of a year, or of what is said otherwise, against what DTS shows.
    #[test]
    fn what_is_paid_for_another_time_is_another_one() {
        let order = |period: &str, used_time| api::CreateDtsInstance {
            pay_type: Some("PrePaid".to_owned()),
            period: Some(period.to_owned()),
            used_time: Some(used_time),
            auto_pay: Some(true),
            ..api::CreateDtsInstance::default()
        };
        let job = |expires: Option<&str>| api::JobSummary {
            create_time: Some("2026-01-31T10:00:00Z".to_owned()),
            expire_time: expires.map(str::to_owned),
            ..api::JobSummary::default()
        };
        for (period, used_time, expires, expected) in [
            ("Month", 3, Some("2026-04-30T16:00:00Z"), Some(true)),
            ("Month", 9, Some("2026-04-30T16:00:00Z"), Some(false)),
            ("Year", 1, Some("2027-02-01T16:00:00Z"), Some(true)),
            ("Month", 12, Some("2027-02-01T16:00:00Z"), Some(true)),
            ("Year", 2, Some("2027-02-01T16:00:00Z"), Some(false)),
            // A month and a half.
            ("Month", 1, Some("2026-03-15T16:00:00Z"), None),
            ("Month", 1, None, None),
        ] {
            let (order, job) = (order(period, used_time), job(expires));
            let lasts = lasts(&job, &order);
            assert_eq!(lasts, expected, "{period} {used_time} {expires:?}");
            let untold = untold(&order, lasts.is_some());
            assert_eq!(untold.contains(&"used_time"), expected.is_none(), "{untold:?}");
            assert!(untold.contains(&"auto_pay"), "{untold:?}");
        }
    }

    #[test]
    fn details_tell_how_much_there_is() {
        let ordered = |count, least: Option<&str>| api::CreateDtsInstance {
            database_count: count,
            min_du: least.map(str::to_owned),
            ..api::CreateDtsInstance::default()
        };
        let detail = |count, least: Option<&str>| api::JobDetail {
            database_count: count,
            min_du: least.map(str::to_owned),
            ..api::JobDetail::default()
        };
        for (order, detail, expected, left) in [
            (ordered(Some(3), None), detail(Some(3), None), true, vec![]),
            (ordered(Some(3), None), detail(Some(1), None), false, vec![]),
            (ordered(None, None), detail(Some(3), None), false, vec![]),
            (
                ordered(Some(3), None),
                detail(None, None),
                true,
                vec!["database_count"],
            ),
            (
                ordered(Some(3), None),
                detail(Some(0), None),
                true,
                vec!["database_count"],
            ),
            (ordered(None, Some("1")), detail(None, Some("1.0")), true, vec![]),
            (ordered(None, Some("1")), detail(None, Some("2")), false, vec![]),
            (ordered(None, Some("1")), detail(None, None), true, vec!["min_du"]),
        ] {
            let mut one = Candidate {
                made: api::PurchasedInstance {
                    instance_id: "dtsa".to_owned(),
                    job_id: None,
                },
                created: None,
                alike: true,
                untold: untold(&order, false),
            };
            examine(&mut one, &detail, &order);
            assert_eq!((one.alike, one.untold), (expected, left), "{order:?} {detail:?}");
        }
    }

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
