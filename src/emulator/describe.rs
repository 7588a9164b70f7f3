//! What the replies about jobs have in common: a job's states and ends, in the service's own words.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    model::{Configuration, Endpoint, Instance, Job, Side, Status},
    reply::Body,
    state::State,
    subscription,
};

/// The account that everything belongs to: the service gives it back where none was configured.
pub(crate) const ACCOUNT: &str = "1406926474060000";

/// What both actions say of a job.
pub(crate) fn common(state: &State, job: &Job) -> Body {
    let instance = state.instance(job);
    let mut body = Body::new();
    merge(
        &mut body,
        json!({
            "DtsJobId": job.id,
            "DtsJobName": job.name,
            "DtsJobDirection": job.direction.name(),
            "CreateTime": iso(job.created),
            "Checkpoint": checkpoint(job, state.now),
            "MigrationMode": modes(job),
            "Reserved": reserved(job).to_string(),
            "ErrorMessage": error_message(job),
            "DtsBisLabel": text(job, |configuration| &configuration.label),
            "DedicatedClusterId": text(job, |configuration| &configuration.dedicated_cluster),
            "ResourceGroupId": state.resource_group(job),
            "DbObject": job.configuration.as_ref().map(|c| c.objects.db_object()).unwrap_or_default(),
            "InsightModule": false,
        }),
    );
    if let Some(began) = job.began {
        body.insert("BeginTimestamp".to_owned(), iso(began).into());
    }
    if let Some(finished) = job.finished {
        body.insert("EndTimestamp".to_owned(), iso(finished).into());
    }
    if let Some(Instance {
        id,
        pay_type,
        class,
        expires,
        du_range,
        ..
    }) = instance
    {
        body.insert("DtsInstanceID".to_owned(), id.as_str().into());
        body.insert("PayType".to_owned(), (*pay_type).into());
        body.insert("DtsJobClass".to_owned(), class.as_str().into());
        for (name, du) in [("MinDu", &du_range.0), ("MaxDu", &du_range.1)] {
            if let Some(du) = du {
                body.insert(name.to_owned(), Value::Number(du.clone()));
            }
        }
        if let Some(expires) = expires {
            body.insert("ExpireTime".to_owned(), iso(*expires).into());
        }
    }
    body
}

pub(crate) fn merge(body: &mut Body, more: Value) {
    if let Value::Object(more) = more {
        body.extend(more);
    }
}

pub(crate) fn iso(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The state that a job shows: its own, or the trouble that a script has it in.
pub(crate) fn status(state: &State, job: &Job) -> &'static str {
    match state.scripts.of(job) {
        Some(script) if script.locked && job.instance_id.is_some() => "Locked",
        Some(script) if script.retrying.is_some() && job.status.is_running() => "Retrying",
        _ => job.status.name(),
    }
}

/// What a job retries, if it does.
pub(crate) fn retry_state(state: &State, job: &Job) -> Value {
    let retrying = state
        .scripts
        .of(job)
        .and_then(|script| script.retrying.as_ref())
        .filter(|_| job.status.is_running());
    let Some(retrying) = retrying else {
        return json!({});
    };
    let most = job
        .configuration
        .as_ref()
        .and_then(|known| known.reserved("maxRetryTime")?.parse::<i64>().ok());
    json!({
        "Retrying": true,
        "ErrMessage": retrying.message,
        "Module": retrying.module,
        "RetryTarget": retrying.target,
        "RetryCount": retrying.count,
        "RetryTime": 60 * i64::from(retrying.count),
        "MaxRetryTime": most.unwrap_or(43_200),
        "JobId": job.id,
    })
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
    if let (Some(reserved), Some(Value::Object(more))) =
        (reserved.as_object_mut(), subscription::reserved(job))
    {
        reserved.extend(more);
    }
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
        _ => job
            .failure
            .as_ref()
            .map(|failure| format!("{}: {}", failure.code, failure.message))
            .unwrap_or_default(),
    }
}

/// One end of a job: as configured, or as bought. Absent members are left out, and the password always is.
pub(crate) fn endpoint(job: &Job, source: bool, detailed: bool) -> Value {
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
