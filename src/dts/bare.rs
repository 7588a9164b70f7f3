//! What is bought and has no job configured on it, as DTS lists it. Purchases of one process that ask at the same time share a
//! listing, and each later listing reads only what is new: so many purchases cost as many calls, and not their square.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::api;

/// What is older is of no interest: no purchase lasts as long, and what an apply that was cut off has left is looked for among what is
/// younger than an hour. DTS refuses calls of who is 15 minutes away from its own time (dts-api.md 1).
const DEPTH: SignedDuration = SignedDuration::from_hours(3);

/// The largest page that is documented (dts-api.md 2.8).
const PAGE_SIZE: usize = 30;

/// What is bare, by the type of the jobs.
#[derive(Debug, Default)]
pub(super) struct Bare(Mutex<BTreeMap<String, Arc<OfType>>>);

#[derive(Debug, Default)]
struct OfType {
    /// All that was ever listed.
    seen: Shared,
    /// All that is bare now.
    now: Shared,
}

/// Listings, each for all who asked before it began.
#[derive(Debug, Default)]
struct Shared {
    begun: AtomicU64,
    last: tokio::sync::Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    number: u64,
    jobs: Arc<Vec<api::JobSummary>>,
}

impl Bare {
    fn of_type(&self, job_type: &str) -> Arc<OfType> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(job_type.to_owned()).or_default())
    }

    /// All that is there, and maybe some that was there when this process listed before and is bare no more.
    pub(super) async fn seen(
        &self,
        api: &api::Client,
        job_type: &str,
    ) -> Result<Arc<Vec<api::JobSummary>>, api::Error> {
        let of_type = self.of_type(job_type);
        let listing = async |before: &[api::JobSummary]| {
            let ids: BTreeSet<&str> = before
                .iter()
                .filter_map(|job| job.dts_job_id.as_deref())
                .collect();
            let listed = list(api, job_type, &ids).await?;
            let is_new =
                |job: &&api::JobSummary| job.dts_job_id.as_deref().is_none_or(|id| !ids.contains(id));
            let new = listed.iter().filter(is_new);
            Ok(before.iter().chain(new).cloned().collect())
        };
        of_type.seen.listed(listing).await
    }

    /// All that is there now, and nothing else.
    pub(super) async fn now(
        &self,
        api: &api::Client,
        job_type: &str,
    ) -> Result<Arc<Vec<api::JobSummary>>, api::Error> {
        let of_type = self.of_type(job_type);
        let listing = async |_: &[api::JobSummary]| list(api, job_type, &BTreeSet::new()).await;
        of_type.now.listed(listing).await
    }
}

impl Shared {
    /// What a listing tells that began after this was called.
    async fn listed(
        &self,
        listing: impl AsyncFnOnce(&[api::JobSummary]) -> Result<Vec<api::JobSummary>, api::Error>,
    ) -> Result<Arc<Vec<api::JobSummary>>, api::Error> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.number <= asked {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            let jobs = Arc::new(listing(&last.jobs).await?);
            *last = Last { number, jobs };
        }
        Ok(Arc::clone(&last.jobs))
    }
}

/// The bare ones from the newest on, until everything further is known or of no interest. They are asked for in that order
/// (dts-api.md 2.8), and where they come in another one all pages are read.
async fn list(
    api: &api::Client,
    job_type: &str,
    known: &BTreeSet<&str>,
) -> Result<Vec<api::JobSummary>, api::Error> {
    let since = api.clock().now() - DEPTH;
    let query = api::DescribeDtsJobs {
        job_type: Some(job_type.to_ascii_uppercase()),
        status: Some("NotConfigured".to_owned()),
        order_column: Some("CreateTime".to_owned()),
        order_direction: Some("DESC".to_owned()),
        without_db_list: Some(true),
        ..api::DescribeDtsJobs::default()
    };
    let mut pages = api.dts_job_pages(query, PAGE_SIZE);
    let mut found = Vec::new();
    let mut last: Option<Timestamp> = None;
    let mut ordered = true;
    while let Some(page) = pages.next().await? {
        let mut reached = false;
        for job in &page {
            let at = created(job);
            ordered &= at.is_some_and(|at| last.is_none_or(|last| at <= last));
            last = at.or(last);
            reached |= job.dts_job_id.as_deref().is_some_and(|id| known.contains(id));
        }
        found.extend(page);
        if ordered && (reached || last.is_some_and(|last| last < since)) {
            break;
        }
    }
    Ok(found)
}

/// When it was made, by DTS's clock; none when DTS does not say.
pub(super) fn created(job: &api::JobSummary) -> Option<Timestamp> {
    job.create_time.as_deref().and_then(|time| time.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    /// A page of jobs by their ids, each made at a time of the day on which tests begin, at 03:04.
    fn page(jobs: &[(&str, &str)], total: usize) -> Answer {
        let job = |(id, at): &(&str, &str)| json!({"DtsJobId": id, "DtsInstanceID": format!("dts{id}"), "CreateTime": format!("2026-01-02T{at}:00Z")});
        let jobs: Vec<Value> = jobs.iter().map(job).collect();
        Answer::json(
            200,
            &json!({"Success": true, "DtsJobList": jobs, "TotalRecordCount": total}),
        )
    }

    fn ids(jobs: &[api::JobSummary]) -> String {
        let ids: Vec<&str> = jobs.iter().filter_map(|job| job.dts_job_id.as_deref()).collect();
        ids.join(" ")
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_known_or_old_is_not_listed_again() {
        for (pages, expected) in [
            // The newest first: up to what is known.
            (
                vec![
                    page(&[("c", "02:10"), ("b", "02:05")], 3),
                    page(&[("a", "02:00")], 3),
                ],
                vec!["c b a", "c b a d"],
            ),
            // In no order, or without times: all.
            (
                vec![
                    page(&[("a", "02:00"), ("c", "02:10")], 3),
                    page(&[("b", "02:05")], 3),
                ],
                vec!["a c b"],
            ),
            (
                vec![page(&[("a", "soon")], 2), page(&[("b", "02:05")], 2)],
                vec!["a b"],
            ),
            // Up to what is old, of which that page is the last one.
            (
                vec![page(&[("c", "02:10"), ("b", "00:01")], 200)],
                vec!["c b", "c b d"],
            ),
        ] {
            let count = pages.len();
            let more = page(&[("d", "02:20"), ("c", "02:10")], 200);
            let transport = FakeTransport::new(pages.into_iter().chain([more]));
            let (api, bare) = (client(&transport), Bare::default());
            for (index, expected) in expected.iter().enumerate() {
                let seen = bare.seen(&api, "sync").await.unwrap();
                assert_eq!(ids(&seen), *expected);
                // A third of one page is an answer to itself.
                assert!(transport.seen().len() <= count + index, "{expected}");
            }
            assert_eq!(transport.seen()[0].get("JobType"), "SYNC");
        }
    }

    /// Three ask while a list is under way, for which they came too late: they share the next one.
    #[tokio::test(start_paused = true)]
    async fn who_asks_at_the_same_time_shares_a_list() {
        let slow = || page(&[("a", "02:00")], 1).after(Duration::from_secs(1));
        let transport = FakeTransport::new([slow(), slow()]);
        let (api, bare) = (client(&transport), Bare::default());
        let later = async || {
            tokio::time::sleep(Duration::from_millis(500)).await;
            bare.now(&api, "SYNC").await.unwrap()
        };
        let (first, ..) = tokio::join!(bare.now(&api, "SYNC"), later(), later(), later());
        assert_eq!(ids(&first.unwrap()), "a");
        assert_eq!(transport.seen().len(), 2);
    }
}
