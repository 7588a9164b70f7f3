//! Makes any object fit its schema. Terraform loses the whole object when a state does not decode or
//! holds a write-only value, so every state passes here before it leaves the process.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::path::Path;
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
        Value::Map(object) => Value::Map(work.body(block, object, &Path::root())),
        other => {
            work.complain(
                &Path::root(),
                &format!("an object was expected, not {}", kind(&other)),
            );
            Value::Null
        }
    }
}

/// The same object with every write-only value null, at any depth.
pub fn without_write_only(block: &Block, object: Object) -> Object {
    let mut out = object;
    for attribute in block.attributes.iter().filter(|attribute| attribute.write_only) {
        if out.contains(&attribute.name) {
            out.set(&attribute.name, Value::Null);
        }
    }
    for nested in &block.blocks {
        if let Some(value) = out.get_mut(&nested.name) {
            let taken = std::mem::take(value);
            *value = each_body(taken, nested.nesting, &mut |body| {
                without_write_only(&nested.block, body)
            });
        }
    }
    out
}

/// Applies `change` to each body of a nested block's value.
pub(super) fn each_body(value: Value, nesting: Nesting, change: &mut dyn FnMut(Object) -> Object) -> Value {
    let mut one = |value: Value| match value {
        Value::Map(body) => Value::Map(change(body)),
        other => other,
    };
    match (nesting, value) {
        (Nesting::Single, value) => one(value),
        (Nesting::List | Nesting::Set, Value::List(items)) => {
            Value::List(items.into_iter().map(one).collect())
        }
        (Nesting::Map, Value::Map(members)) => Value::Map(
            members
                .into_iter()
                .map(|(key, value)| (key, one(value)))
                .collect(),
        ),
        (_, other) => other,
    }
}

struct Work<'a> {
    unknowns: Unknowns,
    diagnostics: &'a mut Diagnostics,
}

