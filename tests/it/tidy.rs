//! House rules that no compiler checks: the arrows between the layers, who may touch what, and what no file holds.

mod checks;
mod code;
mod papers;
mod rules;

use std::path::Path;

use crate::support::repository;
use rules::violations;

/// Folders that are not the project's text.
const SKIPPED: [&str; 6] = [
    "target",
    ".git",
    ".terraform",
    "__pycache__",
    "artifacts",
    "corpus",
];

#[test]
fn the_tree_keeps_the_rules() {
    let mut files = Vec::new();
    collect(repository(), &mut files);
    assert!(
        files.iter().any(|(path, _)| path == "src/lib.rs"),
        "the tree was not found"
    );
    let broken: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| violations(path, text))
        .map(|violation| format!("{}:{}: {}", violation.path, violation.line, violation.message))
        .collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Every text file below `folder`, by its path relative to the package.
fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(&entry.path(), files);
            }
        } else if kind.is_file()
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            let path = entry.path();
            let path = path.strip_prefix(repository()).unwrap().to_str().unwrap();
            files.push((path.to_owned(), text));
        }
    }
}

/// `text` at `path` breaks rules exactly at these lines, with messages that hold these words.
#[track_caller]
fn check(path: &str, text: &str, expected: &[(usize, &str)]) {
    let found = violations(path, text);
    let matches = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(violation, (line, words))| violation.line == *line && violation.message.contains(words));
    assert!(matches, "{path}: expected {expected:?}, found {found:#?}");
}

#[test]
fn forbidden_arrows_are_found() {
    check(
        "src/framework/plan.rs",
        "use crate::plugin::serve;\n",
        &[(1, "framework must not use plugin")],
    );
    check(
        "src/framework/plan.rs",
        "use crate::framework::value::Value;\nuse super::path;\n",
        &[],
    );
    check(
        "src/plugin/rpc.rs",
        "\nfn f() { crate::api::f() }\n",
        &[(2, "plugin must not use api")],
    );
    check("src/plugin/rpc.rs", "use crate::framework::Server;\n", &[]);
    check(
        "src/api/client.rs",
        "use super::super::framework::Value;\n",
        &[(1, "api must not use framework")],
    );
    check(
        "src/emulator/job.rs",
        "use crate::api::job::Job;\n",
        &[(1, "emulator must not use api")],
    );
    check(
        "src/dts/job.rs",
        "use crate::{api::job, framework::{plan, path}};\n",
        &[],
    );
    check(
        "src/dts/job.rs",
        "use crate::{\n    api::job,\n    framework::{emulator, path},\n    plugin,\n};\n",
        &[(4, "dts must not use plugin")],
    );
    check(
        "src/api.rs",
        "pub use crate::dts::X;\n",
        &[(1, "api must not use dts")],
    );
    check("src/main.rs", "use terraform_provider_dts::{dts, plugin};\n", &[]);
}

#[test]
fn unit_tests_may_use_the_emulator_but_it_uses_nothing() {
    let tests = "\n#[cfg(test)]\nmod tests {\n    use crate::emulator::Emulator;\n}\n";
    check("src/dts/job.rs", tests, &[]);
    check("src/plugin/rpc.rs", tests, &[(4, "plugin must not use emulator")]);
    let tests = tests.replace("emulator::Emulator", "api::Client");
    check("src/emulator/job.rs", &tests, &[(4, "emulator must not use api")]);
}

#[test]
fn what_comments_and_literals_say_is_no_use() {
    check(
        "src/framework/plan.rs",
        "//! As [`crate::plugin`] wants it.\nconst A: &str = \"crate::api\";\n",
        &[],
    );
}

