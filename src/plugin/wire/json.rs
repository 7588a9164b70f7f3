//! JSON as Terraform keeps state in it.
//!
//! What is read may have been written by another version of the schema, so reading is lenient: a
//! member that the type does not have is left out, one that is missing is null, and text is taken for
//! a number or a bool where it is one, as Terraform does.

use serde_json::Value as Json;

use super::{DecodeError, MAX_DEPTH, name};
use crate::framework::{Number, Object, Step, Type, Value};

/// Reads JSON text.
///
/// # Errors
/// [`DecodeError`] if it is none, or is nested deeper than [`MAX_DEPTH`].
pub fn parse(bytes: &[u8]) -> Result<Json, DecodeError> {
    serde_json::from_slice(bytes).map_err(|error| {
        // The library's own text would quote from the input.
        let (line, column) = (error.line(), error.column());
        DecodeError::new(format!("not valid JSON at line {line}, column {column}"))
    })
}

/// Reads a value of type `ty`.
///
/// # Errors
/// [`DecodeError`] where a value is of a type that cannot be made `ty`.
pub fn decode(ty: &Type, json: &Json) -> Result<Value, DecodeError> {
    value(ty, json, 0)
}

fn value(ty: &Type, json: &Json, depth: usize) -> Result<Value, DecodeError> {
    if depth > MAX_DEPTH {
        return Err(DecodeError::new(format!(
            "the value is nested deeper than {MAX_DEPTH} levels"
        )));
    }
    let mismatch = || DecodeError::new(format!("expected {}, found {}", name(ty), found(json)));
    match (ty, json) {
        (_, Json::Null) => Ok(Value::Null),
        (Type::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (Type::Bool, Json::String(text)) => text.parse().map(Value::Bool).map_err(|_| mismatch()),
        (Type::Number, Json::Number(number)) => Number::parse(&number.to_string())
            .map(Value::Number)
            .ok_or_else(mismatch),
        (Type::Number, Json::String(text)) => Number::parse(text).map(Value::Number).ok_or_else(mismatch),
        (Type::String, Json::String(text)) => Ok(Value::String(text.clone())),
        (Type::String, Json::Number(number)) => Ok(Value::String(number.to_string())),
        (Type::String, Json::Bool(value)) => Ok(Value::String(value.to_string())),
        (Type::List(of) | Type::Set(of), Json::Array(items)) => {
            list(items.iter().map(|item| (of.as_ref(), item)), depth)
        }
        (Type::Tuple(types), Json::Array(items)) => {
            if types.len() != items.len() {
                let (expected, found) = (types.len(), items.len());
                return Err(DecodeError::new(format!(
                    "expected {expected} elements, found {found}"
                )));
            }
            list(types.iter().zip(items), depth)
        }
        (Type::Map(of), Json::Object(members)) => {
            let read = |(key, json)| match value(of, json, depth + 1) {
                Ok(member) => Ok((String::clone(key), member)),
                Err(error) => Err(error.below(Step::Key(key.clone()))),
            };
            Ok(Value::Map(
                members.iter().map(read).collect::<Result<Object, _>>()?,
            ))
        }
        (Type::Object(types), Json::Object(members)) => {
            let read = |(key, ty): (&String, &Type)| {
                let json = members.get(key).unwrap_or(&Json::Null);
                match value(ty, json, depth + 1) {
                    Ok(member) => Ok((key.clone(), member)),
                    Err(error) => Err(error.below(Step::Attribute(key.clone()))),
                }
            };
            Ok(Value::Map(types.iter().map(read).collect::<Result<Object, _>>()?))
        }
        (Type::Dynamic, Json::Object(pair)) => {
            let ty = pair.get("type").and_then(Type::from_json);
            let ty = ty.ok_or_else(|| DecodeError::new("the type of a dynamic value cannot be read"))?;
            let inner = value(&ty, pair.get("value").unwrap_or(&Json::Null), depth + 1)?;
            Ok(Value::Dynamic(Box::new((ty, inner))))
        }
        _ => Err(mismatch()),
    }
}

fn list<'a>(items: impl Iterator<Item = (&'a Type, &'a Json)>, depth: usize) -> Result<Value, DecodeError> {
    let read = |(index, (ty, json))| {
        value(ty, json, depth + 1).map_err(|error: DecodeError| error.below(Step::Index(index)))
    };
    items
        .enumerate()
        .map(read)
        .collect::<Result<Vec<Value>, _>>()
        .map(Value::List)
}

fn found(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(ty: &Type, json: &str, expected: Result<Json, &str>) {
        let found = parse(json.as_bytes()).and_then(|json| decode(ty, &json));
        match (found, expected) {
            (Ok(value), Ok(expected)) => assert_eq!(value.reveal(), expected, "{json}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{json}: {error}"),
            (found, expected) => panic!("{json}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn members_missing_are_null_and_unknown_ones_ignored() {
        let ty = Type::object([("a", Type::String), ("b", Type::list(Type::Number))]);
        check(
            &ty,
            r#"{"b":[1],"gone":{"x":[1]}}"#,
            Ok(json!({"a": null, "b": [1]})),
        );
        check(&ty, "null", Ok(Json::Null));
        check(&ty, "[]", Err("expected an object"));
        check(&ty, r#"{"b":[1,"x"]}"#, Err("at `b[1]`: expected a number"));
        check(&ty, r#"{"b":"#, Err("line 1"));
    }

    #[test]
    fn text_is_taken_for_what_it_is() {
        check(&Type::Number, r#""12.50""#, Ok(json!(12.5)));
        check(&Type::Bool, r#""true""#, Ok(json!(true)));
        check(&Type::String, "12", Ok(json!("12")));
        check(&Type::String, "false", Ok(json!("false")));
        check(&Type::Bool, r#""yes""#, Err("expected a bool"));
        check(&Type::Number, "true", Err("expected a number"));
    }

    #[test]
    fn numbers_keep_every_digit() {
        let digits = "1234567890123456789012345678901234567890";
        for text in [digits, "0.1", "-1e300", "9223372036854775808"] {
            let value = decode(&Type::Number, &parse(text.as_bytes()).unwrap()).unwrap();
            assert_eq!(value.as_number(), Number::parse(text).as_ref(), "{text}");
        }
    }

    #[test]
    fn dynamic_brings_its_type() {
        let json = r#"{"type":["object",{"a":"string","n":"dynamic"}],"value":{"a":"x","n":null}}"#;
        check(&Type::Dynamic, json, Ok(json!({"a": "x", "n": null})));
        check(&Type::Dynamic, r#"{"value":1}"#, Err("type"));
        check(&Type::Dynamic, "1", Err("with its type"));
    }

    #[test]
    fn depth_is_limited() {
        let ty = (0..300).fold(Type::Bool, |of, _| Type::list(of));
        let json = (0..300).fold(json!(true), |inner, _| json!([inner]));
        assert!(decode(&ty, &json).unwrap_err().to_string().contains("deeper"));
        let text = "[".repeat(100_000);
        assert!(parse(text.as_bytes()).is_err());
    }
}
