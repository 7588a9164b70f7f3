//! Each step of the life, and what may be surprising in it.

use serde_json::json;
use terraform_provider_dts::framework::import::Key;
use terraform_provider_dts::framework::resource::Replacement;
use terraform_provider_dts::framework::rules::{Action, check_data_source};
use terraform_provider_dts::framework::{Path, Service, Severity, Value};

use super::*;

#[test]
fn the_schemas_are_sound() {
    let (server, _) = server();
    for (name, schema) in server
        .resource_schemas()
        .into_iter()
        .chain(server.data_source_schemas())
    {
        assert_eq!(
            terraform_provider_dts::framework::schema::problems(schema),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn create_update_replace_destroy() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    assert_eq!(core.settle(&config(json!({"name": "n"}))).await, Action::Create);
    assert_eq!(core.get("id"), "thing-1");
    assert_eq!(core.get("mode"), "auto");
    assert_eq!(core.get("revision"), "change 1");

    assert_eq!(
        core.settle(&config(json!({"name": "m", "label": "l"}))).await,
        Action::Update
    );
    assert_eq!(core.get("id"), "thing-1");
    assert_eq!(core.get("firm"), "once");
    assert_eq!(core.get("revision"), "change 2");

    let replaced = core.settle(&config(json!({"name": "m", "zone": "z"}))).await;
    assert_eq!(replaced, Action::Replace);
    assert_eq!(remote.lock().unwrap().replacing, Some(Replacement::Planned));
    assert_eq!(core.get("id"), "thing-2");
    assert_eq!(core.get("label"), json!(null));

    assert_eq!(core.run(&Value::Null).await.0, Action::Delete);
    assert_eq!(remote.lock().unwrap().replacing, None);
    assert_eq!(core.state, None);
    assert!(remote.lock().unwrap().objects.is_empty());
}

#[tokio::test]
async fn every_computed_value_of_a_create_is_unknown_or_a_known_default() {
    let (server, _) = server();
    let mut core = Core::new(&server, "test_thing");
    let config = config(json!({
        "name": "n", "secret_wo": "hunter2",
        "one": {"key": "k", "inner_wo": "hunter2", "deep": [{"key": "d"}]},
        "set": [{"key": "a"}, {"key": "b", "auto": "x", "kind": "y"}],
    }));
    let planned = core.plan(&config).await.unwrap().planned.reveal();
    for name in ["id", "size", "code", "revision", "firm"] {
        assert_eq!(planned[name], "(unknown)", "{name}");
    }
    assert_eq!(
        (&planned["mode"], &planned["nick"]),
        (&json!("auto"), &json!("Nick"))
    );
    assert_eq!(
        (&planned["label"], &planned["secret_wo"]),
        (&json!(null), &json!(null))
    );
    let deep = &planned["one"]["deep"][0];
    assert_eq!((&deep["kind"], &deep["made"]), (&json!("k"), &json!("(unknown)")));
    assert!(!planned.to_string().contains("hunter2"));
    assert_eq!(core.settle(&config).await, Action::Create);
}

#[tokio::test]
async fn what_differs_only_in_spelling_changes_nothing() {
    let (server, _) = server();
    let mut core = Core::new(&server, "test_thing");
    let body = |same: &str| {
        json!({
            "name": "n", "spelling": same, "nick": same,
            "list": [{"key": "a", "same": same}, {"key": "b", "deep": [{"key": "c", "same": same}]}],
            "map": {"m": {"key": "k", "same": same}},
        })
    };
    core.settle(&config(body("Text"))).await;
    assert_eq!(core.get("spelling"), "Text", "a read keeps the user's spelling");
    core.expect_no_changes(&config(body("TEXT"))).await;
    // With another change beside it, the old spelling stays still.
    let mut other = body("TEXT");
    other["label"] = json!("l");
    assert_eq!(core.settle(&config(other)).await, Action::Update);
    assert_eq!(core.get("spelling"), "Text");
    assert_eq!(core.get("list")[1]["deep"][0]["same"], "Text");
}

#[tokio::test]
async fn stable_values_are_kept_and_others_become_unknown() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    let body = |label: &str| {
        json!({"name": "n", "label": label, "one": {"key": "k"}, "list": [{"key": "a"}], "set": [{"key": "s"}],
            "map": {"m": {"key": "k"}}})
    };
    core.settle(&config(body("l"))).await;
    // One is null in the state: null is kept too.
    remote
        .lock()
        .unwrap()
        .objects
        .values_mut()
        .for_each(|object| object.set("late", Value::Null));
    let planned = core.plan(&config(body("m"))).await.unwrap().planned.reveal();
    assert_eq!(
        (&planned["firm"], &planned["revision"]),
        (&json!("once"), &json!("(unknown)"))
    );
    assert_eq!(planned["late"], json!(null));
    for at in ["/one", "/list/0", "/set/0", "/map/m"] {
        let body = planned.pointer(at).unwrap();
        assert_eq!(
            (&body["firm"], &body["made"]),
            (&json!("once"), &json!("(unknown)")),
            "{at}"
        );
    }
}

#[tokio::test]
async fn a_computed_value_that_becomes_unknown_replaces_nothing() {
    let (server, _) = server();
    let mut core = Core::new(&server, "test_thing");
    core.settle(&config(json!({"name": "n"}))).await;
    // `code` is computed, may be configured, and replaces when it is changed.
    assert_eq!(core.settle(&config(json!({"name": "m"}))).await, Action::Update);
    assert_eq!(
        core.settle(&config(json!({"name": "m", "code": "c"}))).await,
        Action::Replace
    );
    assert_eq!(core.settle(&config(json!({"name": "o"}))).await, Action::Update);
    // A default replaces when it comes back.
    assert_eq!(
        core.settle(&config(json!({"name": "o", "plan_code": "q"}))).await,
        Action::Replace
    );
    assert_eq!(core.settle(&config(json!({"name": "o"}))).await, Action::Replace);
}

#[tokio::test]
async fn blocks_that_grow_shrink_and_replace() {
    let key = |key: &str| json!({"key": key});
    let pinned = |key: &str, pinned: &str| json!({"key": key, "pinned": pinned});
    let list = |items: &[Json]| json!({"name": "n", "list": items});
    let set = |items: &[Json]| json!({"name": "n", "set": items});
    let path = || Path::attribute("list").index(1).then("pinned");
    let table = [
        // (before, after, action, replaces)
        (list(&[]), list(&[key("a")]), Action::Update, vec![]),
        (list(&[key("a")]), list(&[]), Action::Update, vec![]),
        (
            list(&[key("a")]),
            list(&[key("b"), key("a")]),
            Action::Update,
            vec![],
        ),
        (
            list(&[key("a")]),
            list(&[key("a"), pinned("b", "p")]),
            Action::Replace,
            vec![path()],
        ),
        (
            list(&[key("a"), pinned("b", "p")]),
            list(&[key("a")]),
            Action::Replace,
            vec![path()],
        ),
        (
            list(&[key("a"), pinned("b", "p")]),
            list(&[key("a"), pinned("b", "q")]),
            Action::Replace,
            vec![path()],
        ),
        (
            set(&[pinned("a", "p"), key("b")]),
            set(&[key("c"), pinned("a", "p")]),
            Action::Update,
            vec![],
        ),
        (
            set(&[pinned("a", "p")]),
            set(&[pinned("a", "q")]),
            Action::Replace,
            vec![Path::attribute("set")],
        ),
        (
            json!({"name": "n", "one": pinned("k", "p")}),
            json!({"name": "n"}),
            Action::Replace,
            vec![Path::attribute("one").then("pinned")],
        ),
        (
            json!({"name": "n"}),
            json!({"name": "n", "map": {"k": pinned("k", "p")}}),
            Action::Replace,
            vec![Path::attribute("map").key("k").then("pinned")],
        ),
        (
            json!({"name": "n", "map": {"a": key("a"), "b": key("b")}}),
            json!({"name": "n", "map": {"b": key("b"), "c": key("c")}}),
            Action::Update,
            vec![],
        ),
        (
            json!({"name": "n", "list": [{"key": "a", "deep": [key("d")]}]}),
            json!({"name": "n", "list": [{"key": "a", "deep": [key("d"), key("e")]}]}),
            Action::Update,
            vec![],
        ),
    ];
    for (before, after, action, replaces) in table {
        let (server, _) = server();
        let mut core = Core::new(&server, "test_thing");
        core.settle(&config(before.clone())).await;
        let planned = core.plan(&config(after.clone())).await.unwrap();
        assert_eq!(
            (planned.action, planned.replace),
            (action, replaces),
            "{before} -> {after}"
        );
        assert_eq!(core.settle(&config(after.clone())).await, action);
        core.settle(&config(before)).await;
    }
}

#[tokio::test]
async fn null_and_empty_are_two_things() {
    let (server, _) = server();
    let mut core = Core::new(&server, "test_thing");
    core.settle(&config(json!({"name": "n", "flags": [], "label": ""})))
        .await;
    assert_eq!(
        (core.get("flags"), core.get("label"), core.get("tags")),
        (json!([]), json!(""), json!(null))
    );
    let settled = core.settle(&config(json!({"name": "n", "tags": {}}))).await;
    assert_eq!(settled, Action::Update);
    assert_eq!(
        (core.get("flags"), core.get("label"), core.get("tags")),
        (json!(null), json!(null), json!({}))
    );
}

#[tokio::test]
async fn unknown_values_and_blocks() {
    let (server, _) = server();
    let mut core = Core::new(&server, "test_thing");
    let unknown = json!({"name": "?", "size": "?", "spelling": "?", "list": "?", "set": "?", "map": "?", "one": "?",
        "names": "?", "any": "?"});
    let known = json!({"name": "n", "list": [{"key": "a"}], "set": [{"key": "b"}], "map": {"c": {"key": "c"}},
        "one": {"key": "d", "deep": [{"key": "e"}]}, "any": "x"});
    let first = core.plan(&config(unknown.clone())).await.unwrap();
    assert!(core.apply(&first, &config(known.clone())).await.is_empty());
    core.expect_no_changes(&config(known.clone())).await;
    // The same again as an update, and what was unknown turns out to be as before: nothing happens.
    let mut maybe = known.clone();
    maybe["label"] = json!("?");
    let first = core.plan(&config(maybe)).await.unwrap();
    assert_eq!(first.action, Action::Update);
    assert!(core.apply(&first, &config(known.clone())).await.is_empty());
    assert_eq!(core.get("revision"), "change 1");
    // An unknown block in which something may replace: planned as such, or the second plan would differ.
    for name in ["list", "set", "map", "one"] {
        let mut maybe = known.clone();
        maybe[name] = json!("?");
        assert_eq!(
            core.plan(&config(maybe)).await.unwrap().action,
            Action::Replace,
            "{name}"
        );
    }
}

#[tokio::test]
async fn elements_of_sets_keep_what_belongs_to_them() {
    let (server, _) = server();
    let mut core = Core::new(&server, "test_thing");
    let body = |label: &str| {
        json!({"name": "n", "label": label, "set": [
            {"key": "b", "kind": "own", "auto": "own"}, {"key": "a"}, {"key": "c", "kind": "k"},
            {"key": "c"}, {"key": "d", "deep_set": [{"key": "y", "pinned": "p"}, {"key": "x"}]},
        ]})
    };
    core.settle(&config(body("l"))).await;
    core.settle(&config(body("m"))).await;
    let set = core.get("set");
    let of = |key: &str| {
        set.as_array()
            .unwrap()
            .iter()
            .find(|one| one["key"] == key)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (of("a")["kind"].clone(), of("b")["kind"].clone()),
        (json!("k"), json!("own"))
    );
    assert_eq!(of("b")["auto"], "own");
    assert_eq!(
        set.as_array().unwrap().len(),
        4,
        "two that became the same are one"
    );
}

#[tokio::test]
async fn only_timeouts_change_nothing_else() {
    let (server, _) = server();
    let mut core = Core::new(&server, "test_thing");
    core.settle(&config(json!({"name": "n"}))).await;
    let with = config(json!({"name": "n", "timeouts": {"create": "2h"}}));
    let planned = core.plan(&with).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    assert!(planned.planned.is_wholly_known(), "{:?}", planned.planned);
    core.settle(&with).await;
    assert_eq!(core.get("timeouts")["create"], "2h");
    let wrong = core
        .plan(&config(json!({"name": "n", "timeouts": {"create": "2 hours"}})))
        .await
        .unwrap_err();
    assert_eq!(
        wrong.iter().next().unwrap().path.as_ref().unwrap().to_string(),
        "timeouts.create"
    );
}

#[tokio::test]
async fn plans_do_not_depend_on_write_only_values() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    let with = |secret: Json| config(json!({"name": "n", "secret_wo": secret, "secret_wo_version": "1"}));
    let mut plans = Vec::new();
    for secret in [json!(null), json!("hunter2"), json!("hunter3"), json!("?")] {
        plans.push(core.plan(&with(secret)).await.unwrap());
    }
    assert!(plans.windows(2).all(|pair| pair[0] == pair[1]));
    core.settle(&with(json!("hunter2"))).await;
    assert_eq!(remote.lock().unwrap().secret.as_deref(), Some("hunter2"));
    core.expect_no_changes(&with(json!("hunter3"))).await;
    assert!(!core.value().reveal().to_string().contains("hunter"));
}

