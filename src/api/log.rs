//! What a job has to tell (`DescribeDtsServiceLog`; dts-api.md 2.15).

use super::client::{Client, Safety};
use super::error::Error;
use super::params::Params;

/// Lines asked for at once.
const PAGE_SIZE: usize = 100;

/// Parameters of `DescribeDtsServiceLog`.
#[derive(Clone, Debug, Default)]
pub struct DescribeDtsServiceLog {
    /// The job. Required.
    pub dts_job_id: String,
    /// `NORMAL`, `WARN` or `ERROR`.
    pub status: Option<String>,
    /// Only lines with this word.
    pub keyword: Option<String>,
    /// Only lines of this module.
    pub sub_job_type: Option<String>,
    /// Not before, in milliseconds since 1970.
    pub start_time: Option<i64>,
    /// Not after, in milliseconds since 1970.
    pub end_time: Option<i64>,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEntry {
    /// `Time`.
    pub time: Option<String>,
    /// `State`: `NORMAL`, `WARN` or `ERROR`.
    pub state: Option<String>,
    /// `Context`: the text.
    pub context: Option<String>,
}

impl Client {
    /// The lines that match, in the order of DTS, as many as `limit`, and how many there are.
    ///
    /// # Errors
    /// As [`Client::call`]; the error of any page is the error of the whole.
    pub async fn describe_dts_service_log(
        &self,
        request: &DescribeDtsServiceLog,
        limit: usize,
    ) -> Result<(Vec<LogEntry>, usize), Error> {
        let mut entries: Vec<LogEntry> = Vec::new();
        let mut listed = 0;
        for number in 1.. {
            let params = Params::new()
                .set("DtsJobId", &request.dts_job_id)
                .set_opt("Status", request.status.as_ref())
                .set_opt("Keyword", request.keyword.as_ref())
                .set_opt("SubJobType", request.sub_job_type.as_ref())
                .set_opt("StartTime", request.start_time)
                .set_opt("EndTime", request.end_time)
                .set("PageNumber", number)
                .set("PageSize", PAGE_SIZE);
            let reply = self.call("DescribeDtsServiceLog", params, Safety::Read).await?;
            let object = reply.object();
            let page: Vec<LogEntry> = object
                .list("ServiceLogContexts")
                .map(|line| LogEntry {
                    time: line.text("Time"),
                    state: line.text("State"),
                    context: line.text("Context"),
                })
                .collect();
            listed += page.len();
            // The server ignores the page number: this is the first page again.
            let again = number > 1 && !page.is_empty() && entries.starts_with(&page);
            let empty = page.is_empty();
            if !again {
                entries.extend(page);
            }
            let total = object
                .int("TotalRecordCount")
                .and_then(|total| usize::try_from(total).ok());
            let total = total.filter(|total| *total > 0);
            if empty || again || entries.len() >= limit || total.is_some_and(|total| listed >= total) {
                let total = total.unwrap_or(entries.len()).max(entries.len());
                entries.truncate(limit);
                return Ok((entries, total));
            }
        }
        Ok((entries, listed))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    fn page(texts: &[&str], total: Value) -> Answer {
        let lines: Vec<Value> = texts
            .iter()
            .map(|text| json!({"Time": "2021-03-16T08:01:19Z", "State": "NORMAL", "Context": text}))
            .collect();
        Answer::json(
            200,
            &json!({"Success": true, "ServiceLogContexts": lines, "TotalRecordCount": total}),
        )
    }

    async fn check(pages: Vec<Answer>, limit: usize, expected: (&[&str], usize, usize)) {
        let transport = FakeTransport::new(pages);
        let request = DescribeDtsServiceLog {
            dts_job_id: "abc".to_owned(),
            ..DescribeDtsServiceLog::default()
        };
        let (entries, total) = client(&transport)
            .describe_dts_service_log(&request, limit)
            .await
            .unwrap();
        let texts: Vec<&str> = entries
            .iter()
            .filter_map(|line| line.context.as_deref())
            .collect();
        assert_eq!((texts.as_slice(), total, transport.seen().len()), expected);
    }

    #[tokio::test]
    async fn pages_are_read_up_to_the_limit() {
        check(vec![page(&[], json!(0))], 9, (&[], 0, 1)).await;
        check(
            vec![page(&["a", "b"], json!(3)), page(&["c"], json!("3"))],
            9,
            (&["a", "b", "c"], 3, 2),
        )
        .await;
        check(vec![page(&["a", "b"], json!(3))], 1, (&["a"], 3, 1)).await;
        // The same page for every number, and no count at all.
        check(vec![page(&["a", "b"], json!(9))], 9, (&["a", "b"], 9, 2)).await;
        check(
            vec![page(&["a"], Value::Null), page(&[], Value::Null)],
            9,
            (&["a"], 1, 2),
        )
        .await;
    }
}