impl Work<'_> {
    fn complain(&mut self, at: &Path, what: &str) {
        let place = if at.steps().is_empty() {
            "the object".to_owned()
        } else {
            format!("`{at}`")
        };
        self.diagnostics.push(
            Diagnostic::error(
                "Provider produced a malformed object",
                format!(
                    "At {place}: {what}. The value was left out, the rest was kept. \
                     This is a bug in the provider; please report it."
                ),
            )
            .at(at.clone()),
        );
    }

    fn body(&mut self, block: &Block, mut object: Object, at: &Path) -> Object {
        let mut out = Object::new();
        for attribute in &block.attributes {
            let value = object.remove(&attribute.name).unwrap_or_default();
            let at = at.clone().then(&attribute.name);
            let value = if attribute.write_only {
                Value::Null
            } else {
                self.value(&attribute.ty, value, &at)
            };
            out.set(&attribute.name, value);
        }
        for nested in &block.blocks {
            let value = object.remove(&nested.name).unwrap_or_default();
            let at = at.clone().then(&nested.name);
            out.set(
                &nested.name,
                self.nested(nested.nesting, &nested.block, value, &at),
            );
        }
        if let Some((name, _)) = object.iter().next() {
            self.complain(at, &format!("`{name}` is not in the schema"));
        }
        out
    }

    fn nested(&mut self, nesting: Nesting, block: &Block, value: Value, at: &Path) -> Value {
        match (nesting, value) {
            (_, Value::Unknown) => self.unknown(at, nesting),
            (Nesting::Single, Value::Null) => Value::Null,
            (Nesting::Single, Value::Map(body)) => Value::Map(self.body(block, body, at)),
            (Nesting::List | Nesting::Set, Value::Null) => Value::List(Vec::new()),
            (Nesting::Map, Value::Null) => Value::Map(Object::new()),
            (Nesting::List | Nesting::Set, Value::List(items)) => {
                let mut out = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    let at = if nesting == Nesting::List {
                        at.clone().index(index)
                    } else {
                        at.clone()
                    };
                    match item {
                        Value::Map(body) => out.push(Value::Map(self.body(block, body, &at))),
                        other => self.complain(&at, &format!("a block was expected, not {}", kind(&other))),
                    }
                }
                Value::List(out)
            }
            (Nesting::Map, Value::Map(members)) => {
                let mut out = Object::new();
                for (key, member) in members {
                    let at = at.clone().key(&key);
                    match member {
                        Value::Map(body) => out.set(&key, self.body(block, body, &at)),
                        other => self.complain(&at, &format!("a block was expected, not {}", kind(&other))),
                    }
                }
                Value::Map(out)
            }
            (_, other) => {
                self.complain(at, &format!("a block was expected, not {}", kind(&other)));
                empty(nesting)
            }
        }
    }

    fn unknown(&mut self, at: &Path, nesting: Nesting) -> Value {
        if self.unknowns == Unknowns::Keep {
            return Value::Unknown;
        }
        self.complain(at, "the value is still unknown after the operation");
        empty(nesting)
    }

    fn value(&mut self, ty: &Type, value: Value, at: &Path) -> Value {
        match (ty, value) {
            (_, Value::Null) => Value::Null,
            (_, Value::Unknown) if self.unknowns == Unknowns::Keep => Value::Unknown,
            (_, Value::Unknown) => {
                self.complain(at, "the value is still unknown after the operation");
                Value::Null
            }
            (Type::Bool, value @ Value::Bool(_))
            | (Type::Number, value @ Value::Number(_))
            | (Type::String, value @ Value::String(_)) => value,
            (Type::List(of), Value::List(items)) => Value::List(self.items(items, at, |_| Some(of))),
            (Type::Set(of), Value::List(items)) => {
                let mut unique = Vec::new();
                for item in self.items(items, at, |_| Some(of)) {
                    if !unique.contains(&item) {
                        unique.push(item);
                    }
                }
                Value::List(unique)
            }
            (Type::Tuple(types), Value::List(items)) if types.len() == items.len() => {
                Value::List(self.items(items, at, |index| types.get(index)))
            }
            (Type::Map(of), Value::Map(members)) => Value::Map(
                members
                    .into_iter()
                    .map(|(key, member)| {
                        let at = at.clone().key(&key);
                        let member = self.value(of, member, &at);
                        (key, member)
                    })
                    .collect(),
            ),
            (Type::Object(types), Value::Map(mut members)) => {
                let mut out = Object::new();
                for (name, ty) in types {
                    let member = members.remove(name).unwrap_or_default();
                    out.set(name, self.value(ty, member, &at.clone().then(name)));
                }
                if let Some((name, _)) = members.iter().next() {
                    self.complain(at, &format!("`{name}` is not in the schema"));
                }
                Value::Map(out)
            }
            (Type::Dynamic, Value::Dynamic(inner)) => {
                let (ty, value) = *inner;
                let value = self.value(&ty, value, at);
                Value::Dynamic(Box::new((ty, value)))
            }
            (Type::Dynamic, value @ (Value::Bool(_) | Value::Number(_) | Value::String(_))) => {
                let ty = match value {
                    Value::Bool(_) => Type::Bool,
                    Value::Number(_) => Type::Number,
                    _ => Type::String,
                };
                Value::Dynamic(Box::new((ty, value)))
            }
            (ty, other) => {
                self.complain(
                    at,
                    &format!("{} was expected, not {}", ty.to_json(), kind(&other)),
                );
                Value::Null
            }
        }
    }

    fn items<'t>(
        &mut self,
        items: Vec<Value>,
        at: &Path,
        ty: impl Fn(usize) -> Option<&'t Type>,
    ) -> Vec<Value> {
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| match ty(index) {
                Some(ty) => self.value(ty, item, &at.clone().index(index)),
                None => Value::Null,
            })
            .collect()
    }
}

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
    use crate::framework::schema::{Attribute, NestedBlock};
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
}
