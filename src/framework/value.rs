//! Values as Terraform has them: null, unknown and known are three different things everywhere.

use std::collections::BTreeMap;
use std::fmt;

use super::types::Type;

/// A value. Which type it has is said by the schema, not by the value: a list, a set and a tuple are all
/// [`Value::List`]; a map, an object and a block are all [`Value::Map`].
///
/// `Debug` never shows text: any string may be a secret.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub enum Value {
    /// Not set.
    #[default]
    Null,
    /// Set, but not known before the apply.
    Unknown,
    /// `true` or `false`.
    Bool(bool),
    /// A decimal number, exact.
    Number(Number),
    /// Text.
    String(String),
    /// Elements of a list, set or tuple.
    List(Vec<Value>),
    /// Members of a map, object or block.
    Map(Object),
    /// A value of type `any`, with the type it brought.
    Dynamic(Box<(Type, Value)>),
}

impl Value {
    /// Neither null nor unknown at the top (members may be).
    pub fn is_known(&self) -> bool {
        !matches!(self, Value::Null | Value::Unknown)
    }

    /// Null at the top.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Unknown at the top.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// No unknown at any depth.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            Value::List(items) => items.iter().all(Value::is_wholly_known),
            Value::Map(object) => object.is_wholly_known(),
            Value::Dynamic(inner) => inner.1.is_wholly_known(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        }
    }

    /// The text, if it is a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is a known bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is a known number.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The elements, if it is a known list, set or tuple.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if it is a known map, object or block.
    pub fn as_map(&self) -> Option<&Object> {
        match self {
            Value::Map(object) => Some(object),
            _ => None,
        }
    }

    /// As JSON, for comparing in tests and for private state: unknown becomes the text `(unknown)`.
    /// It shows every secret: never log or print it.
    pub fn reveal(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Value::Null => Json::Null,
            Value::Unknown => Json::String("(unknown)".to_owned()),
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => {
                serde_json::from_str(&number.to_string()).unwrap_or_else(|_| Json::String(number.to_string()))
            }
            Value::String(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Value::reveal).collect()),
            Value::Map(object) => object.reveal(),
            Value::Dynamic(inner) => inner.1.reveal(),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Unknown => f.write_str("unknown"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(_) => f.write_str("<number>"),
            Value::String(_) => f.write_str("<string>"),
            Value::List(items) => f.debug_list().entries(items).finish(),
            Value::Map(object) => fmt::Debug::fmt(object, f),
            Value::Dynamic(inner) => fmt::Debug::fmt(&inner.1, f),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Number(Number::from(value))
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Value {
        Value::Map(object)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Value {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

/// The members of an object, a block or a map, sorted by name. A member that is absent reads as null.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Object(BTreeMap<String, Value>);

impl Object {
    /// Without members.
    pub fn new() -> Object {
        Object::default()
    }

    /// The member, null when absent.
    pub fn get(&self, name: &str) -> &Value {
        const ABSENT: &Value = &Value::Null;
        self.0.get(name).unwrap_or(ABSENT)
    }

    /// The member for change, if present.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(name)
    }

    /// Sets a member.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        match self.0.get_mut(name) {
            Some(member) => *member = value.into(),
            None => drop(self.0.insert(name.to_owned(), value.into())),
        }
    }

    /// The same with one member set: for literals.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Object {
        self.set(name, value);
        self
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Whether a member of that name is there, null or not.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The member's text: `None` when null or unknown.
    pub fn str(&self, name: &str) -> Option<&str> {
        self.get(name).as_str()
    }

    /// The member's truth value: `None` when null or unknown.
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.get(name).as_bool()
    }

    /// The member as a whole number: `None` when null, unknown or not whole.
    pub fn i64(&self, name: &str) -> Option<i64> {
        self.get(name).as_number().and_then(Number::as_i64)
    }

    /// The elements of a list, set or repeated block: empty when null or unknown.
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).as_list().unwrap_or_default()
    }

    /// The member's own members: of a single block, an object or a map.
    pub fn object(&self, name: &str) -> Option<&Object> {
        self.get(name).as_map()
    }

    /// Each member in order of its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Each member for change, in order of its name.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.0.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// How many members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// No unknown at any depth.
    pub fn is_wholly_known(&self) -> bool {
        self.0.values().all(Value::is_wholly_known)
    }

    /// See [`Value::reveal`].
    pub fn reveal(&self) -> serde_json::Value {
        serde_json::Value::Object(
            self.0
                .iter()
                .map(|(name, value)| (name.clone(), value.reveal()))
                .collect(),
        )
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter()).finish()
    }
}

