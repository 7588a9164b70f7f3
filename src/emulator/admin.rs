//! The routes of the test's side, under `/_emulator/`. They are JSON, and never signed.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{fault::Fault, fixtures::Fixtures, lifecycle::Lifecycle, server::Shared};

/// Where the admin routes begin.
pub(crate) const PREFIX: &str = "/_emulator/";

/// Answers one admin request. A mistake in it is answered 400, with `error` saying what it is.
pub(crate) fn handle(shared: &Shared, method: &Method, route: &str, body: &[u8]) -> (StatusCode, Value) {
    match route_of(shared, method, route, body) {
        Ok(value) => (StatusCode::OK, value),
        Err((status, error)) => (status, json!({ "error": error })),
    }
}

type Failure = (StatusCode, String);

fn route_of(shared: &Shared, method: &Method, route: &str, body: &[u8]) -> Result<Value, Failure> {
    let bad = |error: String| (StatusCode::BAD_REQUEST, error);
    let json = || -> Result<Value, Failure> {
        serde_json::from_slice(body).map_err(|error| bad(format!("the body is not JSON: {error}")))
    };
    let done = json!({"ok": true});
    match (method.as_str(), route) {
        ("GET", "calls") => {
            let calls: Vec<_> = shared
                .state()
                .journal
                .calls()
                .iter()
                .map(super::Call::to_json)
                .collect();
            Ok(json!({ "calls": calls }))
        }
        ("GET", "instances") => {
            let bill: Vec<_> = shared
                .state()
                .bill()
                .iter()
                .map(super::InstanceRecord::to_json)
                .collect();
            Ok(json!({ "instances": bill }))
        }
        ("PUT", "fixtures") => {
            shared.state().fixtures = Fixtures::parse(json()?).map_err(|error| bad(error.to_string()))?;
            Ok(done)
        }
        ("POST", "faults") => {
            let faults = Fault::parse_all(json()?).map_err(|error| bad(error.to_string()))?;
            shared.state().faults.add(faults);
            Ok(done)
        }
        ("DELETE", "faults") => {
            shared.state().faults = super::fault::Faults::default();
            Ok(done)
        }
        ("PUT", "clock") => {
            let body = json()?;
            let Some(lifecycle) = body["lifecycle"].as_str() else {
                return Err(bad(
                    r#"the clock is set by {"lifecycle": "immediate" | "reads:N" | "seconds:S"}"#.to_owned(),
                ));
            };
            shared.state().lifecycle = lifecycle
                .parse::<Lifecycle>()
                .map_err(|error| bad(error.to_string()))?;
            Ok(done)
        }
        ("PUT", "limits") => {
            let limits = serde_json::from_value(json()?).map_err(|error| {
                bad(format!(
                    r#"{error}; the limits are set by {{"calls_per_second": 20, "latency_ms": 50}}"#
                ))
            })?;
            shared.state().limits = limits;
            Ok(done)
        }
        ("POST", "jobs") => {
            let body = json()?;
            let count = body["count"]
                .as_u64()
                .and_then(|count| usize::try_from(count).ok());
            let (Some(like), Some(count)) = (body["like"].as_str(), count) else {
                return Err(bad(
                    r#"jobs are copied by {"like": "<DtsJobId>", "count": 100}"#.to_owned()
                ));
            };
            let Some(jobs) = shared.state().copy_job(like, count) else {
                return Err(bad(format!("there is no job {like} to copy")));
            };
            let jobs: Vec<_> = jobs.iter().map(super::JobRecord::to_json).collect();
            Ok(json!({ "jobs": jobs }))
        }
        ("PUT", "jobs") => {
            shared.state().scripts.set(json()?).map_err(bad)?;
            Ok(done)
        }
        ("POST", "reset") => {
            shared.reset();
            Ok(done)
        }
        (_, "calls" | "instances" | "fixtures" | "faults" | "clock" | "limits" | "jobs" | "reset") => Err((
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{method} is not a method of {PREFIX}{route}"),
        )),
        _ => Err((
            StatusCode::NOT_FOUND,
            format!("there is no route {PREFIX}{route}"),
        )),
    }
}
