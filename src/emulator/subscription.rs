//! Subscriptions: configured, changed, and what a consumer needs to know of them.

use serde_json::{Value, json};

use super::{
    configure,
    describe::iso,
    job::{self, configurable},
    model::{Configuration, Job, Kind, Modes, Status, Tracking},
    monitor_rule,
    objects::Objects,
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
};

/// Where the brokers of a region listen.
const PORT: u16 = 18001;

/// ConfigureSubscription: configures a bought subscription, configures one again, or makes one when no id is given.
/// It never starts anything.
pub(crate) fn configure(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let region = params.required("RegionId")?;
    let name = params.required("DtsJobName")?;
    let configuration = configuration(params)?;
    let notices = monitor_rule::notices(params)?;
    let known = params.text("DtsJobId").is_some() || params.text("DtsInstanceId").is_some();
    let index = if known {
        let index = state.find(params, "DtsInstanceId")?;
        configurable(&state.jobs[index], Kind::Subscribe)?;
        index
    } else {
        state.check_cluster(&configuration.dedicated_cluster, region)?;
        let job = Job::new(state.ids.job(), Kind::Subscribe, region, state.now);
        state.jobs.push(job);
        state.jobs.len() - 1
    };
    let job = &mut state.jobs[index];
    job.name = name.to_owned();
    job.configuration = Some(configuration);
    job.precheck = None;
    job.status = Status::NotStarted;
    job.rules.extend(notices);
    Ok(job::configured(job))
}

fn configuration(params: &Params) -> Result<Configuration, Refusal> {
    // Without it the call means the old generation of subscriptions.
    params.required("SubscriptionInstanceNetworkType")?;
    params.one_of("SubscriptionInstanceNetworkType", &["vpc"])?;
    let vpc = params.required("SubscriptionInstanceVPCId")?;
    let vswitch = params.required("SubscriptionInstanceVSwitchId")?;
    let objects = Objects::parse(params.required("DbList")?)?;
    objects.check_subscribed()?;
    let (ddl, dml) = data_types(params, (true, true))?;
    let reserve = configure::reserve("Reserve", params.text("Reserve"))?;
    let source = configure::subscribed(params, &reserve)?;
    configure::check_common(params)?;
    let text = |name: &str| params.text(name).unwrap_or_default().to_owned();
    Ok(Configuration {
        modes: Modes {
            structure: false,
            data: false,
            increment: true,
        },
        source,
        destination: Default::default(),
        objects,
        reserve,
        checkpoint: text("Checkpoint"),
        dedicated_cluster: text("DedicatedClusterId"),
        label: text("DtsBisLabel"),
        resource_group: text("ResourceGroupId"),
        tracking: Some(Tracking {
            vpc: vpc.to_owned(),
            vswitch: vswitch.to_owned(),
            ddl,
            dml,
        }),
    })
}

/// Whether definitions and data are tracked; what is not said is as before. Nothing at all cannot be tracked.
fn data_types(params: &Params, before: (bool, bool)) -> Result<(bool, bool), Refusal> {
    let ddl = params.boolean("SubscriptionDataTypeDDL")?.unwrap_or(before.0);
    let dml = params.boolean("SubscriptionDataTypeDML")?.unwrap_or(before.1);
    if !ddl && !dml {
        return Err(Refusal::conflict(
            "One of SubscriptionDataTypeDDL and SubscriptionDataTypeDML has to be true.",
        ));
    }
    Ok((ddl, dml))
}

/// ModifySubscription: replaces the object list and says what is tracked, in a subscription that runs or has not
/// begun.
pub(crate) fn modify(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let objects = Objects::parse(params.required("DbList")?)?;
    objects.check_subscribed()?;
    let reserved = configure::reserve("Reserved", params.text("Reserved"))?;
    let index = state.find(params, "DtsInstanceId")?;
    let now = state.now;
    let job = &mut state.jobs[index];
    of_subscription(job)?;
    let changeable = matches!(
        job.status,
        Status::Normal | Status::NotStarted | Status::PrecheckFailed | Status::PreCheckPass
    ) && job.passing.is_none();
    let Some(configuration) = job.configuration.as_mut().filter(|_| changeable) else {
        return Err(Refusal::new(
            403,
            "DTS.Msg.ModifyDenied.JobStatusNotRunning",
            format!(
                "The job {} is in the state {} and cannot be modified.",
                job.id,
                job.status.name()
            ),
        ));
    };
    if let Some(tracking) = &mut configuration.tracking {
        (tracking.ddl, tracking.dml) = data_types(params, (tracking.ddl, tracking.dml))?;
    }
    configuration.objects = objects;
    configuration.reserve.extend(reserved);
    job.note(now, "NORMAL", "The objects are changed.");
    Ok(Body::new())
}

