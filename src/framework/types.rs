//! Terraform's type system (cty), as far as a schema can name it.

use std::collections::BTreeMap;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `bool`
    Bool,
    /// `number`: any decimal, exact
    Number,
    /// `string`: UTF-8 text
    String,
    /// `any`: the value brings its own type
    Dynamic,
    /// `list(T)`: ordered, may repeat
    List(Box<Type>),
    /// `set(T)`: unordered, no duplicates
    Set(Box<Type>),
    /// `map(T)`: string keys
    Map(Box<Type>),
    /// `object({...})`: every attribute present, each with its own type
    Object(BTreeMap<String, Type>),
    /// `tuple([...])`: fixed length, each element with its own type
    Tuple(Vec<Type>),
}

impl Type {
    /// `list(of)`
    pub fn list(of: Type) -> Type {
        Type::List(Box::new(of))
    }

    /// `set(of)`
    pub fn set(of: Type) -> Type {
        Type::Set(Box::new(of))
    }

    /// `map(of)`
    pub fn map(of: Type) -> Type {
        Type::Map(Box::new(of))
    }

    /// `object({...})` from name and type pairs.
    pub fn object<const N: usize>(attributes: [(&str, Type); N]) -> Type {
        Type::Object(
            attributes
                .into_iter()
                .map(|(name, ty)| (name.to_owned(), ty))
                .collect(),
        )
    }

    /// The compact JSON form used in schemas and in dynamic values: `"string"`, `["list","string"]`.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value as Json, json};
        match self {
            Type::Bool => json!("bool"),
            Type::Number => json!("number"),
            Type::String => json!("string"),
            Type::Dynamic => json!("dynamic"),
            Type::List(of) => json!(["list", of.to_json()]),
            Type::Set(of) => json!(["set", of.to_json()]),
            Type::Map(of) => json!(["map", of.to_json()]),
            Type::Object(attributes) => {
                let members: serde_json::Map<String, Json> = attributes
                    .iter()
                    .map(|(name, ty)| (name.clone(), ty.to_json()))
                    .collect();
                json!(["object", members])
            }
            Type::Tuple(items) => {
                let items: Vec<Json> = items.iter().map(Type::to_json).collect();
                json!(["tuple", items])
            }
        }
    }

    /// Reads the JSON form; `None` for anything that is not a type. Object types may carry a third
    /// element (the optional attributes), which says nothing about the value and is ignored.
    pub fn from_json(json: &serde_json::Value) -> Option<Type> {
        use serde_json::Value as Json;
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Some(Type::Bool),
                "number" => Some(Type::Number),
                "string" => Some(Type::String),
                "dynamic" => Some(Type::Dynamic),
                _ => None,
            },
            Json::Array(parts) => match (parts.first()?.as_str()?, parts.get(1)?) {
                ("list", of) => Some(Type::list(Type::from_json(of)?)),
                ("set", of) => Some(Type::set(Type::from_json(of)?)),
                ("map", of) => Some(Type::map(Type::from_json(of)?)),
                ("object", Json::Object(members)) => members
                    .iter()
                    .map(|(name, ty)| Some((name.clone(), Type::from_json(ty)?)))
                    .collect::<Option<_>>()
                    .map(Type::Object),
                ("tuple", Json::Array(items)) => items
                    .iter()
                    .map(Type::from_json)
                    .collect::<Option<_>>()
                    .map(Type::Tuple),
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ty: Type, json: &str) {
        assert_eq!(ty.to_json().to_string(), json);
        assert_eq!(Type::from_json(&serde_json::from_str(json).unwrap()), Some(ty));
    }

    #[test]
    fn json_round_trip() {
        check(Type::String, r#""string""#);
        check(Type::list(Type::Bool), r#"["list","bool"]"#);
        check(Type::set(Type::map(Type::Number)), r#"["set",["map","number"]]"#);
        check(
            Type::object([("b", Type::Dynamic), ("a", Type::String)]),
            r#"["object",{"a":"string","b":"dynamic"}]"#,
        );
        check(
            Type::Tuple(vec![Type::Bool, Type::String]),
            r#"["tuple",["bool","string"]]"#,
        );
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [
            r#""strings""#,
            "1",
            r#"["list"]"#,
            r#"["list","x"]"#,
            "[]",
            r#"["object",[]]"#,
            "null",
        ] {
            assert_eq!(
                Type::from_json(&serde_json::from_str(text).unwrap()),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn optional_attributes_of_an_object_type_are_ignored() {
        let json = serde_json::from_str(r#"["object",{"a":"string"},["a"]]"#).unwrap();
        assert_eq!(Type::from_json(&json), Some(Type::object([("a", Type::String)])));
    }
}
