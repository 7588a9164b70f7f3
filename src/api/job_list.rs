//! The list of jobs (`DescribeDtsJobs`), with all its pages.

use super::client::{Client, Safety};
use super::decode::Object;
use super::error::Error;
use super::job_detail::{EndpointDetail, JobMode, PhaseStatus, RetryState};
use super::paging::Paging;
use super::params::Params;

/// The largest page that is documented.
const PAGE_SIZE: usize = 30;

/// Parameters of `DescribeDtsJobs` (dts-api.md 2.8).
#[derive(Clone, Debug, Default)]
pub struct DescribeDtsJobs {
    /// `MIGRATION` (what DTS takes when absent), `SYNC` or `SUBSCRIBE`. Jobs of other types are not listed, even by id.
    pub job_type: Option<String>,
    /// Only these jobs.
    pub dts_job_ids: Vec<String>,
    /// Only jobs of these instances.
    pub dts_instance_ids: Vec<String>,
    /// `Region`, the filter; the client's region where absent.
    pub region: Option<String>,
    /// What `params` means: `instance`, `name` (part of it), `srcRds` or `rds`.
    pub type_: Option<String>,
    /// The value that `type_` looks for.
    pub params: Option<String>,
    /// Only jobs in this status.
    pub status: Option<String>,
    /// `CreateTime`, `FinishTime` or `duLimit`.
    pub order_column: Option<String>,
    /// `ASC` or `DESC`.
    pub order_direction: Option<String>,
    /// Tags as JSON text.
    pub tags: Option<String>,
    /// Leaves out the objects, which may be large.
    pub without_db_list: Option<bool>,
    /// Only jobs on this dedicated cluster.
    pub dedicated_cluster_id: Option<String>,
    /// Only jobs of this resource group.
    pub resource_group_id: Option<String>,
}

/// What jobs of a list are held against here, because DTS would hold it against the entry alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HalfFilter {
    ids: Vec<String>,
    name: Option<String>,
    status: Option<String>,
    source: Option<String>,
}

impl HalfFilter {
    /// Whether a job of an entry fits, which is the entry itself or its reverse half.
    pub fn fits(&self, half: &JobSummary, entry: &JobSummary) -> bool {
        let named = half.dts_job_name.as_ref().or(entry.dts_job_name.as_ref());
        let source = half.source.instance_id.as_ref();
        (self.ids.is_empty() || half.dts_job_id.as_ref().is_some_and(|id| self.ids.contains(id)))
            && self
                .name
                .as_ref()
                .is_none_or(|part| named.is_some_and(|name| name.contains(part)))
            && self.status.as_ref().is_none_or(|wanted| {
                half.status
                    .as_ref()
                    .is_some_and(|status| status.eq_ignore_ascii_case(wanted))
            })
            && (self.source.is_none() || self.source.as_ref() == source)
    }
}

impl DescribeDtsJobs {
    /// The filters for each of the two jobs of a two-way synchronization. DTS lists the reverse one inside of the forward one, and
    /// finds it by nothing of its own: a list of synchronizations is asked for without what only the reverse one may fit.
    pub fn by_halves(mut self) -> (DescribeDtsJobs, HalfFilter) {
        if self.job_type.as_deref() != Some("SYNC") {
            return (self, HalfFilter::default());
        }
        let mut filter = HalfFilter {
            ids: self.dts_job_ids.clone(),
            status: self.status.take(),
            ..HalfFilter::default()
        };
        let looked_for = match self.type_.as_deref() {
            Some("name") => &mut filter.name,
            Some("srcRds") => &mut filter.source,
            _ => return (self, filter),
        };
        *looked_for = self.params.take();
        self.type_ = None;
        (self, filter)
    }

