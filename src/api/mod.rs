//! The DTS client: Alibaba Cloud Data Transmission Service, OpenAPI version 2020-01-01. It knows nothing of Terraform.
//!
//! In reading order:
//!
//! - [`context`]: what the client takes from outside: clock, environment, transport.
//! - [`client`]: one call from its parameters to its decoded reply; all below is used there.
//! - `params`, `sign`, `nonce`: what is sent, and the signature (V1 or V3) over it.
//! - `endpoint`, `transport`: where it is sent, and how.
//! - `reply`, `decode`: what comes back, read leniently because DTS types are inconsistent.
//! - [`error`], `advice`: what went wrong, whether it may have taken effect, and what to do next.
//! - `retry`, `throttle`, `outage`: what may be sent again, and when; how fast calls are made; what is not sent while DTS is down.
//! - [`run`]: what all clients of a process share.
//! - [`credential`]: which keys sign.
//! - [`instance`], [`job`] with [`job_configure`], [`job_detail`] and [`job_list`], [`precheck`], [`tags`],
//!   [`subscription`], [`consumer_group`], [`monitor_rule`]: the typed calls.
//! - [`cluster`], [`connection`], [`log`], [`network`]: typed calls that only read.
//! - `paging`: where a list of pages ends.
//! - [`batch`], `pages`: reads of jobs that share calls, and those that are fetched ahead.

pub mod batch;
pub mod client;
pub mod cluster;
pub mod connection;
pub mod consumer_group;
pub mod context;
pub mod credential;
pub mod error;
pub mod instance;
pub mod job;
pub mod job_configure;
pub mod job_detail;
pub mod job_list;
pub mod job_modify;
pub mod log;
pub mod monitor_rule;
pub mod network;
pub mod precheck;
pub mod run;
pub mod subscription;
pub mod tags;

mod advice;
mod decode;
mod endpoint;
mod nonce;
mod outage;
mod outcome;
mod pages;
mod paging;
mod params;
mod reply;
mod retry;
mod scrub;
mod sign;
mod throttle;
mod transport;

#[cfg(test)]
pub(crate) mod testing;

pub use batch::Purpose;
pub use client::{Client, Config, Safety};
pub use cluster::DedicatedCluster;
pub use connection::{ConnectionStatus, TriedEndpoint};
pub use consumer_group::{ConsumerGroup, CreateConsumerChannel, ModifyConsumerChannel};
pub use context::{
    Clock, Connection, Context, Env, HttpRequest, HttpResponse, Sent, Transport, TransportError,
};
pub use credential::{AssumeRole, AssumeRoleWithOidc, CredentialConfig, Credentials};
pub use endpoint::Network;
pub use error::{Error, Kind};
pub use instance::{CreateDtsInstance, PurchasedInstance, TransferPayType};
pub use job::{JobRef, ModifiedJob, ModifyDtsJob, Side};
pub use job_configure::{ConfigureDtsJob, ConfiguredJob, Endpoint};
pub use job_detail::{EndpointDetail, JobDetail, JobMode, PhaseStatus, RetryState, SubscriptionHost};
pub use job_list::{DescribeDtsJobs, HalfFilter, JobPages, JobSummary};
pub use job_modify::{JobParameter, ModifyDtsJobEndpoint, RunningParameter};
pub use log::{DescribeDtsServiceLog, LogEntry};
pub use monitor_rule::{CreateJobMonitorRule, MonitorRule};
pub use network::{IpRanges, VpcAccess, WhiteIpList};
pub use params::Params;
pub use precheck::{DescribePreCheckStatus, PartialPrecheck, PrecheckItem, PrecheckStatus, SkipPreCheck};
pub use reply::Reply;
pub use run::Run;
pub use sign::SignatureVersion;
pub use subscription::{ConfigureSubscription, ModifySubscription, SubscriptionMeta};
