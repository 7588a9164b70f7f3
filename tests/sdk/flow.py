"""Drives a DTS endpoint with the official SDK, unmodified: configure, precheck, buy with a start, see it run.

usage: flow.py HOST:PORT v1|v3      prints the ids of what it made, as JSON
"""

import json
import sys

from alibabacloud_dts20200101 import models
from alibabacloud_dts20200101.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config

SIGNATURES = {"v1": "v2", "v3": None}  # the SDK calls V1 "v2", and V3 is what it does by itself


def client(endpoint, signature, secret="testAccessKeySecret", key="testAccessKeyId", token=None):
    return Client(
        Config(
            access_key_id=key,
            access_key_secret=secret,
            security_token=token,
            endpoint=endpoint,
            protocol="HTTP",
            region_id="cn-hangzhou",
            signature_algorithm=SIGNATURES[signature],
        )
    )


def expect(actual, expected, what):
    if actual != expected:
        sys.exit(f"{what}: expected {expected!r}, got {actual!r}")


def refused(call, status, code):
    try:
        answer = call()
    except ClientException as error:
        expect((error.status_code, error.code), (status, code), "refusal")
        if not error.request_id:
            sys.exit(f"{code}: no request id")
        return error
    sys.exit(f"{code} expected, got {answer.to_map()}")


def until(call, wanted, passing):
    """Calls until the state is one of `wanted`; the emulator moves on with each call, so nothing waits."""
    seen = []
    for _ in range(20):
        state, answer = call()
        seen.append(state)
        if state in wanted:
            return seen, answer
        if state not in passing:
            break
    sys.exit(f"never saw {wanted}, but {seen}")


def flow(endpoint, signature):
    dts = client(endpoint, signature)

    configured = dts.configure_dts_job(
        models.ConfigureDtsJobRequest(
            region_id="cn-hangzhou",
            dts_job_name="it's a *test* ~ job/1 é",
            job_type="MIGRATION",
            structure_initialization=True,
            data_initialization=True,
            data_synchronization=True,
            source_endpoint_instance_type="RDS",
            source_endpoint_engine_name="MYSQL",
            source_endpoint_instance_id="rm-source",
            source_endpoint_region="cn-hangzhou",
            source_endpoint_user_name="dtstest",
            source_endpoint_password="p@ss w0rd+&=*~é",
            destination_endpoint_instance_type="RDS",
            destination_endpoint_engine_name="MYSQL",
            destination_endpoint_instance_id="rm-destination",
            destination_endpoint_region="cn-hangzhou",
            destination_endpoint_user_name="dtstest",
            destination_endpoint_password="p@ss w0rd+&=*~é",
            db_list=json.dumps({"dtsdb": {"name": "dtsdb_1", "all": True}}),
            reserve=json.dumps({"targetTableMode": "0"}),
        )
    ).body
    expect((configured.success, configured.http_status_code), ("true", "200"), "ConfigureDtsJob")
    expect(configured.dts_instance_id, None, "instance of a job that is not bought")
    job = configured.dts_job_id

    started = dts.start_dts_job(models.StartDtsJobRequest(dts_job_id=job)).body
    expect((started.success, started.http_status_code), (True, 200), "StartDtsJob")

    def precheck():
        request = models.DescribePreCheckStatusRequest(dts_job_id=job, job_code="01", struct_type="before")
        answer = dts.describe_pre_check_status(request).body
        return answer.state, answer

    states, checked = until(precheck, ["Finished"], ["Checking"])
    expect((checked.error_item, checked.code, checked.job_id), (0, "01", job), "precheck")
    expect({item.state for item in checked.job_progress}, {"Success"}, "items")

    bought = dts.create_dts_instance(
        models.CreateDtsInstanceRequest(job_id=job, auto_start=True, pay_type="PostPaid", instance_class="small")
    ).body
    expect((bought.success, bought.job_id), ("true", job), "CreateDtsInstance")

    def detail():
        answer = dts.describe_dts_job_detail(models.DescribeDtsJobDetailRequest(dts_job_id=job)).body
        return answer.data_synchronization_status.status, answer

    _, running = until(detail, ["Catched"], ["NotStarted"])
    expect(running.status, "Migrating", "status")
    expect(running.dts_instance_id, bought.instance_id, "instance")
    expect(running.dts_job_name, "it's a *test* ~ job/1 é", "name")
    expect(json.loads(running.db_object)["dtsdb"]["name"], "dtsdb_1", "objects")
    expect(running.source_endpoint.instance_id, "rm-source", "source")

    listed = dts.describe_dts_jobs(models.DescribeDtsJobsRequest(region="cn-hangzhou", dts_job_id=job)).body
    expect((listed.total_record_count, listed.dts_job_list[0].dts_job_id), (1, job), "list")

    unknown = models.StartDtsJobRequest(dts_job_id="nosuchjob")
    refused(lambda: dts.start_dts_job(unknown), 404, "InvalidJobId")
    refused(lambda: dts.start_dts_job(models.StartDtsJobRequest()), 400, "MissingDtsJobId")
    wrong = client(endpoint, signature, secret="wrong")
    refused(lambda: wrong.start_dts_job(unknown), 400, "SignatureDoesNotMatch")
    nobody = client(endpoint, signature, key="nobody")
    refused(lambda: nobody.start_dts_job(unknown), 404, "InvalidAccessKeyId.NotFound")
    # With a session token the signature covers more.
    session = client(endpoint, signature, token="testSecurityToken/+=")
    refused(lambda: session.start_dts_job(unknown), 404, "InvalidJobId")

    # The test has asked for one failure with status 200, which this SDK does not raise.
    refusal = dts.suspend_dts_job(models.SuspendDtsJobRequest(dts_job_id=job)).body
    expect((refusal.success, refusal.err_code), (False, "DTS.Msg.Odd"), "Success=false")

    print(json.dumps({"job": job, "instance": bought.instance_id, "precheck": states}))


if __name__ == "__main__":
    flow(sys.argv[1], sys.argv[2])
