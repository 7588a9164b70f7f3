//! Values on the wire: a `DynamicValue` holds one in msgpack, or in JSON, by the type of the schema.
//!
//! Bytes are always read by the type that is expected: a text may be a number, an array a set. Nothing
//! is believed: lengths, depth and names are checked, and an error says where, but never shows a value.

pub mod json;
pub mod msgpack;

use std::fmt;

use prost::bytes::Bytes;

use super::proto::tfplugin5::DynamicValue;
use crate::framework::{Path, Step, Type, Value};

/// The deepest nesting that is read. Terraform's own limit on configuration is far below.
pub const MAX_DEPTH: usize = 128;

/// Why a value could not be read, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DecodeError {
    what: String,
    /// From the innermost out.
    steps: Vec<Step>,
}

impl DecodeError {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            steps: Vec::new(),
        }
    }

    /// The same error, seen from one level further out.
    fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Where in the value.
    pub fn path(&self) -> Path {
        self.steps
            .iter()
            .rev()
            .fold(Path::root(), |path, step| match step {
                Step::Attribute(name) => path.then(name),
                Step::Key(key) => path.key(key),
                Step::Index(index) => path.index(*index),
            })
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path().to_string() {
            path if path.is_empty() => f.write_str(&self.what),
            path => write!(f, "at `{path}`: {}", self.what),
        }
    }
}

/// Reads a value of type `ty`. A message that is absent or empty is null.
///
/// # Errors
/// [`DecodeError`] where the bytes are not what the type says, or something is left over.
pub fn decode(ty: &Type, value: Option<&DynamicValue>) -> Result<Value, DecodeError> {
    match value {
        Some(value) if !value.msgpack.is_empty() => msgpack::decode(ty, &value.msgpack),
        Some(value) if !value.json.is_empty() => json::decode(ty, &json::parse(&value.json)?),
        _ => Ok(Value::Null),
    }
}

/// Writes a value of type `ty`, in msgpack. See [`msgpack::encode`].
pub fn encode(ty: &Type, value: &Value) -> DynamicValue {
    DynamicValue {
        msgpack: Bytes::from(msgpack::encode(ty, value)),
        json: Bytes::new(),
    }
}

/// What a type is called in an error.
fn name(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "a bool",
        Type::Number => "a number",
        Type::String => "a string",
        Type::Dynamic => "a value with its type",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Object(_) => "an object",
        Type::Tuple(_) => "a tuple",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_empty_are_null_and_json_is_read() {
        let check = |value: Option<DynamicValue>, expected: Value| {
            assert_eq!(decode(&Type::String, value.as_ref()), Ok(expected));
        };
        check(None, Value::Null);
        check(Some(DynamicValue::default()), Value::Null);
        check(Some(encode(&Type::String, &Value::Null)), Value::Null);
        check(
            Some(DynamicValue {
                json: Bytes::from_static(b"\"a\""),
                ..Default::default()
            }),
            Value::from("a"),
        );
        check(
            Some(DynamicValue {
                json: Bytes::from_static(b"null"),
                ..Default::default()
            }),
            Value::Null,
        );
        // Msgpack wins.
        let both = DynamicValue {
            json: Bytes::from_static(b"\"a\""),
            ..encode(&Type::String, &Value::from("b"))
        };
        check(Some(both), Value::from("b"));
    }

    #[test]
    fn error_names_the_place_and_no_value() {
        let ty = Type::object([("items", Type::list(Type::map(Type::Bool)))]);
        let json = br#"{"items":[{},{"a b":"hunter2"}]}"#;
        let value = DynamicValue {
            json: Bytes::from_static(json),
            ..Default::default()
        };
        let error = decode(&ty, Some(&value)).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"at `items[1]["a b"]`: expected a bool, found a string"#
        );
    }
}
