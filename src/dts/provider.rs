//! The provider: its objects, and the client that resources and data sources share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, RwLock};
use tokio_util::sync::CancellationToken;

use super::bare::Bare;
use super::lookup::Undecided;
use super::siblings::Siblings;
use super::{
    actions, consumer_group, data, functions, instance, job, lists, monitor_rule, precheck, settings,
    subscription, tags,
};
use crate::api;
use crate::framework::action::Action;
use crate::framework::datasource::DataSource;
use crate::framework::function::Function;
use crate::framework::list::ListResource;
use crate::framework::resource::Resource;
use crate::framework::{Diagnostics, Object, Provider, Schema, Value};

/// The provider for Alibaba Cloud Data Transmission Service.
#[derive(Debug)]
pub struct Dts {
    context: api::Context,
    siblings: Arc<Siblings>,
}

impl Dts {
    /// With the real clock, environment and network, or with others for tests; in a process that is alone.
    pub fn new(context: api::Context) -> Dts {
        let siblings = Arc::default();
        Dts { context, siblings }
    }

    /// The same in a process beside others.
    #[must_use]
    pub fn among(self, siblings: Siblings) -> Dts {
        let siblings = Arc::new(siblings);
        Dts { siblings, ..self }
    }
}

/// What the resources and data sources work with: one client for each configured provider.
#[derive(Debug)]
pub struct Client {
    /// Missing when the provider's configuration does not allow one: told by the first who needs it, so that a plan with
    /// nothing to read needs neither region nor credentials.
    api: Result<api::Client, Diagnostics>,
    /// Tags of every resource that has tags; unknown where the provider block is.
    pub(super) default_tags: Value,
    /// Purchases of this process hold it shared while their outcome is open; who looks for a lost purchase holds it alone.
    pub(super) purchases: RwLock<()>,
    /// Those that have lost an answer and are looking for what became of it.
    pub(super) undecided: Undecided,
    /// What is bought and not configured.
    pub(super) bare: Bare,
    /// The other processes of this run.
    pub(super) siblings: Arc<Siblings>,
    /// Instances and jobs that a resource of this process already has.
    claimed: Mutex<BTreeSet<String>>,
    /// Which resources a plan of this process has seen with an instance, by the words of [`Client::is_only_of`].
    owners: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// What was there of each kind before this process made anything of it, by the likeness of `lookup::Once`.
    present: Mutex<BTreeMap<String, Present>>,
    /// The calls of each likeness that are under way, or have lost their answer and are not cleared up.
    open: Mutex<BTreeMap<String, Vec<String>>>,
    /// Objects that this process has read since it was configured.
    read: Mutex<BTreeSet<String>>,
    /// Jobs that an instance in the plan serves or is to be bought for.
    served: Mutex<BTreeMap<String, BTreeSet<Option<String>>>>,
    /// For which type of job an instance in the plan was bought, and of which type what was listed is.
    types: Mutex<BTreeMap<String, String>>,
    /// Subscriptions that a plan leaves suspended, each by its id and that of its instance.
    suspended: Mutex<BTreeSet<String>>,
    /// Jobs and subscriptions that were reset, each with what was read or made of it since.
    resets: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// The turns of [`Client::turn`].
    turns: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Option<String>>>>>,
}

/// Ids, once somebody has found them out.
type Present = Arc<OnceCell<BTreeSet<String>>>;

impl Client {
    /// The DTS client, for an operation that `cancel` ends.
    pub(super) fn api(&self, cancel: &CancellationToken) -> Result<api::Client, Diagnostics> {
        self.api
            .as_ref()
            .map(|api| api.scoped(cancel.clone()))
            .map_err(Clone::clone)
    }

    /// The region, where the provider's configuration allows a client.
    pub(super) fn region(&self) -> Option<&str> {
        self.api.as_ref().ok().map(api::Client::region)
    }

    /// The same, whose calls DTS may refuse for their rate for `limit`: what `timeouts` give the operation.
    pub(super) fn api_within(
        &self,
        cancel: &CancellationToken,
        limit: Duration,
    ) -> Result<api::Client, Diagnostics> {
        Ok(self.api(cancel)?.within(limit))
    }

