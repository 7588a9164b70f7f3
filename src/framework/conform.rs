//! Makes any object fit its schema. Terraform loses the whole object when a state does not decode or
//! holds a write-only value, so every state passes here before it leaves the process.

use std::collections::HashSet;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::path::Trail;
use super::schema::{Block, Nesting};
use super::types::Type;
use super::value::{Object, Value};

/// Whether unknown values may stay: in a plan they may, in a state they may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknowns {
    /// A plan.
    Keep,
    /// A state: unknown becomes null, with an error.
    Refuse,
}

/// The object with every attribute and block of `block` and nothing else, write-only values null, types as
/// declared. What did not fit is replaced by null (or an empty collection) and told as an error: a bug of the
/// provider, but never a lost object. Null stays null.
pub fn conform(block: &Block, value: Value, unknowns: Unknowns, diagnostics: &mut Diagnostics) -> Value {
    let mut work = Work {
        unknowns,
        diagnostics,
    };
    match value {
        Value::Null => Value::Null,
        Value::Map(mut object) => {
            work.body(block, &mut object, &Trail::Root);
            Value::Map(object)
        }
        other => {
            work.complain(
                &Trail::Root,
                &format!("an object was expected, not {}", kind(&other)),
            );
            Value::Null
        }
    }
}

/// The same object with every write-only value null, at any depth.
pub fn without_write_only(block: &Block, mut object: Object) -> Object {
    drop_write_only(block, &mut object);
    object
}

fn drop_write_only(block: &Block, object: &mut Object) {
    for attribute in block.attributes.iter().filter(|attribute| attribute.write_only) {
        if let Some(value) = object.get_mut(&attribute.name) {
            *value = Value::Null;
        }
    }
    for nested in &block.blocks {
        if let Some(value) = object.get_mut(&nested.name) {
            each_body(value, nested.nesting, &mut |body| {
                drop_write_only(&nested.block, body)
            });
        }
    }
}

/// Applies `change` to each body of a nested block's value.
fn each_body(value: &mut Value, nesting: Nesting, change: &mut dyn FnMut(&mut Object)) {
    let mut one = |value: &mut Value| {
        if let Value::Map(body) = value {
            change(body);
        }
    };
    match (nesting, value) {
        (Nesting::Single, value) => one(value),
        (Nesting::List | Nesting::Set, Value::List(items)) => items.iter_mut().for_each(one),
        (Nesting::Map, Value::Map(members)) => members.iter_mut().for_each(|(_, member)| one(member)),
        _ => {}
    }
}

/// Takes out what is in a set twice. Unknown values may turn out to differ: they stay.
fn unique(items: &mut Vec<Value>) {
    if items.len() < 2 || items.iter().collect::<HashSet<_>>().len() == items.len() {
        return;
    }
    let mut kept = HashSet::new();
    items.retain(|item| !item.is_wholly_known() || kept.insert(item.clone()));
}

/// Types from a schema end somewhere; a dynamic value brings its own, of any depth.
const MAX_DEPTH: usize = 100;

struct Work<'a> {
    unknowns: Unknowns,
    diagnostics: &'a mut Diagnostics,
}

