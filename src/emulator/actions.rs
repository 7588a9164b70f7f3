//! The operations that are served, one line each.

use super::{
    billing, cluster, consumer_group, endpoint, instance, instance_list, job, job_detail, job_list, legacy,
    log, modify, monitor_rule, network,
    params::Params,
    precheck, progress,
    reply::{
        Body,
        Envelope::{self, Bare, BooleanSuccess, StringStatus, StringSuccess, Strings, Typed},
        Refusal,
    },
    state::State,
    subscription, tags, tuning, two_way,
};

/// What an operation does.
type Run = fn(&mut State, &Params) -> Result<Body, Refusal>;

/// One operation.
pub(crate) struct Action {
    name: &'static str,
    /// The envelope of its answers.
    pub(crate) envelope: Envelope,
    pub(crate) run: Run,
}

/// The operations. A further one is a function in the file of its family, and a line here.
#[rustfmt::skip]
const ACTIONS: &[Action] = &[
    Action { name: "CreateDtsInstance", envelope: StringSuccess, run: instance::create },
    Action { name: "TransferInstanceClass", envelope: Typed, run: billing::transfer_class },
    Action { name: "ConfigureDtsJob", envelope: Strings, run: job::configure },
    Action { name: "StartDtsJob", envelope: Typed, run: job::start },
    Action { name: "SuspendDtsJob", envelope: Typed, run: job::suspend },
    Action { name: "StopDtsJob", envelope: Typed, run: job::stop },
    Action { name: "ResetDtsJob", envelope: Typed, run: job::reset },
    Action { name: "DeleteDtsJob", envelope: Typed, run: job::delete },
    Action { name: "ModifyDtsJobName", envelope: Typed, run: modify::name },
    Action { name: "ModifyDtsJobPassword", envelope: Typed, run: modify::password },
    Action { name: "ModifyDtsJob", envelope: BooleanSuccess, run: modify::job },
    Action { name: "DescribeDtsJobDetail", envelope: Typed, run: job_detail::describe },
    Action { name: "DescribeDtsJobs", envelope: Typed, run: job_list::list },
    Action { name: "DescribePreCheckStatus", envelope: Typed, run: precheck::describe },
    Action { name: "SkipPreCheck", envelope: Typed, run: precheck::skip },
    Action { name: "CountJobByCondition", envelope: Typed, run: job_list::count },
    Action { name: "ConfigureSubscription", envelope: Strings, run: subscription::configure },
    Action { name: "ModifySubscription", envelope: Strings, run: subscription::modify },
    Action { name: "DescribeSubscriptionMeta", envelope: Strings, run: subscription::meta },
    Action { name: "CreateConsumerChannel", envelope: Strings, run: consumer_group::create },
    Action { name: "ModifyConsumerChannel", envelope: Strings, run: consumer_group::modify },
    Action { name: "DeleteConsumerChannel", envelope: Strings, run: consumer_group::delete },
    Action { name: "DescribeConsumerChannel", envelope: Strings, run: consumer_group::describe },
    Action { name: "CreateJobMonitorRule", envelope: Typed, run: monitor_rule::create },
    Action { name: "DescribeJobMonitorRule", envelope: Typed, run: monitor_rule::describe },
    Action { name: "TransferPayType", envelope: Typed, run: billing::transfer_pay_type },
    Action { name: "RenewInstance", envelope: Typed, run: billing::renew },
    Action { name: "UpgradeTwoWay", envelope: Typed, run: two_way::upgrade },
    Action { name: "ReverseTwoWayDirection", envelope: Typed, run: two_way::reverse },
    Action { name: "StartDtsJobs", envelope: Typed, run: job::start_all },
    Action { name: "SuspendDtsJobs", envelope: Typed, run: job::suspend_all },
    Action { name: "StopDtsJobs", envelope: Typed, run: job::stop_all },
    Action { name: "DeleteDtsJobs", envelope: Typed, run: job::delete_all },
    Action { name: "ConvertInstanceResourceGroup", envelope: Typed, run: instance_list::convert_group },
    Action { name: "DescribeDtsInstances", envelope: Typed, run: instance_list::list },
    Action { name: "DescribeDtsInstanceDetail", envelope: Typed, run: instance_list::detail },
    Action { name: "ModifyDtsJobEndpoint", envelope: StringStatus, run: endpoint::modify },
    Action { name: "DescribeConnectionStatus", envelope: StringSuccess, run: endpoint::connection },
    Action { name: "DescribeDTSIP", envelope: StringSuccess, run: network::addresses },
    Action { name: "WhiteIpList", envelope: Typed, run: network::white_list },
    Action { name: "ModifyDtsJobConfig", envelope: Bare, run: tuning::modify },
    Action { name: "DescribeDtsJobConfig", envelope: Bare, run: tuning::describe },
    Action { name: "ModifyDynamicConfig", envelope: Typed, run: tuning::limits },
    Action { name: "ListJobStep", envelope: Typed, run: progress::steps },
    Action { name: "SummaryJobDetail", envelope: Typed, run: progress::summary },
    Action { name: "DescribeSyncStatus", envelope: Typed, run: progress::sync_status },
    Action { name: "DescribeInitializationStatus", envelope: StringSuccess, run: progress::initialization },
    Action { name: "DescribeDtsServiceLog", envelope: Typed, run: log::describe },
    Action { name: "ShieldPrecheck", envelope: BooleanSuccess, run: precheck::shield },
    Action { name: "DeleteMigrationJob", envelope: StringSuccess, run: legacy::delete_migration },
    Action { name: "DeleteSynchronizationJob", envelope: StringSuccess, run: legacy::delete_synchronization },
    Action { name: "DeleteSubscriptionInstance", envelope: StringSuccess, run: legacy::delete_subscription },
    Action { name: "ListDedicatedCluster", envelope: Strings, run: cluster::list },
    Action { name: "DescribeDedicatedCluster", envelope: Strings, run: cluster::describe },
    Action { name: "ModifyDtsJobDedicatedCluster", envelope: Typed, run: cluster::move_jobs },
    Action { name: "ModifyDtsJobDuLimit", envelope: Typed, run: cluster::du_limit },
    Action { name: "TagResources", envelope: BooleanSuccess, run: tags::tag },
    Action { name: "UntagResources", envelope: BooleanSuccess, run: tags::untag },
    Action { name: "ListTagResources", envelope: BooleanSuccess, run: tags::list },
    Action { name: "DescribeTagKeys", envelope: Bare, run: tags::keys },
    Action { name: "DescribeTagValues", envelope: Bare, run: tags::values },
];

/// The names of the operations that are served.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().map(|action| action.name)
}

/// The operation of that name.
pub(crate) fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}