    /// The object belongs to a resource: nobody else may take it for a lost one. `false` when one has it already.
    pub(super) fn claim(&self, id: &str) -> bool {
        let new = self
            .claimed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned());
        if new {
            self.siblings.tell(id);
        }
        new
    }

    /// A plan of this process makes something.
    pub(super) fn plans(&self) {
        if let Some(region) = self.region() {
            self.siblings.plan(region);
        }
    }

    /// Whether what is being made was planned by the same run of Terraform, as far as anybody can tell: then that plan has told what
    /// is in the state. A saved plan was made by another run, and Terraform hands over nothing of it that a provider has added.
    pub(super) fn is_planned_by_this_run(&self) -> bool {
        self.region()
            .is_some_and(|region| self.siblings.have_planned(region))
    }

    /// The ids of what was there of a kind before the first purchase of it; whoever is first finds out.
    pub(super) fn present(&self, likeness: &str) -> Present {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(present.entry(likeness.to_owned()).or_default())
    }

    /// A call that makes something of the kind is under way; `whole` is all that it asks for.
    pub(super) fn open(&self, likeness: &str, whole: String) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.entry(likeness.to_owned()).or_default().push(whole);
    }

    /// It is known what became of one of them.
    pub(super) fn close(&self, likeness: &str, whole: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = open.entry(likeness.to_owned()).or_default();
        if let Some(index) = of_kind.iter().position(|other| other == whole) {
            of_kind.swap_remove(index);
        }
    }

    /// How many are under way or not cleared up.
    pub(super) fn count_open(&self, likeness: &str) -> usize {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(likeness).map_or(0, Vec::len)
    }

    /// The same, if all of them ask for the same.
    pub(super) fn lost(&self, likeness: &str) -> Option<usize> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = open.get(likeness)?;
        let same = of_kind.windows(2).all(|two| two[0] == two[1]);
        same.then_some(of_kind.len())
    }

    /// Whether a resource of this process, or of another one of this run, has it.
    pub(super) fn is_had(&self, id: &str) -> bool {
        self.is_claimed(id) || self.siblings.have(id)
    }

    /// Whether a resource of this process has it.
    pub(super) fn is_claimed(&self, id: &str) -> bool {
        self.claimed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(id)
    }

    /// A resource that is told apart from others by a word of its own has the instance. `false` when another one has it too.
    pub(super) fn is_only_of(&self, id: &str, owner: &str) -> bool {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let of_id = owners.entry(id.to_owned()).or_default();
        of_id.insert(owner.to_owned());
        of_id.len() == 1
    }

    /// An instance in the plan serves the job: the one of that id, or one that is to be bought. `false` when the job has another
    /// already: it has one instance. Two that are both to be bought cannot be told from one that is planned twice. Asked with an
    /// instance first and a job second, the same for the one job of an instance.
    pub(super) fn serves(&self, job_id: &str, instance_id: Option<&str>) -> bool {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let servants = served.entry(job_id.to_owned()).or_default();
        servants.insert(instance_id.map(str::to_owned));
        servants.len() == 1
    }

    /// What was planned to serve the object has been made, or is no more: the next plan tells anew. A process may see several,
    /// for `terraform test` (from Terraform 1.13 on) plans, applies, plans again and destroys on one client.
    pub(super) fn serve_anew(&self, id: &str) {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        served.remove(id);
    }

    /// What is planned serves the object no more; whatever else does, still does.
    pub(super) fn serves_no_more(&self, id: &str, servant: Option<&str>) {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(servants) = served.get_mut(id) {
            servants.remove(&servant.map(str::to_owned));
        }
    }

    /// Whether that one is planned to serve the object.
    pub(super) fn is_served_by(&self, id: &str, servant: &str) -> bool {
        let served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let by = Some(servant.to_owned());
        served.get(id).is_some_and(|servants| servants.contains(&by))
    }

    /// Whether a subscription in the plan is to be suspended, by its id or that of its instance.
    pub(super) fn set_suspended(&self, id: &str, suspended: bool) {
        let mut all = self.suspended.lock().unwrap_or_else(PoisonError::into_inner);
        if suspended {
            all.insert(id.to_owned());
        } else {
            all.remove(id);
        }
    }

    /// Whether a plan of this process leaves that subscription suspended.
    pub(super) fn is_suspended(&self, id: &str) -> bool {
        let all = self.suspended.lock().unwrap_or_else(PoisonError::into_inner);
        all.contains(id)
    }

    /// No resource has the object any more.
    pub(super) fn forget(&self, id: &str) {
        self.serve_anew(id);
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.remove(id);
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.remove(id);
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        // A turn that is taken belongs to a purchase that is under way, and holds no id yet.
        turns.retain(|_, turn| {
            turn.try_lock()
                .map_or(true, |bought| bought.as_deref() != Some(id))
        });
    }

    /// An instance in the plan is for jobs of this type; or an instance or a job was listed with it.
    pub(super) fn is_for(&self, instance_id: &str, job_type: &str) {
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        types.insert(instance_id.to_owned(), job_type.to_owned());
    }

    /// For which type of job the instance was bought, where a plan of this process has told; the type of what was listed.
    pub(super) fn bought_for(&self, instance_id: &str) -> Option<String> {
        let types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        types.get(instance_id).cloned()
    }

    /// The job was reset: what belonged to it is gone, and keeps no id.
    pub(super) fn was_reset(&self, job_id: &str) {
        let mut resets = self.resets.lock().unwrap_or_else(PoisonError::into_inner);
        resets.insert(job_id.to_owned(), BTreeSet::new());
    }

    /// What belongs to the job has just been read or made.
    pub(super) fn is_there(&self, job_id: &str, id: &str) {
        let mut resets = self.resets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = resets.get_mut(job_id) {
            since.insert(id.to_owned());
        }
    }

    /// Whether it was lost with a reset of this process. Terraform plans it once more after that, in the same apply, and without
    /// reading it: nothing else tells.
    pub(super) fn is_lost(&self, job_id: &str, id: &str) -> bool {
        let resets = self.resets.lock().unwrap_or_else(PoisonError::into_inner);
        resets.get(job_id).is_some_and(|since| !since.contains(id))
    }

    /// Who buys an instance for a job takes its turn, and leaves the instance's id there: a job has one instance.
    pub(super) fn turn(&self, job_id: &str) -> Arc<tokio::sync::Mutex<Option<String>>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(job_id.to_owned()).or_default())
    }

    /// The object has just been read.
    pub(super) fn saw(&self, id: &str) {
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned());
    }

    /// Whether the object has been read since this client was made. Terraform makes a new one for the apply and plans
    /// again there, without reading: what was not to be replaced before must not be then.
    pub(super) fn has_seen(&self, id: &str) -> bool {
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(id)
    }
}

