//! What the author of a function implements (Terraform 1.8: `provider::<name>::<function>(...)`). A function is pure:
//! it knows no client, and is called before the provider is configured, or without that.

use super::types::Type;
use super::value::Value;

/// A function.
pub trait Function: Send + Sync {
    /// The name, an identifier, without the provider's.
    fn name(&self) -> &'static str;

    /// Called whenever Terraform asks for it.
    fn signature(&self) -> Signature;

    /// The result for arguments that are neither null nor unknown at the top: Terraform answers those itself, as nothing
    /// here declares to take them. There is one for each parameter, of its type.
    fn call(&self, arguments: &[Value]) -> Result<Value, Error>;
}

/// What a function takes and returns.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Positional parameters.
    pub parameters: Vec<Parameter>,
    /// The type of the result.
    pub returns: Type,
    /// One line.
    pub summary: String,
    /// Markdown: what it does, with its errors.
    pub description: String,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name, for messages and documentation.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Markdown.
    pub description: String,
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, where in the argument, and what to write instead. Terraform ends it with a full stop of its own.
    pub text: String,
    /// The argument to blame, from 0; `None` when it is not one alone.
    pub argument: Option<usize>,
}

impl Error {
    /// An error that blames the argument with this index, from 0.
    pub fn at(argument: usize, text: impl Into<String>) -> Error {
        Error {
            text: ended(text.into()),
            argument: Some(argument),
        }
    }

    /// An error that blames none of the arguments.
    pub fn new(text: impl Into<String>) -> Error {
        Error {
            text: ended(text.into()),
            argument: None,
        }
    }
}

/// Without the full stop that Terraform adds.
fn ended(mut text: String) -> String {
    if text.ends_with('.') {
        text.pop();
    }
    text
}
