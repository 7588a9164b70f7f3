//! What is only read, beside the precheck. One file for each data source; here is what they share.

mod connection_status;
mod dedicated_clusters;
mod instances;
mod ip_ranges;
mod job;
mod job_log;
mod jobs;

pub(super) use connection_status::ConnectionStatus;
pub(super) use dedicated_clusters::DedicatedClusters;
pub(super) use instances::Instances;
pub(super) use ip_ranges::IpRanges;
pub(super) use job::Job;
pub(super) use job_log::JobLog;
pub(super) use jobs::Jobs;

use crate::api;
use crate::framework::{Attribute, Check, Object, Type, Value};

/// The types of jobs. A list has jobs of one type.
const TYPES: [&str; 3] = ["MIGRATION", "SYNC", "SUBSCRIBE"];

/// The word of `job_type` for one that DTS reports (dts-api.md 6.1).
pub(super) fn job_type(reported: &str) -> String {
    match reported.to_ascii_lowercase().as_str() {
        "online" | "migration" => "MIGRATION".to_owned(),
        "subscribe" => "SUBSCRIBE".to_owned(),
        "sync" => "SYNC".to_owned(),
        _ => reported.to_ascii_uppercase(),
    }
}

/// A filter that is text.
fn text(name: &str, description: &str) -> Attribute {
    Attribute::string(name)
        .describe(description)
        .check(Check::not_blank())
}

/// A filter that is a list of ids.
fn ids(name: &str, description: &str) -> Attribute {
    Attribute::new(name, Type::list(Type::String)).describe(description)
}

/// Filters that lists of jobs and of instances have alike.
fn filters(type_name: &str) -> Vec<Attribute> {
    vec![
        text(
            type_name,
            "Only this type: `MIGRATION`, `SYNC` or `SUBSCRIBE`. Default: all of them, with a list for each.",
        )
        .parameter("JobType")
        .check(Check::one_of_ignore_case(&TYPES)),
        text("name", "Only where the name of the job has this part.").parameter("Params"),
        text(
            "status",
            "Only in this status, such as `Synchronizing`, as DTS writes it.",
        ),
        ids("dts_job_ids", "Only these jobs.").parameter("DtsJobId"),
        ids("dts_instance_ids", "Only of these instances.").parameter("DtsInstanceId"),
        text(
            "source_instance_id",
            "Only where the source is this RDS instance. Not together with `name`: DTS looks for one of them.",
        )
        .parameter("Params"),
        text("region", "Region to look in. Default: the provider's."),
        text("dedicated_cluster_id", "Only on this dedicated cluster."),
        text("resource_group_id", "Only in this resource group."),
        Attribute::new("tags", Type::map(Type::String))
            .local()
            .describe("Only of instances with all of these tags; an empty value is any."),
    ]
}

