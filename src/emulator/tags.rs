//! Tags of instances: set, taken away, listed page by page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::paging::Page;
use super::{
    model::Instance,
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
};

/// The only thing that has tags.
const RESOURCE_TYPE: &str = "ALIYUN::DTS::INSTANCE";
/// Resources in one call.
const MOST_RESOURCES: usize = 50;
/// Tags in one call, and of one instance.
const MOST_TAGS: usize = 20;
/// Tags on one page of ListTagResources. The size is not documented; a small one makes clients turn pages.
const PAGE: usize = 10;
/// Characters of a key and of a value.
const LONGEST: (usize, usize) = (64, 128);
/// What the keys of the service's own tags begin with.
const SYSTEM: &[&str] = &["acs:", "aliyun"];

fn bad(code: &str, why: impl Into<String>) -> Refusal {
    Refusal::new(400, code, why)
}

fn resource_type(params: &Params, needed: bool) -> Result<(), Refusal> {
    match params.text("ResourceType") {
        Some(RESOURCE_TYPE) => Ok(()),
        None if !needed => Ok(()),
        None => Err(Refusal::missing("ResourceType")),
        Some(_) => Err(bad(
            "InvalidParameter.ResourceType",
            format!("ResourceType is {RESOURCE_TYPE}."),
        )),
    }
}

fn resources(params: &Params) -> Result<Vec<&str>, Refusal> {
    let ids = params.indexed("ResourceId");
    if ids.len() > MOST_RESOURCES {
        return Err(bad(
            "NumberExceed.ResourceIds",
            format!("At most {MOST_RESOURCES} resources are allowed."),
        ));
    }
    Ok(ids)
}

fn check_key(key: &str) -> Result<(), Refusal> {
    if key.is_empty() || key.chars().count() > LONGEST.0 {
        return Err(bad(
            "InvalidParameter.TagKey",
            format!("A key has 1 to {} characters.", LONGEST.0),
        ));
    }
    if SYSTEM.iter().any(|prefix| key.starts_with(prefix)) {
        return Err(Refusal::new(
            403,
            "NoPermission.SystemTag",
            format!("The key {key} is one of the service's own."),
        ));
    }
    Ok(())
}

/// TagResources: sets tags of instances; a key that is there gets the new value.
pub(crate) fn tag(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("RegionId")?;
    resource_type(params, false)?;
    let ids = resources(params)?;
    let tags = params.keyed("Tag");
    if ids.is_empty() {
        return Err(Refusal::missing("ResourceId"));
    }
    if tags.is_empty() {
        return Err(bad("Missing.TagKey", "Tag.1.Key is mandatory for this action."));
    }
    if tags.len() > MOST_TAGS {
        return Err(bad(
            "NumberExceed.Tags",
            format!("At most {MOST_TAGS} tags are allowed."),
        ));
    }
    let mut keys = BTreeSet::new();
    for (key, value) in &tags {
        check_key(key)?;
        if value.is_some_and(|value| value.chars().count() > LONGEST.1) {
            return Err(bad(
                "InvalidParameter.TagValue",
                format!("A value has at most {} characters.", LONGEST.1),
            ));
        }
        if !keys.insert(*key) {
            return Err(Refusal::new(
                403,
                "Duplicate.TagKey",
                format!("The key {key} is given twice."),
            ));
        }
    }
    for id in &ids {
        let known = &state.find_instance(id)?.tags;
        let new = keys.iter().filter(|key| !known.contains_key(**key)).count();
        if known.len() + new > MOST_TAGS {
            return Err(Refusal::new(
                403,
                "QuotaExceed.TagsPerResource",
                format!("The instance {id} would have more than {MOST_TAGS} tags."),
            ));
        }
    }
    for id in ids {
        let instance = state.find_instance(id)?;
        for (key, value) in &tags {
            instance
                .tags
                .insert((*key).to_owned(), value.unwrap_or_default().to_owned());
        }
    }
    Ok(Body::new())
}

/// UntagResources: takes tags away by their keys, or all of them.
pub(crate) fn untag(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("RegionId")?;
    resource_type(params, false)?;
    let ids = resources(params)?;
    let keys = params.indexed("TagKey");
    // `All` counts only where no key is given.
    let all = params.boolean("All")?.unwrap_or_default() && keys.is_empty();
    if ids.is_empty() {
        return Err(Refusal::missing("ResourceId"));
    }
    if keys.is_empty() && !all {
        return Err(bad(
            "Missing.TagKey",
            "TagKey.1 is mandatory where All is not true.",
        ));
    }
    if keys.len() > MOST_TAGS {
        return Err(bad(
            "NumberExceed.Tags",
            format!("At most {MOST_TAGS} tags are allowed."),
        ));
    }
    for key in &keys {
        check_key(key)?;
    }
    for id in &ids {
        state.find_instance(id)?;
    }
    for id in ids {
        let tags = &mut state.find_instance(id)?.tags;
        tags.retain(|key, _| !all && !keys.contains(&key.as_str()));
    }
    Ok(Body::new())
}

/// A tag that is looked for, with any value or one.
type Wanted<'a> = (&'a str, Option<&'a str>);

