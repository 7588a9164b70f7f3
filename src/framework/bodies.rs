//! Pairs the bodies of nested blocks: those of a plan with those of the configuration and of the prior state. A single
//! block has its counterpart by name, one of a list by index, of a map by key. An element of a set has none in the
//! prior state, and in the configuration the one whose content it has.

use std::collections::HashMap;

use super::equal;
use super::schema::{Attribute, Block, Mode, NestedBlock, Nesting};
use super::value::{Object, Value};

/// What is done to each body: its block, its configuration, its prior state, and the body to change. No configuration
/// means that it is not known which one is its own.
pub(super) type Step = fn(&Block, Option<&Object>, Option<&Object>, &mut Object);

const NULL: &Value = &Value::Null;

/// Takes `step` to each body of each nested block of `planned`.
pub(super) fn each(
    block: &Block,
    config: Option<&Object>,
    prior: Option<&Object>,
    planned: &mut Object,
    step: Step,
) {
    for nested in &block.blocks {
        let name = nested.name.as_str();
        if let Some(value) = planned.get_mut(name) {
            let config = config.map_or(NULL, |config| config.get(name));
            let prior = prior.map_or(NULL, |prior| prior.get(name));
            each_of(nested, config, prior, value, step);
        }
    }
}

fn each_of(nested: &NestedBlock, config: &Value, prior: &Value, planned: &mut Value, step: Step) {
    let block = &nested.block;
    match (nested.nesting, planned) {
        (Nesting::Single, Value::Map(body)) => step(block, config.as_map(), prior.as_map(), body),
        (Nesting::List, Value::List(items)) => {
            let config = config.as_list().unwrap_or_default();
            let prior = prior.as_list().unwrap_or_default();
            for (index, item) in items.iter_mut().enumerate() {
                if let Value::Map(body) = item {
                    let config = config.get(index).and_then(Value::as_map);
                    step(block, config, prior.get(index).and_then(Value::as_map), body);
                }
            }
        }
        (Nesting::Map, Value::Map(members)) => {
            for (key, member) in members.iter_mut() {
                if let Value::Map(body) = member {
                    let config = config.as_map().and_then(|all| all.object(key));
                    step(
                        block,
                        config,
                        prior.as_map().and_then(|all| all.object(key)),
                        body,
                    );
                }
            }
        }
        (Nesting::Set, Value::List(items)) => {
            let config = config.as_list().unwrap_or_default();
            let pairs = pair(block, items, config);
            for (item, pair) in items.iter_mut().zip(pairs) {
                if let Value::Map(body) = item {
                    let config = pair.and_then(|index| config.get(index)).and_then(Value::as_map);
                    step(block, config, None, body);
                }
            }
        }
        _ => {}
    }
}

/// For each element of a planned set, the configured one that it comes from. Terraform orders sets by their content,
/// so the order says nothing; and several may be possible, so all are matched together. Nothing is searched where the
/// configuration has no say in what is computed.
pub(super) fn pair(block: &Block, planned: &[Value], config: &[Value]) -> Vec<Option<usize>> {
    if !has_optional_computed(block) {
        return vec![None; planned.len()];
    }
    matching(block, planned, config)
}

fn matching(block: &Block, planned: &[Value], config: &[Value]) -> Vec<Option<usize>> {
    let mut by_key: HashMap<Vec<&Value>, Vec<usize>> = HashMap::new();
    for (index, config) in config.iter().enumerate() {
        by_key.entry(key(block, config)).or_default().push(index);
    }
    let candidates: Vec<Vec<usize>> = planned
        .iter()
        .map(|planned| {
            let alike = by_key.get(&key(block, planned)).into_iter().flatten();
            let score = |&index: &usize| Some((came_from(block, planned, config.get(index)?)?, index));
            let mut found: Vec<(usize, usize)> = alike.filter_map(score).collect();
            found.sort_by_key(|&(score, _)| std::cmp::Reverse(score));
            found.into_iter().map(|(_, index)| index).collect()
        })
        .collect();
    let mut owner = vec![None; config.len()];
    for index in 0..planned.len() {
        claim(index, &candidates, &mut owner, &mut vec![false; config.len()]);
    }
    let mut pairs = vec![None; planned.len()];
    for (index, owner) in owner.into_iter().enumerate() {
        if let Some(pair) = owner.and_then(|owner: usize| pairs.get_mut(owner)) {
            *pair = Some(index);
        }
    }
    pairs
}

