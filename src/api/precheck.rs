//! The precheck: what DTS checks before it moves data (`DescribePreCheckStatus`, `SkipPreCheck`; dts-api.md 4).

use super::client::{Client, Safety};
use super::decode::Object;
use super::error::Error;
use super::params::Params;

/// Items asked for at once.
const PAGE_SIZE: usize = 30;

/// How often all pages are read again when the precheck moved on in between.
const CONSISTENT_READS: usize = 3;

/// One check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrecheckItem {
    /// `Item`: the code, such as `CHECK_CONN_SRC`.
    pub item: Option<String>,
    /// `Names`: the long name, such as `CHECK_CONN_SRC_DETAIL`.
    pub names: Option<String>,
    /// `State`: `NotStarted`, `Checking`, `Migrating`, `Failed`, `Warning`, `Success`.
    pub state: Option<String>,
    /// `ErrMsg`: short code of what was found.
    pub err_msg: Option<String>,
    /// `ErrDetail`: what was found.
    pub err_detail: Option<String>,
    /// `RepairMethod`: how to repair it.
    pub repair_method: Option<String>,
    /// `CanSkip`: may be shielded.
    pub can_skip: Option<bool>,
    /// `Skip`: has been shielded.
    pub skip: Option<bool>,
    /// `IgnoreFlag`: `Y` or `N`.
    pub ignore_flag: Option<String>,
    /// `Id` of the record.
    pub id: Option<String>,
    /// `OrderNum`.
    pub order_num: Option<i64>,
    /// `JobId` of the check.
    pub job_id: Option<String>,
    /// `BootTime`.
    pub boot_time: Option<String>,
    /// `FinishTime`.
    pub finish_time: Option<String>,
    /// `Logs`: what went wrong in detail, one text per entry.
    pub logs: Vec<String>,
    /// `SourceSchema`: database of an object that is moved.
    pub source_schema: Option<String>,
    /// `DestSchema`: database that it is moved to.
    pub dest_schema: Option<String>,
    /// `TargetNames`: its name there.
    pub target_names: Option<String>,
    /// `ParentObj`: the object that it belongs to.
    pub parent_obj: Option<String>,
    /// `DdlSql`: how it is made.
    pub ddl_sql: Option<String>,
    /// `DiffRow`: rows that differ.
    pub diff_row: Option<i64>,
    /// `DelaySeconds`: how far behind it is; of changes.
    pub delay_seconds: Option<i64>,
}

impl PrecheckItem {
    fn decode(object: Object<'_>) -> PrecheckItem {
        PrecheckItem {
            item: object.text("Item"),
            names: object.text("Names"),
            state: object.text("State"),
            err_msg: object.text("ErrMsg"),
            err_detail: object.text("ErrDetail"),
            repair_method: object.text("RepairMethod"),
            can_skip: object.flag("CanSkip"),
            skip: object.flag("Skip"),
            ignore_flag: object.text("IgnoreFlag"),
            id: object.text("Id"),
            order_num: object.int("OrderNum"),
            job_id: object.text("JobId"),
            boot_time: object.text("BootTime"),
            finish_time: object.text("FinishTime"),
            logs: object
                .list("Logs")
                .filter_map(|log| {
                    let parts = [log.text("ErrType"), log.text("ErrMsg"), log.text("ErrData")];
                    let parts: Vec<String> = parts.into_iter().flatten().collect();
                    (!parts.is_empty()).then(|| parts.join(": "))
                })
                .collect(),
            source_schema: object.text("SourceSchema"),
            dest_schema: object.text("DestSchema"),
            target_names: object.text("TargetNames"),
            parent_obj: object.text("ParentObj"),
            ddl_sql: object.text("DdlSql"),
            diff_row: object.int("DiffRow"),
            delay_seconds: object.int("DelaySeconds"),
        }
    }

    fn list(object: Object<'_>, name: &str) -> Vec<PrecheckItem> {
        object.list(name).map(PrecheckItem::decode).collect()
    }
}

/// The checks of one physical sub-job of a distributed source, or of one network path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartialPrecheck {
    /// `Code` of the module.
    pub code: Option<String>,
    /// `JobId`.
    pub job_id: Option<String>,
    /// `JobName`.
    pub job_name: Option<String>,
    /// `State`.
    pub state: Option<String>,
    /// `ErrorItem`: number of failed items.
    pub error_item: Option<i64>,
    /// `Total`: number of items.
    pub total: Option<i64>,
    /// `SourceEndpointType`; network paths only.
    pub source_endpoint_type: Option<String>,
    /// `DestinationEndpointType`; network paths only.
    pub destination_endpoint_type: Option<String>,
    /// The items.
    pub items: Vec<PrecheckItem>,
}

