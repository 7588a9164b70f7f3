//! What an apply leaves in the state. Terraform takes a result only as it was planned and taints what was made
//! otherwise, which would have it made twice; so the result is held to the plan here.

use super::bodies;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::path::Trail;
use super::rules::{nested_fits, value_fits};
use super::schema::{Block, NestedBlock, Nesting};
use super::value::{Object, Value};

/// Makes `state`, the answer of a handler that saw no error, what was planned, with its own values where the plan
/// knew none. A value that differs is told by a warning, unless it means the same: the next plan, which reads the
/// object first, shows it as a change.
pub(super) fn as_planned(block: &Block, planned: &Object, state: &mut Object, diagnostics: &mut Diagnostics) {
    body(block, planned, state, &Trail::Root, diagnostics);
}

fn body(block: &Block, planned: &Object, state: &mut Object, at: &Trail<'_>, told: &mut Diagnostics) {
    for attribute in block.attributes.iter().filter(|attribute| !attribute.write_only) {
        let name = attribute.name.as_str();
        let (plan, answer) = (planned.get(name), state.get(name));
        if plan == answer || value_fits(&attribute.ty, plan, answer) {
            continue;
        }
        let same = attribute.same_meaning;
        if !same.is_some_and(|same| {
            plan.is_wholly_known() && plan.is_known() && answer.is_known() && same(plan, answer)
        }) {
            tell(&Trail::Attribute(at, name), told);
        }
        state.set(name, known(plan.clone()));
    }
    for nested in &block.blocks {
        let name = nested.name.as_str();
        let at = Trail::Attribute(at, name);
        match state.get_mut(name) {
            Some(answer) => blocks(nested, planned.get(name), answer, &at, told),
            None => state.set(name, known(planned.get(name).clone())),
        }
    }
}

fn blocks(nested: &NestedBlock, planned: &Value, state: &mut Value, at: &Trail<'_>, told: &mut Diagnostics) {
    let block = &nested.block;
    let element = |planned: &Value, state: &mut Value, at: &Trail<'_>, told: &mut Diagnostics| {
        if let (Value::Map(planned), Value::Map(state)) = (planned, state) {
            body(block, planned, state, at, told);
        }
    };
    match (nested.nesting, planned, &mut *state) {
        (_, Value::Unknown, _) | (Nesting::Single, Value::Null, Value::Null) => {}
        (Nesting::Single, Value::Map(planned), Value::Map(state)) => body(block, planned, state, at, told),
        (Nesting::List, Value::List(planned), Value::List(state)) if planned.len() == state.len() => {
            for (index, (planned, state)) in planned.iter().zip(state).enumerate() {
                element(planned, state, &Trail::Index(at, index), told);
            }
        }
        (Nesting::Map, Value::Map(planned), Value::Map(state))
            if planned.len() == state.len() && planned.iter().all(|(key, _)| state.contains(key)) =>
        {
            for (key, state) in state.iter_mut() {
                element(planned.get(key), state, &Trail::Key(at, key), told);
            }
        }
        (Nesting::Set, planned, state) if nested_fits(nested, planned, state) => {}
        (_, planned, state) => {
            tell(at, told);
            *state = known(planned.clone());
        }
    }
}

fn tell(at: &Trail<'_>, told: &mut Diagnostics) {
    let path = at.to_path();
    told.push(
        Diagnostic::warning(
            "The result differs from the plan",
            format!(
                "After the change, `{path}` is not what was planned. The state has the planned value; \
                 the next plan reads the object and shows the difference."
            ),
        )
        .at(path),
    );
}

/// The same with null for unknown, at any depth.
fn known(mut value: Value) -> Value {
    forget(&mut value);
    value
}

/// Null for unknown, at any depth.
pub(super) fn forget_unknown(object: &mut Object) {
    object.iter_mut().for_each(|(_, member)| forget(member));
}

