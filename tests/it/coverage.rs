//! Every request parameter of the operations that this provider is about is an argument of an object, or left out for a reason
//! that is written down here. The parameters come from the catalogue of the official SDK (`tests/golden/actions.json`), so that
//! a new release of it shows what is missing.
//!
//! What replies tell of them is in [`replies`]. A line of [`COVERAGE`] says of one parameter: `Name = object.argument`, an argument that there is; `Name - reason`, none,
//! and why.

mod replies;

use std::collections::{BTreeMap, BTreeSet};

use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::framework::{Block, Server, Service};

use crate::emulator::catalogue::ACTIONS;

/// What is no argument in any operation.
const NOWHERE: [(&str, &str); 6] = [
    ("RegionId", "the provider's region"),
    ("OwnerId", "the account of the keys"),
    ("ZeroEtlJob", "marks tasks of another product, for internal use"),
    (
        "ClientToken",
        "one for each call, so nothing that a configuration could say",
    ),
    (
        "DtsJobId",
        "the id of the object itself, or the job that it belongs to",
    ),
    ("DtsInstanceId", "names the job where its id does not"),
];

/// The operations, and where their parameters are.
const COVERAGE: &[(&str, &str)] = &[
    (
        "CreateDtsInstance",
        "AutoPay = dts_instance.auto_pay
         AutoStart = dts_instance.auto_start
         ComputeUnit = dts_instance.compute_unit
         DatabaseCount = dts_instance.database_count
         DestinationEndpointEngineName = dts_instance.destination_endpoint_engine_name
         DestinationRegion = dts_instance.destination_region
         DtsRegion - must be the same as RegionId
         Du = dts_instance.du
         FeeType = dts_instance.fee_type
         InsightModule - a flag that is documented nowhere
         InstanceClass = dts_instance.instance_class
         JobId = dts_instance.job_id
         MaxDu = dts_instance.max_du
         MinDu = dts_instance.min_du
         PayType = dts_instance.pay_type
         Period = dts_instance.period
         Quantity - at most one for each call, and a resource is one: count and for_each make more
         ResourceGroupId = dts_instance.resource_group_id
         SourceEndpointEngineName = dts_instance.source_endpoint_engine_name
         SourceRegion = dts_instance.source_region
         SyncArchitecture = dts_instance.sync_architecture
         Type = dts_instance.type
         UsedTime = dts_instance.used_time",
    ),
    (
        "ConfigureDtsJob",
        "Checkpoint = dts_job.checkpoint
         DataCheckConfigure = dts_job.data_check_configure
         DataInitialization = dts_job.data_initialization
         DataSynchronization = dts_job.data_synchronization
         DbList = dts_job.db_list
         DedicatedClusterId = dts_job.dedicated_cluster_id
         DelayNotice = dts_job.delay_notice
         DelayPhone = dts_job.delay_phone
         DelayRuleTime = dts_job.delay_rule_time
         DestCaCertificateOssUrl - documented as not supported
         DestCaCertificatePassword - documented as not supported
         DestClientCertOssUrl - documented as not supported
         DestClientKeyOssUrl - documented as not supported
         DestClientPassword - documented as not supported
         DestPrimaryVswId = dts_job.destination_endpoint.primary_vsw_id
         DestSecondaryVswId = dts_job.destination_endpoint.secondary_vsw_id
         DestinationEndpointDataBaseName = dts_job.destination_endpoint.database_name
         DestinationEndpointEngineName = dts_job.destination_endpoint.engine_name
         DestinationEndpointIP = dts_job.destination_endpoint.ip
         DestinationEndpointInstanceID = dts_job.destination_endpoint.instance_id
         DestinationEndpointInstanceType = dts_job.destination_endpoint.instance_type
         DestinationEndpointOracleSID = dts_job.destination_endpoint.oracle_sid
         DestinationEndpointOwnerID = dts_job.destination_endpoint.owner_id
         DestinationEndpointPassword = dts_job.destination_endpoint.password
         DestinationEndpointPort = dts_job.destination_endpoint.port
         DestinationEndpointRegion = dts_job.destination_endpoint.region
         DestinationEndpointRole = dts_job.destination_endpoint.role
         DestinationEndpointUserName = dts_job.destination_endpoint.user_name
         DisasterRecoveryJob = dts_job.disaster_recovery_job
         DtsBisLabel = dts_job.dts_bis_label
         DtsInstanceId = dts_job.dts_instance_id
         DtsJobName = dts_job.dts_job_name
         ErrorNotice = dts_job.error_notice
         ErrorPhone = dts_job.error_phone
         FileOssUrl - a file that has to be uploaded to a store of DTS first; db_list says the same
         JobType = dts_job.job_type
         MaxDu = dts_job.max_du
         MinDu = dts_job.min_du
         Reserve = dts_job.reserve
         ResourceGroupId - a job is in the group of its instance: dts_instance.resource_group_id
         SourceEndpointDatabaseName = dts_job.source_endpoint.database_name
         SourceEndpointEngineName = dts_job.source_endpoint.engine_name
         SourceEndpointIP = dts_job.source_endpoint.ip
         SourceEndpointInstanceID = dts_job.source_endpoint.instance_id
         SourceEndpointInstanceType = dts_job.source_endpoint.instance_type
         SourceEndpointOracleSID = dts_job.source_endpoint.oracle_sid
         SourceEndpointOwnerID = dts_job.source_endpoint.owner_id
         SourceEndpointPassword = dts_job.source_endpoint.password
         SourceEndpointPort = dts_job.source_endpoint.port
         SourceEndpointRegion = dts_job.source_endpoint.region
         SourceEndpointRole = dts_job.source_endpoint.role
         SourceEndpointUserName = dts_job.source_endpoint.user_name
         SourceEndpointVSwitchID = dts_job.source_endpoint.vswitch_id
         SrcCaCertificateOssUrl - documented as not supported
         SrcCaCertificatePassword - documented as not supported
         SrcClientCertOssUrl - documented as not supported
         SrcClientKeyOssUrl - documented as not supported
         SrcClientPassword - documented as not supported
         SrcPrimaryVswId = dts_job.source_endpoint.primary_vsw_id
         SrcSecondaryVswId = dts_job.source_endpoint.secondary_vsw_id
         StructureInitialization = dts_job.structure_initialization
         SynchronizationDirection = dts_job.synchronization_direction",
    ),
    (
        "ConfigureSubscription",
        "Checkpoint = dts_subscription.checkpoint
         DbList = dts_subscription.db_list
         DedicatedClusterId = dts_subscription.dedicated_cluster_id
         DelayNotice = dts_subscription.delay_notice
         DelayPhone = dts_subscription.delay_phone
         DelayRuleTime = dts_subscription.delay_rule_time
         DtsBisLabel = dts_subscription.dts_bis_label
         DtsInstanceId = dts_subscription.dts_instance_id
         DtsJobName = dts_subscription.dts_job_name
         ErrorNotice = dts_subscription.error_notice
         ErrorPhone = dts_subscription.error_phone
         MaxDu = dts_subscription.max_du
         MinDu = dts_subscription.min_du
         Reserve = dts_subscription.reserve
         ResourceGroupId = dts_subscription.resource_group_id
         SourceEndpointDatabaseName = dts_subscription.source_endpoint.database_name
         SourceEndpointEngineName = dts_subscription.source_endpoint.engine_name
         SourceEndpointIP = dts_subscription.source_endpoint.ip
         SourceEndpointInstanceID = dts_subscription.source_endpoint.instance_id
         SourceEndpointInstanceType = dts_subscription.source_endpoint.instance_type
         SourceEndpointOracleSID = dts_subscription.source_endpoint.oracle_sid
         SourceEndpointOwnerID = dts_subscription.source_endpoint.owner_id
         SourceEndpointPassword = dts_subscription.source_endpoint.password
         SourceEndpointPort = dts_subscription.source_endpoint.port
         SourceEndpointRegion = dts_subscription.source_endpoint.region
         SourceEndpointRole = dts_subscription.source_endpoint.role
         SourceEndpointUserName = dts_subscription.source_endpoint.user_name
         SrcCaCertificateOssUrl - documented as not supported
         SrcCaCertificatePassword - documented as not supported
         SrcClientCertOssUrl - documented as not supported
         SrcClientKeyOssUrl - documented as not supported
         SrcClientPassword - documented as not supported
         SubscriptionDataTypeDDL = dts_subscription.subscription_data_type_ddl
         SubscriptionDataTypeDML = dts_subscription.subscription_data_type_dml
         SubscriptionInstanceNetworkType = dts_subscription.subscription_instance_network_type
         SubscriptionInstanceVPCId = dts_subscription.subscription_instance_vpc_id
         SubscriptionInstanceVSwitchId = dts_subscription.subscription_instance_vswitch_id",
    ),
    (
        "ModifyDtsJob",
        "DataInitialization = dts_job.data_initialization
         DataSynchronization = dts_job.data_synchronization
         DbList = dts_job.db_list
         EtlOperatorColumnReference - columns that ETL adds; the rest of ETL is in reserve
         FileOssUrl - a file that has to be uploaded to a store of DTS first; db_list says the same
         FilterTableName - documented nowhere
         ModifyTypeEnum - which of both is changed: follows from what differs
         Reserved = dts_job.reserve
         ResourceGroupId - the group of the object is known by its id
         StructureInitialization = dts_job.structure_initialization
         SynchronizationDirection = dts_job.synchronization_direction",
    ),
    (
        "ModifyDtsJobConfig",
        "Parameters = dts_job.job_parameters
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "ModifyDtsJobDedicatedCluster",
        "DedicatedClusterId = dts_job.dedicated_cluster_id
         DtsJobIds - the job itself
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "ModifyDtsJobDuLimit",
        "DuLimit = dts_instance.du
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "ModifyDtsJobEndpoint",
        "AliyunUid = dts_job.source_endpoint.owner_id
         Database = dts_job.source_endpoint.database_name
         DryRun - checks only; the plan checks what can be known, and the call what DTS knows
         Endpoint - which block it is
         EndpointInstanceId = dts_job.source_endpoint.instance_id
         EndpointInstanceType = dts_job.source_endpoint.instance_type
         EndpointIp = dts_job.source_endpoint.ip
         EndpointPort = dts_job.source_endpoint.port
         EndpointPrimaryVswId = dts_job.source_endpoint.primary_vsw_id
         EndpointRegionId = dts_job.source_endpoint.region
         EndpointSecondaryVswId = dts_job.source_endpoint.secondary_vsw_id
         EndpointVpcId = dts_job.source_endpoint.instance_id
         ModifyAccount - follows from whether the account differs
         Password = dts_job.source_endpoint.password
         ResourceGroupId - the group of the object is known by its id
         RoleName = dts_job.source_endpoint.role
         ShardPassword - of the shards of a MongoDB, which ConfigureDtsJob has no parameter for
         ShardUsername - of the shards of a MongoDB, which ConfigureDtsJob has no parameter for
         SynchronizationDirection = dts_job.synchronization_direction
         Username = dts_job.source_endpoint.user_name",
    ),
    (
        "ModifyDtsJobName",
        "DtsJobName = dts_job.dts_job_name
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "ModifyDtsJobPassword",
        "Endpoint - which block it is
         Password = dts_job.source_endpoint.password
         ResourceGroupId - the group of the object is known by its id
         SynchronizationDirection = dts_job.synchronization_direction
         UserName = dts_job.source_endpoint.user_name",
    ),
    (
        "TransferInstanceClass",
        "DatabaseCount = dts_instance.database_count
         InstanceClass = dts_instance.instance_class
         OrderType - follows from which class is larger
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "TransferPayType",
        "AutoPay = dts_instance.auto_pay
         BuyCount = dts_instance.used_time
         ChargeType = dts_instance.pay_type
         InstanceClass = dts_instance.instance_class
         MaxDu = dts_instance.max_du
         MinDu = dts_instance.min_du
         Period = dts_instance.period
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "RenewInstance",
        "BuyCount = dts_instance.used_time
         ChargeType - PREPAY is the only value
         Period = dts_instance.period
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "CreateConsumerChannel",
        "ConsumerGroupName = dts_consumer_group.consumer_group_name
         ConsumerGroupPassword = dts_consumer_group.consumer_group_password
         ConsumerGroupUserName = dts_consumer_group.consumer_group_user_name
         DtsInstanceId = dts_consumer_group.dts_instance_id
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "CreateJobMonitorRule",
        "DelayRuleTime = dts_monitor_rule.delay_rule_time
         DtsJobId = dts_monitor_rule.dts_job_id
         NoticeValue = dts_monitor_rule.notice_value
         Period = dts_monitor_rule.period
         Phone = dts_monitor_rule.phone
         ResourceGroupId - the group of the object is known by its id
         State = dts_monitor_rule.state
         Times = dts_monitor_rule.times
         Type = dts_monitor_rule.type",
    ),
    (
        "TagResources",
        "ResourceGroupId - the group of the object is known by its id
         ResourceId - the instance itself
         ResourceType - an instance is all that has tags
         Tag = dts_instance.tags",
    ),
    (
        "ConvertInstanceResourceGroup",
        "NewResourceGroupId = dts_instance.resource_group_id
         ResourceGroupId - the group of the object is known by its id
         ResourceId - the instance itself",
    ),
];

