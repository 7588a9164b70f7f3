//! The databases at the ends of a job: exchanged for others, and tried.

use serde_json::{Value, json};

use super::{
    checker,
    fixtures::Fixtures,
    job::{modifying, wrong_state},
    model::{Endpoint, Kind, Password, Status},
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
};

/// Kinds of endpoints as this action takes them, in any case, and as describes give them back.
const TYPES: &[(&str, &str)] = &[
    ("rds", "RDS"),
    ("polardb", "PolarDB"),
    ("mongodb", "MONGODB"),
    ("distributed_mongodb", "DISTRIBUTED_MONGODB"),
    ("greenplum", "GREENPLUM"),
    ("kafka", "KAFKA"),
    ("ecs", "ECS"),
    ("express", "EXPRESS"),
    ("other", "OTHER"),
];

/// ModifyDtsJobEndpoint: another database takes the place of the source or the destination.
pub(crate) fn modify(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("Endpoint")?;
    let source = params.one_of("Endpoint", &["src", "dest"])? == Some("src");
    let given = params.required("EndpointInstanceType")?;
    let kind = TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(given))
        .map(|(_, shown)| *shown)
        .ok_or_else(|| Refusal::invalid("EndpointInstanceType", "it is no kind of endpoint"))?;
    let modify_account = params.boolean("ModifyAccount")?.unwrap_or_default();
    let dry_run = params.boolean("DryRun")?.unwrap_or_default();
    if modify_account {
        params.required("Username")?;
        params.required("Password")?;
    }
    let (owner_id, role) = (params.text("AliyunUid"), params.text("RoleName"));
    if owner_id.is_some() != role.is_some() {
        return Err(Refusal::missing(if role.is_some() {
            "AliyunUid"
        } else {
            "RoleName"
        }));
    }
    match kind {
        "OTHER" | "EXPRESS" => {
            params.required("EndpointIp")?;
            params.required("EndpointPort")?;
            params.integer("EndpointPort", 1..=65535)?;
        }
        "ECS" => {
            params.required("EndpointInstanceId")?;
            params.required("EndpointPort")?;
        }
        _ => {
            params.required("EndpointInstanceId")?;
            params.required("EndpointRegionId")?;
        }
    }
    let index = state.find_directed(params, "DtsInstanceId")?;
    let (now, fixtures) = (state.now, state.fixtures.as_ref());
    let job = &mut state.jobs[index];
    if job.kind == Kind::Subscribe {
        return Err(Refusal::new(
            400,
            "UnSupportedTaskType",
            "The endpoint of a subscription cannot be exchanged.",
        ));
    }
    if job.status == Status::Modifying {
        return Err(modifying(job));
    }
    let free = job.passing.is_none() && !matches!(job.status, Status::Finished | Status::NotConfigured);
    let Some(configuration) = job.configuration.as_ref().filter(|_| free) else {
        return Err(wrong_state(job, "given another endpoint"));
    };
    let before = if source {
        &configuration.source
    } else {
        &configuration.destination
    };
    let text = |name: &str| params.text(name).unwrap_or_default().to_owned();
    if matches!(
        before.engine.to_ascii_uppercase().as_str(),
        "POSTGRESQL" | "POLARDB_O" | "MONGODB"
    ) {
        params.required("Database")?;
    }
    let mut endpoint = Endpoint {
        instance_type: kind.to_owned(),
        instance_id: text("EndpointInstanceId"),
        region: text("EndpointRegionId"),
        ip: text("EndpointIp"),
        port: text("EndpointPort"),
        owner_id: text("AliyunUid"),
        role: text("RoleName"),
        ..before.clone()
    };
    if kind == "EXPRESS" && endpoint.instance_id.is_empty() {
        endpoint.instance_id = text("EndpointVpcId");
    }
    if let Some(database) = params.text("Database") {
        database.clone_into(&mut endpoint.database);
    }
    if modify_account {
        endpoint.user = text("Username");
        endpoint.password = Password(text("Password"));
    }
    if let Some(finding) = checker::unreachable(&endpoint, fixtures) {
        return Err(Refusal::new(403, "DTS.Msg.InvalidEndpoint", finding.detail));
    }
    if dry_run {
        return Ok(Body::new());
    }
    if let Some(configuration) = &mut job.configuration {
        let place = if source {
            &mut configuration.source
        } else {
            &mut configuration.destination
        };
        *place = endpoint;
    }
    job.note(now, "NORMAL", "An endpoint is exchanged.");
    Ok(Body::new())
}

/// DescribeConnectionStatus: tries two databases that need not be those of a job.
pub(crate) fn connection(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let source = tried(params, "Source", SOURCES)?;
    let destination = tried(params, "Destination", DESTINATIONS)?;
    let fixtures = state.fixtures.as_ref();
    Ok(reply::body(json!({
        "SourceConnectionStatus": outcome(&source, fixtures),
        "DestinationConnectionStatus": outcome(&destination, fixtures),
    })))
}

/// Kinds of endpoints in the words of that older action.
const SOURCES: &[&str] = &[
    "RDS",
    "LocalInstance",
    "ECS",
    "Express",
    "dg",
    "MongoDB",
    "POLARDB",
    "PolarDB_o",
];
const DESTINATIONS: &[&str] = &[
    "ECS",
    "LocalInstance",
    "RDS",
    "DRDS",
    "MongoDB",
    "Redis",
    "PetaData",
    "POLARDB",
    "PolarDB_o",
    "AnalyticDB",
    "Greenplum",
];

fn tried(params: &Params, side: &str, types: &[&'static str]) -> Result<Endpoint, Refusal> {
    let name = |part: &str| format!("{side}Endpoint{part}");
    let text = |part: &str| params.text(&name(part)).unwrap_or_default().to_owned();
    params.required(&name("InstanceType"))?;
    let kind = params.one_of(&name("InstanceType"), types)?.unwrap_or_default();
    match kind {
        "LocalInstance" | "Express" | "dg" => {
            params.required(&name("IP"))?;
            params.required(&name("Port"))?;
        }
        _ => {
            params.required(&name("InstanceID"))?;
        }
    }
    params.one_of(&name("Architecture"), &["SID", "RAC"])?;
    Ok(Endpoint {
        instance_type: kind.to_owned(),
        engine: params.text(&name("EngineName")).unwrap_or("MySQL").to_owned(),
        instance_id: text("InstanceID"),
        region: text("Region"),
        ip: text("IP"),
        port: text("Port"),
        database: text("DatabaseName"),
        user: text("UserName"),
        password: Password(text("Password")),
        oracle_sid: text("OracleSID"),
        ..Endpoint::default()
    })
}

fn outcome(endpoint: &Endpoint, fixtures: Option<&Fixtures>) -> Value {
    let finding = checker::unreachable(endpoint, fixtures);
    // An account is refused only by a database that answers.
    let answers = finding
        .as_ref()
        .is_none_or(|finding| finding.error.ends_with("_AUTH"));
    let advice = finding
        .as_ref()
        .map(|finding| format!("{} {}", finding.detail, finding.repair));
    json!({
        "connectRes": finding.is_none(),
        "connectAdvice": advice.unwrap_or_default(),
        "connectDetail": [
            {"testName": "Ping", "testSuccess": answers},
            {"testName": "Telnet", "testSuccess": answers},
            {"testName": format!("{} JDBC Connect", endpoint.engine), "testSuccess": finding.is_none()},
        ],
    })
}
