//! Subscriptions: both orders, what changes in place and what resets, all kinds of sources, what happens behind our back.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{Create, Update};

use super::bed::{Bed, Managed, operations_of};
use super::config::{SUBSCRIBE, SYNC, fixtures, instance, instance_for, subscription, with};
use super::in_place::{PASSWORD, START, sent};

const CONFIGURE: &str = "ConfigureSubscription";
const MODIFY: &str = "ModifySubscription";
const RESET: &str = "ResetDtsJob";
const RENAME: &str = "ModifyDtsJobName";
const SUSPEND: &str = "SuspendDtsJob";
const RULE: &str = "CreateJobMonitorRule";

fn desired(config: &Json, status: &str) -> Json {
    with(config, json!({ "desired_status": status }))
}

#[test]
fn bought_first_it_is_started_and_tells_where_it_is_consumed() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        let bed = Bed::with(lifecycle, None);
        let mut bought = bed.instance();
        bought.settle(&instance(SUBSCRIBE));
        let config = with(&subscription(), json!({ "dts_instance_id": bought.text("id") }));
        let mut managed = bed.resource("dts_subscription");
        managed.change(&config, Create, &[CONFIGURE, START]);
        assert_eq!(managed.text("status"), "Normal");
        assert_eq!(
            managed.text("subscribe_topic"),
            "cn_hangzhou_rm_source_dtstest_version2"
        );
        let hosts = managed.core.get("subscription_host");
        assert_eq!(hosts["vpc_host"], "dts-cn-hangzhou-vpc.aliyuncs.com:18001");
        assert_eq!(hosts["public_host"], "dts-cn-hangzhou.aliyuncs.com:18001");
        let params = sent(&bed, CONFIGURE);
        for (name, value) in [
            ("SubscriptionInstanceNetworkType", "vpc"),
            ("SubscriptionInstanceVPCId", "vpc-1"),
            ("SubscriptionInstanceVSwitchId", "vsw-1"),
            ("SubscriptionDataTypeDDL", "true"),
            ("SubscriptionDataTypeDML", "true"),
        ] {
            assert_eq!(params[name], value, "{name}");
        }
        let mark = bed.mark();
        managed.settle(&Json::Null);
        assert_eq!(bed.changing_calls(mark), [RESET]);
        assert_eq!(bed.paid(), 1, "the instance stays");
    }
}

