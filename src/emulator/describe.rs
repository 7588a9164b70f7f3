//! DescribeDtsJobDetail and DescribeDtsJobs.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    checks::Outcome,
    model::{Configuration, Endpoint, Instance, Job, Kind, Modes, Side, Status},
    params::Params,
    precheck::{self, Progress},
    reply::{Body, Refusal},
    state::State,
};

/// The account that everything belongs to: the service gives it back where none was configured.
const ACCOUNT: &str = "1406926474060000";

/// Milliseconds behind the source once a job has caught up.
const CAUGHT_UP: i64 = 20;

/// DescribeDtsJobDetail: one job, with all that was configured but the passwords.
pub(crate) fn detail(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    state.refuse_reverse(params)?;
    params.boolean("SyncSubJobHistory")?;
    // This action alone spells its parameter so.
    let index = state.find(params, "DtsInstanceID")?;
    let job = &state.jobs[index];
    let mut body = common(state, job);
    let extra = json!({
        // Clients have to compare states in any case: this action writes this one in lower case.
        "Status": if job.status == Status::Synchronizing { "synchronizing" } else { job.status.name() },
        "JobType": if job.kind == Kind::Sync { "SYNC" } else { job.kind.listed() },
        "TaskType": job.kind.listed(),
        "BootTime": job.began.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S.000").to_string()).unwrap_or_default(),
        "LastUpdateTime": iso(state.now),
        "Delay": delay(job),
        "SubscriptionDataType": {"Ddl": true, "Dml": true},
        "DataSynchronizationStatus": sub_status(job, job.replicates(), "Catched"),
        "SubDistributedJob": [],
        "SubSyncJob": [],
        "RetryState": {},
        "DemoJob": false,
        "Code": 200,
    });
    merge(&mut body, extra);
    body.insert("SourceEndpoint".to_owned(), endpoint(job, true, true));
    body.insert("DestinationEndpoint".to_owned(), endpoint(job, false, true));
    state.jobs[index].described();
    Ok(body)
}

/// DescribeDtsJobs: the jobs of a type, filtered, ordered, page by page.
pub(crate) fn list(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let filter = Filter::read(params)?;
    let mut found: Vec<usize> = (0..state.jobs.len())
        .filter(|&index| filter.takes(&state.jobs[index]))
        .collect();
    // Jobs of the same second stay in the order in which they were made.
    let key = |index: &usize| match filter.order {
        Order::Created => state.jobs[*index].created,
        Order::Finished => state.jobs[*index].finished.unwrap_or(Timestamp::MAX),
    };
    found.sort_by_key(key);
    if filter.descending {
        found.reverse();
    }
    let total = found.len();
    let skipped = usize::try_from((filter.page - 1).saturating_mul(filter.size)).unwrap_or(usize::MAX);
    let shown: Vec<usize> = found
        .into_iter()
        .skip(skipped)
        .take(usize::try_from(filter.size).unwrap_or(20))
        .collect();
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
    let body = json!({
        "DtsJobList": jobs,
        "EtlDemoList": [],
        "PageNumber": filter.page,
        "PageRecordCount": shown.len(),
        "TotalRecordCount": total,
    });
    Ok(body.as_object().cloned().unwrap_or_default())
}

#[derive(Clone, Copy)]
enum Order {
    Created,
    Finished,
}

/// What DescribeDtsJobs is asked for.
struct Filter<'a> {
    kind: Kind,
    region: Option<&'a str>,
    job_ids: Option<Vec<&'a str>>,
    instance_ids: Option<Vec<&'a str>>,
    by: Option<(&'static str, &'a str)>,
    status: Option<&'a str>,
    group: Option<&'a str>,
    tags: bool,
    order: Order,
    descending: bool,
    page: i64,
    size: i64,
    without_objects: bool,
}

impl<'a> Filter<'a> {
    fn read(params: &'a Params) -> Result<Self, Refusal> {
        let kind = Kind::parse(params.text("JobType").unwrap_or("MIGRATION"))
            .ok_or_else(|| Refusal::invalid("JobType", "allowed are MIGRATION, SYNC, SUBSCRIBE"))?;
        let by = params.one_of("Type", &["instance", "name", "srcRds", "rds"])?;
        Ok(Self {
            kind,
            region: params.text("Region"),
            job_ids: params.list("DtsJobId"),
            instance_ids: params.list("DtsInstanceId"),
            by: by.zip(params.text("Params")),
            status: params.text("Status"),
            group: params.text("ResourceGroupId"),
            tags: params.text("Tags").is_some_and(|tags| tags != "[]"),
            order: match params.one_of("OrderColumn", &["CreateTime", "FinishTime", "duLimit"])? {
                Some("FinishTime") => Order::Finished,
                _ => Order::Created,
            },
            descending: params.one_of("OrderDirection", &["ASC", "DESC"])? != Some("ASC"),
            page: params.integer("PageNumber", 1..=i64::MAX)?.unwrap_or(1),
            size: params.integer("PageSize", 1..=200)?.unwrap_or(20),
            without_objects: params.boolean("WithoutDbList")?.unwrap_or_default(),
        })
    }

