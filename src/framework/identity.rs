//! What names an object for good (Terraform 1.12): flat, known from the moment the object exists, and never changed while
//! it does. It is told beside the state, so that an object can be imported by it and found in a list.

use super::types::Type;
use super::value::{Object, Value};

/// The attributes of an identity.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Of what is stored; raised when the attributes change.
    pub version: i64,
    /// In the order of documentation.
    pub attributes: Vec<IdentityAttribute>,
}

/// One of them. Terraform takes primitive types and lists of them.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// The name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether an import must give it; otherwise it may.
    pub required_for_import: bool,
    /// What it is.
    pub description: String,
}

impl Identity {
    /// The type of an identity of this schema.
    pub fn implied_type(&self) -> Type {
        Type::Object(
            self.attributes
                .iter()
                .map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()))
                .collect(),
        )
    }

    /// The attributes of this schema out of `identity`, if all that an import needs are known.
    pub fn complete(&self, identity: &Object) -> Option<Object> {
        let known = |attribute: &IdentityAttribute| match identity.get(attribute.name) {
            Value::Null => !attribute.required_for_import,
            value => value.is_wholly_known(),
        };
        self.attributes.iter().all(known).then(|| {
            self.attributes.iter().fold(Object::new(), |object, attribute| {
                object.with(attribute.name, identity.get(attribute.name).clone())
            })
        })
    }
}
