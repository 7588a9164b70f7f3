//! What changes the bill of an instance: its class, the way of paying, and renewal.

use serde_json::json;

use super::{
    instance::{CLASSES, classes, later},
    job,
    model::{Instance, Job, Kind, Status},
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
    transition::Passing,
};

/// Months in each period that an order may name.
const PERIODS: &[&str] = &["Year", "Month"];
/// DUs that bound a serverless instance.
const DU: &[&str] = &["1", "2", "4", "8", "16"];

fn not_bought(job: &Job) -> Refusal {
    Refusal::new(
        403,
        "OperationDenied",
        format!("The job {} has no instance.", job.id),
    )
}

/// What all three orders answer.
fn ordered(job: &Job, instance: &Instance) -> Body {
    reply::body(json!({
        "ChargeType": instance.charge_type(),
        "DtsJobId": job.id,
        "InstanceId": instance.id,
        "EndTime": instance.expires.map(|end| end.to_string()).unwrap_or_default(),
    }))
}

/// The job that an order names, and its instance.
fn find<'s>(state: &'s mut State, params: &Params) -> Result<(&'s Job, &'s mut Instance), Refusal> {
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    let job = &state.jobs[index];
    let instance = job
        .instance_id
        .as_ref()
        .and_then(|id| state.instances.get_mut(id));
    Ok((job, instance.ok_or_else(|| not_bought(job))?))
}

/// The months of `Period` and `BuyCount`: up to five years.
fn months(params: &Params) -> Result<i64, Refusal> {
    let years = params.one_of("Period", PERIODS)? == Some("Year");
    let most = if years { 5 } else { 60 };
    let count = params.integer("BuyCount", 1..=most)?.unwrap_or(1);
    Ok(if years { count * 12 } else { count })
}

/// TransferPayType: prepaid, by use, or serverless. A migration is always paid by use.
pub(crate) fn transfer_pay_type(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    params.required("ChargeType")?;
    let kind = params
        .one_of("ChargeType", &["PrePaid", "PostPaid", "sync_serverless"])?
        .unwrap_or_default();
    params.boolean("AutoPay")?;
    let now = state.now;
    let (job, instance) = find(state, params)?;
    let denied = |why: &str| Refusal::new(403, "OperationDenied", format!("The job {}: {why}.", job.id));
    if job.kind == Kind::Migration {
        return Err(denied("a migration instance is PostPaid"));
    }
    let class = params.one_of("InstanceClass", classes(job.kind))?;
    let mut expires = None;
    let mut du_range = (None, None);
    match kind {
        "PrePaid" => {
            params.required("Period")?;
            params.required("BuyCount")?;
            expires = Some(later(now, months(params)?));
        }
        "sync_serverless" => {
            if job.kind != Kind::Sync {
                return Err(denied("only a synchronization is serverless"));
            }
            params.required("MinDu")?;
            params.required("MaxDu")?;
            params.one_of("MinDu", DU)?;
            params.one_of("MaxDu", &DU[1..])?;
            du_range = (params.number("MinDu")?, params.number("MaxDu")?);
        }
        _ => {}
    }
    // Serverless with other bounds is another way of paying: no other action names them.
    if instance.pay_type == kind && instance.du_range == du_range {
        return Err(denied(&format!("its instance is {kind} already")));
    }
    if kind != "sync_serverless" && instance.class.is_empty() {
        params.required("InstanceClass")?;
    }
    (instance.pay_type, instance.expires, instance.du_range) = (kind, expires, du_range);
    if let Some(class) = class {
        class.clone_into(&mut instance.class);
    }
    Ok(ordered(job, instance))
}

/// RenewInstance: a prepaid instance lasts longer.
pub(crate) fn renew(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    params.required("ChargeType")?;
    params.one_of("ChargeType", &["PREPAY"])?;
    let months = months(params)?;
    let now = state.now;
    let (job, instance) = find(state, params)?;
    let Some(expires) = instance.expires else {
        return Err(Refusal::new(
            403,
            "OperationDenied",
            format!("The instance {} is not prepaid.", instance.id),
        ));
    };
    instance.expires = Some(later(expires.max(now), months));
    Ok(ordered(job, instance))
}

/// TransferInstanceClass: the job shows `Upgrade` or `Downgrade`, then goes on where it was.
pub(crate) fn transfer_class(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    let class = params.required("InstanceClass")?;
    params.required("OrderType")?;
    let order = params.one_of("OrderType", &["UPGRADE", "DOWNGRADE"])?;
    let index = state.find(params, "DtsInstanceId")?;
    let (job, now) = (&mut state.jobs[index], state.now);
    let instance = job
        .instance_id
        .as_ref()
        .and_then(|id| state.instances.get_mut(id));
    let instance = instance.ok_or_else(|| not_bought(job))?;
    let class = params
        .one_of("InstanceClass", classes(job.kind))?
        .unwrap_or(class);
    let rank = |class: &str| CLASSES.iter().position(|known| *known == class);
    let databases = params
        .integer("DatabaseCount", 1..=i64::MAX)?
        .unwrap_or(instance.databases);
    let more = rank(class).cmp(&rank(&instance.class));
    let direction = match more.then(databases.cmp(&instance.databases)) {
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
    instance.databases = databases;
    Ok(ordered(job, instance))
}