impl PartialPrecheck {
    fn decode(object: Object<'_>) -> PartialPrecheck {
        PartialPrecheck {
            code: object.text("Code"),
            job_id: object.text("JobId"),
            job_name: object.text("JobName"),
            state: object.text("State"),
            error_item: object.int("ErrorItem"),
            total: object.int("Total"),
            source_endpoint_type: object.text("SourceEndpointType"),
            destination_endpoint_type: object.text("DestinationEndpointType"),
            items: PrecheckItem::list(object, "JobProgress"),
        }
    }
}

/// The state of a precheck with its items from all pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrecheckStatus {
    /// `State`: `NotStarted`, `Suspending`, `Checking`, `Migrating`, `Failed`, `Catched`, `Finished`.
    pub state: Option<String>,
    /// `Code`: the module, `01` for the precheck.
    pub code: Option<String>,
    /// `JobId`: what [`SkipPreCheck::job_id`] wants; the job's id or the precheck task's own.
    pub job_id: Option<String>,
    /// `JobName`.
    pub job_name: Option<String>,
    /// `ErrorItem`: number of failed items.
    pub error_item: Option<i64>,
    /// `ErrorAnalysisItem`: number of failed items of the assessment.
    pub error_analysis_item: Option<i64>,
    /// `Total`: number of items.
    pub total: Option<i64>,
    /// `JobProgress`: the checks.
    pub items: Vec<PrecheckItem>,
    /// `AnalysisJobProgress`: the optional assessment.
    pub analysis: Vec<PrecheckItem>,
    /// `SubDistributedJobStatus`: one entry per physical sub-job.
    pub sub_jobs: Vec<PartialPrecheck>,
    /// `FullNetCheckJobStatus`: one entry per network path.
    pub network: Vec<PartialPrecheck>,
}

impl PrecheckStatus {
    fn decode(object: Object<'_>) -> PrecheckStatus {
        let parts = |name| object.list(name).map(PartialPrecheck::decode).collect();
        PrecheckStatus {
            state: object.text("State"),
            code: object.text("Code"),
            job_id: object.text("JobId"),
            job_name: object.text("JobName"),
            error_item: object.int("ErrorItem"),
            error_analysis_item: object.int("ErrorAnalysisItem"),
            total: object.int("Total"),
            items: PrecheckItem::list(object, "JobProgress"),
            analysis: PrecheckItem::list(object, "AnalysisJobProgress"),
            sub_jobs: parts("SubDistributedJobStatus"),
            network: parts("FullNetCheckJobStatus"),
        }
    }
}

/// Parameters of `DescribePreCheckStatus` (dts-api.md 4.1).
#[derive(Clone, Debug, Default)]
pub struct DescribePreCheckStatus {
    /// The job. Required.
    pub dts_job_id: String,
    /// `01` the precheck, `02` structure, `03` full load, `04` increment. Required.
    pub job_code: String,
    /// `before` or `after`: structures of the load, or DDL that came since.
    pub struct_type: Option<String>,
    /// `StructPhase`; of structures.
    pub struct_phase: Option<String>,
    /// Only items with this part in their name.
    pub name: Option<String>,
}

/// Parameters of `SkipPreCheck`. It resumes nothing: start the job again afterwards.
#[derive(Clone, Debug, Default)]
pub struct SkipPreCheck {
    /// The job. Required.
    pub dts_job_id: String,
    /// [`PrecheckStatus::job_id`].
    pub job_id: Option<String>,
    /// Codes such as `CHECK_SAME_OBJ`.
    pub items: Vec<String>,
    /// Long names such as `CHECK_SAME_OBJ_DETAIL`, in the same order.
    pub names: Vec<String>,
    /// `true` shields, `false` unshields.
    pub skip: bool,
}

impl Client {
    /// The precheck of a job, with its items from all pages.
    ///
    /// `job_code` is `01` for the precheck (`02` structure, `03` full load, `04` increment), `struct_type` is `before`
    /// or `after`.
    ///
    /// # Errors
    /// As [`Client::call`]; the error of any page is the error of the whole.
    pub async fn describe_precheck_status(
        &self,
        job_id: &str,
        job_code: &str,
        struct_type: Option<&str>,
    ) -> Result<PrecheckStatus, Error> {
        let request = DescribePreCheckStatus {
            dts_job_id: job_id.to_owned(),
            job_code: job_code.to_owned(),
            struct_type: struct_type.map(str::to_owned),
            ..DescribePreCheckStatus::default()
        };
        self.describe_module_status(&request).await
    }

