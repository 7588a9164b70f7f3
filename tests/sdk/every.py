"""Drives every operation that the emulator serves with the official SDK, unmodified.

usage: every.py HOST:PORT v1|v3      fails at the first reply that is not as expected
"""

import json
import sys

from alibabacloud_dts20200101 import models
from alibabacloud_dts20200101.client import Client

from flow import client, expect, refused

METHODS = {name.replace("_", ""): name for name in dir(Client) if not name.startswith("_")}
REGION = "cn-hangzhou"


class Dts:
    """Calls by the names of the API: the SDK turns them into its own models and back."""

    def __init__(self, endpoint, signature):
        self.sdk = client(endpoint, signature)

    def __call__(self, action, **wire):
        request = getattr(models, action + "Request")().from_map(wire)
        reply = getattr(self.sdk, METHODS[action.lower()])(request).body.to_map()
        if reply.get("Success", True) not in (True, "true"):
            sys.exit(f"{action}: {reply}")
        return reply

    def status(self, job, **wire):
        return self("DescribeDtsJobDetail", DtsJobId=job, **wire)["Status"]


def databases(kind):
    return {
        "RegionId": REGION,
        "DtsJobName": f"every {kind}",
        "JobType": kind,
        "StructureInitialization": True,
        "DataInitialization": True,
        "DataSynchronization": True,
        "SourceEndpointInstanceType": "RDS",
        "SourceEndpointEngineName": "MYSQL",
        "SourceEndpointInstanceID": "rm-source",
        "SourceEndpointRegion": REGION,
        "SourceEndpointUserName": "dtstest",
        "SourceEndpointPassword": "secret+&= é",
        "DestinationEndpointInstanceType": "RDS",
        "DestinationEndpointEngineName": "MYSQL",
        "DestinationEndpointInstanceID": "rm-destination",
        "DestinationEndpointRegion": REGION,
        "DestinationEndpointUserName": "dtstest",
        "DestinationEndpointPassword": "secret+&= é",
        "DbList": json.dumps({"dtsdb": {"name": "dtsdb", "all": True}}),
    }


def buy(dts, kind, **more):
    order = {
        "Type": kind,
        "RegionId": REGION,
        "SourceRegion": REGION,
        "DestinationRegion": REGION,
        "PayType": "PostPaid",
        "InstanceClass": "small",
    }
    reply = dts("CreateDtsInstance", **{**order, **more})
    return reply["InstanceId"], reply["JobId"]


def instances(dts):
    instance, job = buy(dts, "SYNC")
    base = {"RegionId": REGION, "ResourceType": "ALIYUN::DTS::INSTANCE"}
    dts("TagResources", **base, ResourceId=[instance], Tag=[{"Key": "env", "Value": "a b"}, {"Key": "k", "Value": ""}])
    listed = dts("ListTagResources", **base, ResourceId=[instance])["TagResources"]["TagResource"]
    expect([(tag["TagKey"], tag["TagValue"]) for tag in listed], [("env", "a b"), ("k", "")], "tags")
    expect(dts("DescribeTagKeys", RegionId=REGION)["TagKeys"], ["env", "k"], "keys")
    expect(dts("DescribeTagValues", RegionId=REGION, Key="env")["TagValues"], ["a b"], "values")
    dts("UntagResources", **base, ResourceId=[instance], TagKey=["k"])
    dts("ConvertInstanceResourceGroup", ResourceId=instance, NewResourceGroupId="rg-1")
    dts("TransferInstanceClass", DtsJobId=job, InstanceClass="medium", OrderType="UPGRADE")
    paid = dts("TransferPayType", DtsJobId=job, ChargeType="PrePaid", Period="Month", BuyCount="1")
    expect(paid["ChargeType"], "PREPAY", "TransferPayType")
    renewed = dts("RenewInstance", DtsJobId=job, ChargeType="PREPAY", Period="Month", BuyCount="1")
    expect(renewed["EndTime"] > paid["EndTime"], True, "RenewInstance")
    refused(lambda: dts("DeleteDtsJob", DtsJobId=job), 403, "OperationDenied")
    dts("TransferPayType", DtsJobId=job, ChargeType="PostPaid")
    dts("DeleteDtsJob", DtsJobId=job, JobType="SYNC")


