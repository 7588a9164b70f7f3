//! DescribePreCheckStatus and SkipPreCheck.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    checks::{self, Finding, Item, Outcome},
    lifecycle::Lifecycle,
    model::{Job, Precheck, Status},
    params::Params,
    reply::{Body, Refusal},
    state::State,
    transition::Passing,
};

/// How far a precheck has come: items are decided one after another.
pub(crate) struct Progress<'a> {
    precheck: Option<&'a Precheck>,
    decided: usize,
}

impl<'a> Progress<'a> {
    /// The precheck of `job` as it is now.
    pub(crate) fn of(job: &'a Job, lifecycle: Lifecycle, now: Timestamp) -> Self {
        let all = job.precheck.as_ref().map_or(0, |precheck| precheck.items.len());
        let decided = match &job.passing {
            Some((Passing::Precheck, elapsed)) => elapsed.steps_done(lifecycle, now, all),
            _ => all,
        };
        Self {
            precheck: job.precheck.as_ref(),
            decided,
        }
    }

    fn items(&self) -> &'a [Item] {
        self.precheck
            .map(|precheck| precheck.items.as_slice())
            .unwrap_or_default()
    }

    /// The items whose verdict is known.
    pub(crate) fn decided(&self) -> &'a [Item] {
        self.items().get(..self.decided).unwrap_or_default()
    }

    /// `NotStarted`, `Checking`, `Failed` or `Finished`.
    pub(crate) fn state(&self) -> &'static str {
        match self.precheck {
            None => "NotStarted",
            Some(precheck) if self.decided < precheck.items.len() => "Checking",
            Some(precheck) if precheck.items.iter().any(Item::blocks) => "Failed",
            Some(_) => "Finished",
        }
    }

    /// How much is decided, in percent.
    pub(crate) fn percent(&self) -> usize {
        (self.decided * 100).checked_div(self.items().len()).unwrap_or(0)
    }
}

/// What an item found, if anything.
pub(crate) fn finding(item: &Item) -> Option<&Finding> {
    match &item.outcome {
        Outcome::Warning(finding) | Outcome::Failed(finding) => Some(finding),
        Outcome::Success | Outcome::NotChecked => None,
    }
}

/// DescribePreCheckStatus: the items of the precheck, or of another module, page by page.
pub(crate) fn describe(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    params.required("JobCode")?;
    let code = params
        .one_of("JobCode", &["01", "02", "03", "04", "07"])?
        .unwrap_or_default();
    params.one_of("StructType", &["before", "after"])?;
    let page = params.integer("PageNo", 1..=i64::MAX)?.unwrap_or(1);
    let size = params.integer("PageSize", 1..=1000)?.unwrap_or(20);
    let index = state.find(params, "DtsInstanceId")?;
    let (lifecycle, now) = (state.lifecycle, state.now);
    let job = &mut state.jobs[index];
    let progress = Progress::of(job, lifecycle, now);
    let (overall, mut items) = match code {
        "01" => (progress.state(), precheck_items(job, &progress)),
        _ => module_items(job, code),
    };
    if let Some(name) = params.text("Name") {
        items.retain(|item| item["Names"].as_str().is_some_and(|names| names.contains(name)));
    }
    let failed = items.iter().filter(|item| item["State"] == "Failed").count();
    let total = items.len();
    let skipped = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let shown: Vec<Value> = items
        .into_iter()
        .skip(skipped)
        .take(usize::try_from(size).unwrap_or(20))
        .collect();
    let body = json!({
        "State": overall,
        "Code": code,
        "JobId": job.id,
        "JobName": job.name,
        "Total": total,
        "TotalRecordCount": total,
        "ErrorItem": failed,
        "ErrorAnalysisItem": 0,
        "PageNumber": page,
        // The service gives the size of a page here, not the number of items on this one.
        "PageRecordCount": size,
        "JobProgress": shown,
        "AnalysisJobProgress": [],
        "FullNetCheckJobStatus": [],
        "SubDistributedJobStatus": [],
        "NetworkDiagnosisResult": {"Diagnosis": []},
    });
    job.described();
    Ok(body.as_object().cloned().unwrap_or_default())
}

fn precheck_items(job: &Job, progress: &Progress<'_>) -> Vec<Value> {
    let time = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00").to_string();
    let started = progress
        .precheck
        .map(|precheck| time(precheck.started))
        .unwrap_or_default();
    progress
        .items()
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let decided = index < progress.decided;
            let state = match &item.outcome {
                _ if index == progress.decided => "Checking",
                _ if !decided => "NotStarted",
                Outcome::Success => "Success",
                Outcome::NotChecked => "NotStarted",
                Outcome::Warning(_) => "Warning",
                Outcome::Failed(_) => "Failed",
            };
            let finding = finding(item).filter(|_| decided);
            let text = |part: fn(&Finding) -> &String| finding.map(part).cloned().unwrap_or_default();
            json!({
                "Item": item.code,
                "Names": format!("{}_DETAIL", item.code),
                "State": state,
                "ErrMsg": text(|finding| &finding.error),
                "ErrDetail": text(|finding| &finding.detail),
                "RepairMethod": text(|finding| &finding.repair),
                "CanSkip": item.can_skip(),
                "Skip": item.shielded,
                "IgnoreFlag": if item.shielded { "Y" } else { "N" },
                "Id": format!("{}", 1000 + index),
                "JobId": job.id,
                "OrderNum": index + 1,
                "BootTime": if decided || state == "Checking" { started.as_str() } else { "" },
                "FinishTime": if decided { started.as_str() } else { "" },
                "Current": if decided { "1" } else { "0" },
                "Total": 1,
                "Sub": "[]",
                "Logs": [],
            })
        })
        .collect()
}

