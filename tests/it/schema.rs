//! The schemas, as Terraform takes them: sound by its rules, and shown by `terraform providers schema` as they are declared here.

use serde_json::{Map, Value as Json, json};
use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::framework::schema::{Mode, problems};
use terraform_provider_dts::framework::{Block, Nesting, Schema, Server, Service};

use crate::support::{PROVIDER_SOURCE, Workspace, cli_version, newest};

fn server() -> Server<Dts> {
    Server::new(Dts::new(Context::system()))
}

#[test]
fn every_schema_is_sound() {
    let server = server();
    let all = [
        server.resource_schemas(),
        server.data_source_schemas(),
        server.action_schemas(),
        server.list_schemas(),
    ];
    let mut found = vec![("provider", server.provider_schema())];
    found.extend(all.into_iter().flatten());
    assert!(found.len() > 3);
    for (name, schema) in found {
        assert_eq!(problems(schema), Vec::<String>::new(), "{name}");
    }
}

/// A schema in the words of `terraform providers schema -json`, where false and empty are left out.
fn expected(schema: &Schema) -> Json {
    json!({"version": schema.version, "block": block(&schema.block)})
}

fn block(body: &Block) -> Json {
    let mut attributes = Map::new();
    for attribute in &body.attributes {
        let flags = [
            ("required", attribute.mode == Mode::Required),
            (
                "optional",
                matches!(attribute.mode, Mode::Optional | Mode::OptionalComputed),
            ),
            ("computed", attribute.mode.is_computed()),
            ("sensitive", attribute.sensitive),
            ("write_only", attribute.write_only),
            ("deprecated", attribute.deprecated.is_some()),
        ];
        let mut told = json!({"type": attribute.ty.to_json(), "description": attribute.full_description()});
        for (flag, _) in flags.into_iter().filter(|(_, holds)| *holds) {
            told[flag] = true.into();
        }
        attributes.insert(attribute.name.clone(), told);
    }
    let mut blocks = Map::new();
    for nested in &body.blocks {
        let nesting = match nested.nesting {
            Nesting::Single => "single",
            Nesting::List => "list",
            Nesting::Set => "set",
            Nesting::Map => "map",
        };
        let mut told = json!({"nesting_mode": nesting, "block": block(&nested.block)});
        for (name, number) in [("min_items", nested.min_items), ("max_items", nested.max_items)] {
            if number != 0 {
                told[name] = number.into();
            }
        }
        blocks.insert(nested.name.clone(), told);
    }
    let mut out = json!({"description": body.description});
    for (name, members) in [("attributes", attributes), ("block_types", blocks)] {
        if !members.is_empty() {
            out[name] = members.into();
        }
    }
    if body.deprecated.is_some() {
        out["deprecated"] = true.into();
    }
    out
}

/// Without what we have no word for.
fn shown(json: &Json) -> Json {
    match json {
        Json::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, value)| {
                    !(*name == "description_kind" && value.is_string()
                        || *name == "deprecation_message" && value.is_string())
                })
                .map(|(name, value)| (name.clone(), shown(value)));
            Json::Object(kept.collect())
        }
        other => other.clone(),
    }
}

/// Where two documents differ, for a person.
fn differences(found: &Json, expected: &Json, at: &str, out: &mut Vec<String>) {
    match (found, expected) {
        (Json::Object(a), Json::Object(b)) => {
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                let get = |object: &Map<String, Json>| object.get(name).cloned().unwrap_or_default();
                differences(&get(a), &get(b), &format!("{at}.{name}"), out);
            }
        }
        (a, b) if a != b => out.push(format!("{at}: Terraform shows {a}, declared is {b}")),
        _ => {}
    }
}

#[track_caller]
fn check(workspace: &Workspace, version: (u32, u32)) {
    let server = server();
    let answer = workspace.run(&["providers", "schema", "-json"]).ok();
    let answer: Json = serde_json::from_str(&answer.stdout).unwrap();
    let answer = &answer["provider_schemas"][PROVIDER_SOURCE];
    let mut wrong = Vec::new();
    let mut compare = |kind: &str, declared: Vec<(&'static str, &Schema)>| {
        let mut all = Map::new();
        for (name, schema) in declared {
            all.insert(name.to_owned(), expected(schema));
        }
        // A kind of which there is none is left out.
        let found = match &answer[kind] {
            Json::Null => json!({}),
            found => shown(found),
        };
        differences(&found, &Json::Object(all), kind, &mut wrong);
    };
    compare("resource_schemas", server.resource_schemas());
    compare("data_source_schemas", server.data_source_schemas());
    if version >= (1, 14) {
        compare("list_resource_schemas", server.list_schemas());
        let mut actions = answer["action_schemas"].clone();
        for (name, schema) in server.action_schemas() {
            let found = shown(&actions[name]["block"]);
            differences(&found, &block(&schema.block), name, &mut wrong);
            actions.as_object_mut().map(|all| all.remove(name));
        }
        assert!(
            actions.as_object().is_none_or(Map::is_empty),
            "more actions than declared: {actions}"
        );
    }
    differences(
        &shown(&answer["provider"]),
        &expected(server.provider_schema()),
        "provider",
        &mut wrong,
    );
    if version < (1, 11) {
        // It does not know them, and refuses their use by our validation.
        wrong.retain(|one| !one.contains(".write_only: "));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if version >= (1, 12) {
        for (name, _) in server.resource_schemas() {
            let attributes = answer["resource_identity_schemas"][name]["attributes"].as_object();
            let told: Vec<&String> = attributes.into_iter().flat_map(Map::keys).collect();
            let identity = server.identity_schema(name);
            let mut declared: Vec<&str> = identity
                .iter()
                .flat_map(|identity| &identity.attributes)
                .map(|attribute| attribute.name)
                .collect();
            declared.sort_unstable();
            assert_eq!(told, declared, "identity of {name}");
        }
    }
}

/// `docs/`, which a test holds against the same declarations, is the stored form that a reviewer sees.
#[test]
fn terraform_shows_the_schemas_as_they_are_declared() {
    check(&Workspace::new(Some("http://127.0.0.1:1")), cli_version());
    if newest() != crate::support::cli() {
        check(&Workspace::new(Some("http://127.0.0.1:1")).on_newest(), (1, 15));
    }
}
