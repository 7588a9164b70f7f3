//! Buying: through the gate of the precheck, then no error any more.

use std::time::Duration;

use super::plan::has_started;
use super::read::read_back;
use super::{ADOPTED, OWNER, SHAPE, TIMEOUT, owner};
use crate::api;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::dts::{error, precheck, purchase, tags};
use crate::framework::resource::Apply;
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

pub(super) async fn create(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let cancel = apply.cancel.clone();
    let api = client.api_within(&cancel, apply.timeout(TIMEOUT))?;
    let limit = apply.timeout(TIMEOUT);
    let job_id = apply.config.str("job_id").map(str::to_owned);

    // Two that are planned for a job that is not known yet only meet here.
    let turn = job_id.as_deref().map(|job_id| client.turn(job_id));
    let mut turn = match &turn {
        Some(turn) => Some(turn.lock().await),
        None => None,
    };
    if let Some(instance_id) = turn.as_ref().and_then(|turn| turn.as_deref()) {
        return Err(second(instance_id).into());
    }
    let mut existing = None;
    if let Some(job_id) = &job_id {
        let what = format!("wait for the precheck of DTS job {job_id}");
        let patience = Patience {
            what: &what,
            limit,
            raise: "timeouts.create",
            cancel: &cancel,
        };
        existing = precheck::gate(&api, job_id, apply.config.bool("require_precheck"), &patience).await?;
    }
    let text = |name: &str| apply.planned.str(name).map(str::to_owned);
    let order = api::CreateDtsInstance {
        pay_type: text("pay_type"),
        job_id: job_id.clone(),
        // Without a job it would be accepted and ignored.
        auto_start: job_id
            .is_some()
            .then(|| apply.planned.bool("auto_start").unwrap_or(false)),
        type_: text("type"),
        source_endpoint_engine_name: text("source_endpoint_engine_name"),
        destination_endpoint_engine_name: text("destination_endpoint_engine_name"),
        source_region: text("source_region"),
        destination_region: text("destination_region"),
        instance_class: text("instance_class"),
        period: text("period"),
        used_time: apply.planned.i64("used_time"),
        auto_pay: apply.planned.bool("auto_pay"),
        sync_architecture: text("sync_architecture"),
        database_count: apply.planned.i64("database_count"),
        compute_unit: apply.planned.i64("compute_unit"),
        du: apply.planned.i64("du"),
        min_du: number(&apply.planned, "min_du"),
        max_du: number(&apply.planned, "max_du"),
        fee_type: text("fee_type"),
        resource_group_id: text("resource_group_id"),
    };
    if let Some(job_id) = job_id.as_deref().filter(|_| existing.is_none()) {
        has_a_size(&api, job_id, &order).await?;
    }
    let mut taken = false;
    let purchased = match &existing {
        Some(instance_id) => {
            adopt(&client, instance_id, &mut apply.warnings)?;
            api::PurchasedInstance {
                instance_id: instance_id.clone(),
                job_id: job_id.clone(),
            }
        }
        None => {
            let adopt = apply.config.bool("adopt");
            let bought = purchase::buy(&client, &api, &order, adopt, &mut apply.warnings).await?;
            taken = bought.taken;
            bought.instance
        }
    };
    let owner = owner();
    client.is_only_of(&purchased.instance_id, &owner);
    apply.private.set(OWNER, owner);
    // What it replaces may have left it here.
    apply.private.remove(ADOPTED);
    if taken {
        apply.private.set(ADOPTED, true);
    }

    // From here on no error: it would taint the instance, and the next apply would release it and buy another.
    apply.state.set("id", purchased.instance_id.as_str());
    apply.state.set("operations", vec!["CreateDtsInstance"]);
    if let Some(job_id) = purchased.job_id.as_deref().filter(|_| job_id.is_none()) {
        apply.state.set("job_id", job_id);
    }
    apply.checkpoint_for_good();
    if let Some(job_id) = &job_id {
        client.serve_anew(job_id);
    }
    if let Some(turn) = &mut turn {
        **turn = Some(purchased.instance_id.clone());
    }
    drop(turn);
    let mut starts = apply.planned.bool("auto_start") == Some(true);
    if let (Some(_), Some(job_id), true) = (&existing, &job_id, starts)
        && let Err(problems) = start_adopted(apply, &api, job_id, limit).await
    {
        // Nobody starts it now: there is nothing to wait for.
        starts = false;
        apply
            .warnings
            .extend(left_undone(&purchased.instance_id, problems));
    }
    let wanted = tags::Change::between(&Object::new(), &apply.planned).set;
    if !wanted.is_empty() {
        match tag(apply, &api, &purchased.instance_id, &wanted, limit).await {
            Ok(()) => apply
                .state
                .set("operations", vec!["CreateDtsInstance", tags::TAG]),
            Err(problems) => apply
                .warnings
                .extend(left_undone(&purchased.instance_id, problems)),
        }
    }
    match wait_until_shown(apply, &api, &purchased.instance_id, starts, limit).await {
        Ok(detail) => read_back(&mut apply.state, &detail, false),
        Err(problems) => apply
            .warnings
            .extend(left_undone(&purchased.instance_id, problems)),
    }
    let computed = [
        "job_id",
        "status",
        "instance_class",
        "du",
        "sync_architecture",
        "resource_group_id",
        "create_time",
        "expire_time",
    ];
    for name in computed.into_iter().chain(SHAPE) {
        if apply.state.get(name).is_unknown() {
            apply.state.set(name, Value::Null);
        }
    }
    // What was planned stands, also where DTS spells it in another way.
    for (name, value) in apply.planned.clone() {
        if value.is_wholly_known() {
            apply.state.set(&name, value);
        }
    }
    Ok(())
}

