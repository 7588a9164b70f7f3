//! `ConfigureDtsJob`, and finding out what became of a call whose answer was lost.

use std::time::Duration;

use async_trait::async_trait;

use crate::api;
use crate::dts::course::Desired;
use crate::dts::endpoint::{self, Side};
use crate::dts::error;
use crate::dts::lookup::{self, Once, Outcome};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{objects, reserve};
use crate::framework::{Diagnostic, Diagnostics, Object};

/// The request for what is planned; passwords come from the configuration.
pub(super) fn request(planned: &Object, config: &Object, job_id: Option<&str>) -> api::ConfigureDtsJob {
    let text = |name: &str| planned.str(name).map(str::to_owned);
    let flag = |name: &str| planned.bool(name).unwrap_or(false);
    let hold = match planned.str("desired_status").and_then(Desired::parse) {
        Some(Desired::Configured) => true,
        // Bought for since: a precheck that passes would also start it.
        Some(Desired::Prechecked) => planned.str("dts_instance_id").is_some(),
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
        reserve: reserve::to_send(planned.str("reserve"), hold),
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

    async fn candidates(&self, api: &api::Client) -> Result<Vec<api::ConfiguredJob>, api::Error> {
        let Configuration(request) = self;
        if !self.is_certain() {
            return by_name(api, request).await;
        }
        let job = api::JobRef {
            job_id: request.dts_job_id.clone(),
            instance_id: request.dts_instance_id.clone(),
            ..api::JobRef::default()
        };
        let detail = api.describe_dts_job_detail(&job).await?;
        Ok(configured_as(&detail, request).into_iter().collect())
    }

    fn is_certain(&self) -> bool {
        self.0.dts_job_id.is_some() || self.0.dts_instance_id.is_some()
    }

    fn id(made: &api::ConfiguredJob) -> &str {
        &made.dts_job_id
    }
}

/// Configures a job. Without ids in the request it makes one, and never two.
pub(super) async fn configure(
    client: &Client,
    api: &api::Client,
    request: &api::ConfigureDtsJob,
    warnings: &mut Diagnostics,
) -> Result<api::ConfiguredJob, Diagnostics> {
    let what = format!("configure DTS job {:?}", request.dts_job_name);
    let mut problems = Diagnostics::new();
    match lookup::once(client, api, &Configuration(request)).await? {
        Outcome::Made(job) => return Ok(job),
        Outcome::Found(only, lost) => {
            warnings.push(Diagnostic::warning(
                format!(
                    "DTS job {} was configured by a call whose answer was lost",
                    only.dts_job_id
                ),
                format!("{lost}\n\nThe job was looked up and taken into the state; none was made twice."),
            ));
            return Ok(only);
        }
        Outcome::Refused(cause) | Outcome::Nothing(cause) => problems.push(error::unable(&what, &cause)),
        Outcome::Several(several, lost) => {
            let ids: Vec<&str> = several.iter().map(|job| job.dts_job_id.as_str()).collect();
            problems.push(Diagnostic::error(
                format!("Unable to tell which DTS job {:?} was made", request.dts_job_name),
                format!(
                    "{lost}\n\nThese jobs of that name appeared since and belong to nobody here: {}. Import the one that is yours, \
                     or delete them, then apply again.",
                    ids.join(", ")
                ),
            ));
        }
        Outcome::Blind(lost, cause) => {
            problems.push(error::unable(&what, &lost));
            problems
                .extend(cause.map(|cause| error::unable("look up whether the job was configured", &cause)));
        }
    }
    Err(problems)
}

/// Whether the job has the configuration of the request by now.
fn configured_as(detail: &api::JobDetail, request: &api::ConfigureDtsJob) -> Option<api::ConfiguredJob> {
    let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
    let same_objects = match (&detail.db_object, &request.db_list) {
        (Some(there), Some(asked)) => objects::same_text(there, asked),
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
) -> Result<Vec<api::ConfiguredJob>, api::Error> {
    let query = api::DescribeDtsJobs {
        job_type: Some(request.job_type.clone()),
        type_: Some("name".to_owned()),
        params: Some(request.dts_job_name.clone()),
        without_db_list: Some(true),
        ..api::DescribeDtsJobs::default()
    };
    let jobs = api.describe_dts_jobs(&query).await?;
    let mine = jobs.into_iter().filter(|job| {
        job.dts_job_name.as_deref() == Some(request.dts_job_name.as_str()) && job.dts_instance_id.is_none()
    });
    let mine = mine.filter_map(|job| {
        Some(api::ConfiguredJob {
            dts_job_id: job.dts_job_id?,
            dts_instance_id: None,
        })
    });
    Ok(mine.collect())
}
