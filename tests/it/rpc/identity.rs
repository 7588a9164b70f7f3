//! Identities beside states, and states made from those of other types.

use serde_json::{Value as Json, json};
use terraform_provider_dts::framework::{Object, Type};
use terraform_provider_dts::plugin::proto::tfplugin5 as proto;
use terraform_provider_dts::plugin::wire;

use super::{a_thing, configured, decode, encode, fresh, null};

fn identity_type() -> Type {
    Type::object([("id", Type::String), ("greeting", Type::String)])
}

fn identity(id: &str, greeting: &str) -> Option<proto::ResourceIdentityData> {
    let object = Object::new().with("id", id).with("greeting", greeting);
    Some(proto::ResourceIdentityData {
        identity_data: Some(wire::encode(&identity_type(), &object.into())),
    })
}

fn revealed(identity: Option<&proto::ResourceIdentityData>) -> Json {
    let data = identity.and_then(|identity| identity.identity_data.as_ref());
    wire::decode(&identity_type(), data).unwrap().reveal()
}

#[tokio::test]
async fn schemas_are_told_before_anything_else() {
    let answer = fresh()
        .get_resource_identity_schemas(proto::get_resource_identity_schemas::Request {})
        .await;
    let schemas = answer.unwrap().into_inner().identity_schemas;
    let thing = &schemas["toy_thing"];
    assert_eq!((schemas.len(), thing.version), (1, 1));
    let attributes: Vec<_> = thing
        .identity_attributes
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.required_for_import,
                one.optional_for_import,
            )
        })
        .collect();
    assert_eq!(attributes, [("id", true, false), ("greeting", false, true)]);
}

#[tokio::test]
async fn an_object_has_one_from_its_creation_to_its_end() {
    let mut client = configured("hi").await;
    let config = encode(a_thing(None));
    let plan = client
        .plan_resource_change(proto::plan_resource_change::Request {
            type_name: "toy_thing".to_owned(),
            prior_state: null(),
            proposed_new_state: config.clone(),
            config: config.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(plan.planned_identity, None, "what does not exist has no identity");
    let apply = client
        .apply_resource_change(proto::apply_resource_change::Request {
            type_name: "toy_thing".to_owned(),
            prior_state: null(),
            planned_state: plan.planned_state,
            config: config.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        revealed(apply.new_identity.as_ref()),
        json!({"id": "thing-1", "greeting": "hi"})
    );

    let read = client
        .read_resource(proto::read_resource::Request {
            type_name: "toy_thing".to_owned(),
            current_state: apply.new_state.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read.new_identity, apply.new_identity);

    let change = client
        .plan_resource_change(proto::plan_resource_change::Request {
            type_name: "toy_thing".to_owned(),
            prior_state: apply.new_state.clone(),
            proposed_new_state: apply.new_state.clone(),
            config,
            prior_identity: apply.new_identity.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(change.planned_identity, apply.new_identity);

    let gone = client
        .apply_resource_change(proto::apply_resource_change::Request {
            type_name: "toy_thing".to_owned(),
            prior_state: apply.new_state,
            planned_state: null(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!((gone.new_identity, gone.diagnostics), (None, Vec::new()));
}

#[tokio::test]
async fn imports_go_by_it() {
    let import = |identity| proto::import_resource_state::Request {
        type_name: "toy_thing".to_owned(),
        identity,
        ..Default::default()
    };
    let mut client = configured("hi").await;
    let answer = client
        .import_resource_state(import(identity("thing-7", "hi")))
        .await;
    let imported = answer.unwrap().into_inner().imported_resources.remove(0);
    assert_eq!(decode(imported.state.as_ref())["id"], "thing-7");
    assert_eq!(
        revealed(imported.identity.as_ref()),
        json!({"id": "thing-7", "greeting": "hi"})
    );

    let neither = client
        .import_resource_state(import(None))
        .await
        .unwrap()
        .into_inner();
    assert!(neither.imported_resources.is_empty() && neither.diagnostics[0].detail.contains("empty"));
}

#[tokio::test]
async fn a_stored_one_is_read_whatever_is_in_it() {
    let stored = |version: i64, json: &str| proto::upgrade_resource_identity::Request {
        type_name: "toy_thing".to_owned(),
        version,
        raw_identity: Some(proto::RawState {
            json: json.to_owned().into(),
            ..Default::default()
        }),
    };
    let mut client = fresh();
    let ask = client
        .upgrade_resource_identity(stored(1, r#"{"id":"a","more":1}"#))
        .await;
    let upgraded = ask.unwrap().into_inner();
    assert_eq!(
        revealed(upgraded.upgraded_identity.as_ref()),
        json!({"id": "a", "greeting": null})
    );
    for (version, text, part) in [
        (2, "{}", "newer version"),
        (1, "{", "Unable to read the identity"),
        (1, "[]", "identity"),
    ] {
        let answer = client
            .upgrade_resource_identity(stored(version, text))
            .await
            .unwrap()
            .into_inner();
        let told = format!("{:?}", answer.diagnostics);
        assert!(
            answer.upgraded_identity.is_none() && told.contains(part),
            "{told}"
        );
    }
}

fn moving(from: &str, json: &str) -> proto::move_resource_state::Request {
    proto::move_resource_state::Request {
        source_provider_address: "example.com/other/other".to_owned(),
        source_type_name: from.to_owned(),
        target_type_name: "toy_thing".to_owned(),
        source_state: Some(proto::RawState {
            json: json.to_owned().into(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn states_of_other_types_are_moved() {
    let mut client = configured("hi").await;
    let answer = client
        .move_resource_state(moving("other_thing", r#"{"name":"n","old":[1]}"#))
        .await;
    let moved = answer.unwrap().into_inner();
    assert_eq!(moved.diagnostics, []);
    let state = decode(moved.target_state.as_ref());
    assert_eq!((&state["id"], &state["name"]), (&json!("moved"), &json!("n")));
    assert_eq!(state["secret_wo"], Json::Null, "no write-only value comes along");
    assert!(!moved.target_private.is_empty(), "as after an import");

    let answer = client
        .move_resource_state(moving("other_thing", r#"{"name":"warn"}"#))
        .await;
    let moved = answer.unwrap().into_inner();
    assert_eq!(moved.diagnostics[0].summary, "There is more to it");
    assert!(
        moved.target_state.is_some(),
        "a warning keeps nothing from being moved"
    );
}

#[tokio::test]
async fn what_cannot_be_moved_is_told() {
    for (from, json, part) in [
        (
            "other_mystery",
            "{}",
            "There is no way from `other_mystery` of the provider example.com/other/other. What can be moved to `toy_thing`: `other_thing`.",
        ),
        ("other_thing", "{}", "The thing has no name"),
        ("other_thing", "{", "cannot be read"),
        ("other_thing", r#"{"name":"panic"}"#, "panicked"),
    ] {
        let answer = fresh()
            .move_resource_state(moving(from, json))
            .await
            .unwrap()
            .into_inner();
        let told = format!("{:?}", answer.diagnostics);
        assert!(
            answer.target_state.is_none() && told.contains(part),
            "{from}: {told}"
        );
    }
}
