//! How an instance is paid for, and how much of it there is: each change by its own call, renewals, what cannot be taken back, and
//! orders whose answer is lost.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{Replace, Update};

use super::bed::{Bed, Managed, operations_of};
use super::config::{MIGRATION, SYNC, instance, instance_for, job, with};
use super::in_place::sent;

const TRANSFER: &str = "TransferPayType";
const RENEW: &str = "RenewInstance";
const CLASS: &str = "TransferInstanceClass";
const DU: &str = "ModifyDtsJobDuLimit";
const GROUP: &str = "ConvertInstanceResourceGroup";

fn paid(period: &str, count: i64) -> Json {
    let prepaid =
        json!({ "pay_type": "PrePaid", "period": period, "used_time": count, "on_destroy": "keep" });
    with(&instance(SYNC), prepaid)
}

/// The state's time of expiry, and that of DTS, which must be the same.
#[track_caller]
fn expiry(bed: &Bed, managed: &Managed<'_>) -> Option<String> {
    let id = managed.text("id");
    let there = bed.call("DescribeDtsJobDetail", &[("DtsInstanceID", &id)])["ExpireTime"].clone();
    assert_eq!(managed.core.get("expire_time"), there);
    there.as_str().map(str::to_owned)
}

#[test]
fn from_use_to_time_and_back() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        let bed = Bed::with(lifecycle, None);
        let mut bought = bed.instance();
        let by_use = with(&instance(SYNC), json!({ "on_destroy": "keep" }));
        bought.settle(&by_use);
        assert_eq!(expiry(&bed, &bought), None);
        bought.change(&paid("Month", 12), Update, &[TRANSFER]);
        let order = sent(&bed, TRANSFER);
        assert_eq!(
            [&order["ChargeType"], &order["Period"], &order["BuyCount"]],
            ["PrePaid", "Month", "12"]
        );
        let first = expiry(&bed, &bought).unwrap();
        // The same time in other words is only recorded.
        bought.change(&paid("Year", 1), Update, &[]);
        assert_eq!(expiry(&bed, &bought).as_ref(), Some(&first));
        bought.change(&paid("Year", 3), Update, &[RENEW]);
        let order = sent(&bed, RENEW);
        assert_eq!(
            [&order["ChargeType"], &order["Period"], &order["BuyCount"]],
            ["PREPAY", "Year", "2"]
        );
        assert!(expiry(&bed, &bought).unwrap() > first);
        bought.change(&paid("Month", 37), Update, &[RENEW]);
        assert_eq!(sent(&bed, RENEW)["Period"], "Month");
        assert_eq!(sent(&bed, RENEW)["BuyCount"], "1");
        bought.refused(&paid("Month", 36), "used_time", "Unable to take back time");
        bought.refused(&paid("Month", 98), "used_time", "up to 5 years or 60 months");
        bought.change(&by_use, Update, &[TRANSFER]);
        assert_eq!(expiry(&bed, &bought), None);
    }
}

#[test]
fn what_a_purchase_sells() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.refused(&paid("Year", 4), "used_time", "1, 2, 3 or 5 years");
    bought.refused(&paid("Month", 10), "used_time", "1 to 9 months");
    let renewed_by_itself = with(&paid("Month", 9), json!({ "auto_pay": true }));
    bought.settle(&renewed_by_itself);
    assert_eq!(sent(&bed, "CreateDtsInstance")["AutoPay"], "true");
    assert!(expiry(&bed, &bought).is_some());
    assert!(bought.text("create_time").ends_with('Z'));
    bought.refused(&paid("Month", 9), "auto_pay", "only with a purchase");
}

#[test]
fn serverless_and_back() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let range = |least: i64, most: i64| {
        let range = json!({ "instance_class": null, "min_du": least, "max_du": most });
        with(&instance(SYNC), range)
    };
    bought.change(&range(1, 4), Update, &[TRANSFER]);
    let order = sent(&bed, TRANSFER);
    assert_eq!(
        [&order["ChargeType"], &order["MinDu"], &order["MaxDu"]],
        ["sync_serverless", "1", "4"]
    );
    bought.change(&range(2, 8), Update, &[TRANSFER]);
    let large = with(&instance(SYNC), json!({ "instance_class": "large" }));
    bought.change(&large, Update, &[TRANSFER]);
    assert_eq!(sent(&bed, TRANSFER)["InstanceClass"], "large");
    assert_eq!(bed.emulator.instances()[0].instance_class, "large");
    // Bought as one; the first is not what an apply has left.
    let range = |least: i64, most: i64| with(&range(least, most), json!({ "adopt": false }));
    let mut other = bed.instance();
    other.settle(&range(1, 2));
    let order = sent(&bed, "CreateDtsInstance");
    assert_eq!([&order["PayType"], &order["MinDu"]], ["PostPaid", "1"]);
    assert!(!order.contains_key("InstanceClass"));
    other.refused(
        &with(&range(1, 2), json!({ "min_du": null, "max_du": null })),
        "instance_class",
        "small",
    );
    let mut imported = bed.instance();
    imported.import(&other.text("id")).unwrap();
    let planned = imported.must_plan(&range(1, 2));
    assert_eq!(operations_of(&planned.planned), [""; 0]);
}

