//! Jobs that have ended: by themselves, or because somebody stopped them on the way. DTS calls both `Finished`.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{NoOp, Update};

use crate::changes::bed::{Bed, Managed, operations_of};
use crate::changes::config::{MIGRATION, SYNC, instance, job, with};
use crate::changes::raw;
use crate::support::Workspace;
use crate::support::bench::{Bench, bought_first, job_on_instance};

const FAR: &str = "structure 100%, data 40%";

/// A migration that moves once what is there, held on its way.
fn half_way(bed: &Bed) -> (Managed<'_>, Managed<'_>, Json) {
    bed.emulator
        .script_job(json!({ "job": "*", "progress": { "structure": 100, "full": 40 } }));
    bed.bought(&instance(MIGRATION), &job(MIGRATION))
}

fn stop(bed: &Bed, managed: &Managed<'_>) {
    bed.call("StopDtsJob", &[("DtsJobId", &managed.text("id"))]);
    bed.emulator.script_job(json!({ "job": "*" }));
}

fn attribute(managed: &Managed<'_>, name: &str) -> Json {
    managed.core.get(name)
}

#[test]
fn a_migration_that_was_stopped_half_way_has_not_finished() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(1)] {
        let bed = Bed::with(lifecycle, None);
        let (_instance, mut managed, config) = half_way(&bed);
        stop(&bed, &managed);
        managed.refresh();
        managed.refused(&config, "desired_status", FAR);
        managed.refused(&config, "desired_status", "replace_triggered_by");
        managed.refresh();
        assert_eq!(managed.text("status"), "Finished");
        let progress = json!({ "structure": 100, "data": 40, "delay_seconds": null });
        assert_eq!(attribute(&managed, "progress"), progress);
        let failure = attribute(&managed, "failure");
        assert_eq!(failure["stage"], "stopped");
        assert!(failure["message"].as_str().unwrap().contains(FAR), "{failure}");
        let (found, _) = bed.read_data("dts_job", &json!({ "id": managed.text("id") }));
        let phases = found.reveal()["phases"].clone();
        assert_eq!(phases[1]["percent"], 40, "{phases}");

        // Accepted, it is no failure any more, and what was moved stays known.
        let stopped = with(&config, json!({ "desired_status": "stopped" }));
        managed.change(&stopped, Update, &[]);
        assert!(attribute(&managed, "failure").is_null());
        assert_eq!(attribute(&managed, "progress"), progress);
        for desired in ["running", "suspended"] {
            let wanted = with(&config, json!({ "desired_status": desired }));
            managed.refused(&wanted, "desired_status", FAR);
        }
        managed.settle(&Json::Null);
    }
}

#[test]
fn an_import_finds_it_stopped() {
    let bed = Bed::new();
    let (_instance, managed, config) = half_way(&bed);
    stop(&bed, &managed);
    let mut elsewhere = bed.job();
    elsewhere.import(&managed.text("id")).unwrap();
    assert_eq!(elsewhere.text("desired_status"), "stopped");
    assert!(attribute(&elsewhere, "failure").is_null());
    elsewhere.refused(&config, "desired_status", FAR);
    let stopped = with(&config, json!({ "desired_status": "stopped" }));
    let planned = elsewhere.must_plan(&stopped);
    assert!([NoOp, Update].contains(&planned.action), "{:?}", planned.replace);
    elsewhere.settle(&stopped);
}

