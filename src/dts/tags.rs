//! `tags` and `tags_all` of whatever has tags, and the provider's `default_tags`.
//!
//! `tags` is what the configuration says of one resource; `tags_all` is what DTS has, and what the plan compares: the
//! provider's default tags with those of the resource on top. Tags that somebody else has set are drift, and shown in `tags`, so
//! that `ignore_changes = [tags]` leaves them alone. Those of the service itself are nobody's here.

use std::collections::BTreeMap;

use super::error;
use super::provider::Client;
use crate::api;
use crate::framework::resource::Plan;
use crate::framework::schema::OnChange;
use crate::framework::{
    Attribute, Block, Check, Diagnostic, Diagnostics, NestedBlock, Object, Path, Type, Value,
};

/// Tags that an instance may have (dts-api.md 2.14).
const MOST: usize = 20;
/// Characters of a key and of a value (dts-api.md 2.14).
const LONGEST: (usize, usize) = (64, 128);
/// What the keys of the service's own tags begin with: it refuses to set or to remove such a one.
const RESERVED: [&str; 2] = ["acs:", "aliyun"];

/// The calls that change tags, in the order in which they are made: room first, for there may be twenty.
pub(super) const UNTAG: &str = "UntagResources";
pub(super) const TAG: &str = "TagResources";

/// Keys and values as DTS knows them.
pub(super) type Tags = BTreeMap<String, String>;

/// `tags` and `tags_all`.
pub(super) fn attributes() -> [Attribute; 2] {
    [
        Attribute::new("tags", Type::map(Type::String))
            .check(check())
            .parameter("Tag")
            .change(OnChange::InPlace)
            .describe(
                "Tags of the instance. A key has 1 to 64 characters and does not begin with `aliyun` or `acs:`, a value has at most 128; \
                 with the provider's `default_tags` there are at most 20, and a key that is in both has the value from here. Changed in \
                 place (`TagResources`, `UntagResources`). Tags that were set elsewhere are removed, unless `ignore_changes` names `tags`.",
            ),
        Attribute::new("tags_all", Type::map(Type::String))
            .computed()
            .describe("All tags of the instance: `tags` and the provider's `default_tags`."),
    ]
}

/// The block `default_tags` of the provider.
pub(super) fn default_block() -> NestedBlock {
    NestedBlock::single(
        "default_tags",
        Block::new("Tags of every resource that has tags.").attribute(
            Attribute::new("tags", Type::map(Type::String))
                .check(check())
                .describe("Keys and values. A resource that has a key in its own `tags` has its own value."),
        ),
    )
}

/// The default tags of a provider block; unknown while they, or the block, are.
pub(super) fn defaults(config: &Object) -> Value {
    match config.get("default_tags") {
        Value::Unknown => Value::Unknown,
        block => block
            .as_map()
            .map_or(Value::Null, |block| block.get("tags").clone()),
    }
}

fn is_reserved(key: &str) -> bool {
    RESERVED.iter().any(|prefix| key.starts_with(prefix))
}

fn check() -> Check {
    Check::new(|value| {
        let Some(tags) = value.as_map() else { return Ok(()) };
        for (key, value) in tags.iter() {
            if key.is_empty() || key.chars().count() > LONGEST.0 {
                return Err(format!(
                    "{key:?} is no key of a tag. Write 1 to {} characters.",
                    LONGEST.0
                ));
            }
            if is_reserved(key) {
                return Err(format!(
                    "{key:?} begins with what is reserved for the service's own tags (`aliyun`, `acs:`). Choose another key."
                ));
            }
            if let Some(text) = value.as_str()
                && text.chars().count() > LONGEST.1
            {
                return Err(format!(
                    "The value of {key:?} is too long. Write at most {} characters.",
                    LONGEST.1
                ));
            }
        }
        Ok(())
    })
}

/// The default tags with those of a resource on top. Unknown while it is not known which keys there are.
fn all(defaults: &Value, own: &Value) -> Value {
    if defaults.is_unknown() || own.is_unknown() {
        return Value::Unknown;
    }
    let members = |tags: &Value| tags.as_map().cloned().unwrap_or_default().into_iter();
    // A null is a tag that is not set, also one that would be set by default otherwise.
    let all: BTreeMap<String, Value> = members(defaults).chain(members(own)).collect();
    Value::Map(all.into_iter().filter(|(_, value)| !value.is_null()).collect())
}

