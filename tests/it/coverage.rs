//! Every request parameter of the operations that this provider is about is an argument of an object, or left out for a reason
//! that is written down here. The parameters come from the catalogue of the official SDK (`tests/golden/actions.json`), so that
//! a new release of it shows what is missing.
//!
//! Most arguments say themselves what they become (`Attribute::parameter`). A line of [`COVERAGE`] says of a parameter that none
//! does: `Name = object.argument`, an argument that is called otherwise in another call; `Name - reason`, none, and why.
//! What replies tell of them is in [`replies`], and which of their documented values are allowed in [`values`].

mod replies;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::dts::ram::PERMISSIONS;
use terraform_provider_dts::framework::describe::MEMBER;
use terraform_provider_dts::framework::schema::Mode;
use terraform_provider_dts::framework::{Attribute, Block, Server, Service};

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
        "DtsRegion - must be the same as RegionId
         InsightModule - a flag that is documented nowhere
         Quantity - at most one for each call, and a resource is one: count and for_each make more",
    ),
    (
        "ConfigureDtsJob",
        "DestCaCertificateOssUrl - documented as not supported
         DestCaCertificatePassword - documented as not supported
         DestClientCertOssUrl - documented as not supported
         DestClientKeyOssUrl - documented as not supported
         DestClientPassword - documented as not supported
         FileOssUrl - a file that has to be uploaded to a store of DTS first; db_list says the same
         ResourceGroupId - a job is in the group of its instance: dts_instance.resource_group_id
         SrcCaCertificateOssUrl - documented as not supported
         SrcCaCertificatePassword - documented as not supported
         SrcClientCertOssUrl - documented as not supported
         SrcClientKeyOssUrl - documented as not supported
         SrcClientPassword - documented as not supported",
    ),
    (
        "ConfigureSubscription",
        "SrcCaCertificateOssUrl - documented as not supported
         SrcCaCertificatePassword - documented as not supported
         SrcClientCertOssUrl - documented as not supported
         SrcClientKeyOssUrl - documented as not supported
         SrcClientPassword - documented as not supported",
    ),
    (
        "ModifyDtsJob",
        "EtlOperatorColumnReference - columns that ETL adds; the rest of ETL is in reserve
         FileOssUrl - a file that has to be uploaded to a store of DTS first; db_list says the same
         FilterTableName - documented nowhere
         ModifyTypeEnum - which of both is changed: follows from what differs
         Reserved = dts_job.reserve
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "ModifyDtsJobConfig",
        "ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "ModifyDtsJobDedicatedCluster",
        "DtsJobIds - the job itself
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "ModifyDtsJobDuLimit",
        "ResourceGroupId - the group of the object is known by its id",
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
         Username = dts_job.source_endpoint.user_name",
    ),
    (
        "ModifyDtsJobName",
        "ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "ModifyDtsJobPassword",
        "Endpoint - which block it is
         Password = dts_job.source_endpoint.password
         ResourceGroupId - the group of the object is known by its id
         UserName = dts_job.source_endpoint.user_name",
    ),
    (
        "TransferInstanceClass",
        "OrderType - follows from which class is larger
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "TransferPayType",
        "BuyCount = dts_instance.used_time
         ChargeType = dts_instance.pay_type
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "RenewInstance",
        "BuyCount = dts_instance.used_time
         ChargeType - PREPAY is the only value
         ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "CreateConsumerChannel",
        "ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "CreateJobMonitorRule",
        "ResourceGroupId - the group of the object is known by its id",
    ),
    (
        "TagResources",
        "ResourceGroupId - the group of the object is known by its id
         ResourceId - the instance itself
         ResourceType - an instance is all that has tags",
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

/// The parameters that arguments of the objects which call an action say themselves to become.
fn told_by_schema(objects: &BTreeMap<String, Block>, action: &str) -> BTreeSet<String> {
    fn of_block(block: &Block, names: &mut BTreeSet<String>) {
        let settable = block
            .attributes
            .iter()
            .filter(|attribute| attribute.mode != Mode::Computed);
        for name in settable.filter_map(Attribute::api_name) {
            let parameter = name
                .split_once(MEMBER)
                .map_or(name.as_str(), |(parameter, _)| parameter);
            names.insert(parameter.to_owned());
        }
        for nested in &block.blocks {
            of_block(&nested.block, names);
        }
    }
    let mut names = BTreeSet::new();
    for known in PERMISSIONS
        .iter()
        .filter(|known| known.operations.contains(&action))
    {
        if let Some(block) = objects.get(known.object) {
            of_block(block, &mut names);
        }
    }
    names
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
        let by_schema = told_by_schema(&objects, action);
        let mut told = BTreeSet::new();
        for (name, place) in lines(text) {
            if !told.insert(name) || by_schema.contains(name) && matches!(place, Place::Argument(_)) {
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
        told.extend(parameters.iter().filter(|name| by_schema.contains(**name)));
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
