//! Pages of jobs that are fetched ahead. Terraform asks for ten objects at a time and never says how many will come: once
//! many have come, it is cheaper to fetch all jobs of the account, page by page, and to answer what comes next from there.
//!
//! What is cheaper is not known in advance, so pages are only bought with savings: at most [`PAGES_PER_CALL`] pages for
//! each call that the reads have cost so far. A few reads in an account of thousands of jobs never cause a page.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::batch::By;
use super::client::{Client, Safety};
use super::error::{Error, Kind};
use super::job_detail::JobDetail;
use super::params::Params;

/// Jobs asked for at once. 30 are documented, 50 and 200 are sent by other clients (dts-api.md 2.8); whatever the first
/// page has is the size of the others.
pub(super) const PAGE_SIZE: usize = 100;

/// No answer is older.
const FRESH: Duration = Duration::from_secs(5);

/// Reads without which nobody asks how many jobs there are.
const MANY: usize = 25;

/// Pages that may be fetched for each call that was made for single reads.
const PAGES_PER_CALL: usize = 3;

/// Pages that saved so many reads each are fetched again at once when they are old.
const WORTH: usize = 15;

/// More pages than are ever worth it.
const TOO_MANY: usize = usize::MAX / WORTH;

/// Pages under way at the same time.
const AT_ONCE: usize = 8;

/// The pages of a client, by the type of the jobs.
#[derive(Default)]
pub(super) struct Pages(Mutex<HashMap<String, OfType>>);

/// The jobs of one type.
#[derive(Default)]
struct OfType {
    by_job: HashMap<String, Arc<JobDetail>>,
    by_instance: HashMap<String, Arc<JobDetail>>,
    /// When the oldest of them was asked for.
    asked: Option<Instant>,
    /// Whether all pages are there.
    complete: bool,
    /// Counts changes; a page from before one is not taken.
    changes: u64,
    /// While pages are under way: a message for each that has come, closed at the end.
    coming: Option<watch::Receiver<()>>,
    /// How many pages there are, once the first was seen.
    total: Option<usize>,
    /// Reads of this streak, and when the last came.
    reads: usize,
    last_read: Option<Instant>,
    /// Calls for single reads or batches since pages were fetched.
    spent: usize,
    /// Reads answered since then.
    hits: usize,
}

/// What to fetch.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    Nothing,
    /// The first page, to see how many there are.
    First,
    /// All pages.
    All,
}

impl OfType {
    fn is_fresh(&self, now: Instant) -> bool {
        self.asked
            .is_some_and(|asked| now.saturating_duration_since(asked) < FRESH)
    }

    fn drop_jobs(&mut self) {
        self.by_job.clear();
        self.by_instance.clear();
        self.asked = None;
        self.complete = false;
    }

    /// Decides with `more` reads that have come.
    fn plan(&mut self, more: usize, now: Instant) -> Plan {
        if self
            .last_read
            .is_some_and(|last| now.saturating_duration_since(last) >= FRESH)
        {
            // Another streak, of which nothing is known.
            (self.reads, self.spent, self.hits) = (0, 0, 0);
        }
        self.last_read = Some(now);
        self.reads += more;
        // Closed, and not taken away: whoever fetched has panicked.
        let is_coming = self
            .coming
            .as_ref()
            .is_some_and(|coming| coming.has_changed().is_ok());
        if is_coming || (self.complete && self.is_fresh(now)) {
            return Plan::Nothing;
        }
        match self.total {
            Some(total) if self.hits >= WORTH * total || total <= PAGES_PER_CALL * self.spent => Plan::All,
            None if self.reads >= MANY => Plan::First,
            _ => Plan::Nothing,
        }
    }

    fn add(&mut self, jobs: Vec<JobDetail>) {
        for job in jobs {
            let job = Arc::new(job);
            if let Some(id) = &job.dts_job_id {
                self.by_job.insert(id.clone(), Arc::clone(&job));
            }
            if let Some(id) = &job.dts_instance_id {
                self.by_instance.insert(id.clone(), Arc::clone(&job));
            }
        }
    }
}

impl Pages {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, OfType>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, job_type: &str, then: impl FnOnce(&mut OfType) -> T) -> T {
        then(self.lock().entry(job_type.to_owned()).or_default())
    }

    /// Nothing that was asked for before now is an answer any more.
    pub(super) fn forget(&self) {
        for of_type in self.lock().values_mut() {
            of_type.changes += 1;
            of_type.drop_jobs();
        }
    }

    /// A job that was fetched ahead, if it is still fresh.
    pub(super) fn find(&self, job_type: &str, by: By, id: &str, now: Instant) -> Option<Arc<JobDetail>> {
        let mut all = self.lock();
        let of_type = all.get_mut(job_type)?;
        if !of_type.is_fresh(now) {
            return None;
        }
        let found = match by {
            By::Job => of_type.by_job.get(id),
            By::Instance => of_type.by_instance.get(id),
        };
        let found = Arc::clone(found?);
        of_type.hits += 1;
        of_type.reads += 1;
        of_type.last_read = Some(now);
        Some(found)
    }

    /// Whether all jobs of the type were fetched ahead, so that a further list would not have one that is missing.
    pub(super) fn are_complete(&self, job_type: &str, now: Instant) -> bool {
        let all = self.lock();
        all.get(job_type)
            .is_some_and(|of_type| of_type.complete && of_type.is_fresh(now))
    }

    /// Calls that were made for reads which no page answered.
    pub(super) fn spent(&self, job_type: &str, calls: usize) {
        self.with(job_type, |of_type| of_type.spent += calls);
    }
}