    fn takes(&self, job: &Job) -> bool {
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
        let group = job
            .configuration
            .as_ref()
            .map(|configuration| configuration.resource_group.as_str());
        job.kind == self.kind
            && self.region.is_none_or(|region| job.region == region)
            && in_list(&self.job_ids, Some(&job.id))
            && in_list(&self.instance_ids, instance)
            && by
            && self.status.is_none_or(|status| job.status.name().eq_ignore_ascii_case(status))
            && self.group.is_none_or(|wanted| group == Some(wanted))
            // Nothing is tagged here.
            && !self.tags
    }
}

/// What both actions say of a job.
fn common(state: &State, job: &Job) -> Body {
    let instance = state.instance(job);
    let mut body = Body::new();
    merge(
        &mut body,
        json!({
            "DtsJobId": job.id,
            "DtsJobName": job.name,
            "DtsJobDirection": "Forward",
            "SynchronizationDirection": "Forward",
            "CreateTime": iso(job.created),
            "Checkpoint": checkpoint(job, state.now),
            "MigrationMode": modes(job),
            "Reserved": reserved(job).to_string(),
            "ErrorMessage": error_message(job),
            "DtsBisLabel": text(job, |configuration| &configuration.label),
            "DedicatedClusterId": text(job, |configuration| &configuration.dedicated_cluster),
            "ResourceGroupId": text(job, |configuration| &configuration.resource_group),
            "DbObject": job.configuration.as_ref().map(|c| c.objects.db_object()).unwrap_or_default(),
            "InsightModule": false,
        }),
    );
    if let Some(began) = job.began {
        body.insert("BeginTimestamp".to_owned(), iso(began).into());
    }
    if let Some(finished) = job.finished {
        body.insert("FinishTime".to_owned(), iso(finished).into());
        body.insert("EndTimestamp".to_owned(), iso(finished).into());
    }
    if let Some(Instance {
        id,
        pay_type,
        class,
        expires,
        ..
    }) = instance
    {
        body.insert("DtsInstanceID".to_owned(), id.as_str().into());
        body.insert("PayType".to_owned(), (*pay_type).into());
        body.insert("DtsJobClass".to_owned(), class.as_str().into());
        if let Some(expires) = expires {
            body.insert("ExpireTime".to_owned(), iso(*expires).into());
        }
    }
    body
}

