//! A team that comes with what it has: ten jobs that nobody manages, two that the alicloud provider does. All of it is adopted with the
//! newest Terraform, a password is rotated, a job is suspended by an action, and the plan is empty at the end.

use serde_json::Value;

use crate::moved::{ALICLOUD, moved, recorded, synchronization_instance, synchronization_job};
use crate::support::Workspace;
use crate::support::bench::{
    Bench, DESTINATION_PASSWORD, SOURCE_PASSWORD, bought_first, endless, job_on_instance,
};
use crate::support::outside::{self, Made};

/// Jobs of every kind: the ids, in the order of the names.
fn ten_jobs(bench: &Bench) -> Vec<Made> {
    (0..10)
        .map(|number| {
            let name = format!("app-{number}");
            match number {
                0..=3 => outside::running(bench, "SYNC", &name),
                4..=6 => outside::running(bench, "MIGRATION", &name),
                7 | 8 => outside::on_instance(bench, "SYNC", &name),
                _ => outside::configured(bench, "MIGRATION", &name),
            }
        })
        .collect()
}

/// Of `dts_*.<name>`, with another name than the bench's.
fn renamed(text: &str, name: &str) -> String {
    text.replace(" \"m\" {", &format!(" \"{name}\" {{"))
        .replace("dts_instance.m", &format!("dts_instance.{name}"))
        .replace("job-m", &format!("legacy-{name}"))
}

/// What the alicloud provider manages: its state, and the configuration here, with `moved` blocks.
fn two_of_alicloud(bench: &Bench) -> (String, String) {
    let (mut state, mut names) = (Vec::new(), Vec::new());
    let mut configuration = String::new();
    for name in ["one", "two"] {
        let made = outside::running(bench, "SYNC", &format!("legacy-{name}"));
        let there = synchronization_instance(&made.instance_id);
        let mut job = synchronization_job(&made.job_id, &made.instance_id);
        job["dts_job_name"] = format!("legacy-{name}").into();
        job["source_endpoint_database_name"] = "".into();
        let kinds = [
            ("alicloud_dts_synchronization_instance", "dts_instance", there),
            ("alicloud_dts_synchronization_job", "dts_job", job),
        ];
        for (from, to, attributes) in kinds {
            configuration += &moved(from, to).replace(".m\n", &format!(".{name}\n"));
            state.push((from, attributes));
            names.push(name);
        }
        let job = endless(&job_on_instance("SYNC", "")).replace("    database_name = \"dtsdb\"\n", "");
        // The list as JSON, as the other provider has it.
        let (before, _) = job.split_once("  database {").unwrap();
        let list = r#"db_list = jsonencode({ dtsdb = { name = "dtsdb_1", all = false, Table = { person = { name = "person", all = true } } } })"#;
        let job = format!("{before}  {list}\n}}\n");
        configuration += &renamed(&(bought_first("SYNC", "") + &job), name);
    }
    let mut state: Value = serde_json::from_str(&recorded(&state)).unwrap();
    for (index, name) in names.into_iter().enumerate() {
        state["resources"][index]["name"] = name.into();
    }
    (state.to_string(), configuration)
}

/// The text of the resource block that has this name for its job.
fn block_of<'a>(generated: &'a str, name: &str) -> &'a str {
    let blocks = generated.split("\nresource \"dts_job\"");
    let mut found = blocks.filter(|block| block.contains(&format!("\"{name}\"")));
    let block = found.next().unwrap_or_else(|| panic!("no {name} in {generated}"));
    block.split("\n}\n").next().unwrap()
}