    fn page(&self, region: &str, number: usize, size: usize) -> Params {
        let ids = |ids: &[String]| (!ids.is_empty()).then(|| ids.join(","));
        Params::new()
            .set("Region", self.region.as_deref().unwrap_or(region))
            .set_opt("JobType", self.job_type.as_ref())
            .set_opt("DtsJobId", ids(&self.dts_job_ids))
            .set_opt("DtsInstanceId", ids(&self.dts_instance_ids))
            .set_opt("Type", self.type_.as_ref())
            .set_opt("Params", self.params.as_ref())
            .set_opt("Status", self.status.as_ref())
            .set_opt("OrderColumn", self.order_column.as_ref())
            .set_opt("OrderDirection", self.order_direction.as_ref())
            .set_opt("Tags", self.tags.as_ref())
            .set_opt("WithoutDbList", self.without_db_list)
            .set_opt("DedicatedClusterId", self.dedicated_cluster_id.as_ref())
            .set_opt("ResourceGroupId", self.resource_group_id.as_ref())
            .set("PageNumber", number)
            .set("PageSize", size)
    }
}

/// A job as the list shows it, with the status of every phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobSummary {
    /// `DtsJobId`.
    pub dts_job_id: Option<String>,
    /// `DtsInstanceID`; absent before the purchase.
    pub dts_instance_id: Option<String>,
    /// `DtsJobName`.
    pub dts_job_name: Option<String>,
    /// `DtsJobClass`.
    pub dts_job_class: Option<String>,
    /// `DtsJobDirection`.
    pub dts_job_direction: Option<String>,
    /// `JobType`: `online` (migration), `sync`, `subscribe`.
    pub job_type: Option<String>,
    /// `Status` (dts-api.md 3.2): compare without case.
    pub status: Option<String>,
    /// `PayType`.
    pub pay_type: Option<String>,
    /// `CreateTime`, such as `2021-03-16T08:01:19Z`.
    pub create_time: Option<String>,
    /// `ExpireTime`.
    pub expire_time: Option<String>,
    /// `Checkpoint`, Unix seconds.
    pub checkpoint: Option<String>,
    /// `Delay`: milliseconds for migration, seconds for synchronization, `-1` before the incremental part.
    pub delay: Option<i64>,
    /// `MigrationMode`.
    pub mode: JobMode,
    /// `SourceEndpoint`.
    pub source: EndpointDetail,
    /// `DestinationEndpoint`.
    pub destination: EndpointDetail,
    /// `DbObject` as JSON text.
    pub db_object: Option<String>,
    /// `Reserved` as JSON text.
    pub reserved: Option<String>,
    /// `PrecheckStatus`; its items are in [`Client::describe_precheck_status`].
    pub precheck_status: Option<PhaseStatus>,
    /// `StructureInitializationStatus`.
    pub structure_initialization_status: Option<PhaseStatus>,
    /// `DataInitializationStatus`.
    pub data_initialization_status: Option<PhaseStatus>,
    /// `DataSynchronizationStatus`.
    pub data_synchronization_status: Option<PhaseStatus>,
    /// `RetryState`.
    pub retry_state: Option<RetryState>,
    /// `ErrorMessage`.
    pub error_message: Option<String>,
    /// `MigrationErrCode`.
    pub migration_err_code: Option<String>,
    /// `MigrationErrMsg`.
    pub migration_err_msg: Option<String>,
    /// `MigrationErrWorkaround`.
    pub migration_err_workaround: Option<String>,
    /// `DedicatedClusterId`.
    pub dedicated_cluster_id: Option<String>,
    /// `ResourceGroupId`.
    pub resource_group_id: Option<String>,
    /// `TagList`, as key and value.
    pub tags: Vec<(String, String)>,
    /// `ReverseJob` of a two-way synchronization.
    pub reverse_job: Option<Box<JobSummary>>,
}

impl JobSummary {
    /// The jobs of an entry: itself, and its reverse half.
    pub fn halves(&self) -> impl Iterator<Item = &JobSummary> {
        std::iter::once(self).chain(self.reverse_job.as_deref())
    }

