//! The life of one object: planned, made, read, changed, removed, imported; and what interrupts it.

use std::time::Duration;

use super::*;
use crate::toy::BLOCKED;

#[tokio::test]
async fn read() {
    let mut client = configured("hi").await;
    let mut check = async |mode: Option<&str>, gone: bool, errors: usize| {
        let state = encode(a_thing(mode).with("id", "thing-1"));
        let private = Bytes::from_static(b"{\"kept\":1}");
        let request = proto::read_resource::Request {
            type_name: "toy_thing".to_owned(),
            current_state: state.clone(),
            private: private.clone(),
            ..Default::default()
        };
        let answer = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(
            answer.diagnostics.len(),
            errors,
            "{mode:?} {:?}",
            answer.diagnostics
        );
        if gone {
            assert_eq!(answer.new_state, null(), "{mode:?}");
        } else {
            assert_eq!((answer.new_state, answer.private), (state, private), "{mode:?}");
        }
    };
    check(None, false, 0).await;
    check(Some("gone"), true, 0).await;
    check(Some("fail"), false, 1).await;
    check(Some("panic"), false, 1).await;
    // What it leaked is not there.
    check(Some("leak"), false, 0).await;
}

async fn plan(
    client: &mut Client,
    prior: Option<Object>,
    config: Object,
) -> proto::plan_resource_change::Response {
    // As Terraform merges them: computed values come from the prior state.
    let mut proposed = config.clone();
    for name in ["id", "made_by"] {
        if let Some(prior) = &prior {
            proposed.set(name, prior.get(name).clone());
        }
    }
    let request = proto::plan_resource_change::Request {
        type_name: "toy_thing".to_owned(),
        prior_state: prior.map_or_else(null, encode),
        proposed_new_state: encode(proposed),
        config: encode(config),
        ..Default::default()
    };
    client.plan_resource_change(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn planning() {
    let mut client = fresh();
    let secret = Object::new().with("name", "p").with("secret_wo", "hunter2");
    let config = a_thing(None)
        .with("size", Value::Null)
        .with("secret_wo", "hunter2")
        .with("part", vec![secret]);
    let made = plan(&mut client, None, config.clone()).await;
    assert_eq!((&made.diagnostics, &made.requires_replace), (&vec![], &vec![]));
    let expected = json!({"id": "(unknown)", "name": "n", "size": 1, "mode": null, "made_by": "(unknown)",
        "secret_wo": null, "any": null, "part": [{"name": "p", "secret_wo": null}]});
    assert_eq!(decode(made.planned_state.as_ref()), expected);
    // Again: the same bytes.
    assert_eq!(plan(&mut client, None, config).await, made);

    let prior = a_thing(None).with("id", "thing-1").with("made_by", "hi");
    let same = plan(&mut client, Some(prior.clone()), a_thing(None)).await;
    assert_eq!(
        (same.planned_state, same.requires_replace),
        (encode(prior.clone()), vec![])
    );

    let renamed = plan(&mut client, Some(prior.clone()), a_thing(None).with("name", "m")).await;
    let steps: Vec<_> = renamed.requires_replace[0]
        .steps
        .iter()
        .map(|step| step.selector.clone().unwrap())
        .collect();
    assert_eq!(
        (renamed.requires_replace.len(), steps),
        (1, vec![Selector::AttributeName("name".to_owned())])
    );

    one_error(
        &plan(&mut client, None, a_thing(Some("panic plan")))
            .await
            .diagnostics,
        "panicked",
    );

    let destroy = proto::plan_resource_change::Request {
        type_name: "toy_thing".to_owned(),
        prior_state: encode(prior),
        proposed_new_state: null(),
        config: null(),
        prior_private: Bytes::from_static(b"{\"kept\":1}"),
        ..Default::default()
    };
    let destroy = client.plan_resource_change(destroy).await.unwrap().into_inner();
    assert_eq!(
        (destroy.planned_state, &destroy.planned_private[..]),
        (null(), &b"{\"kept\":1}"[..])
    );
}

async fn create(client: &mut Client, config: Object) -> proto::apply_resource_change::Response {
    let planned = plan(client, None, config.clone()).await;
    let request = proto::apply_resource_change::Request {
        type_name: "toy_thing".to_owned(),
        prior_state: null(),
        planned_state: planned.planned_state,
        config: encode(config),
        planned_private: planned.planned_private,
        ..Default::default()
    };
    client.apply_resource_change(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn create_keeps_what_was_made() {
    let mut client = configured("hi").await;
    // Mode, the id and `made_by` in the state, how many errors.
    for (mode, id, made_by, errors) in [
        (None, Some("thing-1"), Some("hi"), 0),
        (Some("fail"), None, None, 1),
        (Some("panic"), None, None, 1),
        (Some("fail late"), Some("thing-1"), Some("hi"), 1),
        (Some("panic late"), Some("thing-1"), Some("hi"), 1),
        (Some("leak"), Some("thing-1"), Some("hi"), 0),
        (Some("unknown"), Some("thing-1"), None, 1),
        (Some("wrong type"), None, Some("hi"), 1),
        (Some("missing"), Some("thing-1"), None, 0),
    ] {
        let config = a_thing(mode).with("secret_wo", "hunter2");
        let answer = create(&mut client, config).await;
        assert_eq!(
            answer.diagnostics.len(),
            errors,
            "{mode:?}: {:?}",
            answer.diagnostics
        );
        assert!(answer.diagnostics.iter().all(|one| one.severity == 1), "{mode:?}");
        if matches!(mode, Some("fail" | "panic")) {
            assert_eq!(answer.new_state, null(), "{mode:?}");
            continue;
        }
        let expected = json!({"id": id, "name": "n", "size": 1, "mode": mode, "made_by": made_by,
            "secret_wo": null, "any": null, "part": []});
        assert_eq!(decode(answer.new_state.as_ref()), expected, "{mode:?}");
        assert_eq!(&answer.private[..], b"{\"seen\":1}", "{mode:?}");
    }
}

#[tokio::test]
async fn update_and_delete() {
    let mut client = configured("hi").await;
    let prior = |mode: Option<&str>| a_thing(mode).with("id", "thing-1").with("made_by", "hi");
    for (mode, size, errors) in [(None, 2, 0), (Some("fail"), 1, 1), (Some("panic"), 1, 1)] {
        let config = a_thing(mode).with("size", 2);
        let planned = plan(&mut client, Some(prior(mode)), config.clone()).await;
        let request = proto::apply_resource_change::Request {
            type_name: "toy_thing".to_owned(),
            prior_state: encode(prior(mode)),
            planned_state: planned.planned_state,
            config: encode(config),
            planned_private: Bytes::from_static(b"{\"kept\":1}"),
            ..Default::default()
        };
        let answer = client.apply_resource_change(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics.len(), errors, "{mode:?}");
        assert_eq!(decode(answer.new_state.as_ref())["size"], size, "{mode:?}");
        assert_eq!(&answer.private[..], b"{\"kept\":1}", "{mode:?}");
    }
    for (mode, kept, errors) in [
        (None, false, 0),
        (Some("fail"), true, 1),
        (Some("panic"), true, 1),
    ] {
        let request = proto::apply_resource_change::Request {
            type_name: "toy_thing".to_owned(),
            prior_state: encode(prior(mode)),
            planned_state: null(),
            config: null(),
            ..Default::default()
        };
        let answer = client.apply_resource_change(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics.len(), errors, "{mode:?}");
        assert_eq!(
            answer.new_state,
            if kept { encode(prior(mode)) } else { null() },
            "{mode:?}"
        );
    }
}

#[tokio::test]
async fn import() {
    let mut client = configured("hi").await;
    let mut import = async |id: &str| {
        let request = proto::import_resource_state::Request {
            type_name: "toy_thing".to_owned(),
            id: id.to_owned(),
            ..Default::default()
        };
        client.import_resource_state(request).await.unwrap().into_inner()
    };
    let answer = import("thing-9").await;
    assert_eq!(
        (answer.diagnostics.len(), answer.imported_resources.len()),
        (0, 1)
    );
    let one = &answer.imported_resources[0];
    assert_eq!(one.type_name, "toy_thing");
    let state = decode(one.state.as_ref());
    assert_eq!(
        (&state["id"], &state["name"], &state["part"]),
        (&json!("thing-9"), &json!(null), &json!([]))
    );
    for id in ["", "fail", "panic"] {
        let answer = import(id).await;
        assert_eq!(
            (told(&answer.diagnostics).len(), answer.imported_resources.len()),
            (1, 0),
            "{id}"
        );
    }
}

#[tokio::test]
async fn stop_ends_what_runs_and_not_the_provider() {
    let client = configured("hi").await;
    let mut running = client.clone();
    let running = tokio::spawn(async move { create(&mut running, a_thing(Some("wait"))).await });
    let mut client = client;
    // As often as it takes: the apply may not have begun yet.
    let answer = loop {
        let stopped = client.stop(proto::stop::Request {}).await.unwrap().into_inner();
        assert_eq!(stopped.error, "");
        tokio::time::sleep(Duration::from_millis(1)).await;
        if running.is_finished() {
            break running.await.unwrap();
        }
    };
    one_error(&answer.diagnostics, "Unable to wait");
    assert_eq!(decode(answer.new_state.as_ref())["id"], "thing-1");
    // The next run on the same process works.
    configure(&mut client, "again").await;
    let answer = create(&mut client, a_thing(None)).await;
    assert_eq!(
        (
            answer.diagnostics.len(),
            &decode(answer.new_state.as_ref())["made_by"]
        ),
        (0, &json!("again"))
    );
}

#[tokio::test]
async fn large_messages_pass() {
    let mut client = configured("hi").await;
    // Three times in one plan: far over what gRPC takes by default.
    let name = "x".repeat(30 << 20);
    let answer = plan(&mut client, None, a_thing(None).with("name", name.as_str())).await;
    assert_eq!(answer.diagnostics, []);
    assert_eq!(
        decode(answer.planned_state.as_ref())["name"]
            .as_str()
            .map(str::len),
        Some(name.len())
    );
}

/// A hundred million bytes both ways.
#[tokio::test]
async fn large_states_pass_and_come_back() {
    let mut client = configured("hi").await;
    let name = "x".repeat(100_000_000);
    let state = encode(a_thing(None).with("id", "thing-1").with("name", name.as_str()));
    drop(name);
    let request = proto::read_resource::Request {
        type_name: "toy_thing".to_owned(),
        current_state: state.clone(),
        ..Default::default()
    };
    let answer = client.read_resource(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    assert!(answer.new_state == state, "another state came back");
}

/// Two threads serve, and one of them is held.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_does_not_hold_up_stop() {
    let mut client = configured("hi").await;
    let mut running = client.clone();
    let running = tokio::spawn(async move { create(&mut running, a_thing(Some("block"))).await });
    tokio::task::spawn_blocking(|| BLOCKED.wait_until_held())
        .await
        .unwrap();
    client.stop(proto::stop::Request {}).await.unwrap();
    assert!(!running.is_finished());
    BLOCKED.release();
    assert_eq!(running.await.unwrap().diagnostics, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_at_once() {
    let client = configured("hi").await;
    let many = (0..10).map(|number: i64| {
        let mut client = client.clone();
        tokio::spawn(async move {
            for round in 0..100 {
                let size = number * 100 + round;
                let answer = create(&mut client, a_thing(None).with("size", size)).await;
                assert_eq!(decode(answer.new_state.as_ref())["size"], size);
            }
        })
    });
    for one in many.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}
