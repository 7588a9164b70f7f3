//! The modules in `examples/modules`: tested as the guide to testing modules says, and used as their own papers say. Those for jobs that
//! stay have a file of their own, with what comes later.

mod copied;
mod kafka_subscription;
mod two_way_sync;

use std::path::{Path, PathBuf};

use serde_json::Value;
use terraform_provider_dts::emulator::{Emulator, Lifecycle, Options};

use crate::support::bench::{bought_first, job};
use crate::support::{PROVIDER_SOURCE, Workspace, assert_nothing_paid_for, cli, cli_version, repository};

const GUIDE: &str = "docs/guides/testing-modules.md";

fn read(path: impl AsRef<Path>) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folder(module: &str) -> PathBuf {
    repository().join("examples/modules").join(module)
}

/// The files of a module, those of its tests as `tests/...`.
fn files(module: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for below in ["", "tests/"] {
        for entry in std::fs::read_dir(folder(module).join(below)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                let name = format!("{below}{}", entry.file_name().to_string_lossy());
                files.push((name, read(entry.path())));
            }
        }
    }
    files
}

fn fixtures(module: &str) -> Value {
    serde_json::from_str(&read(folder(module).join("tests/fixtures.json"))).unwrap()
}

fn emulator(fixtures: Value) -> Emulator {
    Emulator::start(Options {
        lifecycle: Lifecycle::Reads(1),
        fixtures: Some(fixtures),
        ..Options::default()
    })
    .unwrap()
}

/// Writes the module's files below `to`. OpenTofu would look for a short source in its own registry.
fn install(workspace: &Workspace, module: &str, to: &str) {
    std::fs::create_dir_all(workspace.path().join(to).join("tests")).unwrap();
    for (name, text) in files(module) {
        let text = text.replace("\"dts-community/dts\"", &format!("\"{PROVIDER_SOURCE}\""));
        workspace.write(&format!("{to}/{name}"), &text);
    }
}

/// The first block of that language.
fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let rest = text.split(&format!("```{language}\n")).nth(1).unwrap();
    rest.split("```").next().unwrap()
}

/// `terraform test` of a module as it stands.
#[track_caller]
fn passes(module: &str, workspace: Workspace) {
    let emulator = emulator(fixtures(module));
    let workspace = workspace.with_env("DTS_ENDPOINT", &emulator.url());
    install(&workspace, module, ".");
    let tested = workspace.run(&["test", "-no-color"]).ok();
    assert!(tested.stdout.contains("Success!"), "{}", tested.report());
    assert_nothing_paid_for(&emulator);
}

/// On the machine's own Terraform where it is new enough, and on the newest, which runs a file of tests on one process.
#[track_caller]
fn check(module: &str, needs: (u32, u32)) {
    passes(module, Workspace::new(None).on_newest());
    if cli_version() >= needs {
        passes(module, Workspace::new(None));
    } else {
        let workspace = Workspace::new(None);
        install(&workspace, module, ".");
        let refused = workspace.validate().fails();
        assert!(
            // It says what it does not know, or that it is too old.
            refused.stderr.contains("Unsupported"),
            "{}",
            refused.report()
        );
    }
}

/// The configuration in the module's README, applied. No `init` could get the provider; `get` has the module only.
#[track_caller]
fn used_as_the_readme_says(module: &str) {
    let emulator = emulator(fixtures(module));
    let workspace = Workspace::new(None)
        .on_newest()
        .with_env("DTS_ENDPOINT", &emulator.url())
        .with_env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testAccessKeyId")
        .with_env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testAccessKeySecret")
        .with_env("TF_VAR_password", "the-password")
        .with_env("TF_VAR_source_password", "source-password")
        .with_env("TF_VAR_destination_password", "destination-password");
    copied::write(&workspace, module);
    workspace.run(&["get"]).ok();
    workspace.apply(&[]).ok();
    // What a precheck found is repaired at the databases, and checked again.
    emulator.set_fixtures(Value::Null);
    workspace.apply(&[]).ok();
    workspace.assert_plan_is_empty();
    let state = workspace.state_file();
    assert!(!state.contains("source-password") && !state.contains("destination-password"));
    workspace.destroy().ok();
    assert_nothing_paid_for(&emulator);
}

// One test for each module, so that they run beside each other.

#[test]
fn precheck_gated_migration() {
    check("precheck_gated_migration", (1, 11));
    used_as_the_readme_says("precheck_gated_migration");
}

#[test]
fn precheck_report() {
    check("precheck_report", (1, 6));
    used_as_the_readme_says("precheck_report");
}

/// The commands, too.
#[test]
fn precheck_gated_migration_on_a_local_dts() {
    copied::runs("precheck_gated_migration");
}

#[test]
fn precheck_report_on_a_local_dts() {
    let ran = copied::runs("precheck_report");
    assert!(
        ran.stdout.contains("CHECK_"),
        "something is to be repaired{}",
        ran.report()
    );
}

#[test]
fn two_way_sync() {
    check("two_way_sync", (1, 11));
}

#[test]
fn kafka_subscription() {
    check("kafka_subscription", (1, 11));
}

/// The tests of a module are worth something: they fail when the databases are not as they say, with what DTS found.
#[test]
fn a_failed_precheck_fails_the_tests() {
    let module = "precheck_gated_migration";
    let mut fixtures = fixtures(module);
    fixtures["endpoints"][1]["accounts"]["dts"] = "another".into();
    let emulator = emulator(fixtures);
    let workspace = Workspace::new(None)
        .on_newest()
        .with_env("DTS_ENDPOINT", &emulator.url());
    install(&workspace, module, ".");
    let tested = workspace
        .run(&["test", "-no-color", "-filter=tests/migration.tftest.hcl"])
        .fails();
    let report = tested.report();
    assert!(report.contains("CHECK_AUTH_DEST"), "{report}");
    assert!(
        report.contains("run \"a_review_costs_nothing\"... fail"),
        "{report}"
    );
    assert_eq!(emulator.instances().len(), 0, "{report}");
}