    fn decode(object: Object<'_>) -> JobSummary {
        let phase = |name| PhaseStatus::decode(object.object(name));
        let reverse = object.object("ReverseJob");
        JobSummary {
            dts_job_id: object.text("DtsJobId"),
            dts_instance_id: object.text("DtsInstanceID"),
            dts_job_name: object.text("DtsJobName"),
            dts_job_class: object.text("DtsJobClass"),
            dts_job_direction: object.text("DtsJobDirection"),
            job_type: object.text("JobType"),
            status: object.text("Status"),
            pay_type: object.text("PayType"),
            create_time: object.text("CreateTime"),
            expire_time: object.text("ExpireTime"),
            checkpoint: object.text("Checkpoint"),
            delay: object.int("Delay"),
            mode: JobMode::decode(object.object("MigrationMode")),
            source: EndpointDetail::decode(object.object("SourceEndpoint")),
            destination: EndpointDetail::decode(object.object("DestinationEndpoint")),
            db_object: object.text("DbObject"),
            reserved: object.text("Reserved"),
            precheck_status: phase("PrecheckStatus"),
            structure_initialization_status: phase("StructureInitializationStatus"),
            data_initialization_status: phase("DataInitializationStatus"),
            data_synchronization_status: phase("DataSynchronizationStatus"),
            retry_state: RetryState::decode(object.object("RetryState")),
            error_message: object.text("ErrorMessage"),
            migration_err_code: object.text("MigrationErrCode"),
            migration_err_msg: object.text("MigrationErrMsg"),
            migration_err_workaround: object.text("MigrationErrWorkaround"),
            dedicated_cluster_id: object.text("DedicatedClusterId"),
            resource_group_id: object.text("ResourceGroupId"),
            tags: super::job_detail::tags(object),
            reverse_job: reverse
                .text("DtsJobId")
                .is_some()
                .then(|| Box::new(JobSummary::decode(reverse))),
        }
    }
}

/// The jobs that match, fetched page by page as they are asked for.
#[derive(Debug)]
pub struct JobPages {
    client: Client,
    request: DescribeDtsJobs,
    size: usize,
    paging: Paging,
}

impl JobPages {
    /// The next page, without what an earlier one had; nothing after the last. A two-way synchronization is one entry with a
    /// `reverse_job`.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn next(&mut self) -> Result<Option<Vec<JobSummary>>, Error> {
        let Some(number) = self.paging.next() else {
            return Ok(None);
        };
        let params = self.request.page(self.client.region(), number, self.size);
        let reply = self.client.call("DescribeDtsJobs", params, Safety::Read).await?;
        let object = reply.object();
        let page = object.list("DtsJobList").map(JobSummary::decode).collect();
        Ok(Some(self.paging.fresh(object, page, |job: &JobSummary| {
            job.dts_job_id.as_deref()
        })))
    }
}

impl Client {
    /// All jobs that match, from all pages. A two-way synchronization is one entry with a `reverse_job`.
    ///
    /// # Errors
    /// As [`Client::call`]; the error of any page is the error of the whole.
    pub async fn describe_dts_jobs(&self, request: &DescribeDtsJobs) -> Result<Vec<JobSummary>, Error> {
        let mut pages = self.dts_job_pages(request.clone(), PAGE_SIZE);
        let mut jobs = Vec::new();
        while let Some(page) = pages.next().await? {
            jobs.extend(page);
        }
        Ok(jobs)
    }