#[tokio::test]
async fn a_remote_change_is_seen_and_undone() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    let desired = config(json!({"name": "n", "label": "l"}));
    core.settle(&desired).await;
    remote
        .lock()
        .unwrap()
        .objects
        .values_mut()
        .for_each(|object| object.set("label", "drifted"));
    assert_eq!(core.plan(&desired).await.unwrap().action, Action::Update);
    assert_eq!(core.get("label"), "drifted");
    assert_eq!(core.settle(&desired).await, Action::Update);
    remote.lock().unwrap().objects.clear();
    assert_eq!(
        core.settle(&desired).await,
        Action::Create,
        "gone means made again"
    );
}

#[tokio::test]
async fn a_delete_of_what_is_gone_is_success() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    core.settle(&config(json!({"name": "n"}))).await;
    let planned = core.plan(&Value::Null).await.unwrap();
    remote.lock().unwrap().objects.clear();
    assert!(core.apply(&planned, &Value::Null).await.is_empty());
    assert_eq!(core.state, None);
}

#[tokio::test]
async fn imports() {
    let (server, remote) = server();
    let mut core = Core::new(&server, "test_thing");
    let desired = json!({"name": "n", "label": "l", "list": [{"key": "a"}]});
    core.settle(&config(desired.clone())).await;
    let mut other = Core::new(&server, "test_thing");
    other.import("thing-1").await.unwrap();
    assert_eq!(other.value().reveal(), {
        let mut expected = core.value().reveal();
        // Nothing says which spelling the user has: the remote one it is.
        expected["spelling"] = other.get("spelling");
        expected
    });
    assert_eq!(
        other.plan(&config(desired.clone())).await.unwrap().action,
        Action::NoOp
    );
    assert!(
        remote.lock().unwrap().imported,
        "a plan knows that the object was imported"
    );
    let mut changed = desired;
    changed["label"] = json!("m");
    assert_eq!(other.settle(&config(changed)).await, Action::Update);
    assert!(!remote.lock().unwrap().imported, "until its first change");

    for id in ["", "  "] {
        assert!(other.import(id).await.is_err(), "{id:?}");
    }
    let mut unknown = Core::new(&server, "test_thing");
    unknown.import("thing-77").await.unwrap();
    assert_eq!(unknown.state, None, "the read finds nothing: Terraform says so");
}

