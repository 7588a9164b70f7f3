//! Keys that a program prints: `process_command` of a profile (dts-api.md 8.1).

use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::process::Command;

use super::Credentials;
use super::lease::Lease;
use super::problem::Problem;
use crate::api::decode::Object;

/// As long as the SDK waits.
const TIMEOUT: Duration = Duration::from_secs(60);

const ADVICE: &str = "Run the profile's process_command yourself: it must print a JSON object with access_key_id, access_key_secret and, for \
     temporary keys, sts_token and expiration.";

/// Runs `command`, split as a shell does but without one. What it prints is shown nowhere: it may be keys.
pub(super) async fn lease(command: &str) -> Result<Lease, Problem> {
    let problem = |what: String| Problem::new(format!("process_command {what}"), ADVICE);
    let words = shlex::split(command).unwrap_or_default();
    let Some((program, arguments)) = words.split_first() else {
        return Err(problem("is empty or has an open quote".to_owned()));
    };
    let run = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(TIMEOUT, run)
        .await
        .map_err(|_| {
            problem(format!(
                "({program}) has not ended within {} s",
                TIMEOUT.as_secs()
            ))
        })?
        .map_err(|cause| problem(format!("({program}) cannot be run: {cause}")))?;
    if !output.status.success() {
        return Err(problem(format!("({program}) failed: {}", output.status)));
    }
    let printed: Map<String, Value> = serde_json::from_slice(&output.stdout)
        .map_err(|_| problem(format!("({program}) did not print a JSON object")))?;
    parse(Object::new(&printed), format!("process_command ({program})"))
        .ok_or_else(|| problem(format!("({program}) did not print a key and its secret")))
}

fn parse(printed: Object<'_>, origin: String) -> Option<Lease> {
    let token = printed.text("sts_token");
    if token.is_none() && printed.text("mode").as_deref() == Some("StsToken") {
        return None;
    }
    Some(Lease {
        keys: Credentials {
            access_key_id: printed.text("access_key_id")?,
            access_key_secret: SecretString::from(printed.text("access_key_secret")?),
            security_token: token.map(SecretString::from),
            origin,
        },
        expires: printed.text("expiration").and_then(|time| time.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(command: &str, expected: Result<(&str, bool), &str>) {
        let found = lease(command).await;
        let found = found
            .as_ref()
            .map(|lease| (lease.keys.access_key_id.as_str(), lease.expires.is_some()))
            .map_err(Problem::message);
        match (found, expected) {
            (Err(found), Err(part)) => {
                assert!(found.contains(part) && !found.contains("hunter2"), "{found}");
            }
            (found, expected) => assert_eq!(found, expected, "{command}"),
        }
    }

    #[tokio::test]
    async fn what_a_program_prints_is_taken() {
        check(
            r#"printf '{"access_key_id": "a b", "access_key_secret": "hunter2"}'"#,
            Ok(("a b", false)),
        )
        .await;
        check(
            r#"sh -c "printf '{\"mode\":\"StsToken\",\"access_key_id\":\"a\",\"access_key_secret\":\"b\",\"sts_token\":\"c\",\"expiration\":\"2026-01-02T03:04:05Z\"}'""#,
            Ok(("a", true)),
        )
        .await;
    }

    #[tokio::test]
    async fn a_program_that_fails_is_named_and_not_quoted() {
        check("", Err("is empty")).await;
        check("printf 'open", Err("open quote")).await;
        check("no-such-program-of-ours x", Err("cannot be run")).await;
        check("false", Err("(false) failed")).await;
        check("printf hunter2", Err("did not print a JSON object")).await;
        check(
            r#"printf '{"mode":"StsToken","access_key_id":"a","access_key_secret":"hunter2"}'"#,
            Err("did not print a key and its secret"),
        )
        .await;
    }
}