/// It is stopped between the plan and the apply, which waits for something else.
#[test]
fn no_wait_takes_it_for_an_end() {
    for (changes, what) in [
        (json!({ "wait_for": "finished" }), "finish"),
        (
            json!({ "wait_for": "initialized" }),
            "move all structure and data",
        ),
        (json!({ "wait_for": "running" }), "run"),
        (json!({ "desired_status": "suspended" }), "run"),
    ] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = half_way(&bed);
        let waiting = with(&config, changes);
        let planned = managed.must_plan(&waiting);
        stop(&bed, &managed);
        let mark = bed.mark();
        let problems = managed.apply(&planned, &waiting);
        let errors: Vec<_> = problems.iter().filter(|problem| problem.is_error()).collect();
        assert_eq!(errors.len(), 1, "{problems:#?}");
        assert!(errors[0].summary.ends_with(what), "{}", errors[0].summary);
        let told = format!("stopped before it had moved everything ({FAR})");
        assert!(errors[0].detail.contains(&told), "{}", errors[0].detail);
        assert_eq!(bed.changing_calls(mark), [""; 0]);
    }
    // Where it is to be stopped, it is.
    let bed = Bed::new();
    let (_instance, mut managed, config) = half_way(&bed);
    let stopped = with(&config, json!({ "desired_status": "stopped" }));
    managed.change(&stopped, Update, &["StopDtsJob"]);
    assert_eq!(attribute(&managed, "progress")["data"], 40);
    assert!(attribute(&managed, "failure").is_null());
}

#[test]
fn a_failed_list_does_not_make_it_done() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = half_way(&bed);
    stop(&bed, &managed);
    managed.refresh();
    bed.emulator.add_faults(
        json!({ "action": "DescribeDtsJobs", "kind": "refuse", "code": "Forbidden", "times": 100 }),
    );
    managed.refused(&config, "desired_status", FAR);
}

#[test]
fn what_has_finished_is_not_suspended() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(MIGRATION), &job(MIGRATION));
    assert_eq!(managed.status(), "Finished");
    let suspended = with(&config, json!({ "desired_status": "suspended" }));
    managed.refused(&suspended, "desired_status", "nothing left to suspend");
    let stopped = with(&config, json!({ "desired_status": "stopped" }));
    managed.change(&stopped, Update, &[]);
    managed.refused(&suspended, "desired_status", "Set `running`");
}

/// Wanted all along: somebody else let it run on.
#[test]
fn what_was_suspended_and_ran_on_to_its_end_is_told() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = half_way(&bed);
    let suspended = with(&config, json!({ "desired_status": "suspended" }));
    managed.change(&suspended, Update, &["SuspendDtsJob"]);
    bed.call("StartDtsJob", &[("DtsJobId", &managed.text("id"))]);
    bed.emulator.script_job(json!({ "job": "*" }));
    managed.assert_plan_is_empty(&suspended);
    assert_eq!(managed.text("status"), "Finished");
    let planned = managed.must_plan(&suspended);
    Managed::warned(&planned, "desired_status", "cannot be suspended any more");
    managed.change(&config, Update, &[]);
}

#[test]
fn who_started_what_is_to_be_suspended_is_told() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let suspended = with(&config, json!({ "desired_status": "suspended" }));
    let told = |managed: &mut Managed<'_>| {
        let planned = managed.must_plan(&suspended);
        assert_eq!(operations_of(&planned.planned), ["SuspendDtsJob"]);
        let told = planned.diagnostics.iter();
        told.filter(|told| told.summary.contains("was started")).count()
    };
    assert_eq!(told(&mut managed), 0, "the user asks for it");
    managed.settle(&suspended);
    bed.call("StartDtsJob", &[("DtsJobId", &managed.text("id"))]);
    assert_eq!(told(&mut managed), 1);
    managed.change(&suspended, Update, &["SuspendDtsJob"]);
}

#[test]
fn a_password_of_what_has_ended_is_only_recorded() {
    let stopped = json!({ "desired_status": "stopped" });
    for (kind, end) in [(MIGRATION, json!({})), (SYNC, stopped)] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = bed.bought(&instance(kind), &job(kind));
        let ended = with(&config, end);
        if kind == SYNC {
            managed.settle(&ended);
        }
        let rotated = with(&ended, json!({ "source_endpoint": { "password": "new" } }));
        let planned = managed.must_plan(&rotated);
        Managed::warned(&planned, "source_endpoint.password", "has ended for good");
        managed.change(&rotated, Update, &[]);
        assert_eq!(attribute(&managed, "source_endpoint")["password"], "new");
        // A name is a name.
        let renamed = with(&rotated, json!({ "dts_job_name": "other" }));
        managed.change(&renamed, Update, &["ModifyDtsJobName"]);
    }
}

