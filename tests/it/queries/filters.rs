//! Each filter, the limit, the pages that are fetched for it, and what is wrong with a filter.

use serde_json::{Value, json};
use terraform_provider_dts::api;

use crate::support::Workspace;
use crate::support::bench::Bench;
use crate::support::outside::{self, Made, listed};

/// The names of what is listed, in order.
#[track_caller]
fn check(bench: &Bench, resource: &str, filters: &Value, expected: &[&str]) {
    let (found, told) = listed(bench, resource, filters, false, None);
    assert_eq!(told, [], "{filters}");
    let names: Vec<&str> = found.iter().map(|item| item.display_name.as_str()).collect();
    assert_eq!(names, expected, "{resource} {filters}");
    for item in &found {
        assert_eq!(item.identity.str("region"), Some("cn-hangzhou"), "{filters}");
        assert!(item.resource.is_none() && item.diagnostics.is_empty());
    }
}

fn two_way(bench: &Bench) -> Made {
    let request = api::CreateDtsInstance {
        sync_architecture: Some("bidirectional".to_owned()),
        ..outside::purchase("SYNC")
    };
    let bought = bench.with_client(async move |api| api.create_dts_instance(&request).await);
    for direction in ["Forward", "Reverse"] {
        let request = api::ConfigureDtsJob {
            dts_instance_id: Some(bought.instance_id.clone()),
            synchronization_direction: Some(direction.to_owned()),
            ..outside::configuration("SYNC", "both")
        };
        bench.with_client(async move |api| api.configure_dts_job(&request).await);
    }
    Made {
        job_id: bought.job_id.unwrap(),
        instance_id: bought.instance_id,
    }
}

#[test]
fn each_filter() {
    let bench = Bench::immediate();
    outside::running(&bench, "MIGRATION", "orders");
    outside::configured(&bench, "MIGRATION", "customers");
    outside::running(&bench, "SYNC", "orders");
    two_way(&bench);
    let unused = outside::bought(&bench, "SUBSCRIBE").instance_id;

    let all = [
        "orders",
        "customers",
        "orders",
        "both (forward)",
        "both (reverse)",
    ];
    check(&bench, "dts_job", &json!({}), &all);
    check(&bench, "dts_job", &json!({"region": "cn-hangzhou"}), &all);
    check(&bench, "dts_job", &json!({"job_type": "MIGRATION"}), &all[..2]);
    check(&bench, "dts_job", &json!({"job_type": "SYNC"}), &all[2..]);
    check(
        &bench,
        "dts_job",
        &json!({"status": "synchronizing"}),
        &["orders"],
    );
    check(
        &bench,
        "dts_job",
        &json!({"status": "NotStarted"}),
        &["customers", "both (forward)", "both (reverse)"],
    );
    check(&bench, "dts_job", &json!({"name": "rder"}), &["orders", "orders"]);
    check(&bench, "dts_job", &json!({"name": "nothing"}), &[]);
    check(&bench, "dts_job", &json!({"tags": {"team": "shop"}}), &[]);
    check(&bench, "dts_job", &json!({"resource_group_id": "rg-none"}), &[]);

    let instances = ["orders", "orders", "both", unused.as_str()];
    check(&bench, "dts_instance", &json!({}), &instances);
    check(&bench, "dts_instance", &json!({"type": "SUBSCRIBE"}), &[&unused]);
    check(
        &bench,
        "dts_instance",
        &json!({"status": "NotConfigured"}),
        &[&unused],
    );
    check(
        &bench,
        "dts_instance",
        &json!({"type": "SYNC", "name": "orders"}),
        &["orders"],
    );

    // Half of a two-way synchronization may be in another status.
    let both = listed(&bench, "dts_job", &json!({"name": "both"}), false, None).0;
    let reverse = api::JobRef::job(both[1].identity.str("id").unwrap());
    bench.with_client(async move |api| api.start_dts_job(&reverse).await);
    check(
        &bench,
        "dts_job",
        &json!({"status": "NotStarted", "job_type": "SYNC"}),
        &["both (forward)"],
    );
    // And is found by it, and by its own name, with no call more.
    let id = both[1].identity.str("id").unwrap().to_owned();
    let suspended = api::JobRef::job(&id);
    bench.with_client(async move |api| {
        api.modify_dts_job_name(&id, "back").await?;
        api.suspend_dts_job(&suspended).await
    });
    let before = bench.count("DescribeDtsJobs");
    for filters in [
        json!({"status": "Suspending", "job_type": "SYNC"}),
        json!({"name": "back", "job_type": "SYNC"}),
        json!({"name": "ac", "status": "suspending", "job_type": "SYNC"}),
    ] {
        check(&bench, "dts_job", &filters, &["back (reverse)"]);
    }
    assert_eq!(bench.count("DescribeDtsJobs") - before, 3);
    check(&bench, "dts_job", &json!({"name": "both"}), &["both (forward)"]);
    check(
        &bench,
        "dts_job",
        &json!({"name": "back", "status": "NotStarted"}),
        &[],
    );
    check(&bench, "dts_instance", &json!({"status": "Suspending"}), &[]);
}