fn listed(state: &State, job: &Job) -> Body {
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
    let modes = job
        .configuration
        .as_ref()
        .map(|configuration| configuration.modes);
    let wanted = |which: fn(Modes) -> bool| modes.is_some_and(which);
    let extra = json!({
        "Status": job.status.name(),
        "JobType": job.kind.listed(),
        "OriginType": "PTS",
        // In milliseconds for a migration, in seconds for a synchronization.
        "Delay": match delay(job) {
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
        "StructureInitializationStatus": sub_status(job, wanted(|modes| modes.structure), "Finished"),
        "DataInitializationStatus": sub_status(job, wanted(|modes| modes.data), "Finished"),
        "DataSynchronizationStatus": sub_status(job, wanted(|modes| modes.increment), "Catched"),
        "Performance": {"Flow": "0.00", "Rps": "0"},
        "RetryState": {},
        "ErrorDetails": [],
        "TagList": [],
        "AppName": "dts",
    });
    merge(&mut item, extra);
    item
}

fn merge(body: &mut Body, more: Value) {
    if let Value::Object(more) = more {
        body.extend(more);
    }
}

fn iso(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn text(job: &Job, part: fn(&Configuration) -> &String) -> &str {
    job.configuration
        .as_ref()
        .map(part)
        .map(String::as_str)
        .unwrap_or_default()
}

/// Where a replicating job stands: in Unix seconds, as text.
fn checkpoint(job: &Job, now: Timestamp) -> String {
    match &job.configuration {
        Some(configuration) if job.began.is_none() || !configuration.modes.increment => {
            configuration.checkpoint.clone()
        }
        Some(_) => job.finished.unwrap_or(now).as_second().to_string(),
        None => String::new(),
    }
}

/// Milliseconds behind the source; -1 before changes are read.
fn delay(job: &Job) -> i64 {
    match job.status {
        Status::Migrating | Status::Synchronizing | Status::Suspending | Status::Modifying
            if job.loaded && job.replicates() =>
        {
            CAUGHT_UP
        }
        Status::Finished => 0,
        _ => -1,
    }
}

fn modes(job: &Job) -> Value {
    let modes = job
        .configuration
        .as_ref()
        .map(|configuration| configuration.modes);
    json!({
        "StructureInitialization": modes.is_some_and(|modes| modes.structure),
        "DataInitialization": modes.is_some_and(|modes| modes.data),
        "DataSynchronization": modes.is_some_and(|modes| modes.increment),
    })
}

/// The reserve with what the service adds to it.
fn reserved(job: &Job) -> Value {
    let Some(configuration) = &job.configuration else {
        return json!({});
    };
    let mut reserved = json!({
        "SourceEngineVersion": "8.0",
        "srcNetType": "VPC",
        "destNetType": "VPC",
        "srcSSL": "0",
        "destSSL": "0",
        "useJobTask": "1",
    });
    if let Some(reserved) = reserved.as_object_mut() {
        reserved.extend(configuration.reserve.clone());
    }
    reserved
}

fn error_message(job: &Job) -> String {
    match (job.status, &job.precheck) {
        (Status::PrecheckFailed, Some(precheck)) => {
            let failed: Vec<&str> = precheck
                .items
                .iter()
                .filter(|item| item.blocks())
                .map(|item| item.code.as_str())
                .collect();
            format!("The precheck failed: {}", failed.join(", "))
        }
        _ => String::new(),
    }
}

/// The state of one module; `done` once it has done what it does.
fn sub_status(job: &Job, wanted: bool, done: &str) -> Value {
    let begun = wanted && job.began.is_some();
    let increment = done == "Catched";
    let (status, percent) = match job.status {
        _ if !begun => ("NotStarted", "0"),
        Status::Finished => ("Finished", "100"),
        _ if !job.loaded && increment => ("NotStarted", "0"),
        Status::Suspending if !job.loaded || increment => ("Suspending", "50"),
        _ if !job.loaded => ("Migrating", "50"),
        _ => (done, "100"),
    };
    let progress = if increment && begun {
        "0.00RPS/(0.000MB/s)"
    } else {
        "0"
    };
    json!({"Status": status, "Percent": percent, "Progress": progress, "ErrorMessage": "", "NeedUpgrade": false})
}

/// One end of a job: as configured, or as bought. Absent members are left out, and the password always is.
fn endpoint(job: &Job, source: bool, detailed: bool) -> Value {
    let side = if source { &job.bought.0 } else { &job.bought.1 };
    let Some(configuration) = &job.configuration else {
        let Side { engine, region } = side;
        return present([("EngineName", display_engine(engine)), ("Region", region)]);
    };
    let end = if source {
        &configuration.source
    } else {
        &configuration.destination
    };
    let ssl = configuration.reserved(if source { "srcSSL" } else { "destSSL" });
    let ssl = match ssl.as_deref() {
        Some("1") => "ENABLE_WITH_CERTIFICATE",
        Some("3") => "ENABLE_ONLY_4_KAFKA_SCRAM_SHA_256",
        _ => "DISABLE",
    };
    let Endpoint {
        instance_type,
        instance_id,
        region,
        ip,
        database,
        user,
        oracle_sid,
        ..
    } = end;
    let mut shown = present([
        ("InstanceType", instance_type),
        ("InstanceID", instance_id),
        ("EngineName", display_engine(&end.engine)),
        ("Region", region),
        ("Ip", ip),
        ("Port", port(end)),
        ("DatabaseName", database),
        ("UserName", user),
        ("OracleSID", oracle_sid),
        ("SslSolutionEnum", ssl),
    ]);
    if detailed {
        shown["RoleName"] = end.role.as_str().into();
        shown["CanModifyPassword"] = true.into();
        if source || !end.owner_id.is_empty() {
            shown["AliyunUid"] = if end.owner_id.is_empty() {
                ACCOUNT
            } else {
                &end.owner_id
            }
            .into();
        }
    }
    shown
}

fn present<const N: usize>(members: [(&str, &str); N]) -> Value {
    let members = members.into_iter().filter(|(_, value)| !value.is_empty());
    Value::Object(
        members
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect(),
    )
}

/// The port given, or the usual one of the engine.
fn port(endpoint: &Endpoint) -> &str {
    if !endpoint.port.is_empty() {
        return &endpoint.port;
    }
    match endpoint.engine.to_ascii_uppercase().as_str() {
        "MYSQL" | "MARIADB" | "POLARDB" => "3306",
        "POSTGRESQL" => "5432",
        "MONGODB" => "3717",
        "REDIS" => "6379",
        _ => "",
    }
}

/// The engine as the service shows it.
fn display_engine(engine: &str) -> &str {
    match engine.to_ascii_uppercase().as_str() {
        "MYSQL" => "MySQL",
        "MARIADB" => "MariaDB",
        "POSTGRESQL" => "PostgreSQL",
        "ORACLE" => "Oracle",
        "MONGODB" => "MongoDB",
        "REDIS" => "Redis",
        "POLARDB_O" => "polardb_o",
        "KAFKA" => "Kafka",
        _ => engine,
    }
}
