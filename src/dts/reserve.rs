//! `Reserve`: further settings of a job as one JSON object (dts-api.md 5.2). DTS adds keys of its own when it returns
//! them and changes between numbers and quoted numbers, so only what the user wrote is compared, and by meaning.

use serde_json::{Map, Value as Json};

use crate::framework::{Check, Value};

/// Whether ConfigureDtsJob on a bought instance goes on with the precheck and all that follows. Set from `desired_status`.
const AUTO_START: &str = "autoStartModulesAfterConfig";

/// Keys that DTS adds on read (dts-api.md 5.2).
const ADDED_BY_DTS: [&str; 6] = [
    "SourceEngineVersion",
    "srcNetType",
    "destNetType",
    "srcVpcNetMappingInst",
    "destVpcNetMappingInst",
    "useJobTask",
];

fn parse(text: &str) -> Option<Map<String, Json>> {
    match serde_json::from_str(text) {
        Ok(Json::Object(map)) => Some(map),
        _ => None,
    }
}

/// What a `reserve` argument must fulfil.
pub(super) fn check() -> Check {
    Check::new(|value| {
        let Some(text) = value.as_str() else { return Ok(()) };
        match serde_json::from_str::<Json>(text) {
            Ok(Json::Object(map)) if map.contains_key(AUTO_START) => Err(format!(
                "`{AUTO_START}` follows from `desired_status`: `configured` is `none`, `running` is `auto`. \
                 Remove the key and set `desired_status`."
            )),
            Ok(Json::Object(_)) => Ok(()),
            Ok(_) => {
                Err("It is JSON, but no object. Write `jsonencode({ targetTableMode = \"0\" })`.".to_owned())
            }
            Err(error) => Err(format!(
                "It is no JSON ({error}). Write `jsonencode({{ targetTableMode = \"0\" }})`."
            )),
        }
    })
}

/// The JSON to send: the user's keys, and for a job on an instance whether to go on by itself. `None` for nothing to send.
pub(super) fn to_send(reserve: Option<&str>, hold: bool) -> Option<String> {
    let mut map = reserve.and_then(parse).unwrap_or_default();
    if hold {
        map.insert(AUTO_START.to_owned(), Json::from("none"));
    }
    (!map.is_empty()).then(|| Json::Object(map).to_string())
}

/// Whether two texts mean the same settings.
pub(super) fn same_meaning(one: &Value, other: &Value) -> bool {
    match (one.as_str().and_then(parse), other.as_str().and_then(parse)) {
        (Some(one), Some(other)) => normal(&Json::Object(one)) == normal(&Json::Object(other)),
        _ => one == other,
    }
}

/// Whether every setting of `part` is in `whole` with the same meaning.
pub(super) fn contains(whole: &str, part: &str) -> bool {
    match (parse(whole), parse(part)) {
        (Some(whole), Some(part)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|there| normal(there) == normal(value))),
        _ => false,
    }
}

/// Whether `new` has a setting that `old` has not, or another value of one.
pub(super) fn says_more(old: &Value, new: &Value) -> bool {
    match (old.as_str(), new.as_str()) {
        (_, None) => false,
        (Some(old), Some(new)) => !contains(old, new),
        (None, Some(new)) => !contains("{}", new),
    }
}

/// The settings of `old` that `new` does not have.
pub(super) fn gone(old: &Value, new: &Value) -> Vec<String> {
    let parsed = |value: &Value| value.as_str().and_then(parse).unwrap_or_default();
    let (old, new) = (parsed(old), parsed(new));
    old.keys()
        .filter(|key| !new.contains_key(*key))
        .cloned()
        .collect()
}

/// The user's text brought up to date with what DTS reports; `None` when it still holds.
pub(super) fn drift(configured: &str, reported: &str) -> Option<String> {
    if contains(reported, configured) {
        return None;
    }
    let (mut mine, theirs) = (parse(configured)?, parse(reported)?);
    mine.retain(|key, _| theirs.contains_key(key));
    for (key, value) in &mut mine {
        if let Some(there) = theirs.get(key)
            && normal(there) != normal(value)
        {
            *value = there.clone();
        }
    }
    Some(Json::Object(mine).to_string())
}