#[test]
fn changes_in_place_while_it_runs() {
    let bed = Bed::new();
    let (mut managed, config) = bed.subscribed(&subscription());
    let more = json!({ "database": [{ "name": "dtsdb" }, { "name": "other" }] });
    for (change, calls) in [
        (json!({ "dts_job_name": "renamed" }), &[RENAME][..]),
        (
            json!({ "source_endpoint": { "password": "another" } }),
            &[PASSWORD],
        ),
        (more.clone(), &[MODIFY]),
        (
            json!({ "database": null, "db_list": r#"{"other":{"all":true}}"# }),
            &[MODIFY],
        ),
        (json!({ "subscription_data_type_ddl": false }), &[MODIFY]),
        (json!({ "reserve": r#"{"startTime":"1700000000"}"# }), &[MODIFY]),
        (
            json!({ "database": [{ "name": "other" }], "dts_job_name": "renamed", "desired_status": "suspended" }),
            &[RENAME, MODIFY, SUSPEND],
        ),
    ] {
        let changed = with(&config, change);
        managed.change(&changed, Update, calls);
        let back = managed.settle(&config);
        assert_eq!(back, Update);
    }
    managed.change(&with(&config, more), Update, &[MODIFY]);
    let objects: Json = serde_json::from_str(&sent(&bed, MODIFY)["DbList"]).unwrap();
    assert_eq!(
        objects,
        json!({"dtsdb": {"all": true, "name": "dtsdb"}, "other": {"all": true, "name": "other"}})
    );
}

/// DTS shows a suspended subscription as `Abnormal`.
#[test]
fn it_is_suspended_and_resumed() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        let bed = Bed::with(lifecycle, None);
        let (mut managed, config) = bed.subscribed(&subscription());
        managed.change(&desired(&config, "suspended"), Update, &[SUSPEND]);
        assert_eq!(managed.status(), "Abnormal");
        managed.refused(
            &with(
                &desired(&config, "suspended"),
                json!({ "database": [{ "name": "other" }] }),
            ),
            "database[0].name",
            "only while it runs",
        );
        managed.change(&config, Update, &[START]);
        assert_eq!(managed.status(), "Normal");
        // It is not started only to be suspended.
        let bed = Bed::with(lifecycle, None);
        let (mut managed, config) = bed.subscribed(&desired(&subscription(), "suspended"));
        assert_eq!(managed.status(), "NotStarted");
        managed.change(&desired(&config, "running"), Update, &[START]);
    }
}

#[test]
fn before_the_start_it_is_configured_again() {
    let bed = Bed::new();
    let (mut managed, config) = bed.subscribed(&desired(&subscription(), "configured"));
    assert_eq!(managed.status(), "NotStarted");
    for change in [
        json!({ "source_endpoint": { "instance_id": "rm-other" } }),
        json!({ "subscription_instance_vpc_id": "vpc-2" }),
        json!({ "database": [{ "name": "other" }] }),
        json!({ "checkpoint": "1700000000" }),
        json!({ "reserve": r#"{"startTime":"1"}"# }),
    ] {
        managed.change(&with(&config, change), Update, &[CONFIGURE]);
        managed.change(&config, Update, &[CONFIGURE]);
    }
    managed.change(&desired(&config, "running"), Update, &[START]);
}

#[test]
fn what_cannot_be_changed_resets_and_says_what_is_lost() {
    let bed = Bed::with(Lifecycle::Reads(1), None);
    let (mut managed, config) = bed.subscribed(&subscription());
    let id = managed.text("id");
    for (change, path) in [
        (
            json!({ "source_endpoint": { "instance_id": "rm-other" } }),
            "source_endpoint.instance_id",
        ),
        (
            json!({ "subscription_instance_vswitch_id": "vsw-2" }),
            "subscription_instance_vswitch_id",
        ),
    ] {
        let changed = with(&config, change);
        Managed::warned(&managed.must_plan(&changed), path, "consumer groups");
        managed.change(&changed, Update, &[RESET, CONFIGURE, START]);
        assert_eq!(managed.text("id"), id);
        assert_eq!(managed.status(), "Normal");
        managed.settle(&config);
    }
}

#[test]
fn configured_first_it_is_checked_and_bought_for() {
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(fixtures("source-password", "destination-password")),
    );
    let config = desired(&subscription(), "prechecked");
    let mut managed = bed.resource("dts_subscription");
    managed.change(&config, Create, &[CONFIGURE, START]);
    assert_eq!(managed.status(), "PreCheckPass");
    let changed = with(&config, json!({ "database": [{ "name": "other" }] }));
    managed.change(&changed, Update, &[CONFIGURE, START]);
    managed.change(&config, Update, &[CONFIGURE, START]);
    let mut bought = bed.instance();
    bought.settle(&with(
        &instance_for(&managed.text("id")),
        json!({ "auto_start": true }),
    ));
    managed.assert_plan_is_empty(&config);
    assert_eq!(managed.status(), "Normal");
    assert_eq!(managed.text("dts_instance_id"), bought.text("id"));
    // What it was bought for goes on under the same id, also after a reset.
    let elsewhere = with(
        &desired(&config, "running"),
        json!({ "subscription_instance_vpc_id": "vpc-2" }),
    );
    managed.change(&elsewhere, Update, &[RESET, CONFIGURE, START]);
    assert_eq!(managed.status(), "Normal");

    let mut alone = bed.resource("dts_subscription");
    alone.settle(&with(&config, json!({ "dts_job_name": "alone" })));
    let mark = bed.mark();
    alone.settle(&Json::Null);
    assert_eq!(bed.changing_calls(mark), ["DeleteDtsJob"]);
}

#[test]
fn a_failed_precheck_is_told_and_mended() {
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(fixtures("right", "destination-password")),
    );
    let (mut managed, config) = bed.subscribed(&desired(&subscription(), "configured"));
    let running = desired(&config, "running");
    let planned = managed.must_plan(&running);
    let problems = managed.apply(&planned, &running);
    let error = problems.iter().find(|problem| problem.is_error()).unwrap();
    assert!(error.summary.contains("CHECK_AUTH_SRC"), "{error:?}");
    let mended = with(&running, json!({ "source_endpoint": { "password": "right" } }));
    managed.change(&mended, Update, &[PASSWORD, START]);
    assert_eq!(managed.status(), "Normal");
}

/// Each kind of source, and what DTS tells of it afterwards.
#[test]
fn every_kind_of_source_is_configured_and_imported() {
    let address = json!({ "instance_type": "LocalInstance", "instance_id": null, "region": null, "ip": "10.0.0.1", "port": "3306" });
    for source in [
        json!({}),
        json!({ "instance_type": "PolarDB", "instance_id": "pc-1" }),
        json!({ "instance_type": "DRDS", "instance_id": "drds-1" }),
        json!({ "owner_id": "1406926474064770", "role": "reader" }),
        address.clone(),
        with(
            &address,
            json!({ "engine_name": "PostgreSQL", "database_name": "db" }),
        ),
        with(&address, json!({ "engine_name": "Oracle", "oracle_sid": "orcl" })),
        with(
            &address,
            json!({ "instance_type": "ECS", "instance_id": "i-1", "region": "cn-hangzhou", "ip": null }),
        ),
        with(
            &address,
            json!({ "instance_type": "Express", "instance_id": "vpc-2" }),
        ),
        with(&address, json!({ "instance_type": "dg", "instance_id": "dg-1" })),
        with(
            &address,
            json!({ "instance_type": "CEN", "instance_id": "vpc-2" }),
        ),
    ] {
        let bed = Bed::new();
        let mut config = with(&subscription(), json!({ "source_endpoint": source }));
        if source["instance_type"] == "CEN" {
            config["reserve"] = json!(r#"{"srcInstanceId":"cen-1"}"#);
        }
        let (managed, config) = bed.subscribed(&config);
        let mut imported = bed.resource("dts_subscription");
        imported.import(&managed.text("id")).unwrap();
        imported.change(&config, Update, &[]);
    }
}

#[test]
fn imports() {
    let bed = Bed::new();
    let (managed, config) = bed.subscribed(&subscription());
    let (id, instance_id) = (managed.text("id"), managed.text("dts_instance_id"));
    let mut imported = bed.resource("dts_subscription");
    imported.import(&id).unwrap();
    let planned = imported.must_plan(&config);
    Managed::warned(&planned, "source_endpoint.password", "taken over unchecked");
    imported.change(&config, Update, &[]);
    // Suspended, and without its own words for it.
    bed.call("SuspendDtsJob", &[("DtsJobId", &id)]);
    let mut imported = bed.resource("dts_subscription");
    imported.import(&id).unwrap();
    imported.refresh();
    assert_eq!(imported.text("desired_status"), "suspended");
    imported.change(&desired(&config, "suspended"), Update, &[]);

    let mut other = bed.instance();
    other.settle(&instance(SYNC));
    for (wrong, part) in [
        (
            instance_id,
            "is the id of an instance. Import it as a `dts_instance`, and its job by",
        ),
        (
            other.text("job_id"),
            "a SYNC job, and no subscription. Import it as a `dts_job`",
        ),
        (other.text("id"), "as a `dts_job`"),
        (format!("{id}:group"), "Import that as a `dts_consumer_group`"),
        ("nowhere".to_owned(), "There is no subscription"),
    ] {
        let errors = bed.resource("dts_subscription").import(&wrong).unwrap_err();
        let told = errors.iter().next().unwrap();
        assert!(told.detail.contains(part), "{wrong}: {}", told.detail);
    }
}

#[test]
fn what_is_done_behind_our_back_is_seen() {
    let bed = Bed::new();
    let (mut managed, config) = bed.subscribed(&subscription());
    let id = managed.text("id");
    let job = ("DtsJobId", id.as_str());
    bed.call(RENAME, &[job, ("DtsJobName", "elsewhere")]);
    managed.change(&config, Update, &[RENAME]);
    bed.call(
        MODIFY,
        &[
            job,
            ("DbList", r#"{"other":{"name":"other","all":true}}"#),
            ("SubscriptionDataTypeDML", "false"),
        ],
    );
    managed.change(&config, Update, &[MODIFY]);
    bed.call(SUSPEND, &[job]);
    let planned = managed.must_plan(&config);
    Managed::warned(&planned, "desired_status", "suspended by somebody else");
    assert!(managed.core.get("failure").is_null());
    managed.change(&config, Update, &[START]);
    bed.call(RESET, &[job]);
    managed.change(&config, Update, &[CONFIGURE, START]);
    bed.call("DeleteDtsJob", &[job]);
    managed.refresh();
    assert!(managed.core.state.is_none(), "gone with its instance");
}

/// It is started again, and the plan says why it does not run.
#[test]
fn one_that_failed_is_drift_with_the_reason() {
    let bed = Bed::new();
    let (mut managed, config) = bed.subscribed(&subscription());
    bed.emulator.script_job(json!({ "job": "*", "failure": {
        "stage": "incremental", "code": "DTS-30019", "message": "the log was purged" } }));
    managed.refresh();
    assert_eq!(managed.status(), "Abnormal");
    let failure = managed.core.get("failure");
    assert_eq!(failure["stage"], "data_synchronization", "{failure}");
    assert_eq!(failure["code"], "DTS-30019");
    assert!(
        failure["message"]
            .as_str()
            .unwrap()
            .contains("the log was purged")
    );
    let planned = managed.must_plan(&config);
    assert_eq!(operations_of(&planned.planned), [START]);
    Managed::warned(&planned, "desired_status", "the log was purged");
    // One that failed is no suspended one, whoever imports it.
    let mut imported = bed.resource("dts_subscription");
    imported.import(&managed.text("id")).unwrap();
    imported.refresh();
    assert_eq!(imported.text("desired_status"), "running");
    assert_eq!(imported.core.get("failure")["code"], "DTS-30019");
    managed.change(&config, Update, &[START]);
    assert!(managed.core.get("failure").is_null());
    // Suspended as wanted, nothing is told.
    managed.settle(&desired(&config, "suspended"));
    managed.assert_plan_is_empty(&desired(&config, "suspended"));
    assert!(managed.core.get("failure").is_null());
}

#[test]
fn a_wait_that_fails_may_be_a_warning() {
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(fixtures("right", "destination-password")),
    );
    let mut bought = bed.instance();
    bought.settle(&instance(SUBSCRIBE));
    let config = with(
        &subscription(),
        json!({ "dts_instance_id": bought.text("id"), "on_wait_failure": "warn" }),
    );
    let mut managed = bed.resource("dts_subscription");
    let planned = managed.must_plan(&config);
    let told = managed.apply(&planned, &config);
    assert!(!told.has_errors(), "{told:#?}");
    assert!(
        told.iter().any(|one| one.summary.contains("CHECK_AUTH_SRC")),
        "{told:#?}"
    );
    assert!(!managed.core.state.as_ref().unwrap().tainted);
    assert_eq!(managed.core.get("failure")["stage"], "precheck");
    // It is still wanted: the next plan says what it would do, and why.
    let planned = managed.must_plan(&config);
    assert_eq!(operations_of(&planned.planned), [START]);
    Managed::warned(&planned, "desired_status", "CHECK_AUTH_SRC");
    let mended = with(&config, json!({ "source_endpoint": { "password": "right" } }));
    managed.change(&mended, Update, &[PASSWORD, START]);
    assert!(managed.core.get("failure").is_null());
}

/// What an import finds may be a `dts_monitor_rule`'s: it is no change until the configuration says something of it.
#[test]
fn alarms_that_an_import_finds_stay_as_they_are() {
    let bed = Bed::new();
    let (managed, config) = bed.subscribed(&subscription());
    let id = managed.text("id");
    let alarm = |time: &str, phone: &str| {
        let said = [
            ("DtsJobId", id.as_str()),
            ("Type", "delay"),
            ("DelayRuleTime", time),
            ("Phone", phone),
        ];
        bed.call(RULE, &said);
    };
    alarm("60", "1,2");
    let mut imported = bed.resource("dts_subscription");
    imported.import(&id).unwrap();
    let unsaid = with(&config, json!({ "source_endpoint": { "password": null } }));
    imported.assert_plan_is_empty(&unsaid);
    assert_eq!(imported.core.get("delay_rule_time"), 60);
    imported.change(&config, Update, &[]);
    imported.assert_plan_is_empty(&config);
    alarm("90", "1,2");
    imported.assert_plan_is_empty(&config);
    // Said as it is, in whatever order, and then otherwise; what was said once is taken away with the argument.
    let said = json!({ "delay_notice": true, "delay_rule_time": 90, "delay_phone": "2,1" });
    imported.settle(&with(&config, said.clone()));
    let mark = bed.mark();
    imported.settle(&with(&config, said));
    assert_eq!(bed.changing_calls(mark), [""; 0]);
    imported.change(
        &with(&config, json!({ "delay_notice": true, "delay_rule_time": 30 })),
        Update,
        &[RULE],
    );
    imported.change(&config, Update, &[RULE]);
    assert!(imported.core.get("delay_notice").is_null());
}

#[test]
fn alarms_are_set_along_and_changed_in_place() {
    let bed = Bed::new();
    let alarmed = json!({ "delay_notice": true, "delay_rule_time": 60, "delay_phone": "1", "error_notice": true, "error_phone": "2" });
    let (mut managed, config) = bed.subscribed(&with(&subscription(), alarmed));
    assert_eq!(sent(&bed, CONFIGURE)["DelayRuleTime"], "60");
    for (change, calls) in [
        (json!({ "delay_rule_time": 90 }), &[RULE][..]),
        (json!({ "delay_phone": null, "error_phone": "3" }), &[RULE, RULE]),
        (json!({ "error_notice": false }), &[RULE]),
        (
            json!({ "delay_notice": null, "delay_phone": null, "delay_rule_time": null }),
            &[RULE],
        ),
    ] {
        managed.change(&with(&config, change), Update, calls);
        managed.settle(&config);
    }
    // Behind our back.
    let id = managed.text("id");
    bed.call(RULE, &[("DtsJobId", &id), ("Type", "delay"), ("State", "N")]);
    managed.change(&config, Update, &[RULE]);
}

#[test]
fn what_dts_refuses_is_refused_in_the_plan() {
    let bed = Bed::new();
    let mut managed = bed.resource("dts_subscription");
    let list = |text: &str| with(&subscription(), json!({ "database": null, "db_list": text }));
    for (config, path, text) in [
        (
            list(r#"{"a":{"name":"b","all":true}}"#),
            "db_list",
            "renames nothing",
        ),
        (
            list(r#"{"a":{"all":false,"Table":{"t":{"name":"u","all":true}}}}"#),
            "db_list",
            "renames nothing",
        ),
        (list("{}"), "db_list", "names no database"),
        (
            desired(&subscription(), "running"),
            "desired_status",
            "dts_instance_id",
        ),
        (
            desired(&subscription(), "suspended"),
            "desired_status",
            "dts_instance_id",
        ),
        (
            with(&subscription(), json!({ "reserve": r#"{"vpcId":"vpc-1"}"# })),
            "reserve",
            "subscription_instance_",
        ),
        (
            with(
                &subscription(),
                json!({ "source_endpoint": { "instance_type": "OTHER", "ip": "10.0.0.1", "port": "3306" } }),
            ),
            "source_endpoint.instance_type",
            "LocalInstance",
        ),
        (
            with(&subscription(), json!({ "min_du": 3 })),
            "min_du",
            "1, 2, 4, 8, 16",
        ),
    ] {
        managed.refused(&config, path, text);
    }
}

/// Left by an apply that was killed, or somebody else's.
#[test]
fn one_that_runs_on_the_instance_is_named() {
    let bed = Bed::new();
    let (managed, config) = bed.subscribed(&subscription());
    let import = format!("`terraform import <address> {}`", managed.text("id"));
    bed.resource("dts_subscription")
        .fails(&config, "dts_instance_id", &[&import]);
}

/// One that was not started would leave whoever consumes it with an error that does not say why.
#[test]
fn a_look_that_fails_before_the_start_is_an_error() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&instance(SUBSCRIBE));
    let config = with(&subscription(), json!({ "dts_instance_id": bought.text("id") }));
    let refused =
        json!({"action": "DescribeDtsJobDetail", "nth": 1, "kind": "refuse", "code": "DTS.Msg.Odd"});
    let mut managed = bed.resource("dts_subscription");
    let planned = managed.must_plan(&config);
    bed.emulator.add_faults(refused);
    let problems = managed.apply(&planned, &config);
    let told: Vec<_> = problems.iter().filter(|problem| problem.is_error()).collect();
    assert!(
        told.len() == 1 && told[0].detail.contains("DTS.Msg.Odd"),
        "{problems:#?}"
    );
    managed.settle(&config);
    assert_eq!(managed.status(), "Normal");
}