#[test]
fn what_has_finished_was_not_stopped() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(MIGRATION), &job(MIGRATION));
    let follows = with(&config, json!({ "data_synchronization": true }));
    let error = managed.plan(&follows).unwrap_err();
    let told: Vec<_> = error.iter().filter(|problem| problem.is_error()).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].path.as_ref().unwrap().to_string(), "data_synchronization");
    assert!(!told[0].detail.contains("stopped"), "{}", told[0].detail);
    assert!(
        told[0].detail.contains("the job has ended") && told[0].detail.contains("Replace the instance"),
        "{}",
        told[0].detail
    );
}

/// As a user sees all of it.
#[test]
fn terraform_tells_a_stop_from_an_end() {
    let bench = Bench::immediate();
    bench
        .emulator
        .script_job(json!({ "job": "*", "progress": { "structure": 100, "full": 40 } }));
    let configuration = |more: &str| {
        format!(
            "{}{}",
            bought_first("MIGRATION", ""),
            job_on_instance("MIGRATION", more)
        )
    };
    bench.write(&[&configuration("")]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    let id = bench.recorded("dts_job.m").unwrap().text("id");
    raw::call(&bench.emulator.url(), "StopDtsJob", &[("DtsJobId", &id)]);
    bench.emulator.script_job(json!({ "job": "*" }));
    let error = bench.workspace.plan(&[]).fails().error("cannot be reached");
    assert!(error.detail.contains(FAR), "{}", error.detail);
    bench.write(&[&configuration("desired_status = \"stopped\"")]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    bench.workspace.destroy().ok();
}

/// Terraform shows no attribute that keeps its value: `operations` is told where the calls are those of the last apply.
#[test]
fn the_same_calls_again_are_told() {
    for newest in [false, true] {
        let bench = Bench::immediate();
        let workspace = Workspace::new(Some(&bench.emulator.url()));
        let workspace = if newest { workspace.on_newest() } else { workspace };
        let configuration =
            |more: &str| format!("{}{}", bought_first("SYNC", ""), job_on_instance("SYNC", more));
        let text = |arguments: &[&str]| {
            let outcome = workspace.run(&[&["plan", "-no-color", "-input=false"], arguments].concat());
            // Terraform breaks lines, and draws a bar beside what is told.
            let text = outcome.ok().stdout.replace('│', " ");
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        workspace.write("main.tf", &configuration("desired_status = \"configured\""));
        workspace.apply(&[]).ok();
        workspace.write("main.tf", &configuration(""));
        let first = text(&[]);
        // Terraform 1.6 shows the two as one taken out and one put in.
        let (_, operations) = first.split_once("~ operations = [").unwrap();
        let (operations, _) = operations.split_once(']').unwrap();
        assert!(operations.contains("\"StartDtsJob\""), "{first}");
        assert!(!first.contains("as in the last apply"), "{first}");
        workspace.apply(&[]).ok();
        workspace.assert_plan_is_empty();

        let state: Json = serde_json::from_str(&workspace.state_file()).unwrap();
        let resources = state["resources"].as_array().unwrap();
        let job = resources.iter().find(|one| one["type"] == "dts_job").unwrap();
        let id = job["instances"][0]["attributes"]["id"].as_str().unwrap();
        raw::call(&bench.emulator.url(), "SuspendDtsJob", &[("DtsJobId", id)]);
        let told = format!("operations of {id}, as in the last apply: StartDtsJob");
        let again = text(&[]);
        assert!(again.contains(&told), "{again}");
        workspace.apply(&[]).ok();
        // What the state remembers is enough.
        raw::call(&bench.emulator.url(), "SuspendDtsJob", &[("DtsJobId", id)]);
        workspace
            .run(&["apply", "-refresh-only", "-auto-approve", "-no-color"])
            .ok();
        assert!(text(&["-refresh=false"]).contains(&told));
        workspace.apply(&[]).ok();
        let outcome = workspace.run(&["plan", "-no-color", "-input=false"]).ok();
        assert!(outcome.stdout.contains("No changes"), "{}", outcome.stdout);
        assert!(
            !outcome.stdout.contains("outside of Terraform"),
            "{}",
            outcome.stdout
        );
        workspace.destroy().ok();
    }
}