/// Plans `tags_all`, and refuses more tags than there may be.
pub(super) fn plan(plan: &mut Plan<'_, Client>) {
    let defaults = plan
        .client
        .map_or(Value::Null, |client| client.default_tags.clone());
    let all = all(&defaults, plan.planned.get("tags"));
    let count = all.as_map().map_or(0, Object::len);
    if count > MOST {
        plan.refuse(
            Diagnostic::error(
                format!("{count} tags are too many"),
                format!("With the provider's `default_tags` there may be {MOST}. Remove some."),
            )
            .at(Path::attribute("tags")),
        );
    }
    let before = plan.prior.map(|prior| prior.get("tags_all"));
    // Of a state from before there were tags, and not refreshed.
    let is_same = count == 0 && all.is_known() && before.is_some_and(Value::is_null);
    plan.planned
        .set("tags_all", if is_same { Value::Null } else { all });
}

/// The calls that lead from one state to another; none while it is not known whether there are any.
pub(super) fn operations(prior: Option<&Object>, planned: &Object) -> Option<Vec<&'static str>> {
    let new = planned.get("tags_all");
    let Some(prior) = prior else {
        // Nothing is there yet: one that is certain is enough.
        let certain = |tags: &Object| tags.iter().any(|(_, value)| value.is_known());
        return match new {
            Value::Unknown => None,
            Value::Map(tags) if certain(tags) => Some(vec![TAG]),
            Value::Map(tags) if !tags.is_empty() => None,
            _ => Some(Vec::new()),
        };
    };
    if !new.is_wholly_known() {
        return (prior.get("tags_all") == new).then(Vec::new);
    }
    let change = Change::between(prior, planned);
    let calls = [(UNTAG, change.removed.is_empty()), (TAG, change.set.is_empty())];
    Some(
        calls
            .iter()
            .filter(|(_, none)| !none)
            .map(|(call, _)| *call)
            .collect(),
    )
}

/// What is to be done to the tags of an instance.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Keys to remove.
    pub(super) removed: Vec<String>,
    /// New, or with another value.
    pub(super) set: Tags,
}

impl Change {
    /// From the `tags_all` of one state to that of another. Unknown values are not set.
    pub(super) fn between(prior: &Object, planned: &Object) -> Change {
        let (old, new) = (known(prior.get("tags_all")), known(planned.get("tags_all")));
        Change {
            removed: old
                .keys()
                .filter(|key| !new.contains_key(*key))
                .cloned()
                .collect(),
            set: new
                .into_iter()
                .filter(|(key, value)| old.get(key) != Some(value))
                .collect(),
        }
    }

    /// The removal is made.
    pub(super) fn record_removal(&self, state: &mut Object) {
        for name in ["tags", "tags_all"] {
            if let Some(Value::Map(tags)) = state.get_mut(name) {
                for key in &self.removed {
                    tags.remove(key);
                }
            }
        }
    }

    /// Makes one of the calls.
    pub(super) async fn call(&self, operation: &str, api: &api::Client, id: &str) -> Result<(), Diagnostics> {
        let called = if operation == UNTAG {
            api.untag_resources(id, &self.removed).await
        } else {
            api.tag_resources(id, &self.set).await
        };
        called.map_err(|cause| {
            let what = format!("change the tags of DTS instance {id}");
            Diagnostics::from(error::unable(&what, &cause).at(Path::attribute("tags")))
        })
    }
}

fn known(tags: &Value) -> Tags {
    let members = tags.as_map().into_iter().flat_map(Object::iter);
    members
        .filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
        .collect()
}

