//! The calls that the provider `alicloud` makes, in its form: V1, POST, what is common to all actions and the signature in
//! the query, the action's own parameters in the form. A reply is judged as it judges, and read with its assertions.

use serde_json::Value;

use super::client::{Bench, DB_LIST, canonical, text, v1_signature, with};

/// One resource of that provider, and the emulator.
struct Alicloud(Bench);

/// The code of a failure as that client sees it, `None` for success: a reply with `Code` or `Success` has failed, but
/// for some values of them, or an empty `Message`.
fn failure(status: u16, body: &Value) -> Option<String> {
    let code = match &body["Code"] {
        Value::Number(code) => code.to_string(),
        code => code.as_str().unwrap_or_default().to_owned(),
    };
    if status >= 400 {
        return Some(code);
    }
    let judged = body.get("Code").is_some() || body.get("Success").is_some();
    let good = ["success", "ok", "200", "0"].contains(&code.to_ascii_lowercase().as_str())
        || body["Success"] == true
        || body["Success"] == "true"
        || body["Message"] == "";
    (judged && !good).then_some(code)
}

impl Alicloud {
    fn new(lifecycle: &str) -> Self {
        Self(Bench::new(lifecycle, None))
    }

    fn send(&self, action: &str, params: &[(&str, &str)]) -> (u16, Value) {
        let mut common = self.0.v1_pairs(action, &[]);
        let own: Vec<(String, String)> = params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let signature = v1_signature("POST", "testAccessKeySecret", &[&common[..], &own].concat());
        common.push(("Signature".to_owned(), signature));
        let url = format!("{}/?{}", self.0.emulator.url(), canonical(&common));
        let request = self
            .0
            .http()
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(canonical(&own));
        self.0.send(request).unwrap()
    }

    fn call(&self, action: &str, params: &[(&str, &str)]) -> Value {
        let (status, body) = self.send(action, params);
        assert_eq!(failure(status, &body), None, "{action}: {status} {body}");
        body
    }

    /// Not found is one of two codes, wherever in the body.
    fn gone(&self, action: &str, params: &[(&str, &str)]) {
        let (status, body) = self.send(action, params);
        let code = failure(status, &body).unwrap_or_default();
        assert!(
            ["Forbidden.InstanceNotFound", "InvalidJobId"].contains(&code.as_str()),
            "{action}: {body}"
        );
    }

    /// Reads a job and asserts what that client asserts, where it would otherwise panic.
    fn detail(&self, id: (&str, &str)) -> Value {
        let body = self.call("DescribeDtsJobDetail", &[("RegionId", "cn-hangzhou"), id]);
        for name in [
            "MigrationMode",
            "SourceEndpoint",
            "DestinationEndpoint",
            "SubscriptionDataType",
        ] {
            assert!(body[name].is_object(), "{name}: {body}");
        }
        let checkpoint = text(&body, "Checkpoint");
        assert!(
            checkpoint.is_empty() || checkpoint.parse::<i64>().is_ok(),
            "{checkpoint}"
        );
        serde_json::from_str::<Value>(&text(&body, "Reserved")).unwrap();
        body
    }

    /// Waits as that client does: any other status is "not yet".
    fn wait(&self, job: &str, wanted: &[&str]) -> String {
        for _ in 0..20 {
            let status = text(&self.detail(("DtsJobId", job)), "Status");
            if wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(&status)) {
                return status;
            }
        }
        panic!("never {wanted:?}");
    }
}

const ENDS: [(&str, &str); 12] = [
    ("SourceEndpointInstanceType", "RDS"),
    ("SourceEndpointEngineName", "MYSQL"),
    ("SourceEndpointInstanceID", "rm-source"),
    ("SourceEndpointRegion", "cn-hangzhou"),
    ("SourceEndpointUserName", "dtstest"),
    ("SourceEndpointPassword", "p+ *~é"),
    ("DestinationEndpointInstanceType", "RDS"),
    ("DestinationEndpointEngineName", "MYSQL"),
    ("DestinationEndpointInstanceID", "rm-destination"),
    ("DestinationEndpointRegion", "cn-hangzhou"),
    ("DestinationEndpointUserName", "dtstest"),
    ("DestinationEndpointPassword", "p+ *~é"),
];

