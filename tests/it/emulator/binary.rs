//! The process `dts-emulator`: its first line, its end, and its refusals.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Output, Stdio},
};

fn emulator() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dts-emulator"));
    for name in [
        "LISTEN",
        "ACCESS_KEY_ID",
        "ACCESS_KEY_SECRET",
        "FIXTURES",
        "LIFECYCLE",
    ] {
        command.env_remove(format!("DTS_EMULATOR_{name}"));
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it and gives back the URL of its first line.
fn started(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let url = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap_or_else(|| panic!("{line:?}"));
    (child, out, url.to_owned())
}

fn get(url: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    runtime.block_on(async { client.get(url).send().await.unwrap().text().await.unwrap() })
}

#[cfg(unix)]
#[test]
fn it_says_where_it_listens_and_ends_when_asked() {
    for signal in ["INT", "TERM"] {
        let (mut child, mut out, url) = started(emulator().env("DTS_EMULATOR_LIFECYCLE", "reads:2"));
        assert_eq!(get(&format!("{url}/_emulator/calls")), r#"{"calls":[]}"#);
        let killed = Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line is all that it says");
    }
}

#[test]
fn fixtures_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fixtures.json");
    std::fs::write(&file, super::client::fixtures().to_string()).unwrap();
    let (mut child, _, url) = started(
        emulator()
            .args(["--listen", "127.0.0.1:0", "--fixtures"])
            .arg(&file),
    );
    assert!(url.starts_with("http://127.0.0.1:"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn bad_flags_are_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, r#"{"endpoint":[]}"#).unwrap();
    let bad = bad.to_str().unwrap();
    for (arguments, code, expected) in [
        (
            &["--lifecycle", "slow"][..],
            2,
            "--lifecycle: unknown lifecycle \"slow\"",
        ),
        (&["--port", "1"], 2, "invalid option '--port'"),
        (&["--fixtures", "no/such/file"], 2, "--fixtures no/such/file: "),
        (&["--fixtures", bad], 2, "unknown field `endpoint`"),
        (&["--listen", "nowhere"], 1, "cannot listen on nowhere"),
    ] {
        let Output {
            status,
            stdout,
            stderr,
        } = emulator().args(arguments).output().unwrap();
        let message = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}: {message}");
        assert_eq!((stdout.len(), message.lines().count()), (0, 1), "{message}");
        assert!(
            message.starts_with("dts-emulator: ") && message.contains(expected),
            "{message}"
        );
    }
    let help = emulator().arg("--help").output().unwrap();
    assert!(
        help.status.success()
            && String::from_utf8(help.stdout)
                .unwrap()
                .contains("--lifecycle WHEN")
    );
    let version = emulator().arg("--version").output().unwrap();
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        concat!("dts-emulator ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
