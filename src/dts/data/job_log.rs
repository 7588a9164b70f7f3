//! `data.dts_job_log`: what a job has to tell.

use async_trait::async_trait;
use jiff::Timestamp;

use super::text;
use crate::api;
use crate::dts::error;
use crate::dts::provider::Client;
use crate::framework::datasource::{DataSource, Query};
use crate::framework::{Attribute, Block, Check, Diagnostics, Object, Path, Schema, Type, Value};

/// `data.dts_job_log`
#[derive(Debug)]
pub(in crate::dts) struct JobLog;

/// Lines without a `limit`.
const LIMIT: i64 = 1000;

fn time(name: &str, description: &str) -> Attribute {
    text(name, description).check(Check::new(|value| match value.as_str() {
        Some(text) if text.parse::<Timestamp>().is_err() => Err(format!(
            "{text:?} is not a time. Write it with date and zone, such as 2026-01-02T03:04:05Z."
        )),
        _ => Ok(()),
    }))
}

#[async_trait]
impl DataSource<Client> for JobLog {
    fn type_name(&self) -> &'static str {
        "dts_job_log"
    }

    fn schema(&self) -> Schema {
        let entry = Type::object([
            ("time", Type::String),
            ("state", Type::String),
            ("context", Type::String),
        ]);
        Schema::new(
            Block::new("Reads the log of a DTS job (`DescribeDtsServiceLog`).")
                .attribute(text("job_id", "Id of the job.").parameter("DtsJobId").required())
                .attribute(
                    text("status", "Only lines of this state: `NORMAL`, `WARN` or `ERROR`.").check(Check::one_of(&["NORMAL", "WARN", "ERROR"])),
                )
                .attribute(text("keyword", "Only lines with this word."))
                .attribute(text("sub_job_type", "Only lines of this module, by its code."))
                .attribute(time("start_time", "Not before this time, such as `2026-01-02T03:04:05Z`."))
                .attribute(time("end_time", "Not after this time."))
                .attribute(
                    Attribute::number("limit")
                        .local()
                        .check(Check::between(1, 100_000))
                        .describe("The most lines that are read, from all pages; `total` tells whether there are more. Default: `1000`."),
                )
                .attribute(Attribute::new("entries", Type::list(entry)).computed().describe(
                    "The lines, in the order of DTS. Each has `time`, `state` and `context` (the text).",
                ))
                .attribute(Attribute::number("total").computed().describe("How many lines there are.")),
        )
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let api = query.client.api(&query.cancel)?;
        let text = |name: &str| query.state.str(name).map(str::to_owned);
        let time = |name: &str| {
            let time: Option<Timestamp> = query.state.str(name).and_then(|text| text.parse().ok());
            time.map(Timestamp::as_millisecond)
        };
        let request = api::DescribeDtsServiceLog {
            dts_job_id: text("job_id").unwrap_or_default(),
            status: text("status"),
            keyword: text("keyword"),
            sub_job_type: text("sub_job_type"),
            start_time: time("start_time"),
            end_time: time("end_time"),
        };
        let limit = query.state.i64("limit").unwrap_or(LIMIT);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let what = format!("read the log of DTS job {}", request.dts_job_id);
        let read = api.describe_dts_service_log(&request, limit).await;
        let (entries, total) = read.map_err(|cause| {
            let problem = error::unable(&what, &cause);
            Diagnostics::from(if cause.is_not_found() {
                problem.at(Path::attribute("job_id"))
            } else {
                problem
            })
        })?;
        let entries: Vec<Value> = entries
            .into_iter()
            .map(|line| {
                let value = Object::new()
                    .with("time", line.time)
                    .with("state", line.state)
                    .with("context", line.context);
                value.into()
            })
            .collect();
        query.state.set("entries", entries);
        query.state.set("total", i64::try_from(total).ok());
        Ok(())
    }
}
