//! The provider in this process, driven by the small Terraform of the engine's tests against an emulator: every rule of
//! Terraform is checked at every step, and a step takes milliseconds.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use serde_json::Value as Json;
use terraform_provider_dts::api::{Clock, Context, Env};
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::emulator::{Emulator, Lifecycle, Options};
use terraform_provider_dts::framework::rules::Action;
use terraform_provider_dts::framework::{Diagnostic, Diagnostics, Server, Service, Value};
use tokio::time::Instant;

use super::raw::{self, RUNTIME};
use crate::lifecycle::complete;
use crate::lifecycle::core::{Core, Planned};

/// An emulator, and a provider that is configured for it.
pub(crate) struct Bed {
    pub(crate) emulator: Emulator,
    /// What the provider block says besides where DTS is.
    provider: Mutex<Json>,
    server: Server<Dts>,
}

/// One for all tests: making an HTTP client costs more than a step of a test.
static CONTEXT: LazyLock<Context> = LazyLock::new(|| Context {
    clock: Arc::new(Hurried(Instant::now())),
    env: Arc::new(NoEnv),
    ..Context::system()
});

/// Waits of a second take ten milliseconds.
#[derive(Debug)]
struct Hurried(Instant);

const SPEED: u32 = 100;

#[async_trait::async_trait]
impl Clock for Hurried {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn instant(&self) -> Instant {
        self.0 + self.0.elapsed() * SPEED
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / SPEED).await;
    }
}

#[derive(Debug)]
struct Impatient;

#[async_trait::async_trait]
impl Clock for Impatient {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    /// A deadline that is not reached is no wait, and is longer than a pause between two looks; nor is the moment that reads linger for
    /// others.
    async fn sleep(&self, duration: Duration) {
        if (Duration::from_millis(100)..Duration::from_secs(8)).contains(&duration) {
            panic!("out of patience");
        }
        tokio::time::sleep(duration).await;
    }
}

#[derive(Debug)]
struct NoEnv;

impl Env for NoEnv {
    fn get(&self, _name: &str) -> Option<String> {
        None
    }
}

impl Bed {
    pub(crate) fn new() -> Bed {
        Bed::with(Lifecycle::Immediate, None)
    }

    pub(crate) fn with(lifecycle: Lifecycle, fixtures: Option<Json>) -> Bed {
        Bed::in_context(lifecycle, fixtures, CONTEXT.clone())
    }

    /// Whatever has to wait panics.
    pub(crate) fn that_panics_when_it_waits(lifecycle: Lifecycle) -> Bed {
        let context = Context {
            clock: Arc::new(Impatient),
            // The turn in a budget that other tests use up would be a wait.
            run: Arc::default(),
            ..CONTEXT.clone()
        };
        Bed::in_context(lifecycle, None, context)
    }

    pub(crate) fn in_context(lifecycle: Lifecycle, fixtures: Option<Json>, context: Context) -> Bed {
        let emulator = Emulator::start(Options {
            lifecycle,
            fixtures,
            ..Options::default()
        })
        .unwrap();
        let bed = Bed {
            emulator,
            provider: Mutex::default(),
            server: Server::new(Dts::new(context)),
        };
        bed.new_process();
        bed
    }

    /// From now on the provider block says this too.
    pub(crate) fn set_provider(&self, config: Json) {
        *self.provider.lock().unwrap() = config;
    }

    /// Terraform starts the provider anew for each of its commands.
    fn new_process(&self) {
        let config = serde_json::json!({
            "region": "cn-hangzhou", "access_key": "testAccessKeyId", "secret_key": "testAccessKeySecret",
            "endpoint": self.emulator.url(),
        });
        let config = match self.provider.lock().unwrap().clone() {
            Json::Null => config,
            more => super::config::with(&config, more),
        };
        let config = complete(&self.server.provider_schema().block, &config);
        let problems = self.server.configure(config, "1.11.4");
        assert!(problems.is_empty(), "{problems:?}");
    }

    /// What the provider serves.
    pub(crate) fn service(&self) -> &dyn Service {
        &self.server
    }

    /// A resource that is in no state yet.
    pub(crate) fn resource(&self, type_name: &'static str) -> Managed<'_> {
        Managed {
            bed: self,
            core: Core::new(&self.server, type_name),
            type_name,
        }
    }

    pub(crate) fn job(&self) -> Managed<'_> {
        self.resource("dts_job")
    }