/// The entries of the list that fit the filters, with the reverse half of each two-way synchronization inside of its forward half.
/// For `by_halves` one of the two has to fit, and what each is held against comes too.
async fn listed(
    api: &api::Client,
    state: &Object,
    type_name: &str,
    by_halves: bool,
) -> Result<Vec<(api::JobSummary, api::HalfFilter)>, api::Error> {
    let text = |name: &str| state.str(name).map(str::to_owned);
    let texts = |name: &str| -> Vec<String> {
        let items = state.list(name).iter();
        items.filter_map(|item| Some(item.as_str()?.to_owned())).collect()
    };
    // A list that is there and empty fits nothing.
    let is_empty = |name: &str| state.get(name).as_list().is_some_and(<[Value]>::is_empty);
    if is_empty("dts_job_ids") || is_empty("dts_instance_ids") {
        return Ok(Vec::new());
    }
    let (kind, value) = match (text("name"), text("source_instance_id")) {
        (Some(name), _) => (Some("name"), Some(name)),
        (None, Some(id)) => (Some("srcRds"), Some(id)),
        (None, None) => (None, None),
    };
    let types = match state.str(type_name) {
        Some(one) => vec![one.to_ascii_uppercase()],
        None => TYPES.map(str::to_owned).to_vec(),
    };
    let wanted: Vec<(&str, &str)> = state
        .object("tags")
        .into_iter()
        .flat_map(Object::iter)
        .filter_map(|(key, value)| Some((key, value.as_str()?)))
        .collect();
    let mut found = Vec::new();
    for job_type in types {
        let request = api::DescribeDtsJobs {
            job_type: Some(job_type),
            dts_job_ids: texts("dts_job_ids"),
            dts_instance_ids: texts("dts_instance_ids"),
            region: text("region"),
            type_: kind.map(str::to_owned),
            params: value.clone(),
            status: text("status"),
            without_db_list: Some(true),
            dedicated_cluster_id: text("dedicated_cluster_id"),
            resource_group_id: text("resource_group_id"),
            ..api::DescribeDtsJobs::default()
        };
        let (request, filter) = match by_halves {
            true => request.by_halves(),
            false => (request, api::HalfFilter::default()),
        };
        let mut jobs = api.describe_dts_jobs(&request).await?;
        // The documents do not say how the list's own filter by tags is written.
        jobs.retain(|job| {
            let has = |key: &str, value: &str| {
                let mut tags = job.tags.iter();
                tags.any(|(known, there)| known == key && (value.is_empty() || value == there))
            };
            wanted.iter().all(|(key, value)| has(key, value))
        });
        found.extend(jobs.into_iter().map(|job| (job, filter.clone())));
    }
    Ok(found)
}

/// What is told of an end of a job.
fn endpoint_type() -> Type {
    let names = [
        "instance_type",
        "engine_name",
        "instance_id",
        "region",
        "ip",
        "port",
        "database_name",
        "user_name",
        "oracle_sid",
        "owner_id",
        "role",
    ];
    Type::object(names.map(|name| (name, Type::String)))
}

fn endpoint(there: &api::EndpointDetail) -> Value {
    Object::new()
        .with("instance_type", there.instance_type.clone())
        .with("engine_name", there.engine_name.clone())
        .with("instance_id", there.instance_id.clone())
        .with("region", there.region.clone())
        .with("ip", there.ip.clone())
        .with("port", there.port.clone())
        .with("database_name", there.database_name.clone())
        .with("user_name", there.user_name.clone())
        .with("oracle_sid", there.oracle_sid.clone())
        .with("owner_id", there.owner_id.clone())
        .with("role", there.role.clone())
        .into()
}

fn tags(tags: &[(String, String)]) -> Value {
    let members = tags
        .iter()
        .map(|(key, value)| (key.clone(), value.as_str().into()));
    Value::Map(members.collect())
}

/// Milliseconds that a job is behind; null before it follows changes. Lists tell seconds of a synchronization.
fn delay(job: &api::JobSummary) -> Option<i64> {
    let in_seconds = job.job_type.as_deref().map(job_type).as_deref() == Some("SYNC");
    job.delay.filter(|delay| *delay >= 0).map(|delay| {
        if in_seconds {
            delay.saturating_mul(1000)
        } else {
            delay
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_milliseconds() {
        for (kind, delay, expected) in [
            ("online", 7, Some(7)),
            ("sync", 7, Some(7000)),
            ("SYNC", 0, Some(0)),
            ("sync", -1, None),
        ] {
            let job = api::JobSummary {
                job_type: Some(kind.to_owned()),
                delay: Some(delay),
                ..api::JobSummary::default()
            };
            assert_eq!(super::delay(&job), expected, "{kind} {delay}");
        }
    }

    #[test]
    fn the_words_of_types() {
        for (reported, expected) in [
            ("online", "MIGRATION"),
            ("Sync", "SYNC"),
            ("subscribe", "SUBSCRIBE"),
            ("subSync", "SUBSYNC"),
        ] {
            assert_eq!(job_type(reported), expected);
        }
    }
}
