//! Planning, in the order that Terraform's rules demand: defaults, write-only values out, what means the same is
//! kept, computed values become unknown where something changes, the resource has its say, replacements.

use super::conform::{self, Unknowns};
use super::diagnostic::Diagnostics;
use super::path::Path;
use super::private::Private;
use super::resource::{Plan, Resource};
use super::schema::{Block, Nesting};
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
    /// The planned state; null for a destroy.
    pub planned: Value,
    /// Changes that cannot be made in place; none for a create.
    pub replace: Vec<Path>,
    /// Goes to the apply.
    pub private: Private,
    /// What there is to say.
    pub diagnostics: Diagnostics,
}

/// Plans a create, an update or a destroy.
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
    let (Value::Map(proposed), Value::Map(config)) = (proposed, config) else {
        if let Value::Map(prior) = &prior {
            resource.plan_destroy(prior, &mut diagnostics);
        }
        return Response {
            planned: Value::Null,
            replace: Vec::new(),
            private,
            diagnostics,
        };
    };
    let prior = prior.as_map();

    let planned = conform::without_write_only(block, proposed);
    let planned = settle(block, &config, prior, planned);
    let planned = match prior {
        Some(prior) if *prior == planned => planned,
        prior => unknown_computed(block, &config, prior, planned),
    };

    private.remove(CREATES);
    let mut plan = Plan {
        prior,
        config: &config,
        planned,
        private: &mut private,
        client,
        diagnostics: &mut diagnostics,
        replace: Vec::new(),
    };
    resource.plan(&mut plan);
    let Plan {
        planned, mut replace, ..
    } = plan;

    match prior {
        Some(prior) => {
            changed_for_good(block, prior, &planned, &Path::root(), &mut replace);
            private.set(SAW_PRIOR, true);
        }
        None => {
            replace.clear();
            private.set(CREATES, true);
        }
    }
    replace.sort();
    replace.dedup();
    let planned = conform::conform(block, Value::Map(planned), Unknowns::Keep, &mut diagnostics);
    Response {
        planned,
        replace,
        private,
        diagnostics,
    }
}

/// Calls `change` for each body of each nested block, with its counterparts in configuration and prior state.
fn each_body(
    block: &Block,
    config: &Object,
    prior: Option<&Object>,
    planned: &mut Object,
    change: fn(&Block, &Object, Option<&Object>, Object) -> Object,
) {
    let nothing = Object::new();
    for nested in &block.blocks {
        let (name, inner) = (&nested.name, &nested.block);
        let configs = config.get(name);
        let priors = prior.map(|prior| prior.get(name));
        let Some(value) = planned.get_mut(name) else {
            continue;
        };
        match (nested.nesting, value) {
            (Nesting::Single, Value::Map(body)) => {
                let config = configs.as_map().unwrap_or(&nothing);
                *body = change(
                    inner,
                    config,
                    priors.and_then(Value::as_map),
                    std::mem::take(body),
                );
            }
            (Nesting::List | Nesting::Set, Value::List(items)) => {
                // Elements of a set have no counterpart: which one was which cannot be said.
                let paired = nested.nesting == Nesting::List;
                for (index, item) in items.iter_mut().enumerate() {
                    let Value::Map(body) = item else { continue };
                    let config = configs
                        .as_list()
                        .and_then(|all| all.get(index))
                        .and_then(Value::as_map);
                    let prior = priors.and_then(Value::as_list).filter(|_| paired);
                    let prior = prior.and_then(|all| all.get(index)).and_then(Value::as_map);
                    *body = change(inner, config.unwrap_or(&nothing), prior, std::mem::take(body));
                }
            }
            (Nesting::Map, Value::Map(members)) => {
                let mut out = Object::new();
                for (key, member) in std::mem::take(members) {
                    let config = configs
                        .as_map()
                        .and_then(|all| all.object(&key))
                        .unwrap_or(&nothing);
                    let prior = priors.and_then(Value::as_map).and_then(|all| all.object(&key));
                    let member = match member {
                        Value::Map(body) => Value::Map(change(inner, config, prior, body)),
                        other => other,
                    };
                    out.set(&key, member);
                }
                *members = out;
            }
            _ => {}
        }
    }
}

/// Defaults where the configuration has none, and the prior value where the new one means the same.
fn settle(block: &Block, config: &Object, prior: Option<&Object>, mut planned: Object) -> Object {
    for attribute in &block.attributes {
        let name = &attribute.name;
        if let Some(default) = &attribute.default
            && config.get(name).is_null()
        {
            planned.set(name, default.clone());
        }
        if let (Some(same), Some(prior)) = (attribute.same_meaning, prior) {
            let (old, new) = (prior.get(name), planned.get(name));
            if old.is_known() && new.is_known() && old != new && same(old, new) {
                planned.set(name, old.clone());
            }
        }
    }
    each_body(block, config, prior, &mut planned, settle);
    planned
}

/// Something changes: whatever the provider computes may change with it, but for what is stable.
fn unknown_computed(block: &Block, config: &Object, prior: Option<&Object>, mut planned: Object) -> Object {
    for attribute in &block.attributes {
        let name = &attribute.name;
        if !attribute.mode.is_computed() || attribute.default.is_some() || !config.get(name).is_null() {
            continue;
        }
        let value = match prior {
            Some(prior) if attribute.stable => prior.get(name).clone(),
            _ => Value::Unknown,
        };
        planned.set(name, value);
    }
    each_body(block, config, prior, &mut planned, unknown_computed);
    planned
}

/// Adds the path of each attribute that replaces when changed, and is.
fn changed_for_good(block: &Block, prior: &Object, planned: &Object, at: &Path, replace: &mut Vec<Path>) {
    for attribute in block.attributes.iter().filter(|attribute| attribute.replaces) {
        if prior.get(&attribute.name) != planned.get(&attribute.name) {
            replace.push(at.clone().then(&attribute.name));
        }
    }
    for nested in &block.blocks {
        let at = at.clone().then(&nested.name);
        let (old, new) = (prior.get(&nested.name), planned.get(&nested.name));
        match (nested.nesting, old, new) {
            (Nesting::Single, Value::Map(old), Value::Map(new)) => {
                changed_for_good(&nested.block, old, new, &at, replace);
            }
            (Nesting::List, Value::List(old), Value::List(new)) => {
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    if let (Value::Map(old), Value::Map(new)) = (old, new) {
                        changed_for_good(&nested.block, old, new, &at.clone().index(index), replace);
                    }
                }
            }
            _ => {}
        }
    }
}
