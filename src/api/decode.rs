//! Lenient reading of a reply. DTS mixes types: `Success` is `true` or `"true"`, numbers come as text, absent values as
//! `""`, and `DtsInstanceId` is `DtsInstanceID` in some actions (dts-api.md 1.7, 2.7).

use serde_json::{Map, Value};

/// One JSON object of a reply. A missing member, `null` and a member of another shape all read as absent.
#[derive(Clone, Copy)]
pub(super) struct Object<'a>(Option<&'a Map<String, Value>>);

impl<'a> Object<'a> {
    /// Reads `map`.
    pub(super) fn new(map: &'a Map<String, Value>) -> Object<'a> {
        Object(Some(map))
    }

    fn from_value(value: Option<&'a Value>) -> Object<'a> {
        Object(value.and_then(Value::as_object))
    }

    /// The member of exactly that name, else one that differs only in case.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        let map = self.0?;
        map.get(name).or_else(|| {
            map.iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        })
    }

    /// Whether there is such an object at all.
    pub(super) fn exists(&self) -> bool {
        self.0.is_some()
    }

    /// Text; numbers and booleans as their text; `""` is absent, because DTS writes it for what is not set.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(self.get(name)?)
    }

    /// A boolean, also from `"True"`, `"false"`, `1`, `"0"`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.text(name)?.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        }
    }

    /// A whole number, also from text; a fraction is cut off.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        let text = self.text(name)?;
        let text = text.trim();
        text.parse().ok().or_else(|| {
            let number: f64 = text.parse().ok()?;
            // 2^53: beyond it the text would not be exact anyway.
            (number.abs() <= 9_007_199_254_740_992.0)
                .then(|| format!("{number:.0}").parse().ok())
                .flatten()
        })
    }

    /// The object under `name`; absent reads as an empty one.
    pub(super) fn object(&self, name: &str) -> Object<'a> {
        Object::from_value(self.get(name))
    }

    /// The objects of the list under `name`; absent reads as no items.
    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = Object<'a>> + use<'a> {
        self.get(name)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .map(|item| Object::from_value(Some(item)))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => None,
        // A member documented as text that comes as JSON (DbObject, Reserved): its text.
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: Value, text: Option<&str>, flag: Option<bool>, int: Option<i64>) {
        let map = Map::from_iter([("Member".to_owned(), value)]);
        let object = Object::new(&map);
        assert_eq!(object.text("Member").as_deref(), text, "{map:?}");
        assert_eq!(object.flag("Member"), flag, "{map:?}");
        assert_eq!(object.int("Member"), int, "{map:?}");
    }

    #[test]
    fn types_are_read_from_whatever_dts_writes() {
        check(json!(true), Some("true"), Some(true), None);
        check(json!("True"), Some("True"), Some(true), None);
        check(json!("FALSE"), Some("FALSE"), Some(false), None);
        check(json!("no idea"), Some("no idea"), None, None);
        check(json!(0), Some("0"), Some(false), Some(0));
        check(
            json!(1_616_405_159),
            Some("1616405159"),
            None,
            Some(1_616_405_159),
        );
        check(json!("1616405159"), Some("1616405159"), None, Some(1_616_405_159));
        check(json!(i64::MAX), Some("9223372036854775807"), None, Some(i64::MAX));
        check(json!("-1"), Some("-1"), None, Some(-1));
        check(json!(2.0), Some("2.0"), None, Some(2));
        check(json!("1e400"), Some("1e400"), None, None);
        check(json!(""), None, None, None);
        check(json!(null), None, None, None);
        check(json!({"a": 1}), Some(r#"{"a":1}"#), None, None);
    }

    #[test]
    fn names_differ_in_case_between_actions() {
        let value = json!({"DtsInstanceID": "upper", "Both": "exact", "BOTH": "other"});
        let object = Object::from_value(Some(&value));
        assert_eq!(object.text("DtsInstanceId").as_deref(), Some("upper"));
        assert_eq!(object.text("Both").as_deref(), Some("exact"));
        assert_eq!(object.text("Absent"), None);
    }

    #[test]
    fn absent_objects_and_lists_are_empty() {
        let value = json!({"Text": "x", "List": [{"Id": 1}, {"Id": 2}], "Null": null});
        let object = Object::from_value(Some(&value));
        for name in ["Text", "Null", "Absent", "List"] {
            assert!(!object.object(name).exists(), "{name}");
            assert_eq!(object.object(name).text("Id"), None);
        }
        assert_eq!(object.list("Absent").count() + object.list("Text").count(), 0);
        let ids: Vec<Option<i64>> = object.list("List").map(|item| item.int("Id")).collect();
        assert_eq!(ids, [Some(1), Some(2)]);
    }
}
