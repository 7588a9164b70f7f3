//! Buying instances.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::{
    model::{Endpoint, Instance, Job, Kind, Side, Status},
    params::Params,
    reply::{Body, Refusal},
    state::State,
};

/// Engines as they are named in a purchase; `OceanBase` for a source only.
const ENGINES: &[&str] = &[
    "MySQL",
    "PolarDB",
    "polardb_o",
    "polardb_pg",
    "Redis",
    "DRDS",
    "PostgreSQL",
    "odps",
    "oracle",
    "mongodb",
    "tidb",
    "ADS",
    "ADB30",
    "Greenplum",
    "MSSQL",
    "kafka",
    "DataHub",
    "DB2",
    "as400",
    "Tablestore",
    "clickhouse",
    "OceanBase",
];

/// Classes from small to large; which of them exist depends on the type.
pub(crate) const CLASSES: &[&str] = &[
    "micro", "small", "medium", "large", "xlarge", "2xlarge", "xxlarge", "4xlarge",
];

/// The classes that a type has.
pub(crate) fn classes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Migration => &["small", "medium", "large", "xlarge", "xxlarge"],
        Kind::Sync | Kind::Subscribe => &["micro", "small", "medium", "large", "2xlarge", "4xlarge"],
    }
}

/// CreateDtsInstance: buys an instance with a job of its own, or for the job of `JobId`.
pub(crate) fn create(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("PayType")?;
    let pay_type = params
        .one_of("PayType", &["PrePaid", "PostPaid"])?
        .unwrap_or_default();
    check_order(params)?;
    let du = params.integer("Du", 1..=100)?;
    let auto_start = params.boolean("AutoStart")?.unwrap_or_default();
    let existing = params
        .text("JobId")
        .map(|_| state.find_job(params.text("JobId"), "JobId"))
        .transpose()?;
    let bought = match existing {
        Some(index) => {
            let job = &state.jobs[index];
            if let Some(instance) = &job.instance_id {
                return Err(Refusal::new(
                    403,
                    "OperationDenied",
                    format!("The job {} has the instance {instance} already.", job.id),
                ));
            }
            as_configured(job)
        }
        None => purchase(params)?,
    };
    let (kind, source, destination) = bought;
    let two_way = two_way(params, kind, existing.map(|index| &state.jobs[index]))?;
    let class = class(
        params,
        kind,
        existing.is_some_and(|index| on_cluster(&state.jobs[index])),
    )?;
    let expires = expiry(params, pay_type, kind, state.now)?;
    let du_range = (params.number("MinDu")?, params.number("MaxDu")?);
    let databases = params.integer("DatabaseCount", 1..=i64::MAX)?.unwrap_or(1);
    let configured_group = existing.and_then(|index| state.jobs[index].configuration.as_ref());
    let group = params
        .text("ResourceGroupId")
        .or(configured_group.map(|known| known.resource_group.as_str()))
        .unwrap_or_default()
        .to_owned();

    let (index, id) = match existing {
        Some(index) => (index, format!("dts{}", state.ids.job())),
        None => {
            let region = [
                params.text("RegionId"),
                params.text("DestinationRegion"),
                params.text("SourceRegion"),
            ];
            let region = region.into_iter().flatten().next().unwrap_or_default();
            let job = Job::new(state.ids.job(), kind, region, state.now);
            let id = format!("dts{}", job.id);
            state.jobs.push(job);
            (state.jobs.len() - 1, id)
        }
    };
    let job = &mut state.jobs[index];
    job.instance_id = Some(id.clone());
    job.bought = (source.clone(), destination.clone());
    job.du_limit = du.or(job.du_limit);
    let job_id = job.id.clone();
    if existing.is_some() && auto_start {
        match job.status {
            Status::PreCheckPass => job.start_modules(state.now),
            Status::NotStarted => job.start_precheck(state.fixtures.as_ref(), true, state.now),
            Status::Prechecking => job.run_after_precheck = true,
            // A failed precheck keeps its verdict: the purchase is made all the same.
            _ => {}
        }
    }
    state.instances.push(Instance {
        id: id.clone(),
        job_id: job_id.clone(),
        pay_type,
        class,
        region: state.jobs[index].region.clone(),
        created: state.now,
        expires,
        released: false,
        two_way,
        resource_group: group,
        tags: Default::default(),
        du_range,
        databases,
    });
    if two_way {
        state.add_reverse(index);
    }
    let mut body = Body::new();
    body.insert("InstanceId".to_owned(), id.into());
    body.insert("JobId".to_owned(), job_id.into());
    Ok(body)
}

