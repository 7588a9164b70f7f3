//! DescribeDtsServiceLog.

use serde_json::{Value, json};

use super::paging::Page;
use super::{
    describe::iso,
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
};

/// What happened to a job, newest first, filtered, page by page.
pub(crate) fn describe(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    let page = Page::of(params, "PageNumber", 20, 200)?;
    // In milliseconds since 1970.
    let from = params.integer("StartTime", 0..=i64::MAX)?.unwrap_or_default();
    let to = params.integer("EndTime", 0..=i64::MAX)?.unwrap_or(i64::MAX);
    let wanted = params.one_of("Status", &["NORMAL", "WARN", "ERROR"])?;
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    let lines: Vec<Value> = state.jobs[index]
        .log
        .iter()
        .rev()
        .filter(|line| {
            (from..=to).contains(&line.at.as_millisecond())
                && wanted.is_none_or(|wanted| wanted == line.state)
                && params.text("Keyword").is_none_or(|word| line.text.contains(word))
        })
        .map(|line| json!({"Time": iso(line.at), "State": line.state, "Context": line.text}))
        .collect();
    let total = lines.len();
    let shown: Vec<Value> = page.cut(lines).collect();
    Ok(reply::body(json!({
        "PageNumber": page.number,
        "PageRecordCount": shown.len(),
        "TotalRecordCount": total,
        "ServiceLogContexts": shown,
    })))
}
