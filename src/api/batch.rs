//! Reading jobs together. Terraform reads objects one by one, some at a time; DTS lists many jobs in one call.
//!
//! Reads of one kind that arrive together wait for each other for a moment, and share one `DescribeDtsJobs`. Who is alone
//! asks for the whole job (`DescribeDtsJobDetail`), and so does whoever the list leaves without an answer: nothing is
//! called gone because a list lacks it. A batch is sent after all its reads were asked, so its answer is as fresh as that
//! of a call of one's own. Refreshes may also be answered by [`super::pages`], which are fetched ahead.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::client::{Client, Safety};
use super::error::{Error, Kind};
use super::job::JobRef;
use super::job_detail::JobDetail;
use super::pages::{PAGE_SIZE, Pages};
use super::params::Params;

/// How long a read waits for others. Terraform asks for ten objects within a few milliseconds.
const LINGER: Duration = Duration::from_millis(10);

/// What a read needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The whole configuration, for a refresh: may come from a page fetched a few seconds ago, but never from before a
    /// change that this process made.
    Refresh,
    /// What is paid for, its status and its tags, which only lists tell, likewise.
    RefreshStatus,
    /// The status as it is now.
    Poll,
    /// As [`Purpose::Poll`], with how far each phase is, which only lists tell.
    Progress,
}

impl Purpose {
    fn may_be_old(self) -> bool {
        matches!(self, Purpose::Refresh | Purpose::RefreshStatus)
    }

    /// Whether a list's entry says all that there is to know. Long object lists may be left out of it.
    fn is_served_by(self, job: &JobDetail) -> bool {
        let unconfigured = job
            .status
            .as_deref()
            .is_some_and(|status| status.eq_ignore_ascii_case("NotConfigured"));
        match self {
            Purpose::Refresh => {
                job.status.is_some() && (unconfigured || job.db_object.is_some() && job.reserved.is_some())
            }
            Purpose::RefreshStatus | Purpose::Poll | Purpose::Progress => job.status.is_some(),
        }
    }
}

/// By which id jobs are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum By {
    Job,
    Instance,
}

/// Reads that can share a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Group {
    job_type: String,
    by: By,
    with_objects: bool,
}

/// What a batch came to for one read.
enum Share {
    /// Nobody else came: ask by yourself.
    Alone,
    /// The list has it.
    Found(Arc<JobDetail>),
    /// The list does not have it.
    Absent,
    Failed(Error),
}

/// A read that waits.
struct Asked {
    id: String,
    purpose: Purpose,
    /// Until when its operation has time.
    deadline: Instant,
    answer: oneshot::Sender<Share>,
}

type Waiting = Vec<Asked>;

/// The reads of a client that wait for a call, and the pages fetched ahead.
#[derive(Default)]
pub(super) struct Batches {
    gathering: Mutex<HashMap<Group, Waiting>>,
    pub(super) pages: Pages,
    /// The user may not call the list: everybody asks alone from then on.
    refused: AtomicBool,
}

impl Batches {
    fn gathering(&self) -> MutexGuard<'_, HashMap<Group, Waiting>> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is about to be changed, or was: what is known is old.
    pub(super) fn changed(&self) {
        self.pages.forget();
    }
}

impl Client {
    /// One job, together with others that are read at the same time. `job_type` is `MIGRATION`, `SYNC` or `SUBSCRIBE`; a
    /// list needs it, so without it the job is asked for by itself, as it is with a direction or two ids.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Error::is_not_found`] when there is no such job.
    pub async fn read_job(
        &self,
        job: &JobRef,
        job_type: Option<&str>,
        purpose: Purpose,
    ) -> Result<JobDetail, Error> {
        self.hasty(purpose.may_be_old())
            .read_one(job, job_type, purpose)
            .await
    }

