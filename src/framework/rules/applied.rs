//! What Terraform refuses of what follows a plan: the plan made again, and the result of the apply.

use super::planned::plan_body;
use super::shape::check_shape;
use super::{Action, NULL, set_elements};
use crate::framework::schema::{Block, NestedBlock, Nesting};
use crate::framework::types::Type;
use crate::framework::value::Value;

/// What is wrong with the plan that is made again in the apply, with everything configured known: what the first one
/// knew must be the same, and the action too, but that an update may turn out to be nothing.
pub fn check_second_plan(block: &Block, first: (&Value, Action), second: (&Value, Action)) -> Vec<String> {
    let mut found = check_shape(block, second.0);
    after_body(block, first.0, second.0, "", &mut found);
    let (before, after) = (first.1, second.1);
    if before != after && (before, after) != (Action::Update, Action::NoOp) {
        found.push(format!("the action changed from {before:?} to {after:?}"));
    }
    found
}

/// What is wrong with the result of an apply that told no error: what was planned must be there, and nothing unknown.
pub fn check_applied(block: &Block, planned: &Value, applied: &Value) -> Vec<String> {
    let mut found = check_state(block, applied);
    after_body(block, planned, applied, "", &mut found);
    found
}

/// What is wrong with any state that leaves the provider: read, imported, upgraded, or left behind by an error.
pub fn check_state(block: &Block, state: &Value) -> Vec<String> {
    let mut found = check_shape(block, state);
    if !state.is_wholly_known() {
        found.push("a state holds an unknown value".to_owned());
    }
    found
}

/// What is wrong with a state that was read; null means that the object is gone.
pub fn check_read(block: &Block, state: &Value) -> Vec<String> {
    check_state(block, state)
}

/// What is wrong with what a data source answers: it must be there, wholly known, and as configured.
pub fn check_data_source(block: &Block, config: &Value, state: &Value) -> Vec<String> {
    let mut found = check_state(block, state);
    if state.is_null() {
        found.push("a data source is null".to_owned());
    }
    plan_body(block, NULL, config, state, "", &mut found);
    found
}

/// Whether a value is what was planned: the same where that is known, and of any value where it is not.
pub(in crate::framework) fn value_fits(ty: &Type, planned: &Value, applied: &Value) -> bool {
    let mut found = Vec::new();
    after_value(ty, planned, applied, "", &mut found);
    found.is_empty()
}

/// As [`value_fits`], for a nested block.
pub(in crate::framework) fn nested_fits(nested: &NestedBlock, planned: &Value, applied: &Value) -> bool {
    let mut found = Vec::new();
    after_nested(nested, planned, applied, "", &mut found);
    found.is_empty()
}

fn after_body(block: &Block, before: &Value, after: &Value, at: &str, found: &mut Vec<String>) {
    let (Value::Map(before), Value::Map(after)) = (before, after) else {
        if !before.is_unknown() && presence(before) != presence(after) {
            found.push(format!("{at}: was {}, is {}", presence(before), presence(after)));
        }
        return;
    };
    for attribute in &block.attributes {
        let name = &attribute.name;
        let at = format!("{at}{name}");
        after_value(&attribute.ty, before.get(name), after.get(name), &at, found);
    }
    for nested in &block.blocks {
        let name = &nested.name;
        after_nested(
            nested,
            before.get(name),
            after.get(name),
            &format!("{at}{name}"),
            found,
        );
    }
}

fn after_nested(nested: &NestedBlock, before: &Value, after: &Value, at: &str, found: &mut Vec<String>) {
    let block = &nested.block;
    match (nested.nesting, before, after) {
        (Nesting::Single, before, after) => after_body(block, before, after, &format!("{at}."), found),
        (Nesting::List, Value::List(before), Value::List(after)) => {
            if before.len() != after.len() {
                let (before, after) = (before.len(), after.len());
                return found.push(format!(
                    "{at}: the number of blocks changed from {before} to {after}"
                ));
            }
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                after_body(block, before, after, &format!("{at}[{index}]."), found);
            }
        }
        (Nesting::Map, Value::Map(before), Value::Map(after)) => {
            if !before
                .iter()
                .map(|(key, _)| key)
                .eq(after.iter().map(|(key, _)| key))
            {
                return found.push(format!("{at}: the keys changed"));
            }
            for (key, before) in before.iter() {
                after_body(block, before, after.get(key), &format!("{at}[{key:?}]."), found);
            }
        }
        (Nesting::Set, Value::List(before), Value::List(after)) => {
            set_elements(before, after, at, found, |before, after| {
                let mut found = Vec::new();
                after_body(block, before, after, "", &mut found);
                found.is_empty()
            });
        }
        _ => {}
    }
}

fn after_value(ty: &Type, before: &Value, after: &Value, at: &str, found: &mut Vec<String>) {
    match (ty, before, after) {
        (_, Value::Unknown, _) | (_, Value::Null, Value::Null) => {}
        (_, before, after) if before.is_null() || !after.is_known() => {
            found.push(format!("{at}: was {}, is {}", presence(before), presence(after)));
        }
        (Type::List(of), Value::List(before), Value::List(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                after_value(of, before, after, &format!("{at}[{index}]"), found);
            }
        }
        (Type::Tuple(types), Value::List(before), Value::List(after)) if before.len() == after.len() => {
            for ((index, ty), (before, after)) in types.iter().enumerate().zip(before.iter().zip(after)) {
                after_value(ty, before, after, &format!("{at}[{index}]"), found);
            }
        }
        (Type::Set(of), Value::List(before), Value::List(after)) => {
            set_elements(before, after, at, found, |before, after| {
                let mut found = Vec::new();
                after_value(of, before, after, "", &mut found);
                found.is_empty()
            });
        }
        (Type::Map(of), Value::Map(before), Value::Map(after)) => {
            if !before
                .iter()
                .map(|(key, _)| key)
                .eq(after.iter().map(|(key, _)| key))
            {
                return found.push(format!("{at}: the keys changed"));
            }
            for (key, before) in before.iter() {
                after_value(of, before, after.get(key), &format!("{at}[{key:?}]"), found);
            }
        }
        (Type::Object(members), Value::Map(before), Value::Map(after)) => {
            for (name, ty) in members {
                after_value(
                    ty,
                    before.get(name),
                    after.get(name),
                    &format!("{at}.{name}"),
                    found,
                );
            }
        }
        (Type::Dynamic, Value::Dynamic(before), Value::Dynamic(after)) if before.0 == after.0 => {
            after_value(&before.0, &before.1, &after.1, at, found);
        }
        (_, before, after) if before != after => found.push(format!("{at}: the value changed")),
        _ => {}
    }
}

fn presence(value: &Value) -> &'static str {
    match value {
        Value::Null => "absent",
        Value::Unknown => "unknown",
        _ => "present",
    }
}
