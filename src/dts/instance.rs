//! `dts_instance`: what is paid for. Bought first (type, engines, regions), or for a job that was configured first
//! (`job_id`), then only past the gate of its precheck.

use std::time::Duration;

use async_trait::async_trait;

use super::error;
use super::precheck;
use super::provider::Client;
use super::purchase;
use super::status::Stage;
use super::wait::{self, Patience, Poll};
use crate::api;
use crate::framework::import::IMPORTED;
use crate::framework::resource::{Apply, Delete, Plan, Read, Resource};
use crate::framework::timeouts::{self, Operation};
use crate::framework::validate::{conflict, is_set};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Value};

/// `dts_instance`
#[derive(Debug)]
pub(super) struct Instance;

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// What an instance is bought as, for good: with `job_id` all of it follows from the job.
const SHAPE: [&str; 5] = [
    "type",
    "source_endpoint_engine_name",
    "destination_endpoint_engine_name",
    "source_region",
    "destination_region",
];

const CLASSES: [&str; 6] = ["micro", "small", "medium", "large", "xlarge", "xxlarge"];

// dts-api.md 6.2, CreateDtsInstance.
const ENGINES: [&str; 21] = [
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
    "OceanBase",
];

fn same_letters(one: &Value, other: &Value) -> bool {
    matches!((one.as_str(), other.as_str()), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

#[async_trait]
impl Resource<Client> for Instance {
    fn type_name(&self) -> &'static str {
        "dts_instance"
    }

    fn schema(&self) -> Schema {
        let from_job = "Not with `job_id`, from whose job it then follows. A change replaces the instance.";
        let text = |name: &str, description: &str| {
            Attribute::string(name)
                .describe(description)
                .check(Check::not_blank())
        };
        let shape = |name: &str, description: &str| {
            text(name, &format!("{description} {from_job}"))
                .optional_computed()
                .stable()
                .same_meaning(same_letters)
        };
        Schema::new(
            Block::new(
                "A DTS instance: what is paid for (`CreateDtsInstance`). Buy it first and configure a `dts_job` on it, or \
                 configure the job first and buy the instance for it with `job_id`; then nothing is bought while the job's \
                 precheck runs or after it failed.",
            )
            .attribute(Attribute::string("id").computed().stable().describe("Id of the instance (`InstanceId`)."))
            .attribute(
                text("job_id", "Id of a job that was configured first: the instance is bought for it. Otherwise the id of the job that came with the instance.")
                    .optional_computed()
                    .stable(),
            )
            .attribute(
                Attribute::bool("auto_start")
                    .optional_computed()
                    .stable()
                    .describe("With `job_id`: start the job once the instance is bought. Changed from `false` to `true` it starts the job then (`StartDtsJob`). Default: `false`."),
            )
            .attribute(
                Attribute::bool("require_precheck")
                    .describe("With `job_id`: `true` buys only after a precheck that passed, `false` does not look at it. Without, a job that was never checked is bought for, and a failed check is not."),
            )
            .attribute(shape("type", "What it does: `MIGRATION`, `SYNC` or `SUBSCRIBE`.").check(Check::one_of_ignore_case(&["MIGRATION", "SYNC", "SUBSCRIBE"])))
            .attribute(shape("source_endpoint_engine_name", "Engine of the source, such as `MySQL`.").check(Check::one_of_ignore_case(&ENGINES)))
            .attribute(shape("destination_endpoint_engine_name", "Engine of the destination, such as `MySQL`.").check(Check::one_of_ignore_case(&ENGINES)))
            .attribute(shape("source_region", "Region of the source, such as `cn-hangzhou`."))
            .attribute(shape("destination_region", "Region of the destination."))
            .attribute(
                text("instance_class", "Class, in rising order: `micro` (SYNC only), `small`, `medium`, `large`, `xlarge`, `xxlarge` (both MIGRATION only). A change is made in place (`TransferInstanceClass`).")
                    .required()
                    .check(Check::one_of(&CLASSES)),
            )
            .attribute(
                text("pay_type", "`PostPaid` (by use) or `PrePaid` (for a period; not for MIGRATION). Cannot be changed.")
                    .required()
                    .check(Check::one_of(&["PostPaid", "PrePaid"])),
            )
            .attribute(text("period", "Unit of `used_time`: `Year` or `Month`. Required with `PrePaid`. Cannot be changed.").check(Check::one_of(&["Year", "Month"])))
            .attribute(
                Attribute::number("used_time")
                    .check(Check::between(1, 9))
                    .describe("How many periods are paid: 1, 2, 3 or 5 years, or 1 to 9 months. Required with `PrePaid`. Cannot be changed."),
            )
            .attribute(
                text("on_destroy", "What a destroy does: `release` the instance, or `keep` it and only forget it. A `PrePaid` instance cannot be released. Default: `release`.")
                    .default("release")
                    .check(Check::one_of(&["release", "keep"])),
            )
            .attribute(Attribute::string("status").computed().describe("Status of the instance's job, as DTS reports it."))
            .attribute(super::operations_attribute())
            .block(timeouts::block(&[(Operation::Create, "20m"), (Operation::Update, "20m"), (Operation::Delete, "20m")])),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        if is_set(config, "job_id") {
            for name in SHAPE {
                conflict(
                    config,
                    "job_id",
                    name,
                    "With `job_id` it follows from the job.",
                    diagnostics,
                );
            }
        } else {
            let missing: Vec<&str> = SHAPE.into_iter().filter(|name| !is_set(config, name)).collect();
            if missing.len() == SHAPE.len() {
                diagnostics.push(
                    Diagnostic::error(
                        "Neither job_id nor type is set",
                        "Set `job_id` to buy the instance for a job that was configured first, or `type`, both engines and both \
                         regions to buy it first.",
                    )
                    .at(Path::attribute("job_id")),
                );
            } else {
                for name in missing {
                    diagnostics.push(
                        Diagnostic::error(
                            format!("{name} is missing"),
                            "An instance that is bought first needs `type`, both engines and both regions.",
                        )
                        .at(Path::attribute(name)),
                    );
                }
            }
            for name in ["auto_start", "require_precheck"] {
                if config.bool(name) == Some(true) {
                    diagnostics.push(
                        Diagnostic::error(
                            format!("{name} needs job_id"),
                            "It is about a job that was configured first. With an instance that is bought first, the job's own \
                             `desired_status` says what runs. Remove it.",
                        )
                        .at(Path::attribute(name)),
                    );
                }
            }
        }
        validate_billing(config, diagnostics);
    }

    fn plan(&self, plan: &mut Plan<'_, Client>) {
        if plan.is_create() {
            if plan.config.get("auto_start").is_null() {
                plan.planned.set("auto_start", false);
            }
            if !is_set(plan.config, "job_id") {
                plan.unknown("job_id");
            }
            plan.planned.set("operations", vec!["CreateDtsInstance"]);
            return;
        }
        plan_update(plan);
    }

    fn plan_destroy(&self, prior: &Object, diagnostics: &mut Diagnostics) {
        if let Some(refusal) = cannot_release(prior) {
            diagnostics.push(refusal);
        }
    }

    async fn create(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        create(apply).await
    }

    async fn read(&self, read: &mut Read<Client>) -> Result<bool, Diagnostics> {
        let id = read.state.str("id").unwrap_or_default().to_owned();
        let api = read.client.api(&read.cancel)?;
        let detail = match api.describe_dts_job_detail(&api::JobRef::instance(&id)).await {
            Ok(detail) => detail,
            Err(cause) if cause.is_not_found() => return Ok(false),
            Err(cause) => return Err(error::unable(&format!("read DTS instance {id}"), &cause).into()),
        };
        read.client.saw(&id);
        read.client.claim(&id);
        let imported = read.state.get("auto_start").is_null();
        read_back(&mut read.state, &detail, imported);
        Ok(true)
    }

    async fn update(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        update(apply).await
    }

    async fn delete(&self, delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
        release(delete).await
    }

    async fn import(&self, id: &str, client: std::sync::Arc<Client>) -> Result<Object, Diagnostics> {
        let what = format!("import DTS instance {id}");
        let api = client.api(&tokio_util::sync::CancellationToken::new())?;
        match api.describe_dts_job_detail(&api::JobRef::instance(id)).await {
            Ok(detail) if detail.dts_instance_id.as_deref().is_none_or(|found| found == id) => {
                Ok(Object::new().with("id", id).with("on_destroy", "release"))
            }
            Ok(_) => Err(super::no_such(&what, "instance", id, api.region())),
            Err(cause) if cause.is_not_found() => Err(super::no_such(&what, "instance", id, api.region())),
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    }
}

fn validate_billing(config: &Object, diagnostics: &mut Diagnostics) {
    let mut say = |name: &str, summary: &str, detail: &str| {
        diagnostics.push(Diagnostic::error(summary, detail).at(Path::attribute(name)));
    };
    let kind = config.str("type").map(str::to_ascii_uppercase);
    match config.str("pay_type") {
        Some("PrePaid") => {
            if kind.as_deref() == Some("MIGRATION") {
                say(
                    "pay_type",
                    "A MIGRATION instance cannot be PrePaid",
                    "DTS sells migrations by use only. Set `pay_type = \"PostPaid\"`.",
                );
            }
            for name in ["period", "used_time"] {
                if !is_set(config, name) {
                    say(
                        name,
                        &format!("{name} is missing"),
                        "A `PrePaid` instance needs `period` and `used_time`.",
                    );
                }
            }
            if config.str("period") == Some("Year")
                && config
                    .i64("used_time")
                    .is_some_and(|years| ![1, 2, 3, 5].contains(&years))
            {
                say(
                    "used_time",
                    "Invalid value for used_time",
                    "DTS sells 1, 2, 3 or 5 years.",
                );
            }
        }
        Some(_) => {
            for name in ["period", "used_time"] {
                if is_set(config, name) {
                    say(
                        name,
                        &format!("{name} is for PrePaid instances"),
                        "A `PostPaid` instance is paid by use. Remove it, or set `pay_type = \"PrePaid\"`.",
                    );
                }
            }
        }
        None => {}
    }
    let class = config.str("instance_class");
    let impossible = match (kind.as_deref(), class) {
        (Some("MIGRATION"), Some("micro")) => Some("`small`, `medium`, `large`, `xlarge`, `xxlarge`"),
        (Some("SYNC"), Some("xlarge" | "xxlarge")) => Some("`micro`, `small`, `medium`, `large`"),
        _ => None,
    };
    if let (Some(kind), Some(class), Some(allowed)) = (kind, class, impossible) {
        say(
            "instance_class",
            &format!("There is no {kind} instance of class {class}"),
            &format!("Write one of: {allowed}."),
        );
    }
}

/// What an instance costs until it is released makes its replacement the user's decision: an unknown value never plans one,
/// and a known one only when this very run has read the instance (the apply plans again without reading).
fn plan_update(plan: &mut Plan<'_, Client>) {
    let Some(prior) = plan.prior else { return };
    for name in ["status", "operations"] {
        plan.keep(name);
    }
    let undecided = ["job_id"]
        .into_iter()
        .chain(SHAPE)
        .any(|name| plan.planned.get(name).is_unknown());
    let seen = plan
        .client
        .zip(prior.str("id"))
        .is_some_and(|(client, id)| client.has_seen(id));
    for name in ["job_id"].into_iter().chain(SHAPE) {
        let (old, new) = (prior.get(name), plan.planned.get(name));
        if old == new || new.is_unknown() || old.is_null() {
            continue;
        }
        if seen {
            plan.replace(Path::attribute(name));
        } else {
            plan.refuse(
                Diagnostic::error(
                    format!("Unable to keep the DTS instance: {name} is another now"),
                    format!(
                        "An instance cannot change its {name}, and this apply was not planned to release it and buy another. To do \
                         that, plan again: the change is known now, and the plan shows the replacement. If the job was replaced, \
                         replace the instance with it: `terraform apply -replace` names it, or set `replace_triggered_by` in its \
                         `lifecycle`."
                    ),
                )
                .at(Path::attribute(name)),
            );
        }
    }
    if plan.replaces() {
        plan.diagnostics.extend(cannot_release(prior));
        return;
    }
    let imported = plan.private.is_set(IMPORTED);
    for name in ["pay_type", "period", "used_time"] {
        let adopted = imported && prior.get(name).is_null();
        if plan.changes(name) && !plan.planned.get(name).is_unknown() && !adopted {
            plan.refuse(
                Diagnostic::error(
                    format!("Unable to change {name} of a DTS instance"),
                    "This provider cannot change how an instance is paid for yet. Change it in the DTS console and then here, or \
                     replace the instance (`terraform apply -replace`).",
                )
                .at(Path::attribute(name)),
            );
        }
    }
    let nothing_else = {
        let mut same = plan.planned.clone();
        for name in ["job_id"].into_iter().chain(SHAPE) {
            if same.get(name).is_unknown() {
                same.set(name, prior.get(name).clone());
            }
        }
        same == *prior
    };
    // What only may turn out to be another value calls nothing; the list then stays as it is, for the apply may find no change.
    if nothing_else {
        return;
    }
    plan.unknown("status");
    if undecided && !plan.planned.get("instance_class").is_wholly_known() {
        plan.unknown("operations");
        return;
    }
    match operations(prior, &plan.planned) {
        Some(operations) => plan.planned.set("operations", operations),
        None => plan.unknown("operations"),
    }
    if prior.bool("auto_start") == Some(true) && plan.planned.bool("auto_start") == Some(false) {
        plan.diagnostics.push(
            Diagnostic::warning(
                "auto_start = false does not stop a job",
                "A job that was started goes on. Set `desired_status` on the `dts_job` to suspend or stop it.",
            )
            .at(Path::attribute("auto_start")),
        );
    }
}

/// The calls of an update; `None` while a value that decides is unknown.
fn operations(prior: &Object, planned: &Object) -> Option<Vec<&'static str>> {
    let mut operations = Vec::new();
    if ["instance_class", "auto_start"]
        .iter()
        .any(|name| planned.get(name).is_unknown())
    {
        return None;
    }
    if prior.get("instance_class") != planned.get("instance_class") {
        operations.push("TransferInstanceClass");
    }
    if starts(prior, planned) {
        operations.push("StartDtsJob");
    }
    Some(operations)
}

fn starts(prior: &Object, planned: &Object) -> bool {
    planned.bool("auto_start") == Some(true)
        && prior.bool("auto_start") != Some(true)
        && !has_started(prior.str("status").unwrap_or_default())
}

/// Whether a job is on its way, or has been: nothing is left to start.
fn has_started(status: &str) -> bool {
    let stage = Stage::of(status);
    stage.has_run() || stage == Stage::Prechecking
}

fn cannot_release(prior: &Object) -> Option<Diagnostic> {
    let prepaid = prior.str("pay_type") == Some("PrePaid");
    (prepaid && prior.str("on_destroy") != Some("keep")).then(|| {
        Diagnostic::error(
            format!("Unable to release PrePaid DTS instance {}", prior.str("id").unwrap_or_default()),
            "DTS releases a PrePaid instance only when it expires. Set `on_destroy = \"keep\"` and apply that first: a destroy then \
             only forgets the instance, which goes on until it expires.",
        )
        .at(Path::attribute("on_destroy"))
    })
}

async fn create(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let cancel = apply.cancel.clone();
    let api = client.api(&cancel)?;
    let limit = apply.timeout(TIMEOUT);
    let job_id = apply.config.str("job_id").map(str::to_owned);

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
        ..api::CreateDtsInstance::default()
    };
    let purchased = match existing {
        Some(instance_id) => {
            apply.warnings.push(adopted(
                &instance_id,
                "The job already had it, most likely from an apply that was cut off.",
            ));
            client.claim(&instance_id);
            api::PurchasedInstance {
                instance_id,
                job_id: job_id.clone(),
            }
        }
        None => purchase::buy(&client, &api, &order, &mut apply.warnings).await?,
    };

    // From here on no error: it would taint the instance, and the next apply would release it and buy another.
    apply.state.set("id", purchased.instance_id.as_str());
    apply.state.set("operations", vec!["CreateDtsInstance"]);
    if let Some(job_id) = purchased.job_id.as_deref().filter(|_| job_id.is_none()) {
        apply.state.set("job_id", job_id);
    }
    apply.checkpoint();
    let started = wait_until_shown(apply, &api, &purchased.instance_id, limit).await;
    match started {
        Ok(detail) => read_back(&mut apply.state, &detail, false),
        Err(problems) => apply.warnings.extend(problems.into_iter().map(|problem| {
            Diagnostic::warning(
                format!(
                    "DTS instance {} is bought, but not all was seen to be done",
                    purchased.instance_id
                ),
                format!(
                    "{}: {}\n\nThe next plan shows what is left to do.",
                    problem.summary, problem.detail
                ),
            )
        })),
    }
    for name in ["job_id", "status"].into_iter().chain(SHAPE) {
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

fn adopted(instance_id: &str, why: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("DTS instance {instance_id} was taken over, not bought again"),
        format!("{why} CreateDtsInstance was not called a second time."),
    )
}

/// Until DTS shows the instance and, with `auto_start`, its job on the way.
async fn wait_until_shown(
    apply: &Apply<Client>,
    api: &api::Client,
    id: &str,
    limit: Duration,
) -> Result<api::JobDetail, Diagnostics> {
    let starts = apply.planned.bool("auto_start") == Some(true);
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
    wait::until(api.clock().as_ref(), &patience, || async {
        match api.describe_dts_job_detail(&api::JobRef::instance(id)).await {
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

async fn update(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let api = apply.client.api(&apply.cancel)?;
    let id = apply.prior.str("id").unwrap_or_default().to_owned();
    let limit = apply.timeout(TIMEOUT);
    let planned = apply.planned.clone();
    let mut done: Vec<&str> = Vec::new();
    let mut reached = apply.prior.clone();

    let what = format!("read DTS instance {id}");
    let instance = api::JobRef::instance(&id);
    let detail = api
        .describe_dts_job_detail(&instance)
        .await
        .map_err(error::to(&what))?;
    let job_id = detail
        .dts_job_id
        .clone()
        .or_else(|| reached.str("job_id").map(str::to_owned))
        .unwrap_or_default();

    for operation in operations(&apply.prior, &planned).unwrap_or_default() {
        let change = if operation == "TransferInstanceClass" {
            "instance_class"
        } else {
            "auto_start"
        };
        if operation == "TransferInstanceClass" {
            let class = planned.str("instance_class").unwrap_or_default();
            // The only documented order type, also for a smaller class (dts-api.md 2.6).
            api.transfer_instance_class(&job_id, class, "UPGRADE")
                .await
                .map_err(error::to(&format!(
                    "change the class of DTS instance {id} to {class}"
                )))?;
        } else if !has_started(detail.status.as_deref().unwrap_or_default()) {
            api.start_dts_job(&api::JobRef::job(&job_id))
                .await
                .map_err(error::to(&format!("start DTS job {job_id} of instance {id}")))?;
        } else {
            apply.warnings.push(Diagnostic::warning(
                format!("DTS job {job_id} was started already"),
                "It was started after the plan was made, so StartDtsJob was not called again.",
            ));
        }
        done.push(operation);
        reached.set(change, planned.get(change).clone());
        reached.set("operations", done.clone());
        apply.state = reached.clone();
        apply.checkpoint();
    }
    apply.state = planned.clone();
    apply.state.set("operations", done);
    apply.private.remove(IMPORTED);
    let recorded = apply.state.clone();
    apply.state.set("status", apply.prior.get("status").clone());
    apply.checkpoint();
    apply.state = recorded;
    let detail = wait_for_class(apply, &api, &id, limit).await?;
    apply.state.set("status", detail.status.clone());
    if let Value::List(_) = planned.get("operations") {
        apply.state.set("operations", planned.get("operations").clone());
    }
    Ok(())
}

/// Until a change of class is through, and a start has been taken up.
async fn wait_for_class(
    apply: &Apply<Client>,
    api: &api::Client,
    id: &str,
    limit: Duration,
) -> Result<api::JobDetail, Diagnostics> {
    let class = apply.planned.str("instance_class").unwrap_or_default();
    let what = format!("see the change of DTS instance {id} through");
    let patience = Patience {
        what: &what,
        limit,
        raise: "timeouts.update",
        cancel: &apply.cancel,
    };
    let starts = starts(&apply.prior, &apply.planned);
    wait::until(api.clock().as_ref(), &patience, || async {
        let detail = api
            .describe_dts_job_detail(&api::JobRef::instance(id))
            .await
            .map_err(error::to(&what))?;
        let status = detail.status.clone().unwrap_or_default();
        let passing = ["Upgrade", "Downgrade"]
            .iter()
            .any(|word| status.eq_ignore_ascii_case(word));
        let other_class = detail
            .dts_job_class
            .as_deref()
            .is_some_and(|found| found != class);
        if starts && Stage::of(&status) == Stage::PrecheckFailed {
            let job_id = detail.dts_job_id.as_deref().unwrap_or_default();
            return Err(precheck::failures_of(
                api,
                job_id,
                "The job does not run. Repair the cause and apply again.",
            )
            .await);
        }
        if passing || other_class || (starts && !has_started(&status)) {
            return Ok(Poll::Pending(format!(
                "status {status}, class {}",
                detail.dts_job_class.as_deref().unwrap_or("unknown")
            )));
        }
        Ok(Poll::Ready(detail))
    })
    .await
}

async fn release(delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
    let id = delete.state.str("id").unwrap_or_default().to_owned();
    if delete.state.str("on_destroy") == Some("keep") {
        delete.warnings.push(Diagnostic::warning(
            format!("DTS instance {id} was kept"),
            "`on_destroy` is `keep`: Terraform forgets the instance, and it goes on and is paid for until it is released elsewhere \
             or expires.",
        ));
        return Ok(());
    }
    if let Some(refusal) = cannot_release(&delete.state) {
        return Err(refusal.into());
    }
    let api = delete.client.api(&delete.cancel)?;
    let what = format!("release DTS instance {id}");
    let instance = api::JobRef::instance(&id);
    match api.delete_dts_job(&instance, delete.state.str("type")).await {
        Ok(()) => {}
        Err(cause) if cause.is_not_found() => return Ok(()),
        Err(cause) => {
            // A lost answer may well have been a yes.
            let gone = cause.is_outcome_unknown()
                && api
                    .describe_dts_job_detail(&instance)
                    .await
                    .is_err_and(|cause| cause.is_not_found());
            return if gone {
                Ok(())
            } else {
                Err(error::unable(&what, &cause).into())
            };
        }
    }
    let limit = delete.timeout(TIMEOUT);
    let patience = Patience {
        what: &what,
        limit,
        raise: "timeouts.delete",
        cancel: &delete.cancel,
    };
    wait::until(api.clock().as_ref(), &patience, || async {
        match api.describe_dts_job_detail(&instance).await {
            Err(cause) if cause.is_not_found() => Ok(Poll::Ready(())),
            // A released instance may stay readable for a while (dts-api.md 3.5).
            Ok(detail) if Stage::of(detail.status.as_deref().unwrap_or_default()) == Stage::Finished => {
                Ok(Poll::Ready(()))
            }
            Ok(detail) => Ok(Poll::Pending(format!(
                "status {}",
                detail.status.unwrap_or_default()
            ))),
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    })
    .await
}

/// Brings `state` up to date with what DTS reports.
fn read_back(state: &mut Object, detail: &api::JobDetail, imported: bool) {
    let status = detail.status.clone().unwrap_or_default();
    if let Some(job_id) = &detail.dts_job_id {
        state.set("job_id", job_id.as_str());
    }
    let kind = detail
        .job_type
        .as_deref()
        .map(|kind| match kind.to_ascii_lowercase().as_str() {
            "online" | "migration" => "MIGRATION".to_owned(),
            "subscribe" => "SUBSCRIBE".to_owned(),
            "sync" => "SYNC".to_owned(),
            _ => kind.to_ascii_uppercase(),
        });
    let reported = [
        ("type", kind.as_deref()),
        (
            "source_endpoint_engine_name",
            detail.source.engine_name.as_deref(),
        ),
        (
            "destination_endpoint_engine_name",
            detail.destination.engine_name.as_deref(),
        ),
        ("source_region", detail.source.region.as_deref()),
        ("destination_region", detail.destination.region.as_deref()),
        ("instance_class", detail.dts_job_class.as_deref()),
        ("pay_type", detail.pay_type.as_deref()),
    ];
    for (name, there) in reported {
        let Some(there) = there else { continue };
        if !state
            .str(name)
            .is_some_and(|mine| mine.eq_ignore_ascii_case(there))
        {
            state.set(name, there);
        }
    }
    let started = has_started(&status);
    if imported {
        state.set("auto_start", started);
    } else if state.bool("auto_start") == Some(true)
        && matches!(
            Stage::of(&status),
            Stage::NotStarted | Stage::PreCheckPass | Stage::PrecheckFailed
        )
    {
        // It was to be started and is not: the next plan shows the start.
        state.set("auto_start", false);
    }
    state.set("status", status);
}