/// Parameters of the order that are checked and have no further effect here.
fn check_order(params: &Params) -> Result<(), Refusal> {
    if let (Some(region), Some(dts_region)) = (params.text("RegionId"), params.text("DtsRegion"))
        && region != dts_region
    {
        return Err(Refusal::invalid("DtsRegion", "it must be the same as RegionId"));
    }
    params.boolean("AutoPay")?;
    params.boolean("InsightModule")?;
    params.integer("Quantity", 1..=1)?;
    params.integer("ComputeUnit", 2..=i64::MAX)?;
    params.one_of(
        "FeeType",
        &["ONLY_CONFIGURATION_FEE", "CONFIGURATION_FEE_AND_DATA_FEE"],
    )?;
    Ok(())
}

fn purchase(params: &Params) -> Result<(Kind, Side, Side), Refusal> {
    let kind = Kind::parse(params.required("Type")?)
        .ok_or_else(|| Refusal::invalid("Type", "allowed are MIGRATION, SYNC, SUBSCRIBE"))?;
    let side = |word: &str, needed: bool| -> Result<Side, Refusal> {
        let region = format!("{word}Region");
        if needed {
            params.required(&region)?;
        }
        let name = format!("{word}EndpointEngineName");
        let engine = params.one_of(&name, ENGINES)?.unwrap_or("MySQL");
        if engine == "OceanBase" && word == "Destination" {
            return Err(Refusal::invalid(&name, "OceanBase is a source only"));
        }
        Ok(Side {
            engine: engine.to_owned(),
            region: params.text(&region).unwrap_or_default().to_owned(),
        })
    };
    Ok((
        kind,
        side("Source", true)?,
        side("Destination", kind != Kind::Subscribe)?,
    ))
}

/// Whether a job for each direction is bought: as ordered, or as the job was configured.
fn two_way(params: &Params, kind: Kind, job: Option<&Job>) -> Result<bool, Refusal> {
    let configured = job
        .and_then(|job| job.configuration.as_ref()?.reserved("syncArchitecture"))
        .is_some_and(|architecture| architecture == "bidirectional");
    let two_way = params
        .one_of("SyncArchitecture", &["oneway", "bidirectional"])?
        .map_or(configured, |architecture| architecture == "bidirectional");
    if two_way && kind != Kind::Sync {
        return Err(Refusal::invalid(
            "SyncArchitecture",
            "only a synchronization goes both ways",
        ));
    }
    Ok(two_way)
}

/// What is bought for a job is what was configured, whatever the order says besides.
fn as_configured(job: &Job) -> (Kind, Side, Side) {
    let side = |end: &Endpoint| Side {
        engine: end.engine.clone(),
        region: end.region.clone(),
    };
    let (source, destination) = job
        .configuration
        .as_ref()
        .map(|known| (side(&known.source), side(&known.destination)))
        .unwrap_or_default();
    (job.kind, source, destination)
}

fn on_cluster(job: &Job) -> bool {
    job.configuration
        .as_ref()
        .is_some_and(|configuration| !configuration.dedicated_cluster.is_empty())
}

/// The class: needed for what moves data on shared machines, so neither serverless nor on a cluster.
fn class(params: &Params, kind: Kind, on_cluster: bool) -> Result<String, Refusal> {
    let elastic = on_cluster
        || ["Du", "MinDu", "MaxDu"]
            .iter()
            .any(|name| params.text(name).is_some());
    if kind != Kind::Subscribe && !elastic {
        params.required("InstanceClass")?;
    }
    Ok(params
        .one_of("InstanceClass", classes(kind))?
        .unwrap_or_default()
        .to_owned())
}

/// When a prepaid instance expires.
fn expiry(params: &Params, pay_type: &str, kind: Kind, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    if pay_type != "PrePaid" {
        return Ok(None);
    }
    if kind == Kind::Migration {
        return Err(Refusal::invalid("PayType", "a migration instance is PostPaid"));
    }
    params.required("Period")?;
    params.required("UsedTime")?;
    let period = params.one_of("Period", &["Year", "Month"])?;
    let count = params.integer("UsedTime", 1..=9)?.unwrap_or_default();
    let months = match period {
        Some("Year") if matches!(count, 1 | 2 | 3 | 5) => count * 12,
        Some("Year") => return Err(Refusal::invalid("UsedTime", "allowed years are 1, 2, 3, 5")),
        _ => count,
    };
    Ok(Some(later(now, months)))
}

/// A time some months later.
pub(crate) fn later(time: Timestamp, months: i64) -> Timestamp {
    time.to_zoned(TimeZone::UTC)
        .checked_add(months.months())
        .map_or(time, |end| end.timestamp())
}
