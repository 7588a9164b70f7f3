//! DescribeDtsJobs, and CountJobByCondition.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::paging::Page;
use super::{
    checks::Outcome,
    describe::{common, endpoint, merge, retry_state, status},
    model::{Configuration, Direction, Job, Kind, Stage},
    module::{self, Module},
    params::Params,
    precheck::{self, Progress},
    reply::{self, Body, Refusal},
    state::State,
    tags,
};

/// DescribeDtsJobs: the jobs of a type, filtered, ordered, page by page.
pub(crate) fn list(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let filter = Filter::read(state, params)?;
    let mut found: Vec<usize> = (0..state.jobs.len())
        .filter(|&index| filter.takes(state, &state.jobs[index]))
        .collect();
    // Jobs of the same second stay in the order in which they were made.
    let key = |index: &usize| match filter.order {
        Order::Created => state.jobs[*index].created,
        Order::Finished => state.jobs[*index].finished.unwrap_or(Timestamp::MAX),
        Order::DuLimit => {
            Timestamp::from_second(state.jobs[*index].du_limit.unwrap_or_default()).unwrap_or(Timestamp::MAX)
        }
    };
    found.sort_by_key(key);
    if filter.descending {
        found.reverse();
    }
    let total = found.len();
    let shown: Vec<usize> = filter.page.cut(found).collect();
    let jobs: Vec<Value> = shown
        .iter()
        .map(|&index| {
            let mut item = listed(state, &state.jobs[index]);
            if filter.without_objects {
                item.remove("DbObject");
            }
            Value::Object(item)
        })
        .collect();
    for index in &shown {
        state.jobs[*index].described();
    }
    Ok(reply::body(json!({
        "DtsJobList": jobs,
        "EtlDemoList": [],
        "PageNumber": filter.page.number,
        "PageRecordCount": shown.len(),
        "TotalRecordCount": total,
    })))
}

/// CountJobByCondition: how many jobs a list with these filters would have.
pub(crate) fn count(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("RegionId")?;
    params.required("Region")?;
    let filter = Filter::read(state, params)?;
    let engine = |name: &str, side: fn(&Configuration) -> &str, job: &Job| {
        params.text(name).is_none_or(|wanted| {
            let known = job.configuration.as_ref().map(side);
            known.is_some_and(|known| known.eq_ignore_ascii_case(wanted))
        })
    };
    let count = state.jobs.iter().filter(|job| {
        filter.takes(state, job)
            && engine("SrcDbType", |known| &known.source.engine, job)
            && engine("DestDbType", |known| &known.destination.engine, job)
    });
    Ok(reply::body(json!({"TotalRecordCount": count.count()})))
}

#[derive(Clone, Copy)]
enum Order {
    Created,
    Finished,
    DuLimit,
}

/// What DescribeDtsJobs is asked for.
struct Filter<'a> {
    kind: Kind,
    region: Option<&'a str>,
    job_ids: Option<Vec<String>>,
    instance_ids: Option<Vec<&'a str>>,
    by: Option<(&'static str, &'a str)>,
    status: Option<&'a str>,
    group: Option<&'a str>,
    tags: tags::Filter,
    cluster: Option<&'a str>,
    label: Option<&'a str>,
    order: Order,
    descending: bool,
    page: Page,
    without_objects: bool,
}

impl<'a> Filter<'a> {
    fn read(state: &State, params: &'a Params) -> Result<Self, Refusal> {
        let kind = Kind::parse(params.text("JobType").unwrap_or("MIGRATION"))
            .ok_or_else(|| Refusal::invalid("JobType", "allowed are MIGRATION, SYNC, SUBSCRIBE"))?;
        let by = params.one_of("Type", &["instance", "name", "srcRds", "rds"])?;
        Ok(Self {
            kind,
            region: params.text("Region"),
            job_ids: params.list("DtsJobId").map(|ids| forward(state, ids)),
            instance_ids: params.list("DtsInstanceId"),
            by: by.zip(params.text("Params")),
            status: params.text("Status"),
            group: params.text("ResourceGroupId"),
            tags: tags::Filter::read(params)?,
            cluster: params.text("DedicatedClusterId"),
            label: params.text("DtsBisLabel"),
            order: match params.one_of("OrderColumn", &["CreateTime", "FinishTime", "duLimit"])? {
                Some("FinishTime") => Order::Finished,
                Some("duLimit") => Order::DuLimit,
                _ => Order::Created,
            },
            descending: params.one_of("OrderDirection", &["ASC", "DESC"])? != Some("ASC"),
            page: Page::of(params, "PageNumber", 20, 200)?,
            without_objects: params.boolean("WithoutDbList")?.unwrap_or_default(),
        })
    }

