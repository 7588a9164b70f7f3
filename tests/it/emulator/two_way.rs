//! Two-way synchronization: one instance, two jobs, and a direction with every call.

use serde_json::json;

use super::client::{Bench, purchase, text, with};

const SYNC: [(&str, &str); 2] = [("JobType", "SYNC"), ("DataSynchronization", "true")];
const REVERSE: (&str, &str) = ("SynchronizationDirection", "Reverse");
const FORWARD: (&str, &str) = ("SynchronizationDirection", "Forward");

fn buy(bench: &Bench) -> (String, String) {
    let params = with(&purchase("SYNC"), &[("SyncArchitecture", "bidirectional")]);
    let body = bench.ok("CreateDtsInstance", &params);
    (text(&body, "InstanceId"), text(&body, "JobId"))
}

#[test]
fn each_direction_is_a_job_of_its_own() {
    let bench = Bench::immediate();
    let (instance, forward) = buy(&bench);
    let of = ("DtsInstanceId", instance.as_str());
    let detail = |direction| {
        bench.ok(
            "DescribeDtsJobDetail",
            &[("DtsInstanceID", instance.as_str()), direction],
        )
    };
    let reverse = text(&detail(REVERSE), "DtsJobId");
    assert_ne!(reverse, forward);
    // What was bought, turned round.
    assert_eq!(detail(FORWARD)["SourceEndpoint"]["Region"], "cn-hangzhou");
    assert_eq!(detail(REVERSE)["SourceEndpoint"]["Region"], "cn-shanghai");
    assert_eq!(bench.configure(&[&[of, FORWARD], &SYNC[..]].concat()), forward);
    assert_eq!(
        (bench.status(&forward), bench.status(&reverse)),
        ("Synchronizing".to_owned(), "NotConfigured".to_owned())
    );
    // The job's id of one direction and the name of the other mean the other.
    let ids = [("DtsJobId", forward.as_str()), REVERSE, ("DtsJobName", "back")];
    assert_eq!(bench.configure(&[&ids, &SYNC[..]].concat()), reverse);
    assert_eq!(bench.status(&reverse), "Synchronizing");
    assert_eq!(detail(REVERSE)["SynchronizationDirection"], "Reverse");
    assert_eq!(
        bench.detail(&reverse)["DtsJobName"],
        "back",
        "an id alone says enough"
    );

    bench.ok("SuspendDtsJob", &[of, REVERSE]);
    assert_eq!(
        (bench.status(&forward), bench.status(&reverse)),
        ("Synchronizing".to_owned(), "Suspending".to_owned())
    );
    let list = bench.ok("DescribeDtsJobs", &[("JobType", "SYNC")]);
    assert_eq!(
        list["TotalRecordCount"], 1,
        "one entry, with the reverse half inside"
    );
    let entry = &list["DtsJobList"][0];
    assert_eq!(
        (
            &entry["DtsJobId"],
            &entry["ReverseJob"]["DtsJobId"],
            &entry["ReverseJob"]["Status"]
        ),
        (&json!(forward), &json!(reverse), &json!("Suspending"))
    );
    assert_eq!(bench.entry("SYNC", &reverse)["DtsJobId"], forward.as_str());
    let status = bench.ok("DescribeSyncStatus", &[of]);
    let states: Vec<_> = status["SyncStatusList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["Status"])
        .collect();
    assert_eq!(states, ["Synchronizing", "Suspending"]);

    bench.ok("StartDtsJob", &[of, REVERSE]);
    bench.ok("ReverseTwoWayDirection", &[of, ("RegionId", "cn-hangzhou")]);
    assert_eq!(text(&detail(FORWARD), "DtsJobId"), reverse);
    bench.ok("ReverseTwoWayDirection", &[of, ("RegionId", "cn-hangzhou")]);

    // Reverse releases that half alone.
    bench.ok("DeleteDtsJob", &[of, REVERSE]);
    assert!(!bench.emulator.instances()[0].released);
    assert_eq!(
        bench.refused("DescribeDtsJobDetail", &[("DtsJobId", &reverse)]),
        (404, "InvalidJobId".to_owned())
    );
    assert_eq!(bench.entry("SYNC", &forward).get("ReverseJob"), None);
    bench.ok("DeleteDtsJob", &[of]);
    assert!(bench.emulator.instances()[0].released);
}

#[test]
fn both_halves_go_with_the_instance() {
    let bench = Bench::immediate();
    let (instance, forward) = buy(&bench);
    bench.ok("DeleteDtsJob", &[("DtsJobId", &forward)]);
    let gone = bench.refused("DescribeDtsJobDetail", &[("DtsInstanceID", &instance), REVERSE]);
    assert_eq!(gone, (403, "Forbidden.InstanceNotFound".to_owned()));
}

#[test]
fn configured_first_by_its_reserve() {
    let bench = Bench::immediate();
    let reserve = ("Reserve", r#"{"syncArchitecture":"bidirectional"}"#);
    let job = bench.configure(&[&[reserve], &SYNC[..]].concat());
    let instance = bench.buy_for(&job, false);
    let reverse = bench.ok("DescribeDtsJobDetail", &[("DtsInstanceID", &instance), REVERSE]);
    assert_eq!(
        (&reverse["Status"], &reverse["DtsJobDirection"]),
        (&json!("NotConfigured"), &json!("Reverse"))
    );
}

#[test]
fn a_one_way_synchronization_is_upgraded() {
    let bench = Bench::immediate();
    let (instance, job) = bench.synchronize();
    let of = ("InstanceId", instance.as_str());
    let class = ("InstanceClass", "medium");
    let one_way = bench.refused("StartDtsJob", &[("DtsInstanceId", &instance), REVERSE]);
    assert_eq!(one_way, (400, "InvalidSynchronizationDirection".to_owned()));
    bench.ok("SuspendDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(
        bench.refused("UpgradeTwoWay", &[of, class]),
        (403, "OperationDenied.JobStatus".to_owned())
    );
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    bench.ok("UpgradeTwoWay", &[of, class]);
    assert_eq!(bench.emulator.instances()[0].instance_class, "medium");
    let reverse = bench.ok("DescribeDtsJobDetail", &[("DtsInstanceID", &instance), REVERSE]);
    assert_eq!(reverse["Status"], "NotConfigured");
    assert_eq!(
        bench.refused("UpgradeTwoWay", &[of, class]),
        (403, "OperationDenied".to_owned())
    );
    let migration = with(&purchase("MIGRATION"), &[("SyncArchitecture", "bidirectional")]);
    assert_eq!(
        bench.refused("CreateDtsInstance", &migration),
        (400, "InvalidSyncArchitecture".to_owned())
    );
}
