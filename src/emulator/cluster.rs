//! Dedicated clusters: those of the fixtures, and the jobs on them.

use serde_json::{Value, json};

use super::paging::Page;
use super::{
    fixtures::Cluster,
    model::Job,
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
};

/// DUs that a job takes when nothing else is said.
const USUAL: i64 = 1;

impl State {
    fn clusters(&self) -> Option<&[Cluster]> {
        self.fixtures.as_ref()?.clusters.as_deref()
    }

    /// Refuses a cluster that does not exist, or that is in another region than the job.
    pub(crate) fn check_cluster(&self, id: &str, region: &str) -> Result<(), Refusal> {
        let Some(clusters) = self.clusters().filter(|_| !id.is_empty()) else {
            return Ok(());
        };
        let cluster = clusters.iter().find(|cluster| cluster.id == id);
        match cluster {
            None => Err(Refusal::invalid("DedicatedClusterId", "there is no such cluster")),
            Some(cluster) if cluster.region != region => Err(Refusal::invalid(
                "DedicatedClusterId",
                &format!("the cluster is in {}, and the job in {region}", cluster.region),
            )),
            Some(_) => Ok(()),
        }
    }

    fn shown(&self, cluster: &Cluster) -> Value {
        let on_it = |job: &&Job| {
            let configured = job.configuration.as_ref();
            configured.is_some_and(|known| known.dedicated_cluster == cluster.id)
        };
        let used: i64 = self
            .jobs
            .iter()
            .filter(on_it)
            .map(|job| job.du_limit.unwrap_or(USUAL))
            .sum();
        json!({
            "DedicatedClusterId": cluster.id,
            "DedicatedClusterName": cluster.name,
            "DtsInstanceID": cluster.id,
            "RegionId": cluster.region,
            "State": cluster.state,
            "Du": cluster.du,
            "UsedDu": used,
            "OversoldDu": cluster.du,
            "DuUtilization": used.saturating_mul(100).checked_div(cluster.du).unwrap_or_default(),
            "NodeCount": 2,
            "GmtCreated": 0,
            "CpuUtilization": 0,
            "MemUtilization": 0,
            "DiskUtilization": 0,
        })
    }
}

/// ListDedicatedCluster: the clusters of the fixtures, filtered, page by page.
pub(crate) fn list(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let page = Page::of(params, "PageNumber", 20, 200)?;
    let by = params.text("Type").zip(params.text("Params"));
    let found: Vec<&Cluster> = state
        .clusters()
        .unwrap_or_default()
        .iter()
        .filter(|cluster| {
            params.text("State").is_none_or(|wanted| wanted == cluster.state)
                && params
                    .text("RegionId")
                    .is_none_or(|wanted| wanted == cluster.region)
                && match by {
                    Some(("name", part)) => cluster.name.contains(part),
                    Some((_, id)) => cluster.id == id,
                    None => true,
                }
        })
        .collect();
    let shown: Vec<Value> = page.cut(&found).map(|cluster| state.shown(cluster)).collect();
    Ok(reply::body(json!({
        "PageNumber": page.number,
        "PageRecordCount": shown.len(),
        "TotalRecordCount": found.len(),
        "DedicatedClusterStatusList": {"DedicatedClusterStatus": shown},
    })))
}

/// DescribeDedicatedCluster.
pub(crate) fn describe(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let id = params.required("DedicatedClusterId")?;
    let clusters = state.clusters().unwrap_or_default();
    let cluster = clusters.iter().find(|cluster| cluster.id == id);
    let cluster =
        cluster.ok_or_else(|| Refusal::invalid("DedicatedClusterId", "there is no such cluster"))?;
    Ok(reply::body(state.shown(cluster)))
}

/// ModifyDtsJobDedicatedCluster: moves jobs, which are on a cluster already, to another one.
pub(crate) fn move_jobs(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let cluster = params.required("DedicatedClusterId")?;
    params.required("DtsJobIds")?;
    let ids = params.list("DtsJobIds").unwrap_or_default();
    let mut places = Vec::new();
    for id in ids {
        let index = state.find_job(Some(id), "DtsJobIds")?;
        let job = &state.jobs[index];
        state.check_cluster(cluster, &job.region)?;
        on_cluster(job)?;
        places.push(index);
    }
    for index in places {
        if let Some(configuration) = &mut state.jobs[index].configuration {
            cluster.clone_into(&mut configuration.dedicated_cluster);
        }
    }
    Ok(Body::new())
}

fn on_cluster(job: &Job) -> Result<(), Refusal> {
    let configured = job.configuration.as_ref();
    if configured.is_some_and(|known| !known.dedicated_cluster.is_empty()) {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "OperationDenied",
        format!("The job {} is not on a dedicated cluster.", job.id),
    ))
}

/// ModifyDtsJobDuLimit: how many DUs of its cluster a job may use.
pub(crate) fn du_limit(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    params.required("DuLimit")?;
    let limit = params.integer("DuLimit", 1..=i64::MAX)?;
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    on_cluster(&state.jobs[index])?;
    state.jobs[index].du_limit = limit;
    Ok(Body::new())
}