    /// The jobs that match, page by page: as many on each as are `wanted` at all, in a size that is documented (10, 20, 30).
    /// Fetches nothing yet.
    #[must_use]
    pub fn dts_job_pages(&self, request: DescribeDtsJobs, wanted: usize) -> JobPages {
        JobPages {
            client: self.clone(),
            request,
            size: wanted.div_ceil(10).clamp(1, PAGE_SIZE / 10) * 10,
            paging: Paging::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    fn job(id: &str) -> Value {
        json!({"DtsJobId": id, "Status": "Migrating", "PrecheckStatus": {"Status": "Finished"},
            "TagList": [{"TagKey": "env", "TagValue": ""}]})
    }

    fn page(ids: &[&str], total: Value) -> Answer {
        let jobs: Vec<Value> = ids.iter().map(|id| job(id)).collect();
        Answer::json(
            200,
            &json!({"Success": true, "DtsJobList": jobs, "TotalRecordCount": total}),
        )
    }

    /// The ids that come of these pages, and the number of pages that were asked for.
    async fn check(pages: Vec<Answer>, expected: (&[&str], usize)) {
        let transport = FakeTransport::new(pages);
        let request = DescribeDtsJobs {
            dts_job_ids: vec!["a".into(), "b".into()],
            ..DescribeDtsJobs::default()
        };
        let jobs = client(&transport).describe_dts_jobs(&request).await.unwrap();
        let ids: Vec<&str> = jobs.iter().filter_map(|job| job.dts_job_id.as_deref()).collect();
        assert_eq!((ids.as_slice(), transport.seen().len()), expected);
        let numbers: Vec<String> = (1..=expected.1).map(|number| number.to_string()).collect();
        assert_eq!(transport.values("PageNumber"), numbers);
        let first = &transport.seen()[0];
        assert_eq!(
            [first.get("Region"), first.get("DtsJobId"), first.get("PageSize")],
            ["cn-hangzhou", "a,b", "30"]
        );
    }

    #[tokio::test]
    async fn all_pages_are_read() {
        check(vec![page(&[], json!(0))], (&[], 1)).await;
        check(vec![page(&["a"], json!(1))], (&["a"], 1)).await;
        check(
            vec![page(&["a", "b"], json!("3")), page(&["c"], json!(3))],
            (&["a", "b", "c"], 2),
        )
        .await;
    }

    #[tokio::test]
    async fn reading_ends_whatever_the_server_counts() {
        for none in [Value::Null, json!(0)] {
            let pages = vec![
                page(&["a"], none.clone()),
                page(&["b"], none.clone()),
                page(&[], none),
            ];
            check(pages, (&["a", "b"], 3)).await;
        }
        check(vec![page(&["a"], json!(9)), page(&[], json!(9))], (&["a"], 2)).await;
        // The same page for every number.
        check(vec![page(&["a", "b"], json!(9))], (&["a", "b"], 2)).await;
    }

    #[tokio::test]
    async fn a_job_that_moves_to_the_next_page_is_listed_once() {
        check(
            vec![page(&["c", "a"], json!(4)), page(&["b", "a"], json!(4))],
            (&["c", "a", "b"], 2),
        )
        .await;
    }

    #[tokio::test]
    async fn no_page_is_fetched_before_it_is_asked_for_nor_larger_than_wanted() {
        for (wanted, size) in [
            (0, "10"),
            (1, "10"),
            (10, "10"),
            (11, "20"),
            (30, "30"),
            (500, "30"),
        ] {
            let transport = FakeTransport::new([page(&["a"], json!(2)), page(&["b"], json!(2))]);
            let mut pages = client(&transport).dts_job_pages(DescribeDtsJobs::default(), wanted);
            assert!(transport.seen().is_empty());
            let first = pages.next().await.unwrap().unwrap();
            assert_eq!((first.len(), transport.seen().len()), (1, 1));
            assert_eq!(transport.seen()[0].get("PageSize"), size);
            assert!(pages.next().await.unwrap().is_some());
            assert!(pages.next().await.unwrap().is_none());
            assert_eq!(transport.seen().len(), 2, "the last page is known to be the last");
        }
    }

    #[tokio::test]
    async fn phases_tags_and_the_reverse_job_are_read() {
        let mut both = job("forward");
        both["ReverseJob"] = job("reverse");
        let reply = json!({"Success": true, "DtsJobList": [both], "TotalRecordCount": 1});
        let transport = FakeTransport::new([Answer::json(200, &reply)]);
        let jobs = client(&transport)
            .describe_dts_jobs(&DescribeDtsJobs::default())
            .await
            .unwrap();
        let precheck = jobs[0].precheck_status.clone().unwrap();
        assert_eq!(precheck.status.as_deref(), Some("Finished"));
        assert_eq!(jobs[0].structure_initialization_status, None);
        assert_eq!(jobs[0].tags, [("env".to_owned(), String::new())]);
        let reverse = jobs[0].reverse_job.as_ref().unwrap();
        assert_eq!(
            (reverse.dts_job_id.as_deref(), reverse.reverse_job.is_none()),
            (Some("reverse"), true)
        );
    }
}