fn forget(value: &mut Value) {
    match value {
        Value::Unknown => *value = Value::Null,
        Value::List(items) => items.iter_mut().for_each(forget),
        Value::Map(members) => forget_unknown(members),
        Value::Dynamic(inner) => forget(&mut inner.1),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where a change ended before a value became known, it is as it was before.
pub(super) fn fill_unknown(block: &Block, _: Option<&Object>, prior: Option<&Object>, state: &mut Object) {
    let Some(prior_body) = prior else { return };
    let names = block.attributes.iter().map(|attribute| attribute.name.as_str());
    for name in names.chain(block.blocks.iter().map(|nested| nested.name.as_str())) {
        if state.get(name).is_unknown() {
            state.set(name, prior_body.get(name).clone());
        }
    }
    bodies::each(block, None, prior, state, fill_unknown);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::Attribute;
    use crate::framework::types::Type;
    use serde_json::{Value as Json, json};

    fn ignoring_case(one: &Value, other: &Value) -> bool {
        one.as_str().map(str::to_lowercase) == other.as_str().map(str::to_lowercase)
    }

    fn block() -> Block {
        let inner =
            || Block::new("").attributes([Attribute::string("key"), Attribute::string("made").computed()]);
        Block::new("")
            .attributes([
                Attribute::string("id").computed(),
                Attribute::string("text"),
                Attribute::string("spelling").same_meaning(ignoring_case),
                Attribute::new("tags", Type::map(Type::String)),
            ])
            .block(NestedBlock::single("one", inner()))
            .block(NestedBlock::list("list", inner()))
            .block(NestedBlock::set("set", inner()))
            .block(NestedBlock::map("map", inner()))
    }

    fn value(json: &Json) -> Value {
        match json {
            Json::String(text) if text == "?" => Value::Unknown,
            Json::String(text) => Value::from(text.as_str()),
            Json::Array(items) => Value::List(items.iter().map(value).collect()),
            Json::Object(members) => Value::Map(
                members
                    .iter()
                    .map(|(name, member)| (name.clone(), value(member)))
                    .collect(),
            ),
            _ => Value::Null,
        }
    }

    fn object(json: &Json) -> Object {
        let mut complete = json!({"id": null, "text": null, "spelling": null, "tags": null,
            "one": null, "list": [], "set": [], "map": {}});
        for (name, member) in json.as_object().into_iter().flatten() {
            complete[name] = member.clone();
        }
        value(&complete).as_map().cloned().unwrap_or_default()
    }

    fn check(planned: Json, answer: Json, expected: Json, told: &[&str]) {
        let (planned, mut state) = (object(&planned), object(&answer));
        let mut diagnostics = Diagnostics::new();
        as_planned(&block(), &planned, &mut state, &mut diagnostics);
        assert_eq!(state.reveal(), object(&expected).reveal());
        assert!(!diagnostics.has_errors());
        let paths: Vec<String> = diagnostics
            .iter()
            .filter_map(|one| one.path.as_ref())
            .map(|path| path.to_string())
            .collect();
        assert_eq!(paths, told);
    }

    #[test]
    fn what_was_planned_is_kept_and_what_was_not_is_filled_in() {
        let made = |made: &str| json!({"key": "k", "made": made});
        check(
            json!({"id": "?", "text": "t", "one": made("?"), "list": [made("?")], "set": [made("?")], "map": {"m": made("?")}}),
            json!({"id": "i", "text": "t", "one": made("1"), "list": [made("2")], "set": [made("3")], "map": {"m": made("4")}}),
            json!({"id": "i", "text": "t", "one": made("1"), "list": [made("2")], "set": [made("3")], "map": {"m": made("4")}}),
            &[],
        );
        check(
            json!({"list": "?"}),
            json!({"list": [made("1")]}),
            json!({"list": [made("1")]}),
            &[],
        );
    }

    #[test]
    fn what_differs_is_told() {
        let made = |key: &str, made: &str| json!({"key": key, "made": made});
        check(
            json!({"text": "t"}),
            json!({"text": "T"}),
            json!({"text": "t"}),
            &["text"],
        );
        check(
            json!({"text": null}),
            json!({"text": "T"}),
            json!({"text": null}),
            &["text"],
        );
        check(
            json!({"spelling": "t"}),
            json!({"spelling": "T"}),
            json!({"spelling": "t"}),
            &[],
        );
        check(
            json!({"tags": {"a": "?"}}),
            json!({"tags": {}}),
            json!({"tags": {"a": null}}),
            &["tags"],
        );
        check(
            json!({"tags": {"a": "?"}}),
            json!({"tags": {"a": "b"}}),
            json!({"tags": {"a": "b"}}),
            &[],
        );
        check(
            json!({"list": [made("a", "?"), made("b", "?")]}),
            json!({"list": [made("a", "1"), made("B", "2")]}),
            json!({"list": [made("a", "1"), made("b", "2")]}),
            &["list[1].key"],
        );
        check(
            json!({"list": [made("a", "?")]}),
            json!({"list": []}),
            json!({"list": [{"key": "a", "made": null}]}),
            &["list"],
        );
        check(
            json!({"set": [made("a", "?")]}),
            json!({"set": [made("b", "1")]}),
            json!({"set": [{"key": "a", "made": null}]}),
            &["set"],
        );
        check(
            json!({"map": {"a": made("a", "?")}}),
            json!({}),
            json!({"map": {"a": {"key": "a", "made": null}}}),
            &["map"],
        );
        check(
            json!({"one": null}),
            json!({"one": made("a", "1")}),
            json!({"one": null}),
            &["one"],
        );
    }

    #[test]
    fn what_is_not_known_of_a_failed_change_is_as_before() {
        let prior = object(&json!({"id": "i", "text": "t", "list": [{"key": "a", "made": "1"}], "map": {}}));
        let mut state = object(&json!({"id": "?", "text": "?", "map": "?",
            "list": [{"key": "b", "made": "?"}, {"key": "c", "made": "?"}]}));
        fill_unknown(&block(), None, Some(&prior), &mut state);
        let expected = json!({"id": "i", "text": "t",
            "list": [{"key": "b", "made": "1"}, {"key": "c", "made": "?"}]});
        assert_eq!(state.reveal(), object(&expected).reveal());
    }
}