/// Whether an instance has all of the tags.
fn has(instance: &Instance, wanted: &[Wanted<'_>]) -> bool {
    wanted.iter().all(|(key, value)| {
        let known = instance.tags.get(*key);
        known.is_some_and(|known| value.is_none_or(|value| value.is_empty() || value == known))
    })
}

/// ListTagResources: tags of the instances that are named, or that have the tags named.
pub(crate) fn list(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("RegionId")?;
    resource_type(params, true)?;
    let ids = resources(params)?;
    let wanted = params.keyed("Tag");
    if ids.is_empty() && wanted.is_empty() {
        return Err(bad(
            "MissingParameter.TagOrResourceId",
            "ResourceId or Tag is mandatory for this action.",
        ));
    }
    if wanted.len() > MOST_TAGS {
        return Err(bad(
            "NumberExceed.Tags",
            format!("At most {MOST_TAGS} tags are allowed."),
        ));
    }
    let skipped = match params.text("NextToken") {
        None => 0,
        Some(token) => token
            .strip_prefix("tags-")
            .and_then(|from| from.parse::<usize>().ok())
            .ok_or_else(|| bad("InvalidParameter.NextToken", "NextToken is not one of this list."))?,
    };
    let instances = state.instances.iter().filter(|instance| {
        !instance.released
            && (ids.is_empty() || ids.contains(&instance.id.as_str()))
            && has(instance, &wanted)
    });
    let found: Vec<Value> = instances
        .flat_map(|instance| instance.tags.iter().map(move |tag| (instance, tag)))
        .map(|(instance, (key, value))| {
            json!({
                "ResourceId": instance.id, "ResourceType": RESOURCE_TYPE, "TagKey": key, "TagValue": value,
            })
        })
        .collect();
    let shown: Vec<&Value> = found.iter().skip(skipped).take(PAGE).collect();
    let end = skipped + shown.len();
    let next = if end < found.len() {
        format!("tags-{end}")
    } else {
        String::new()
    };
    Ok(reply::body(
        json!({"TagResources": {"TagResource": shown}, "NextToken": next}),
    ))
}

/// DescribeTagKeys: the keys in use, page by page.
pub(crate) fn keys(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let keys = used(state, params)?.into_iter().map(|(key, _)| key).collect();
    page(params, "TagKeys", keys)
}

/// DescribeTagValues: the values in use with a key, page by page.
pub(crate) fn values(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let wanted = params.required("Key")?;
    let used = used(state, params)?.into_iter();
    let values = used
        .filter(|(key, _)| key == wanted)
        .map(|(_, value)| value)
        .collect();
    page(params, "TagValues", values)
}

fn used(state: &State, params: &Params) -> Result<Vec<(String, String)>, Refusal> {
    resource_type(params, false)?;
    let category = params.text("Category").unwrap_or("Custom");
    if !["Custom", "System"].contains(&category) {
        return Err(bad("InvalidParameter.Category", "Category is Custom or System."));
    }
    let id = params.text("ResourceId");
    let instances = state.instances.iter().filter(|instance| {
        // The service's own tags are not modelled.
        category == "Custom" && !instance.released && id.is_none_or(|id| id == instance.id)
    });
    Ok(instances.flat_map(|instance| instance.tags.clone()).collect())
}

fn page(params: &Params, name: &str, found: BTreeSet<String>) -> Result<Body, Refusal> {
    let page = Page::of(params, "PageNumber", 50, 1000)?;
    let total = found.len();
    let shown: Vec<String> = page.cut(found).collect();
    Ok(reply::body(json!({
        name: shown,
        "Category": params.text("Category").unwrap_or("Custom"),
        "PageNumber": page.number,
        "PageSize": page.size,
        "TotalCount": total,
    })))
}

/// The tags of an instance as lists of jobs show them.
pub(crate) fn shown(instance: Option<&Instance>) -> Vec<Value> {
    let tags = instance.map(|instance| &instance.tags).into_iter().flatten();
    tags.map(|(key, value)| json!({"TagKey": key, "TagValue": value}))
        .collect()
}

/// The filter `Tags` of a list: JSON, an object of keys and values, or an array of objects that call them
/// `Key`/`Value` or `TagKey`/`TagValue` (the documents do not say which). An empty value is any.
pub(crate) struct Filter(BTreeMap<String, String>);

impl Filter {
    /// Reads the parameter `Tags`.
    pub(crate) fn read(params: &Params) -> Result<Self, Refusal> {
        let Some(text) = params.text("Tags") else {
            return Ok(Self(BTreeMap::new()));
        };
        let wrong = || bad("InvalidParameter.Tags", "Tags is a JSON list of keys and values.");
        let member = |tag: &Value, names: [&str; 3]| -> Option<String> {
            let value = names.iter().find_map(|name| tag.get(*name))?;
            value.as_str().map(str::to_owned)
        };
        let tags = match serde_json::from_str(text).map_err(|_| wrong())? {
            Value::Object(tags) => tags
                .into_iter()
                .map(|(key, value)| Some((key, value.as_str()?.to_owned())))
                .collect(),
            Value::Array(tags) => tags
                .iter()
                .map(|tag| {
                    let key = member(tag, ["Key", "TagKey", "key"])?;
                    let value = member(tag, ["Value", "TagValue", "value"]);
                    Some((key, value.unwrap_or_default()))
                })
                .collect(),
            _ => None,
        };
        tags.map(Self).ok_or_else(wrong)
    }

    /// Whether a job of this instance is wanted; the instance is looked for only where that matters.
    pub(crate) fn takes<'i>(&self, instance: impl FnOnce() -> Option<&'i Instance>) -> bool {
        let wanted: Vec<Wanted<'_>> = self
            .0
            .iter()
            .map(|(key, value)| (key.as_str(), Some(value.as_str())))
            .collect();
        wanted.is_empty() || instance().is_some_and(|instance| has(instance, &wanted))
    }
}
