//! The calls of the protocol, each through the generated client, on a provider made for it.

mod functions;
mod identity;
mod lifecycle;
mod process;
mod streams;

use std::sync::Arc;

use prost::bytes::Bytes;
use serde_json::{Value as Json, json};
use terraform_provider_dts::framework::{Object, Server, Service, Type, Value};
use terraform_provider_dts::plugin::proto::tfplugin5 as proto;
use terraform_provider_dts::plugin::proto::tfplugin5::attribute_path::step::Selector;
use terraform_provider_dts::plugin::proto::tfplugin5::provider_client::ProviderClient;
use terraform_provider_dts::plugin::proto::tfplugin5::provider_server::ProviderServer;
use terraform_provider_dts::plugin::rpc::Rpc;
use terraform_provider_dts::plugin::serve::MAX_MESSAGE;
use terraform_provider_dts::plugin::wire;

use crate::toy::{Toy, thing};

type Client = ProviderClient<ProviderServer<Rpc>>;

/// A fresh provider: nothing was called before.
fn fresh() -> Client {
    let server = ProviderServer::new(Rpc::new(Arc::new(Server::new(Toy))));
    ProviderClient::new(server.max_decoding_message_size(MAX_MESSAGE)).max_decoding_message_size(MAX_MESSAGE)
}

/// A provider that is configured.
async fn configured(greeting: &str) -> Client {
    let mut client = fresh();
    configure(&mut client, greeting).await;
    client
}

async fn configure(client: &mut Client, greeting: &str) {
    let ty = Server::new(Toy).provider_schema().block.implied_type();
    let config = Some(wire::encode(
        &ty,
        &Object::new().with("greeting", greeting).into(),
    ));
    let request = proto::configure::Request {
        config,
        ..Default::default()
    };
    assert_eq!(
        client.configure(request).await.unwrap().into_inner().diagnostics,
        []
    );
}

fn ty() -> Type {
    thing().block.implied_type()
}

fn encode(object: Object) -> Option<proto::DynamicValue> {
    Some(wire::encode(&ty(), &object.into()))
}

fn decode(value: Option<&proto::DynamicValue>) -> Json {
    wire::decode(&ty(), value).unwrap().reveal()
}

fn null() -> Option<proto::DynamicValue> {
    Some(wire::encode(&ty(), &Value::Null))
}

/// A configuration, or a state, of `toy_thing`.
fn a_thing(mode: Option<&str>) -> Object {
    Object::new()
        .with("name", "n")
        .with("size", 1)
        .with("mode", mode)
        .with("part", Value::List(vec![]))
}

/// Severity, summary and path of each.
fn told(diagnostics: &[proto::Diagnostic]) -> Vec<(i32, String, String)> {
    let text = |step: &proto::attribute_path::Step| match step.selector.as_ref().unwrap() {
        Selector::AttributeName(name) => name.clone(),
        Selector::ElementKeyString(key) => format!("{key:?}"),
        Selector::ElementKeyInt(index) => index.to_string(),
    };
    let one = |diagnostic: &proto::Diagnostic| {
        let steps = diagnostic
            .attribute
            .as_ref()
            .map(|path| path.steps.iter().map(text).collect::<Vec<_>>());
        assert!(!diagnostic.summary.is_empty(), "{diagnostic:?}");
        (
            diagnostic.severity,
            diagnostic.summary.clone(),
            steps.unwrap_or_default().join("/"),
        )
    };
    diagnostics.iter().map(one).collect()
}

/// Exactly one error, with `part` in its summary.
#[track_caller]
fn one_error(diagnostics: &[proto::Diagnostic], part: &str) {
    let told = told(diagnostics);
    assert!(
        told.len() == 1 && told[0].0 == 1 && told[0].1.contains(part),
        "{told:?}, expected {part}"
    );
}