#[test]
fn pages_are_fetched_as_they_are_needed() {
    let bench = Bench::immediate();
    let first = outside::configured(&bench, "MIGRATION", "orders").job_id;
    bench.emulator.copy_job(&first, 64);
    for (limit, calls) in [
        (Some(1), 1),
        (Some(10), 1),
        (Some(11), 1),
        (Some(30), 1),
        (Some(31), 2),
        (None, 4),
    ] {
        let before = bench.count("DescribeDtsJobs");
        let (found, told) = listed(&bench, "dts_job", &json!({}), false, limit);
        assert_eq!((found.len(), told.len()), (limit.unwrap_or(65), 0));
        let mut ids: Vec<&str> = found.iter().filter_map(|item| item.identity.str("id")).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), found.len(), "each once");
        // Without a limit: three pages of migrations, one of synchronizations.
        assert_eq!(bench.count("DescribeDtsJobs") - before, calls, "{limit:?}");
    }
}

/// The states of a page are read together.
#[test]
fn states_share_calls() {
    let bench = Bench::immediate();
    let first = outside::configured(&bench, "MIGRATION", "orders").job_id;
    bench.emulator.copy_job(&first, 29);
    let mark = bench.mark();
    let filters = json!({"job_type": "MIGRATION"});
    let (found, told) = listed(&bench, "dts_job", &filters, true, None);
    assert_eq!((found.len(), told.len()), (30, 0));
    for item in &found {
        let state = item.resource.as_ref().unwrap_or_else(|| panic!("{item:?}"));
        assert_eq!(state.str("job_type"), Some("MIGRATION"));
        assert_eq!(state.str("desired_status"), Some("configured"));
    }
    let calls = bench.mark() - mark;
    assert!(calls <= 6, "{calls} calls for 30 states");
}

#[test]
fn another_region_is_told() {
    let bench = Bench::immediate();
    outside::configured(&bench, "MIGRATION", "orders");
    let (found, told) = listed(&bench, "dts_job", &json!({"region": "cn-beijing"}), false, None);
    assert_eq!((found.len(), told.len()), (0, 1), "{told:?}");
    assert!(!told[0].is_error(), "{told:?}");
    assert!(
        told[0].detail.contains("`alias` and `region = \"cn-beijing\"`"),
        "{told:?}"
    );
    // Their states would be read from another region than theirs.
    let (found, told) = listed(&bench, "dts_job", &json!({"region": "cn-beijing"}), true, None);
    assert!(found.is_empty() && told[0].is_error(), "{told:?}");
    assert_eq!(told[0].path.as_ref().unwrap().to_string(), "region");
    assert_eq!(
        bench.count("DescribeDtsJobs"),
        2,
        "nothing was asked for the second"
    );
}

#[test]
fn a_list_that_dts_refuses() {
    let bench = Bench::immediate();
    bench.emulator.add_faults(
        json!([{"action": "DescribeDtsJobs", "nth": 1, "times": 9, "kind": "refuse", "status": 403,
        "code": "Forbidden.RAM"}]),
    );
    let (found, told) = listed(&bench, "dts_job", &json!({}), false, None);
    assert!(found.is_empty());
    assert_eq!(
        told[0].summary,
        "Unable to list DTS jobs of type MIGRATION in cn-hangzhou"
    );
    assert!(told[0].detail.contains("Forbidden.RAM"), "{told:?}");
}

/// By real Terraform, at the line.
#[test]
fn a_bad_filter_is_an_error_at_its_line() {
    let bench = Bench::immediate();
    for (filter, part) in [
        ("status = \"Running\"", "none of the allowed values"),
        ("status = \"NotConfigured\"", "List `dts_instance`"),
        ("job_type = \"SUBSCRIBE\"", "MIGRATION, SYNC"),
        ("region = \"Hangzhou\"", "lower-case"),
        ("name = \"\"", "must not be empty"),
    ] {
        let workspace = Workspace::new(Some(&bench.emulator.url())).at_least((1, 14));
        let query =
            format!("list \"dts_job\" \"m\" {{\n  provider = dts\n  config {{\n    {filter}\n  }}\n}}\n");
        workspace.write("main.tfquery.hcl", &query);
        let outcome = workspace.run(&["query", "-json", "-no-color"]).fails();
        let error = outcome
            .errors()
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("{}", outcome.report()));
        let detail = error.detail.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(detail.contains(part), "{filter}{}", outcome.report());
        assert_eq!(error.code, filter, "{}", outcome.report());
    }
    assert_eq!(bench.mark(), 0, "nothing was called");
}
