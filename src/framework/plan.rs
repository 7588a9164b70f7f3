//! Planning, in the order that Terraform's rules demand: defaults, write-only values out, what means the same is
//! kept, computed values become unknown where something changes, the resource has its say, replacements.

use std::collections::HashMap;

use super::apply::shield_pure;
use super::bodies;
use super::conform::{self, Unknowns};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::equal;
use super::import::IMPORTED;
use super::path::Path;
use super::private::Private;
use super::replace;
use super::resource::{Plan, Resource};
use super::rules;
use super::schema::{Block, Mode, Nesting};
use super::timeouts;
use super::value::{Object, Value};

/// The private key by which a removal knows that it is the first half of a replacement: only the plan of a
/// create leaves it.
pub(super) const CREATES: &str = "_creates";

/// The private key that a plan leaves which saw the object before. Terraform hands it to the plan of the successor; for a
/// tainted object there is no such plan, so the key is missing.
pub(super) const SAW_PRIOR: &str = "_saw_prior";

/// What Terraform proposes.
#[derive(Debug)]
pub struct Request {
    /// The state before; null for a create.
    pub prior: Value,
    /// Terraform's merge of configuration and state; null for a destroy.
    pub proposed: Value,
    /// The configuration.
    pub config: Value,
    /// Private state.
    pub private: Private,
}

/// What we plan.
#[derive(Debug)]
pub struct Response {
    /// The planned state; null for a destroy, and the prior state after an error.
    pub planned: Value,
    /// Changes that cannot be made in place; none for a create.
    pub replace: Vec<Path>,
    /// Goes to the apply.
    pub private: Private,
    /// What there is to say.
    pub diagnostics: Diagnostics,
}

/// Plans a create, an update or a destroy. A panic of the resource is an error.
pub fn plan<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: Option<&C>,
    request: Request,
) -> Response {
    let Request {
        prior,
        proposed,
        config,
        mut private,
    } = request;
    let mut diagnostics = Diagnostics::new();
    private.remove(CREATES);
    let planned = shield_pure(|| match proposed {
        Value::Map(proposed) => {
            let config = config.as_map();
            let prior = prior.as_map();
            change(
                resource,
                block,
                client,
                prior,
                config,
                proposed,
                &mut private,
                &mut diagnostics,
            )
        }
        _ => {
            private.remove(SAW_PRIOR);
            if let Value::Map(prior) = &prior {
                resource.plan_destroy(prior, &private, client, &mut diagnostics);
            }
            (Value::Null, Vec::new())
        }
    });
    let (planned, replace) = match planned {
        Ok(planned) => planned,
        Err(panic) => {
            diagnostics.push(panic);
            (prior, Vec::new())
        }
    };
    Response {
        planned,
        replace,
        private,
        diagnostics,
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one request, taken apart by the caller"
)]
fn change<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: Option<&C>,
    prior: Option<&Object>,
    config: Option<&Object>,
    proposed: Object,
    private: &mut Private,
    diagnostics: &mut Diagnostics,
) -> (Value, Vec<Path>) {
    let nothing = Object::new();
    let config = config.unwrap_or(&nothing);
    let mut planned = conform::without_write_only(block, proposed);
    settle(block, Some(config), prior, &mut planned);
    if prior.is_none_or(|prior| differs(block, prior, &planned)) {
        unknown_computed(block, Some(config), prior, &mut planned);
    }
    if prior.is_none() {
        private.remove(IMPORTED);
    }

    let mut plan = Plan {
        prior,
        config,
        planned,
        private,
        client,
        diagnostics,
        replace: Vec::new(),
    };
    resource.plan(&mut plan);
    let Plan { planned, replace, .. } = plan;

    let planned = conform::conform(block, Value::Map(planned), Unknowns::Keep, diagnostics);
    let paths = match (prior, &planned) {
        (Some(prior), Value::Map(planned)) => {
            private.set(SAW_PRIOR, true);
            let paths = replace::paths(block, config, prior, planned, &replace, diagnostics);
            if paths.is_empty() {
                tell_again(block, prior, planned, diagnostics);
            } else {
                // Terraform asks for no plan of the destroy that is half of a replacement.
                resource.plan_destroy(prior, private, client, diagnostics);
            }
            paths
        }
        _ => {
            private.set(CREATES, true);
            Vec::new()
        }
    };
    if cfg!(debug_assertions) && !diagnostics.has_errors() {
        hold_to_rules(block, prior, config, &planned, diagnostics);
    }
    (planned, paths)
}

