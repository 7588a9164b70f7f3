//! The life of a resource in the engine, as Terraform drives it: every answer of every step is held against
//! Terraform's rules by [`core::Core`].

pub(crate) mod core;
mod faults;
mod provider;
mod random;
mod steps;

use serde_json::Value as Json;
use terraform_provider_dts::framework::schema::Block;
use terraform_provider_dts::framework::{Nesting, Number, Object, Server, Service, Type, Value};

use self::core::Core;
use self::provider::{Fault, Shared, TestProvider};

/// A server of the test provider, configured, and its remote side.
fn server() -> (Server<TestProvider>, Shared) {
    let remote = Shared::default();
    let server = Server::new(TestProvider(remote.clone()));
    assert!(server.configure(Value::Map(Object::new()), "1.11.4").is_empty());
    (server, remote)
}

fn set_fault(remote: &Shared, fault: Fault) {
    remote.lock().unwrap().fault = fault;
}

/// A configuration of `test_thing` from JSON: what is not said is null or empty, the text `?` is unknown.
fn config(json: Json) -> Value {
    complete(&provider::schema().block, &json)
}

pub(crate) fn complete(block: &Block, json: &Json) -> Value {
    let mut out = Object::new();
    for attribute in &block.attributes {
        out.set(&attribute.name, value(&attribute.ty, &json[&attribute.name]));
    }
    for nested in &block.blocks {
        let inner = |json: &Json| complete(&nested.block, json);
        let value = match (nested.nesting, &json[&nested.name]) {
            (_, Json::String(_)) => Value::Unknown,
            (Nesting::Single, Json::Null) => Value::Null,
            (Nesting::Single, json) => inner(json),
            (Nesting::Map, Json::Object(all)) => {
                Value::Map(all.iter().map(|(key, json)| (key.clone(), inner(json))).collect())
            }
            (Nesting::Map, _) => Value::Map(Object::new()),
            (_, json) => Value::List(json.as_array().into_iter().flatten().map(inner).collect()),
        };
        out.set(&nested.name, value);
    }
    Value::Map(out)
}

fn value(ty: &Type, json: &Json) -> Value {
    match (ty, json) {
        (_, Json::Null) => Value::Null,
        (_, Json::String(text)) if text == "?" => Value::Unknown,
        (Type::Dynamic, Json::String(text)) => {
            Value::Dynamic(Box::new((Type::String, Value::from(text.as_str()))))
        }
        (_, Json::String(text)) => Value::from(text.as_str()),
        (_, Json::Bool(value)) => Value::Bool(*value),
        (_, Json::Number(number)) => Value::Number(Number::parse(&number.to_string()).unwrap()),
        (Type::List(of) | Type::Set(of), Json::Array(items)) => {
            Value::List(items.iter().map(|item| value(of, item)).collect())
        }
        (Type::Map(of), Json::Object(members)) => Value::Map(
            members
                .iter()
                .map(|(key, member)| (key.clone(), value(of, member)))
                .collect(),
        ),
        (ty, json) => panic!("no {ty:?}: {json}"),
    }
}