    fn takes(&self, state: &State, job: &Job) -> bool {
        let source = job
            .configuration
            .as_ref()
            .map(|configuration| configuration.source.instance_id.as_str());
        let destination = job
            .configuration
            .as_ref()
            .map(|configuration| configuration.destination.instance_id.as_str());
        let instance = job.instance_id.as_deref();
        let in_list = |list: &Option<Vec<&str>>, id: Option<&str>| {
            list.as_ref()
                .is_none_or(|list| id.is_some_and(|id| list.contains(&id)))
        };
        let by = match self.by {
            None => true,
            Some(("instance", id)) => instance == Some(id),
            Some(("name", part)) => job.name.contains(part),
            Some(("srcRds", id)) => source == Some(id),
            Some((_, id)) => source == Some(id) || destination == Some(id),
        };
        let of_configuration = |wanted: Option<&str>, part: fn(&Configuration) -> &str| {
            wanted.is_none_or(|wanted| job.configuration.as_ref().map(part) == Some(wanted))
        };
        // The reverse half of a two-way synchronization is shown inside the forward one.
        job.direction == Direction::Forward
            && job.kind == self.kind
            && self.region.is_none_or(|region| job.region == region)
            && self.job_ids.as_ref().is_none_or(|ids| ids.contains(&job.id))
            && in_list(&self.instance_ids, instance)
            && by
            && self
                .status
                .is_none_or(|wanted| status(state, job).eq_ignore_ascii_case(wanted))
            && of_configuration(self.cluster, |known| &known.dedicated_cluster)
            && of_configuration(self.label, |known| &known.label)
            && self
                .group
                .is_none_or(|wanted| state.resource_group(job) == wanted)
            && self.tags.takes(|| state.instance(job))
    }
}

/// The ids with those of reverse halves replaced by those of the entries that they stand in.
fn forward(state: &State, ids: Vec<&str>) -> Vec<String> {
    let halves = state
        .jobs
        .iter()
        .filter(|job| job.direction == Direction::Reverse);
    let halves: Vec<(&str, &str)> = halves
        .filter_map(|job| Some((job.id.as_str(), state.jobs[state.sibling(job)?].id.as_str())))
        .collect();
    let entry = |id: &str| {
        let half = halves.iter().find(|(half, _)| *half == id);
        half.map_or(id, |(_, entry)| *entry).to_owned()
    };
    ids.into_iter().map(entry).collect()
}

/// A job as lists show it, with its reverse half.
fn listed(state: &State, job: &Job) -> Body {
    let mut item = half(state, job);
    let instance = state.instance(job);
    let failure = job.failure.as_ref();
    let extra = json!({
        "JobType": job.kind.listed(),
        "OriginType": "PTS",
        "RetryState": retry_state(state, job),
        "TagList": tags::shown(instance),
        "AppName": "dts",
        "MigrationErrCode": failure.map(|failure| failure.code.as_str()).unwrap_or_default(),
        "MigrationErrMsg": failure.map(|failure| failure.message.as_str()).unwrap_or_default(),
    });
    merge(&mut item, extra);
    if let Some(reverse) = state.reverse_of(job) {
        let mut half = half(state, reverse);
        for absent in NOT_OF_A_REVERSE {
            half.remove(*absent);
        }
        item.insert("ReverseJob".to_owned(), Value::Object(half));
    }
    item
}

/// Members of a job in a list that its reverse half has not.
const NOT_OF_A_REVERSE: &[&str] = &[
    "BeginTimestamp",
    "EndTimestamp",
    "DtsBisLabel",
    "InsightModule",
    "ResourceGroupId",
];

/// What a job in a list has in common with its reverse half.
fn half(state: &State, job: &Job) -> Body {
    let progress = Progress::of(job, state.lifecycle, state.now);
    let mut item = common(state, job);
    let details: Vec<Value> = progress
        .decided()
        .iter()
        .map(|check| {
            let finding = precheck::finding(check);
            json!({
                "CheckItem": check.code,
                "CheckItemDescription": format!("{}_DETAIL", check.code),
                "CheckResult": if matches!(check.outcome, Outcome::Failed(_)) { "Failed" } else { "Success" },
                "FailedReason": finding.map(|finding| finding.detail.as_str()).unwrap_or_default(),
                "RepairMethod": finding.map(|finding| finding.repair.as_str()).unwrap_or_default(),
            })
        })
        .collect();
    let errors: Vec<Value> = job
        .failure
        .iter()
        .map(|failure| json!({"ErrorCode": failure.code, "HelpUrl": ""}))
        .collect();
    let module = |stage| Module::of(state, job, stage);
    let extra = json!({
        "Status": status(state, job),
        // In milliseconds for a migration, in seconds for a synchronization.
        "Delay": match module::delay(state, job) {
            milliseconds if milliseconds > 0 && job.kind == Kind::Sync => milliseconds / 1000,
            other => other,
        },
        "SourceEndpoint": endpoint(job, true, false),
        "DestinationEndpoint": endpoint(job, false, false),
        "PrecheckStatus": {
            "Status": progress.state(),
            "Percent": progress.percent().to_string(),
            "ErrorMessage": "",
            "Detail": details,
        },
        "StructureInitializationStatus": module(Stage::Structure).shown(false),
        "DataInitializationStatus": module(Stage::Full).shown(false),
        "DataSynchronizationStatus": module(Stage::Incremental).shown(true),
        "Performance": {"Flow": "0.00", "Rps": "0"},
        "ErrorDetails": errors,
    });
    merge(&mut item, extra);
    item
}
