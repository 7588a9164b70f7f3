//! When two values are the same to Terraform: as `==`, but that sets have no order. A set comes from Terraform in
//! an order of its own, and from a default or an API in another.

use std::collections::HashSet;

use super::schema::{Block, NestedBlock, Nesting};
use super::types::Type;
use super::value::{Object, Value};

/// Whether two values of type `ty` are the same.
pub fn values(ty: &Type, one: &Value, other: &Value) -> bool {
    if one == other {
        return true;
    }
    match (ty, one, other) {
        (Type::List(of), Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| values(of, one, other))
        }
        (Type::Tuple(types), Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && types
                    .iter()
                    .zip(one.iter().zip(other))
                    .all(|(ty, (one, other))| values(ty, one, other))
        }
        (Type::Set(of), Value::List(one), Value::List(other)) if has_set(of) => {
            sets(one, other, &|one, other| values(of, one, other))
        }
        (Type::Set(_), Value::List(one), Value::List(other)) => {
            one.iter().collect::<HashSet<_>>() == other.iter().collect::<HashSet<_>>()
        }
        (Type::Map(of), Value::Map(one), Value::Map(other)) => {
            same_keys(one, other) && one.iter().all(|(key, value)| values(of, value, other.get(key)))
        }
        (Type::Object(types), Value::Map(one), Value::Map(other)) => types
            .iter()
            .all(|(name, ty)| values(ty, one.get(name), other.get(name))),
        (Type::Dynamic, Value::Dynamic(one), Value::Dynamic(other)) => {
            one.0 == other.0 && values(&one.0, &one.1, &other.1)
        }
        _ => false,
    }
}

/// Whether two objects of `block` are the same.
pub fn objects(block: &Block, one: &Object, other: &Object) -> bool {
    block.attributes.iter().all(|attribute| {
        let name = &attribute.name;
        values(&attribute.ty, one.get(name), other.get(name))
    }) && block.blocks.iter().all(|block| {
        let name = &block.name;
        nested(block, one.get(name), other.get(name))
    })
}

/// Whether two values of a nested block are the same.
pub fn nested(block: &NestedBlock, one: &Value, other: &Value) -> bool {
    if one == other {
        return true;
    }
    let bodies = |one: &Value, other: &Value| match (one, other) {
        (Value::Map(one), Value::Map(other)) => objects(&block.block, one, other),
        (one, other) => one == other,
    };
    match (block.nesting, one, other) {
        (Nesting::Single, one, other) => bodies(one, other),
        (Nesting::List, Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| bodies(one, other))
        }
        (Nesting::Set, Value::List(one), Value::List(other)) => sets(one, other, &bodies),
        (Nesting::Map, Value::Map(one), Value::Map(other)) => {
            same_keys(one, other) && one.iter().all(|(key, value)| bodies(value, other.get(key)))
        }
        _ => false,
    }
}

/// Whether a value of this type can be the same in more than one order.
pub(super) fn has_set(ty: &Type) -> bool {
    match ty {
        Type::Set(_) | Type::Dynamic => true,
        Type::Bool | Type::Number | Type::String => false,
        Type::List(of) | Type::Map(of) => has_set(of),
        Type::Object(members) => members.values().any(has_set),
        Type::Tuple(items) => items.iter().any(has_set),
    }
}

fn same_keys(one: &Object, other: &Object) -> bool {
    one.len() == other.len() && one.iter().all(|(key, _)| other.contains(key))
}

/// Each is among the others. Most are found by their hash, so that not each is compared with each.
fn sets(one: &[Value], other: &[Value], same: &dyn Fn(&Value, &Value) -> bool) -> bool {
    let within = |some: &[Value], all: &[Value]| {
        let known: HashSet<&Value> = all.iter().collect();
        some.iter()
            .all(|value| known.contains(value) || all.iter().any(|candidate| same(value, candidate)))
    };
    within(one, other) && within(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::Attribute;

    fn check(ty: Type, one: Value, other: Value, same: bool) {
        assert_eq!(values(&ty, &one, &other), same, "{ty:?}");
        assert_eq!(values(&ty, &other, &one), same, "{ty:?}, the other way round");
    }

    #[test]
    fn sets_have_no_order_and_lists_have() {
        let (ab, ba) = (|| Value::from(vec!["a", "b"]), || Value::from(vec!["b", "a"]));
        check(Type::set(Type::String), ab(), ba(), true);
        check(Type::list(Type::String), ab(), ba(), false);
        check(Type::set(Type::String), ab(), Value::from(vec!["a", "c"]), false);
        check(
            Type::set(Type::String),
            ab(),
            Value::from(vec!["a", "b", "c"]),
            false,
        );
        check(
            Type::set(Type::String),
            Value::Null,
            Value::List(Vec::new()),
            false,
        );
        check(
            Type::list(Type::set(Type::String)),
            Value::from(vec![ab()]),
            Value::from(vec![ba()]),
            true,
        );
        check(
            Type::set(Type::set(Type::String)),
            Value::from(vec![ab(), Value::from(vec!["c"])]),
            Value::from(vec![Value::from(vec!["c"]), ba()]),
            true,
        );
        check(
            Type::map(Type::set(Type::String)),
            Object::new().with("k", ab()).into(),
            Object::new().with("k", ba()).into(),
            true,
        );
        check(
            Type::map(Type::String),
            Object::new().with("k", Value::Null).into(),
            Object::new().with("l", Value::Null).into(),
            false,
        );
        let dynamic = |value| Value::Dynamic(Box::new((Type::set(Type::String), value)));
        check(Type::Dynamic, dynamic(ab()), dynamic(ba()), true);
    }

    #[test]
    fn set_blocks_have_no_order() {
        let inner = Block::new("").attribute(Attribute::string("name"));
        let block = Block::new("")
            .block(NestedBlock::set("set", inner.clone()))
            .block(NestedBlock::list("list", inner));
        let body = |name: &str| Object::new().with("name", name);
        let object = |name, one, other| Object::new().with(name, vec![body(one), body(other)]);
        for (name, same) in [("set", true), ("list", false)] {
            let (one, other) = (object(name, "a", "b"), object(name, "b", "a"));
            assert_eq!(objects(&block, &one, &other), same, "{name}");
        }
    }
}