#[test]
fn ten_jobs_are_adopted_two_are_moved_and_all_is_well() {
    let bench = Bench::immediate();
    let made = ten_jobs(&bench);
    let (state, configuration) = two_of_alicloud(&bench);
    let workspace = Workspace::new(Some(&bench.emulator.url()))
        .standing_in_for(ALICLOUD)
        .at_least((1, 14));
    workspace.write("terraform.tfstate", &state);
    workspace.write("legacy.tf", &configuration);

    // Adopt the ten, and move the two, with no call.
    let lists: String = ["dts_instance", "dts_job"]
        .iter()
        .map(|kind| {
            format!(
                "list \"{kind}\" \"apps\" {{\n  provider = dts\n  config {{\n    name = \"app-\"\n  }}\n}}\n"
            )
        })
        .collect();
    workspace.write("apps.tfquery.hcl", &lists);
    workspace
        .run(&["query", "-no-color", "-generate-config-out=apps.tf"])
        .ok();
    let generated = std::fs::read_to_string(workspace.path().join("apps.tf")).unwrap();
    assert_eq!(
        generated.matches("resource \"dts_job\"").count(),
        10,
        "{generated}"
    );
    assert_eq!(
        generated.matches("resource \"dts_instance\"").count(),
        9,
        "{generated}"
    );
    let mark = bench.mark();
    let plan = workspace.plan(&[]).ok();
    let mut changes = plan.planned_changes();
    changes.retain(|(_, action)| action != "import" && action != "move");
    assert_eq!(changes, [], "{}", plan.report());
    workspace.apply_saved().ok();
    workspace.assert_plan_is_empty();
    assert_eq!(bench.changes_since(mark), [""; 0], "adopting changes nothing");

    // Rotate a password: the first that is written is taken for the present one, for DTS does not tell it, and the next is set.
    let block = block_of(&generated, "app-1");
    let (before, after) = block.split_once("source_endpoint {").unwrap();
    let with = |secret: &str, version: u32| {
        let rotated = format!(
            "{before}source_endpoint {{\n    password_wo = \"{secret}\"\n    password_wo_version = {version}\n{}",
            without_password(after)
        );
        generated.replace(block, &rotated)
    };
    let mark = bench.mark();
    workspace.write("apps.tf", &with(SOURCE_PASSWORD, 1));
    workspace.apply(&[]).ok();
    assert_eq!(bench.changes_since(mark), [""; 0]);
    let secret = "source-secret-of-today";
    let generated = with(secret, 2);
    workspace.write("apps.tf", &generated);
    workspace.apply(&[]).ok();
    assert_eq!(bench.changes_since(mark), ["ModifyDtsJobPassword"]);
    workspace.assert_plan_is_empty();
    assert!(
        !workspace.state_file().contains(secret),
        "a write-only password is in no state"
    );

    // Suspend one, and say so.
    let suspended = &made[2].job_id;
    workspace.write(
        "actions.tf",
        &format!(
            "action \"dts_suspend_job\" \"app\" {{\n  config {{\n    job_id = \"{suspended}\"\n  }}\n}}\n"
        ),
    );
    let mark = bench.mark();
    workspace.apply(&["-invoke=action.dts_suspend_job.app"]).ok();
    assert_eq!(outside::status(&bench, suspended), "Suspending");
    let block = block_of(&generated, "app-2");
    let generated = generated.replace(block, &with_status(block, "suspended"));
    workspace.write("apps.tf", &generated);
    workspace.apply(&[]).ok();
    assert_eq!(bench.changes_since(mark), ["SuspendDtsJob"]);

    workspace.assert_plan_is_empty();
    let state = workspace.state_file();
    assert_eq!(state.matches("\"type\": \"dts_job\"").count(), 12);
    for stored in [SOURCE_PASSWORD, DESTINATION_PASSWORD] {
        // Those of the two that were moved, as they were stored before.
        assert_eq!(state.matches(stored).count(), 2);
    }
}

/// The rest of a block of an endpoint, without what the generator writes for a password that it does not know.
fn without_password(block: &str) -> String {
    let mut is_first_end = true;
    let lines = block.lines().filter(|line| {
        let of_password = is_first_end && line.trim_start().starts_with("password");
        if line.trim() == "}" {
            is_first_end = false;
        }
        !of_password
    });
    lines.map(|line| format!("{line}\n")).collect()
}

fn with_status(block: &str, status: &str) -> String {
    let lines = block.lines().map(|line| {
        if line.trim_start().starts_with("desired_status") {
            format!("  desired_status = \"{status}\"\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}
