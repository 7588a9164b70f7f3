//! `data.dts_jobs`: jobs by filters, from all pages.

use async_trait::async_trait;

use super::{delay, endpoint, endpoint_type, filters, job_type, listed, tags};
use crate::api;
use crate::dts::error;
use crate::dts::provider::Client;
use crate::framework::datasource::{DataSource, Query};
use crate::framework::validate::conflict;
use crate::framework::{Attribute, Block, Diagnostics, Object, Schema, Type, Value};

/// `data.dts_jobs`
#[derive(Debug)]
pub(in crate::dts) struct Jobs;

#[async_trait]
impl DataSource<Client> for Jobs {
    fn type_name(&self) -> &'static str {
        "dts_jobs"
    }

    fn schema(&self) -> Schema {
        let job = Type::object([
            ("id", Type::String),
            ("dts_instance_id", Type::String),
            ("dts_job_name", Type::String),
            ("job_type", Type::String),
            ("synchronization_direction", Type::String),
            ("status", Type::String),
            ("instance_class", Type::String),
            ("pay_type", Type::String),
            ("create_time", Type::String),
            ("expire_time", Type::String),
            ("checkpoint", Type::String),
            ("delay", Type::Number),
            ("error_message", Type::String),
            ("dedicated_cluster_id", Type::String),
            ("resource_group_id", Type::String),
            ("source_endpoint", endpoint_type()),
            ("destination_endpoint", endpoint_type()),
            ("tags", Type::map(Type::String)),
        ]);
        Schema::new(
            Block::new("Finds DTS jobs by filters (`DescribeDtsJobs`), from all pages. Without a filter it is every job of the region.")
                .attributes(filters("job_type"))
                .attribute(Attribute::new("ids", Type::list(Type::String)).computed().describe("Ids of the jobs, in the order of `jobs`."))
                .attribute(Attribute::new("jobs", Type::list(job)).computed().describe(
                    "The jobs. Each has `id`, `dts_instance_id` (null before the purchase), `dts_job_name`, `job_type`, `synchronization_direction`, `status`, \
                     `instance_class`, `pay_type`, `create_time`, `expire_time`, `checkpoint` (Unix seconds), `delay` (milliseconds behind the source; null before \
                     changes are followed), `error_message`, `dedicated_cluster_id`, `resource_group_id`, `source_endpoint` and `destination_endpoint` (`instance_type`, \
                     `engine_name`, `instance_id`, `region`, `ip`, `port`, `database_name`, `user_name`, `oracle_sid`; lists leave `owner_id` and `role` out) and the `tags` \
                     of its instance. The two directions of a synchronization are two jobs, and each is found by its own name, status and source.",
                )),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        conflict(
            config,
            "name",
            "source_instance_id",
            "DTS looks for one of them.",
            diagnostics,
        );
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let api = query.client.api(&query.cancel)?;
        let found = listed(&api, &query.state, "job_type", true).await;
        let found = found.map_err(error::to("list DTS jobs"))?;
        let mut jobs = Vec::new();
        for (entry, filter) in &found {
            let fitting = entry.halves().filter(|half| filter.fits(half, entry));
            jobs.extend(fitting.map(|half| to_value(half, entry)));
        }
        let ids: Vec<Value> = jobs
            .iter()
            .filter_map(|job| Some(job.as_map()?.get("id").clone()))
            .collect();
        query.state.set("ids", ids);
        query.state.set("jobs", jobs);
        Ok(())
    }
}

/// A job, or the reverse half of one, of which less is told: the rest is that of the `entry` it stands in.
fn to_value(job: &api::JobSummary, entry: &api::JobSummary) -> Value {
    let or = |own: &Option<String>, of_entry: &Option<String>| own.clone().or_else(|| of_entry.clone());
    let kind = or(&job.job_type, &entry.job_type);
    let own_delay = api::JobSummary {
        job_type: kind.clone(),
        delay: job.delay,
        ..api::JobSummary::default()
    };
    Object::new()
        .with("id", job.dts_job_id.clone())
        .with(
            "dts_instance_id",
            or(&job.dts_instance_id, &entry.dts_instance_id),
        )
        .with("dts_job_name", job.dts_job_name.clone())
        .with("job_type", kind.as_deref().map(job_type))
        .with("synchronization_direction", job.dts_job_direction.clone())
        .with("status", job.status.clone())
        .with("instance_class", or(&job.dts_job_class, &entry.dts_job_class))
        .with("pay_type", or(&job.pay_type, &entry.pay_type))
        .with("create_time", or(&job.create_time, &entry.create_time))
        .with("expire_time", or(&job.expire_time, &entry.expire_time))
        .with("checkpoint", job.checkpoint.clone())
        .with("delay", delay(&own_delay))
        .with("error_message", job.error_message.clone())
        .with(
            "dedicated_cluster_id",
            or(&job.dedicated_cluster_id, &entry.dedicated_cluster_id),
        )
        .with(
            "resource_group_id",
            or(&job.resource_group_id, &entry.resource_group_id),
        )
        .with("source_endpoint", endpoint(&job.source))
        .with("destination_endpoint", endpoint(&job.destination))
        .with("tags", tags(&entry.tags))
        .into()
}