    pub(crate) fn instance(&self) -> Managed<'_> {
        self.resource("dts_instance")
    }

    /// Both, bought first and applied; `job` without its `dts_instance_id`.
    pub(crate) fn bought(&self, instance: &Json, job: &Json) -> (Managed<'_>, Managed<'_>, Json) {
        let mut bought = self.instance();
        bought.settle(instance);
        let job = super::config::with(job, serde_json::json!({ "dts_instance_id": bought.text("id") }));
        let mut configured = self.job();
        configured.settle(&job);
        (bought, configured, job)
    }

    /// A subscription on an instance that was bought first; `subscription` without its `dts_instance_id`.
    pub(crate) fn subscribed(&self, subscription: &Json) -> (Managed<'_>, Json) {
        let mut bought = self.instance();
        bought.settle(&super::config::instance(super::config::SUBSCRIBE));
        let id = serde_json::json!({ "dts_instance_id": bought.text("id") });
        let config = super::config::with(subscription, id);
        let mut managed = self.resource("dts_subscription");
        managed.settle(&config);
        (managed, config)
    }

    /// A data source read once.
    pub(crate) fn read_data(&self, type_name: &str, config: &Json) -> (Value, Diagnostics) {
        let block = &self.server.data_source_schema(type_name).unwrap().block;
        let config = complete(block, config);
        RUNTIME.block_on(self.server.read_data_source(type_name, config))
    }

    /// Calls DTS behind the provider's back; it has to go well.
    pub(crate) fn call(&self, action: &str, params: &[(&str, &str)]) -> Json {
        raw::call(&self.emulator.url(), action, params)
    }

    /// Configures the job that was configured last as it is, but on a dedicated cluster.
    pub(crate) fn move_to_cluster(&self, job_id: &str) {
        let mut params = super::in_place::sent(self, "ConfigureDtsJob");
        params.insert("DtsJobId".to_owned(), job_id.to_owned());
        params.insert("DedicatedClusterId".to_owned(), "dtscluster-1".to_owned());
        let params: Vec<(&str, &str)> = params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.call("ConfigureDtsJob", &params);
    }

    /// How many calls there were so far, for [`Self::changing_calls`].
    pub(crate) fn mark(&self) -> usize {
        self.emulator.calls().len()
    }

    /// The calls since that changed something.
    pub(crate) fn changing_calls(&self, since: usize) -> Vec<String> {
        raw::changing_calls(&self.emulator, since)
    }

    /// The instances that are still paid for.
    pub(crate) fn paid(&self) -> usize {
        let instances = self.emulator.instances();
        instances.iter().filter(|instance| !instance.released).count()
    }
}

/// A resource with its state.
pub(crate) struct Managed<'b> {
    bed: &'b Bed,
    pub(crate) core: Core<'b>,
    type_name: &'static str,
}

/// What the warning of a plan says that removes a job.
pub(crate) fn removal(calls: &[&str]) -> String {
    format!("calls `{}`.", calls.join("`, then `"))
}

