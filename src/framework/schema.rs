//! What an object accepts and answers: attributes and nested blocks, each with all that validation,
//! planning and documentation need to know of it.

use std::collections::BTreeMap;

pub use super::check::Check;
pub use super::describe::{OnChange, Parameter};
pub use super::soundness::problems;
use super::types::Type;
use super::value::Value;

/// The schema of a provider, resource or data source.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Raised by one with each change of the state's shape; state of an older version is upgraded.
    pub version: i64,
    /// The root.
    pub block: Block,
}

impl Schema {
    /// Version 0.
    pub fn new(block: Block) -> Schema {
        Schema { version: 0, block }
    }
}

/// A body: attributes and nested blocks.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// In the order of the documentation.
    pub attributes: Vec<Attribute>,
    /// In the order of the documentation.
    pub blocks: Vec<NestedBlock>,
    /// Markdown.
    pub description: String,
    /// What to use instead, when it should not be used any more.
    pub deprecated: Option<String>,
}

impl Block {
    /// Without members; `description` is markdown.
    pub fn new(description: &str) -> Block {
        Block {
            description: description.to_owned(),
            ..Block::default()
        }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, attribute: Attribute) -> Block {
        self.attributes.push(attribute);
        self
    }

    /// Adds each attribute.
    #[must_use]
    pub fn attributes(mut self, attributes: impl IntoIterator<Item = Attribute>) -> Block {
        self.attributes.extend(attributes);
        self
    }

    /// Changes every attribute at every depth.
    #[must_use]
    pub fn each(mut self, change: &dyn Fn(Attribute) -> Attribute) -> Block {
        self.attributes = self.attributes.into_iter().map(change).collect();
        for nested in &mut self.blocks {
            nested.block = std::mem::take(&mut nested.block).each(change);
        }
        self
    }

    /// Nothing in it is sent.
    #[must_use]
    pub fn local(self) -> Block {
        self.each(&Attribute::local)
    }

    /// What a change of whatever is sent of it does, where nothing else is said of that. What is not sent is only recorded.
    #[must_use]
    pub fn change(self, change: OnChange) -> Block {
        self.each(&|mut attribute| {
            let default = match attribute.parameter {
                Parameter::None => OnChange::Recorded,
                _ => change,
            };
            attribute.change = attribute.on_change().or(Some(default));
            attribute
        })
    }

    /// Adds a nested block.
    #[must_use]
    pub fn block(mut self, block: NestedBlock) -> Block {
        self.blocks.push(block);
        self
    }

    /// The attribute of that name.
    pub fn find_attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The nested block of that name.
    pub fn find_block(&self, name: &str) -> Option<&NestedBlock> {
        self.blocks.iter().find(|block| block.name == name)
    }

    /// The object type of values of this block, as Terraform derives it.
    pub fn implied_type(&self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), attribute.ty.clone()));
        let blocks = self.blocks.iter().map(|nested| {
            let inner = nested.block.implied_type();
            let ty = match nested.nesting {
                Nesting::Single => inner,
                Nesting::List => Type::list(inner),
                Nesting::Set => Type::set(inner),
                Nesting::Map => Type::map(inner),
            };
            (nested.name.clone(), ty)
        });
        Type::Object(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
    }
}

/// How a nested block may appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most once; null when absent.
    Single,
    /// Any number, in order; empty when absent.
    List,
    /// Any number, without order; empty when absent.
    Set,
    /// Any number, each with one label; empty when absent.
    Map,
}

/// A block inside a block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// `[a-z0-9_]+`
    pub name: String,
    /// How it may appear.
    pub nesting: Nesting,
    /// Its body.
    pub block: Block,
    /// Least number of times (checked by Terraform).
    pub min_items: i64,
    /// Greatest number of times, 0 for no limit (checked by Terraform).
    pub max_items: i64,
}

impl NestedBlock {
    /// At most once, or exactly once after [`NestedBlock::required`].
    pub fn single(name: &str, block: Block) -> NestedBlock {
        NestedBlock {
            name: name.to_owned(),
            nesting: Nesting::Single,
            block,
            min_items: 0,
            max_items: 0,
        }
    }

    /// Any number, in order.
    pub fn list(name: &str, block: Block) -> NestedBlock {
        NestedBlock {
            nesting: Nesting::List,
            ..NestedBlock::single(name, block)
        }
    }

    /// Any number, without order.
    pub fn set(name: &str, block: Block) -> NestedBlock {
        NestedBlock {
            nesting: Nesting::Set,
            ..NestedBlock::single(name, block)
        }
    }

    /// Any number, each with one label.
    pub fn map(name: &str, block: Block) -> NestedBlock {
        NestedBlock {
            nesting: Nesting::Map,
            ..NestedBlock::single(name, block)
        }
    }

    /// At least once; a single block exactly once.
    #[must_use]
    pub fn required(mut self) -> NestedBlock {
        self.min_items = 1;
        if self.nesting == Nesting::Single {
            self.max_items = 1;
        }
        self
    }
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may; null when it does not.
    Optional,
    /// The provider does.
    Computed,
    /// The configuration may, and the provider does when it does not.
    OptionalComputed,
}

impl Mode {
    /// Whether the provider may set it.
    pub fn is_computed(self) -> bool {
        matches!(self, Mode::Computed | Mode::OptionalComputed)
    }
}

/// When two spellings mean the same.
pub type SameMeaning = fn(&Value, &Value) -> bool;