impl Work<'_> {
    fn complain(&mut self, at: &Trail<'_>, what: &str) {
        let place = match at {
            Trail::Root => "the object".to_owned(),
            at => format!("`{}`", at.to_text()),
        };
        self.diagnostics.push(
            Diagnostic::error(
                "Provider produced a malformed object",
                format!(
                    "At {place}: {what}. The value was left out, the rest was kept. \
                     This is a bug in the provider; please report it."
                ),
            )
            .at(at.to_path()),
        );
    }

    fn body(&mut self, block: &Block, object: &mut Object, at: &Trail<'_>) {
        for attribute in &block.attributes {
            let name = attribute.name.as_str();
            match object.get_mut(name) {
                None => object.set(name, Value::Null),
                Some(value) if attribute.write_only => *value = Value::Null,
                Some(value) => self.value(&attribute.ty, value, &Trail::Attribute(at, name), 0),
            }
        }
        for nested in &block.blocks {
            let name = nested.name.as_str();
            match object.get_mut(name) {
                None => object.set(name, empty(nested.nesting)),
                Some(value) => {
                    self.nested(nested.nesting, &nested.block, value, &Trail::Attribute(at, name));
                }
            }
        }
        if object.len() > block.attributes.len() + block.blocks.len() {
            self.without_others(object, at, |name| {
                block.find_attribute(name).is_some() || block.find_block(name).is_some()
            });
        }
    }

    fn without_others(&mut self, object: &mut Object, at: &Trail<'_>, known: impl Fn(&str) -> bool) {
        let others = object.iter().map(|(name, _)| name).filter(|name| !known(name));
        for name in others.map(str::to_owned).collect::<Vec<String>>() {
            object.remove(&name);
            self.complain(at, &format!("`{name}` is not in the schema"));
        }
    }

    fn nested(&mut self, nesting: Nesting, block: &Block, value: &mut Value, at: &Trail<'_>) {
        match (nesting, &mut *value) {
            (Nesting::Single, Value::Null) => {}
            (_, Value::Null) => *value = empty(nesting),
            (_, Value::Unknown) if self.unknowns == Unknowns::Keep => {}
            (_, Value::Unknown) => {
                self.complain(at, STILL_UNKNOWN);
                *value = empty(nesting);
            }
            (Nesting::Single, Value::Map(body)) => self.body(block, body, at),
            (Nesting::List | Nesting::Set, Value::List(items)) => {
                let mut index = 0;
                items.retain_mut(|item| {
                    let element = match nesting {
                        Nesting::Set => Trail::Element(at),
                        _ => Trail::Index(at, index),
                    };
                    index += 1;
                    self.element(block, item, &element)
                });
                if nesting == Nesting::Set {
                    unique(items);
                }
            }
            (Nesting::Map, Value::Map(members)) => {
                let mut unfit = Vec::new();
                for (key, member) in members.iter_mut() {
                    if !self.element(block, member, &Trail::Key(at, key)) {
                        unfit.push(key.to_owned());
                    }
                }
                for key in unfit {
                    members.remove(&key);
                }
            }
            (_, other) => {
                self.complain(at, &format!("a block was expected, not {}", kind(other)));
                *value = empty(nesting);
            }
        }
    }

    /// Whether an element of a repeated block may stay.
    fn element(&mut self, block: &Block, value: &mut Value, at: &Trail<'_>) -> bool {
        match value {
            Value::Map(body) => self.body(block, body, at),
            Value::Unknown if self.unknowns == Unknowns::Keep => {}
            other => {
                self.complain(at, &format!("a block was expected, not {}", kind(other)));
                return false;
            }
        }
        true
    }

    fn value(&mut self, ty: &Type, value: &mut Value, at: &Trail<'_>, depth: usize) {
        if depth > MAX_DEPTH {
            self.complain(at, "it is nested too deeply");
            *value = Value::Null;
            return;
        }
        let depth = depth + 1;
        match (ty, &mut *value) {
            (_, Value::Null)
            | (Type::Bool, Value::Bool(_))
            | (Type::Number, Value::Number(_))
            | (Type::String, Value::String(_)) => {}
            (_, Value::Unknown) if self.unknowns == Unknowns::Keep => {}
            (_, Value::Unknown) => {
                self.complain(at, STILL_UNKNOWN);
                *value = Value::Null;
            }
            (Type::List(of), Value::List(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(of, item, &Trail::Index(at, index), depth);
                }
            }
            (Type::Set(of), Value::List(items)) => {
                for item in items.iter_mut() {
                    self.value(of, item, &Trail::Element(at), depth);
                }
                unique(items);
            }
            (Type::Tuple(types), Value::List(items)) if types.len() == items.len() => {
                for (index, (ty, item)) in types.iter().zip(items).enumerate() {
                    self.value(ty, item, &Trail::Index(at, index), depth);
                }
            }
            (Type::Map(of), Value::Map(members)) => {
                for (key, member) in members.iter_mut() {
                    self.value(of, member, &Trail::Key(at, key), depth);
                }
            }
            (Type::Object(types), Value::Map(members)) => {
                for (name, ty) in types {
                    match members.get_mut(name) {
                        None => members.set(name, Value::Null),
                        Some(member) => self.value(ty, member, &Trail::Attribute(at, name), depth),
                    }
                }
                if members.len() > types.len() {
                    self.without_others(members, at, |name| types.contains_key(name));
                }
            }
            (Type::Dynamic, Value::Dynamic(inner)) if inner.0 == Type::Dynamic => {
                // A type that is no type: what counts is the value inside.
                let inner = std::mem::take(&mut inner.1);
                *value = inner;
                self.value(ty, value, at, depth);
            }
            (Type::Dynamic, Value::Dynamic(inner)) => {
                let (ty, value) = inner.as_mut();
                self.value(ty, value, at, depth);
            }
            (Type::Dynamic, Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                let ty = match value {
                    Value::Bool(_) => Type::Bool,
                    Value::Number(_) => Type::Number,
                    _ => Type::String,
                };
                *value = Value::Dynamic(Box::new((ty, std::mem::take(value))));
            }
            (ty, other) => {
                let what = format!("{} was expected, not {}", ty.to_json(), kind(other));
                self.complain(at, &what);
                *value = Value::Null;
            }
        }
    }
}