impl Managed<'_> {
    fn config(&self, json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            json => complete(self.core.block(), json),
        }
    }

    /// A member of the recorded state that is text.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        let value = self.core.get(name);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{name} is {value}"))
            .to_owned()
    }

    pub(crate) fn plan(&mut self, config: &Json) -> Result<Planned, Diagnostics> {
        let config = self.config(config);
        self.bed.new_process();
        RUNTIME.block_on(self.core.plan(&config))
    }

    pub(crate) fn apply(&mut self, planned: &Planned, config: &Json) -> Diagnostics {
        let config = self.config(config);
        self.bed.new_process();
        RUNTIME.block_on(self.core.apply(planned, &config))
    }

    #[track_caller]
    pub(crate) fn must_plan(&mut self, config: &Json) -> Planned {
        self.plan(config).unwrap_or_else(|errors| panic!("{errors:#?}"))
    }

    /// The plan is empty, and making it changed nothing.
    #[track_caller]
    pub(crate) fn assert_plan_is_empty(&mut self, config: &Json) {
        let mark = self.bed.mark();
        let planned = self.must_plan(config);
        let (before, after) = (self.core.value().reveal(), planned.planned.reveal());
        assert_eq!(planned.action, Action::NoOp, "{before:#}\n{after:#}");
        assert_eq!(self.bed.changing_calls(mark), [""; 0], "a plan changes nothing");
    }

    /// Plans and applies without an error; what comes then is the test's own matter.
    #[track_caller]
    pub(crate) fn settle_once(&mut self, config: &Json) {
        let planned = self.must_plan(config);
        let problems = self.apply(&planned, config);
        assert!(!problems.has_errors(), "{problems:#?}");
    }

    /// Plans and applies without an error, then the plan is empty.
    #[track_caller]
    pub(crate) fn settle(&mut self, config: &Json) -> Action {
        let planned = self.must_plan(config);
        let problems = self.apply(&planned, config);
        assert!(!problems.has_errors(), "{problems:#?}");
        if !config.is_null() {
            self.assert_plan_is_empty(config);
        }
        planned.action
    }

    /// Plans and applies: `action`, and `operations` in the plan, in the state, and received. Then the plan is empty.
    #[track_caller]
    pub(crate) fn change(&mut self, config: &Json, action: Action, operations: &[&str]) {
        self.change_after(config, action, &[], operations);
    }

    /// As [`Self::change`], where a predecessor is removed by the calls `before`.
    #[track_caller]
    pub(crate) fn change_after(
        &mut self,
        config: &Json,
        action: Action,
        before: &[&str],
        operations: &[&str],
    ) {
        let planned = self.must_plan(config);
        assert_eq!(planned.action, action, "because of {:?}", planned.replace);
        assert_eq!(operations_of(&planned.planned), operations, "planned");
        if self.type_name == "dts_job" && action == Action::Replace {
            self.assert_removal(&planned, before);
        }
        let mark = self.bed.mark();
        let problems = self.apply(&planned, config);
        assert!(!problems.has_errors(), "{problems:#?}");
        assert_eq!(operations_of(&self.core.value()), operations, "recorded");
        let all = [before, operations].concat();
        assert_eq!(self.bed.changing_calls(mark), all, "received");
        self.assert_plan_is_empty(config);
    }

    /// The plan warns of a job's removal and tells these calls; not where there are none.
    #[track_caller]
    pub(crate) fn assert_removal(&self, planned: &Planned, calls: &[&str]) {
        let told = planned.diagnostics.iter();
        let told: Vec<_> = told
            .filter(|told| told.summary.contains("Removing a DTS job"))
            .collect();
        assert_eq!(told.len(), usize::from(!calls.is_empty()), "{told:#?}");
        if let [told] = told[..] {
            assert!(told.detail.contains(&removal(calls)), "{}", told.detail);
        }
    }

    /// What a plan tells, but for its calls where those are the calls of the last apply.
    pub(crate) fn told(planned: &Planned) -> Vec<&Diagnostic> {
        let told = planned.diagnostics.iter();
        told.filter(|told| !told.summary.contains(", as in the last apply: "))
            .collect()
    }

    /// The one warning of a plan, at `path`.
    #[track_caller]
    pub(crate) fn warned(planned: &Planned, path: &str, text: &str) {
        let warnings = Self::told(planned);
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        let found = warnings[0].path.clone().unwrap_or_default().to_string();
        assert_eq!(found, path, "{warnings:#?}");
        let said = format!("{}\n{}", warnings[0].summary, warnings[0].detail);
        assert!(said.contains(text), "{said}");
    }

    /// The apply of the plan ends in one error at `path` that says all of `texts`.
    #[track_caller]
    pub(crate) fn fails(&mut self, config: &Json, path: &str, texts: &[&str]) {
        let planned = self.must_plan(config);
        let problems = self.apply(&planned, config);
        let errors: Vec<_> = problems.iter().filter(|problem| problem.is_error()).collect();
        assert_eq!(errors.len(), 1, "{problems:#?}");
        let found = errors[0].path.clone().unwrap_or_default().to_string();
        assert_eq!(found, path, "{errors:#?}");
        for text in texts {
            assert!(errors[0].detail.contains(text), "{}", errors[0].detail);
        }
    }

    /// The plan is refused by one error at `path` that says `text`, and nothing is called.
    #[track_caller]
    pub(crate) fn refused(&mut self, config: &Json, path: &str, text: &str) {
        let mark = self.bed.mark();
        let errors = match self.plan(config) {
            Ok(planned) => panic!("planned {:?} {:?}", planned.action, planned.planned.reveal()),
            Err(errors) => errors,
        };
        let errors: Vec<_> = errors.iter().filter(|error| error.is_error()).collect();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        let found = errors[0].path.clone().unwrap_or_default().to_string();
        assert_eq!(found, path, "{errors:#?}");
        let said = format!("{}\n{}", errors[0].summary, errors[0].detail);
        assert!(said.contains(text), "{said}");
        assert_eq!(self.bed.changing_calls(mark), [""; 0]);
    }

    pub(crate) fn import(&mut self, id: &str) -> Result<(), Diagnostics> {
        self.bed.new_process();
        RUNTIME.block_on(self.core.import(id))
    }

    /// What `terraform apply -refresh-only` records.
    pub(crate) fn refresh(&mut self) {
        self.bed.new_process();
        RUNTIME
            .block_on(self.core.refresh())
            .unwrap_or_else(|errors| panic!("{errors:#?}"));
    }

    /// The status as DTS has it now.
    #[track_caller]
    pub(crate) fn status(&mut self) -> String {
        self.refresh();
        self.text("status")
    }
}

/// `operations` of a planned or recorded state; they must be known.
#[track_caller]
pub(crate) fn operations_of(state: &Value) -> Vec<String> {
    let operations = state.as_map().unwrap().list("operations");
    assert!(state.as_map().unwrap().get("operations").is_wholly_known());
    operations
        .iter()
        .map(|operation| operation.as_str().unwrap().to_owned())
        .collect()
}
