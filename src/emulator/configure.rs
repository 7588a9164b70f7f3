//! What ConfigureDtsJob accepts: parameters, endpoints by their kind, and the JSON in `Reserve`.

use serde_json::Value;

use super::{
    model::{Configuration, Endpoint, Modes, Password},
    objects::Objects,
    params::Params,
    reply::{Body, Refusal},
};

const SOURCE_TYPES: &[&str] = &[
    "RDS",
    "PolarDB",
    "ADS",
    "REDIS",
    "DISTRIBUTED_POLARDBX10",
    "POLARDBX20",
    "MONGODB",
    "DISTRIBUTED_DMSLOGICDB",
    "LINDORM",
    "OTHER",
    "ECS",
    "EXPRESS",
    "CEN",
    "DG",
];
const DESTINATION_TYPES: &[&str] = &[
    "RDS",
    "PolarDB",
    "DISTRIBUTED_POLARDBX10",
    "POLARDBX20",
    "REDIS",
    "ADS",
    "MONGODB",
    "ROCKETMQ",
    "GREENPLUM",
    "DATAHUB",
    "ELK",
    "Tablestore",
    "ODPS",
    "LINDORM",
    "OTHER",
    "ECS",
    "EXPRESS",
    "CEN",
    "DG",
];
const SOURCE_ENGINES: &[&str] = &[
    "MYSQL",
    "MARIADB",
    "PolarDB",
    "POLARDB_O",
    "POLARDBX10",
    "POLARDBX20",
    "ADB30",
    "ORACLE",
    "POSTGRESQL",
    "MSSQL",
    "MONGODB",
    "DB2",
    "AS400",
    "DMSPOLARDB",
    "HBASE",
    "TERADATA",
    "TiDB",
    "REDIS",
    "LINDORM",
];
const DESTINATION_ENGINES: &[&str] = &[
    "MYSQL",
    "MARIADB",
    "PolarDB",
    "POLARDB_O",
    "POLARDBX10",
    "POLARDBX20",
    "ORACLE",
    "PostgreSQL",
    "MSSQL",
    "ADS",
    "ADB30",
    "MONGODB",
    "ROCKETMQ",
    "GREENPLUM",
    "KAFKA",
    "DATAHUB",
    "DB2",
    "AS400",
    "ODPS",
    "Tablestore",
    "ELK",
    "REDIS",
    "LINDORM",
];
/// Kinds of self-managed databases; any other is a database of Alibaba Cloud.
const SELF_MANAGED: &[&str] = &["OTHER", "LocalInstance", "ECS", "EXPRESS", "CEN", "DG"];

/// Where a subscription reads: the same kinds as above, called otherwise.
const SUBSCRIBED_TYPES: &[&str] = &[
    "RDS",
    "PolarDB",
    "DRDS",
    "LocalInstance",
    "ECS",
    "Express",
    "CEN",
    "dg",
];
const SUBSCRIBED_ENGINES: &[&str] = &["MySQL", "PostgreSQL", "Oracle"];

/// One side of a job, and how its parameters are called.
struct Side {
    prefix: &'static str,
    /// The destination's database name has a capital B.
    database: &'static str,
    types: &'static [&'static str],
    engines: &'static [&'static str],
    /// Engines that need the name of a database.
    need_database: &'static [&'static str],
    reserved_instance: &'static str,
    reserved_oracle_type: &'static str,
}

const SOURCE: Side = Side {
    prefix: "SourceEndpoint",
    database: "DatabaseName",
    types: SOURCE_TYPES,
    engines: SOURCE_ENGINES,
    need_database: &["POSTGRESQL", "POLARDB_O", "MONGODB"],
    reserved_instance: "srcInstanceId",
    reserved_oracle_type: "srcOracleType",
};

const SUBSCRIBED: Side = Side {
    types: SUBSCRIBED_TYPES,
    engines: SUBSCRIBED_ENGINES,
    need_database: &["PostgreSQL"],
    ..SOURCE
};

const DESTINATION: Side = Side {
    prefix: "DestinationEndpoint",
    database: "DataBaseName",
    types: DESTINATION_TYPES,
    engines: DESTINATION_ENGINES,
    need_database: &["PostgreSQL", "POLARDB_O", "MONGODB", "GREENPLUM", "ODPS"],
    reserved_instance: "destInstanceId",
    reserved_oracle_type: "destOracleType",
};