/// One attribute. The constructors make it optional; the builder methods say the rest.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// `[a-z0-9_]+`
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Who sets it.
    pub mode: Mode,
    /// Markdown: what it is, and what is to be said of allowed values, default and changes beyond
    /// [`Attribute::full_description`].
    pub description: String,
    /// Hidden in output (in state it is in clear).
    pub sensitive: bool,
    /// In no plan and no state, only in the configuration (Terraform 1.11 and newer).
    pub write_only: bool,
    /// What to use instead, when it should not be used any more.
    pub deprecated: Option<String>,
    /// The value when the configuration has none (the mode is then [`Mode::OptionalComputed`]).
    pub default: Option<Value>,
    /// A change replaces the object.
    pub replaces: bool,
    /// A computed value that does not change with other changes: planned from the prior state, null too.
    pub stable: bool,
    /// A computed list that is about one apply: where a change plans the same again, a warning tells it.
    pub told_again: bool,
    /// When the old and the new value mean the same, the old one is kept and nothing changes.
    pub same_meaning: Option<SameMeaning>,
    /// What its known values must fulfil.
    pub checks: Vec<Check>,
    /// What it is to the API.
    pub parameter: Parameter,
    /// What a change does to an object that there is.
    pub change: Option<OnChange>,
}

impl Attribute {
    /// Of any type.
    pub fn new(name: &str, ty: Type) -> Attribute {
        Attribute {
            name: name.to_owned(),
            ty,
            mode: Mode::Optional,
            description: String::new(),
            sensitive: false,
            write_only: false,
            deprecated: None,
            default: None,
            replaces: false,
            stable: false,
            told_again: false,
            same_meaning: None,
            checks: Vec::new(),
            parameter: Parameter::Same,
            change: None,
        }
    }

    /// Text.
    pub fn string(name: &str) -> Attribute {
        Attribute::new(name, Type::String)
    }

    /// True or false.
    pub fn bool(name: &str) -> Attribute {
        Attribute::new(name, Type::Bool)
    }

    /// A number.
    pub fn number(name: &str) -> Attribute {
        Attribute::new(name, Type::Number)
    }

    /// The configuration must set it.
    #[must_use]
    pub fn required(mut self) -> Attribute {
        self.mode = Mode::Required;
        self
    }

    /// The provider sets it; [`Attribute::optional_computed`] is for what the configuration may set too.
    #[must_use]
    pub fn computed(mut self) -> Attribute {
        self.mode = Mode::Computed;
        self
    }

    /// The configuration may set it, else the provider does.
    #[must_use]
    pub fn optional_computed(mut self) -> Attribute {
        self.mode = Mode::OptionalComputed;
        self
    }

    /// Markdown: what it is; see [`Attribute::description`].
    #[must_use]
    pub fn describe(mut self, markdown: &str) -> Attribute {
        self.description = markdown.to_owned();
        self
    }

    /// Hidden in output.
    #[must_use]
    pub fn sensitive(mut self) -> Attribute {
        self.sensitive = true;
        self
    }

    /// Only in the configuration, never in plan or state.
    #[must_use]
    pub fn write_only(mut self) -> Attribute {
        self.write_only = true;
        self
    }

    /// Should not be used any more; `instead` says what to use.
    #[must_use]
    pub fn deprecated(mut self, instead: &str) -> Attribute {
        self.deprecated = Some(instead.to_owned());
        self
    }

    /// The value when the configuration has none.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Attribute {
        self.mode = Mode::OptionalComputed;
        self.default = Some(value.into());
        self
    }

    /// A change replaces the object.
    #[must_use]
    pub fn replaces(mut self) -> Attribute {
        self.replaces = true;
        self
    }

    /// Computed once: other changes do not touch it.
    #[must_use]
    pub fn stable(mut self) -> Attribute {
        self.stable = true;
        self
    }

    /// A list that is about one apply. Terraform shows no attribute that keeps its value, so a change that plans the same list again
    /// tells it by a warning.
    #[must_use]
    pub fn told_again(mut self) -> Attribute {
        self.told_again = true;
        self
    }

    /// Old and new value are compared by meaning, not by text.
    #[must_use]
    pub fn same_meaning(mut self, same: SameMeaning) -> Attribute {
        self.same_meaning = Some(same);
        self
    }

    /// What it is called in the API, where that is not its own name in capitals.
    #[must_use]
    pub fn parameter(mut self, name: &str) -> Attribute {
        self.parameter = Parameter::Named(name.to_owned());
        self
    }

    /// It is about the provider itself, and not sent.
    #[must_use]
    pub fn local(mut self) -> Attribute {
        self.parameter = Parameter::None;
        self
    }

    /// What a change does to an object that there is.
    #[must_use]
    pub fn change(mut self, change: OnChange) -> Attribute {
        self.change = Some(change);
        self
    }

    /// Known values must fulfil `check` too.
    #[must_use]
    pub fn check(mut self, check: Check) -> Attribute {
        self.checks.push(check);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> Attribute {
        Attribute::string(name).describe("Text.")
    }

    #[test]
    fn implied_type_follows_nesting() {
        let inner = || Block::new("").attribute(text("x"));
        let block = Block::new("")
            .attribute(Attribute::number("n"))
            .block(NestedBlock::single("one", inner()))
            .block(NestedBlock::list("many", inner()));
        let object = Type::object([("x", Type::String)]);
        assert_eq!(
            block.implied_type(),
            Type::object([
                ("n", Type::Number),
                ("one", object.clone()),
                ("many", Type::list(object))
            ])
        );
    }
}
