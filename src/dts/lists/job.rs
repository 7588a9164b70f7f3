//! The list of `dts_job`.

use super::jobs::{Entry, OfJobs};
use crate::api;
use crate::dts::status::Stage;
use crate::framework::Object;

/// The jobs that are configured, of both types that `dts_job` is for.
pub(in crate::dts) fn job() -> OfJobs {
    OfJobs {
        type_name: "dts_job",
        things: "jobs",
        description: "Lists DTS jobs (`DescribeDtsJobs`), however they were made, for `terraform query`. A job that is not configured \
                      is none: it comes with its instance, which `dts_instance` lists. A two-way synchronization has two jobs, and is \
                      listed as both.",
        type_attribute: "job_type",
        types: &["MIGRATION", "SYNC"],
        leaves_out: &["NotConfigured"],
        entries,
        has_halves: true,
    }
}

fn entries(listed: &api::JobSummary) -> Vec<Entry<'_>> {
    let both = listed.reverse_job.is_some();
    let mut entries = Vec::new();
    for (job, direction) in listed.halves().zip([" (forward)", " (reverse)"]) {
        let Some(id) = job.dts_job_id.as_deref() else {
            continue;
        };
        // Without an instance nothing can have run: DTS still lists a job that was deleted.
        let deleted = Stage::of(status(job)) == Stage::Finished
            && job.dts_instance_id.is_none()
            && listed.dts_instance_id.is_none();
        if deleted || Stage::of(status(job)) == Stage::NotConfigured {
            continue;
        }
        let name = job
            .dts_job_name
            .as_deref()
            .or(listed.dts_job_name.as_deref())
            .unwrap_or(id);
        entries.push(Entry {
            display_name: format!("{name}{}", if both { direction } else { "" }),
            job,
            state: Object::new().with("id", id),
        });
    }
    entries
}

fn status(job: &api::JobSummary) -> &str {
    job.status.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str, status: &str, instance: Option<&str>) -> api::JobSummary {
        api::JobSummary {
            dts_job_id: Some(id.to_owned()),
            dts_job_name: Some("name".to_owned()),
            status: Some(status.to_owned()),
            dts_instance_id: instance.map(str::to_owned),
            ..api::JobSummary::default()
        }
    }

    #[track_caller]
    fn check(listed: &api::JobSummary, expected: &[&str]) {
        let found: Vec<String> = entries(listed)
            .iter()
            .map(|entry| format!("{} {}", entry.state.str("id").unwrap(), entry.display_name))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_a_job_and_what_is_none() {
        check(&job("a", "Migrating", Some("dtsa")), &["a name"]);
        check(&job("a", "PreCheckPass", None), &["a name"]);
        check(&job("a", "NotConfigured", Some("dtsa")), &[]);
        check(&job("a", "Finished", Some("dtsa")), &["a name"]);
        check(&job("a", "Finished", None), &[]);
        let mut both = job("a", "Synchronizing", Some("dtsa"));
        both.reverse_job = Some(Box::new(job("b", "Synchronizing", None)));
        check(&both, &["a name (forward)", "b name (reverse)"]);
        both.reverse_job = Some(Box::new(job("b", "NotConfigured", None)));
        check(&both, &["a name (forward)"]);
    }
}
