//! `ConfigureDtsJob`, and finding out what became of a call whose answer was lost.

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::decide::starts_later;
use super::keys;
use crate::api;
use crate::dts::configured::{self, Configuring, On};
use crate::dts::course::Desired;
use crate::dts::endpoint::{self, Side};
use crate::dts::lookup::{Candidate, LeftOver, Once};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{db_list, objects};
use crate::framework::{Diagnostic, Diagnostics, Object, Path};

/// The request for what is planned; passwords come from the configuration.
pub(super) fn request(planned: &Object, config: &Object, job_id: Option<&str>) -> api::ConfigureDtsJob {
    let text = |name: &str| planned.str(name).map(str::to_owned);
    let flag = |name: &str| planned.bool(name).unwrap_or(false);
    let number = |name: &str| planned.i64(name).map(|number| number.to_string());
    let hold = match planned.str("desired_status").and_then(Desired::parse) {
        Some(Desired::Configured | Desired::Suspended) => true,
        // Bought for since: a precheck that passes would also start it.
        Some(Desired::Prechecked) => planned.str("dts_instance_id").is_some(),
        Some(Desired::Running) => starts_later(planned),
        _ => false,
    };
    api::ConfigureDtsJob {
        dts_job_id: job_id.map(str::to_owned),
        dts_instance_id: text("dts_instance_id"),
        dts_job_name: text("dts_job_name").unwrap_or_default(),
        job_type: text("job_type").unwrap_or_default(),
        structure_initialization: flag("structure_initialization"),
        data_initialization: flag("data_initialization"),
        data_synchronization: flag("data_synchronization"),
        source: endpoint::to_api(Side::Source, planned, config),
        destination: endpoint::to_api(Side::Destination, planned, config),
        db_list: objects::db_list(planned),
        reserve: keys::to_send(planned, hold),
        checkpoint: text("checkpoint"),
        synchronization_direction: text("synchronization_direction"),
        data_check_configure: text("data_check_configure"),
        dedicated_cluster_id: text("dedicated_cluster_id"),
        min_du: number("min_du"),
        max_du: number("max_du"),
        delay_notice: planned.bool("delay_notice"),
        delay_phone: text("delay_phone"),
        delay_rule_time: planned.i64("delay_rule_time"),
        error_notice: planned.bool("error_notice"),
        error_phone: text("error_phone"),
        disaster_recovery_job: planned.bool("disaster_recovery_job"),
        dts_bis_label: text("dts_bis_label"),
        ..api::ConfigureDtsJob::default()
    }
}

struct Configuration<'a>(&'a api::ConfigureDtsJob);

#[async_trait]
impl Once for Configuration<'_> {
    type Made = api::ConfiguredJob;

    const LOOKS: &'static [Duration] = &[Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

    async fn make(&self, api: &api::Client) -> Result<api::ConfiguredJob, api::Error> {
        api.configure_dts_job(self.0).await
    }

    async fn candidates(&self, api: &api::Client) -> Result<Vec<Candidate<api::ConfiguredJob>>, api::Error> {
        let Configuration(request) = self;
        if !self.is_certain() {
            return by_name(api, request).await;
        }
        let job = api::JobRef {
            job_id: request.dts_job_id.clone(),
            instance_id: request.dts_instance_id.clone(),
            direction: request.synchronization_direction.clone(),
        };
        let detail = api.describe_dts_job_detail(&job).await?;
        let made = configured_as(&detail, request).into_iter();
        Ok(made
            .map(|made| Candidate {
                made,
                created: None,
                alike: true,
                untold: Vec::new(),
            })
            .collect())
    }

    fn is_certain(&self) -> bool {
        self.0.dts_job_id.is_some() || self.0.dts_instance_id.is_some()
    }

    fn likeness(&self) -> String {
        format!("job {} {}", self.0.job_type, self.0.dts_job_name)
    }

    /// Another job of the same name may well be meant, but hardly one of the same databases and objects. None is taken unasked:
    /// another resource may have it.
    fn left_over(&self) -> LeftOver {
        LeftOver::Stop
    }

    fn id(made: &api::ConfiguredJob) -> &str {
        &made.dts_job_id
    }
}

#[async_trait]
impl Configuring for Configuration<'_> {
    const THING: &'static str = "job";

    const ALIKE: &'static str = "source, destination and objects";

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
        two_jobs(instance)
    }

    async fn explain(
        &self,
        client: &Client,
        cause: &api::Error,
        mut refused: Diagnostic,
    ) -> Result<Diagnostic, Diagnostics> {
        let Configuration(request) = self;
        if cause.kind() == api::Kind::Api
            && let Some((at, why)) = occupied(client, &client.api(&CancellationToken::new())?, request).await
        {
            refused.detail = format!("{why}\n\n{}", refused.detail);
            return Ok(refused.at(at));
        }
        if cause.is_code("UnSupportedTaskType") && request.dts_instance_id.is_some() {
            return Ok(refused.at(Path::attribute("job_type")));
        }
        Ok(refused)
    }
}

