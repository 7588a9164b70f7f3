//! Buying instances and changing their class.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::{
    job,
    model::{Endpoint, Instance, Job, Kind, Side, Status},
    params::Params,
    reply::{Body, Refusal},
    state::State,
    transition::Passing,
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
const CLASSES: &[&str] = &[
    "micro", "small", "medium", "large", "xlarge", "2xlarge", "xxlarge", "4xlarge",
];

fn classes(kind: Kind) -> &'static [&'static str] {
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
    let class = class(
        params,
        kind,
        existing.is_some_and(|index| on_cluster(&state.jobs[index])),
    )?;
    let expires = expiry(params, pay_type, kind, state.now)?;

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
    job.bought = (source, destination);
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
        expires,
        released: false,
    });
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
    params.integer("DatabaseCount", 1..=i64::MAX)?;
    params.integer("Du", 1..=100)?;
    params.one_of(
        "FeeType",
        &["ONLY_CONFIGURATION_FEE", "CONFIGURATION_FEE_AND_DATA_FEE"],
    )?;
    if params.one_of("SyncArchitecture", &["oneway", "bidirectional"])? == Some("bidirectional") {
        return Err(Refusal::invalid(
            "SyncArchitecture",
            "two-way synchronization is not modelled by the emulator",
        ));
    }
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
    Ok(now
        .to_zoned(TimeZone::UTC)
        .checked_add(months.months())
        .ok()
        .map(|end| end.timestamp()))
}

/// TransferInstanceClass: the job shows `Upgrade` or `Downgrade`, then goes on where it was.
pub(crate) fn transfer_class(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    let class = params.required("InstanceClass")?;
    params.required("OrderType")?;
    let order = params.one_of("OrderType", &["UPGRADE", "DOWNGRADE"])?;
    let index = state.find(params, "DtsInstanceId")?;
    let (job, now) = (&mut state.jobs[index], state.now);
    let instance = state
        .instances
        .iter_mut()
        .find(|instance| Some(&instance.id) == job.instance_id.as_ref());
    let Some(instance) = instance else {
        return Err(Refusal::new(
            403,
            "OperationDenied",
            format!("The job {} has no instance.", job.id),
        ));
    };
    let class = params
        .one_of("InstanceClass", classes(job.kind))?
        .unwrap_or(class);
    let rank = |class: &str| CLASSES.iter().position(|known| *known == class);
    let direction = match rank(class).cmp(&rank(&instance.class)) {
        std::cmp::Ordering::Greater => ("UPGRADE", Status::Upgrade),
        std::cmp::Ordering::Less => ("DOWNGRADE", Status::Downgrade),
        std::cmp::Ordering::Equal => {
            return Err(Refusal::invalid("InstanceClass", "the instance has this class"));
        }
    };
    if order != Some(direction.0) {
        let (from, to) = (&instance.class, direction.0);
        return Err(Refusal::invalid(
            "OrderType",
            &format!("from {from} to {class} is an {to}"),
        ));
    }
    match job.status {
        Status::Modifying => return Err(job::modifying(job)),
        Status::Finished => return Err(job::wrong_state(job, "given another class")),
        _ if !matches!(job.passing, None | Some((Passing::Load, _))) => {
            return Err(job::wrong_state(job, "given another class"));
        }
        back => {
            job.status = direction.1;
            job.begin(Passing::Transfer { back }, now);
        }
    }
    instance.class = class.to_owned();
    let mut body = Body::new();
    let charge = if instance.pay_type == "PrePaid" {
        "PREPAY"
    } else {
        "POSTPAY"
    };
    body.insert("ChargeType".to_owned(), charge.into());
    body.insert("DtsJobId".to_owned(), job.id.as_str().into());
    body.insert("InstanceId".to_owned(), instance.id.as_str().into());
    body.insert(
        "EndTime".to_owned(),
        instance
            .expires
            .map(|end| end.to_string())
            .unwrap_or_default()
            .into(),
    );
    Ok(body)
}
