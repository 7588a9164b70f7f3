//! Terraform's own rules for what a provider answers, as pure functions: how it proposes a state, and what it
//! refuses of a plan, of the result of an apply, of a read. A provider that breaks one of them gets "Provider produced
//! an invalid plan" or an "inconsistent result after apply", and on a create the object is tainted.
//!
//! They serve the tests, and in debug builds every plan. They are written from the rules, not from [`super::plan`]:
//! each checks the other. A complaint names the place and what is wrong, never a value.

mod applied;
mod planned;
mod propose;
mod shape;

pub use applied::{check_applied, check_data_source, check_read, check_second_plan, check_state};
pub(super) use applied::{nested_fits, value_fits};
pub use planned::check_plan;
pub use propose::propose;
pub use shape::{check_diagnostics, check_shape};

use super::equal;
use super::path::{Path, Step};
use super::schema::{Attribute, Block, Nesting};
use super::types::Type;
use super::value::Value;

/// What Terraform does with a resource, as it follows from a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// There is no object: it is made.
    Create,
    /// The object is changed in place.
    Update,
    /// The object is removed and made anew.
    Replace,
    /// The object is removed.
    Delete,
}

const NULL: &Value = &Value::Null;

/// The action that follows from a plan, or what is wrong with `replace`: each path must exist in the prior state or
/// the plan. A path counts where the values differ, or where it leads to a write-only value.
pub fn action(
    block: &Block,
    prior: &Value,
    planned: &Value,
    replace: &[Path],
) -> Result<Action, Vec<String>> {
    let ty = block.implied_type();
    let (Value::Map(old), Value::Map(new)) = (prior, planned) else {
        return match (prior, planned) {
            (Value::Null, Value::Null) => Ok(Action::NoOp),
            (Value::Null, _) if replace.is_empty() => Ok(Action::Create),
            (Value::Null, _) => Err(vec!["a create names paths that replace".to_owned()]),
            _ => Ok(Action::Delete),
        };
    };
    let mut problems = Vec::new();
    let mut replaces = false;
    for path in replace {
        match (look_up(&ty, prior, path), look_up(&ty, planned, path)) {
            (None, None) => problems.push(format!("`{path}` replaces, but there is no such path")),
            (Some((ty, old)), Some((_, new))) => replaces |= new.is_unknown() || !equal::values(ty, old, new),
            (Some(_), None) | (None, Some(_)) => replaces = true,
        }
        replaces |= find(block, path.steps()).is_some_and(|attribute| attribute.write_only);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(if replaces {
        Action::Replace
    } else if equal::objects(block, old, new) {
        Action::NoOp
    } else {
        Action::Update
    })
}

/// The value at `path` and its type. There is nothing below a null, and no way to an element of a set.
fn look_up<'v>(ty: &'v Type, value: &'v Value, path: &Path) -> Option<(&'v Type, &'v Value)> {
    path.steps()
        .iter()
        .try_fold((ty, value), |(ty, value), step| match (ty, step, value) {
            (_, _, Value::Unknown) => Some((ty, value)),
            (Type::Object(members), Step::Attribute(name), Value::Map(object)) => {
                Some((members.get(name)?, object.get(name)))
            }
            (Type::List(of), Step::Index(index), Value::List(items)) => {
                Some((of.as_ref(), items.get(*index)?))
            }
            (Type::Map(of), Step::Key(key), Value::Map(all)) if all.contains(key) => {
                Some((of.as_ref(), all.get(key)))
            }
            _ => None,
        })
}

/// The attribute that a path leads to or through.
fn find<'b>(block: &'b Block, steps: &[Step]) -> Option<&'b Attribute> {
    let (first, rest) = steps.split_first()?;
    let Step::Attribute(name) = first else {
        return None;
    };
    if let Some(attribute) = block.find_attribute(name) {
        return Some(attribute);
    }
    let nested = block.find_block(name)?;
    match (nested.nesting, rest) {
        (Nesting::Single, rest)
        | (Nesting::List, [Step::Index(_), rest @ ..])
        | (Nesting::Map, [Step::Key(_), rest @ ..]) => find(&nested.block, rest),
        _ => None,
    }
}

