//! Faults: what the client sees, what was executed, and what the journal says.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Bench, purchase};

/// Buys under a fault. Gives back what the client saw, and how many instances there are.
fn buy_under(fault: Value) -> (Result<(u16, Value), reqwest::Error>, usize, Bench) {
    let bench = Bench::immediate();
    bench.emulator.add_faults(fault);
    let seen = bench.try_call("CreateDtsInstance", &purchase("SYNC"));
    let bought = bench.emulator.instances().len();
    (seen, bought, bench)
}

#[test]
fn each_kind_does_what_it_says() {
    // The fault; the status and code that the client sees (none: no whole reply), whether the call was executed.
    for (fault, expected, executed) in [
        (json!({"kind": "late", "delay_ms": 50}), Some((200, "")), true),
        (json!({"kind": "throttle"}), Some((400, "Throttling.User")), false),
        (
            json!({"kind": "throttle", "code": "Throttling"}),
            Some((400, "Throttling")),
            false,
        ),
        (json!({"kind": "status"}), Some((500, "InternalError")), false),
        (
            json!({"kind": "status", "status": 503}),
            Some((503, "ServiceUnavailable")),
            false,
        ),
        (
            json!({"kind": "status", "status": 403, "code": "LXBuyError"}),
            Some((403, "LXBuyError")),
            false,
        ),
        (json!({"kind": "cut_before"}), None, false),
        (json!({"kind": "cut_after"}), None, true),
        (json!({"kind": "shown_late"}), None, true),
        (json!({"kind": "truncate"}), None, true),
        (json!({"kind": "garbage"}), Some((200, "")), false),
        (json!({"kind": "garbage", "status": 502}), Some((502, "")), false),
        (
            json!({"kind": "refuse", "code": "DTS.Msg.Odd"}),
            Some((200, "")),
            false,
        ),
    ] {
        let mut asked = fault.clone();
        asked["action"] = json!("CreateDtsInstance");
        let began = Instant::now();
        let (seen, bought, bench) = buy_under(asked);
        assert_eq!(bought, usize::from(executed), "{fault}");
        match (seen, expected) {
            (Err(error), None) => {
                assert!(!error.is_timeout(), "{fault}: {error:?}");
                // A truncated reply has a head; a cut one has nothing.
                assert_eq!(
                    error.is_body() || error.is_decode(),
                    fault["kind"] == "truncate",
                    "{fault}: {error:?}"
                );
            }
            (Ok((status, body)), Some(expected)) => {
                assert_eq!(
                    (status, body["Code"].as_str().unwrap_or_default()),
                    expected,
                    "{fault}: {body}"
                );
                if fault["kind"] == "garbage" {
                    assert!(
                        body.as_str().is_some_and(|page| page.starts_with("<html>")),
                        "{body}"
                    );
                }
                if fault["kind"] == "refuse" {
                    assert_eq!(
                        (&body["Success"], &body["ErrCode"]),
                        (&json!("false"), &json!("DTS.Msg.Odd"))
                    );
                    assert!(
                        body["ErrMessage"].as_str().unwrap().contains("%s")
                            && body["DynamicMessage"].is_string()
                    );
                }
            }
            (seen, expected) => panic!("{fault}: {seen:?} in place of {expected:?}"),
        }
        if fault["kind"] == "late" {
            assert!(began.elapsed() >= Duration::from_millis(50));
        }
        let call = &bench.emulator.calls()[0];
        assert_eq!(call.fault.as_deref(), fault["kind"].as_str());
        let status = match fault["kind"].as_str() {
            Some("cut_before") => 0,
            Some("cut_after" | "shown_late" | "truncate") => 200,
            _ => expected.unwrap().0,
        };
        assert_eq!(call.status, status, "{fault}");
        // The next call goes well, on a connection of its own if need be.
        bench.ok("CreateDtsInstance", &purchase("SYNC"));
    }
}

/// Whatever the call made or changed, and nothing else.
#[test]
fn what_is_shown_late_is_hidden_from_so_many_reads() {
    let bench = Bench::immediate();
    bench.ok("CreateDtsInstance", &purchase("SYNC"));
    let lists = [("Region", "cn-hangzhou"), ("JobType", "SYNC")];
    let shown = || {
        let listed = bench.ok("DescribeDtsJobs", &lists);
        listed["DtsJobList"].as_array().unwrap().len()
    };
    let late = json!({"action": "CreateDtsInstance", "kind": "shown_late", "reads": 2});
    bench.emulator.add_faults(late);
    assert!(bench.try_call("CreateDtsInstance", &purchase("SYNC")).is_err());
    assert_eq!([shown(), shown(), shown(), shown()], [1, 1, 2, 2]);
    // A change is hidden as well.
    let job = bench.emulator.instances()[0].job_id.clone();
    let named = [("DtsJobId", job.as_str()), ("DtsJobName", "renamed")];
    bench
        .emulator
        .add_faults(json!({"action": "ModifyDtsJobName", "kind": "shown_late"}));
    assert!(bench.try_call("ModifyDtsJobName", &named).is_err());
    let name = || bench.ok("DescribeDtsJobDetail", &named[..1])["DtsJobName"].clone();
    assert_ne!(name(), "renamed");
    assert_eq!(name(), "renamed");
}

#[test]
fn a_throttled_call_is_told_when_to_come_back() {
    let bench = Bench::immediate();
    bench
        .emulator
        .add_faults(json!({"action": "*", "kind": "throttle", "retry_after_ms": 1500}));
    let pairs = bench.v1_pairs("DescribeDtsJobs", &[]);
    let signature = super::client::v1_signature("POST", "testAccessKeySecret", &pairs);
    let body = format!(
        "{}&Signature={}",
        super::client::canonical(&pairs),
        super::client::encode(&signature)
    );
    let response = bench.response(bench.http().post(bench.emulator.url()).body(body));
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["x-acs-retry-after"], "1500");
}

#[test]
fn faults_strike_the_calls_they_name_and_no_others() {
    let bench = Bench::immediate();
    bench.ok("DescribeDtsJobs", &[]);
    bench.emulator.add_faults(json!([
        {"action": "DescribeDtsJobs", "nth": 2, "times": 2, "kind": "status"},
        {"action": "*", "nth": 5, "kind": "status", "status": 503},
    ]));
    let (_, job) = bench.buy("SYNC");
    // A request that is not signed right is not counted.
    bench
        .send(
            bench
                .http()
                .post(bench.emulator.url())
                .body("Action=DescribeDtsJobs&Version=2020-01-01"),
        )
        .unwrap();
    let seen: Vec<_> = (0..5).map(|_| bench.call("DescribeDtsJobs", &[]).0).collect();
    assert_eq!(seen, [200, 500, 500, 503, 200]);
    bench.ok("DescribeDtsJobDetail", &[("DtsJobId", &job)]);
}

#[test]
fn an_emulator_ends_although_a_reply_is_late() {
    let bench = Bench::immediate();
    bench
        .emulator
        .add_faults(json!({"action": "*", "kind": "late", "delay_ms": 3_600_000}));
    let pairs = bench.v1_pairs("DescribeDtsJobs", &[]);
    let signature = super::client::v1_signature("POST", "testAccessKeySecret", &pairs);
    let body = format!(
        "{}&Signature={}",
        super::client::canonical(&pairs),
        super::client::encode(&signature)
    );
    let request = bench
        .http()
        .post(bench.emulator.url())
        .timeout(Duration::from_millis(200))
        .body(body);
    assert!(bench.send(request).unwrap_err().is_timeout());
    drop(bench);
}