/// What went wrong after the purchase, as warnings.
fn left_undone(id: &str, problems: Diagnostics) -> impl Iterator<Item = Diagnostic> {
    problems.into_iter().map(move |problem| {
        Diagnostic::warning(
            format!("DTS instance {id} is bought, but not all was seen to be done"),
            format!(
                "{}: {}\n\nThe next plan shows what is left to do.",
                problem.summary, problem.detail
            ),
        )
    })
}

/// Sets the tags of an instance that DTS may not show yet, again while nobody can tell whether it did.
async fn tag(
    apply: &Apply<Client>,
    api: &api::Client,
    id: &str,
    wanted: &tags::Tags,
    limit: Duration,
) -> Result<(), Diagnostics> {
    let what = format!("set the tags of DTS instance {id}");
    let patience = Patience {
        what: &what,
        limit,
        raise: "timeouts.create",
        cancel: &apply.cancel,
    };
    wait::until(api.clock().as_ref(), &patience, || async {
        match api.tag_resources(id, wanted).await {
            Ok(()) => Ok(Poll::Ready(())),
            Err(cause) if cause.is_not_found() => Ok(Poll::Pending("not shown yet".to_owned())),
            // Twice is the same as once.
            Err(cause) if cause.is_outcome_unknown() || cause.kind() == api::Kind::Unreachable => {
                Ok(Poll::Pending(cause.to_string()))
            }
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    })
    .await
}

/// The number as DTS reads it.
pub(super) fn number(state: &Object, name: &str) -> Option<String> {
    state.get(name).as_number().map(ToString::to_string)
}

/// A class is left out of what has none; of a job that was configured first only DTS knows what it is.
async fn has_a_size(
    api: &api::Client,
    job_id: &str,
    order: &api::CreateDtsInstance,
) -> Result<(), Diagnostics> {
    if order.instance_class.is_some() || order.du.is_some() || order.min_du.is_some() {
        return Ok(());
    }
    let what = format!("read DTS job {job_id} before buying its instance");
    let detail = api
        .describe_dts_job_detail(&api::JobRef::job(job_id))
        .await
        .map_err(error::to(&what))?;
    let subscribes = detail
        .job_type
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("SUBSCRIBE"));
    if subscribes || detail.dedicated_cluster_id.is_some() || detail.min_du.is_some() {
        return Ok(());
    }
    Err(Diagnostic::error(
        "instance_class is missing",
        format!(
            "Job {job_id} is neither on a dedicated cluster nor serverless, and its instance is sold by its class. Set `instance_class`, such \
             as to `small`. No instance was bought."
        ),
    )
    .at(Path::attribute("instance_class"))
    .into())
}