#[tokio::test]
async fn upgrades() {
    let (server, _) = server();
    let state = json!({"id": "i", "extra": 1});
    assert_eq!(server.upgrade("test_thing", 1, state.clone()), Ok(state.clone()));
    for version in [0, 2, -1] {
        let errors = server.upgrade("test_thing", version, state.clone()).unwrap_err();
        assert!(errors.has_errors(), "{version}");
    }
}

#[tokio::test]
async fn data_sources() {
    let (server, remote) = server();
    let block = &server.data_source_schema("test_look").unwrap().block;
    let read = |json: Json| {
        let config = complete(block, &json);
        let server = &server;
        async move {
            let (state, diagnostics) = server.read_data_source("test_look", config.clone()).await;
            assert_eq!(check_data_source(block, &config, &state), Vec::<String>::new());
            (state.reveal(), diagnostics)
        }
    };
    let (state, diagnostics) = read(json!({"name": "n", "filter": [{"key": "k"}]})).await;
    assert!(diagnostics.is_empty());
    assert_eq!(
        (&state["result"], &state["mode"]),
        (&json!("found"), &json!("auto"))
    );
    assert_eq!(state["seen_mode"], "auto", "the handler sees the default");
    let (state, _) = read(json!({"name": "n", "mode": "own"})).await;
    assert_eq!(state["seen_mode"], "own");
    for (fault, severity) in [
        (Fault::ErrorBefore, Some(Severity::Error)),
        (Fault::PanicBefore, Some(Severity::Error)),
        (Fault::LeaveUnknown, Some(Severity::Error)),
        (Fault::AnswerDiffers, Some(Severity::Warning)),
    ] {
        set_fault(&remote, fault);
        let (state, diagnostics) = read(json!({"name": "n"})).await;
        assert_eq!(
            diagnostics.iter().next().map(|one| one.severity),
            severity,
            "{fault:?}"
        );
        assert_eq!(state["name"], "n");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let (server, _) = server();
    let request = || terraform_provider_dts::framework::plan::Request {
        prior: Value::Null,
        proposed: Value::Map(Object::new()),
        config: Value::Map(Object::new()),
        private: Default::default(),
    };
    assert!(server.plan("test_nothing", request()).diagnostics.has_errors());
    assert!(
        server
            .validate_resource("test_nothing", Value::Null, true)
            .has_errors()
    );
    assert!(
        server
            .validate_data_source("test_nothing", Value::Null)
            .has_errors()
    );
    assert!(server.upgrade("test_nothing", 0, json!({})).is_err());
    assert!(
        server
            .import("test_nothing", Key::Id("i".to_owned()))
            .await
            .2
            .has_errors()
    );
    assert!(
        server
            .read_data_source("test_nothing", Value::Null)
            .await
            .1
            .has_errors()
    );
    let state = Value::Map(Object::new().with("id", "i"));
    let read = server
        .read("test_nothing", state.clone(), Default::default())
        .await;
    assert!(read.diagnostics.has_errors());
    assert_eq!(read.state, state);

    let unconfigured = Server::new(TestProvider(Shared::default()));
    let read = unconfigured
        .read("test_thing", state.clone(), Default::default())
        .await;
    assert!(read.diagnostics.has_errors());
    assert_eq!(read.state, state);
    // A plan needs no client.
    let mut core = Core::new(&unconfigured, "test_thing");
    assert_eq!(
        core.plan(&config(json!({"name": "n"}))).await.unwrap().action,
        Action::Create
    );
}

#[tokio::test]
async fn all_unknown_is_never_wrong() {
    let (server, _) = server();
    let block = &server.resource_schema("test_thing").unwrap().block;
    let names = block.attributes.iter().map(|attribute| &attribute.name);
    let names = names.chain(block.blocks.iter().map(|nested| &nested.name));
    let unknown: Object = names.map(|name| (name.clone(), Value::Unknown)).collect();
    assert!(
        server
            .validate_resource("test_thing", Value::Map(unknown), true)
            .is_empty()
    );
    let old = server.validate_resource(
        "test_thing",
        config(json!({"name": "n", "secret_wo": "?"})),
        false,
    );
    assert_eq!(
        old.iter().next().unwrap().path,
        Some(Path::attribute("secret_wo"))
    );
}
