//! `ConfigureSubscription`, and finding out what became of a call whose answer was lost.

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::SUBSCRIBE;
use super::schema::NOTICES;
use crate::api;
use crate::dts::configured::{self, Configuring, On};
use crate::dts::endpoint::{self, Side};
use crate::dts::lookup::{Candidate, LeftOver, Once};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{db_list, objects, reserve};
use crate::framework::{Diagnostic, Diagnostics, Object, Path};

/// The request for what is planned; the password comes from the configuration.
pub(super) fn request(planned: &Object, config: &Object, job_id: Option<&str>) -> api::ConfigureSubscription {
    let text = |name: &str| planned.str(name).map(str::to_owned);
    let number = |name: &str| planned.i64(name).map(|number| number.to_string());
    api::ConfigureSubscription {
        dts_job_id: job_id.map(str::to_owned),
        dts_instance_id: text("dts_instance_id"),
        dts_job_name: text("dts_job_name").unwrap_or_default(),
        source: endpoint::to_api(Side::Subscribed, planned, config),
        db_list: objects::db_list(planned),
        network_type: text("subscription_instance_network_type").unwrap_or_default(),
        vpc_id: text("subscription_instance_vpc_id"),
        vswitch_id: text("subscription_instance_vswitch_id"),
        data_type_ddl: planned.bool("subscription_data_type_ddl"),
        data_type_dml: planned.bool("subscription_data_type_dml"),
        reserve: reserve::to_send(planned.str("reserve"), false),
        checkpoint: text("checkpoint"),
        dedicated_cluster_id: text("dedicated_cluster_id"),
        min_du: number("min_du"),
        max_du: number("max_du"),
        delay_notice: planned.bool("delay_notice"),
        delay_phone: text("delay_phone"),
        delay_rule_time: planned.i64("delay_rule_time"),
        error_notice: planned.bool("error_notice"),
        error_phone: text("error_phone"),
        dts_bis_label: text("dts_bis_label"),
        resource_group_id: text("resource_group_id"),
    }
}

/// The rule of a type as the notices of `planned` say it; what they do not say any more is off.
pub(super) fn rule(planned: &Object, job_id: &str, kind: &str) -> api::CreateJobMonitorRule {
    let names = NOTICES
        .into_iter()
        .find(|(of, _)| *of == kind)
        .map(|(_, names)| names);
    let named = |part: &str| {
        let mut names = names.unwrap_or_default().iter();
        names
            .find(|name| name.ends_with(part))
            .copied()
            .unwrap_or_default()
    };
    let on = planned.bool(named("_notice")) == Some(true);
    api::CreateJobMonitorRule {
        dts_job_id: job_id.to_owned(),
        type_: kind.to_owned(),
        state: Some(if on { "Y" } else { "N" }.to_owned()),
        // An empty one takes away whom the rule had.
        phone: Some(planned.str(named("_phone")).unwrap_or_default().to_owned()),
        delay_rule_time: planned.i64(named("_time")),
        ..api::CreateJobMonitorRule::default()
    }
}

struct Configuration<'a>(&'a api::ConfigureSubscription);

#[async_trait]
impl Once for Configuration<'_> {
    type Made = api::ConfiguredJob;

    const LOOKS: &'static [Duration] = &[Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

    async fn make(&self, api: &api::Client) -> Result<api::ConfiguredJob, api::Error> {
        api.configure_subscription(self.0).await
    }

    async fn candidates(&self, api: &api::Client) -> Result<Vec<Candidate<api::ConfiguredJob>>, api::Error> {
        let Configuration(request) = self;
        match (&request.dts_job_id, &request.dts_instance_id) {
            // One that was configured before looks the same whether this call took effect or not; a second call changes nothing then.
            (Some(_), _) => Ok(Vec::new()),
            (None, Some(instance)) => on_instance(api, instance, request).await,
            (None, None) => by_name(api, request).await,
        }
    }

    fn is_certain(&self) -> bool {
        self.0.dts_job_id.is_some() || self.0.dts_instance_id.is_some()
    }

    fn likeness(&self) -> String {
        format!("subscription {}", self.0.dts_job_name)
    }

    /// Another one of the same name may well be meant, but hardly one of the same database and objects. None is taken unasked: another
    /// resource may have it.
    fn left_over(&self) -> LeftOver {
        LeftOver::Stop
    }

    fn id(made: &api::ConfiguredJob) -> &str {
        &made.dts_job_id
    }
}

#[async_trait]
impl Configuring for Configuration<'_> {
    const THING: &'static str = "subscription";

    const ALIKE: &'static str = "source and objects";

    fn name(&self) -> &str {
        &self.0.dts_job_name
    }

    fn on(&self) -> On<'_> {
        On {
            job: self.0.dts_job_id.as_deref(),
            instance: self.0.dts_instance_id.as_deref(),
        }
    }

    fn two_on(instance: &str) -> Diagnostic {
        two_on(instance)
    }

    async fn explain(
        &self,
        client: &Client,
        cause: &api::Error,
        mut refused: Diagnostic,
    ) -> Result<Diagnostic, Diagnostics> {
        let On {
            job: None,
            instance: Some(instance),
        } = self.on()
        else {
            return Ok(refused);
        };
        if cause.kind() != api::Kind::Api {
            return Ok(refused);
        }
        let looker = client.api(&CancellationToken::new())?;
        if let Some(why) = occupied(&looker, instance).await {
            refused.detail = format!("{why}\n\n{}", refused.detail);
        }
        Ok(refused.at(Path::attribute("dts_instance_id")))
    }
}

