//! The list of `dts_instance`.

use super::jobs::{Entry, OfJobs};
use crate::api;
use crate::dts::instance;

/// What is paid for. Each instance has a job, by which DTS lists it.
pub(in crate::dts) fn instance() -> OfJobs {
    OfJobs {
        type_name: "dts_instance",
        things: "instances",
        description: "Lists DTS instances (`DescribeDtsJobs`), however they were bought, for `terraform query`. A job for which no \
                      instance was bought is none; `dts_job` lists it.",
        type_attribute: "type",
        types: &["MIGRATION", "SYNC", "SUBSCRIBE"],
        leaves_out: &[],
        entries,
        has_halves: false,
    }
}

fn entries(listed: &api::JobSummary) -> Vec<Entry<'_>> {
    let entry = |id: &String| Entry {
        display_name: listed.dts_job_name.clone().unwrap_or_else(|| id.clone()),
        job: listed,
        state: instance::imported(id),
    };
    listed.dts_instance_id.iter().map(entry).collect()
}
