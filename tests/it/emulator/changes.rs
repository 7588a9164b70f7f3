//! Changes of a job in place: its objects, its reserve, its class.

use super::client::{Bench, text};

const SYNC: [(&str, &str); 2] = [("JobType", "SYNC"), ("DataSynchronization", "true")];

#[test]
fn objects_of_a_synchronization_are_replaced_and_its_reserve_is_merged() {
    let bench = Bench::new("reads:1", None);
    let (instance, job) = bench.buy("SYNC");
    let id = ("DtsInstanceId", instance.as_str());
    let not_running = (403, "DTS.Msg.ModifyDenied.JobStatusNotRunning".to_owned());
    let change = [
        id,
        ("DbList", r#"{"other":{"all":"true"}}"#),
        ("Reserved", r#"{"b":2,"c":3}"#),
    ];
    assert_eq!(bench.refused("ModifyDtsJob", &change), not_running);
    bench.configure(&[&[id, ("Reserve", r#"{"a":1,"b":1}"#)], &SYNC[..]].concat());
    assert_eq!(
        bench.refused("ModifyDtsJob", &change),
        not_running,
        "while prechecking"
    );
    for _ in 0..3 {
        bench.status(&job);
    }
    let body = bench.ok("ModifyDtsJob", &change);
    assert_eq!(text(&body, "Status"), "Modifying");
    assert_ne!(text(&body, "DtsJobId"), job);
    let busy = (403, "DTS.Msg.OperationDenied.JobStatusModifying".to_owned());
    assert_eq!(bench.refused("ModifyDtsJob", &change), busy);
    assert_eq!(bench.refused("StartDtsJob", &[id]), busy);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Modifying", "Synchronizing"]
    );
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsJobId", &job)]);
    assert_eq!(
        text(&detail, "DbObject"),
        r#"{"other":{"all":true,"state":"normal"}}"#
    );
    let reserved: serde_json::Value = serde_json::from_str(&text(&detail, "Reserved")).unwrap();
    assert_eq!(
        (&reserved["a"], &reserved["b"], &reserved["c"]),
        (&1.into(), &2.into(), &3.into())
    );

    // The reserve alone, and the same request twice by its token: applied once.
    let token = [
        id,
        ("ModifyTypeEnum", "UPDATE_RESERVED"),
        ("Reserved", r#"{"b":4}"#),
        ("ClientToken", "t"),
    ];
    assert_eq!(text(&bench.ok("ModifyDtsJob", &token), "Status"), "Synchronizing");
    bench.ok(
        "ModifyDtsJob",
        &[
            id,
            ("ModifyTypeEnum", "UPDATE_RESERVED"),
            ("Reserved", r#"{"b":5}"#),
        ],
    );
    bench.ok("ModifyDtsJob", &token);
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsJobId", &job)]);
    assert!(text(&detail, "Reserved").contains(r#""b":5"#), "{detail}");
}

#[test]
fn a_migration_takes_a_new_reserve_and_no_new_objects() {
    let bench = Bench::immediate();
    let (instance, _) = bench.buy("MIGRATION");
    let id = ("DtsInstanceId", instance.as_str());
    bench.configure(&[id, ("DataSynchronization", "true")]);
    bench.ok(
        "ModifyDtsJob",
        &[
            id,
            ("ModifyTypeEnum", "UPDATE_RESERVED"),
            ("Reserved", r#"{"srcSSL":"1"}"#),
        ],
    );
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsInstanceID", &instance)]);
    assert_eq!(
        detail["SourceEndpoint"]["SslSolutionEnum"],
        "ENABLE_WITH_CERTIFICATE"
    );
    let refused = bench.refused("ModifyDtsJob", &[id, ("DbList", r#"{"d":{"all":true}}"#)]);
    assert_eq!(refused, (400, "UnSupportedTaskType".to_owned()));
}

#[test]
fn a_class_is_changed_in_passing() {
    let bench = Bench::new("reads:1", None);
    let (_, job) = bench.buy("SYNC");
    let id = ("DtsJobId", job.as_str());
    bench.configure(&[&[id], &SYNC[..]].concat());
    // In the middle of the full load, which goes on afterwards.
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Prechecking", "Initializing"]
    );
    bench.emulator.set_lifecycle("reads:2".parse().unwrap());
    let body = bench.ok(
        "TransferInstanceClass",
        &[id, ("InstanceClass", "large"), ("OrderType", "UPGRADE")],
    );
    assert_eq!(
        (text(&body, "ChargeType"), text(&body, "DtsJobId")),
        ("POSTPAY".to_owned(), job.clone())
    );
    let busy = bench.refused(
        "TransferInstanceClass",
        &[id, ("InstanceClass", "small"), ("OrderType", "DOWNGRADE")],
    );
    assert_eq!(busy, (403, "OperationDenied.JobStatus".to_owned()));
    let seen: Vec<_> = (0..5).map(|_| bench.status(&job)).collect();
    assert_eq!(
        seen,
        [
            "Upgrade",
            "Upgrade",
            "Initializing",
            "Initializing",
            "Synchronizing"
        ]
    );
    assert_eq!(bench.emulator.instances()[0].instance_class, "large");
    bench.ok(
        "TransferInstanceClass",
        &[id, ("InstanceClass", "micro"), ("OrderType", "DOWNGRADE")],
    );
    let seen: Vec<_> = (0..3).map(|_| bench.status(&job)).collect();
    assert_eq!(seen, ["Downgrade", "Downgrade", "Synchronizing"]);
    for (class, order, code) in [
        ("micro", "UPGRADE", "InvalidInstanceClass"),
        ("xxlarge", "UPGRADE", "InvalidInstanceClass"),
        ("large", "DOWNGRADE", "InvalidOrderType"),
        ("large", "SIDEWAYS", "InvalidOrderType"),
    ] {
        let refused = bench.refused(
            "TransferInstanceClass",
            &[id, ("InstanceClass", class), ("OrderType", order)],
        );
        assert_eq!(refused, (400, code.to_owned()), "{class} {order}");
    }
    let unbought = bench.configure(&[]);
    let refused = bench.refused(
        "TransferInstanceClass",
        &[
            ("DtsJobId", &unbought),
            ("InstanceClass", "large"),
            ("OrderType", "UPGRADE"),
        ],
    );
    assert_eq!(refused, (403, "OperationDenied".to_owned()));
}
