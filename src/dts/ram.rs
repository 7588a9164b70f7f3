//! What the provider may be allowed to do, and no more: the RAM actions of each object, which are the operations that it calls.

/// The operations of one object.
#[derive(Clone, Copy, Debug)]
pub struct Permissions {
    /// The type name, with `data.` in front of a data source's.
    pub object: &'static str,
    /// As DTS names them; in a policy with `dts:` in front.
    pub operations: &'static [&'static str],
}

/// Of every object that makes calls. Functions make none.
pub const PERMISSIONS: [Permissions; 4] = [
    Permissions {
        object: "dts_instance",
        operations: &[
            "CreateDtsInstance",
            "DeleteDtsJob",
            "DescribeDtsJobDetail",
            "DescribeDtsJobs",
            "DescribePreCheckStatus",
            "ListTagResources",
            "StartDtsJob",
            "TagResources",
            "TransferInstanceClass",
            "UntagResources",
        ],
    },
    Permissions {
        object: "dts_job",
        operations: &[
            "ConfigureDtsJob",
            "DeleteDtsJob",
            "DescribeDtsJobDetail",
            "DescribeDtsJobs",
            "DescribePreCheckStatus",
            "ModifyDtsJob",
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
        object: "data.dts_precheck",
        operations: &["DescribePreCheckStatus"],
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