#[test]
fn a_migration_is_paid_by_use() {
    let bed = Bed::new();
    let mut configured = bed.job();
    configured.settle(&with(&job(MIGRATION), json!({ "desired_status": "configured" })));
    let mut bought = bed.instance();
    let config = instance_for(&configured.text("id"));
    bought.settle(&config);
    let prepaid = json!({ "pay_type": "PrePaid", "period": "Year", "used_time": 1, "on_destroy": "keep" });
    bought.refused(&with(&config, prepaid), "pay_type", "cannot become PrePaid");
    bought.refused(
        &with(&config, json!({ "min_du": 1, "max_du": 2 })),
        "min_du",
        "cannot become serverless",
    );
}

#[test]
fn a_resource_group_is_changed_in_place_and_by_others() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    let group = |group: &str| with(&instance(SYNC), json!({ "resource_group_id": group }));
    bought.settle(&group("rg-1"));
    bought.change(&group("rg-2"), Update, &[GROUP]);
    // Left out, it stays.
    bought.assert_plan_is_empty(&instance(SYNC));
    let id = bought.text("id");
    bed.call(GROUP, &[("ResourceId", &id), ("NewResourceGroupId", "rg-3")]);
    bought.refresh();
    bought.assert_plan_is_empty(&instance(SYNC));
    bought.change(&group("rg-2"), Update, &[GROUP]);
}

#[test]
fn a_count_of_databases_is_an_order_of_its_own() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    let count = |count: i64, class: &str| {
        let drds = json!({ "source_endpoint_engine_name": "DRDS", "database_count": count, "instance_class": class });
        with(&instance(SYNC), drds)
    };
    bought.settle(&count(2, "small"));
    bought.change(&count(3, "small"), Update, &[CLASS]);
    assert_eq!(sent(&bed, CLASS)["OrderType"], "UPGRADE");
    assert_eq!(sent(&bed, CLASS)["DatabaseCount"], "3");
    bought.change(&count(1, "small"), Update, &[CLASS]);
    assert_eq!(sent(&bed, CLASS)["OrderType"], "DOWNGRADE");
    bought.change(&count(2, "large"), Update, &[CLASS]);
    assert_eq!(sent(&bed, CLASS)["OrderType"], "UPGRADE");
    // Changed by others.
    let job_id = bought.text("job_id");
    let order = [
        ("InstanceClass", "large"),
        ("OrderType", "UPGRADE"),
        ("DatabaseCount", "5"),
    ];
    bed.call(CLASS, &[&order[..], &[("DtsJobId", job_id.as_str())]].concat());
    bought.refresh();
    assert_eq!(bought.core.get("database_count"), 5);
    bought.change(&count(2, "large"), Update, &[CLASS]);
}

#[test]
fn what_is_bought_for_good_is_bought_anew() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let with_etl = with(&instance(SYNC), json!({ "compute_unit": 2 }));
    bought.change_after(&with_etl, Replace, &["DeleteDtsJob"], &["CreateDtsInstance"]);
    assert_eq!(sent(&bed, "CreateDtsInstance")["ComputeUnit"], "2");
    assert_eq!(bed.paid(), 1);
}

