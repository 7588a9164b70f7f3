//! A tainted job that has moved data is not thrown away.

use terraform_provider_dts::emulator::Lifecycle;

use crate::changes::subscribed::subscription;
use crate::support::bench::{Bench, bought_first, endless, job, job_on_instance};
use crate::support::hosted;

fn gives_up_while_it_runs(kind: &str) {
    let bench = Bench::new(Lifecycle::Immediate, None);
    let patient = |seconds: &str| {
        endless(&job_on_instance(
            kind,
            &format!(
                "wait_for = \"initialized\"\n  timeouts {{\n    create = \"{seconds}\"\n    update = \"30s\"\n  }}"
            ),
        ))
    };
    // Past its precheck, but not past the full load.
    bench.write(&[&bought_first(kind, ""), &patient("6s")]);
    bench.emulator.set_lifecycle("reads:9".parse().unwrap());
    let applying = bench
        .workspace
        .start(&["apply", "-json", "-auto-approve", "-input=false"]);
    let loads = |status: &String| ["Migrating", "Initializing"].contains(&status.as_str());
    while !bench.jobs().values().any(loads) {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    bench.emulator.set_lifecycle("seconds:3600".parse().unwrap());
    let outcome = applying.finish().fails();
    let error = outcome.error("timeouts.create");
    assert!(error.detail.contains("Last seen: status "), "{error:?}");
    bench.assert_nothing_lost("after the wait");
    assert!(bench.recorded("dts_job.m").unwrap().tainted);
    let id = bench.recorded("dts_job.m").unwrap().text("id");

    let mark = bench.mark();
    let refused = bench.apply().fails();
    let error = refused.error("terraform untaint");
    assert!(error.detail.contains("-replace"), "{error:?}");
    assert!(error.detail.contains("Nothing was changed"), "{error:?}");
    assert_eq!(bench.changes_since(mark), [""; 0]);
    bench.assert_nothing_lost("after the refusal");

    bench.emulator.set_lifecycle(Lifecycle::Immediate);
    bench.workspace.run(&["untaint", "dts_job.m"]).ok();
    let mark = bench.mark();
    bench.converge(1, |_| bench.assert_nothing_lost("untainted"));
    assert_eq!(bench.changes_since(mark), [""; 0], "it runs already");
    assert_eq!(bench.recorded("dts_job.m").unwrap().text("id"), id);

    // The other way out.
    bench.workspace.run(&["taint", "dts_job.m"]).ok();
    let both = bench.workspace.apply(&["-replace=dts_instance.m"]).ok();
    bench.assert_nothing_lost("replaced with its instance");
    assert_eq!(bench.emulator.instances().len(), 2, "{}", both.report());
    bench.workspace.assert_plan_is_empty();
}

#[test]
fn a_migration_that_moves_data_is_not_replaced_on_its_instance() {
    gives_up_while_it_runs("MIGRATION");
}

#[test]
fn a_synchronization_that_moves_data_is_not_loaded_twice() {
    gives_up_while_it_runs("SYNC");
}

/// What a create that gives up leaves is tainted, and nobody but the provider says so: the way to keep it comes with the error.
#[test]
fn a_create_that_gives_up_tells_of_the_taint_and_how_to_keep_the_object() {
    let (bench, _hosted) = hosted::bench();
    let checked =
        "desired_status = \"prechecked\"\n  timeouts {\n    create = \"1s\"\n    update = \"1s\"\n  }";
    for (address, configuration) in [
        ("dts_job.m", job("m", "MIGRATION", checked)),
        ("dts_subscription.m", subscription(checked)),
    ] {
        bench.emulator.set_lifecycle("seconds:3600".parse().unwrap());
        bench.write(&[&configuration]);
        let error = bench.apply().fails().error("timeouts.create");
        assert!(error.detail.contains("`terraform untaint`"), "{error:?}");
        assert!(
            error.detail.contains("would destroy it and create it again"),
            "{error:?}"
        );
        assert!(!error.detail.contains("may be nothing"), "{error:?}");
        // It is as told.
        bench.assert_nothing_lost("after the wait");
        assert!(bench.recorded(address).unwrap().tainted);
        assert_eq!(bench.plan(&[]), [(address.to_owned(), "replace".to_owned())]);
        let id = bench.recorded(address).unwrap().text("id");
        bench.workspace.run(&["untaint", address]).ok();
        if address == "dts_job.m" {
            // The next apply waits again. What it gives up then is not tainted.
            let error = bench.apply().fails().error("timeouts.update");
            assert!(!error.detail.contains("untaint"), "{error:?}");
            assert!(!bench.recorded(address).unwrap().tainted);
        }
        bench.emulator.set_lifecycle(Lifecycle::Immediate);
        let mark = bench.mark();
        bench.converge(1, |_| bench.assert_nothing_lost("untainted"));
        assert_eq!(bench.changes_since(mark), [""; 0]);
        assert_eq!(bench.recorded(address).unwrap().text("id"), id);
        bench.workspace.destroy().ok();
    }
}