def jobs(dts):
    instance, job = buy(dts, "SYNC")
    dts("ConfigureDtsJob", **databases("SYNC"), DtsInstanceId=instance)
    expect(dts.status(job), "synchronizing", "status, in lower case")
    dts("SuspendDtsJob", DtsJobId=job)
    dts("StartDtsJob", DtsJobId=job)
    dts("SuspendDtsJobs", DtsJobIds=job)
    dts("StartDtsJobs", DtsJobIds=job)
    dts("ModifyDtsJobName", DtsJobId=job, DtsJobName="other")
    dts("ModifyDtsJobPassword", DtsJobId=job, Endpoint="src", Password="next")
    dts("ModifyDtsJob", DtsInstanceId=instance, DbList={"d": {"name": "d", "all": True}}, ClientToken="t")
    dts("ModifyDtsJobEndpoint", DtsJobId=job, Endpoint="dest", EndpointInstanceType="rds",
        EndpointInstanceId="rm-other", EndpointRegionId=REGION)
    dts("ModifyDtsJobConfig", DtsJobId=job,
        Parameters=json.dumps([{"module": "07", "name": "sink.batch.size.maximum", "value": "2"}]))
    settings = dts("DescribeDtsJobConfig", DtsJobId=job, Module="07")["Parameters"]
    changed = [item["Name"] for item in settings if item["RunningValue"] != item["DefaultValue"]]
    expect(changed, ["sink.batch.size.maximum"], "settings")
    dts("ModifyDynamicConfig", DtsJobId=job, JobCode="07", ConfigList=json.dumps({"dts.datamove.source.rps.max": 9}))
    rule = {"DtsJobId": job, "Type": "delay", "DelayRuleTime": 30, "Phone": "1390000"}
    dts("CreateJobMonitorRule", **rule)
    rules = dts("DescribeJobMonitorRule", DtsJobId=job)["MonitorRules"]
    expect([(item["Type"], item["DelayRuleTime"]) for item in rules], [("delay", 30)], "rules")
    listed = dts("DescribeDtsJobs", JobType="SYNC", DtsJobId=job, Region=REGION)["DtsJobList"]
    expect([item["DestinationEndpoint"]["InstanceID"] for item in listed], ["rm-other"], "list")
    expect(dts("CountJobByCondition", RegionId=REGION, Region=REGION, JobType="SYNC")["TotalRecordCount"], 1, "count")
    expect(dts("DescribePreCheckStatus", DtsJobId=job, JobCode="04")["State"], "Catched", "increment")
    steps = dts("ListJobStep", DtsJobId=job)["JobSteps"]
    expect(steps[-1]["JobStepName"], "Synchronization", "steps")
    summary = dts("SummaryJobDetail", DtsJobId=job, JobCode="02")["ProgressSummaryDetails"]
    expect([item["Key"] for item in summary], ["Database"], "summary")
    expect(dts("DescribeSyncStatus", DtsJobId=job)["SyncStatusList"][0]["JobId"], job, "sync status")
    dts("DescribeInitializationStatus", SynchronizationJobId=instance)
    expect(dts("DescribeDtsServiceLog", DtsJobId=job)["TotalRecordCount"] > 0, True, "log")
    dts("UpgradeTwoWay", InstanceId=instance, InstanceClass="large")
    back = {"DtsInstanceId": instance, "SynchronizationDirection": "Reverse"}
    dts("ConfigureDtsJob", **{**databases("SYNC"), **back})
    dts("ReverseTwoWayDirection", RegionId=REGION, DtsInstanceId=instance)
    dts("ResetDtsJob", **back)
    dts("DeleteDtsJob", **back)
    dts("StopDtsJobs", DtsJobIds=dts("DescribeDtsJobDetail", DtsInstanceID=instance)["DtsJobId"])
    dts("DeleteSynchronizationJob", SynchronizationJobId=instance)
    refused(lambda: dts("DescribeDtsJobDetail", DtsInstanceID=instance), 403, "Forbidden.InstanceNotFound")

    instance, job = buy(dts, "MIGRATION")
    dts("ConfigureDtsJob", **databases("MIGRATION"), DtsJobId=job, Reserve=json.dumps({"autoStartModulesAfterConfig": "none"}))
    dts("StartDtsJob", DtsJobId=job)
    dts("SkipPreCheck", DtsJobId=job, Skip=True, SkipPreCheckItems=json.dumps(["CHECK_SAME_OBJ"]),
        SkipPreCheckNames=json.dumps(["CHECK_SAME_OBJ_DETAIL"]))
    dts("ShieldPrecheck", DtsInstanceId=instance, PrecheckItems="CHECK_SRC")
    dts("StopDtsJob", DtsJobId=job)
    expect(dts.status(job), "Finished", "stopped")
    dts("DeleteMigrationJob", MigrationJobId=instance)

    clustered = {**databases("MIGRATION"), "DedicatedClusterId": "dtscluster_1"}
    job = dts("ConfigureDtsJob", **clustered)["DtsJobId"]
    dts("ModifyDtsJobDuLimit", DtsJobId=job, DuLimit=3)
    dts("ModifyDtsJobDedicatedCluster", DtsJobIds=job, DedicatedClusterId="dtscluster_2")
    expect(dts("DescribeDedicatedCluster", DedicatedClusterId="dtscluster_2")["UsedDu"], 3, "cluster")
    clusters = dts("ListDedicatedCluster", RegionId=REGION)["DedicatedClusterStatusList"]["DedicatedClusterStatus"]
    expect(len(clusters), 2, "clusters")
    dts("DeleteDtsJobs", DtsJobIds=job)


