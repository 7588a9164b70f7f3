//! `ConfigureDtsJob`, and finding out what became of a call whose answer was lost.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::api;
use crate::dts::course::Desired;
use crate::dts::endpoint::{self, Side};
use crate::dts::error;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{objects, reserve};
use crate::framework::{Diagnostic, Diagnostics, Object};

/// How long DTS has to show a job: the waits between looks.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// How much the clock of DTS may differ from ours.
const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// How often it is called when it certainly did not happen before.
const ATTEMPTS: usize = 2;

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

/// Configures a job. Without ids in the request it makes one, and never two.
pub(super) async fn configure(
    client: &Client,
    api: &api::Client,
    request: &api::ConfigureDtsJob,
    warnings: &mut Diagnostics,
) -> Result<api::ConfiguredJob, Diagnostics> {
    let what = format!("configure DTS job {:?}", request.dts_job_name);
    // Looking up must not be cut short by Stop: it is how a job that was made gets into the state.
    let looker = client.api(&CancellationToken::new())?;
    let begun = api.clock().now();
    let mut attempt = 1;
    loop {
        let open = client.purchases.read().await;
        let lost = match api.configure_dts_job(request).await {
            Ok(job) => {
                client.claim(&job.dts_job_id);
                return Ok(job);
            }
            Err(cause) if cause.is_outcome_unknown() => cause,
            Err(cause) => return Err(error::unable(&what, &cause).into()),
        };
        drop(open);
        let _alone = client.purchases.write().await;
        let found = look_up(client, &looker, request, begun).await.map_err(|cause| {
            let mut diagnostics = Diagnostics::from(error::unable(&what, &lost));
            diagnostics.push(error::unable("look up whether the job was configured", &cause));
            diagnostics
        })?;
        match found.as_slice() {
            [] if attempt < ATTEMPTS => attempt += 1,
            [] => return Err(error::unable(&what, &lost).into()),
            [only] => {
                client.claim(&only.dts_job_id);
                warnings.push(Diagnostic::warning(
                    format!(
                        "DTS job {} was configured by a call whose answer was lost",
                        only.dts_job_id
                    ),
                    format!("{lost}\n\nThe job was looked up and taken into the state; none was made twice."),
                ));
                return Ok(only.clone());
            }
            several => {
                let ids: Vec<&str> = several.iter().map(|job| job.dts_job_id.as_str()).collect();
                return Err(Diagnostic::error(
                    format!("Unable to tell which DTS job {:?} was made", request.dts_job_name),
                    format!(
                        "{lost}\n\nThese jobs of that name appeared since and belong to nobody here: {}. Import the one that is yours, \
                         or delete them, then apply again.",
                        ids.join(", ")
                    ),
                )
                .into());
            }
        }
    }
}

/// The jobs that the lost call may have configured.
async fn look_up(
    client: &Client,
    api: &api::Client,
    request: &api::ConfigureDtsJob,
    begun: jiff::Timestamp,
) -> Result<Vec<api::ConfiguredJob>, api::Error> {
    for wait in LOOKS {
        api.clock().sleep(wait).await;
        let found = match (&request.dts_job_id, &request.dts_instance_id) {
            (None, None) => by_name(client, api, request, begun).await?,
            (job_id, instance_id) => {
                let job = api::JobRef {
                    job_id: job_id.clone(),
                    instance_id: instance_id.clone(),
                    ..api::JobRef::default()
                };
                let detail = api.describe_dts_job_detail(&job).await?;
                configured_as(&detail, request).into_iter().collect()
            }
        };
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
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

async fn by_name(
    client: &Client,
    api: &api::Client,
    request: &api::ConfigureDtsJob,
    begun: jiff::Timestamp,
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
        let recent = job
            .create_time
            .as_deref()
            .and_then(|time| time.parse::<jiff::Timestamp>().ok())
            .is_some_and(|time| begun.checked_sub(SKEW).is_ok_and(|earliest| time >= earliest));
        recent
            && job.dts_job_name.as_deref() == Some(request.dts_job_name.as_str())
            && job.dts_instance_id.is_none()
    });
    let mine = mine.filter_map(|job| {
        let dts_job_id = job.dts_job_id.filter(|id| !client.is_claimed(id))?;
        Some(api::ConfiguredJob {
            dts_job_id,
            dts_instance_id: None,
        })
    });
    Ok(mine.collect())
}