/// Configures a subscription. Without ids in the request it makes one, and never two.
pub(super) async fn configure(
    client: &Client,
    api: &api::Client,
    request: &api::ConfigureSubscription,
    warnings: &mut Diagnostics,
) -> Result<api::ConfiguredJob, Diagnostics> {
    configured::configure(client, api, &Configuration(request), warnings).await
}

/// DTS takes a second one on an instance for a new configuration of the first, as long as that has not started: both resources would
/// have the same, and undo each other.
pub(super) fn two_on(instance: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Two resources on DTS instance {instance}"),
        "An instance serves one subscription, and another resource of this configuration has it or is to have it. Give this one another \
         instance, or remove one of the two; a resource that has another name now needs a `moved` block.",
    )
    .at(Path::attribute("dts_instance_id"))
}

/// Why DTS took no new subscription on an instance, where the one that is on it tells; DTS's own refusal does not (dts-api.md 3.5).
async fn occupied(api: &api::Client, instance: &str) -> Option<String> {
    let there = api::JobRef::instance(instance);
    let detail = api.describe_dts_job_detail(&there).await.ok()?;
    let (status, job) = (detail.status?, detail.dts_job_id?);
    Stage::of(&status).has_run().then(|| {
        format!(
            "{job} is on instance {instance} (status {status}), and an instance serves one. If it is this one, most likely configured by an \
             apply that was cut off, import it (`terraform import <address> {job}`); otherwise give this one another instance."
        )
    })
}

/// What is on the instance, if it is configured as asked by now.
async fn on_instance(
    api: &api::Client,
    instance: &str,
    request: &api::ConfigureSubscription,
) -> Result<Vec<Candidate<api::ConfiguredJob>>, api::Error> {
    let detail = api
        .describe_dts_job_detail(&api::JobRef::instance(instance))
        .await?;
    let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
    let same = stage != Stage::NotConfigured
        && detail.dts_job_name.as_deref() == Some(request.dts_job_name.as_str())
        && same_source(&detail.source, &request.source)
        && same_objects(detail.db_object.as_deref(), request);
    let made = detail.dts_job_id.filter(|_| same).map(|dts_job_id| Candidate {
        made: api::ConfiguredJob {
            dts_job_id,
            dts_instance_id: Some(instance.to_owned()),
        },
        created: None,
        alike: true,
        untold: Vec::new(),
    });
    Ok(made.into_iter().collect())
}

/// Those of that very name that have no instance.
async fn by_name(
    api: &api::Client,
    request: &api::ConfigureSubscription,
) -> Result<Vec<Candidate<api::ConfiguredJob>>, api::Error> {
    let query = api::DescribeDtsJobs {
        job_type: Some(SUBSCRIBE.to_owned()),
        type_: Some("name".to_owned()),
        params: Some(request.dts_job_name.clone()),
        ..api::DescribeDtsJobs::default()
    };
    let jobs = api.describe_dts_jobs(&query).await?;
    let mine = jobs.into_iter().filter(|job| {
        job.dts_job_name.as_deref() == Some(request.dts_job_name.as_str()) && job.dts_instance_id.is_none()
    });
    let mine = mine.filter_map(|job| {
        Some(Candidate {
            alike: (job.db_object.is_none() || same_objects(job.db_object.as_deref(), request))
                && same_source(&job.source, &request.source),
            made: api::ConfiguredJob {
                dts_job_id: job.dts_job_id?,
                dts_instance_id: None,
            },
            untold: Vec::new(),
            created: job.create_time.and_then(|time| time.parse().ok()),
        })
    });
    Ok(mine.collect())
}

fn same_objects(there: Option<&str>, request: &api::ConfigureSubscription) -> bool {
    matches!((there, &request.db_list), (Some(there), Some(asked)) if db_list::same_text(there, asked))
}

/// What DTS does not tell cannot speak against it.
fn same_source(there: &api::EndpointDetail, asked: &api::Endpoint) -> bool {
    let same = |there: &Option<String>, asked: &Option<String>| match (there, asked) {
        (Some(there), Some(asked)) => there == asked,
        _ => true,
    };
    same(&there.instance_id, &asked.instance_id)
        && same(&there.ip, &asked.ip)
        && same(&there.port, &asked.port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_become_rules() {
        let planned = Object::new()
            .with("delay_notice", true)
            .with("delay_rule_time", 60)
            .with("delay_phone", "1")
            .with("error_phone", "2");
        let delay = rule(&planned, "j", "delay");
        assert_eq!(
            (
                delay.state.as_deref(),
                delay.phone.as_deref(),
                delay.delay_rule_time
            ),
            (Some("Y"), Some("1"), Some(60))
        );
        let error = rule(&planned, "j", "error");
        assert_eq!(
            (
                error.state.as_deref(),
                error.phone.as_deref(),
                error.delay_rule_time
            ),
            (Some("N"), Some("2"), None)
        );
    }
}