#[tokio::test]
async fn schema_and_capabilities() {
    let mut client = fresh();
    let schema = client
        .get_schema(proto::get_provider_schema::Request::default())
        .await
        .unwrap()
        .into_inner();
    assert!(schema.provider.is_some() && schema.diagnostics.is_empty());
    assert_eq!(schema.resource_schemas["toy_thing"].version, 2);
    assert_eq!(
        schema.data_source_schemas.keys().collect::<Vec<_>>(),
        ["toy_look"]
    );
    let can = schema.server_capabilities.unwrap();
    assert!(can.plan_destroy && can.get_provider_schema_optional);
    assert!(can.move_resource_state && !can.generate_resource_config);

    let names = client
        .get_metadata(proto::get_metadata::Request::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(names.resources[0].type_name, "toy_thing");
    assert_eq!(names.data_sources[0].type_name, "toy_look");
    assert_eq!(names.server_capabilities, Some(can));
}

#[tokio::test]
async fn what_is_not_served_answers_like_an_older_provider() {
    let mut client = fresh();
    macro_rules! not_served {
        ($($rpc:ident $request:ident),* $(,)?) => {
            $(
                let status = client.$rpc(proto::$request::Request::default()).await.unwrap_err();
                assert_eq!(status.code(), tonic::Code::Unimplemented, stringify!($rpc));
            )*
        };
    }
    not_served!(
        generate_resource_config generate_resource_config,
        validate_ephemeral_resource_config validate_ephemeral_resource_config,
        open_ephemeral_resource open_ephemeral_resource,
        renew_ephemeral_resource renew_ephemeral_resource,
        close_ephemeral_resource close_ephemeral_resource,
    );
}

#[tokio::test]
async fn unknown_type_is_a_diagnostic() {
    let mut client = configured("hi").await;
    macro_rules! check {
        ($($rpc:ident $request:ident),* $(,)?) => {
            $(
                let request = proto::$request::Request { type_name: "toy_none".to_owned(), ..Default::default() };
                let answer = client.$rpc(request).await.unwrap().into_inner();
                one_error(&answer.diagnostics, "toy_none");
            )*
        };
    }
    check!(
        validate_resource_type_config validate_resource_type_config,
        validate_data_source_config validate_data_source_config,
        upgrade_resource_state upgrade_resource_state,
        read_resource read_resource,
        plan_resource_change plan_resource_change,
        apply_resource_change apply_resource_change,
        import_resource_state import_resource_state,
        read_data_source read_data_source,
    );
}

/// The calls whose answer or whose name of the type has another shape.
#[tokio::test]
async fn unknown_type_is_a_diagnostic_in_every_other_call_too() {
    let mut client = configured("hi").await;
    let none = || "toy_none".to_owned();
    let request = proto::validate_list_resource_config::Request {
        type_name: none(),
        ..Default::default()
    };
    let answer = client.validate_list_resource_config(request).await.unwrap();
    one_error(&answer.get_ref().diagnostics, "toy_none");
    let request = proto::validate_action_config::Request {
        type_name: none(),
        ..Default::default()
    };
    let answer = client.validate_action_config(request).await.unwrap();
    one_error(&answer.get_ref().diagnostics, "toy_none");
    let request = proto::plan_action::Request {
        action_type: none(),
        ..Default::default()
    };
    let answer = client.plan_action(request).await.unwrap();
    one_error(&answer.get_ref().diagnostics, "toy_none");
    let request = proto::invoke_action::Request {
        action_type: none(),
        ..Default::default()
    };
    let mut events = client.invoke_action(request).await.unwrap().into_inner();
    let last = events.message().await.unwrap().unwrap();
    assert!(format!("{last:?}").contains("toy_none"), "{last:?}");
    let request = proto::upgrade_resource_identity::Request {
        type_name: none(),
        ..Default::default()
    };
    let answer = client.upgrade_resource_identity(request).await.unwrap();
    one_error(&answer.get_ref().diagnostics, "toy_none");
    let request = proto::move_resource_state::Request {
        target_type_name: none(),
        ..Default::default()
    };
    let answer = client.move_resource_state(request).await.unwrap();
    one_error(&answer.get_ref().diagnostics, "toy_none");
}

#[tokio::test]
async fn undecodable_value_is_a_diagnostic_and_loses_nothing() {
    let mut client = configured("hi").await;
    let name = || "toy_thing".to_owned();
    let garbage = Some(proto::DynamicValue {
        msgpack: Bytes::from_static(&[0x81, 0xa1, 0x78, 0xc3]),
        ..Default::default()
    });
    let state = encode(a_thing(None).with("id", "thing-1"));
    let private = Bytes::from_static(b"{\"kept\":1}");

    let request = proto::validate_resource_type_config::Request {
        type_name: name(),
        config: garbage.clone(),
        ..Default::default()
    };
    let answer = client
        .validate_resource_type_config(request)
        .await
        .unwrap()
        .into_inner();
    one_error(&answer.diagnostics, "Unable to read the configuration");

    let request = proto::read_resource::Request {
        type_name: name(),
        current_state: garbage.clone(),
        private: private.clone(),
        ..Default::default()
    };
    let answer = client.read_resource(request).await.unwrap().into_inner();
    one_error(&answer.diagnostics, "Unable to read the state");
    assert_eq!(
        (answer.new_state, answer.private),
        (garbage.clone(), private.clone())
    );

    let request = proto::apply_resource_change::Request {
        type_name: name(),
        prior_state: state.clone(),
        planned_state: garbage.clone(),
        config: garbage.clone(),
        planned_private: private.clone(),
        ..Default::default()
    };
    let answer = client.apply_resource_change(request).await.unwrap().into_inner();
    one_error(&answer.diagnostics, "Unable to read the planned state");
    assert_eq!((answer.new_state, answer.private), (state, private));

    let request = proto::configure::Request {
        config: garbage,
        ..Default::default()
    };
    one_error(
        &client.configure(request).await.unwrap().into_inner().diagnostics,
        "provider configuration",
    );
}

#[tokio::test]
async fn provider_configuration() {
    let mut client = fresh();
    let ty = Server::new(Toy).provider_schema().block.implied_type();
    let encode = |value: Value| Some(wire::encode(&ty, &Object::new().with("greeting", value).into()));
    for (value, expected) in [
        (Value::from("hi"), vec![]),
        (Value::Unknown, vec![]),
        (Value::Null, vec![]),
        (
            Value::from(""),
            vec![(2, "No greeting".to_owned(), "greeting".to_owned())],
        ),
    ] {
        let config = encode(value.clone());
        let request = proto::prepare_provider_config::Request {
            config: config.clone(),
        };
        let answer = client
            .prepare_provider_config(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            (told(&answer.diagnostics), answer.prepared_config),
            (expected, config),
            "{value:?}"
        );
    }
    let request = proto::prepare_provider_config::Request {
        config: encode("panic".into()),
    };
    one_error(
        &client
            .prepare_provider_config(request)
            .await
            .unwrap()
            .into_inner()
            .diagnostics,
        "panicked",
    );
    // Unknown values do not hinder, and a later configuration replaces an earlier one.
    let request = proto::configure::Request {
        config: encode(Value::Unknown),
        ..Default::default()
    };
    assert_eq!(
        client.configure(request).await.unwrap().into_inner().diagnostics,
        []
    );
    for greeting in ["one", "two"] {
        configure(&mut client, greeting).await;
        assert_eq!(look(&mut client, None).await.0["seen"], greeting);
    }
}

async fn look(client: &mut Client, mode: Option<&str>) -> (Json, Vec<proto::Diagnostic>) {
    let ty = Type::object([("mode", Type::String), ("seen", Type::String)]);
    let config = Some(wire::encode(&ty, &Object::new().with("mode", mode).into()));
    let request = proto::read_data_source::Request {
        type_name: "toy_look".to_owned(),
        config,
        ..Default::default()
    };
    let answer = client.read_data_source(request).await.unwrap().into_inner();
    (
        wire::decode(&ty, answer.state.as_ref()).unwrap().reveal(),
        answer.diagnostics,
    )
}

#[tokio::test]
async fn data_source() {
    let mut client = configured("hi").await;
    assert_eq!(
        look(&mut client, None).await,
        (json!({"mode": null, "seen": "hi"}), vec![])
    );
    one_error(&look(&mut client, Some("fail")).await.1, "Unable to make");
    one_error(&look(&mut client, Some("panic")).await.1, "panicked");
    one_error(&look(&mut fresh(), None).await.1, "not configured");
}

#[tokio::test]
async fn validation() {
    let check = async |config: Object, capabilities: Option<bool>, expected: &[(i32, &str, &str)]| {
        let request = proto::validate_resource_type_config::Request {
            type_name: "toy_thing".to_owned(),
            config: encode(config),
            client_capabilities: capabilities.map(|write_only_attributes_allowed| {
                proto::ClientCapabilities {
                    write_only_attributes_allowed,
                    ..Default::default()
                }
            }),
        };
        let answer = fresh()
            .validate_resource_type_config(request)
            .await
            .unwrap()
            .into_inner();
        let told = told(&answer.diagnostics);
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (found, (severity, part, path)) in told.iter().zip(expected) {
            assert!(
                found.0 == *severity && found.1.contains(part) && found.2 == *path,
                "{found:?}"
            );
        }
    };
    let unknown = [
        "id",
        "name",
        "size",
        "mode",
        "made_by",
        "secret_wo",
        "any",
        "part",
    ];
    check(
        unknown
            .into_iter()
            .map(|name| (name.to_owned(), Value::Unknown))
            .collect(),
        Some(true),
        &[],
    )
    .await;
    check(
        a_thing(Some("invalid")),
        Some(true),
        &[(1, "Invalid mode", "mode")],
    )
    .await;
    check(a_thing(Some("panic validate")), None, &[(1, "panicked", "")]).await;
    let secret = || Object::new().with("name", "p").with("secret_wo", "hunter2");
    let config = || {
        a_thing(None)
            .with("secret_wo", "hunter2")
            .with("part", vec![secret()])
    };
    check(config(), Some(true), &[]).await;
    let refused = [
        (1, "secret_wo", "secret_wo"),
        (1, "secret_wo", "part/0/secret_wo"),
    ];
    check(config(), Some(false), &refused).await;
    check(config(), None, &refused).await;
}

#[tokio::test]
async fn upgrade_completes_what_was_stored() {
    let upgrade = async |version: i64, json: &str| {
        let raw_state = Some(proto::RawState {
            json: Bytes::from(json.to_owned()),
            ..Default::default()
        });
        let request = proto::upgrade_resource_state::Request {
            type_name: "toy_thing".to_owned(),
            version,
            raw_state,
        };
        fresh()
            .upgrade_resource_state(request)
            .await
            .unwrap()
            .into_inner()
    };
    let expected = json!({"id": "thing-1", "name": "n", "size": null, "mode": null, "made_by": null, "secret_wo": null, "any": null, "part": []});
    for (version, stored) in [
        (
            2,
            r#"{"id":"thing-1","name":"n","removed":{"deep":[1]},"secret_wo":"hunter2"}"#,
        ),
        (1, r#"{"id":"thing-1","title":"n"}"#),
    ] {
        let answer = upgrade(version, stored).await;
        assert_eq!(answer.diagnostics, []);
        assert_eq!(decode(answer.upgraded_state.as_ref()), expected);
    }
    for (version, stored, part) in [
        (3, "{}", "Unable to read the state"),
        (0, "{}", "No way"),
        (2, "{", "Unable to read the state"),
        (2, r#"{"part":"x"}"#, "Unable to read the state"),
        (2, "", "Unable to read the state"),
    ] {
        let answer = upgrade(version, stored).await;
        one_error(&answer.diagnostics, part);
        assert_eq!(answer.upgraded_state, None);
    }
}
