//! Actions (Terraform 1.14): calls that move a job along and are no part of its state. In reading order: `states`, when each can be
//! called; `run`, which job, how long, and following it; `start_job`, `suspend_job`, `stop_job`, `reset_job`; `precheck`, `skip_precheck`.
//!
//! All of them look first: what is done already is not called again, and a state in which DTS would refuse is told with those in
//! which it would not.

mod precheck;
mod reset_job;
mod run;
mod skip_precheck;
mod start_job;
mod states;
mod stop_job;
mod suspend_job;

pub(super) use precheck::RunPrecheck;
pub(super) use reset_job::ResetJob;
pub(super) use skip_precheck::SkipPrecheck;
pub(super) use start_job::StartJob;
pub(super) use stop_job::StopJob;
pub(super) use suspend_job::SuspendJob;
