//! `data.dts_instances`: instances by filters, from all pages.

use async_trait::async_trait;

use super::{filters, job_type, listed, tags, text};
use crate::api;
use crate::dts::error;
use crate::dts::provider::Client;
use crate::framework::datasource::{DataSource, Query};
use crate::framework::validate::conflict;
use crate::framework::{Attribute, Block, Check, Diagnostics, Object, Schema, Type, Value};

/// `data.dts_instances`
#[derive(Debug)]
pub(in crate::dts) struct Instances;

#[async_trait]
impl DataSource<Client> for Instances {
    fn type_name(&self) -> &'static str {
        "dts_instances"
    }

    fn schema(&self) -> Schema {
        let names = [
            "id",
            "job_id",
            "reverse_job_id",
            "dts_job_name",
            "type",
            "instance_class",
            "pay_type",
            "status",
            "source_endpoint_engine_name",
            "destination_endpoint_engine_name",
            "source_region",
            "destination_region",
            "create_time",
            "expire_time",
            "resource_group_id",
        ];
        let members = names.map(|name| (name, Type::String)).into_iter();
        let members = members.chain([("tags", Type::map(Type::String))]);
        let instance = Type::Object(members.map(|(name, ty)| (name.to_owned(), ty)).collect());
        Schema::new(
            Block::new(
                "Finds DTS instances by filters, from all pages. They are read as the jobs that they are bought for (`DescribeDtsJobs`); jobs without an instance are left out.",
            )
            .attributes(filters("type"))
            .attribute(text("pay_type", "Only paid for like this: `PostPaid` or `PrePaid`.").local().check(Check::one_of(&["PostPaid", "PrePaid"])))
            .attribute(text("instance_class", "Only of this class.").local())
            .attribute(Attribute::new("ids", Type::list(Type::String)).computed().describe("Ids of the instances, in the order of `instances`."))
            .attribute(Attribute::new("instances", Type::list(instance)).computed().describe(
                "The instances. Each has `id`, `job_id`, `reverse_job_id` (of a two-way synchronization), `dts_job_name`, `type`, `instance_class`, `pay_type`, `status` (of its job), \
                 `source_endpoint_engine_name`, `destination_endpoint_engine_name`, `source_region`, `destination_region` (once its job is configured, those of the job), `create_time`, \
                 `expire_time`, `resource_group_id` and `tags`.",
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
        let found = listed(&api, &query.state, "type", false).await;
        let found = found.map_err(error::to("list DTS instances"))?;
        let wanted = |name: &str, there: Option<&str>| {
            let wanted = query.state.str(name);
            wanted.is_none_or(|wanted| there.is_some_and(|there| there.eq_ignore_ascii_case(wanted)))
        };
        let fitting: Vec<&api::JobSummary> = found
            .iter()
            .map(|(job, _)| job)
            .filter(|job| {
                let pay_type = job.pay_type.as_deref().map(crate::dts::instance::pay_type);
                job.dts_instance_id.is_some()
                    && wanted("pay_type", pay_type)
                    && wanted("instance_class", job.dts_job_class.as_deref())
            })
            .collect();
        let ids: Vec<Value> = fitting
            .iter()
            .map(|job| job.dts_instance_id.clone().into())
            .collect();
        let instances: Vec<Value> = fitting.into_iter().map(to_value).collect();
        query.state.set("ids", ids);
        query.state.set("instances", instances);
        Ok(())
    }
}

fn to_value(job: &api::JobSummary) -> Value {
    let reverse = job
        .reverse_job
        .as_ref()
        .and_then(|reverse| reverse.dts_job_id.clone());
    Object::new()
        .with("id", job.dts_instance_id.clone())
        .with("job_id", job.dts_job_id.clone())
        .with("reverse_job_id", reverse)
        .with("dts_job_name", job.dts_job_name.clone())
        .with("type", job.job_type.as_deref().map(job_type))
        .with("instance_class", job.dts_job_class.clone())
        .with(
            "pay_type",
            job.pay_type.as_deref().map(crate::dts::instance::pay_type),
        )
        .with("status", job.status.clone())
        .with("source_endpoint_engine_name", job.source.engine_name.clone())
        .with(
            "destination_endpoint_engine_name",
            job.destination.engine_name.clone(),
        )
        .with("source_region", job.source.region.clone())
        .with("destination_region", job.destination.region.clone())
        .with("create_time", job.create_time.clone())
        .with("expire_time", job.expire_time.clone())
        .with("resource_group_id", job.resource_group_id.clone())
        .with("tags", tags(&job.tags))
        .into()
}