/// Reads the configuration of a job that migrates or synchronizes.
pub(crate) fn configuration(params: &Params) -> Result<Configuration, Refusal> {
    let modes = Modes {
        structure: params.required_boolean("StructureInitialization")?,
        data: params.required_boolean("DataInitialization")?,
        increment: params.required_boolean("DataSynchronization")?,
    };
    if modes
        == (Modes {
            structure: false,
            data: false,
            increment: false,
        })
    {
        return Err(Refusal::conflict(
            "You must specify the parameter MigrationMode: no module is switched on.",
        ));
    }
    let reserve = reserve("Reserve", params.text("Reserve"))?;
    let objects = match (params.text("DbList"), params.text("FileOssUrl")) {
        (Some(list), _) => Objects::parse(list)?,
        (None, Some(_)) => Objects::default(),
        (None, None) => return Err(Refusal::missing("DbList")),
    };
    check_common(params)?;
    params.boolean("DisasterRecoveryJob")?;
    let text = |name: &str| params.text(name).unwrap_or_default().to_owned();
    Ok(Configuration {
        modes,
        source: endpoint(params, &SOURCE, &reserve)?,
        destination: endpoint(params, &DESTINATION, &reserve)?,
        objects,
        reserve,
        checkpoint: text("Checkpoint"),
        dedicated_cluster: text("DedicatedClusterId"),
        label: text("DtsBisLabel"),
        resource_group: text("ResourceGroupId"),
        tracking: None,
    })
}

/// Parameters that every kind of configuration has.
pub(crate) fn check_common(params: &Params) -> Result<(), Refusal> {
    if let Some(checkpoint) = params.text("Checkpoint")
        && checkpoint.parse::<u64>().is_err()
    {
        return Err(Refusal::invalid(
            "Checkpoint",
            "a Unix time in seconds is expected",
        ));
    }
    params.boolean("ErrorNotice")?;
    let rule_time = params.integer("DelayRuleTime", 0..=i64::MAX)?;
    if params.boolean("DelayNotice")? == Some(true) && rule_time.is_none() {
        return Err(Refusal::missing("DelayRuleTime"));
    }
    params.number("MinDu")?;
    params.number("MaxDu")?;
    params.one_of("DtsBisLabel", &["normal", "online"])?;
    Ok(())
}

/// The database that a subscription reads.
pub(crate) fn subscribed(params: &Params, reserve: &Body) -> Result<Endpoint, Refusal> {
    endpoint(params, &SUBSCRIBED, reserve)
}

fn endpoint(params: &Params, side: &Side, reserve: &Body) -> Result<Endpoint, Refusal> {
    let name = |part: &str| format!("{}{part}", side.prefix);
    let text = |part: &str| params.text(&name(part)).unwrap_or_default().to_owned();
    let need = |part: &str| params.required(&name(part)).map(|_| ());
    params.required(&name("InstanceType"))?;
    let kind = params
        .one_of(&name("InstanceType"), side.types)?
        .unwrap_or_default();
    let engine = params
        .one_of(&name("EngineName"), side.engines)?
        .unwrap_or(side.engines[0]);
    let self_managed = SELF_MANAGED.iter().any(|known| known.eq_ignore_ascii_case(kind));
    if self_managed {
        if kind != "ECS" {
            need("IP")?;
        }
        need("Port")?;
        params.integer(&name("Port"), 1..=65535)?;
        if !matches!(kind, "OTHER" | "LocalInstance") {
            need("InstanceID")?;
        }
        if kind == "CEN" && !reserve.contains_key(side.reserved_instance) {
            return Err(Refusal::invalid(
                "Reserve",
                &format!("{} is needed for CEN", side.reserved_instance),
            ));
        }
    } else {
        need("InstanceID")?;
        need("Region")?;
    }
    if side.need_database.contains(&engine) {
        need(side.database)?;
    }
    let oracle_type = reserve
        .get(side.reserved_oracle_type)
        .and_then(Value::as_str)
        .unwrap_or("sid");
    if engine.eq_ignore_ascii_case("ORACLE") && oracle_type.eq_ignore_ascii_case("sid") {
        need("OracleSID")?;
    }
    let (owner_id, role) = (text("OwnerID"), text("Role"));
    if owner_id.is_empty() != role.is_empty() {
        return Err(Refusal::missing(&name(if role.is_empty() {
            "Role"
        } else {
            "OwnerID"
        })));
    }
    Ok(Endpoint {
        instance_type: kind.to_owned(),
        engine: engine.to_owned(),
        instance_id: text("InstanceID"),
        region: text("Region"),
        ip: text("IP"),
        port: text("Port"),
        database: text(side.database),
        user: text("UserName"),
        password: Password(text("Password")),
        oracle_sid: text("OracleSID"),
        owner_id,
        role,
    })
}

/// Reads the JSON object of `Reserve` or `Reserved`; an absent one is empty.
pub(crate) fn reserve(name: &str, text: Option<&str>) -> Result<Body, Refusal> {
    let Some(text) = text else { return Ok(Body::new()) };
    let reserve = match serde_json::from_str(text) {
        Ok(Value::Object(reserve)) => reserve,
        Ok(_) => return Err(Refusal::invalid(name, "a JSON object is expected")),
        Err(error) => return Err(Refusal::invalid(name, &format!("it is not JSON: {error}"))),
    };
    for (key, allowed) in [
        ("targetTableMode", &["0", "2"][..]),
        ("autoStartModulesAfterConfig", &["none", "auto"]),
    ] {
        let value = reserve
            .get(key)
            .map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
        if value.is_some_and(|value| !allowed.contains(&value.as_str())) {
            return Err(Refusal::invalid(
                name,
                &format!("{key} is one of {}", allowed.join(", ")),
            ));
        }
    }
    Ok(reserve)
}