const STILL_UNKNOWN: &str = "the value is still unknown after the operation";

fn empty(nesting: Nesting) -> Value {
    match nesting {
        Nesting::Single => Value::Null,
        Nesting::List | Nesting::Set => Value::List(Vec::new()),
        Nesting::Map => Value::Map(Object::new()),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown => "an unknown value",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Dynamic(_) => "a dynamic value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::rules;
    use crate::framework::schema::{Attribute, NestedBlock};
    use proptest::prelude::*;
    use serde_json::json;

    fn block() -> Block {
        let inner = Block::new("")
            .attribute(Attribute::string("name"))
            .attribute(Attribute::string("secret_wo").write_only());
        Block::new("")
            .attribute(Attribute::string("id").computed())
            .attribute(Attribute::new("tags", Type::map(Type::String)))
            .attribute(Attribute::new("names", Type::set(Type::String)))
            .block(NestedBlock::single("one", inner.clone()))
            .block(NestedBlock::list("many", inner))
    }

    fn check(value: Object, unknowns: Unknowns, expected: serde_json::Value, complaints: usize) {
        let mut diagnostics = Diagnostics::new();
        let out = conform(&block(), Value::Map(value), unknowns, &mut diagnostics);
        assert_eq!(out.reveal(), expected);
        assert_eq!(diagnostics.len(), complaints, "{diagnostics:?}");
    }

    #[test]
    fn what_is_missing_is_completed() {
        check(
            Object::new(),
            Unknowns::Refuse,
            json!({"id": null, "tags": null, "names": null, "one": null, "many": []}),
            0,
        );
    }

    #[test]
    fn write_only_values_never_pass() {
        let body = || Object::new().with("name", "n").with("secret_wo", "hunter2");
        let value = Object::new().with("one", body()).with("many", vec![body()]);
        let clean = json!({"name": "n", "secret_wo": null});
        check(
            value.clone(),
            Unknowns::Keep,
            json!({"id": null, "tags": null, "names": null, "one": clean, "many": [clean]}),
            0,
        );
        let stripped = without_write_only(&block(), value).reveal().to_string();
        assert!(!stripped.contains("hunter2"), "{stripped}");
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_told() {
        let value = Object::new()
            .with("id", Value::Unknown)
            .with("tags", "text")
            .with("names", vec!["a", "a", "b"])
            .with("extra", true)
            .with("one", Value::Unknown);
        check(
            value,
            Unknowns::Refuse,
            json!({"id": null, "tags": null, "names": ["a", "b"], "one": null, "many": []}),
            4,
        );
    }

    #[test]
    fn unknown_stays_in_a_plan() {
        let value = Object::new()
            .with("id", Value::Unknown)
            .with("many", Value::Unknown);
        check(
            value,
            Unknowns::Keep,
            json!({"id": "(unknown)", "tags": null, "names": null, "one": null, "many": "(unknown)"}),
            0,
        );
    }

    fn check_value(ty: Type, value: Value, expected: serde_json::Value, complaints: &[&str]) {
        let block = Block::new("").attribute(Attribute::new("x", ty));
        let mut diagnostics = Diagnostics::new();
        let object = Value::Map(Object::new().with("x", value));
        let out = conform(&block, object, Unknowns::Refuse, &mut diagnostics);
        assert_eq!(out.reveal(), json!({"x": expected}));
        let paths: Vec<String> = diagnostics
            .iter()
            .map(|one| one.path.clone().unwrap_or_default().to_string())
            .collect();
        assert_eq!(paths, complaints);
    }

    #[test]
    fn values_of_every_type() {
        let pair = || Type::object([("a", Type::String), ("b", Type::Bool)]);
        let dynamic = |ty, value| Value::Dynamic(Box::new((ty, value)));
        check_value(
            Type::list(Type::String),
            Value::from(vec!["a"]),
            json!(["a"]),
            &[],
        );
        check_value(
            Type::list(Type::String),
            Object::new().into(),
            json!(null),
            &["x"],
        );
        check_value(
            Type::list(Type::String),
            Value::List(vec![Value::from("a"), Value::from(true), Value::Unknown]),
            json!(["a", null, null]),
            &["x[1]", "x[2]"],
        );
        // A path ends at the set.
        check_value(
            Type::set(Type::String),
            Value::from(vec![true]),
            json!([null]),
            &["x"],
        );
        check_value(
            Type::set(Type::list(Type::String)),
            Value::from(vec![vec!["a"], vec!["a"]]),
            json!([["a"]]),
            &[],
        );
        check_value(
            pair(),
            Object::new().with("a", "t").into(),
            json!({"a": "t", "b": null}),
            &[],
        );
        check_value(
            pair(),
            Object::new().with("c", 1).into(),
            json!({"a": null, "b": null}),
            &["x"],
        );
        check_value(
            Type::map(Type::Bool),
            Object::new().with("k", "t").into(),
            json!({"k": null}),
            &[r#"x["k"]"#],
        );
        let tuple = || Type::Tuple(vec![Type::String, Type::Bool]);
        check_value(
            tuple(),
            Value::List(vec!["a".into(), true.into()]),
            json!(["a", true]),
            &[],
        );
        check_value(tuple(), Value::from(vec!["a"]), json!(null), &["x"]);
        check_value(Type::Dynamic, Value::from(true), json!(true), &[]);
        check_value(Type::Dynamic, Value::from(vec!["a"]), json!(null), &["x"]);
        check_value(
            Type::Dynamic,
            dynamic(Type::Bool, "a".into()),
            json!(null),
            &["x"],
        );
        check_value(Type::Dynamic, dynamic(Type::Dynamic, "a".into()), json!("a"), &[]);
    }

    #[test]
    fn depth_has_an_end() {
        let mut value = Value::from("deep");
        for _ in 0..1000 {
            value = Value::Dynamic(Box::new((Type::list(Type::Dynamic), Value::List(vec![value]))));
        }
        let block = Block::new("").attribute(Attribute::new("x", Type::Dynamic));
        let mut diagnostics = Diagnostics::new();
        let object = Value::Map(Object::new().with("x", value));
        let out = conform(&block, object, Unknowns::Refuse, &mut diagnostics);
        assert_eq!(diagnostics.len(), 1);
        assert!(!out.reveal().to_string().contains("deep"));
    }

    #[test]
    fn blocks_of_another_shape() {
        let keep = |value: Object, expected, complaints| {
            let nothing = || json!({"id": null, "tags": null, "names": null, "one": null, "many": []});
            let mut all = nothing();
            for (name, member) in serde_json::Value::as_object(&expected).into_iter().flatten() {
                all[name] = member.clone();
            }
            check(value, Unknowns::Keep, all, complaints);
        };
        keep(Object::new().with("one", true), json!({}), 1);
        keep(Object::new().with("many", Object::new()), json!({}), 1);
        keep(Object::new().with("many", vec![true]), json!({}), 1);
        keep(
            Object::new().with("many", vec![Value::Unknown, Value::Null]),
            json!({"many": ["(unknown)"]}),
            1,
        );
        let mut diagnostics = Diagnostics::new();
        for other in [Value::Unknown, Value::from("text"), Value::List(Vec::new())] {
            assert_eq!(
                conform(&block(), other, Unknowns::Keep, &mut diagnostics),
                Value::Null
            );
        }
        assert_eq!(diagnostics.len(), 3);
    }

    fn any_type() -> impl Strategy<Value = Type> {
        let leaf = prop::sample::select(vec![Type::Bool, Type::Number, Type::String, Type::Dynamic]);
        leaf.prop_recursive(2, 8, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(Type::list),
                inner.clone().prop_map(Type::set),
                inner.clone().prop_map(Type::map),
                inner
                    .clone()
                    .prop_map(|ty| Type::object([("a", ty), ("b", Type::String)])),
                inner.prop_map(|ty| Type::Tuple(vec![ty, Type::Bool])),
            ]
        })
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            Just(Value::Unknown),
            Just(Value::Bool(true)),
            Just(Value::from(1)),
            "[ab]".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let names = prop::sample::select(vec![
                "a",
                "b",
                "name",
                "secret_wo",
                "one",
                "many",
                "set",
                "map",
                "x",
            ]);
            let members = prop::collection::btree_map(names, inner.clone(), 0..6);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                members.prop_map(|all| {
                    Value::Map(
                        all.into_iter()
                            .map(|(name, value)| (name.to_owned(), value))
                            .collect(),
                    )
                }),
                (any_type(), inner).prop_map(|pair| Value::Dynamic(Box::new(pair))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_a_handler_leaves_fits(ty in any_type(), value in any_value()) {
            let inner = || {
                Block::new("")
                    .attribute(Attribute::string("name"))
                    .attribute(Attribute::string("secret_wo").write_only())
            };
            let block = inner()
                .attribute(Attribute::new("x", ty.clone()))
                .block(NestedBlock::single("one", inner().block(NestedBlock::list("many", inner()))))
                .block(NestedBlock::list("many", inner()))
                .block(NestedBlock::set("set", Block::new("").attribute(Attribute::new("name", ty.clone()))))
                .block(NestedBlock::map("map", inner()));
            for unknowns in [Unknowns::Keep, Unknowns::Refuse] {
                let object = match &value {
                    Value::Map(object) => object.clone(),
                    other => Object::new().with("x", other.clone()).with("many", other.clone()),
                };
                let mut diagnostics = Diagnostics::new();
                let out = conform(&block, Value::Map(object), unknowns, &mut diagnostics);
                prop_assert_eq!(rules::check_shape(&block, &out), Vec::<String>::new());
                prop_assert_eq!(rules::check_diagnostics(&block, &diagnostics), Vec::<String>::new());
                if unknowns == Unknowns::Refuse {
                    prop_assert_eq!(rules::check_state(&block, &out), Vec::<String>::new());
                }
                let mut again = Diagnostics::new();
                let twice = conform(&block, out.clone(), unknowns, &mut again);
                prop_assert_eq!(twice, out);
                prop_assert!(again.is_empty());
            }
        }
    }
}
