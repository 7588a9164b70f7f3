//! What Terraform refuses of a plan.

use super::{NULL, set_elements, shape::check_shape};
use crate::framework::equal;
use crate::framework::schema::{Attribute, Block, Mode, NestedBlock, Nesting};
use crate::framework::value::{Object, Value};

/// What is wrong with a plan; empty when Terraform takes it.
pub fn check_plan(block: &Block, prior: &Value, config: &Value, planned: &Value) -> Vec<String> {
    let mut found = check_shape(block, planned);
    plan_body(block, prior, config, planned, "", &mut found);
    found
}

pub(super) fn plan_body(
    block: &Block,
    prior: &Value,
    config: &Value,
    planned: &Value,
    at: &str,
    found: &mut Vec<String>,
) {
    match (config, planned) {
        (Value::Null, Value::Null) | (Value::Unknown, Value::Unknown) => {}
        (Value::Null, _) => found.push(format!("{at}: planned, but the configuration has none")),
        (_, Value::Null) => found.push(format!("{at}: not planned, but the configuration has one")),
        (Value::Unknown, _) => found.push(format!("{at}: unknown in the configuration, but not in the plan")),
        (_, Value::Unknown) => found.push(format!("{at}: a block must not be unknown as a whole")),
        (Value::Map(config), Value::Map(planned)) => {
            let nothing = Object::new();
            let old = prior.as_map().unwrap_or(&nothing);
            for attribute in &block.attributes {
                let name = &attribute.name;
                if let Err(what) = plan_value(attribute, old.get(name), config.get(name), planned.get(name)) {
                    found.push(format!("{at}{name}: {what}"));
                }
            }
            for nested in &block.blocks {
                let name = &nested.name;
                let at = format!("{at}{name}");
                plan_nested(
                    nested,
                    old.get(name),
                    config.get(name),
                    planned.get(name),
                    &at,
                    found,
                );
            }
        }
        _ => found.push(format!("{at}: not an object")),
    }
}

fn plan_value(
    attribute: &Attribute,
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Result<(), &'static str> {
    let same = |one, other| equal::values(&attribute.ty, one, other);
    let kept = || same(planned, prior) && !prior.is_null() && !config.is_null();
    if attribute.write_only {
        return match planned {
            Value::Null => Ok(()),
            _ => Err("a write-only value is planned"),
        };
    }
    let free = match attribute.mode {
        Mode::Computed => true,
        Mode::OptionalComputed => config.is_null(),
        Mode::Required | Mode::Optional => false,
    };
    if free || same(planned, config) || kept() {
        Ok(())
    } else {
        Err("the planned value is neither the configured one nor the prior one, and it is not computed")
    }
}

fn plan_nested(
    nested: &NestedBlock,
    prior: &Value,
    config: &Value,
    planned: &Value,
    at: &str,
    found: &mut Vec<String>,
) {
    let block = &nested.block;
    if nested.nesting == Nesting::Single {
        let at = if config.is_known() && planned.is_known() {
            format!("{at}.")
        } else {
            at.to_owned()
        };
        return plan_body(block, prior, config, planned, &at, found);
    }
    match (nested.nesting, config, planned) {
        (_, Value::Unknown, Value::Unknown) => {}
        (_, Value::Unknown, _) => {
            found.push(format!("{at}: unknown in the configuration, but not in the plan"))
        }
        (_, _, Value::Unknown) => found.push(format!("{at}: a block must not be unknown as a whole")),
        (_, _, Value::Null) => found.push(format!("{at}: must be empty, not null")),
        (Nesting::List, config, Value::List(planned)) => {
            let config = config.as_list().unwrap_or_default();
            if config.len() != planned.len() {
                let (planned, config) = (planned.len(), config.len());
                return found.push(format!("{at}: {planned} blocks planned, {config} configured"));
            }
            let prior = prior.as_list().unwrap_or_default();
            for (index, (config, planned)) in config.iter().zip(planned).enumerate() {
                let at = format!("{at}[{index}].");
                plan_body(
                    block,
                    prior.get(index).unwrap_or(NULL),
                    config,
                    planned,
                    &at,
                    found,
                );
            }
        }
        (Nesting::Map, config, Value::Map(planned)) => {
            let nothing = Object::new();
            let config = config.as_map().unwrap_or(&nothing);
            if !config
                .iter()
                .map(|(key, _)| key)
                .eq(planned.iter().map(|(key, _)| key))
            {
                return found.push(format!("{at}: planned and configured keys differ"));
            }
            for (key, planned) in planned.iter() {
                let prior = prior.as_map().map_or(NULL, |all| all.get(key));
                plan_body(
                    block,
                    prior,
                    config.get(key),
                    planned,
                    &format!("{at}[{key:?}]."),
                    found,
                );
            }
        }
        (_, config, Value::List(planned)) => {
            let config = config.as_list().unwrap_or_default();
            if planned.iter().any(Value::is_unknown) {
                found.push(format!(
                    "{at}: an element of a set must not be unknown as a whole"
                ));
            }
            set_elements(config, planned, at, found, |config, planned| {
                let mut found = Vec::new();
                plan_body(block, NULL, config, planned, "", &mut found);
                found.is_empty()
            });
        }
        _ => found.push(format!("{at}: neither list nor map")),
    }
}