    /// The items of a job's precheck or of one of its modules, from all pages.
    ///
    /// # Errors
    /// As [`Client::describe_precheck_status`].
    pub async fn describe_module_status(
        &self,
        request: &DescribePreCheckStatus,
    ) -> Result<PrecheckStatus, Error> {
        let mut status = PrecheckStatus::default();
        for _ in 0..CONSISTENT_READS {
            let params = Params::new()
                .set("DtsJobId", &request.dts_job_id)
                .set("JobCode", &request.job_code)
                .set_opt("StructType", request.struct_type.as_ref())
                .set_opt("StructPhase", request.struct_phase.as_ref())
                .set_opt("Name", request.name.as_ref());
            let (read, consistent) = self.read_precheck(&params).await?;
            status = read;
            if consistent {
                break;
            }
        }
        Ok(status)
    }

    /// One pass over all pages, and whether they tell of the same moment.
    async fn read_precheck(&self, params: &Params) -> Result<(PrecheckStatus, bool), Error> {
        let mut whole: Option<PrecheckStatus> = None;
        let mut consistent = true;
        for number in 1.. {
            let params = params.clone().set("PageNo", number).set("PageSize", PAGE_SIZE);
            let reply = self.call("DescribePreCheckStatus", params, Safety::Read).await?;
            let page = PrecheckStatus::decode(reply.object());
            let empty = page.items.is_empty();
            match whole.as_mut() {
                None => whole = Some(page),
                Some(whole) => {
                    consistent &= whole.state == page.state && whole.error_item == page.error_item;
                    // The server ignores the page number: this is the first page again.
                    if page
                        .items
                        .first()
                        .is_some_and(|item| same(item, whole.items.first()))
                    {
                        break;
                    }
                    let items = std::mem::take(&mut whole.items);
                    *whole = PrecheckStatus {
                        items: items.into_iter().chain(page.items).collect(),
                        ..page
                    };
                }
            }
            let read = whole.as_ref().map_or(0, |whole| whole.items.len());
            let total = whole.as_ref().and_then(|whole| whole.total);
            // Without a total, only an empty page is the end.
            let total = total
                .and_then(|total| usize::try_from(total).ok())
                .filter(|total| *total > 0);
            if empty || total.is_some_and(|total| read >= total) {
                break;
            }
        }
        Ok((whole.unwrap_or_default(), consistent))
    }

    /// Shields failed checks, or unshields them.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn skip_pre_check(&self, request: &SkipPreCheck) -> Result<(), Error> {
        let list = |texts: &[String]| (!texts.is_empty()).then(|| serde_json::Value::from(texts.to_vec()));
        let params = Params::new()
            .set("DtsJobId", &request.dts_job_id)
            .set_opt("JobId", request.job_id.as_ref())
            .set("Skip", request.skip)
            .set_opt("SkipPreCheckItems", list(&request.items))
            .set_opt("SkipPreCheckNames", list(&request.names));
        self.call("SkipPreCheck", params, Safety::Repeatable)
            .await
            .map(drop)
    }
}