fn second(instance_id: &str) -> Diagnostic {
    Diagnostic::error(
        "Unable to buy a second DTS instance for a job",
        format!(
            "The job already has instance {instance_id}, which another resource of this configuration manages. A job has one \
             instance: remove one of the two `dts_instance` resources. No second one was bought."
        ),
    )
    .at(Path::attribute("job_id"))
}

/// Takes over the instance that the job already has, most likely from an apply that was cut off.
fn adopt(client: &Client, instance_id: &str, warnings: &mut Diagnostics) -> Result<(), Diagnostics> {
    if client.is_claimed(instance_id) {
        return Err(second(instance_id).into());
    }
    client.claim(instance_id);
    warnings.push(Diagnostic::warning(
        format!("DTS instance {instance_id} was taken over, not bought again"),
        "The job already had it, most likely from an apply that was cut off. CreateDtsInstance was not called a second time.",
    ));
    Ok(())
}

/// The purchase would have started the job; of an instance that is there already nobody knows whether it did. Again while nobody can
/// tell whether DTS took the call.
async fn start_adopted(
    apply: &Apply<Client>,
    api: &api::Client,
    job_id: &str,
    limit: Duration,
) -> Result<(), Diagnostics> {
    let what = format!("start DTS job {job_id}");
    let patience = Patience {
        what: &what,
        limit,
        raise: "timeouts.create",
        cancel: &apply.cancel,
    };
    let job = api::JobRef::job(job_id);
    let is_started = async || {
        let looked = api.describe_dts_job_detail(&job).await;
        looked.map(|detail| has_started(detail.status.as_deref().unwrap_or_default()))
    };
    wait::until(api.clock().as_ref(), &patience, || async {
        match is_started().await {
            Ok(true) => return Ok(Poll::Ready(())),
            Ok(false) => {}
            Err(cause) => return Ok(Poll::Unread(error::unable(&what, &cause).into())),
        }
        match api.start_dts_job(&job).await {
            Ok(()) => Ok(Poll::Ready(())),
            // The next look tells whether it took effect.
            Err(cause) if cause.is_outcome_unknown() || cause.kind() == api::Kind::Unreachable => {
                Ok(Poll::Pending(cause.to_string()))
            }
            // DTS refuses to start what runs already: a call before this one may have started it unseen.
            Err(_) if is_started().await.unwrap_or(false) => Ok(Poll::Ready(())),
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    })
    .await
}

/// Until DTS shows the instance and, where it `starts`, its job on the way.
async fn wait_until_shown(
    apply: &Apply<Client>,
    api: &api::Client,
    id: &str,
    starts: bool,
    limit: Duration,
) -> Result<api::JobDetail, Diagnostics> {
    let what = format!(
        "see DTS instance {id}{}",
        if starts { " start its job" } else { "" }
    );
    let patience = Patience {
        what: &what,
        limit,
        raise: "timeouts.create",
        cancel: &apply.cancel,
    };
    let (instance, kind) = (api::JobRef::instance(id), apply.planned.str("type"));
    wait::until(api.clock().as_ref(), &patience, || async {
        match api.read_job(&instance, kind, api::Purpose::Poll).await {
            Ok(detail) => {
                let status = detail.status.clone().unwrap_or_default();
                match Stage::of(&status) {
                    Stage::PrecheckFailed if starts => {
                        let job_id = detail.dts_job_id.as_deref().unwrap_or_default();
                        Err(precheck::failures_of(
                            api,
                            job_id,
                            "The job does not run. Repair the cause and apply again.",
                        )
                        .await)
                    }
                    stage if starts && (!stage.has_run()) => Ok(Poll::Pending(format!("status {status}"))),
                    _ => Ok(Poll::Ready(detail)),
                }
            }
            Err(cause) if cause.is_not_found() => Ok(Poll::Pending("not shown yet".to_owned())),
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    })
    .await
}