/// Each element of one must fit one of the other, and their number must not grow.
fn set_elements(
    before: &[Value],
    after: &[Value],
    at: &str,
    found: &mut Vec<String>,
    fits: impl Fn(&Value, &Value) -> bool,
) {
    let gone = before.iter().any(|b| !after.iter().any(|a| fits(b, a)));
    let appeared = after.iter().any(|a| !before.iter().any(|b| fits(b, a)));
    if gone {
        found.push(format!("{at}: an element of the set has vanished or changed"));
    }
    if appeared {
        found.push(format!("{at}: an element of the set has appeared or changed"));
    }
    if after.len() > before.len() {
        let (before, after) = (before.len(), after.len());
        found.push(format!("{at}: the set grew from {before} to {after}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::diagnostic::{Diagnostic, Diagnostics};
    use crate::framework::schema::NestedBlock;
    use crate::framework::value::Object;
    use serde_json::{Value as Json, json};

    /// A value from JSON; the text `?` is unknown.
    fn value(json: Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(number) => Value::from(number.as_i64().unwrap()),
            Json::String(text) if text == "?" => Value::Unknown,
            Json::String(text) => Value::from(text),
            Json::Array(items) => Value::List(items.into_iter().map(value).collect()),
            Json::Object(members) => Value::Map(
                members
                    .into_iter()
                    .map(|(name, member)| (name, value(member)))
                    .collect(),
            ),
        }
    }

    fn block() -> Block {
        let inner = || {
            Block::new("")
                .attribute(Attribute::string("key"))
                .attribute(Attribute::string("auto").optional_computed())
        };
        Block::new("")
            .attribute(Attribute::string("id").computed())
            .attribute(Attribute::string("name").required())
            .attribute(Attribute::string("mode").optional_computed())
            .attribute(Attribute::string("secret").write_only())
            .attribute(Attribute::new("tags", Type::set(Type::String)))
            .block(NestedBlock::single("one", inner()))
            .block(NestedBlock::list("list", inner()))
            .block(NestedBlock::set("set", inner()))
            .block(NestedBlock::map("map", inner()))
    }

    /// A complete object: what `members` does not say is null or empty.
    fn full(members: Json) -> Value {
        let Value::Map(members) = value(members) else {
            return value(members_of_nothing());
        };
        let mut object = match value(members_of_nothing()) {
            Value::Map(object) => object,
            _ => Object::new(),
        };
        for (name, member) in members {
            object.set(&name, member);
        }
        Value::Map(object)
    }

    fn members_of_nothing() -> Json {
        json!({
            "id": null, "name": null, "mode": null, "secret": null, "tags": null,
            "one": null, "list": [], "set": [], "map": {},
        })
    }

    fn check(found: Vec<String>, expected: &[&str]) {
        assert_eq!(found.len(), expected.len(), "{found:?}, expected {expected:?}");
        for (complaint, part) in found.iter().zip(expected) {
            assert!(complaint.contains(part), "{complaint}, expected {part}");
        }
    }

    #[test]
    fn the_proposed_state_is_the_configuration_with_the_prior_computed_values() {
        let prior = full(json!({
            "id": "i", "name": "old", "mode": "m",
            "one": {"key": "k", "auto": "a"},
            "list": [{"key": "0", "auto": "a0"}, {"key": "1", "auto": "a1"}],
            "set": [{"key": "x", "auto": "ax"}, {"key": "y", "auto": "ay"}],
            "map": {"p": {"key": "p", "auto": "ap"}},
        }));
        let config = full(json!({
            "name": "new", "secret": "s",
            "one": {"key": "k2", "auto": null},
            "list": [{"key": "other", "auto": null}, {"key": "1", "auto": "set"}, {"key": "2", "auto": null}],
            "set": [{"key": "y", "auto": null}, {"key": "z", "auto": null}, {"key": "x", "auto": "other"}],
            "map": {"p": {"key": null, "auto": null}, "q": {"key": null, "auto": null}},
        }));
        let expected = full(json!({
            "id": "i", "name": "new", "mode": "m", "secret": "s",
            "one": {"key": "k2", "auto": "a"},
            "list": [{"key": "other", "auto": "a0"}, {"key": "1", "auto": "set"}, {"key": "2", "auto": null}],
            "set": [{"key": "y", "auto": "ay"}, {"key": "z", "auto": null}, {"key": "x", "auto": "other"}],
            "map": {"p": {"key": null, "auto": "ap"}, "q": {"key": null, "auto": null}},
        }));
        assert_eq!(propose(&block(), &prior, &config).reveal(), expected.reveal());
        let create = propose(&block(), &Value::Null, &full(json!({"name": "n", "list": "?"})));
        assert_eq!(create.reveal(), full(json!({"name": "n", "list": "?"})).reveal());
        assert_eq!(propose(&block(), &prior, &Value::Null), Value::Null);
    }

    #[test]
    fn plans() {
        let prior = || full(json!({"id": "i", "name": "N", "mode": "m"}));
        let table: &[(Json, Json, &[&str])] = &[
            // (configuration, plan, complaints)
            (
                json!({"name": "n"}),
                json!({"name": "n", "id": "?", "mode": "?"}),
                &[],
            ),
            (json!({"name": "n"}), json!({"name": "N"}), &[]),
            (json!({"name": "n"}), json!({"name": "x"}), &["name:"]),
            (json!({"name": "n"}), json!({"name": null}), &["name:"]),
            (json!({"name": "?"}), json!({"name": "n"}), &["name:"]),
            (
                json!({"name": "n", "mode": "set"}),
                json!({"name": "n", "mode": "?"}),
                &["mode:"],
            ),
            (json!({"name": "n", "secret": "s"}), json!({"name": "n"}), &[]),
            (
                json!({"name": "n", "secret": "s"}),
                json!({"name": "n", "secret": "s"}),
                &[
                    "secret: a write-only value left",
                    "secret: a write-only value is planned",
                ],
            ),
            (json!({"tags": ["a", "b"]}), json!({"tags": ["b", "a"]}), &[]),
            (json!({"tags": []}), json!({"tags": null}), &["tags:"]),
            (
                json!({"one": {"key": "k", "auto": null}}),
                json!({"one": null}),
                &["one: not planned"],
            ),
            (
                json!({}),
                json!({"one": {"key": null, "auto": null}}),
                &["one: planned"],
            ),
            (
                json!({}),
                json!({"list": null}),
                &["list: a repeated", "list: must be empty"],
            ),
            (
                json!({}),
                json!({"list": "?"}),
                &["list: a block must not be unknown"],
            ),
            (json!({"list": "?"}), json!({"list": "?"}), &[]),
            (
                json!({"list": "?"}),
                json!({}),
                &["list: unknown in the configuration"],
            ),
            (
                json!({}),
                json!({"list": [{"key": "k", "auto": "?"}]}),
                &["list: 1 blocks planned, 0"],
            ),
            (
                json!({"list": [{"key": "k", "auto": null}]}),
                json!({"list": [{"key": "l", "auto": "?"}]}),
                &["list[0].key:"],
            ),
            (
                json!({"map": {"p": {"key": "k", "auto": null}}}),
                json!({"map": {"q": {"key": "k", "auto": null}}}),
                &["map: planned and configured keys"],
            ),
            (
                json!({"set": [{"key": "a", "auto": null}, {"key": "b", "auto": null}]}),
                json!({"set": [{"key": "b", "auto": "?"}, {"key": "a", "auto": "x"}]}),
                &[],
            ),
            (
                json!({"set": [{"key": "a", "auto": "x"}]}),
                json!({"set": [{"key": "a", "auto": "y"}]}),
                &[
                    "set: an element of the set has vanished",
                    "set: an element of the set has appeared",
                ],
            ),
        ];
        for (config, plan, expected) in table {
            let found = check_plan(&block(), &prior(), &full(config.clone()), &full(plan.clone()));
            check(found, expected);
        }
        check(
            check_plan(&block(), &prior(), &Value::Null, &prior()),
            &["planned, but"],
        );
    }

    #[test]
    fn results() {
        let table: &[(Json, Json, &[&str])] = &[
            // (plan, result, complaints)
            (
                json!({"id": "?", "name": "n"}),
                json!({"id": "i", "name": "n"}),
                &[],
            ),
            (
                json!({"id": "?", "name": "n"}),
                json!({"id": null, "name": "n"}),
                &[],
            ),
            (json!({"id": "?"}), json!({"id": "?"}), &["unknown value"]),
            (
                json!({"id": null}),
                json!({"id": "i"}),
                &["id: was absent, is present"],
            ),
            (
                json!({"name": "n"}),
                json!({"name": null}),
                &["name: was present, is absent"],
            ),
            (
                json!({"name": "n"}),
                json!({"name": "N"}),
                &["name: the value changed"],
            ),
            (json!({"tags": ["a", "?"]}), json!({"tags": ["b", "a"]}), &[]),
            (json!({"tags": ["a", "?"]}), json!({"tags": ["a"]}), &[]),
            (
                json!({"tags": ["a"]}),
                json!({"tags": ["a", "b"]}),
                &["tags: an element of the set has appeared", "tags: the set grew"],
            ),
            (json!({"one": "?"}), json!({"one": null}), &[]),
            (
                json!({"one": null}),
                json!({"one": {"key": null, "auto": null}}),
                &["one.: was absent"],
            ),
            (
                json!({"list": "?"}),
                json!({"list": [{"key": "k", "auto": "a"}]}),
                &[],
            ),
            (
                json!({"list": [{"key": "k", "auto": "?"}]}),
                json!({"list": []}),
                &["list: the number of blocks changed from 1 to 0"],
            ),
            (
                json!({"list": [{"key": "k", "auto": "?"}]}),
                json!({"list": [{"key": "l", "auto": "a"}]}),
                &["list[0].key: the value changed"],
            ),
            (
                json!({"set": [{"key": "a", "auto": "?"}]}),
                json!({"set": [{"key": "a", "auto": "x"}]}),
                &[],
            ),
            (
                json!({"secret": null}),
                json!({"secret": "s"}),
                &["secret: a write-only", "secret: was absent"],
            ),
        ];
        for (plan, result, expected) in table {
            check(
                check_applied(&block(), &full(plan.clone()), &full(result.clone())),
                expected,
            );
        }
        check(
            check_applied(&block(), &full(json!({})), &Value::Null),
            &["was present, is absent"],
        );
        check(check_applied(&block(), &Value::Null, &Value::Null), &[]);
    }

    #[test]
    fn second_plans() {
        let plan = |name: &str| full(json!({"id": "?", "name": name}));
        let check_actions = |first, second, expected: &[&str]| {
            let found = check_second_plan(&block(), (&plan("n"), first), (&plan("n"), second));
            check(found, expected);
        };
        check_actions(Action::Update, Action::Update, &[]);
        check_actions(Action::Update, Action::NoOp, &[]);
        check_actions(Action::Update, Action::Replace, &["from Update to Replace"]);
        check_actions(Action::Create, Action::Update, &["from Create to Update"]);
        let (known, unknown) = (full(json!({"id": "i"})), full(json!({"id": "?"})));
        let second = (&unknown, Action::Update);
        check(
            check_second_plan(&block(), (&known, Action::Update), second),
            &["id: was present, is unknown"],
        );
        check(check_second_plan(&block(), second, (&known, Action::Update)), &[]);
    }

    #[test]
    fn actions() {
        let state = |name: &str, keys: &[&str]| {
            let list: Vec<Json> = keys.iter().map(|key| json!({"key": key, "auto": null})).collect();
            full(json!({"name": name, "list": list, "tags": ["a", "b"]}))
        };
        let name = || Path::attribute("name");
        let element = |index| Path::attribute("list").index(index).then("key");
        let check_action =
            |prior: &Value, planned: &Value, replace: &[Path], expected: Result<Action, usize>| {
                let found = action(&block(), prior, planned, replace).map_err(|problems| problems.len());
                assert_eq!(found, expected, "{replace:?}");
            };
        let (one, two) = (state("n", &["k"]), state("n", &["k", "l"]));
        check_action(&Value::Null, &one, &[], Ok(Action::Create));
        check_action(&Value::Null, &one, &[name()], Err(1));
        check_action(&one, &Value::Null, &[], Ok(Action::Delete));
        check_action(&one, &one, &[name()], Ok(Action::NoOp));
        check_action(&one, &two, &[], Ok(Action::Update));
        check_action(&one, &two, &[name()], Ok(Action::Update));
        check_action(&one, &state("m", &["k"]), &[name()], Ok(Action::Replace));
        check_action(&one, &two, &[element(1)], Ok(Action::Replace));
        check_action(&two, &one, &[element(1)], Ok(Action::Replace));
        check_action(&one, &two, &[element(2)], Err(1));
        check_action(&one, &one, &[Path::attribute("typo")], Err(1));
        check_action(&one, &one, &[Path::attribute("secret")], Ok(Action::Replace));
        let set = full(json!({"set": [{"key": "a", "auto": null}]}));
        check_action(&set, &set, &[Path::attribute("set").index(0).then("key")], Err(1));
    }

    #[test]
    fn states_and_diagnostics() {
        check(check_read(&block(), &Value::Null), &[]);
        check(check_read(&block(), &full(json!({}))), &[]);
        check(
            check_read(&block(), &value(json!({"id": 1})))
                .into_iter()
                .take(1)
                .collect(),
            &["missing"],
        );
        check(
            check_read(&block(), &full(json!({"more": 1}))),
            &["more: not in the schema"],
        );
        check(
            check_read(&block(), &full(json!({"id": 1}))),
            &["id: not of its type"],
        );
        check(
            check_read(&block(), &full(json!({"tags": ["a", "a"]}))),
            &["tags: not of its type"],
        );
        let configured = full(json!({"name": "n"}));
        check(
            check_data_source(&block(), &configured, &full(json!({"name": "n", "id": "i"}))),
            &[],
        );
        check(
            check_data_source(&block(), &configured, &full(json!({"name": "m"}))),
            &["name:"],
        );
        check(
            check_data_source(&block(), &configured, &Value::Null),
            &["is null", "not planned"],
        );
        let at = |path: Path| Diagnostic::error("Unable to test", "").at(path);
        let list = || Path::attribute("list");
        for (path, sound) in [
            (Path::root(), true),
            (list(), true),
            (list().index(7).then("key"), true),
            (list().then("key"), false),
            (Path::attribute("map").key("k").then("auto"), true),
            (Path::attribute("set"), true),
            (Path::attribute("set").index(0).then("key"), false),
            (Path::attribute("tags").index(0), false),
            (Path::attribute("nothing"), false),
        ] {
            let text = path.to_string();
            let found = check_diagnostics(&block(), &Diagnostics::from(at(path)));
            assert_eq!(found.is_empty(), sound, "{text}");
        }
    }
}
