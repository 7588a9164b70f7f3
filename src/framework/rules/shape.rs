//! What Terraform refuses to decode, and where diagnostics may point.

use crate::framework::diagnostic::Diagnostics;
use crate::framework::equal;
use crate::framework::path::Step;
use crate::framework::schema::{Block, Nesting};
use crate::framework::types::Type;
use crate::framework::value::Value;

/// What would not decode, or would make Terraform forget the object: members missing or too many, values of another
/// type, repeated blocks that are null, write-only values that are not.
pub fn check_shape(block: &Block, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if !value.is_null() {
        shape_body(block, value, "", &mut found);
    }
    found
}

fn shape_body(block: &Block, value: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Map(object) = value else {
        return found.push(format!("{at}: not an object"));
    };
    let names = block.attributes.iter().map(|attribute| &attribute.name);
    let names: Vec<&String> = names
        .chain(block.blocks.iter().map(|nested| &nested.name))
        .collect();
    for name in names.iter().filter(|name| !object.contains(name)) {
        found.push(format!("{at}{name}: missing"));
    }
    for (name, _) in object
        .iter()
        .filter(|(name, _)| !names.iter().any(|known| known == name))
    {
        found.push(format!("{at}{name}: not in the schema"));
    }
    for attribute in &block.attributes {
        let value = object.get(&attribute.name);
        if attribute.write_only && !value.is_null() {
            found.push(format!(
                "{at}{}: a write-only value left the provider",
                attribute.name
            ));
        }
        if !of_type(&attribute.ty, value) {
            found.push(format!("{at}{}: not of its type", attribute.name));
        }
    }
    for nested in &block.blocks {
        let at = format!("{at}{}", nested.name);
        let mut one = |value: &Value, at: String| {
            if !value.is_unknown() {
                shape_body(&nested.block, value, &at, found);
            }
        };
        match (nested.nesting, object.get(&nested.name)) {
            (_, Value::Unknown) | (Nesting::Single, Value::Null) => {}
            (Nesting::Single, value) => one(value, format!("{at}.")),
            (Nesting::List | Nesting::Set, Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    one(item, format!("{at}[{index}]."));
                }
            }
            (Nesting::Map, Value::Map(members)) => {
                for (key, member) in members.iter() {
                    one(member, format!("{at}[{key:?}]."));
                }
            }
            _ => found.push(format!(
                "{at}: a repeated block must be a collection, empty when there is none"
            )),
        }
    }
}

fn of_type(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (_, Value::Null | Value::Unknown)
        | (Type::Bool, Value::Bool(_))
        | (Type::Number, Value::Number(_))
        | (Type::String, Value::String(_)) => true,
        (Type::List(of), Value::List(items)) => items.iter().all(|item| of_type(of, item)),
        (Type::Set(of), Value::List(items)) => {
            // Two unknown values may turn out to differ.
            let repeated = |(index, item): (usize, &Value)| {
                let mut before = items.iter().take(index);
                item.is_wholly_known() && before.any(|other| equal::values(of, item, other))
            };
            items.iter().all(|item| of_type(of, item)) && !items.iter().enumerate().any(repeated)
        }
        (Type::Tuple(types), Value::List(items)) => {
            types.len() == items.len() && types.iter().zip(items).all(|(ty, item)| of_type(ty, item))
        }
        (Type::Map(of), Value::Map(members)) => members.iter().all(|(_, member)| of_type(of, member)),
        (Type::Object(types), Value::Map(members)) => {
            types.len() == members.len()
                && types
                    .iter()
                    .all(|(name, ty)| members.contains(name) && of_type(ty, members.get(name)))
        }
        (Type::Dynamic, Value::Dynamic(inner)) => inner.0 != Type::Dynamic && of_type(&inner.0, &inner.1),
        _ => false,
    }
}

/// What is wrong with diagnostics: each must say something, at a path that the schema has.
pub fn check_diagnostics(block: &Block, diagnostics: &Diagnostics) -> Vec<String> {
    let mut found = Vec::new();
    for diagnostic in diagnostics.iter() {
        if diagnostic.summary.trim().is_empty() {
            found.push("a diagnostic without a summary".to_owned());
        }
        if let Some(path) = &diagnostic.path
            && !resolves(block, path.steps())
        {
            found.push(format!(
                "a diagnostic at `{path}`, which the schema does not have"
            ));
        }
    }
    found
}

fn resolves(block: &Block, steps: &[Step]) -> bool {
    let Some((first, rest)) = steps.split_first() else {
        return true;
    };
    let Step::Attribute(name) = first else {
        return false;
    };
    if let Some(attribute) = block.find_attribute(name) {
        return type_resolves(&attribute.ty, rest);
    }
    let Some(nested) = block.find_block(name) else {
        return false;
    };
    match (nested.nesting, rest) {
        (_, []) => true,
        (Nesting::Single, rest)
        | (Nesting::List, [Step::Index(_), rest @ ..])
        | (Nesting::Map, [Step::Key(_), rest @ ..]) => resolves(&nested.block, rest),
        _ => false,
    }
}

fn type_resolves(ty: &Type, steps: &[Step]) -> bool {
    match (ty, steps) {
        (_, []) | (Type::Dynamic, _) => true,
        (Type::List(of), [Step::Index(_), rest @ ..]) | (Type::Map(of), [Step::Key(_), rest @ ..]) => {
            type_resolves(of, rest)
        }
        (Type::Tuple(types), [Step::Index(index), rest @ ..]) => {
            types.get(*index).is_some_and(|ty| type_resolves(ty, rest))
        }
        (Type::Object(members), [Step::Attribute(name), rest @ ..]) => {
            members.get(name).is_some_and(|ty| type_resolves(ty, rest))
        }
        _ => false,
    }
}