def subscriptions(dts):
    instance, job = buy(dts, "SUBSCRIBE")
    source = {name: value for name, value in databases("").items() if name.startswith("Source")}
    configured = dts(
        "ConfigureSubscription",
        **{**source, "SourceEndpointEngineName": "MySQL"},
        RegionId=REGION,
        DtsJobName="orders",
        DtsInstanceId=instance,
        DbList=json.dumps({"dtsdb": {"name": "dtsdb", "all": True}}),
        SubscriptionInstanceNetworkType="vpc",
        SubscriptionInstanceVPCId="vpc-1",
        SubscriptionInstanceVSwitchId="vsw-1",
    )
    expect((configured["DtsJobId"], configured["Success"]), (job, "true"), "ConfigureSubscription")
    dts("StartDtsJob", DtsJobId=job)
    detail = dts("DescribeDtsJobDetail", DtsJobId=job)
    expect(detail["Status"], "Normal", "subscription")
    dts("ModifySubscription", DtsInstanceId=instance, DtsJobId=job, SubscriptionDataTypeDDL=False,
        SubscriptionDataTypeDML=True, DbList=json.dumps({"other": {"all": True}}))
    of = {"RegionId": REGION, "DtsInstanceId": instance}
    group = dts("CreateConsumerChannel", **of, ConsumerGroupName="g", ConsumerGroupUserName="u",
                ConsumerGroupPassword="Secret-1+&=")["ConsumerGroupID"]
    dts("ModifyConsumerChannel", **of, ConsumerGroupId=group, ConsumerGroupPassword="Secret-2+&=")
    channels = dts("DescribeConsumerChannel", **of)["ConsumerChannels"]
    expect([channel["ConsumerGroupId"] for channel in channels], [group], "groups")
    # The SDK sends this map as JSON.
    meta = dts("DescribeSubscriptionMeta", DtsInstanceId=instance, Sid=group, Topics={detail["SubscribeTopic"]: ""})
    expect(len(meta["SubscriptionMetaList"]), 1, "meta")
    dts("DeleteConsumerChannel", **of, ConsumerGroupId=group)
    dts("DeleteSubscriptionInstance", SubscriptionInstanceId=instance)


def network(dts):
    ranges = dts("DescribeDTSIP", SourceEndpointRegion=REGION)["DynamicMessage"]
    expect(dts("WhiteIpList", Region=REGION, Type="vpc")["SrcIpList"], ranges, "ranges")
    tried = dts("DescribeConnectionStatus", SourceEndpointInstanceType="RDS", SourceEndpointInstanceID="rm-source",
                SourceEndpointUserName="dtstest", SourceEndpointPassword="secret+&= é",
                DestinationEndpointInstanceType="LocalInstance", DestinationEndpointIP="10.0.0.1",
                DestinationEndpointPort="3306")
    expect(tried["SourceConnectionStatus"]["connectRes"], True, "connection")
    expect(tried["DestinationConnectionStatus"]["connectRes"], False, "connection without an account")


if __name__ == "__main__":
    service = Dts(sys.argv[1], sys.argv[2])
    for part in (instances, jobs, subscriptions, network):
        part(service)