impl Provider for Dts {
    type Client = Client;

    fn name(&self) -> &'static str {
        "dts"
    }

    fn schema(&self) -> Schema {
        settings::schema()
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        settings::validate(config, &self.context, diagnostics);
    }

    fn configure(&self, config: &Object, terraform_version: &str) -> Result<Client, Diagnostics> {
        Ok(Client {
            api: settings::client(config, &self.context, terraform_version),
            default_tags: tags::defaults(config),
            purchases: RwLock::new(()),
            undecided: Undecided::default(),
            bare: Bare::default(),
            siblings: Arc::clone(&self.siblings),
            claimed: Mutex::new(BTreeSet::new()),
            owners: Mutex::new(BTreeMap::new()),
            present: Mutex::new(BTreeMap::new()),
            open: Mutex::new(BTreeMap::new()),
            read: Mutex::new(BTreeSet::new()),
            served: Mutex::new(BTreeMap::new()),
            types: Mutex::new(BTreeMap::new()),
            suspended: Mutex::new(BTreeSet::new()),
            resets: Mutex::new(BTreeMap::new()),
            turns: Mutex::new(BTreeMap::new()),
        })
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Client>>> {
        vec![
            Box::new(instance::Instance),
            Box::new(job::Job),
            Box::new(monitor_rule::MonitorRule),
            Box::new(subscription::Subscription),
            Box::new(consumer_group::ConsumerGroup),
        ]
    }

    fn data_sources(&self) -> Vec<Box<dyn DataSource<Client>>> {
        vec![
            Box::new(consumer_group::ConsumerGroups),
            Box::new(subscription::SubscriptionMeta),
            Box::new(data::ConnectionStatus),
            Box::new(data::DedicatedClusters),
            Box::new(data::Instances),
            Box::new(data::IpRanges),
            Box::new(data::Job),
            Box::new(data::JobLog),
            Box::new(data::Jobs),
            Box::new(precheck::Precheck),
        ]
    }

    fn actions(&self) -> Vec<Box<dyn Action<Client>>> {
        vec![
            Box::new(actions::StartJob),
            Box::new(actions::SuspendJob),
            Box::new(actions::StopJob),
            Box::new(actions::ResetJob),
            Box::new(actions::RunPrecheck),
            Box::new(actions::SkipPrecheck),
        ]
    }

    fn lists(&self) -> Vec<Box<dyn ListResource<Client>>> {
        vec![Box::new(lists::instance()), Box::new(lists::job())]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(functions::DbList), Box::new(functions::ParseDbList)]
    }

    fn end(&self) {
        self.context.run.summarize();
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::api::testing::{FakeClock, FakeEnv, FakeTransport};

    /// A client in a process that is alone; nobody answers its calls.
    pub(in crate::dts) fn client() -> Client {
        let context = api::Context::new(
            Arc::new(FakeClock::new()),
            Arc::new(FakeEnv::default()),
            FakeTransport::new([]),
        );
        let block = Object::new()
            .with("region", "cn-hangzhou")
            .with("access_key", "key")
            .with("secret_key", "secret");
        Dts::new(context).configure(&block, "1.0.0").unwrap()
    }
}