/// From Terraform 1.13 on all runs of a file, and the destroy at its end, are served by one process with one configuration:
/// what it remembers of a plan must not be held against the next.
#[test]
fn many_plans_and_applies_on_one_process() {
    let emulator = Emulator::start(Options {
        lifecycle: Lifecycle::Reads(1),
        ..Options::default()
    })
    .unwrap();
    let workspace = Workspace::new(Some(&emulator.url())).on_newest();
    let job = job("m", "SYNC", "dts_instance_id = dts_instance.m.id").replace("\"job-m\"", "var.name");
    let name = "variable \"name\" {\n  default = \"first\"\n}\n";
    workspace.write("main.tf", &[name, &bought_first("SYNC", ""), &job].concat());
    workspace.write(
        "life.tftest.hcl",
        r#"
run "planned" {
  command = plan
}
run "made" {}
run "unchanged" {
  command = plan
  assert {
    condition     = dts_job.m.id == run.made.job && dts_instance.m.id == run.made.instance
    error_message = "another object"
  }
}
run "renamed" {
  variables {
    name = "second"
  }
  assert {
    condition     = dts_job.m.operations == tolist(["ModifyDtsJobName"]) && dts_job.m.id == run.made.job
    error_message = join(", ", dts_job.m.operations)
  }
}
run "job_replaced" {
  plan_options {
    replace = [dts_job.m]
  }
  assert {
    condition     = dts_instance.m.id == run.made.instance && contains(dts_job.m.operations, "ConfigureDtsJob")
    error_message = join(", ", dts_job.m.operations)
  }
}
run "both_replaced" {
  plan_options {
    replace = [dts_instance.m, dts_job.m]
  }
  assert {
    condition     = dts_instance.m.id != run.made.instance && dts_job.m.id != run.made.job
    error_message = "the same object"
  }
}
run "unchanged_again" {
  command = plan
  assert {
    condition     = dts_job.m.id == run.both_replaced.job
    error_message = "another object"
  }
}
"#,
    );
    let outputs = "output \"job\" {\n  value = dts_job.m.id\n}\noutput \"instance\" {\n  value = dts_instance.m.id\n}\n";
    workspace.write("outputs.tf", outputs);
    let tested = workspace.run(&["test", "-no-color"]).ok();
    assert!(tested.stdout.contains("Success! 7 passed"), "{}", tested.report());
    assert_eq!(emulator.instances().len(), 2, "{}", tested.report());
    assert_nothing_paid_for(&emulator);
}

/// The commands of the guide, as they stand.
#[test]
fn the_guide_is_true() {
    let module = "precheck_report";
    let bin = tempfile::tempdir().unwrap();
    let emulator = Path::new(env!("CARGO_BIN_EXE_dts-emulator"));
    for (name, program) in [("terraform", cli()), ("dts-emulator", emulator)] {
        std::os::unix::fs::symlink(program, bin.path().join(name)).unwrap();
    }
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let workspace = Workspace::new(None).with_env("PATH", &path);
    install(&workspace, module, ".");
    let guide = read(GUIDE);
    let commands = block(&guide, "shell");
    let shell = workspace.start_program(Path::new("bash"), &["-euo", "pipefail", "-c", commands]);
    let ran = shell.finish().ok();
    assert!(ran.stdout.contains("Success!"), "{}", ran.report());
    serde_json::from_str::<Value>(block(&guide, "json")).unwrap();
    // What it shows of the tests is there.
    let tests: String = files("precheck_gated_migration")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    for shown in guide.split("```terraform\n").skip(1) {
        let shown = shown.split("```").next().unwrap();
        for line in shown.lines() {
            assert!(tests.contains(line), "no test of the module has {line:?}");
        }
    }
}

#[test]
fn every_module_is_whole_and_tested() {
    let this = read("tests/it/modules.rs");
    let guide = read(GUIDE);
    for entry in std::fs::read_dir(repository().join("examples/modules")).unwrap() {
        let module = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            this.contains(&format!("\nfn {module}() {{")),
            "no test runs {module}"
        );
        assert!(guide.contains(&format!("modules/{module}/")), "{module}: {GUIDE}");
        let readme = read(folder(&module).join("README.md"));
        let files = files(&module);
        for (name, text) in &files {
            // Tests with real keys could buy; a README has its keys where it has its commands.
            assert_eq!(
                name != "README.md" && text.contains("provider \"dts\""),
                text.contains("access_key = \"testAccessKeyId\""),
                "{module}/{name}"
            );
            assert!(!text.contains("endpoint   ="), "{module}/{name}");
        }
        let variables = &files.iter().find(|(name, _)| name == "variables.tf").unwrap().1;
        let outputs = &files.iter().find(|(name, _)| name == "outputs.tf").unwrap().1;
        for (kind, text) in [("variable", variables), ("output", outputs)] {
            for block in text.split(&format!("{kind} \"")).skip(1) {
                let name = block.split('"').next().unwrap();
                assert!(
                    block.contains("description ="),
                    "{module}: {kind} {name} is not described"
                );
                assert!(
                    readme.contains(&format!("`{name}`")),
                    "{module}: README.md has no {name}"
                );
            }
        }
    }
}