fn purchase(kind: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("Type", kind),
        // Without a job this has no effect, and has to be taken all the same.
        ("AutoStart", "true"),
        ("AutoPay", "false"),
        ("InstanceClass", "small"),
        ("PayType", "PostPaid"),
        ("RegionId", "cn-hangzhou"),
        ("SourceRegion", "cn-hangzhou"),
        ("DestinationRegion", "cn-hangzhou"),
        ("SourceEndpointEngineName", "MySQL"),
        ("DestinationEndpointEngineName", "MySQL"),
    ]
}

/// A job as that provider configures it. `PayType` is no parameter of the action: unknown ones are ignored.
fn job(kind: &'static str) -> Vec<(&'static str, &'static str)> {
    let own = [
        ("DtsJobName", "tf-testacc"),
        ("JobType", kind),
        ("PayType", "PostPaid"),
        ("RegionId", "cn-hangzhou"),
        ("StructureInitialization", "true"),
        ("DataInitialization", "true"),
        ("DataSynchronization", "true"),
        ("DbList", DB_LIST),
        ("Reserve", r#"{"srcSSL":"0","destSSL":"0"}"#),
    ];
    [&own[..], &ENDS].concat()
}

#[test]
fn a_migration() {
    let cloud = Alicloud::new("reads:1");
    let bought = cloud.call("CreateDtsInstance", &purchase("MIGRATION"));
    let instance = text(&bought, "InstanceId");
    let id = ("DtsInstanceId", instance.as_str());
    cloud.detail(("DtsInstanceID", &instance));
    let configured = cloud.call("ConfigureDtsJob", &with(&job("MIGRATION"), &[id]));
    let dts_job = text(&configured, "DtsJobId");
    let own = ("DtsJobId", dts_job.as_str());
    assert_eq!(
        cloud.wait(&dts_job, &["PreCheckPass", "Migrating", "PrecheckFailed"]),
        "Migrating"
    );
    let list = cloud.call(
        "DescribeDtsJobs",
        &[
            own,
            ("JobType", "MIGRATION"),
            ("PageSize", "50"),
            ("RegionId", "cn-hangzhou"),
        ],
    );
    assert_eq!(list["DtsJobList"][0]["DtsJobId"], dts_job.as_str());
    cloud.call("SuspendDtsJob", &[own, ("RegionId", "cn-hangzhou")]);
    cloud.wait(&dts_job, &["Suspending"]);
    cloud.call("StartDtsJob", &[own, ("RegionId", "cn-hangzhou")]);
    cloud.wait(&dts_job, &["Migrating"]);
    cloud.call(
        "ModifyDtsJob",
        &[
            id,
            ("ModifyTypeEnum", "UPDATE_RESERVED"),
            ("Reserved", r#"{"srcSSL":"1"}"#),
        ],
    );
    let end = cloud.detail(own)["SourceEndpoint"].clone();
    assert_eq!(text(&end, "SslSolutionEnum"), "ENABLE_WITH_CERTIFICATE");
    // The instance is released by an action of the older API.
    cloud.call(
        "DeleteMigrationJob",
        &[("MigrationJobId", &instance), ("RegionId", "cn-hangzhou")],
    );
    cloud.gone("DescribeDtsJobDetail", &[("DtsInstanceID", &instance)]);
    cloud.gone("DeleteDtsJob", &[own]);
}

#[test]
fn a_synchronization() {
    let cloud = Alicloud::new("reads:1");
    let bought = cloud.call("CreateDtsInstance", &purchase("SYNC"));
    let instance = text(&bought, "InstanceId");
    let id = ("DtsInstanceId", instance.as_str());
    let configured = cloud.call("ConfigureDtsJob", &with(&job("SYNC"), &[id]));
    let dts_job = text(&configured, "DtsJobId");
    let own = ("DtsJobId", dts_job.as_str());
    cloud.wait(&dts_job, &["Synchronizing"]);
    let settings = cloud.call("DescribeDtsJobConfig", &[own]);
    assert!(settings["Parameters"].is_array());
    cloud.call(
        "ModifyDtsJobName",
        &[own, ("DtsJobName", "other"), ("RegionId", "cn-hangzhou")],
    );
    for end in ["src", "dest"] {
        cloud.call(
            "ModifyDtsJobPassword",
            &[
                own,
                ("Endpoint", end),
                ("UserName", "dtstest"),
                ("Password", "next"),
            ],
        );
    }
    cloud.call(
        "TransferInstanceClass",
        &[
            own,
            ("InstanceClass", "medium"),
            ("OrderType", "UPGRADE"),
            ("RegionId", "cn-hangzhou"),
        ],
    );
    cloud.wait(&dts_job, &["Synchronizing"]);
    cloud.call(
        "ModifyDtsJob",
        &[
            id,
            ("DbList", r#"{"dtsdb":{"name":"dtsdb","all":true}}"#),
            ("RegionId", "cn-hangzhou"),
        ],
    );
    cloud.wait(&dts_job, &["Synchronizing"]);
    cloud.call(
        "ModifyDtsJobConfig",
        &[
            own,
            (
                "Parameters",
                r#"[{"module":"07","name":"sink.worker.type","value":"x"}]"#,
            ),
        ],
    );
    let rule = [
        own,
        ("Type", "delay"),
        ("DelayRuleTime", "234"),
        ("State", "Y"),
        ("Phone", "1390000"),
    ];
    cloud.call("CreateJobMonitorRule", &rule);
    let rules = cloud.call("DescribeJobMonitorRule", &[own]);
    assert_eq!(rules["MonitorRules"][0]["DelayRuleTime"], 234);
    cloud.call("DeleteDtsJob", &[own, ("RegionId", "cn-hangzhou")]);
    cloud.gone("DescribeDtsJobDetail", &[own]);
    cloud.gone("DeleteSynchronizationJob", &[("SynchronizationJobId", &instance)]);
}

#[test]
fn a_subscription_with_a_consumer_group() {
    let cloud = Alicloud::new("reads:1");
    let bought = cloud.call("CreateDtsInstance", &purchase("SUBSCRIBE"));
    let (instance, dts_job) = (text(&bought, "InstanceId"), text(&bought, "JobId"));
    let own = ("DtsJobId", dts_job.as_str());
    let subscription = [
        &ENDS[..1],
        &ENDS[2..6],
        &[
            own,
            ("SourceEndpointEngineName", "MySQL"),
            ("DtsJobName", "tf-testacc"),
            ("RegionId", "cn-hangzhou"),
            ("SubscriptionInstanceNetworkType", "vpc"),
            ("SubscriptionInstanceVPCId", "vpc-1"),
            ("SubscriptionInstanceVSwitchId", "vsw-1"),
            ("DbList", r#"{"dtsdb":{"name":"dtsdb","all":true}}"#),
        ],
    ]
    .concat();
    cloud.call("ConfigureSubscription", &subscription);
    cloud.call("StartDtsJob", &[own]);
    let group = [
        ("DtsInstanceId", instance.as_str()),
        ("RegionId", "cn-hangzhou"),
        ("ConsumerGroupName", "g"),
        ("ConsumerGroupUserName", "u"),
        ("ConsumerGroupPassword", "Lazypeople123+"),
    ];
    // It repeats this refusal until the subscription is Normal.
    let (status, refused) = cloud.send("CreateConsumerChannel", &group);
    assert_eq!(
        failure(status, &refused).as_deref(),
        Some("OperationDenied.JobStatus")
    );
    // It takes Starting for started.
    cloud.wait(&dts_job, &["Normal", "Starting"]);
    cloud.wait(&dts_job, &["Normal"]);
    let made = text(&cloud.call("CreateConsumerChannel", &group), "ConsumerGroupID");
    let channels = cloud.call(
        "DescribeConsumerChannel",
        &[group[0], group[1], ("PageSize", "20"), ("PageNumber", "1")],
    );
    assert_eq!(channels["ConsumerChannels"][0]["ConsumerGroupId"], made.as_str());
    cloud.call(
        "ModifyConsumerChannel",
        &[group[0], group[1], ("ConsumerGroupId", &made), group[4]],
    );
    cloud.call(
        "DeleteConsumerChannel",
        &[group[0], group[1], ("ConsumerGroupId", &made)],
    );

    let tags = cloud.call(
        "ListTagResources",
        &[
            ("RegionId", "cn-hangzhou"),
            ("ResourceType", "ALIYUN::DTS::INSTANCE"),
            ("ResourceId.1", &instance),
        ],
    );
    assert_eq!(
        tags["TagResources"]["TagResource"].as_array().map(Vec::len),
        Some(0)
    );
    cloud.call("SuspendDtsJob", &[own]);
    cloud.wait(&dts_job, &["Abnormal"]);
    cloud.call("StartDtsJob", &[own]);
    cloud.wait(&dts_job, &["Normal"]);
    cloud.call("ResetDtsJob", &[own]);
    cloud.wait(&dts_job, &["NotConfigured"]);
    cloud.call("DeleteDtsJob", &[own, ("JobType", "subscribe")]);
    cloud.gone("DescribeDtsJobDetail", &[own]);
}

#[test]
fn an_instance_and_its_list() {
    let cloud = Alicloud::new("immediate");
    // This resource writes the type in lower case.
    let bought = cloud.call("CreateDtsInstance", &purchase("sync"));
    let instance = text(&bought, "InstanceId");
    let id = ("DtsInstanceId", instance.as_str());
    let read = || {
        cloud.call("DescribeDtsInstanceDetail", &[id, ("RegionId", "cn-hangzhou")])["DtsInstanceStatus"]
            .clone()
    };
    assert_eq!(
        (text(&read(), "Type"), text(&read(), "PayType")),
        ("sync".to_owned(), "POSTPAY".to_owned())
    );
    cloud.call(
        "ConvertInstanceResourceGroup",
        &[
            ("ResourceId", &instance),
            ("NewResourceGroupId", "rg-1"),
            ("RegionId", "cn-hangzhou"),
        ],
    );
    let tag = [
        ("RegionId", "cn-hangzhou"),
        ("ResourceType", "ALIYUN::DTS::INSTANCE"),
        ("ResourceId.1", instance.as_str()),
        ("Tag.1.Key", "Created"),
        ("Tag.1.Value", "TF"),
    ];
    cloud.call("TagResources", &tag);
    assert_eq!(read()["Tags"][0]["TagKey"], "Created");
    assert_eq!(text(&read(), "ResourceGroupId"), "rg-1");
    let list = cloud.call("DescribeDtsInstances", &[("PageNum", "1"), ("PageSize", "50")]);
    assert_eq!(
        list["DtsInstanceStatusList"][0]["DtsInstanceId"],
        instance.as_str()
    );
    cloud.call("DeleteDtsJob", &[id]);
    cloud.gone("DescribeDtsInstanceDetail", &[id]);
}

#[test]
fn a_refusal_with_status_200_is_a_failure_to_it() {
    let cloud = Alicloud::new("immediate");
    cloud
        .0
        .emulator
        .add_faults(serde_json::json!({"action": "*", "kind": "refuse", "code": "InvalidJobId", "times": 2}));
    let (status, body) = cloud.send("StartDtsJob", &[("DtsJobId", "x")]);
    assert_eq!((status, failure(status, &body)), (200, Some(String::new())));
    assert!(
        body.to_string().contains("InvalidJobId"),
        "the code is found in the body"
    );
    let (_, body) = cloud.send("CreateDtsInstance", &[]);
    assert!(failure(200, &body).is_some());
}