    async fn read_one(
        &self,
        job: &JobRef,
        job_type: Option<&str>,
        purpose: Purpose,
    ) -> Result<JobDetail, Error> {
        self.counts().reads.add(1);
        let by_list = (job_type, &job.job_id, &job.instance_id, &job.direction);
        let (job_type, by, id) = match by_list {
            (Some(job_type), Some(id), None, None) => (job_type, By::Job, id),
            (Some(job_type), None, Some(id), None) => (job_type, By::Instance, id),
            _ => return self.describe_dts_job_detail(job).await,
        };
        let batches = self.batches();
        if batches.refused.load(Ordering::Relaxed) {
            return self.describe_dts_job_detail(job).await;
        }
        let group = Group {
            job_type: job_type.to_ascii_uppercase(),
            by,
            with_objects: purpose == Purpose::Refresh,
        };
        if purpose.may_be_old() {
            match self.fetched_ahead(&group.job_type, by, id).await? {
                Some(found) if purpose.is_served_by(&found) => {
                    self.counts().fetched_ahead.add(1);
                    return Ok(JobDetail::clone(&found));
                }
                None if !batches
                    .pages
                    .are_complete(&group.job_type, self.clock().instant()) => {}
                _ => return self.describe_dts_job_detail(job).await,
            }
        }
        match self.share(&group, id, purpose).await? {
            Share::Found(found) if purpose.is_served_by(&found) => {
                self.counts().shared_reads.add(1);
                Ok(JobDetail::clone(&found))
            }
            Share::Failed(error) if !is_worth_asking_alone(&error) => Err(error),
            // The list had all its attempts: another one for each of its reads would be hammering.
            Share::Failed(error) if error.kind() == Kind::Unavailable => {
                self.hasty(true).describe_dts_job_detail(job).await
            }
            Share::Alone | Share::Absent | Share::Found(_) | Share::Failed(_) => {
                self.describe_dts_job_detail(job).await
            }
        }
    }

    /// Joins the reads of `group` that wait, or is the first of them.
    async fn share(&self, group: &Group, id: &str, purpose: Purpose) -> Result<Share, Error> {
        let (answer, share) = oneshot::channel();
        let asked = Asked {
            id: id.to_owned(),
            purpose,
            deadline: self.deadline_from(self.clock().instant()),
            answer,
        };
        let full = {
            let mut gathering = self.batches().gathering();
            let waiting = gathering.entry(group.clone()).or_default();
            waiting.push(asked);
            let first = waiting.len() == 1;
            let full = (waiting.len() >= PAGE_SIZE).then(|| mem::take(waiting));
            if first {
                let (client, group) = (self.clone(), group.clone());
                tokio::spawn(async move {
                    let mut gatherer = Gatherer {
                        client: &client,
                        group: &group,
                        done: false,
                    };
                    client.clock().sleep(LINGER).await;
                    let waiting = gatherer.take();
                    client.send_batch(&group, waiting).await;
                });
            }
            full
        };
        if let Some(waiting) = full {
            let (client, group) = (self.clone(), group.clone());
            tokio::spawn(async move { client.send_batch(&group, waiting).await });
        }
        tokio::select! {
            biased;
            () = self.cancelled() => Err(Error::new(Kind::Cancelled, "DescribeDtsJobs", "cancelled while it waited for its answer")),
            // The task that owed the answer is gone: nothing stops anybody from asking alone.
            share = share => Ok(share.unwrap_or(Share::Alone)),
        }
    }