#[test]
fn one_way_becomes_two_while_it_runs() {
    let bed = Bed::new();
    let (mut bought, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let both = with(&instance(SYNC), json!({ "sync_architecture": "bidirectional" }));
    bought.change(&both, Update, &["UpgradeTwoWay"]);
    let mut idle = bed.instance();
    idle.settle(&instance(SYNC));
    idle.refused(&both, "sync_architecture", "that runs");
    managed.assert_plan_is_empty(&config);
}

/// DTS refuses a second order, and no list tells of the first.
#[test]
fn a_second_direction_whose_order_was_lost_is_found() {
    let both = with(&instance(SYNC), json!({ "sync_architecture": "bidirectional" }));
    let faults = |kind: &str| json!([{ "action": "UpgradeTwoWay", "nth": 1, "kind": kind }]);
    let bed = Bed::new();
    let (mut bought, _managed, _) = bed.bought(&instance(SYNC), &job(SYNC));
    bed.emulator.add_faults(faults("cut_after"));
    let planned = bought.must_plan(&both);
    let told = bought.apply(&planned, &both);
    assert!(
        !told.has_errors()
            && told
                .iter()
                .any(|one| one.detail.contains("not given a second time")),
        "{told:#?}"
    );
    bought.assert_plan_is_empty(&both);

    // Not even the order: the answer is that there is no such half.
    let bed = Bed::new();
    let (mut bought, _managed, _) = bed.bought(&instance(SYNC), &job(SYNC));
    bed.emulator.add_faults(faults("cut_before"));
    bought.fails(&both, "sync_architecture", &["DTS does not show that it did"]);
    bought.change(&both, Update, &["UpgradeTwoWay"]);

    // By somebody else.
    let bed = Bed::new();
    let (mut bought, _managed, _) = bed.bought(&instance(SYNC), &job(SYNC));
    let id = bought.text("id");
    bed.call(
        "UpgradeTwoWay",
        &[
            ("RegionId", "cn-hangzhou"),
            ("InstanceId", &id),
            ("InstanceClass", "small"),
        ],
    );
    let mark = bed.mark();
    let planned = bought.must_plan(&both);
    let told = bought.apply(&planned, &both);
    assert!(
        told.iter()
            .any(|one| one.summary.contains("a job for each direction already")),
        "{told:#?}"
    );
    assert_eq!(bed.changing_calls(mark), [""; 0]);
    bought.assert_plan_is_empty(&both);
}

/// The job of an instance on a dedicated cluster is configured first, by whoever can say so.
#[test]
fn dus_of_a_dedicated_cluster() {
    let bed = Bed::new();
    let mut configured = bed.job();
    configured.settle(&with(&job(SYNC), json!({ "desired_status": "configured" })));
    let job_id = configured.text("id");
    let mut bought = bed.instance();
    let without_class = with(&instance_for(&job_id), json!({ "instance_class": null }));
    bought.fails(&without_class, "instance_class", &["No instance was bought"]);
    assert_eq!(bed.paid(), 0);
    let on_cluster = |du: i64| with(&without_class, json!({ "du": du }));
    bought.settle(&on_cluster(4));
    assert_eq!(sent(&bed, "CreateDtsInstance")["Du"], "4");
    let planned = bought.must_plan(&on_cluster(6));
    assert_eq!(operations_of(&planned.planned), [DU]);
    // This job is on none, and DTS says so.
    bought.fails(&on_cluster(6), "du", &["OperationDenied"]);
    // One that is needs no class.
    let mut configured = bed.job();
    configured.settle(&with(&job(SYNC), json!({ "desired_status": "configured" })));
    bed.move_to_cluster(&configured.text("id"));
    let config = with(&without_class, json!({ "job_id": configured.text("id") }));
    let mut bought = bed.instance();
    bought.settle(&config);
    bought.change(&with(&config, json!({ "du": 6 })), Update, &[DU]);
    assert_eq!(sent(&bed, DU)["DuLimit"], "6");
    bought.assert_plan_is_empty(&config);
}

#[test]
fn an_order_whose_answer_is_lost_is_not_given_twice() {
    let renewed = paid("Month", 3);
    for (config, action) in [
        (renewed.clone(), RENEW),
        (
            with(&paid("Month", 1), json!({ "instance_class": "large" })),
            CLASS,
        ),
        (with(&instance(SYNC), json!({ "on_destroy": "keep" })), TRANSFER),
    ] {
        let bed = Bed::new();
        let mut bought = bed.instance();
        bought.settle(&paid("Month", 1));
        bed.emulator
            .add_faults(json!([{ "action": action, "nth": 1, "kind": "cut_after" }]));
        let planned = bought.must_plan(&config);
        let told = bought.apply(&planned, &config);
        assert!(!told.has_errors(), "{action}: {told:#?}");
        assert!(
            told.iter()
                .any(|one| one.detail.contains("not given a second time")),
            "{action}: {told:#?}"
        );
        bought.assert_plan_is_empty(&config);
        let given = bed
            .emulator
            .calls()
            .into_iter()
            .filter(|call| call.action == action);
        assert_eq!(given.count(), 1, "{action}");
    }
    // Lost on the way there: the order is still to be given.
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&paid("Month", 1));
    bed.emulator
        .add_faults(json!([{ "action": RENEW, "nth": 1, "kind": "cut_before" }]));
    bought.fails(&renewed, "used_time", &["was not repeated"]);
    bought.change(&renewed, Update, &[RENEW]);
}

