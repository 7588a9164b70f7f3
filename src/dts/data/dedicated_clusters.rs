//! `data.dts_dedicated_clusters`: the dedicated clusters of the region.

use async_trait::async_trait;

use super::text;
use crate::api;
use crate::dts::error;
use crate::dts::provider::Client;
use crate::framework::datasource::{DataSource, Query};
use crate::framework::{Attribute, Block, Check, Diagnostics, Object, Schema, Type, Value};

/// `data.dts_dedicated_clusters`
#[derive(Debug)]
pub(in crate::dts) struct DedicatedClusters;

const STATES: [&str; 8] = [
    "init",
    "schedule",
    "running",
    "upgrade",
    "downgrade",
    "locked",
    "releasing",
    "released",
];

#[async_trait]
impl DataSource<Client> for DedicatedClusters {
    fn type_name(&self) -> &'static str {
        "dts_dedicated_clusters"
    }

    fn schema(&self) -> Schema {
        let texts = ["id", "name", "dts_instance_id", "region", "state"].map(|name| (name, Type::String));
        let numbers = [
            "du",
            "used_du",
            "oversold_du",
            "node_count",
            "du_utilization",
            "cpu_utilization",
            "memory_utilization",
            "disk_utilization",
        ];
        let members = texts.into_iter().chain(numbers.map(|name| (name, Type::Number)));
        let cluster = Type::Object(members.map(|(name, ty)| (name.to_owned(), ty)).collect());
        Schema::new(
            Block::new("Reads the dedicated clusters of DTS in the provider's region (`ListDedicatedCluster`), from all pages.")
                .attribute(
                    text("state", "Only in this state: `init`, `schedule`, `running`, `upgrade`, `downgrade`, `locked`, `releasing` or `released`.").check(Check::one_of(&STATES)),
                )
                .attribute(text("name", "Only where the name has this part.").local())
                .attribute(text("resource_group_id", "Only in this resource group."))
                .attribute(Attribute::new("ids", Type::list(Type::String)).computed().describe("Ids of the clusters, in the order of `clusters`."))
                .attribute(Attribute::new("clusters", Type::list(cluster)).computed().describe(
                    "The clusters. Each has `id`, `name`, `dts_instance_id`, `region`, `state`, `du` (DUs that it has), `used_du`, `oversold_du` (DUs that may be given out), `node_count`, \
                     and in percent `du_utilization`, `cpu_utilization`, `memory_utilization` and `disk_utilization`.",
                )),
        )
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let api = query.client.api(&query.cancel)?;
        let found = api
            .list_dedicated_cluster(query.state.str("state"), query.state.str("resource_group_id"))
            .await;
        let mut found = found.map_err(error::to("list the dedicated clusters of DTS"))?;
        if let Some(part) = query.state.str("name") {
            found.retain(|cluster| {
                let name = cluster.dedicated_cluster_name.as_deref();
                name.is_some_and(|name| name.contains(part))
            });
        }
        let ids: Vec<Value> = found
            .iter()
            .map(|cluster| cluster.dedicated_cluster_id.clone().into())
            .collect();
        let clusters: Vec<Value> = found.into_iter().map(to_value).collect();
        query.state.set("ids", ids);
        query.state.set("clusters", clusters);
        Ok(())
    }
}

fn to_value(cluster: api::DedicatedCluster) -> Value {
    Object::new()
        .with("id", cluster.dedicated_cluster_id)
        .with("name", cluster.dedicated_cluster_name)
        .with("dts_instance_id", cluster.dts_instance_id)
        .with("region", cluster.region_id)
        .with("state", cluster.state)
        .with("du", cluster.du)
        .with("used_du", cluster.used_du)
        .with("oversold_du", cluster.oversold_du)
        .with("node_count", cluster.node_count)
        .with("du_utilization", cluster.du_utilization)
        .with("cpu_utilization", cluster.cpu_utilization)
        .with("memory_utilization", cluster.memory_utilization)
        .with("disk_utilization", cluster.disk_utilization)
        .into()
}