/// What DTS reports without what it added itself, for an import.
pub(super) fn imported(reported: &str) -> Option<String> {
    let mut map = parse(reported)?;
    map.retain(|key, value| key != AUTO_START && !ADDED_BY_DTS.contains(&key.as_str()) && !value.is_null());
    (!map.is_empty()).then(|| Json::Object(map).to_string())
}

/// Numbers and truth values as the texts that mean the same.
fn normal(value: &Json) -> Json {
    match value {
        Json::Bool(value) => Json::from(value.to_string()),
        Json::Number(value) => Json::from(value.to_string()),
        Json::String(text) => match serde_json::from_str::<Json>(text) {
            // Settings may hold JSON as text, which DTS returns as JSON.
            Ok(inner @ (Json::Object(_) | Json::Array(_))) => normal(&inner),
            _ => Json::from(text.as_str()),
        },
        Json::Array(items) => items.iter().map(normal).collect(),
        Json::Object(map) => Json::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), normal(value)))
                .collect(),
        ),
        Json::Null => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent() {
        assert_eq!(to_send(None, false), None);
        assert_eq!(to_send(Some("{}"), false), None);
        assert_eq!(
            to_send(None, true).unwrap(),
            r#"{"autoStartModulesAfterConfig":"none"}"#
        );
        assert_eq!(
            to_send(Some(r#"{"targetTableMode":"0"}"#), true).unwrap(),
            r#"{"autoStartModulesAfterConfig":"none","targetTableMode":"0"}"#
        );
    }

    #[test]
    fn meaning_counts_not_text() {
        let same = |a: &str, b: &str| same_meaning(&Value::from(a), &Value::from(b));
        assert!(same(r#"{"a":1,"b":true}"#, r#"{ "b": "true", "a": "1" }"#));
        assert!(same(r#"{"a":{"x":1}}"#, r#"{"a":"{\"x\":\"1\"}"}"#));
        assert!(!same(r#"{"a":1}"#, r#"{"a":2}"#));
        assert!(!same(r#"{"a":1}"#, r#"{"a":1,"b":2}"#));
        assert!(!same("no json", "{}"));
    }

    #[test]
    fn what_is_added_and_what_is_taken_away() {
        for (old, new, more, gone_keys) in [
            (
                Some(r#"{"a":"1","b":"2"}"#),
                Some(r#"{"a":1}"#),
                false,
                &["b"][..],
            ),
            (Some(r#"{"a":"1"}"#), Some(r#"{"a":"2"}"#), true, &[]),
            (Some(r#"{"a":"1"}"#), Some(r#"{"b":"2"}"#), true, &["a"]),
            (Some(r#"{"a":"1"}"#), None, false, &["a"]),
            (None, Some("{}"), false, &[]),
            (None, Some(r#"{"a":"1"}"#), true, &[]),
        ] {
            let value = |text: Option<&str>| text.map_or(Value::Null, Value::from);
            let (old, new) = (value(old), value(new));
            assert_eq!(says_more(&old, &new), more, "{old:?} {new:?}");
            assert_eq!(gone(&old, &new), gone_keys, "{old:?} {new:?}");
        }
    }

    #[test]
    fn drift_is_only_in_what_the_user_wrote() {
        let reported = r#"{"targetTableMode":0,"srcSSL":"0","useJobTask":"1"}"#;
        assert_eq!(drift(r#"{"targetTableMode":"0"}"#, reported), None);
        assert_eq!(
            drift(r#"{"targetTableMode":"2"}"#, reported).unwrap(),
            r#"{"targetTableMode":0}"#
        );
        assert_eq!(drift(r#"{"gone":"2"}"#, reported).unwrap(), "{}");
        assert_eq!(
            imported(reported).unwrap(),
            r#"{"srcSSL":"0","targetTableMode":0}"#
        );
        assert_eq!(imported(r#"{"useJobTask":"1"}"#), None);
    }

    #[test]
    fn bad_input_says_what_to_write() {
        let run = |text: &str| check().run(&Value::from(text));
        assert_eq!(run(r#"{"targetTableMode":"0"}"#), Ok(()));
        assert!(run("{").unwrap_err().contains("jsonencode"));
        assert!(run("[]").unwrap_err().contains("no object"));
        assert!(
            run(r#"{"autoStartModulesAfterConfig":"auto"}"#)
                .unwrap_err()
                .contains("desired_status")
        );
    }
}