    /// Answers a batch: by pages if that is cheaper by now, else by one call for all.
    async fn send_batch(&self, group: &Group, mut waiting: Waiting) {
        let Some(deadline) = earliest(&waiting) else {
            return;
        };
        if waiting.iter().any(|asked| asked.purpose.may_be_old()) {
            let Group { job_type, by, .. } = group;
            self.until(deadline).fetch_ahead(job_type, waiting.len()).await;
            let mut left = Waiting::new();
            for asked in waiting {
                let pages = &self.batches().pages;
                match pages.find(job_type, *by, &asked.id, self.clock().instant()) {
                    Some(found) if asked.purpose.may_be_old() => asked.answer_with(Share::Found(found)),
                    _ => left.push(asked),
                }
            }
            waiting = left;
        }
        let lists = waiting
            .iter()
            .any(|asked| matches!(asked.purpose, Purpose::Progress | Purpose::RefreshStatus));
        if waiting.len() < 2 && !lists {
            self.batches().pages.spent(&group.job_type, waiting.len());
            for asked in waiting {
                asked.answer_with(Share::Alone);
            }
            return;
        }
        // Who has least time ends it for nobody else.
        while let Some(deadline) = earliest(&waiting) {
            self.batches().pages.spent(&group.job_type, 1);
            let hasty = waiting.iter().all(|asked| asked.purpose.may_be_old());
            let client = self.until(deadline).hasty(hasty);
            let result = client.list_batch(group, &waiting).await;
            if result.as_ref().is_err_and(Error::is_denied) {
                self.batches().refused.store(true, Ordering::Relaxed);
            }
            let is_throttled = result.as_ref().is_err_and(Error::is_throttled);
            let (answered, left): (Waiting, Waiting) = waiting
                .into_iter()
                .partition(|asked| !is_throttled || asked.deadline <= deadline);
            waiting = left;
            for asked in answered {
                let share = match &result {
                    Ok(found) => found
                        .get(&asked.id)
                        .map_or(Share::Absent, |job| Share::Found(Arc::clone(job))),
                    Err(error) => Share::Failed(error.clone()),
                };
                asked.answer_with(share);
            }
        }
    }

    async fn list_batch(
        &self,
        group: &Group,
        waiting: &Waiting,
    ) -> Result<HashMap<String, Arc<JobDetail>>, Error> {
        let mut ids: Vec<&str> = waiting.iter().map(|asked| asked.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let parameter = match group.by {
            By::Job => "DtsJobId",
            By::Instance => "DtsInstanceId",
        };
        let params = Params::new()
            .set("Region", self.region())
            .set("JobType", &group.job_type)
            .set(parameter, ids.join(","))
            .set_opt("WithoutDbList", (!group.with_objects).then_some(true))
            .set("PageNumber", 1)
            .set("PageSize", ids.len().max(10));
        let reply = self
            .call_for("DescribeDtsJobs", params, Safety::Read, ids.len())
            .await?;
        let jobs = reply.object().list("DtsJobList").map(JobDetail::of_list);
        Ok(jobs
            .filter_map(|job| {
                let id = match group.by {
                    By::Job => job.dts_job_id.clone(),
                    By::Instance => job.dts_instance_id.clone(),
                };
                Some((id?, Arc::new(job)))
            })
            .collect())
    }
}

/// Whoever gathers a batch. If it ends before its time (a panic), those who wait ask alone instead of waiting for ever.
struct Gatherer<'a> {
    client: &'a Client,
    group: &'a Group,
    done: bool,
}

impl Gatherer<'_> {
    fn take(&mut self) -> Waiting {
        self.done = true;
        let mut gathering = self.client.batches().gathering();
        gathering.remove(self.group).unwrap_or_default()
    }
}

impl Drop for Gatherer<'_> {
    fn drop(&mut self) {
        if !self.done {
            drop(self.take());
        }
    }
}

impl Asked {
    fn answer_with(self, share: Share) {
        // Who asked has stopped waiting.
        let _ = self.answer.send(share);
    }
}

/// When the first of them has no time left.
fn earliest(waiting: &Waiting) -> Option<Instant> {
    waiting.iter().map(|asked| asked.deadline).min()
}

