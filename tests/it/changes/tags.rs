//! Tags of an instance, with the provider's default tags: each change by its calls, drift, and what there may not be.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use terraform_provider_dts::framework::rules::Action::{NoOp, Update};

use super::bed::{Bed, Managed, operations_of};
use super::config::{SYNC, instance, with};
use super::raw;
use crate::support::bench::{Bench, bought_first};

const TAG: &str = "TagResources";
const UNTAG: &str = "UntagResources";

fn tagged(tags: Json) -> Json {
    with(&instance(SYNC), json!({ "tags": tags }))
}

fn defaults(bed: &Bed, tags: Json) {
    bed.set_provider(json!({ "default_tags": { "tags": tags } }));
}

/// The tags that DTS has.
fn there(bed: &Bed, id: &str) -> BTreeMap<String, String> {
    let reply = bed.call("DescribeDtsInstanceDetail", &[("DtsInstanceId", id)]);
    let tags = reply["DtsInstanceStatus"]["Tags"].as_array().unwrap().clone();
    let text = |tag: &Json, name: &str| tag[name].as_str().unwrap().to_owned();
    tags.iter()
        .map(|tag| (text(tag, "TagKey"), text(tag, "TagValue")))
        .collect()
}

#[track_caller]
fn assert_there(bed: &Bed, managed: &Managed<'_>, expected: Json) {
    assert_eq!(json!(there(bed, &managed.text("id"))), expected);
    assert_eq!(managed.core.get("tags_all"), expected, "tags_all");
}

#[test]
fn they_come_with_the_purchase_and_go_to_the_last() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    let planned = bought.must_plan(&tagged(json!({ "env": "test", "owner": "" })));
    assert_eq!(operations_of(&planned.planned), ["CreateDtsInstance", TAG]);
    bought.settle(&tagged(json!({ "env": "test", "owner": "" })));
    assert_there(&bed, &bought, json!({ "env": "test", "owner": "" }));
    for (tags, operations) in [
        (json!({ "env": "prod", "owner": "" }), &[TAG][..]),
        (json!({ "env": "prod", "team": "x" }), &[UNTAG, TAG]),
        (json!({ "env": "prod" }), &[UNTAG]),
        (json!({}), &[UNTAG]),
        (json!({ "again": "1" }), &[TAG]),
    ] {
        bought.change(&tagged(tags.clone()), Update, operations);
        assert_there(&bed, &bought, tags);
    }
    bought.change(&instance(SYNC), Update, &[UNTAG]);
    assert_there(&bed, &bought, json!({}));
}

/// They may be set twice, and an error would taint what was bought.
#[test]
fn a_lost_answer_after_the_purchase_is_asked_for_again() {
    for kind in ["cut_before", "cut_after", "truncate", "garbage"] {
        let bed = Bed::new();
        bed.emulator.add_faults(json!([
            { "action": TAG, "times": 2, "kind": kind },
            { "action": TAG, "nth": 3, "kind": "status", "status": 500 },
        ]));
        let mut bought = bed.instance();
        let config = tagged(json!({ "env": "test" }));
        let planned = bought.must_plan(&config);
        let told = bought.apply(&planned, &config);
        assert!(told.is_empty(), "{kind}: {told:#?}");
        assert_there(&bed, &bought, json!({ "env": "test" }));
        bought.assert_plan_is_empty(&config);
    }
}

#[test]
fn default_tags_are_of_every_instance() {
    let bed = Bed::new();
    defaults(&bed, json!({ "env": "test", "owner": "me" }));
    let mut bought = bed.instance();
    bought.settle(&tagged(json!({ "owner": "you" })));
    assert_there(&bed, &bought, json!({ "env": "test", "owner": "you" }));
    assert_eq!(bought.core.get("tags"), json!({ "owner": "you" }));
    // A default may change, go, and say the same as the resource.
    defaults(&bed, json!({ "env": "prod", "owner": "me" }));
    bought.change(&tagged(json!({ "owner": "you" })), Update, &[TAG]);
    defaults(&bed, json!({ "owner": "you" }));
    bought.change(&tagged(json!({ "owner": "you" })), Update, &[UNTAG]);
    assert_there(&bed, &bought, json!({ "owner": "you" }));
    // Said by the provider alone now: nothing to call.
    bought.change(&instance(SYNC), Update, &[]);
    bought.refresh();
    bought.assert_plan_is_empty(&instance(SYNC));
}

#[test]
fn what_others_set_is_taken_away_and_what_they_change_is_set_back() {
    let bed = Bed::new();
    defaults(&bed, json!({ "env": "test" }));
    let config = tagged(json!({ "owner": "me" }));
    let mut bought = bed.instance();
    bought.settle(&config);
    let id = bought.text("id");
    bed.call(
        TAG,
        &[
            ("RegionId", "cn-hangzhou"),
            ("ResourceId.1", &id),
            ("Tag.1.Key", "foreign"),
            ("Tag.1.Value", "x"),
            ("Tag.2.Key", "env"),
            ("Tag.2.Value", "other"),
        ],
    );
    bought.refresh();
    assert_eq!(bought.core.get("tags"), json!({ "owner": "me", "foreign": "x" }));
    bought.change(&config, Update, &[UNTAG, TAG]);
    assert_there(&bed, &bought, json!({ "env": "test", "owner": "me" }));
    // As `ignore_changes = [tags]` makes of it: what is in the state is configured.
    bed.call(
        TAG,
        &[
            ("RegionId", "cn-hangzhou"),
            ("ResourceId.1", &id),
            ("Tag.1.Key", "foreign"),
            ("Tag.1.Value", "x"),
        ],
    );
    bought.refresh();
    bought.assert_plan_is_empty(&tagged(json!({ "owner": "me", "foreign": "x" })));
    // All of them gone.
    bed.call(
        UNTAG,
        &[
            ("RegionId", "cn-hangzhou"),
            ("ResourceId.1", &id),
            ("All", "true"),
        ],
    );
    bought.refresh();
    assert_eq!(bought.core.get("tags"), json!({}));
    bought.change(&config, Update, &[TAG]);
}