fn renew(bed: &Bed, bought: &Managed<'_>, months: &str) {
    let job_id = bought.text("job_id");
    let params = [
        ("RegionId", "cn-hangzhou"),
        ("DtsJobId", job_id.as_str()),
        ("ChargeType", "PREPAY"),
        ("Period", "Month"),
        ("BuyCount", months),
    ];
    bed.call(RENEW, &params);
}

/// By an apply that was killed, in the console, or by `auto_pay`: its time of expiry tells.
#[test]
fn time_that_was_paid_meanwhile_counts() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&paid("Month", 1));
    renew(&bed, &bought, "1");
    bought.refresh();
    // Who does not ask for more need not hear of it.
    bought.assert_plan_is_empty(&paid("Month", 1));

    let planned = bought.must_plan(&paid("Month", 2));
    Managed::warned(&planned, "used_time", "nothing is ordered");
    bought.change(&paid("Month", 2), Update, &[]);
    let planned = bought.must_plan(&paid("Month", 3));
    assert!(planned.diagnostics.is_empty(), "{:#?}", planned.diagnostics);
    bought.change(&paid("Month", 3), Update, &[RENEW]);
    assert_eq!(sent(&bed, RENEW)["BuyCount"], "1");

    // Part of it, and more than is asked for.
    renew(&bed, &bought, "2");
    bought.refresh();
    let planned = bought.must_plan(&paid("Month", 8));
    Managed::warned(&planned, "used_time", "by the rest, 3 times Month");
    bought.change(&paid("Month", 8), Update, &[RENEW]);
    assert_eq!(sent(&bed, RENEW)["BuyCount"], "3");
    renew(&bed, &bought, "3");
    bought.refresh();
    bought.change(&paid("Month", 9), Update, &[]);
    bought.change(&paid("Month", 12), Update, &[RENEW]);
    assert_eq!(sent(&bed, RENEW)["BuyCount"], "1");
    bought.assert_plan_is_empty(&paid("Month", 12));
}

/// Without a refresh only the apply sees it.
#[test]
fn a_renewal_that_was_made_since_the_plan_is_left_out() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&paid("Month", 1));
    let planned = bought.must_plan(&paid("Month", 2));
    assert_eq!(operations_of(&planned.planned), [RENEW]);
    renew(&bed, &bought, "1");
    let mark = bed.mark();
    let told = bought.apply(&planned, &paid("Month", 2));
    assert!(
        told.iter().any(|one| one.summary.contains("was renewed already")),
        "{told:#?}"
    );
    assert_eq!(bed.changing_calls(mark), [""; 0]);
    bought.assert_plan_is_empty(&paid("Month", 2));
    bought.change(&paid("Month", 3), Update, &[RENEW]);
    assert_eq!(sent(&bed, RENEW)["BuyCount"], "1");
}

#[test]
fn a_lost_renewal_that_cannot_be_looked_for_is_found_by_the_next_plan() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&paid("Month", 1));
    let refused =
        json!({ "action": "DescribeDtsJobDetail", "kind": "refuse", "code": "DTS.Msg.Odd", "status": 400 });
    let planned = bought.must_plan(&paid("Month", 2));
    // The apply reads once before the order.
    let mut faults = vec![json!({ "action": RENEW, "nth": 1, "kind": "cut_after" })];
    faults.extend((2..=9).map(|nth| with(&refused, json!({ "nth": nth }))));
    bed.emulator.add_faults(json!(faults));
    let told = bought.apply(&planned, &paid("Month", 2));
    assert!(
        told.iter().any(|one| one.is_error()
            && one.detail.contains("could not be read")
            && one.detail.contains("DTS.Msg.Odd")),
        "{told:#?}"
    );
    bed.emulator.clear_faults();
    let mark = bed.mark();
    bought.refresh();
    bought.change(&paid("Month", 2), Update, &[]);
    assert_eq!(bed.changing_calls(mark), [""; 0]);
    bought.assert_plan_is_empty(&paid("Month", 2));
}
