//! Finds Terraform, once for each test process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the package.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Terraform that the tests run: what `scripts/terraform` prints, thus `$TERRAFORM`, or the one on PATH, or
/// one from PyPI. That there is none is a failure of the test, never a reason to skip it.
pub(crate) fn cli() -> &'static Path {
    static CLI: OnceLock<PathBuf> = OnceLock::new();
    CLI.get_or_init(|| found(&[]))
}

/// The newest release that there is, for what older ones cannot do. As any release it comes from PyPI, and is kept.
pub(crate) fn newest() -> &'static Path {
    static NEWEST: OnceLock<PathBuf> = OnceLock::new();
    NEWEST.get_or_init(|| found(&["newest"]))
}

fn found(arguments: &[&str]) -> PathBuf {
    let script = repository().join("scripts/terraform");
    let found = Command::new(&script)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", script.display()));
    let stderr = String::from_utf8_lossy(&found.stderr);
    assert!(found.status.success(), "no Terraform for the tests:\n{stderr}");
    PathBuf::from(String::from_utf8(found.stdout).unwrap().trim_end())
}

/// Major and minor of that Terraform, for what an older one cannot do (write-only arguments came with 1.11).
pub(crate) fn cli_version() -> (u32, u32) {
    static VERSION: OnceLock<(u32, u32)> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let told = Command::new(cli())
            .args(["version", "-json"])
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        let version = told["terraform_version"].as_str().unwrap();
        let mut numbers = version.split('.').map(|number| number.parse().unwrap());
        (numbers.next().unwrap(), numbers.next().unwrap())
    })
}
