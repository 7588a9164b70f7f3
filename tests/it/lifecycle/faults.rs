//! Whatever fails, whenever it fails: the state has what was made, and an error says so.

use serde_json::json;
use terraform_provider_dts::framework::resource::Replacement;
use terraform_provider_dts::framework::rules::Action;
use terraform_provider_dts::framework::{Path, Severity, Value};

use super::*;

fn desired() -> Value {
    config(
        json!({"name": "n", "label": "l", "spelling": "Text", "secret_wo": "hunter2", "list": [{"key": "k"}]}),
    )
}

/// What a failed create leaves: whether there is a state, and whether it is an error.
#[tokio::test]
async fn creates() {
    for (fault, recorded, error) in [
        (Fault::ErrorBefore, false, true),
        (Fault::PanicBefore, false, true),
        (Fault::ErrorAfter, true, true),
        (Fault::PanicAfter, true, true),
        (Fault::StateTakenThenPanic, true, true),
        (Fault::LeaveUnknown, true, true),
        (Fault::LeakWriteOnly, true, false),
        (Fault::Malformed, true, true),
        (Fault::AnswerDiffers, true, false),
    ] {
        let (server, remote) = server();
        let mut core = Core::new(&server, "test_thing");
        set_fault(&remote, fault);
        let (action, diagnostics) = core.run(&desired()).await;
        assert_eq!(
            (action, diagnostics.has_errors()),
            (Action::Create, error),
            "{fault:?}"
        );
        assert_eq!(core.state.is_some(), recorded, "{fault:?}");
        assert!(!format!("{diagnostics:?}").contains("hunter2"), "{fault:?}");
        if recorded {
            assert_eq!(core.get("id"), "thing-1", "{fault:?}");
            assert_eq!(core.get("name"), "n", "{fault:?}");
        }
        assert!(
            !core.value().reveal().to_string().contains("hunter2"),
            "{fault:?}"
        );
        set_fault(&remote, Fault::None);
        let expected = if recorded && error {
            Action::Replace
        } else {
            Action::Create
        };
        if recorded && !error {
            core.expect_no_changes_but_drift(&desired()).await;
        } else {
            assert_eq!(
                core.settle(&desired()).await,
                expected,
                "the next apply converges after {fault:?}"
            );
            let replacing = recorded.then_some(Replacement::Tainted);
            assert_eq!(remote.lock().unwrap().replacing, replacing, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn updates() {
    for (fault, label, error) in [
        (Fault::ErrorBefore, "l", true),
        (Fault::PanicBefore, "l", true),
        (Fault::ErrorAfter, "m", true),
        (Fault::PanicAfter, "m", true),
        (Fault::StateTakenThenPanic, "m", true),
        (Fault::LeaveUnknown, "m", true),
        (Fault::LeakWriteOnly, "m", false),
        (Fault::Malformed, "m", true),
        (Fault::AnswerDiffers, "m", false),
    ] {
        let (server, remote) = server();
        let mut core = Core::new(&server, "test_thing");
        core.settle(&desired()).await;
        let before = core.value();
        let mut changed = desired();
        if let Value::Map(object) = &mut changed {
            object.set("label", "m");
        }
        let planned = core.plan(&changed).await.unwrap();
        set_fault(&remote, fault);
        let diagnostics = core.apply(&planned, &changed).await;
        assert_eq!(
            (planned.action, diagnostics.has_errors()),
            (Action::Update, error),
            "{fault:?}"
        );
        assert_eq!(
            (core.get("id"), core.get("label")),
            (json!("thing-1"), json!(label)),
            "{fault:?}"
        );
        if label == "l" {
            assert_eq!(core.value(), before, "{fault:?}");
        }
        if error && fault != Fault::Malformed {
            // What is not known of the change is as it was, not forgotten.
            assert_eq!(core.get("revision"), "change 1", "{fault:?}");
            assert_eq!(core.get("list")[0]["made"], "change 1", "{fault:?}");
        }
        assert!(
            !core.value().reveal().to_string().contains("hunter2"),
            "{fault:?}"
        );
        set_fault(&remote, Fault::None);
        core.run(&changed).await;
        core.expect_no_changes(&changed).await;
    }
}

#[tokio::test]
async fn an_answer_that_differs_from_the_plan_is_told_and_shown_by_the_next_plan() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    set_fault(&remote, Fault::AnswerDiffers);
    let (_, diagnostics) = core.run(&desired()).await;
    let told: Vec<_> = diagnostics
        .iter()
        .map(|one| (one.severity, one.path.clone()))
        .collect();
    // Another spelling of the same is no difference.
    assert_eq!(told, [(Severity::Warning, Some(Path::attribute("label")))]);
    assert!(!core.state.as_ref().unwrap().tainted);
    set_fault(&remote, Fault::None);
    assert_eq!(core.settle(&desired()).await, Action::Update);
}

#[tokio::test]
async fn deletes() {
    for fault in [Fault::ErrorBefore, Fault::PanicBefore] {
        let (server, remote) = server();
        let mut core = Core::new(&server, "test_thing");
        core.settle(&desired()).await;
        let before = core.value();
        let planned = core.plan(&Value::Null).await.unwrap();
        set_fault(&remote, fault);
        assert!(core.apply(&planned, &Value::Null).await.has_errors(), "{fault:?}");
        assert_eq!(core.value(), before, "{fault:?}");
        set_fault(&remote, Fault::None);
        assert_eq!(core.run(&Value::Null).await.0, Action::Delete);
        assert_eq!(core.state, None);
    }
}

#[tokio::test]
async fn a_replacement_whose_delete_fails_is_forgotten() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    core.settle(&desired()).await;
    let planned = core
        .plan(&config(json!({"name": "n", "zone": "z"})))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Replace);
    set_fault(&remote, Fault::ErrorBefore);
    assert!(
        core.apply(&planned, &config(json!({"name": "n", "zone": "z"})))
            .await
            .has_errors()
    );
    assert_eq!(remote.lock().unwrap().replacing, Some(Replacement::Planned));
    set_fault(&remote, Fault::None);
    core.run(&Value::Null).await;
    let replacing = remote.lock().unwrap().replacing;
    assert_eq!(replacing, None, "now it is a removal and nothing else");
}

#[tokio::test]
async fn reads() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    core.settle(&desired()).await;
    let before = core.state.clone();
    for fault in [Fault::ErrorBefore, Fault::PanicBefore, Fault::LeaveUnknown] {
        set_fault(&remote, fault);
        assert!(core.refresh().await.is_err(), "{fault:?}");
        assert_eq!(core.state, before, "{fault:?}");
    }
    set_fault(&remote, Fault::LeakWriteOnly);
    core.refresh().await.unwrap();
    assert_eq!(core.state, before);
}

#[tokio::test]
async fn plans() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    let with_set = |key: &str| config(json!({"name": "n", "set": [{"key": key}]}));
    core.settle(&with_set("a")).await;
    set_fault(&remote, Fault::PlanPanics);
    let errors = core.plan(&with_set("b")).await.unwrap_err();
    assert!(
        errors.iter().next().unwrap().detail.contains("planning"),
        "{errors:?}"
    );
    set_fault(&remote, Fault::PlanReplacesWithinSet);
    let planned = core.plan(&with_set("b")).await.unwrap();
    assert_eq!(
        planned.replace,
        [Path::attribute("set")],
        "elements of a set cannot be named"
    );
    set_fault(&remote, Fault::PlanReplacesTypo);
    let errors = core.plan(&with_set("b")).await.unwrap_err();
    assert!(
        errors.iter().next().unwrap().detail.contains("lable"),
        "{errors:?}"
    );
    set_fault(&remote, Fault::RefuseDestroy);
    assert!(core.plan(&Value::Null).await.is_err());
    assert!(
        core.plan(&config(json!({"name": "n", "zone": "z"})))
            .await
            .is_err(),
        "a replacement destroys too"
    );
    assert_eq!(core.plan(&with_set("b")).await.unwrap().action, Action::Update);
}