/// One page as it came.
struct Page {
    jobs: Vec<JobDetail>,
    total: usize,
}

impl Client {
    /// A job out of the pages; waits for those that are under way.
    pub(super) async fn fetched_ahead(
        &self,
        job_type: &str,
        by: By,
        id: &str,
    ) -> Result<Option<Arc<JobDetail>>, Error> {
        let pages = &self.batches().pages;
        loop {
            let mut coming = pages.with(job_type, |of_type| of_type.coming.clone());
            if let Some(coming) = &mut coming {
                // Before looking: what comes after is then not missed, and what came before not told again.
                coming.borrow_and_update();
            }
            if let Some(found) = pages.find(job_type, by, id, self.clock().instant()) {
                return Ok(Some(found));
            }
            let Some(mut coming) = coming else {
                return Ok(None);
            };
            tokio::select! {
                biased;
                () = self.cancelled() => {
                    return Err(Error::new(Kind::Cancelled, "DescribeDtsJobs", "cancelled while it waited for its answer"));
                }
                // Closed: all have come.
                more = coming.changed() => if more.is_err() {
                    return Ok(pages.find(job_type, by, id, self.clock().instant()));
                },
            }
        }
    }

    /// Fetches pages if that is worth it now that `more` reads have come.
    pub(super) async fn fetch_ahead(&self, job_type: &str, more: usize) {
        let pages = &self.batches().pages;
        let now = self.clock().instant();
        let plan = pages.with(job_type, |of_type| of_type.plan(more, now));
        if plan == Plan::Nothing {
            return;
        }
        let (told, coming) = watch::channel(());
        let changes = pages.with(job_type, |of_type| {
            of_type.drop_jobs();
            of_type.asked = Some(now);
            of_type.coming = Some(coming);
            of_type.hits = 0;
            of_type.changes
        });
        // What fails is asked for by whoever needs it.
        let _ = self.fetch(job_type, plan, changes, &told).await;
        pages.with(job_type, |of_type| of_type.coming = None);
    }

    async fn fetch(
        &self,
        job_type: &str,
        plan: Plan,
        changes: u64,
        told: &watch::Sender<()>,
    ) -> Result<(), Error> {
        let pages = &self.batches().pages;
        let first = self.page(job_type, 1, PAGE_SIZE).await?;
        let size = first.jobs.len();
        let total = match (size, first.total) {
            // Counted, and not shown: no further page would tell more.
            (0, 1..) => TOO_MANY,
            (size, total) => total.max(size).div_ceil(size.max(1)),
        };
        pages.spent(job_type, 1);
        let affordable = pages.with(job_type, |of_type| {
            of_type.total = Some(total);
            if of_type.changes == changes {
                of_type.add(first.jobs);
                of_type.complete = total <= 1;
            }
            plan == Plan::All || total <= PAGES_PER_CALL * of_type.spent
        });
        told.send_replace(());
        if !affordable {
            return Ok(());
        }
        pages.with(job_type, |of_type| of_type.spent = 0);
        let mut left = total.saturating_sub(1);
        let mut rest = stream::iter(2..=total)
            .map(|number| self.page(job_type, number, size))
            .buffer_unordered(AT_ONCE);
        while let Some(page) = rest.next().await {
            let jobs = page?.jobs;
            left -= 1;
            pages.with(job_type, |of_type| {
                if of_type.changes == changes {
                    of_type.add(jobs);
                    of_type.complete = left == 0;
                }
            });
            told.send_replace(());
        }
        Ok(())
    }

    async fn page(&self, job_type: &str, number: usize, size: usize) -> Result<Page, Error> {
        let params = Params::new()
            .set("Region", self.region())
            .set("JobType", job_type)
            // In this order a job that is made meanwhile moves no other to another page.
            .set("OrderColumn", "CreateTime")
            .set("OrderDirection", "ASC")
            .set("PageNumber", number)
            .set("PageSize", size);
        let reply = self
            .call_for("DescribeDtsJobs", params, Safety::Read, size)
            .await?;
        let object = reply.object();
        let total = object.int("TotalRecordCount").unwrap_or_default();
        Ok(Page {
            jobs: object.list("DtsJobList").map(JobDetail::of_list).collect(),
            total: usize::try_from(total).unwrap_or_default(),
        })
    }
}
