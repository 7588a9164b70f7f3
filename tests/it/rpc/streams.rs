//! Lists and actions: answered bit by bit, ended in order, given up when nobody listens.

use terraform_provider_dts::framework::{Object, Type, Value};
use terraform_provider_dts::plugin::proto::tfplugin5 as proto;
use terraform_provider_dts::plugin::wire;

use super::{configured, decode, fresh};
use crate::toy::STOPPED;

fn config(number: &str, count: i64, mode: Option<&str>) -> Option<proto::DynamicValue> {
    let ty = Type::object([(number, Type::Number), ("mode", Type::String)]);
    let object = Object::new()
        .with(number, count)
        .with("mode", mode.map_or(Value::Null, Value::from));
    Some(wire::encode(&ty, &object.into()))
}

/// Filters of a list of two things with their states, of which each is read by this mode.
fn with_states(state: Option<&str>) -> proto::list_resource::Request {
    let ty = Type::object([
        ("count_of", Type::Number),
        ("mode", Type::String),
        ("state", Type::String),
    ]);
    let object = Object::new()
        .with("count_of", 2)
        .with("state", state.map_or(Value::Null, Value::from));
    proto::list_resource::Request {
        config: Some(wire::encode(&ty, &object.into())),
        include_resource_object: true,
        ..listing(2, None)
    }
}

fn listing(count: i64, mode: Option<&str>) -> proto::list_resource::Request {
    let ty = Type::object([
        ("count_of", Type::Number),
        ("mode", Type::String),
        ("state", Type::String),
    ]);
    let filters = Object::new()
        .with("count_of", count)
        .with("mode", mode.map_or(Value::Null, Value::from));
    proto::list_resource::Request {
        type_name: "toy_thing".to_owned(),
        config: Some(wire::encode(&ty, &filters.into())),
        ..Default::default()
    }
}

async fn listed(request: proto::list_resource::Request) -> Vec<proto::list_resource::Event> {
    let answer = configured("hi").await.list_resource(request).await;
    let mut stream = answer.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        events.push(event);
    }
    events
}

#[tokio::test]
async fn lists_tell_each_object() {
    let events = listed(listing(3, None)).await;
    let names: Vec<_> = events.iter().map(|event| event.display_name.as_str()).collect();
    assert_eq!(names, ["Thing 1", "Thing 2", "Thing 3"]);
    assert!(
        events
            .iter()
            .all(|event| event.identity.is_some() && event.resource_object.is_none())
    );

    let with_state = proto::list_resource::Request {
        include_resource_object: true,
        limit: 2,
        ..listing(3, None)
    };
    let events = listed(with_state).await;
    assert_eq!(events.len(), 2, "no more than the limit");
    let state = decode(events[1].resource_object.as_ref());
    assert_eq!(state["id"], "thing-2");
    assert!(state["secret_wo"].is_null(), "no write-only value gets out");
}

#[tokio::test]
async fn a_list_that_fails_tells_what_it_found_before() {
    for (mode, part) in [("fail", "Unable to make the thing"), ("panic", "panicked")] {
        let events = listed(listing(2, Some(mode))).await;
        assert_eq!(events.len(), 3, "{mode}");
        let told = format!("{:?}", events[2].diagnostic);
        assert!(told.contains(part), "{told}");
    }
    let unknown = listed(proto::list_resource::Request {
        type_name: "toy_none".to_owned(),
        ..Default::default()
    });
    assert!(format!("{:?}", unknown.await[0].diagnostic).contains("no list of this type"));
}

#[tokio::test]
async fn a_state_is_that_of_an_import_or_told_why_not() {
    let events = listed(with_states(None)).await;
    assert_eq!(events.len(), 2);
    let gone = listed(with_states(Some("gone"))).await;
    assert!(gone.is_empty(), "what is gone meanwhile is not listed: {gone:?}");
    for (mode, part) in [("fail", "Unable to make the thing"), ("panic", "panicked")] {
        for event in listed(with_states(Some(mode))).await {
            assert!(
                event.identity.is_some() && event.resource_object.is_none(),
                "{mode}"
            );
            assert!(format!("{:?}", event.diagnostic).contains(part), "{event:?}");
        }
    }
}

#[tokio::test]
async fn a_list_ends_when_nobody_reads_it() {
    let mut client = configured("hi").await;
    let mut stream = client
        .list_resource(listing(1_000_000, None))
        .await
        .unwrap()
        .into_inner();
    stream.message().await.unwrap().unwrap();
    drop(stream);
    STOPPED.notified().await;
}

async fn poked(count: i64, mode: Option<&str>) -> (Vec<String>, Vec<proto::Diagnostic>) {
    use proto::invoke_action::event::Type;
    let request = proto::invoke_action::Request {
        action_type: "toy_poke".to_owned(),
        config: config("times", count, mode),
        ..Default::default()
    };
    let mut stream = configured("hi")
        .await
        .invoke_action(request)
        .await
        .unwrap()
        .into_inner();
    let mut messages = Vec::new();
    loop {
        match stream
            .message()
            .await
            .unwrap()
            .unwrap()
            .r#type
            .expect("an event without a type")
        {
            Type::Progress(progress) => messages.push(progress.message),
            Type::Completed(completed) => {
                assert!(
                    stream.message().await.unwrap().is_none(),
                    "nothing comes after the end"
                );
                return (messages, completed.diagnostics);
            }
        }
    }
}

#[tokio::test]
async fn actions_tell_how_far_they_are_and_end_once() {
    let (messages, told) = poked(2, None).await;
    assert_eq!(messages, ["poke 1", "poke 2"]);
    assert_eq!((told.len(), told[0].summary.as_str()), (1, "Poked"));
    for (mode, part) in [("fail", "Unable to make the thing"), ("panic", "panicked")] {
        let (messages, told) = poked(1, Some(mode)).await;
        assert_eq!(messages.len(), 1);
        assert!(format!("{told:?}").contains(part), "{told:?}");
    }
}

#[tokio::test]
async fn an_action_stops_with_terraform() {
    let mut client = configured("hi").await;
    let request = proto::invoke_action::Request {
        action_type: "toy_poke".to_owned(),
        config: config("times", 1, Some("wait")),
        ..Default::default()
    };
    let mut stream = client.invoke_action(request).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    client.stop(proto::stop::Request {}).await.unwrap();
    let last = stream.message().await.unwrap().unwrap();
    assert!(matches!(
        last.r#type,
        Some(proto::invoke_action::event::Type::Completed(_))
    ));
}

#[tokio::test]
async fn configurations_are_checked() {
    let mut client = fresh();
    let list = proto::validate_list_resource_config::Request {
        type_name: "toy_thing".to_owned(),
        config: listing(0, None).config,
        ..Default::default()
    };
    let told = client
        .validate_list_resource_config(list)
        .await
        .unwrap()
        .into_inner()
        .diagnostics;
    assert_eq!(told[0].summary, "Nothing to list");
    let action = proto::validate_action_config::Request {
        type_name: "toy_poke".to_owned(),
        config: config("times", 0, None),
    };
    let told = client
        .validate_action_config(action)
        .await
        .unwrap()
        .into_inner()
        .diagnostics;
    assert_eq!(told[0].summary, "Nothing to do");
    let plan = proto::plan_action::Request {
        action_type: "toy_poke".to_owned(),
        config: config("times", 0, None),
        ..Default::default()
    };
    let told = client.plan_action(plan).await.unwrap().into_inner().diagnostics;
    assert_eq!(told[0].summary, "Nothing to do");
}