#[test]
fn what_belongs_to_one_layer_is_found_elsewhere() {
    check(
        "src/api/sign.rs",
        "use tonic::Status;\n",
        &[(1, "tonic outside src/plugin/")],
    );
    check(
        "src/framework/value.rs",
        "fn f(x: rmp::Marker) {}\n",
        &[(1, "rmp outside")],
    );
    check(
        "src/dts/job.rs",
        "use reqwest::Client;\n",
        &[(1, "reqwest outside src/api/")],
    );
    check(
        "src/plugin/serve.rs",
        "use axum::Router;\n",
        &[(1, "axum outside src/emulator/")],
    );
    check(
        "src/api/client.rs",
        "use std::env;\n",
        &[(1, "std::env outside src/api/context.rs")],
    );
    check(
        "src/dts/wait.rs",
        "let x = env::var(\"X\");\n",
        &[(1, "env::var outside")],
    );
    check(
        "src/framework/apply.rs",
        "let t = Instant::now();\n",
        &[(1, "Instant::now outside")],
    );
    check(
        "src/emulator/server.rs",
        "let t = SystemTime::now();\n",
        &[(1, "SystemTime::now outside")],
    );
    check(
        "src/plugin/rpc.rs",
        "println!(\"x\");\n",
        &[(1, "println! outside")],
    );
    check(
        "src/plugin/handshake.rs",
        "println!(\"x\");\nlet e = std::env::var(\"Y\");\n",
        &[],
    );
    check(
        "src/api/client.rs",
        "#[cfg(test)]\nmod tests {\n    let t = Instant::now();\n}\n",
        &[],
    );
    check(
        "tests/it/any.rs",
        "use reqwest::Client;\nlet t = Instant::now();\n",
        &[],
    );
}

#[test]
fn the_domain_is_found_where_it_is_not_to_be() {
    check(
        "src/plugin/log.rs",
        "/// Logs of DTS.\n",
        &[(1, "plugin is not to know of dts")],
    );
    check(
        "src/framework/schema.rs",
        "x(\"dts_job\");\nfn widths() {}\n",
        &[(1, "framework is not to")],
    );
    check("src/api/client.rs", "/// A client of DTS.\n", &[]);
}

#[test]
fn long_files_are_found() {
    check("src/main.rs", &"\n".repeat(80), &[]);
    check("src/main.rs", &"\n".repeat(81), &[(81, "81 lines")]);
    check("src/dts/job.rs", &"\n".repeat(601), &[(601, "601 lines")]);
    check("tests/it/job.rs", &"\n".repeat(601), &[(601, "601 lines")]);
    let tests = "#[cfg(test)]\nmod tests {\n".to_owned() + &"\n".repeat(600);
    check("src/dts/job.rs", &tests, &[(601, "602 lines")]);
    check("src/dts/job.rs", &("\n".to_owned() + &tests), &[]);
    check("docs/long.md", &"\n".repeat(1000), &[]);
}

#[test]
fn what_no_file_holds_is_found() {
    // In parts, so that this file keeps the rules.
    check(
        "tests/it/x.rs",
        concat!("#[ign", "ore = \"slow\"]\n"),
        &[(1, "does not run")],
    );
    check("docs/x.md", concat!("\nTO", "DO: write\n"), &[(2, "finish it")]);
    check(
        "scripts/x",
        concat!("cd /wo", "rk/main\n"),
        &[(1, "path of one machine")],
    );
    check(
        "scripts/x",
        concat!("PATH=$HOME:/ro", "ot/bin\n"),
        &[(1, "path of one machine")],
    );
    check("scripts/x", concat!("cd $HOME/wo", "rk/main\n"), &[]);
    check(
        "a.toml",
        concat!("index", "-url = \"x\"\n"),
        &[(1, "package index")],
    );
    check(
        "a.toml",
        concat!("[sou", "rce.crates-io]\n"),
        &[(1, "package index")],
    );
    let mirror = concat!("see http", "s://mirror.corp.internal:8443/x\n");
    check("a.md", mirror, &[(1, "mirror.corp.internal is no host")]);
    let plain = concat!("see http", "://mirror/simple\n");
    check("a.md", plain, &[(1, "mirror is no host")]);
}

#[test]
fn hosts_that_may_be_named() {
    for host in [
        "127.0.0.1:8080/x",
        "[::1]:80",
        "localhost",
        "dts.cn-hangzhou.aliyuncs.com/",
        "github.com/x",
        "registry.terraform.io",
        "me@dts.example.com",
        "me:password@LocalHost:80",
        "ADDR:PORT",
        "{address}/",
        "$host",
    ] {
        check("a.md", &format!("see <https://{host}> and `http://{host}`."), &[]);
    }
    check(
        "a.md",
        concat!("http", "s://notgithub.com"),
        &[(1, "notgithub.com is no host")],
    );
}
