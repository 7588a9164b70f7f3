//! Tags of instances.

use serde_json::{Value, json};

use super::client::{Bench, Refused, with};

const BASE: [(&str, &str); 2] = [
    ("RegionId", "cn-hangzhou"),
    ("ResourceType", "ALIYUN::DTS::INSTANCE"),
];

/// Every tag that a list gives, with the number of pages.
fn listed(bench: &Bench, params: &[(&str, &str)]) -> (Vec<(String, String, String)>, usize) {
    let (mut found, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = [&BASE[..], params, &[("NextToken", token.as_str())]].concat();
        let body = bench.ok("ListTagResources", &with(&page, &[]));
        let tags = body["TagResources"]["TagResource"].as_array().unwrap();
        let text = |tag: &Value, name: &str| tag[name].as_str().unwrap().to_owned();
        found.extend(tags.iter().map(|tag| {
            (
                text(tag, "ResourceId"),
                text(tag, "TagKey"),
                text(tag, "TagValue"),
            )
        }));
        pages += 1;
        token = body["NextToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            return (found, pages);
        }
    }
}

#[test]
fn are_set_listed_in_pages_and_taken_away() {
    let bench = Bench::immediate();
    let (one, job) = bench.buy("SYNC");
    let (two, _) = bench.buy("SYNC");
    let both = [("ResourceId.1", one.as_str()), ("ResourceId.2", two.as_str())];
    let tags = [
        ("Tag.1.Key", "env"),
        ("Tag.1.Value", "a b"),
        ("Tag.2.Key", "empty"),
    ];
    bench.ok("TagResources", &[&BASE[..], &both, &tags].concat());
    // Counted from 0, as some documents do; and a value that is replaced.
    let again = [
        ("ResourceId.0", two.as_str()),
        ("Tag.0.Key", "env"),
        ("Tag.0.Value", "prod"),
    ];
    bench.ok("TagResources", &[&BASE[..], &again].concat());
    let tag = |id: &str, key: &str, value: &str| (id.to_owned(), key.to_owned(), value.to_owned());
    let all = vec![
        tag(&one, "empty", ""),
        tag(&one, "env", "a b"),
        tag(&two, "empty", ""),
        tag(&two, "env", "prod"),
    ];
    assert_eq!(listed(&bench, &both), (all.clone(), 1));
    assert_eq!(
        listed(&bench, &[("Tag.1.Key", "env"), ("Tag.1.Value", "prod")]).0,
        all[2..]
    );
    assert_eq!(listed(&bench, &[("ResourceId.1", "dtsnone")]).0, []);

    let list = |tags: &str| {
        let body = bench.ok("DescribeDtsJobs", &[("JobType", "SYNC"), ("Tags", tags)]);
        body["DtsJobList"].as_array().unwrap().clone()
    };
    let found = list(r#"[{"TagKey":"env","TagValue":"a b"}]"#);
    assert_eq!((found.len(), &found[0]["DtsJobId"]), (1, &json!(job)));
    assert_eq!(
        found[0]["TagList"],
        json!([{"TagKey": "empty", "TagValue": ""}, {"TagKey": "env", "TagValue": "a b"}])
    );
    for (tags, count) in [
        ("[]", 2),
        (r#"{"env":""}"#, 2),
        (r#"[{"Key":"env","Value":"x"}]"#, 0),
    ] {
        assert_eq!(list(tags).len(), count, "{tags}");
    }

    let many: Vec<(String, String)> = (0..20)
        .map(|number| (format!("Tag.{number}.Key"), format!("k{number:02}")))
        .collect();
    let mut params = BASE.to_vec();
    let (third, _) = bench.buy("SYNC");
    params.push(("ResourceId.1", &third));
    params.extend(many.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    bench.ok("TagResources", &params);
    let (found, pages) = listed(&bench, &[("ResourceId.1", &third)]);
    assert_eq!(
        (found.len(), pages),
        (20, 2),
        "a second page, and no empty third one"
    );
    let one_more = [("ResourceId.1", third.as_str()), ("Tag.1.Key", "one-more")];
    assert_eq!(
        bench.refused("TagResources", &[&BASE[..], &one_more].concat()),
        (403, "QuotaExceed.TagsPerResource".to_owned())
    );

    let keys = bench.ok_bare("DescribeTagKeys", &[("PageSize", "3")]);
    assert_eq!(
        (&keys["TagKeys"], &keys["TotalCount"]),
        (&json!(["empty", "env", "k00"]), &json!(22))
    );
    let values = bench.ok_bare("DescribeTagValues", &[("Key", "env")]);
    assert_eq!(values["TagValues"], json!(["a b", "prod"]));

    // All counts only without keys.
    let untag = [
        ("ResourceId.1", one.as_str()),
        ("TagKey.1", "env"),
        ("All", "true"),
    ];
    bench.ok("UntagResources", &[&BASE[..], &untag].concat());
    assert_eq!(listed(&bench, &both[..1]).0, [tag(&one, "empty", "")]);
    bench.ok(
        "UntagResources",
        &[&BASE[..], &both[..1], &[("All", "True")]].concat(),
    );
    assert_eq!(listed(&bench, &both[..1]).0, []);
    bench.ok("DeleteDtsJob", &[("DtsInstanceId", &two)]);
    assert_eq!(listed(&bench, &both).0, [], "a released instance has no tags");
}

#[test]
fn are_refused_with_the_documented_codes() {
    let bench = Bench::immediate();
    let (id, _) = bench.buy("SYNC");
    let base = [&BASE[..], &[("ResourceId.1", id.as_str()), ("Tag.1.Key", "k")]].concat();
    let long = "k".repeat(65);
    let long_value = "v".repeat(129);
    let ids: Vec<String> = (0..51).map(|number| format!("ResourceId.{number}")).collect();
    let too_many: Vec<(&str, &str)> = ids.iter().map(|name| (name.as_str(), "dtsx")).collect();
    let keys: Vec<String> = (0..21).map(|number| format!("Tag.{number}.Key")).collect();
    let too_many_tags: Vec<(&str, &str)> = keys.iter().map(|name| (name.as_str(), "k")).collect();
    let cases: [Refused<'_>; 13] = [
        (&[("RegionId", "")], 400, "MissingRegionId"),
        (
            &[("ResourceType", "instance")],
            400,
            "InvalidParameter.ResourceType",
        ),
        (&[("ResourceId.1", "")], 400, "MissingResourceId"),
        (&[("ResourceId.1", "dtsnone")], 403, "Forbidden.InstanceNotFound"),
        (&[("Tag.1.Key", "")], 400, "Missing.TagKey"),
        (&[("Tag.1.Key", &long)], 400, "InvalidParameter.TagKey"),
        (&[("Tag.1.Value", &long_value)], 400, "InvalidParameter.TagValue"),
        (&[("Tag.2.Key", "k")], 403, "Duplicate.TagKey"),
        (&[("Tag.1.Key", "acs:k")], 403, "NoPermission.SystemTag"),
        (&[("Tag.1.Key", "aliyun.k")], 403, "NoPermission.SystemTag"),
        (&too_many, 400, "NumberExceed.ResourceIds"),
        (&too_many_tags, 400, "NumberExceed.Tags"),
        (
            &[("Tag.2.Key", "l"), ("ResourceId.2", "dtsnone")],
            403,
            "Forbidden.InstanceNotFound",
        ),
    ];
    for (changes, status, code) in cases {
        let refused = bench.refused("TagResources", &with(&base, changes));
        assert_eq!(refused, (status, code.to_owned()), "{changes:?}");
    }
    let none = bench.ok(
        "ListTagResources",
        &[&BASE[..], &[("ResourceId.1", id.as_str())]].concat(),
    );
    assert_eq!(
        none["TagResources"]["TagResource"],
        json!([]),
        "nothing was set by halves"
    );
    for (changes, code) in [
        (vec![], "MissingParameter.TagOrResourceId"),
        (vec![("ResourceType", "")], "MissingResourceType"),
        (
            vec![("Tag.1.Key", "k"), ("NextToken", "odd")],
            "InvalidParameter.NextToken",
        ),
    ] {
        let refused = bench.refused("ListTagResources", &with(&BASE, &changes));
        assert_eq!(refused, (400, code.to_owned()), "{changes:?}");
    }
    let untag = [&BASE[..], &[("ResourceId.1", id.as_str())]].concat();
    assert_eq!(
        bench.refused("UntagResources", &untag),
        (400, "Missing.TagKey".to_owned())
    );
    let odd = bench.refused("DescribeDtsJobs", &[("Tags", "env=prod")]);
    assert_eq!(odd, (400, "InvalidParameter.Tags".to_owned()));
    let odd = bench.refused("DescribeTagKeys", &[("Category", "Odd")]);
    assert_eq!(odd, (400, "InvalidParameter.Category".to_owned()));
}