#[test]
fn more_tags_than_a_page_has_are_read_and_more_than_there_may_be_are_refused() {
    let bed = Bed::new();
    let many = |count: usize| {
        let tags = (0..count).map(|number| (format!("key{number}"), json!(number.to_string())));
        tagged(Json::Object(tags.collect()))
    };
    let mut bought = bed.instance();
    bought.settle(&many(20));
    let mut imported = bed.instance();
    imported.import(&bought.text("id")).unwrap();
    assert_eq!(imported.core.get("tags"), bought.core.get("tags"));
    bought.refused(&many(21), "tags", "there may be 20");
    defaults(&bed, json!({ "one": "more" }));
    bought.refused(&many(20), "tags", "Remove some");
    bought.refused(&tagged(json!({ "acs:x": "y" })), "tags", "reserved");
    bought.settle(&many(19));
}

#[test]
fn an_import_takes_what_is_there_but_the_defaults() {
    let bed = Bed::new();
    defaults(&bed, json!({ "env": "test" }));
    let config = tagged(json!({ "owner": "me" }));
    let mut bought = bed.instance();
    bought.settle(&config);
    let mut imported = bed.instance();
    imported.import(&bought.text("id")).unwrap();
    assert_eq!(imported.core.get("tags"), json!({ "owner": "me" }));
    let planned = imported.must_plan(&config);
    assert!([NoOp, Update].contains(&planned.action));
    assert_eq!(operations_of(&planned.planned), [""; 0]);
}

/// An error after the purchase would release the instance.
#[test]
fn a_tag_that_is_refused_after_the_purchase_is_a_warning() {
    let bed = Bed::new();
    bed.emulator.add_faults(json!([
        { "action": TAG, "nth": 1, "kind": "refuse", "status": 403, "code": "NoPermission.Operator" }
    ]));
    let config = tagged(json!({ "env": "test" }));
    let mut bought = bed.instance();
    let planned = bought.must_plan(&config);
    let told = bought.apply(&planned, &config);
    assert!(!told.has_errors(), "{told:#?}");
    assert!(
        told.iter()
            .any(|one| one.detail.contains("NoPermission.Operator") && one.detail.contains("next plan")),
        "{told:#?}"
    );
    assert!(!bought.core.state.as_ref().unwrap().tainted);
    bought.refresh();
    bought.change(&config, Update, &[TAG]);
    assert_there(&bed, &bought, json!({ "env": "test" }));
}

/// With real Terraform: the provider block's tags reach the instance, and `ignore_changes` leaves alone what others set.
#[test]
fn default_tags_and_ignored_ones_as_terraform_has_them() {
    let bench = Bench::immediate();
    let block = "provider \"dts\" {\n  default_tags {\n    tags = { team = \"databases\" }\n  }\n}\n";
    bench.workspace.write("override.tf", block);
    let instance = |more: &str| bought_first("SYNC", &format!("tags = {{ env = \"test\" }}\n  {more}"));
    bench.write(&[&instance("lifecycle {\n    ignore_changes = [tags]\n  }")]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    let id = bench.recorded("dts_instance.m").unwrap().text("id");
    let url = bench.emulator.url();
    let foreign = [
        ("RegionId", "cn-hangzhou"),
        ("ResourceId.1", id.as_str()),
        ("Tag.1.Key", "foreign"),
        ("Tag.1.Value", "x"),
    ];
    raw::call(&url, TAG, &foreign);
    // What Terraform has seen is recorded, and nothing is to be changed.
    assert_eq!(bench.plan(&[]), []);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    // No longer ignored, it goes; and so does a default tag with the provider block.
    bench.write(&[&instance("")]);
    bench.workspace.write("override.tf", "");
    let mark = bench.mark();
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    assert_eq!(raw::changing_calls(&bench.emulator, mark), [UNTAG]);
    let shown = raw::call(&url, "DescribeDtsInstanceDetail", &[("DtsInstanceId", &id)]);
    let tags = shown["DtsInstanceStatus"]["Tags"].clone();
    assert_eq!(tags, json!([{ "TagKey": "env", "TagValue": "test" }]));
}

/// Default tags that are known only after an apply fail no plan.
#[test]
fn default_tags_that_are_not_known_yet() {
    let bench = Bench::immediate();
    let block =
        "provider \"dts\" {\n  default_tags {\n    tags = { run = terraform_data.run.output }\n  }\n}\n";
    bench.workspace.write("override.tf", block);
    let run = "resource \"terraform_data\" \"run\" {\n  input = \"1\"\n}\n";
    bench.write(&[&bought_first("SYNC", ""), run]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    let recorded = bench.recorded("dts_instance.m").unwrap();
    assert_eq!(recorded.operations(), ["CreateDtsInstance", TAG]);
}