/// Configures a job. Without ids in the request it makes one, and never two.
pub(super) async fn configure(
    client: &Client,
    api: &api::Client,
    request: &api::ConfigureDtsJob,
    warnings: &mut Diagnostics,
) -> Result<api::ConfiguredJob, Diagnostics> {
    configured::configure(client, api, &Configuration(request), warnings).await
}

/// DTS takes a second job on an instance for a new configuration of the first, as long as that has not started: both resources
/// would have the same job, and undo each other.
pub(super) fn two_jobs(instance: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Two dts_job resources for DTS instance {instance}"),
        "An instance serves one job, and another resource of this configuration has it or is to have it. Give this one another \
         instance, or remove one of the two; a resource that has another name now needs a `moved` block.",
    )
    .at(Path::attribute("dts_instance_id"))
}

/// Why DTS took no new job on an instance, where the job that is on it tells; DTS's own refusal does not (dts-api.md 3.5).
async fn occupied(
    client: &Client,
    api: &api::Client,
    request: &api::ConfigureDtsJob,
) -> Option<(Path, String)> {
    let (None, Some(instance)) = (&request.dts_job_id, &request.dts_instance_id) else {
        return None;
    };
    let mut there = api::JobRef::instance(instance);
    there.direction.clone_from(&request.synchronization_direction);
    let detail = api.describe_dts_job_detail(&there).await.ok()?;
    let status = detail.status.unwrap_or_default();
    let job = detail.dts_job_id.unwrap_or_default();
    let stage = Stage::of(&status);
    let why = match stage {
        _ if !stage.has_run() => return None,
        Stage::Finished if request.job_type == "MIGRATION" && !client.is_claimed(&job) => format!(
            "Job {job} has run on instance {instance} (status {status}), and a migration that has run cannot be configured again on its \
             instance. Replace the instance: `terraform apply -replace` on the `dts_instance`, or in its `lifecycle` block \
             `replace_triggered_by` with what changes here."
        ),
        _ => format!(
            "Job {job} is on instance {instance} (status {status}), and an instance serves one job. Give this one another instance, or \
             import {job} if it is this one."
        ),
    };
    Some((Path::attribute("dts_instance_id"), why))
}

/// Whether the job has the configuration of the request by now.
fn configured_as(detail: &api::JobDetail, request: &api::ConfigureDtsJob) -> Option<api::ConfiguredJob> {
    let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
    let same_objects = match (&detail.db_object, &request.db_list) {
        (Some(there), Some(asked)) => db_list::same_text(there, asked),
        _ => false,
    };
    // A job that was configured before looks like it whether this call took effect or not, for passwords are not told. Only that it
    // runs now can come of the call; otherwise it is made again, which changes nothing where it was made already.
    let came_of_it = match request.dts_job_id {
        Some(_) => stage == Stage::Prechecking || stage.has_run(),
        None => stage != Stage::NotConfigured,
    };
    let same = came_of_it
        && detail.dts_job_name.as_deref() == Some(request.dts_job_name.as_str())
        && detail.source.instance_id == request.source.instance_id
        && detail.destination.instance_id == request.destination.instance_id
        && same_objects;
    let dts_job_id = detail.dts_job_id.clone().filter(|_| same)?;
    Some(api::ConfiguredJob {
        dts_job_id,
        dts_instance_id: detail.dts_instance_id.clone(),
    })
}

/// The jobs of that very name that have no instance.
async fn by_name(
    api: &api::Client,
    request: &api::ConfigureDtsJob,
) -> Result<Vec<Candidate<api::ConfiguredJob>>, api::Error> {
    let query = api::DescribeDtsJobs {
        job_type: Some(request.job_type.clone()),
        type_: Some("name".to_owned()),
        params: Some(request.dts_job_name.clone()),
        ..api::DescribeDtsJobs::default()
    };
    let jobs = api.describe_dts_jobs(&query).await?;
    let mine = jobs.into_iter().filter(|job| {
        job.dts_job_name.as_deref() == Some(request.dts_job_name.as_str()) && job.dts_instance_id.is_none()
    });
    let mine = mine.filter_map(|job| {
        let same_objects = match (&job.db_object, &request.db_list) {
            (Some(there), Some(asked)) => db_list::same_text(there, asked),
            _ => true,
        };
        Some(Candidate {
            made: api::ConfiguredJob {
                dts_job_id: job.dts_job_id?,
                dts_instance_id: None,
            },
            untold: Vec::new(),
            created: job.create_time.and_then(|time| time.parse().ok()),
            alike: same_objects
                && same_end(&job.source, &request.source)
                && same_end(&job.destination, &request.destination),
        })
    });
    Ok(mine.collect())
}

/// What DTS does not tell cannot speak against it.
fn same_end(there: &api::EndpointDetail, asked: &api::Endpoint) -> bool {
    let same = |there: &Option<String>, asked: &Option<String>| match (there, asked) {
        (Some(there), Some(asked)) => there == asked,
        _ => true,
    };
    same(&there.instance_id, &asked.instance_id)
        && same(&there.ip, &asked.ip)
        && same(&there.port, &asked.port)
}
