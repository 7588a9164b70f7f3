//! How Terraform proposes a state.

use super::NULL;
use crate::framework::equal;
use crate::framework::schema::{Block, NestedBlock, Nesting};
use crate::framework::value::{Object, Value};

/// The state that Terraform proposes: the configuration, and the prior value of what is computed and not configured.
/// Blocks of a list are paired by index, of a map by key, of a set by what is configured in them.
pub fn propose(block: &Block, prior: &Value, config: &Value) -> Value {
    let Value::Map(config) = config else {
        return if config.is_null() {
            Value::Null
        } else {
            prior.clone()
        };
    };
    let nothing = Object::new();
    let prior = prior.as_map().unwrap_or(&nothing);
    let mut out = Object::new();
    for attribute in &block.attributes {
        let name = &attribute.name;
        let from_prior = attribute.mode.is_computed() && config.get(name).is_null();
        let source = if from_prior { prior } else { config };
        out.set(name, source.get(name).clone());
    }
    for nested in &block.blocks {
        let name = &nested.name;
        out.set(name, propose_nested(nested, prior.get(name), config.get(name)));
    }
    Value::Map(out)
}

fn propose_nested(nested: &NestedBlock, prior: &Value, config: &Value) -> Value {
    let block = &nested.block;
    match (nested.nesting, config) {
        (Nesting::Single, Value::Map(_)) => propose(block, prior, config),
        (Nesting::List, Value::List(items)) => {
            let prior = prior.as_list().unwrap_or_default();
            let one = |(index, item)| propose(block, prior.get(index).unwrap_or(NULL), item);
            Value::List(items.iter().enumerate().map(one).collect())
        }
        (Nesting::Map, Value::Map(members)) => {
            let one = |(key, member): (&str, &Value)| {
                let prior = prior.as_map().map_or(NULL, |all| all.get(key));
                (key.to_owned(), propose(block, prior, member))
            };
            Value::Map(members.iter().map(one).collect())
        }
        (Nesting::Set, Value::List(items)) => {
            let mut left: Vec<&Value> = prior.as_list().unwrap_or_default().iter().collect();
            let mut out = Vec::new();
            for item in items {
                let found = left
                    .iter()
                    .position(|prior| may_come_from(block, prior, item))
                    .map(|at| left.remove(at));
                let proposed = propose(block, found.unwrap_or(NULL), item);
                if !proposed.is_wholly_known() || !out.contains(&proposed) {
                    out.push(proposed);
                }
            }
            Value::List(out)
        }
        (_, other) => other.clone(),
    }
}

/// Whether a recorded element of a set may have come from this configured one: they are the same but for what is
/// computed and not configured. Sets inside must be the same altogether.
fn may_come_from(block: &Block, recorded: &Value, config: &Value) -> bool {
    let (Value::Map(recorded), Value::Map(config)) = (recorded, config) else {
        return recorded == config;
    };
    block.attributes.iter().all(|attribute| {
        let (old, new) = (recorded.get(&attribute.name), config.get(&attribute.name));
        (attribute.mode.is_computed() && new.is_null()) || equal::values(&attribute.ty, old, new)
    }) && block.blocks.iter().all(|nested| {
        let (old, new) = (recorded.get(&nested.name), config.get(&nested.name));
        let inner = |old: &Value, new: &Value| may_come_from(&nested.block, old, new);
        match (nested.nesting, old, new) {
            (Nesting::Set, ..) => equal::nested(nested, old, new),
            (Nesting::List, Value::List(old), Value::List(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| inner(old, new))
            }
            (Nesting::Map, Value::Map(old), Value::Map(new)) => {
                old.len() == new.len()
                    && old
                        .iter()
                        .all(|(key, old)| new.contains(key) && inner(old, new.get(key)))
            }
            (_, old, new) => inner(old, new),
        }
    })
}
