//! List resources (`terraform query`, Terraform 1.14): what there is in an account, to be adopted. In reading order: `jobs`, the
//! walk through the list of jobs with its filters, which the lists of all that hangs on a job share; then one small file for each
//! resource: `job`, `instance`.

mod instance;
mod job;
mod jobs;

pub(super) use instance::instance;
pub(super) use job::job;