fn has_optional_computed(block: &Block) -> bool {
    block
        .attributes
        .iter()
        .any(|attribute| attribute.mode == Mode::OptionalComputed)
        || block
            .blocks
            .iter()
            .any(|nested| has_optional_computed(&nested.block))
}

/// What two elements have in common at least if one comes from the other: so that not each is compared with each.
fn key<'v>(block: &Block, body: &'v Value) -> Vec<&'v Value> {
    let fixed = |attribute: &&Attribute| !attribute.mode.is_computed() && !equal::has_set(&attribute.ty);
    let value = |attribute: &Attribute| body.as_map().map_or(NULL, |body| body.get(&attribute.name));
    block.attributes.iter().filter(fixed).map(value).collect()
}

/// Gives the planned element one of its candidates; who has it already must find another.
fn claim(planned: usize, candidates: &[Vec<usize>], owner: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &candidate in candidates.get(planned).into_iter().flatten() {
        let Some(visited) = seen.get_mut(candidate) else {
            continue;
        };
        if std::mem::replace(visited, true) {
            continue;
        }
        let free = match owner.get(candidate).copied().flatten() {
            None => true,
            Some(other) => claim(other, candidates, owner, seen),
        };
        if free && let Some(slot) = owner.get_mut(candidate) {
            *slot = Some(planned);
            return true;
        }
    }
    false
}

/// Whether a planned body may come from this configured one: the same but for what is computed and not configured.
/// How many of the values that need not be configured are: the more, the better the match.
fn came_from(block: &Block, planned: &Value, config: &Value) -> Option<usize> {
    let (Value::Map(planned), Value::Map(config)) = (planned, config) else {
        return (planned == config).then_some(0);
    };
    let mut score = 0;
    for attribute in &block.attributes {
        let (new, own) = (planned.get(&attribute.name), config.get(&attribute.name));
        if attribute.mode.is_computed() && own.is_null() {
            continue;
        }
        if !equal::values(&attribute.ty, new, own) {
            return None;
        }
        score += usize::from(attribute.mode.is_computed());
    }
    for nested in &block.blocks {
        let (new, own) = (planned.get(&nested.name), config.get(&nested.name));
        let inner = |new: &Value, own: &Value| came_from(&nested.block, new, own);
        score += match (nested.nesting, new, own) {
            (Nesting::List, Value::List(new), Value::List(own)) if new.len() == own.len() => new
                .iter()
                .zip(own)
                .map(|(new, own)| inner(new, own))
                .sum::<Option<usize>>()?,
            (Nesting::Set, Value::List(new), Value::List(own)) => {
                let found = matching(&nested.block, new, own).iter().flatten().count();
                (found == new.len()).then_some(found)?
            }
            (Nesting::Map, Value::Map(new), Value::Map(own)) if new.len() == own.len() => {
                let one = |(key, new): (&str, &Value)| inner(new, own.get(key));
                new.iter().map(one).sum::<Option<usize>>()?
            }
            (_, new, own) => inner(new, own)?,
        };
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::Attribute;

    fn block() -> Block {
        Block::new("").attributes([
            Attribute::string("key").required(),
            Attribute::string("one").optional_computed(),
            Attribute::string("two").optional_computed(),
        ])
    }

    fn set(elements: &[[Option<&str>; 2]]) -> Vec<Value> {
        let body = |[one, two]: &[Option<&str>; 2]| {
            Value::Map(Object::new().with("key", "k").with("one", *one).with("two", *two))
        };
        elements.iter().map(body).collect()
    }

    fn check(planned: &[[Option<&str>; 2]], config: &[[Option<&str>; 2]], expected: &[Option<usize>]) {
        assert_eq!(
            pair(&block(), &set(planned), &set(config)),
            expected,
            "{planned:?} {config:?}"
        );
    }

    #[test]
    fn elements_of_sets_are_paired_by_content() {
        let (x, y, z) = (Some("x"), Some("y"), Some("z"));
        check(
            &[[x, None], [y, None]],
            &[[y, None], [x, None]],
            &[Some(1), Some(0)],
        );
        // The more that is configured fits, the better.
        check(&[[x, z], [y, z]], &[[None, None], [x, None]], &[Some(1), Some(0)]);
        // The first could have either; only one leaves something to the second.
        check(&[[x, y], [x, z]], &[[x, None], [None, y]], &[Some(1), Some(0)]);
        check(&[[x, y]], &[[y, None]], &[None]);
        check(&[[x, y]], &[], &[None]);
    }
}