/// Brings `tags` and `tags_all` up to date with what DTS has.
pub(super) fn read_back(
    state: &mut Object,
    found: impl IntoIterator<Item = (String, String)>,
    client: &Client,
) {
    let found: Tags = found.into_iter().filter(|(key, _)| !is_reserved(key)).collect();
    let before = state.get("tags").clone();
    let (own, all) = (before.as_map(), known(state.get("tags_all")));
    let defaults = known(&client.default_tags);
    // A null says that there shall be none, and there is none.
    let mut tags: BTreeMap<String, Value> = own
        .into_iter()
        .flat_map(Object::iter)
        .filter(|(_, value)| value.is_null())
        .map(|(key, _)| (key.to_owned(), Value::Null))
        .collect();
    for (key, value) in &found {
        let is_own = own.is_some_and(|own| own.contains(key));
        // What came from the default tags, whatever it is now, is compared in `tags_all`.
        if is_own || !all.contains_key(key) && defaults.get(key) != Some(value) {
            tags.insert(key.clone(), value.as_str().into());
        }
    }
    if !before.is_null() || !tags.is_empty() {
        state.set("tags", Value::Map(tags.into_iter().collect()));
    }
    let all = found.into_iter().map(|(key, value)| (key, value.into()));
    state.set("tags_all", Value::Map(all.collect()));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn value(json: &Json) -> Value {
        match json {
            Json::Object(members) => Value::Map(
                members
                    .iter()
                    .map(|(key, inner)| (key.clone(), value(inner)))
                    .collect(),
            ),
            Json::String(text) if text == "?" => Value::Unknown,
            Json::String(text) => text.as_str().into(),
            _ => Value::Null,
        }
    }

    #[test]
    fn keys_and_values_are_checked() {
        let long = "x".repeat(65);
        for (tags, wrong) in [
            (
                json!({"env": "prod", "owner": "", "unknown": "?", "none": null}),
                None,
            ),
            (json!({"": "x"}), Some("is no key")),
            (json!({long: "x"}), Some("1 to 64 characters")),
            (json!({"acs:x": "x"}), Some("reserved")),
            (json!({"aliyun.x": "x"}), Some("Choose another key")),
            (json!({"key": "x".repeat(129)}), Some("at most 128")),
        ] {
            let told = check().run(&value(&tags)).err();
            match (wrong, told) {
                (None, None) => {}
                (Some(part), Some(told)) => assert!(told.contains(part), "{told}"),
                other => panic!("{tags}: {other:?}"),
            }
        }
    }

    #[test]
    fn own_tags_are_on_top_of_the_defaults() {
        for (defaults, own, expected) in [
            (json!(null), json!(null), json!({})),
            (
                json!({"a": "1", "b": "2"}),
                json!({"b": "3"}),
                json!({"a": "1", "b": "3"}),
            ),
            (json!({"a": "1"}), json!({"a": null, "b": null}), json!({})),
            (json!({"a": "?"}), json!({"b": "?"}), json!({"a": "?", "b": "?"})),
            (json!("?"), json!({"b": "1"}), json!("?")),
            (json!({"b": "1"}), json!("?"), json!("?")),
        ] {
            assert_eq!(
                all(&value(&defaults), &value(&own)),
                value(&expected),
                "{defaults} {own}"
            );
        }
    }

    #[test]
    fn the_calls_of_a_change() {
        let state = |tags: &Json| Object::new().with("tags_all", value(tags));
        for (prior, planned, expected) in [
            (None, json!({}), Some(&[][..])),
            (None, json!({"a": "1", "b": "?"}), Some(&[TAG])),
            (None, json!({"b": "?"}), None),
            (None, json!("?"), None),
            (Some(json!({"a": "1"})), json!({"a": "1"}), Some(&[])),
            (Some(json!({"a": "1"})), json!({"a": "2"}), Some(&[TAG])),
            (Some(json!({"a": "1"})), json!({}), Some(&[UNTAG])),
            (Some(json!({"a": "1"})), json!({"b": "1"}), Some(&[UNTAG, TAG])),
            (Some(json!({"a": "1"})), json!({"a": "?"}), None),
            (Some(json!(null)), json!(null), Some(&[])),
        ] {
            let found = operations(prior.as_ref().map(state).as_ref(), &state(&planned));
            assert_eq!(found.as_deref(), expected, "{prior:?} {planned}");
        }
    }
}