/// What a plan is to show and Terraform does not: it leaves out every attribute that keeps its value, also one that is about this
/// apply and has the value of the last one by chance.
fn tell_again(block: &Block, prior: &Object, planned: &Object, diagnostics: &mut Diagnostics) {
    if diagnostics.has_errors() || prior == planned {
        return;
    }
    for attribute in block.attributes.iter().filter(|attribute| attribute.told_again) {
        let name = attribute.name.as_str();
        let items = planned.list(name);
        let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
        if texts.is_empty() || texts.len() != items.len() || prior.get(name) != planned.get(name) {
            continue;
        }
        let id = planned.str("id").unwrap_or("this object");
        diagnostics.push(
            Diagnostic::warning(
                format!("{name} of {id}, as in the last apply: {}", texts.join(", ")),
                format!(
                    "The apply makes these calls, though the plan shows no `{name}`: Terraform leaves out what keeps its value, and this is \
                     the same list as last time."
                ),
            )
            .at(Path::attribute(name)),
        );
    }
}

/// Terraform refuses a plan that breaks its rules; in a debug build we say so first, and which one.
fn hold_to_rules(
    block: &Block,
    prior: Option<&Object>,
    config: &Object,
    planned: &Value,
    diagnostics: &mut Diagnostics,
) {
    let prior = prior.map_or(Value::Null, |prior| Value::Map(prior.clone()));
    let broken = rules::check_plan(block, &prior, &Value::Map(config.clone()), planned);
    diagnostics.extend(broken.into_iter().map(|what| {
        Diagnostic::error(
            "Provider produced a plan that Terraform refuses",
            format!("{what}. This is a bug in the provider; please report it."),
        )
    }));
}

/// Whether anything differs from the prior state that a computed value could depend on: how long an operation may
/// take is nothing of the object.
fn differs(block: &Block, prior: &Object, planned: &Object) -> bool {
    let names = block.attributes.iter().map(|attribute| attribute.name.as_str());
    let blocks = block.blocks.iter().map(|nested| nested.name.as_str());
    names
        .chain(blocks.filter(|name| *name != timeouts::BLOCK))
        .any(|name| prior.get(name) != planned.get(name))
}

/// Defaults where the configuration has none, and the prior value where the new one means the same. What differs
/// from the prior value only in the order of a set gets its order, so that from here on `==` tells what changes.
pub(super) fn settle(block: &Block, config: Option<&Object>, prior: Option<&Object>, planned: &mut Object) {
    for attribute in &block.attributes {
        let name = &attribute.name;
        if let Some(default) = &attribute.default
            && config.is_some_and(|config| config.get(name).is_null())
        {
            planned.set(name, default.clone());
        }
        let Some(prior) = prior else { continue };
        let (old, new) = (prior.get(name), planned.get(name));
        if old.is_null() || old == new {
            continue;
        }
        let known = || old.is_wholly_known() && new.is_known() && new.is_wholly_known();
        if (equal::has_set(&attribute.ty) && equal::values(&attribute.ty, old, new))
            || attribute
                .same_meaning
                .is_some_and(|same| known() && same(old, new))
        {
            planned.set(name, old.clone());
        }
    }
    bodies::each(block, config, prior, planned, settle);
    for nested in block
        .blocks
        .iter()
        .filter(|nested| nested.nesting == Nesting::Set)
    {
        let Some(new) = planned.get_mut(&nested.name) else {
            continue;
        };
        if let Value::List(items) = new {
            let config = config.and_then(|config| config.get(&nested.name).as_list());
            merge_alike(&nested.block, config.unwrap_or_default(), items);
        }
        if let Some(old) = prior.map(|prior| prior.get(&nested.name))
            && old != new
            && equal::nested(nested, old, new)
        {
            *new = old.clone();
        }
    }
}