/// Whether two items are the same record.
fn same(item: &PrecheckItem, other: Option<&PrecheckItem>) -> bool {
    other.is_some_and(|other| {
        (&item.item, &item.id, item.order_num) == (&other.item, &other.id, other.order_num)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    fn page(state: &str, items: &[&str], total: Value) -> Answer {
        let items: Vec<Value> = items
            .iter()
            .map(|item| json!({"Item": item, "State": "Success"}))
            .collect();
        Answer::json(
            200,
            &json!({"RequestId": "1", "Success": true, "Code": "01", "State": state, "ErrorItem": 0, "Total": total,
                "PageRecordCount": 20, "JobProgress": items}),
        )
    }

    /// The state and items that come of these pages, and the pages that were asked for.
    async fn check(pages: Vec<Answer>, expected: (&str, &[&str], &[&str])) {
        let transport = FakeTransport::new(pages);
        let status = client(&transport)
            .describe_precheck_status("abc", "01", Some("before"))
            .await
            .unwrap();
        let items: Vec<&str> = status
            .items
            .iter()
            .filter_map(|item| item.item.as_deref())
            .collect();
        let numbers = transport.values("PageNo");
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        assert_eq!(
            (status.state.as_deref(), items.as_slice(), numbers.as_slice()),
            (Some(expected.0), expected.1, expected.2)
        );
        let first = &transport.seen()[0];
        assert_eq!(
            [
                first.get("DtsJobId"),
                first.get("JobCode"),
                first.get("StructType")
            ],
            ["abc", "01", "before"]
        );
    }

    #[tokio::test]
    async fn all_pages_are_read() {
        check(
            vec![page("Finished", &["a", "b"], json!(2))],
            ("Finished", &["a", "b"], &["1"]),
        )
        .await;
        let pages = vec![
            page("Finished", &["a", "b"], json!(3)),
            page("Finished", &["c"], json!(3)),
        ];
        check(pages, ("Finished", &["a", "b", "c"], &["1", "2"])).await;
    }

    #[tokio::test]
    async fn reading_ends_whatever_the_server_counts() {
        for none in [json!(null), json!(0), json!("")] {
            let pages = vec![
                page("Finished", &["a"], none.clone()),
                page("Finished", &[], none),
            ];
            check(pages, ("Finished", &["a"], &["1", "2"])).await;
        }
        check(
            vec![page("NotStarted", &[], json!(9))],
            ("NotStarted", &[], &["1"]),
        )
        .await;
        let pages = vec![
            page("Finished", &["a"], json!(9)),
            page("Finished", &[], json!(9)),
        ];
        check(pages, ("Finished", &["a"], &["1", "2"])).await;
        // The same page for every number.
        check(
            vec![page("Finished", &["a", "b"], json!(9))],
            ("Finished", &["a", "b"], &["1", "2"]),
        )
        .await;
    }

    #[tokio::test]
    async fn pages_of_two_moments_are_read_again() {
        let pages = vec![
            page("Checking", &["a"], json!(2)),
            page("Finished", &["b"], json!(2)),
            page("Finished", &["a"], json!(2)),
            page("Finished", &["b"], json!(2)),
        ];
        check(pages, ("Finished", &["a", "b"], &["1", "2", "1", "2"])).await;
    }

    #[tokio::test]
    async fn the_lists_are_kept_apart() {
        let item = json!({"Item": "CHECK_CONN_SRC", "Names": "CHECK_CONN_SRC_DETAIL", "State": "Failed", "ErrMsg": "E",
            "ErrDetail": "D", "RepairMethod": "R", "CanSkip": "true", "Skip": false, "IgnoreFlag": "N", "Id": 7,
            "OrderNum": "2", "Logs": [{"ErrType": "T", "ErrMsg": "M"}, {}]});
        let part =
            json!({"Code": "01", "JobId": "sub", "State": "Failed", "ErrorItem": 1, "JobProgress": [item]});
        let reply = json!({"Success": true, "State": "Failed", "JobId": "pre", "ErrorItem": "1", "Total": 1,
            "JobProgress": [item], "AnalysisJobProgress": [item], "SubDistributedJobStatus": [part],
            "FullNetCheckJobStatus": [part, part]});
        let transport = FakeTransport::new([Answer::json(200, &reply)]);
        let status = client(&transport)
            .describe_precheck_status("abc", "01", None)
            .await
            .unwrap();
        let text = |text: &str| Some(text.to_owned());
        let expected = PrecheckItem {
            item: text("CHECK_CONN_SRC"),
            names: text("CHECK_CONN_SRC_DETAIL"),
            state: text("Failed"),
            err_msg: text("E"),
            err_detail: text("D"),
            repair_method: text("R"),
            can_skip: Some(true),
            skip: Some(false),
            ignore_flag: text("N"),
            id: text("7"),
            order_num: Some(2),
            logs: vec!["T: M".to_owned()],
            ..PrecheckItem::default()
        };
        assert_eq!(status.items, std::slice::from_ref(&expected));
        assert_eq!(status.analysis, std::slice::from_ref(&expected));
        assert_eq!((status.sub_jobs.len(), status.network.len()), (1, 2));
        assert_eq!(status.sub_jobs[0].items, [expected]);
        assert_eq!(
            (status.job_id.as_deref(), status.error_item),
            (Some("pre"), Some(1))
        );
    }

    #[tokio::test]
    async fn skipping_names_items_as_json() {
        let transport = FakeTransport::new([Answer::json(200, &json!({"Success": true}))]);
        let request = SkipPreCheck {
            dts_job_id: "abc".into(),
            items: vec!["CHECK_SAME_OBJ".into()],
            names: vec!["CHECK_SAME_OBJ_DETAIL".into()],
            skip: true,
            ..SkipPreCheck::default()
        };
        client(&transport).skip_pre_check(&request).await.unwrap();
        let expected = [
            "Action=SkipPreCheck",
            "DtsJobId=abc",
            "RegionId=cn-hangzhou",
            "Skip=true",
            r#"SkipPreCheckItems=["CHECK_SAME_OBJ"]"#,
            r#"SkipPreCheckNames=["CHECK_SAME_OBJ_DETAIL"]"#,
        ];
        assert_eq!(transport.seen()[0].parameters(), expected);
    }
}