/// Whether the failure of a list says nothing about a call of one's own.
fn is_worth_asking_alone(error: &Error) -> bool {
    // Cancelled, but not by the read that is asked here: that one was told above. Unavailable: too large an answer is
    // one of the reasons. Not where it was refused for the rate: that lasted for all the time there was.
    matches!(error.kind(), Kind::Api | Kind::Cancelled | Kind::Unavailable)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::api::Context;
    use crate::api::context::{HttpRequest, HttpResponse, Transport, TransportError};
    use crate::api::testing::{FakeClock, FakeEnv, config, decode};

    /// An account with jobs, each of which has an instance.
    #[derive(Debug)]
    struct Account {
        latency: Duration,
        /// No page has more jobs.
        largest_page: usize,
        /// By what code lists are refused, and until when.
        refused: Mutex<Option<(&'static str, Instant)>>,
        /// Lists say how many jobs there are, and show none.
        shows_none: bool,
        /// Which actions get no answer, until when.
        down: Mutex<Option<(&'static str, Instant)>>,
        jobs: Mutex<BTreeMap<String, &'static str>>,
        calls: Mutex<Vec<(String, BTreeMap<String, String>)>>,
    }

    impl Account {
        fn new(jobs: usize) -> Account {
            Account {
                latency: Duration::from_millis(50),
                largest_page: 1000,
                refused: Mutex::default(),
                shows_none: false,
                down: Mutex::default(),
                jobs: Mutex::new((0..jobs).map(|n| (id(n), "Migrating")).collect()),
                calls: Mutex::default(),
            }
        }

        fn count(&self, action: &str) -> usize {
            let calls = self.calls.lock().unwrap();
            calls.iter().filter(|(called, _)| called == action).count()
        }

        fn refuses(&self) -> Option<&'static str> {
            let refused = self.refused.lock().unwrap();
            refused.and_then(|(code, until)| (Instant::now() < until).then_some(code))
        }

        fn answer(&self, form: &BTreeMap<String, String>) -> (u16, Value) {
            let get = |name: &str| form.get(name).map(String::as_str);
            let mut jobs = self.jobs.lock().unwrap();
            let shown = |id: &str, status: &str| {
                json!({"Success": true, "DtsJobId": id, "DtsInstanceID": format!("dts{id}"), "Status": status,
                    "DbObject": "{}", "Reserved": "{}", "JobType": "online"})
            };
            let refusal = |code: &str| (403, json!({"RequestId": "1", "Code": code, "Message": "no"}));
            let down = *self.down.lock().unwrap();
            if down.is_some_and(|(action, until)| {
                Instant::now() < until && ["*", get("Action").unwrap()].contains(&action)
            }) {
                return (503, refusal("ServiceUnavailable").1);
            }
            match get("Action").unwrap() {
                "DescribeDtsJobs" if self.refuses().is_some() => refusal(self.refuses().unwrap()),
                "DescribeDtsJobs" => {
                    let within = |list: Option<&str>, id: &str| {
                        list.is_none_or(|list| list.split(',').any(|one| one == id))
                    };
                    let found: Vec<Value> = jobs
                        .iter()
                        .filter(|(id, _)| get("JobType") == Some("MIGRATION") && within(get("DtsJobId"), id))
                        .filter(|(id, _)| within(get("DtsInstanceId"), &format!("dts{id}")))
                        .map(|(id, status)| shown(id, status))
                        .collect();
                    let number = |name| get(name).unwrap().parse::<usize>().unwrap();
                    let size = number("PageSize").min(self.largest_page);
                    let page: Vec<&Value> = found
                        .iter()
                        .skip((number("PageNumber") - 1) * size)
                        .take(size)
                        .collect();
                    let total = found.len();
                    let page = if self.shows_none { Vec::new() } else { page };
                    (
                        200,
                        json!({"Success": true, "DtsJobList": page, "TotalRecordCount": total}),
                    )
                }
                "DescribeDtsJobDetail" => {
                    let id = get("DtsJobId").or(get("DtsInstanceID")).unwrap();
                    let id = id.strip_prefix("dts").unwrap_or(id);
                    match jobs.get(id) {
                        Some(status) => (200, shown(id, status)),
                        None => refusal("InvalidJobId"),
                    }
                }
                _ => {
                    jobs.insert(get("DtsJobId").unwrap().to_owned(), "Suspending");
                    (200, json!({"Success": true}))
                }
            }
        }
    }

    #[async_trait]
    impl Transport for Account {
        async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
            let form = decode(&request.body);
            self.calls
                .lock()
                .unwrap()
                .push((form["Action"].clone(), form.clone()));
            // Half of the way there, half of it back.
            tokio::time::sleep(self.latency / 2).await;
            let (status, body) = self.answer(&form);
            tokio::time::sleep(self.latency / 2).await;
            Ok(HttpResponse {
                status,
                body: body.to_string().into_bytes(),
                ..HttpResponse::default()
            })
        }
    }

    fn id(number: usize) -> String {
        format!("j{number:05}")
    }

    fn client_of(account: Account) -> (Client, Arc<Account>) {
        let account = Arc::new(account);
        let transport: Arc<dyn Transport> = Arc::<Account>::clone(&account);
        let context = Context::new(
            Arc::new(FakeClock::new()),
            Arc::new(FakeEnv::default()),
            transport,
        );
        (Client::new(config(), context).unwrap(), account)
    }

    /// Reads these jobs as Terraform does: ten at a time, each taking it two milliseconds of its own. How long it took.
    async fn read_all(client: &Client, numbers: Vec<usize>, purpose: Purpose) -> Duration {
        let begin = Instant::now();
        let left = Arc::new(Mutex::new(numbers));
        let readers: Vec<_> = (0..10)
            .map(|_| {
                let (client, left) = (client.clone(), Arc::clone(&left));
                tokio::spawn(async move {
                    loop {
                        let Some(number) = left.lock().unwrap().pop() else {
                            return;
                        };
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        let id = id(number);
                        let by = if number % 2 == 0 {
                            JobRef::job(&id)
                        } else {
                            JobRef::instance(format!("dts{id}"))
                        };
                        let detail = client.read_job(&by, Some("MIGRATION"), purpose).await.unwrap();
                        assert_eq!(detail.dts_job_id.as_deref(), Some(id.as_str()));
                    }
                })
            })
            .collect();
        for reader in readers {
            reader.await.unwrap();
        }
        begin.elapsed()
    }

    /// In no order that pages have.
    fn shuffled(count: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..count).collect();
        fastrand::Rng::with_seed(7).shuffle(&mut numbers);
        numbers
    }

    /// How many calls it takes to read so many jobs of an account that has so many.
    async fn calls(jobs: usize, read: usize, largest_page: usize) -> usize {
        let (client, account) = client_of(Account {
            largest_page,
            ..Account::new(jobs)
        });
        let mut numbers = shuffled(jobs);
        numbers.truncate(read);
        read_all(&client, numbers, Purpose::Refresh).await;
        account.calls.lock().unwrap().len()
    }

    #[tokio::test(start_paused = true)]
    async fn reads_cost_few_calls_and_few_reads_no_more_than_one_each() {
        for (jobs, read, largest_page, most) in [
            (1, 1, 100, 1),
            (3, 3, 100, 3),
            (5000, 3, 100, 3),
            (5000, 20, 100, 8),
            // Savings spent on pages: not more than three for each call before.
            (5000, 200, 100, 75),
            (1000, 1000, 100, 25),
            (1000, 1000, 50, 40),
            // What is documented of the size of a page.
            (1000, 1000, 30, 70),
            (5000, 5000, 100, 120),
        ] {
            let calls = calls(jobs, read, largest_page).await;
            assert!(
                calls <= most,
                "{read} of {jobs} jobs in pages of {largest_page}: {calls} calls"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn latency_costs_little() {
        let mut times = Vec::new();
        for latency in [0, 50] {
            let (client, _) = client_of(Account {
                latency: Duration::from_millis(latency),
                ..Account::new(1000)
            });
            times.push(read_all(&client, shuffled(1000), Purpose::Refresh).await);
        }
        // Reading alone takes 200 ms of Terraform's time here; the real one takes far more.
        assert!(times[1] < times[0] + Duration::from_millis(450), "{times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn polls_share_calls_and_are_never_older_than_the_question() {
        let (client, account) = client_of(Account::new(100));
        // Pages are there, and must not be taken.
        read_all(&client, shuffled(100), Purpose::Refresh).await;
        let before = account.calls.lock().unwrap().len();
        account.jobs.lock().unwrap().insert(id(4), "Finished");
        let polls = (0..10).map(|number| {
            let client = client.clone();
            tokio::spawn(async move {
                client
                    .read_job(&JobRef::job(id(number)), Some("MIGRATION"), Purpose::Poll)
                    .await
                    .unwrap()
            })
        });
        let mut statuses = Vec::new();
        for poll in polls.collect::<Vec<_>>() {
            statuses.push(poll.await.unwrap().status.unwrap());
        }
        assert_eq!(statuses[4], "Finished");
        let calls = account.calls.lock().unwrap();
        assert_eq!(calls.len() - before, 1, "{:?}", &calls[before..]);
        assert_eq!(calls[before].1["WithoutDbList"], "true");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_served_from_before_a_change_of_this_process() {
        let (client, account) = client_of(Account::new(100));
        read_all(&client, shuffled(100), Purpose::Refresh).await;
        let job = JobRef::job(id(4));
        let status = async || {
            let read = client.read_job(&job, Some("MIGRATION"), Purpose::Refresh);
            read.await.unwrap().status.unwrap()
        };
        let before = account.calls.lock().unwrap().len();
        assert_eq!(status().await, "Migrating");
        assert_eq!(account.calls.lock().unwrap().len(), before, "fetched ahead");
        client.suspend_dts_job(&job).await.unwrap();
        assert_eq!(status().await, "Suspending");
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_was_under_way_during_a_change_is_not_taken() {
        let (client, _) = client_of(Account::new(100));
        let reading = {
            let client = client.clone();
            tokio::spawn(async move { read_all(&client, shuffled(100), Purpose::Refresh).await })
        };
        let job = JobRef::job(id(4));
        for _ in 0..30 {
            tokio::time::sleep(Duration::from_millis(7)).await;
            client.suspend_dts_job(&job).await.unwrap();
            let read = client.read_job(&job, Some("MIGRATION"), Purpose::Refresh).await;
            assert_eq!(read.unwrap().status.as_deref(), Some("Suspending"));
            client.batches().changed();
        }
        reading.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_older_than_a_few_seconds() {
        let (client, account) = client_of(Account::new(100));
        read_all(&client, shuffled(100), Purpose::Refresh).await;
        account.jobs.lock().unwrap().insert(id(4), "Finished");
        tokio::time::sleep(FRESH_FOR).await;
        let job = JobRef::job(id(4));
        let read = client.read_job(&job, Some("MIGRATION"), Purpose::Refresh);
        assert_eq!(read.await.unwrap().status.as_deref(), Some("Finished"));
    }

    /// Longer than pages are kept.
    const FRESH_FOR: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn what_a_list_lacks_is_asked_for_by_itself() {
        let (client, account) = client_of(Account::new(40));
        account.jobs.lock().unwrap().remove(&id(1));
        let read = async |number| {
            client
                .read_job(&JobRef::job(id(number)), Some("MIGRATION"), Purpose::Refresh)
                .await
        };
        let (there, gone, other) = tokio::join!(read(0), read(1), read(2));
        assert!(there.is_ok() && other.is_ok());
        assert!(gone.unwrap_err().is_not_found());
        let of = |action: &str| account.count(action);
        assert_eq!((of("DescribeDtsJobs"), of("DescribeDtsJobDetail")), (1, 1));
        // A job of another type is not in the list of this one.
        let sync = async |number| {
            client
                .read_job(&JobRef::job(id(number)), Some("SYNC"), Purpose::Refresh)
                .await
        };
        let (one, two) = tokio::join!(sync(3), sync(4));
        assert!(one.is_ok() && two.is_ok());
        assert_eq!((of("DescribeDtsJobs"), of("DescribeDtsJobDetail")), (2, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_not_list_reads_one_by_one() {
        let (client, account) = client_of(Account::new(60));
        *account.refused.lock().unwrap() = Some(("Forbidden.RAM", Instant::now() + HOUR));
        read_all(&client, shuffled(60), Purpose::Refresh).await;
        assert_eq!(account.count("DescribeDtsJobDetail"), 60);
        // By job and by instance, before the first answer came.
        assert!(account.count("DescribeDtsJobs") <= 2);
    }

    const HOUR: Duration = Duration::from_secs(60 * 60);

    #[tokio::test(start_paused = true)]
    async fn another_refusal_of_a_list_is_for_once() {
        let (client, account) = client_of(Account::new(4));
        let both = async |one, other| {
            let read = async |number| {
                let job = JobRef::job(id(number));
                client
                    .read_job(&job, Some("MIGRATION"), Purpose::Poll)
                    .await
                    .unwrap();
            };
            tokio::join!(read(one), read(other));
        };
        *account.refused.lock().unwrap() = Some(("DTS.Msg.Odd", Instant::now() + HOUR));
        both(0, 1).await;
        let of = |action: &str| account.count(action);
        assert_eq!((of("DescribeDtsJobs"), of("DescribeDtsJobDetail")), (1, 2));
        *account.refused.lock().unwrap() = None;
        both(2, 3).await;
        assert_eq!((of("DescribeDtsJobs"), of("DescribeDtsJobDetail")), (2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_little_time_does_not_end_the_reads_of_others() {
        let (client, account) = client_of(Account::new(3));
        let begin = Instant::now();
        *account.refused.lock().unwrap() = Some(("Throttling.User", begin + Duration::from_secs(100)));
        let read = async |number, seconds| {
            let client = client.clone().within(Duration::from_secs(seconds));
            let job = JobRef::job(id(number));
            let read = client.read_job(&job, Some("MIGRATION"), Purpose::Poll).await;
            (read, begin.elapsed().as_secs())
        };
        let ((hasty, at), (patient, then), (other, _)) =
            tokio::join!(read(0, 40), read(1, 300), read(2, 200));
        assert!(hasty.unwrap_err().is_throttled() && at <= 41, "{at}");
        assert!(
            patient.is_ok() && other.is_ok() && (100..125).contains(&then),
            "{patient:?} {then}"
        );
        assert_eq!(account.count("DescribeDtsJobDetail"), 0);
    }

    /// Reads these jobs as [`read_all`], as far as they can be read; how many could.
    async fn try_all(client: &Client, count: usize, purpose: Purpose) -> usize {
        let left = Arc::new(Mutex::new(shuffled(count)));
        let readers = (0..10).map(|_| {
            let (client, left) = (client.clone(), Arc::clone(&left));
            tokio::spawn(async move {
                let mut read = 0;
                while let Some(number) = { left.lock().unwrap().pop() } {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    let job = JobRef::job(id(number));
                    match client.read_job(&job, Some("MIGRATION"), purpose).await {
                        Ok(_) => read += 1,
                        Err(error) => assert_eq!(error.kind(), Kind::Unavailable),
                    }
                }
                read
            })
        });
        let mut read = 0;
        for reader in readers.collect::<Vec<_>>() {
            read += reader.await.unwrap();
        }
        read
    }

    /// Once it is known that DTS is down, nobody else finds it out with five attempts.
    #[tokio::test(start_paused = true)]
    async fn an_outage_costs_few_calls_however_many_are_read() {
        for (purpose, jobs) in [
            (Purpose::Refresh, 60),
            (Purpose::Refresh, 1000),
            (Purpose::RefreshStatus, 60),
            (Purpose::RefreshStatus, 1000),
        ] {
            let (client, account) = client_of(Account::new(jobs));
            *account.down.lock().unwrap() = Some(("*", Instant::now() + HOUR));
            let begin = Instant::now();
            assert_eq!(try_all(&client, jobs, purpose).await, 0);
            let calls = account.calls.lock().unwrap().len();
            assert!(calls <= 12, "{purpose:?} of {jobs} jobs: {calls} calls");
            assert!(begin.elapsed() < Duration::from_secs(25), "{:?}", begin.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_an_outage_reads_go_on_as_ever() {
        let (client, account) = client_of(Account::new(100));
        *account.down.lock().unwrap() = Some(("*", Instant::now() + Duration::from_secs(30)));
        assert!(try_all(&client, 100, Purpose::Refresh).await < 100);
        tokio::time::sleep_until(Instant::now() + Duration::from_secs(30)).await;
        let before = account.calls.lock().unwrap().len();
        assert_eq!(try_all(&client, 100, Purpose::Refresh).await, 100);
        assert!(account.calls.lock().unwrap().len() - before <= 25);
    }

    /// A list that fails for its size is no outage.
    #[tokio::test(start_paused = true)]
    async fn where_only_lists_fail_everybody_asks_alone() {
        for purpose in [
            Purpose::Refresh,
            Purpose::RefreshStatus,
            Purpose::Poll,
            Purpose::Progress,
        ] {
            let (client, account) = client_of(Account::new(40));
            *account.down.lock().unwrap() = Some(("DescribeDtsJobs", Instant::now() + HOUR));
            assert_eq!(try_all(&client, 40, purpose).await, 40, "{purpose:?}");
            assert_eq!(account.count("DescribeDtsJobDetail"), 40, "{purpose:?}");
        }
    }

    /// A wait is not to end early: its polls share all the attempts of a list, and one of a job's own.
    #[tokio::test(start_paused = true)]
    async fn polls_share_the_attempts_of_an_outage() {
        let (client, account) = client_of(Account::new(10));
        *account.down.lock().unwrap() = Some(("*", Instant::now() + HOUR));
        for round in 1..3 {
            assert_eq!(try_all(&client, 10, Purpose::Poll).await, 0);
            let calls = account.calls.lock().unwrap().len();
            assert_eq!(calls, (5 + 1) * round);
        }
    }

    /// A page that is empty where jobs are counted leads nowhere: nothing is asked for in pages of none.
    #[tokio::test(start_paused = true)]
    async fn a_list_that_counts_jobs_and_shows_none_is_left_alone() {
        let (client, account) = client_of(Account {
            shows_none: true,
            ..Account::new(60)
        });
        read_all(&client, shuffled(60), Purpose::Refresh).await;
        assert_eq!(account.count("DescribeDtsJobDetail"), 60);
        let calls = account.calls.lock().unwrap();
        let mut lists = calls.iter().filter(|(action, _)| action == "DescribeDtsJobs");
        assert!(lists.all(|(_, form)| form["PageSize"] != "0"));
        let pages = calls.iter().filter(|(_, form)| form.contains_key("OrderColumn"));
        assert_eq!(pages.count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn progress_comes_from_a_list_and_stop_ends_one_read_only() {
        let (client, account) = client_of(Account::new(3));
        let job = JobRef::job(id(0));
        client
            .read_job(&job, Some("MIGRATION"), Purpose::Progress)
            .await
            .unwrap();
        assert_eq!(account.count("DescribeDtsJobs"), 1);

        let token = CancellationToken::new();
        let stopped = client.scoped(token.clone());
        let (first, second) = (JobRef::job(id(1)), JobRef::job(id(2)));
        let (stopped, other, ()) = tokio::join!(
            stopped.read_job(&first, Some("MIGRATION"), Purpose::Poll),
            client.read_job(&second, Some("MIGRATION"), Purpose::Poll),
            async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                token.cancel();
            }
        );
        assert!(stopped.unwrap_err().is_cancelled());
        assert!(other.is_ok(), "{other:?}");
    }

    /// A clock that panics when it is asked to wait for a moment.
    #[derive(Debug)]
    struct Impatient;

    #[async_trait]
    impl crate::api::Clock for Impatient {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }

        async fn sleep(&self, _: Duration) {
            panic!("out of patience");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_while_others_wait_leaves_nobody_waiting() {
        let account = Arc::new(Account::new(3));
        let transport: Arc<dyn Transport> = Arc::<Account>::clone(&account);
        let context = Context::new(Arc::new(Impatient), Arc::new(FakeEnv::default()), transport);
        let client = Client::new(config(), context).unwrap();
        for _ in 0..2 {
            let read = |number| {
                let (client, job) = (client.clone(), JobRef::job(id(number)));
                async move { client.read_job(&job, Some("MIGRATION"), Purpose::Poll).await }
            };
            let (one, other) = tokio::join!(read(0), read(1));
            assert!(one.is_ok() && other.is_ok());
        }
        assert_eq!(account.count("DescribeDtsJobDetail"), 4);
    }
}
