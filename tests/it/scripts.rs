//! `scripts/terraform` on a machine without Terraform.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Outcome, Workspace, repository, state_values};

/// What a machine needs for the script and for the configurations below.
const TOOLS: [&str; 7] = ["bash", "sh", "dirname", "basename", "env", "sleep", "kill"];

/// A PATH of one folder that has a shell, Python and little more, and no Terraform, wherever that is installed.
fn path_without_terraform() -> TempDir {
    let folder = TempDir::new().unwrap();
    let stand_in = |name: &str, program: &Path| {
        let link = folder.path().join(name);
        std::fs::write(&link, format!("#!/bin/sh\nexec '{}' \"$@\"\n", program.display())).unwrap();
        std::fs::set_permissions(&link, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    for name in TOOLS {
        stand_in(name, &find(name));
    }
    // A version manager's `python3` would look for the true one on PATH.
    let python = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    stand_in(
        "python3",
        Path::new(String::from_utf8(python.stdout).unwrap().trim()),
    );
    folder
}

fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("no {name} on PATH"))
}

/// Runs the script with `PATH` as given and `TERRAFORM` unset or as given.
fn script(path: &Path, terraform: Option<&str>, arguments: &[&str]) -> Outcome {
    let mut command = Command::new(repository().join("scripts/terraform"));
    command.args(arguments).env("PATH", path).env_remove("TERRAFORM");
    if let Some(terraform) = terraform {
        command.env("TERRAFORM", terraform);
    }
    // Not under the time limit of the other commands: it may fetch 60 MB, and pip has limits of its own.
    let done = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Outcome {
        command: format!("{command:?}"),
        status: done.status.code(),
        stdout: text(done.stdout),
        stderr: text(done.stderr),
    }
}

fn from_pypi(arguments: &[&str]) -> PathBuf {
    let path = path_without_terraform();
    let outcome = script(path.path(), None, arguments).ok();
    PathBuf::from(outcome.stdout.trim_end())
}

#[test]
fn without_terraform_one_from_pypi_does_its_job() {
    let terraform = from_pypi(&[]);
    let folder = repository().join("target/terraform");
    assert!(
        terraform.starts_with(&folder),
        "{} is not in {}",
        terraform.display(),
        folder.display()
    );

    let workspace = Workspace::new(None);
    let run = |arguments: &[&str]| workspace.start_program(&terraform, arguments).finish();
    let version = terraform
        .parent()
        .and_then(Path::file_name)
        .unwrap()
        .to_str()
        .unwrap();
    let told = run(&["version"]).ok();
    assert!(
        told.stdout.starts_with(&format!("Terraform v{version}\n")),
        "{}",
        told.report()
    );

    workspace.write(
        "main.tf",
        "resource \"terraform_data\" \"a\" {\n  input = \"one\"\n}\n",
    );
    run(&["init", "-input=false"]).ok();
    let plan = ["plan", "-input=false", "-detailed-exitcode"];
    run(&plan).ended_with(2);
    run(&["apply", "-input=false", "-auto-approve"]).ok();
    run(&plan).ended_with(0);
    let state = run(&["show", "-json"]).ok();
    let state = serde_json::from_str(&state.stdout).unwrap();
    assert_eq!(state_values(&state, "terraform_data.a")["output"], "one");

    workspace.write("main.tf", "resource {}\n");
    let failed = run(&["plan", "-no-color"]).fails();
    assert!(failed.stderr.contains("Error: "), "{}", failed.report());
    assert!(!failed.stdout.contains("Error: "), "{}", failed.report());
}

#[test]
fn an_interrupt_reaches_a_terraform_from_pypi() {
    let terraform = from_pypi(&[]);
    let workspace = Workspace::new(None);
    workspace.write(
        "main.tf",
        r#"
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "echo now it waits; exec sleep 100"
  }
}
"#,
    );
    let mut running = workspace.start_program(
        &terraform,
        &["apply", "-no-color", "-input=false", "-auto-approve"],
    );
    running.wait_for("(local-exec): now it waits");
    running.signal("INT");
    let outcome = running.finish().fails();
    assert!(
        outcome.stdout.contains("Gracefully shutting down..."),
        "{}",
        outcome.report()
    );
}

#[test]
fn a_release_can_be_chosen() {
    let terraform = from_pypi(&["1.11.4"]);
    assert!(terraform.ends_with("1.11.4/terraform"), "{}", terraform.display());
    let told = Workspace::new(None)
        .start_program(&terraform, &["version", "-json"])
        .finish()
        .ok();
    assert!(
        told.stdout.contains("\"terraform_version\": \"1.11.4\""),
        "{}",
        told.report()
    );
}

#[test]
fn a_terraform_of_the_user_is_taken_first() {
    let path = path_without_terraform();
    let mine = path.path().join("terraform");
    std::fs::write(&mine, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&mine, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let other = path.path().join("sleep");

    let found = |terraform: Option<&str>| {
        script(path.path(), terraform, &[])
            .ok()
            .stdout
            .trim_end()
            .to_owned()
    };
    assert_eq!(Path::new(&found(None)), mine);
    assert_eq!(Path::new(&found(other.to_str())), other);
    assert_eq!(Path::new(&found(Some("sleep"))), other);
}

#[test]
fn what_cannot_be_had_is_an_error_that_says_so() {
    let path = path_without_terraform();
    let none = script(path.path(), None, &["0.1.2"]).fails();
    assert!(
        none.stderr.contains("PyPI has no Terraform 0.1.2. It has 1.6.6,"),
        "{}",
        none.report()
    );
    let wrong = script(path.path(), Some("no-such-program"), &[]).fails();
    assert!(
        wrong.stderr.contains("TERRAFORM=no-such-program"),
        "{}",
        wrong.report()
    );
    assert_eq!(wrong.stdout, "");

    std::fs::remove_file(path.path().join("python3")).unwrap();
    let no_python = script(path.path(), None, &[]).fails();
    assert!(
        no_python.stderr.contains("needs python3"),
        "{}",
        no_python.report()
    );
}

/// Whether it finds a breach, finds none of what it was asked for, or cannot run at all.
#[test]
fn a_sweep_that_fails_says_why_and_where_all_of_it_is() {
    for (log, shown) in [
        (
            "ok: 1a\nLost: 1b: dts1 is in no state\nSilent: 2a",
            "Lost: 1b: dts1 is in no state\nSilent: 2a\n",
        ),
        (
            "thread panicked: cannot run terraform",
            "thread panicked: cannot run terraform\n",
        ),
    ] {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("target")).unwrap();
        let cargo = folder.path().join("cargo");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *--no-run*) exit 0 ;; esac\nprintf '{log}\\n' >&2\nexit 101\n"
        );
        std::fs::write(&cargo, script).unwrap();
        std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let done = Command::new("make")
            .arg("-f")
            .arg(repository().join("GNUmakefile"))
            .args(["sweep", &format!("CARGO={}", cargo.display())])
            .current_dir(folder.path())
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .env_remove("CI")
            .output()
            .unwrap();
        let (told, also) = (
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr),
        );
        assert!(!done.status.success());
        assert_eq!(told, shown);
        assert!(also.contains("target/sweep.log"), "{also}");
    }
}