impl FromIterator<(String, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Object {
        Object(members.into_iter().collect())
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// An exact decimal number. Terraform's numbers have more digits than a float keeps, and it compares them
/// by their text, so ours keep the text: canonical, so that equal numbers are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(Repr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr {
    Int(i64),
    /// Sign, digits without leading and trailing zeros, and the power of ten they are multiplied with.
    Decimal {
        negative: bool,
        digits: String,
        exponent: i64,
    },
}

/// Above this power of ten a number is written with an exponent: a short hostile text must not become a long one.
const PLAIN_DIGITS: i64 = 400;

impl Number {
    /// Reads decimal text: `12`, `-0.5`, `1e300`. `None` when it is none.
    pub fn parse(text: &str) -> Option<Number> {
        if let Ok(int) = text.parse::<i64>() {
            return Some(Number(Repr::Int(int)));
        }
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], rest[at + 1..].parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let all = format!("{whole}{fraction}");
        if !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let trimmed = all.trim_start_matches('0');
        let digits = trimmed.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Number(Repr::Int(0)));
        }
        let dropped = i64::try_from(trimmed.len() - digits.len()).ok()?;
        let exponent = i64::from(exponent) - i64::try_from(fraction.len()).ok()? + dropped;
        let number = Repr::Decimal {
            negative,
            digits: digits.to_owned(),
            exponent,
        };
        // Whole numbers that fit are kept as such, however they were written.
        if (0..19).contains(&exponent)
            && let Ok(int) = Number(number.clone()).to_string().parse::<i64>()
        {
            return Some(Number(Repr::Int(int)));
        }
        Some(Number(number))
    }

    /// From a float: `None` for infinities and NaN. The shortest decimal that reads back as the same float.
    pub fn from_f64(value: f64) -> Option<Number> {
        if value.is_finite() {
            Number::parse(&format!("{value:e}"))
        } else {
            None
        }
    }

    /// The whole number, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(int) => Some(int),
            Repr::Decimal { .. } => None,
        }
    }

    /// The nearest float.
    pub fn as_f64(&self) -> Option<f64> {
        self.to_string().parse().ok()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number(Repr::Int(value))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (negative, digits, exponent) = match &self.0 {
            Repr::Int(int) => return write!(f, "{int}"),
            Repr::Decimal {
                negative,
                digits,
                exponent,
            } => (*negative, digits, *exponent),
        };
        if negative {
            f.write_str("-")?;
        }
        if !(-PLAIN_DIGITS..=PLAIN_DIGITS).contains(&exponent) {
            return write!(f, "{digits}e{exponent}");
        }
        let zeros = usize::try_from(exponent.unsigned_abs()).unwrap_or_default();
        if exponent >= 0 {
            write!(f, "{digits}{}", "0".repeat(zeros))
        } else if zeros < digits.len() {
            let (whole, fraction) = digits.split_at(digits.len() - zeros);
            write!(f, "{whole}.{fraction}")
        } else {
            write!(f, "0.{}{digits}", "0".repeat(zeros - digits.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_and_canonical() {
        for (text, canonical) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("1e3", "1000"),
            ("-0.5", "-0.5"),
            ("0.10", "0.1"),
            (".5", "0.5"),
            (
                "123456789012345678901234567890.123",
                "123456789012345678901234567890.123",
            ),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9223372036854775808"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("1e999999999", "1e999999999"),
            ("0.000001e-1", "0.0000001"),
        ] {
            let number = Number::parse(text).unwrap();
            assert_eq!(number.to_string(), canonical, "{text}");
            assert_eq!(Number::parse(canonical).unwrap(), number, "{text}");
        }
        assert_eq!(Number::parse("1.50"), Number::parse("15e-1"));
        assert_eq!(Number::from_f64(0.1), Number::parse("0.1"));
        assert_eq!(Number::from_f64(1e300).unwrap().to_string().len(), 301);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "e1",
            "1e",
            "0x10",
            "1_000",
            "inf",
            "NaN",
            "1e99999999999",
            "١",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        assert_eq!(Number::from_f64(f64::INFINITY), None);
    }

    #[test]
    fn debug_shows_no_text() {
        let value = Value::from(
            Object::new()
                .with("password", "hunter2")
                .with("list", vec!["hunter2"]),
        );
        assert!(!format!("{value:?} {value:#?}").contains("hunter2"));
    }

    #[test]
    fn absent_null_and_unknown_differ() {
        let object = Object::new()
            .with("null", Value::Null)
            .with("unknown", Value::Unknown);
        assert!(object.get("absent").is_null() && !object.contains("absent") && object.contains("null"));
        assert!(object.get("unknown").is_unknown() && object.str("unknown").is_none());
        assert!(!object.is_wholly_known());
    }
}