/// The state of a module that moves structure or data, with an item per table.
fn module_items(job: &Job, code: &str) -> (&'static str, Vec<Value>) {
    let Some(configuration) = &job.configuration else {
        return ("NotStarted", Vec::new());
    };
    let modes = configuration.modes;
    let (wanted, increment) = match code {
        "02" => (modes.structure, false),
        "03" => (modes.data, false),
        _ => (modes.increment, true),
    };
    let state = match job.status {
        _ if !wanted || job.began.is_none() => "NotStarted",
        Status::Finished => "Finished",
        Status::Suspending => "Suspending",
        _ if !job.loaded && increment => "NotStarted",
        _ if !job.loaded => "Migrating",
        _ if increment => "Catched",
        _ => "Finished",
    };
    let item_state = if matches!(state, "Finished" | "Catched") {
        "Success"
    } else {
        state
    };
    let tables = configuration.objects.databases.iter().flat_map(|database| {
        database
            .tables
            .iter()
            .flatten()
            .map(move |table| (database, table))
    });
    let items = tables
        .filter(|_| wanted && !increment)
        .enumerate()
        .map(|(index, (database, table))| {
            json!({
                "Item": "Table",
                "Names": table.name,
                "TargetNames": table.new_name,
                "SourceSchema": database.name,
                "DestSchema": database.new_name,
                "State": item_state,
                "ErrMsg": "", "ErrDetail": "", "RepairMethod": "", "DdlSql": "", "ParentObj": "",
                "CanSkip": false,
                "Skip": false,
                "IgnoreFlag": "N",
                "Id": format!("{}", 2000 + index),
                "JobId": job.id,
                "OrderNum": index + 1,
                "Sub": "[]",
                "Logs": [],
            })
        });
    (state, items.collect())
}

/// SkipPreCheck: shields items, or takes the shield away. Nothing runs again by that.
pub(crate) fn skip(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    let shield = params.required_boolean("Skip")?;
    let items = names(params, "SkipPreCheckItems")?;
    let details = names(params, "SkipPreCheckNames")?;
    let codes: Vec<String> = if items.is_empty() {
        details
            .iter()
            .map(|name| name.trim_end_matches("_DETAIL").to_owned())
            .collect()
    } else {
        items
    };
    if codes.is_empty() {
        return Err(Refusal::missing("SkipPreCheckItems"));
    }
    let index = state.find(params, "DtsInstanceId")?;
    let job = &mut state.jobs[index];
    if params.text("JobId").is_some_and(|id| id != job.id) {
        return Err(Refusal::invalid(
            "JobId",
            "it is the JobId that DescribePreCheckStatus gives",
        ));
    }
    let Some(precheck) = job.precheck.as_mut().filter(|_| job.passing.is_none()) else {
        return Err(Refusal::new(
            403,
            "OperationDenied.JobStatus",
            "The job has no precheck that has ended.",
        ));
    };
    for code in &codes {
        let known = precheck.items.iter().find(|item| item.code == *code);
        if !known.is_some_and(checks::Item::can_skip) {
            return Err(Refusal::new(
                403,
                "OperationDenied",
                format!("The item {code} cannot be skipped."),
            ));
        }
    }
    for item in precheck
        .items
        .iter_mut()
        .filter(|item| codes.contains(&item.code))
    {
        item.shielded = shield;
    }
    for code in &codes {
        if shield {
            job.shielded.insert(code.clone());
        } else {
            job.shielded.remove(code);
        }
    }
    let details: Vec<String> = codes.iter().map(|code| format!("{code}_DETAIL")).collect();
    let body = json!({
        "SkipItems": json!(codes).to_string(),
        "SkipNames": json!(details).to_string(),
        "ScheduleJobId": job.id,
        "MigrationJobId": job.id,
    });
    Ok(body.as_object().cloned().unwrap_or_default())
}

/// A JSON array of names in one value; absent, it is empty.
fn names(params: &Params, name: &str) -> Result<Vec<String>, Refusal> {
    let Some(text) = params.text(name) else {
        return Ok(Vec::new());
    };
    serde_json::from_str(text).map_err(|_| Refusal::invalid(name, "a JSON array of names is expected"))
}
