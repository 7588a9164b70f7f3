//! DescribePreCheckStatus and SkipPreCheck.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::paging::Page;
use super::{
    checks::{self, Finding, Item, Outcome},
    lifecycle::Lifecycle,
    model::{Job, Precheck, Stage},
    module::{self, Module},
    params::Params,
    reply::{self, Body, Refusal},
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
    let page = Page::of(params, "PageNo", 20, 1000)?;
    let index = state.find(params, "DtsInstanceId")?;
    let (lifecycle, now) = (state.lifecycle, state.now);
    let job = &state.jobs[index];
    let progress = Progress::of(job, lifecycle, now);
    let (overall, mut items) = match code {
        "01" => (progress.state(), precheck_items(job, &progress)),
        _ => module_items(state, job, code),
    };
    if let Some(name) = params.text("Name") {
        items.retain(|item| item["Names"].as_str().is_some_and(|names| names.contains(name)));
    }
    let failed = items.iter().filter(|item| item["State"] == "Failed").count();
    let total = items.len();
    let shown: Vec<Value> = page.cut(items).collect();
    let body = json!({
        "State": overall,
        "Code": code,
        "JobId": job.id,
        "JobName": job.name,
        "Total": total,
        "TotalRecordCount": total,
        "ErrorItem": failed,
        "ErrorAnalysisItem": 0,
        "PageNumber": page.number,
        // The service gives the size of a page here, not the number of items on this one.
        "PageRecordCount": page.size,
        "JobProgress": shown,
        "AnalysisJobProgress": [],
        "FullNetCheckJobStatus": [],
        "SubDistributedJobStatus": [],
        "NetworkDiagnosisResult": {"Diagnosis": []},
    });
    state.jobs[index].described();
    Ok(reply::body(body))
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

/// The state of a module that moves structure or data, with an item for each object, or that moves changes, with an
/// item for each database.
fn module_items(state: &State, job: &Job, code: &str) -> (&'static str, Vec<Value>) {
    let stage = match code {
        "02" => Stage::Structure,
        "03" => Stage::Full,
        _ => Stage::Incremental,
    };
    let module = Module::of(state, job, stage);
    let Some(configuration) = job.configuration.as_ref().filter(|_| module.wanted) else {
        return ("NotStarted", Vec::new());
    };
    let item_state = match module.state {
        "Finished" | "Catched" => "Success",
        other => other,
    };
    let objects = configuration.objects.moved(stage);
    let delay = module::delay(state, job);
    let last = objects.len();
    let items = objects.into_iter().enumerate().map(|(index, object)| {
        // What comes first is done first; of a module that has failed, the object that it was at.
        let done = usize::from(module.percent) * last / 100;
        let own = match item_state {
            "Failed" if index < done => "Success",
            "Failed" if index > done && done < last => "NotStarted",
            "Migrating" if stage != Stage::Incremental && index < done => "Success",
            other => other,
        };
        let failed = own == "Failed";
        let finished = own == "Success";
        let mut item = json!({
            "Item": object.kind,
            "Names": object.name,
            "TargetNames": object.new_name,
            "SourceSchema": object.database,
            "DestSchema": object.new_database,
            "State": own,
            "ErrMsg": if failed { job.failure.as_ref().map(|failure| failure.code.as_str()) } else { None }.unwrap_or_default(),
            "ErrDetail": if failed { module.message.as_str() } else { "" },
            "RepairMethod": "",
            "DdlSql": if stage == Stage::Structure { object.definition() } else { String::new() },
            "ParentObj": "",
            "CanSkip": false,
            "Skip": false,
            "IgnoreFlag": "N",
            "Id": format!("{}", 2000 + index),
            "JobId": job.id,
            "OrderNum": index + 1,
            "Current": if finished { "1" } else { "0" },
            "Total": 1,
            "Sub": "[]",
            "Logs": [],
        });
        if stage == Stage::Incremental {
            item["DelaySeconds"] = (delay / 1000).into();
        }
        item
    });
    (module.state, items.collect())
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
    set_shield(job, &codes, shield)?;
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

/// ShieldPrecheck, the older way: shields items of the job of an instance.
pub(crate) fn shield(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsInstanceId")?;
    params.required("PrecheckItems")?;
    let codes = params.list("PrecheckItems").unwrap_or_default();
    let codes: Vec<String> = codes.into_iter().map(str::to_owned).collect();
    let index = state.find(params, "DtsInstanceId")?;
    set_shield(&mut state.jobs[index], &codes, true)?;
    Ok(Body::new())
}

fn set_shield(job: &mut Job, codes: &[String], shield: bool) -> Result<(), Refusal> {
    let Some(precheck) = job.precheck.as_mut().filter(|_| job.passing.is_none()) else {
        return Err(Refusal::new(
            403,
            "OperationDenied.JobStatus",
            "The job has no precheck that has ended.",
        ));
    };
    for code in codes {
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
    for code in codes {
        if shield {
            job.shielded.insert(code.clone());
        } else {
            job.shielded.remove(code);
        }
    }
    Ok(())
}
