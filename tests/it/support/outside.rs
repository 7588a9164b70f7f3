//! Jobs and instances that somebody else than Terraform made, and the provider without Terraform, for many cases in little time.

use std::sync::Arc;

use serde_json::Value as Json;
use terraform_provider_dts::api;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::dts::ram::PERMISSIONS;
use terraform_provider_dts::emulator::Emulator;
use terraform_provider_dts::framework::{Diagnostic, Object, Server, Service, Value, list};
use tokio::sync::mpsc;

use super::bench::{Bench, DESTINATION_PASSWORD, SOURCE_PASSWORD};

/// The ids of a job, and of its instance where it has one.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) job_id: String,
    pub(crate) instance_id: String,
}

/// As `bench::job` configures it, to be started by a call of its own.
pub(crate) fn configuration(kind: &str, name: &str) -> api::ConfigureDtsJob {
    let end = |instance: &str, password: &str| api::Endpoint {
        instance_type: Some("RDS".to_owned()),
        engine_name: Some("MYSQL".to_owned()),
        instance_id: Some(instance.to_owned()),
        region: Some("cn-hangzhou".to_owned()),
        user_name: Some("dtstest".to_owned()),
        password: Some(password.to_owned().into()),
        ..api::Endpoint::default()
    };
    api::ConfigureDtsJob {
        dts_job_name: name.to_owned(),
        job_type: kind.to_owned(),
        structure_initialization: true,
        data_initialization: true,
        data_synchronization: true,
        source: end("rm-source", SOURCE_PASSWORD),
        destination: end("rm-destination", DESTINATION_PASSWORD),
        db_list: Some(
            r#"{"dtsdb":{"name":"dtsdb_1","all":false,"Table":{"person":{"name":"person","all":true}}}}"#
                .to_owned(),
        ),
        reserve: Some(r#"{"autoStartModulesAfterConfig":"none"}"#.to_owned()),
        ..api::ConfigureDtsJob::default()
    }
}

/// A job without an instance.
pub(crate) fn configured(bench: &Bench, kind: &str, name: &str) -> Made {
    let request = configuration(kind, name);
    let made = bench.with_client(async move |api| api.configure_dts_job(&request).await);
    Made {
        job_id: made.dts_job_id,
        instance_id: String::new(),
    }
}

/// As `bench::bought_first` buys it.
pub(crate) fn purchase(kind: &str) -> api::CreateDtsInstance {
    let text = |text: &str| Some(text.to_owned());
    api::CreateDtsInstance {
        pay_type: text("PostPaid"),
        type_: text(kind),
        source_endpoint_engine_name: text("MySQL"),
        destination_endpoint_engine_name: text("MySQL"),
        source_region: text("cn-hangzhou"),
        destination_region: text("cn-hangzhou"),
        instance_class: text("small"),
        ..api::CreateDtsInstance::default()
    }
}

/// An instance whose job is not configured.
pub(crate) fn bought(bench: &Bench, kind: &str) -> Made {
    let request = purchase(kind);
    let made = bench.with_client(async move |api| api.create_dts_instance(&request).await);
    Made {
        job_id: made.job_id.unwrap(),
        instance_id: made.instance_id,
    }
}

/// A job on its instance, configured and not started.
pub(crate) fn on_instance(bench: &Bench, kind: &str, name: &str) -> Made {
    let made = bought(bench, kind);
    let request = api::ConfigureDtsJob {
        dts_job_id: Some(made.job_id.clone()),
        dts_instance_id: Some(made.instance_id.clone()),
        ..configuration(kind, name)
    };
    bench.with_client(async move |api| api.configure_dts_job(&request).await);
    made
}

/// A job that runs on its instance.
pub(crate) fn running(bench: &Bench, kind: &str, name: &str) -> Made {
    let made = on_instance(bench, kind, name);
    let job = api::JobRef::job(&made.job_id);
    bench.with_client(async move |api| api.start_dts_job(&job).await);
    status(bench, &made.job_id);
    made
}

/// Where DTS says that a job is.
pub(crate) fn status(bench: &Bench, job_id: &str) -> String {
    let job = api::JobRef::job(job_id);
    let detail = bench.with_client(async move |api| api.describe_dts_job_detail(&job).await);
    detail.status.unwrap_or_default()
}

/// Fails when a call since the mark is none that the permissions of this object allow.
#[track_caller]
pub(crate) fn assert_permitted(bench: &Bench, mark: usize, object: &str) {
    let known = PERMISSIONS.iter().find(|one| one.object == object);
    let operations = known
        .unwrap_or_else(|| panic!("no permissions of {object}"))
        .operations;
    for call in &bench.emulator.calls()[mark..] {
        assert!(
            operations.contains(&call.action.as_str()),
            "{object} called {}",
            call.action
        );
    }
}

/// The provider in this process, configured for the emulator.
pub(crate) fn provider(emulator: &Emulator) -> Arc<Server<Dts>> {
    let server = Server::new(Dts::new(api::Context::system()));
    let block = Object::new()
        .with("region", "cn-hangzhou")
        .with("access_key", "testAccessKeyId")
        .with("secret_key", "testAccessKeySecret")
        .with("endpoint", emulator.url());
    let told = server.configure(Value::Map(block), "1.15.5");
    assert!(told.is_empty(), "{told:?}");
    Arc::new(server)
}

fn object(json: &Json) -> Object {
    match value(json) {
        Value::Map(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => number.as_i64().unwrap().into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(members) => Value::Map(
            members
                .iter()
                .fold(Object::new(), |all, (name, member)| all.with(name, value(member))),
        ),
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// Runs an action, after its validation has found nothing: the lines of its progress, and what there was to say.
pub(crate) fn invoke(bench: &Bench, action: &str, config: &Json) -> (Vec<String>, Vec<Diagnostic>) {
    let server = provider(&bench.emulator);
    let config = Value::Map(object(config));
    let told = server.validate_action(action, config.clone());
    assert!(told.is_empty(), "{told:?}");
    let mark = bench.mark();
    let answer = block_on(async move {
        let (progress, mut lines) = mpsc::channel(16);
        let read = async {
            let mut all = Vec::new();
            while let Some(line) = lines.recv().await {
                all.push(line);
            }
            all
        };
        let (told, lines) = tokio::join!(server.invoke_action(action, config, progress), read);
        (lines, told.into_iter().collect())
    });
    assert_permitted(bench, mark, &format!("action.{action}"));
    answer
}

/// What the validation of an action has to say.
pub(crate) fn validate(action: &str, config: &Json) -> Vec<Diagnostic> {
    let server = Server::new(Dts::new(api::Context::system()));
    let told = server.validate_action(action, Value::Map(object(config)));
    told.into_iter().collect()
}

/// Lists the objects of a resource.
pub(crate) fn listed(
    bench: &Bench,
    type_name: &str,
    filters: &Json,
    include_resource: bool,
    limit: Option<usize>,
) -> (Vec<list::Found>, Vec<Diagnostic>) {
    let server = provider(&bench.emulator);
    let mark = bench.mark();
    let request = list::Request {
        config: object(filters),
        include_resource,
        limit,
    };
    let answer = block_on(async move {
        let (found, mut items) = mpsc::channel(1);
        let read = async {
            let mut all = Vec::new();
            while let Some(item) = items.recv().await {
                all.push(item);
            }
            all
        };
        let (told, items) = tokio::join!(server.list(type_name, request, found), read);
        (items, told.into_iter().collect())
    });
    assert_permitted(bench, mark, &format!("list.{type_name}"));
    answer
}