/// Refuses a job of another type.
pub(crate) fn of_subscription(job: &Job) -> Result<(), Refusal> {
    if job.kind == Kind::Subscribe {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "UnSupportedTaskType",
        format!("The job {} is no subscription.", job.id),
    ))
}

/// The topic that changes are written to; there is one once the subscription has been started.
pub(crate) fn topic(job: &Job) -> Option<String> {
    let configuration = job.configuration.as_ref().filter(|_| job.began.is_some())?;
    let name = |text: &str| text.replace(['-', '.'], "_");
    let source = &configuration.source;
    let place = if source.instance_id.is_empty() {
        &source.ip
    } else {
        &source.instance_id
    };
    Some(format!(
        "{}_{}_{}_version2",
        name(&job.region),
        name(place),
        name(&source.user)
    ))
}

fn broker(job: &Job, net: &str) -> String {
    format!("dts-{}{net}.aliyuncs.com:{PORT}", job.region)
}

/// What the detail of a job says of a subscription. Clients expect `SubscriptionDataType` with every job.
pub(crate) fn detail(state: &State, job: &Job) -> Value {
    let tracking = job
        .configuration
        .as_ref()
        .and_then(|known| known.tracking.as_ref());
    let mut detail = json!({
        "SubscriptionDataType": {
            "Ddl": tracking.is_none_or(|tracking| tracking.ddl),
            "Dml": tracking.is_none_or(|tracking| tracking.dml),
        },
    });
    if let Some(topic) = topic(job).filter(|_| job.kind == Kind::Subscribe) {
        detail["SubscribeTopic"] = topic.into();
        detail["SubscriptionHost"] = json!({
            "PrivateHost": broker(job, "-internal"),
            "PublicHost": broker(job, ""),
            "VpcHost": broker(job, "-vpc"),
        });
        detail["ConsumptionClient"] = "".into();
        detail["ConsumptionCheckpoint"] = "".into();
        // Up to when there are changes to consume.
        detail["EndTimestamp"] = iso(state.now).into();
    }
    detail
}

/// What the service adds to the reserve of a subscription.
pub(crate) fn reserved(job: &Job) -> Option<Value> {
    let tracking = job.configuration.as_ref()?.tracking.as_ref()?;
    Some(json!({"netType": "VPC", "vpcId": tracking.vpc, "vswitchId": tracking.vswitch}))
}

/// DescribeSubscriptionMeta: where each part of a distributed subscription is consumed. Subscriptions of one part
/// only are modelled.
pub(crate) fn meta(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsInstanceId")?;
    let group = params.required("Sid")?;
    let (topics, jobs) = (params.text("Topics"), params.text("SubMigrationJobIds"));
    if topics.is_none() && jobs.is_none() {
        return Err(Refusal::missing("Topics"));
    }
    let index = state.find(params, "DtsInstanceId")?;
    let job = &state.jobs[index];
    of_subscription(job)?;
    if !job.groups.iter().any(|known| known.id == group) {
        return Err(Refusal::invalid(
            "Sid",
            "the subscription has no such consumer group",
        ));
    }
    let topic = topic(job);
    let named =
        |list: Option<&str>, name: &str| list.is_some_and(|list| names(list).any(|known| known == name));
    let wanted = topic.filter(|topic| named(topics, topic) || named(jobs, &job.id));
    let objects = job.configuration.as_ref().map(|known| known.objects.db_object());
    let list: Vec<Value> = wanted
        .map(|topic| {
            json!({
                "Checkpoint": state.now.as_second(),
                "DBList": objects.unwrap_or_default(),
                "DProxyUrl": broker(job, "-vpc"),
                "Sid": group,
                "Topic": topic,
            })
        })
        .into_iter()
        .collect();
    Ok(reply::body(json!({"SubscriptionMetaList": list})))
}

/// The names in a list separated by commas, or in a JSON array or object: the SDK sends whatever JSON it is given.
fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', '[', ']', '{', '}', ':', '"'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
}
