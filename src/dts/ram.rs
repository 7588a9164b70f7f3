//! What the provider may be allowed to do, and no more: the RAM actions of each object, which are the operations that it calls.

/// The operations of one object.
#[derive(Clone, Copy, Debug)]
pub struct Permissions {
    /// The type name, with `data.`, `list.` or `action.` in front of what is no resource.
    pub object: &'static str,
    /// As DTS names them; in a policy with `dts:` in front.
    pub operations: &'static [&'static str],
}

/// Of every object that makes calls. Functions make none.
pub const PERMISSIONS: &[Permissions] = &[
    Permissions {
        object: "dts_instance",
        operations: &[
            "ConvertInstanceResourceGroup",
            "CreateDtsInstance",
            "DeleteDtsJob",
            "DescribeDtsJobDetail",
            "DescribeDtsJobs",
            "DescribePreCheckStatus",
            "ListTagResources",
            "ModifyDtsJobDuLimit",
            "RenewInstance",
            "StartDtsJob",
            "TagResources",
            "TransferInstanceClass",
            "TransferPayType",
            "UntagResources",
            "UpgradeTwoWay",
        ],
    },
    Permissions {
        object: "dts_job",
        operations: &[
            "ConfigureDtsJob",
            "CreateJobMonitorRule",
            "DeleteDtsJob",
            "DescribeDtsJobConfig",
            "DescribeDtsJobDetail",
            "DescribeDtsJobs",
            "DescribeJobMonitorRule",
            "DescribePreCheckStatus",
            "ModifyDtsJob",
            "ModifyDtsJobConfig",
            "ModifyDtsJobDedicatedCluster",
            "ModifyDtsJobDuLimit",
            "ModifyDtsJobEndpoint",
            "ModifyDtsJobName",
            "ModifyDtsJobPassword",
            "ResetDtsJob",
            "SkipPreCheck",
            "StartDtsJob",
            "StopDtsJob",
            "SuspendDtsJob",
        ],
    },
    Permissions {
        object: "dts_monitor_rule",
        operations: &["CreateJobMonitorRule", "DescribeJobMonitorRule"],
    },
    Permissions {
        object: "dts_consumer_group",
        operations: &[
            "CreateConsumerChannel",
            "DeleteConsumerChannel",
            "DescribeConsumerChannel",
            "DescribeDtsJobDetail",
            "ModifyConsumerChannel",
        ],
    },
    Permissions {
        object: "dts_subscription",
        operations: &[
            "ConfigureSubscription",
            "CreateJobMonitorRule",
            "DeleteDtsJob",
            "DescribeDtsJobDetail",
            "DescribeDtsJobs",
            "DescribeJobMonitorRule",
            "DescribePreCheckStatus",
            "ModifyDtsJobName",
            "ModifyDtsJobPassword",
            "ModifySubscription",
            "ResetDtsJob",
            "StartDtsJob",
            "SuspendDtsJob",
        ],
    },
    Permissions {
        object: "data.dts_consumer_groups",
        operations: &["DescribeConsumerChannel"],
    },
    Permissions {
        object: "data.dts_subscription_meta",
        operations: &["DescribeSubscriptionMeta"],
    },
    Permissions {
        object: "data.dts_connection_status",
        operations: &["DescribeConnectionStatus"],
    },
    Permissions {
        object: "data.dts_dedicated_clusters",
        operations: &["ListDedicatedCluster"],
    },
    Permissions {
        object: "data.dts_instances",
        operations: &["DescribeDtsJobs"],
    },
    Permissions {
        object: "data.dts_ip_ranges",
        operations: &["DescribeDTSIP", "WhiteIpList"],
    },
    Permissions {
        object: "data.dts_job",
        operations: &["DescribeDtsJobDetail", "DescribeDtsJobs"],
    },
    Permissions {
        object: "data.dts_job_log",
        operations: &["DescribeDtsServiceLog"],
    },
    Permissions {
        object: "data.dts_jobs",
        operations: &["DescribeDtsJobs"],
    },
    Permissions {
        object: "data.dts_precheck",
        operations: &["DescribePreCheckStatus"],
    },
    Permissions {
        object: "action.dts_precheck",
        operations: &["DescribeDtsJobDetail", "DescribePreCheckStatus", "StartDtsJob"],
    },
    Permissions {
        object: "action.dts_reset_job",
        operations: &["DescribeDtsJobDetail", "DescribeDtsJobs", "ResetDtsJob"],
    },
    Permissions {
        object: "action.dts_skip_precheck",
        operations: &["DescribeDtsJobDetail", "DescribePreCheckStatus", "SkipPreCheck"],
    },
    Permissions {
        object: "action.dts_start_job",
        operations: &[
            "DescribeDtsJobDetail",
            "DescribeDtsJobs",
            "DescribePreCheckStatus",
            "StartDtsJob",
        ],
    },
    Permissions {
        object: "action.dts_stop_job",
        operations: &["DescribeDtsJobDetail", "DescribeDtsJobs", "StopDtsJob"],
    },
    Permissions {
        object: "action.dts_suspend_job",
        operations: &["DescribeDtsJobDetail", "DescribeDtsJobs", "SuspendDtsJob"],
    },
    Permissions {
        object: "list.dts_instance",
        operations: &["DescribeDtsJobDetail", "DescribeDtsJobs"],
    },
    Permissions {
        object: "list.dts_job",
        operations: &["DescribeDtsJobDetail", "DescribeDtsJobs"],
    },
];

/// The same as a policy names them.
#[must_use]
pub fn actions() -> Vec<(&'static str, Vec<String>)> {
    let named = |operations: &[&str]| {
        operations
            .iter()
            .map(|operation| format!("dts:{operation}"))
            .collect()
    };
    PERMISSIONS
        .iter()
        .map(|permissions| (permissions.object, named(permissions.operations)))
        .collect()
}
