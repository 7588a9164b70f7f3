//! Dedicated clusters (`ListDedicatedCluster`; dts-api.md 2.15).

use super::client::{Client, Safety};
use super::decode::Object;
use super::error::Error;
use super::paging::Paging;
use super::params::Params;

/// Clusters asked for at once.
const PAGE_SIZE: usize = 30;

/// A dedicated cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DedicatedCluster {
    /// `DedicatedClusterId`.
    pub dedicated_cluster_id: Option<String>,
    /// `DedicatedClusterName`.
    pub dedicated_cluster_name: Option<String>,
    /// `DtsInstanceID`.
    pub dts_instance_id: Option<String>,
    /// `RegionId`.
    pub region_id: Option<String>,
    /// `State`: `init`, `schedule`, `running`, `upgrade`, `downgrade`, `locked`, `releasing`, `released`.
    pub state: Option<String>,
    /// `Du`: DUs that it has.
    pub du: Option<i64>,
    /// `UsedDu`: DUs that are taken.
    pub used_du: Option<i64>,
    /// `OversoldDu`: DUs that may be given out.
    pub oversold_du: Option<i64>,
    /// `NodeCount`.
    pub node_count: Option<i64>,
    /// `DuUtilization` in percent.
    pub du_utilization: Option<i64>,
    /// `CpuUtilization` in percent.
    pub cpu_utilization: Option<i64>,
    /// `MemUtilization` in percent.
    pub memory_utilization: Option<i64>,
    /// `DiskUtilization` in percent.
    pub disk_utilization: Option<i64>,
}

impl DedicatedCluster {
    fn decode(object: Object<'_>) -> DedicatedCluster {
        DedicatedCluster {
            dedicated_cluster_id: object.text("DedicatedClusterId"),
            dedicated_cluster_name: object.text("DedicatedClusterName"),
            dts_instance_id: object.text("DtsInstanceID"),
            region_id: object.text("RegionId"),
            state: object.text("State"),
            du: object.int("Du"),
            used_du: object.int("UsedDu"),
            oversold_du: object.int("OversoldDu"),
            node_count: object.int("NodeCount"),
            du_utilization: object.int("DuUtilization"),
            cpu_utilization: object.int("CpuUtilization"),
            memory_utilization: object.int("MemUtilization"),
            disk_utilization: object.int("DiskUtilization"),
        }
    }
}

impl Client {
    /// All dedicated clusters of the region, in a state where one is given, from all pages.
    ///
    /// # Errors
    /// As [`Client::call`]; the error of any page is the error of the whole.
    pub async fn list_dedicated_cluster(
        &self,
        state: Option<&str>,
        resource_group_id: Option<&str>,
    ) -> Result<Vec<DedicatedCluster>, Error> {
        let mut clusters = Vec::new();
        let mut paging = Paging::default();
        while let Some(number) = paging.next() {
            let params = Params::new()
                .set_opt("State", state)
                .set_opt("ResourceGroupId", resource_group_id)
                .set("PageNumber", number)
                .set("PageSize", PAGE_SIZE);
            let reply = self.call("ListDedicatedCluster", params, Safety::Read).await?;
            let object = reply.object();
            let list = object
                .object("DedicatedClusterStatusList")
                .list("DedicatedClusterStatus");
            let page = list.map(DedicatedCluster::decode).collect();
            clusters.extend(paging.fresh(object, page, |cluster: &DedicatedCluster| {
                cluster.dedicated_cluster_id.as_deref()
            }));
        }
        Ok(clusters)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::testing::{Answer, FakeTransport, client};

    fn page(ids: &[&str], total: usize) -> Answer {
        let clusters: Vec<Value> = ids
            .iter()
            .map(|id| json!({"DedicatedClusterId": id, "Du": "8", "State": "running"}))
            .collect();
        Answer::json(
            200,
            &json!({"Success": "true", "TotalRecordCount": total,
                "DedicatedClusterStatusList": {"DedicatedClusterStatus": clusters}}),
        )
    }

    async fn check(pages: Vec<Answer>, expected: (&[&str], usize)) {
        let transport = FakeTransport::new(pages);
        let found = client(&transport)
            .list_dedicated_cluster(Some("running"), None)
            .await
            .unwrap();
        let ids: Vec<&str> = found
            .iter()
            .filter_map(|cluster| cluster.dedicated_cluster_id.as_deref())
            .collect();
        assert_eq!((ids.as_slice(), transport.seen().len()), expected);
        assert!(found.iter().all(|cluster| cluster.du == Some(8)));
        assert_eq!(transport.seen()[0].get("State"), "running");
    }

    #[tokio::test]
    async fn all_pages_are_read() {
        check(vec![page(&[], 0)], (&[], 1)).await;
        check(vec![page(&["a", "b"], 3), page(&["c"], 3)], (&["a", "b", "c"], 2)).await;
        check(vec![page(&["a"], 9)], (&["a"], 2)).await;
    }
}
