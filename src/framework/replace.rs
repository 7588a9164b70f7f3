//! Which changes of a plan replace the object.

use super::bodies;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::equal;
use super::path::{Path, Step, Trail};
use super::schema::{Attribute, Block, NestedBlock, Nesting};
use super::types::Type;
use super::value::{Object, Value};

const NULL: &Value = &Value::Null;

/// The paths of all changes that replace: those of the schema ([`Attribute::replaces`]), and those that the resource
/// `asked` for. Each exists in the prior state or in the plan and differs there, or Terraform would refuse the plan.
pub(super) fn paths(
    block: &Block,
    config: &Object,
    prior: &Object,
    planned: &Object,
    asked: &[Path],
    diagnostics: &mut Diagnostics,
) -> Vec<Path> {
    let mut paths = Vec::new();
    changed(
        block,
        Some(config),
        Some(prior),
        Some(planned),
        &Trail::Root,
        &mut paths,
    );
    if !asked.is_empty() {
        let ty = block.implied_type();
        for path in asked {
            match fit(&ty, prior, planned, path) {
                Some((path, true)) => paths.push(path),
                Some((path, false)) if is_write_only(block, &path) => paths.push(path),
                Some(_) => {}
                None => diagnostics.push(Diagnostic::error(
                    "Provider planned an impossible replacement",
                    format!("The schema has no `{path}`. This is a bug in the provider; please report it."),
                )),
            }
        }
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Walks all attributes that replace. A body that is not there has only nulls: it may come or go.
fn changed(
    block: &Block,
    config: Option<&Object>,
    prior: Option<&Object>,
    planned: Option<&Object>,
    at: &Trail<'_>,
    paths: &mut Vec<Path>,
) {
    for attribute in block.attributes.iter().filter(|attribute| attribute.replaces) {
        let name = attribute.name.as_str();
        let (old, new) = (member(prior, name), member(planned, name));
        if !equal::values(&attribute.ty, old, new) && !is_merely_unknown(attribute, member(config, name), new)
        {
            paths.push(Trail::Attribute(at, name).to_path());
        }
    }
    for nested in &block.blocks {
        let name = nested.name.as_str();
        let at = Trail::Attribute(at, name);
        let (config, old, new) = (member(config, name), member(prior, name), member(planned, name));
        changed_block(nested, config, old, new, &at, paths);
    }
}

fn changed_block(
    nested: &NestedBlock,
    config: &Value,
    old: &Value,
    new: &Value,
    at: &Trail<'_>,
    paths: &mut Vec<Path>,
) {
    let block = &nested.block;
    if !replaces_anywhere(block) {
        return;
    }
    if new.is_unknown() {
        // Only the apply knows: Terraform does not let an update become a replacement then.
        return paths.push(at.to_path());
    }
    match nested.nesting {
        Nesting::Single => changed(block, config.as_map(), old.as_map(), new.as_map(), at, paths),
        Nesting::List => {
            let (config, old, new) = (items(config), items(old), items(new));
            for index in 0..old.len().max(new.len()) {
                let (config, old, new) = (body(config, index), body(old, index), body(new, index));
                changed(block, config, old, new, &Trail::Index(at, index), paths);
            }
        }
        Nesting::Map => {
            let nothing = Object::new();
            let (old, new) = (old.as_map().unwrap_or(&nothing), new.as_map().unwrap_or(&nothing));
            let gone = old.iter().filter(|(key, _)| !new.contains(key));
            for (key, _) in new.iter().chain(gone) {
                let config = config.as_map().and_then(|all| all.object(key));
                changed(
                    block,
                    config,
                    old.object(key),
                    new.object(key),
                    &Trail::Key(at, key),
                    paths,
                );
            }
        }
        Nesting::Set => {
            // Which element was which cannot be said, and a path ends at the set: what replaces is compared as a whole.
            let (config, old, new) = (items(config), items(old), items(new));
            let pairs = bodies::pair(block, new, config);
            let config = |index: usize| {
                pairs
                    .get(index)
                    .copied()
                    .flatten()
                    .and_then(|pair| config.get(pair))
            };
            let mut left: Vec<Object> = old.iter().filter_map(|old| fixed(block, NULL, old)).collect();
            for (index, new) in new.iter().enumerate() {
                if let Some(new) = fixed(block, config(index).unwrap_or(NULL), new) {
                    match left.iter().position(|old| *old == new) {
                        Some(found) => drop(left.swap_remove(found)),
                        None => return paths.push(at.to_path()),
                    }
                }
            }
            if !left.is_empty() {
                paths.push(at.to_path());
            }
        }
    }
}

/// What replaces when changed, of an element of a set: each value by its path. `None` when there is none.
fn fixed(block: &Block, config: &Value, body: &Value) -> Option<Object> {
    let nothing = Object::new();
    let mut values = Object::new();
    collect(
        block,
        config.as_map(),
        body.as_map().unwrap_or(&nothing),
        "",
        &mut values,
    );
    (!values.is_empty()).then_some(values)
}

fn collect(block: &Block, config: Option<&Object>, body: &Object, at: &str, values: &mut Object) {
    for attribute in block.attributes.iter().filter(|attribute| attribute.replaces) {
        let value = body.get(&attribute.name);
        if !value.is_null() && !is_merely_unknown(attribute, member(config, &attribute.name), value) {
            values.set(&format!("{at}{}", attribute.name), value.clone());
        }
    }
    for nested in &block.blocks {
        let at = format!("{at}{}", nested.name);
        let config = member(config, &nested.name);
        match (nested.nesting, body.get(&nested.name)) {
            (_, Value::Unknown) if replaces_anywhere(&nested.block) => values.set(&at, Value::Unknown),
            (Nesting::Single, Value::Map(body)) => {
                collect(&nested.block, config.as_map(), body, &format!("{at}."), values);
            }
            (Nesting::List, Value::List(all)) => {
                for (index, body) in all.iter().enumerate() {
                    let config = items(config).get(index).unwrap_or(NULL);
                    if let Value::Map(body) = body {
                        collect(
                            &nested.block,
                            config.as_map(),
                            body,
                            &format!("{at}[{index}]."),
                            values,
                        );
                    }
                }
            }
            (Nesting::Set, Value::List(all)) => {
                let pairs = bodies::pair(&nested.block, all, items(config));
                let config =
                    |pair: Option<usize>| pair.and_then(|pair| items(config).get(pair)).unwrap_or(NULL);
                let each = all.iter().zip(pairs);
                let mut inner: Vec<Object> = each
                    .filter_map(|(body, pair)| fixed(&nested.block, config(pair), body))
                    .collect();
                inner.sort_by_cached_key(|object| object.reveal().to_string());
                if !inner.is_empty() {
                    values.set(&at, inner);
                }
            }
            (Nesting::Map, Value::Map(all)) => {
                for (key, body) in all.iter() {
                    let config = config.as_map().and_then(|all| all.object(key));
                    if let Value::Map(body) = body {
                        collect(&nested.block, config, body, &format!("{at}[{key:?}]."), values);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A computed value that the configuration does not set and that may or may not change: no reason to replace.
fn is_merely_unknown(attribute: &Attribute, config: &Value, planned: &Value) -> bool {
    planned.is_unknown() && attribute.mode.is_computed() && config.is_null()
}

fn replaces_anywhere(block: &Block) -> bool {
    block.attributes.iter().any(|attribute| attribute.replaces)
        || block.blocks.iter().any(|nested| replaces_anywhere(&nested.block))
}

fn member<'o>(object: Option<&'o Object>, name: &str) -> &'o Value {
    object.map_or(NULL, |object| object.get(name))
}

fn body(items: &[Value], index: usize) -> Option<&Object> {
    items.get(index).and_then(Value::as_map)
}

fn items(value: &Value) -> &[Value] {
    value.as_list().unwrap_or_default()
}

/// The part of `path` that exists in the prior state or the plan, and whether they differ there: nothing is below a
/// null, and no path leads into a set. `None` when the schema has no such path.
fn fit(ty: &Type, prior: &Object, planned: &Object, path: &Path) -> Option<(Path, bool)> {
    let (Type::Object(members), Some((first, rest))) = (ty, path.steps().split_first()) else {
        return Some((Path::root(), true));
    };
    let Step::Attribute(name) = first else {
        return None;
    };
    let mut ty = members.get(name)?;
    let (mut old, mut new) = (Some(prior.get(name)), Some(planned.get(name)));
    let mut fitted = Path::attribute(name);
    for step in rest {
        let of = match (ty, step) {
            (Type::Object(members), Step::Attribute(name)) => members.get(name)?,
            (Type::List(of), Step::Index(_)) | (Type::Map(of), Step::Key(_)) => of,
            (Type::Tuple(types), Step::Index(index)) => types.get(*index)?,
            (Type::Set(_) | Type::Dynamic, _) => break,
            _ => return None,
        };
        let (before, after) = (below(old, step), below(new, step));
        if before.is_none() && after.is_none() {
            break;
        }
        (ty, old, new) = (of, before, after);
        fitted = fitted.step(step.clone());
    }
    let differs = match (old, new) {
        (Some(old), Some(new)) => new.is_unknown() || !equal::values(ty, old, new),
        _ => true,
    };
    Some((fitted, differs))
}

fn below<'v>(value: Option<&'v Value>, step: &Step) -> Option<&'v Value> {
    match (step, value?) {
        (_, unknown @ Value::Unknown) => Some(unknown),
        (Step::Attribute(name) | Step::Key(name), Value::Map(all)) if all.contains(name) => {
            Some(all.get(name))
        }
        (Step::Index(index), Value::List(items)) => items.get(*index),
        _ => None,
    }
}

fn is_write_only(block: &Block, path: &Path) -> bool {
    let mut block = block;
    for step in path.steps() {
        let Step::Attribute(name) = step else { continue };
        if let Some(attribute) = block.find_attribute(name) {
            return attribute.write_only;
        }
        match block.find_block(name) {
            Some(nested) => block = &nested.block,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        let inner = || {
            Block::new("").attributes([
                Attribute::string("key"),
                Attribute::string("fixed").replaces(),
                Attribute::string("inner_wo").write_only(),
            ])
        };
        Block::new("")
            .attributes([
                Attribute::string("text"),
                Attribute::string("fixed").replaces(),
                Attribute::string("auto").optional_computed().replaces(),
                Attribute::new("names", Type::set(Type::String)),
                Attribute::new("tags", Type::map(Type::String)),
            ])
            .block(NestedBlock::single("one", inner()))
            .block(NestedBlock::list("list", inner()))
            .block(NestedBlock::set(
                "set",
                inner().block(NestedBlock::set("deep", inner())),
            ))
    }

    fn body(key: &str, fixed: impl Into<Value>) -> Object {
        Object::new()
            .with("key", key)
            .with("fixed", fixed)
            .with("inner_wo", Value::Null)
    }

    /// What the resource asks for, and what comes of it.
    fn check_asked(prior: Object, planned: Object, asked: Path, expected: Result<&[&str], ()>) {
        let mut diagnostics = Diagnostics::new();
        let text = asked.to_string();
        let found = paths(
            &block(),
            &Object::new(),
            &prior,
            &planned,
            &[asked],
            &mut diagnostics,
        );
        let found: Vec<String> = found.iter().map(Path::to_string).collect();
        assert_eq!(diagnostics.has_errors(), expected.is_err(), "{text}");
        assert_eq!(found, expected.unwrap_or_default(), "{text}");
    }

    #[test]
    fn what_a_resource_asks_for_must_exist_and_differ() {
        let at = Path::attribute;
        let (old, new) = (
            || Object::new().with("text", "a"),
            || Object::new().with("text", "b"),
        );
        check_asked(old(), new(), at("text"), Ok(&["text"]));
        check_asked(old(), old(), at("text"), Ok(&[]));
        check_asked(old(), new(), at("typo"), Err(()));
        check_asked(old(), new(), at("text").then("below"), Err(()));
        check_asked(old(), new(), Path::root().index(0), Err(()));
        let unknown = || Object::new().with("text", Value::Unknown);
        check_asked(old(), unknown(), at("text"), Ok(&["text"]));

        let list = |keys: &[&str]| {
            let bodies: Vec<Object> = keys.iter().map(|key| body(key, Value::Null)).collect();
            Object::new().with("list", bodies)
        };
        let key = |index| at("list").index(index).then("key");
        check_asked(list(&["a"]), list(&["a", "b"]), key(1), Ok(&["list[1].key"]));
        check_asked(list(&["a", "b"]), list(&["a"]), key(1), Ok(&["list[1].key"]));
        // There is no third element: what exists is the list.
        check_asked(list(&["a"]), list(&["a", "b"]), key(2), Ok(&["list"]));
        check_asked(list(&["a"]), list(&["a"]), key(2), Ok(&[]));
        check_asked(
            list(&["a"]),
            list(&["a"]),
            at("list").index(0).then("inner_wo"),
            Ok(&["list[0].inner_wo"]),
        );
        check_asked(
            list(&["a"]),
            list(&["a"]),
            at("list").index(0).then("typo"),
            Err(()),
        );

        let set = |key: &str| Object::new().with("set", vec![body(key, Value::Null)]);
        check_asked(set("a"), set("b"), at("set").index(0).then("key"), Ok(&["set"]));
        let one = || Object::new().with("one", body("k", Value::Null));
        check_asked(Object::new(), one(), at("one").then("key"), Ok(&["one.key"]));
        check_asked(Object::new(), Object::new(), at("one").then("key"), Ok(&[]));
        let tags = |value: &str| Object::new().with("tags", Object::new().with("k", value));
        check_asked(tags("a"), tags("b"), at("tags").key("k"), Ok(&[r#"tags["k"]"#]));
        check_asked(tags("a"), tags("b"), at("tags").key("l"), Ok(&["tags"]));
        let names = |name: &str| Object::new().with("names", vec![name]);
        check_asked(names("a"), names("b"), at("names").index(0), Ok(&["names"]));
    }

    #[test]
    fn what_the_schema_demands() {
        let check = |prior: Object, config: Object, planned: Object, expected: &[&str]| {
            let found = paths(&block(), &config, &prior, &planned, &[], &mut Diagnostics::new());
            let found: Vec<String> = found.iter().map(Path::to_string).collect();
            assert_eq!(found, expected, "{:?}", planned.reveal());
        };
        let nothing = Object::new;
        let fixed = |value: Value| Object::new().with("fixed", value);
        check(fixed("a".into()), nothing(), fixed("a".into()), &[]);
        check(fixed("a".into()), nothing(), fixed("b".into()), &["fixed"]);
        check(fixed("a".into()), nothing(), fixed(Value::Null), &["fixed"]);
        check(
            fixed(Value::Null),
            fixed(Value::Unknown),
            fixed(Value::Unknown),
            &["fixed"],
        );
        let auto = |value: Value| Object::new().with("auto", value);
        check(auto("a".into()), nothing(), auto(Value::Unknown), &[]);
        check(
            auto("a".into()),
            auto(Value::Unknown),
            auto(Value::Unknown),
            &["auto"],
        );

        let set = |elements: Vec<Object>| Object::new().with("set", elements);
        let deep = |key: &str, fixed: &str| body(key, Value::Null).with("deep", vec![body("d", fixed)]);
        check(
            set(vec![body("a", "x")]),
            nothing(),
            set(vec![body("b", "x")]),
            &[],
        );
        check(
            set(vec![body("a", "x")]),
            nothing(),
            set(vec![body("a", "x"), body("b", "x")]),
            &["set"],
        );
        check(
            set(vec![body("a", "x"), body("b", Value::Null)]),
            nothing(),
            set(vec![body("a", "x")]),
            &[],
        );
        check(set(vec![body("a", "x")]), nothing(), set(vec![]), &["set"]);
        check(
            set(vec![deep("a", "x")]),
            nothing(),
            set(vec![deep("b", "x")]),
            &[],
        );
        check(
            set(vec![deep("a", "x")]),
            nothing(),
            set(vec![deep("a", "y")]),
            &["set"],
        );
        check(
            set(vec![]),
            nothing(),
            Object::new().with("set", Value::Unknown),
            &["set"],
        );
    }
}