/// Where a parameter is.
enum Place<'a> {
    Argument(&'a str),
    Nowhere(&'a str),
}

fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, Place<'static>)> {
    text.lines().map(|line| {
        let mut words = line.trim().splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some(name), Some("="), Some(path)) => (name, Place::Argument(path)),
            (Some(name), Some("-"), Some(reason)) => (name, Place::Nowhere(reason)),
            _ => panic!("{line:?} says nothing"),
        }
    })
}

/// Whether an object has an argument or a block at a path such as `dts_job.source_endpoint.ip`.
fn exists(objects: &BTreeMap<String, Block>, path: &str) -> bool {
    let (object, rest) = path.split_once('.').unwrap();
    let Some(mut block) = objects.get(object) else {
        return false;
    };
    let mut names = rest.split('.').peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            return block.find_attribute(name).is_some() || block.find_block(name).is_some();
        }
        match block.find_block(name) {
            Some(nested) => block = &nested.block,
            None => return false,
        }
    }
    false
}

fn objects() -> BTreeMap<String, Block> {
    let server = Server::new(Dts::new(Context::system()));
    let schemas = server.resource_schemas().into_iter();
    schemas
        .map(|(name, schema)| (name.to_owned(), schema.block.clone()))
        .collect()
}

#[test]
fn every_parameter_is_an_argument_or_left_out_for_a_reason() {
    let objects = objects();
    let mut wrong = Vec::new();
    for (action, text) in COVERAGE {
        let mut told = BTreeSet::new();
        for (name, place) in lines(text) {
            if !told.insert(name) {
                wrong.push(format!("{action}.{name} is told twice"));
            }
            match place {
                Place::Argument(path) if !exists(&objects, path) => {
                    wrong.push(format!("{action}.{name}: there is no {path}"));
                }
                Place::Nowhere(reason) if reason.len() < 8 => {
                    wrong.push(format!("{action}.{name}: {reason:?} is no reason"));
                }
                _ => {}
            }
        }
        let parameters: BTreeSet<&str> = ACTIONS[*action].params.keys().map(String::as_str).collect();
        let nowhere: BTreeSet<&str> = NOWHERE.iter().map(|(name, _)| *name).collect();
        for missing in parameters
            .difference(&told)
            .filter(|name| !nowhere.contains(*name))
        {
            wrong.push(format!("{action}.{missing} is no argument, and nothing says why"));
        }
        for odd in told.difference(&parameters) {
            wrong.push(format!("{action} has no parameter {odd}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