/// With their defaults, two configured elements of a set may be the same: one of them is planned, the one that was
/// found in the prior state if there is one. (Terraform finds only one of them there.)
fn merge_alike(block: &Block, config: &[Value], planned: &mut Vec<Value>) {
    if planned.len() < 2 || !has_default(block) {
        return;
    }
    let with_defaults: Vec<Option<Value>> = bodies::pair(block, planned, config)
        .into_iter()
        .map(|pair| {
            let own = config.get(pair?)?.as_map()?;
            let mut body = own.clone();
            settle(block, Some(own), None, &mut body);
            Some(Value::Map(body))
        })
        .collect();
    let mut kept: Vec<Value> = Vec::new();
    let mut place_of: HashMap<Value, usize> = HashMap::new();
    for (element, own) in std::mem::take(planned).into_iter().zip(with_defaults) {
        // Unknown values may turn out to differ.
        let known = own.filter(Value::is_wholly_known);
        let place = known.map_or(kept.len(), |own| *place_of.entry(own).or_insert(kept.len()));
        match kept.get_mut(place) {
            Some(other) if known_members(&element) > known_members(other) => *other = element,
            Some(_) => {}
            None => kept.push(element),
        }
    }
    *planned = kept;
}

fn has_default(block: &Block) -> bool {
    block
        .attributes
        .iter()
        .any(|attribute| attribute.default.is_some())
        || block.blocks.iter().any(|nested| has_default(&nested.block))
}

fn known_members(body: &Value) -> usize {
    body.as_map().map_or(0, |body| {
        body.iter().filter(|(_, value)| value.is_known()).count()
    })
}

/// Something changes: whatever the provider computes may change with it, but for what is stable: that is as it was,
/// null too, and unknown only where it is new.
pub(super) fn unknown_computed(
    block: &Block,
    config: Option<&Object>,
    prior: Option<&Object>,
    planned: &mut Object,
) {
    for attribute in &block.attributes {
        let name = &attribute.name;
        let ours = match (attribute.mode, config) {
            (Mode::Computed, _) => true,
            (Mode::OptionalComputed, Some(config)) => {
                attribute.default.is_none() && config.get(name).is_null()
            }
            _ => false,
        };
        if !ours {
            continue;
        }
        match prior {
            Some(prior) if attribute.stable => planned.set(name, prior.get(name).clone()),
            // An element of a set that Terraform found in the prior state: it proposed the value from there.
            None if attribute.stable && planned.get(name).is_known() => {}
            _ => planned.set(name, Value::Unknown),
        }
    }
    bodies::each(block, config, prior, planned, unknown_computed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::Attribute;
    use crate::framework::types::Type;

    #[test]
    fn a_list_that_is_planned_again_is_told() {
        let list = || Type::list(Type::String);
        let block = Block::new("")
            .attribute(Attribute::new("calls", list()).computed().told_again())
            .attribute(Attribute::new("other", list()).computed());
        let state = |name: &str, calls: Value| {
            Object::new()
                .with("id", "j1")
                .with("name", name)
                .with("calls", calls)
                .with("other", vec!["A"])
        };
        let calls =
            |names: &[&str]| Value::from(names.iter().map(|name| Value::from(*name)).collect::<Vec<_>>());
        let before = state("a", calls(&["A", "B"]));
        for (planned, told) in [
            (state("b", calls(&["A", "B"])), true),
            (before.clone(), false),
            (state("b", calls(&["A"])), false),
            (state("b", Value::Unknown), false),
        ] {
            let mut diagnostics = Diagnostics::new();
            tell_again(&block, &before, &planned, &mut diagnostics);
            let found: Vec<_> = diagnostics.iter().map(|one| one.summary.as_str()).collect();
            let expected = ["calls of j1, as in the last apply: A, B"];
            assert_eq!(found, &expected[..usize::from(told)], "{planned:?}");
        }
        // Nothing was called, and nothing will be.
        let idle = |name: &str| state(name, calls(&[]));
        let mut diagnostics = Diagnostics::new();
        tell_again(&block, &idle("a"), &idle("b"), &mut diagnostics);
        assert_eq!(diagnostics.iter().count(), 0);
    }
}
