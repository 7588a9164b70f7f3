//! What an object accepts and answers: attributes and nested blocks, each with all that validation,
//! planning and documentation need to know of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

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
    /// Markdown: what it is, allowed values, default.
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
    /// When the old and the new value mean the same, the old one is kept and nothing changes.
    pub same_meaning: Option<SameMeaning>,
    /// What its known values must fulfil.
    pub checks: Vec<Check>,
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
            same_meaning: None,
            checks: Vec::new(),
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

    /// The provider sets it; after [`Attribute::optional`] only when the configuration does not.
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

    /// Markdown: what it is, allowed values, default.
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

    /// Old and new value are compared by meaning, not by text.
    #[must_use]
    pub fn same_meaning(mut self, same: SameMeaning) -> Attribute {
        self.same_meaning = Some(same);
        self
    }

    /// Known values must fulfil `check` too.
    #[must_use]
    pub fn check(mut self, check: Check) -> Attribute {
        self.checks.push(check);
        self
    }
}

/// What a known value must fulfil, checked at plan time.
#[derive(Clone)]
pub struct Check {
    /// The allowed values, where they can be listed (for the documentation).
    pub allowed: Vec<String>,
    run: Arc<RunCheck>,
}

type RunCheck = dyn Fn(&Value) -> Result<(), String> + Send + Sync;

impl Check {
    /// `run` answers what is wrong and what to write instead.
    pub fn new(run: impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static) -> Check {
        Check {
            allowed: Vec::new(),
            run: Arc::new(run),
        }
    }

    /// The text is one of these, letter for letter.
    pub fn one_of(allowed: &[&str]) -> Check {
        Check::listed(allowed, |a, b| a == b)
    }

    /// The text is one of these, upper and lower case alike.
    pub fn one_of_ignore_case(allowed: &[&str]) -> Check {
        Check::listed(allowed, str::eq_ignore_ascii_case)
    }

    fn listed(allowed: &[&str], same: fn(&str, &str) -> bool) -> Check {
        let allowed: Vec<String> = allowed.iter().map(|&value| value.to_owned()).collect();
        let values = allowed.clone();
        let mut check = Check::new(move |value| match value.as_str() {
            Some(text) if !values.iter().any(|one| same(one, text)) => Err(format!(
                "{text:?} is none of the allowed values. Write one of: {}.",
                values.join(", ")
            )),
            _ => Ok(()),
        });
        check.allowed = allowed;
        check
    }

    /// The text is not empty and does not begin or end with white space.
    pub fn not_blank() -> Check {
        Check::new(|value| match value.as_str() {
            Some("") => Err("It must not be empty. Leave the argument out to not set it.".to_owned()),
            Some(text) if text.trim() != text => {
                Err("It begins or ends with white space. Remove it.".to_owned())
            }
            _ => Ok(()),
        })
    }

    /// A whole number in this range, both ends included.
    pub fn between(least: i64, greatest: i64) -> Check {
        Check::new(move |value| match value.as_number() {
            Some(number) if !number.as_i64().is_some_and(|n| (least..=greatest).contains(&n)) => Err(
                format!("{number} is not a whole number from {least} to {greatest}."),
            ),
            _ => Ok(()),
        })
    }

    /// Whether `value`, which is known, fulfils it; the error says what to write instead.
    pub fn run(&self, value: &Value) -> Result<(), String> {
        (self.run)(value)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

/// Names that the language takes for itself: an attribute of that name could never be set.
const META_ARGUMENTS: &[&str] = &[
    "count",
    "for_each",
    "depends_on",
    "lifecycle",
    "provider",
    "connection",
    "provisioner",
    "alias",
    "version",
];

/// What is wrong with a schema by Terraform's own rules and ours: one line each, empty when it is sound.
/// Terraform crashes or refuses the provider on most of these, so every provider has a test that calls this.
pub fn problems(schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    if schema.version < 0 {
        found.push("the version is negative".to_owned());
    }
    block_problems(&schema.block, "", false, true, &mut found);
    found
}

fn block_problems(block: &Block, at: &str, in_set: bool, root: bool, found: &mut Vec<String>) {
    let mut names = Vec::new();
    for attribute in &block.attributes {
        let at = format!("{at}{}", attribute.name);
        let mut say = |what: &str| found.push(format!("{at}: {what}"));
        if attribute.description.is_empty() {
            say("has no description");
        }
        if attribute.write_only && attribute.mode.is_computed() {
            say("is write-only and computed");
        }
        if attribute.write_only && in_set {
            say("is write-only inside a set");
        }
        if attribute.default.is_some() && attribute.mode != Mode::OptionalComputed {
            say("has a default but is not optional and computed");
        }
        if attribute.stable && !attribute.mode.is_computed() {
            say("is stable but not computed");
        }
        if in_set && has_dynamic(&attribute.ty) {
            say("is dynamic inside a set");
        }
        name_problems(&attribute.name, root, &mut names, &mut say);
    }
    for nested in &block.blocks {
        let at = format!("{at}{}", nested.name);
        let mut say = |what: &str| found.push(format!("{at}: {what}"));
        let limits = (nested.min_items, nested.max_items);
        let sound = match nested.nesting {
            Nesting::Single => matches!(limits, (0, 0) | (1, 1)),
            Nesting::Map => limits == (0, 0),
            Nesting::List | Nesting::Set => limits.0 >= 0 && (limits.1 == 0 || limits.1 >= limits.0),
        };
        if !sound {
            say("has limits that its nesting does not allow");
        }
        if nested.block.description.is_empty() {
            say("has no description");
        }
        let free = |attribute: &Attribute| attribute.mode.is_computed() && attribute.default.is_none();
        if nested.nesting == Nesting::Set
            && contains_computed_set(&nested.block)
            && any_attribute(&nested.block, free)
        {
            say(
                "has computed values and a set with computed values inside: Terraform would never find its elements again",
            );
        }
        name_problems(&nested.name, root, &mut names, &mut say);
        block_problems(
            &nested.block,
            &format!("{at}."),
            in_set || nested.nesting == Nesting::Set,
            false,
            found,
        );
    }
}

/// Whether an attribute at any depth fulfils `test`.
fn any_attribute(block: &Block, test: fn(&Attribute) -> bool) -> bool {
    block.attributes.iter().any(test)
        || block
            .blocks
            .iter()
            .any(|nested| any_attribute(&nested.block, test))
}

fn contains_computed_set(block: &Block) -> bool {
    let computed = |attribute: &Attribute| attribute.mode.is_computed();
    block.blocks.iter().any(|nested| {
        (nested.nesting == Nesting::Set && any_attribute(&nested.block, computed))
            || contains_computed_set(&nested.block)
    })
}

fn name_problems(name: &str, root: bool, names: &mut Vec<String>, say: &mut impl FnMut(&str)) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        say("is not named by a-z, 0-9 and _");
    }
    if root && META_ARGUMENTS.contains(&name) {
        say("is a word of the language");
    }
    if names.iter().any(|other| other == name) {
        say("is there twice");
    }
    names.push(name.to_owned());
}

fn has_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Dynamic => true,
        Type::Bool | Type::Number | Type::String => false,
        Type::List(of) | Type::Set(of) | Type::Map(of) => has_dynamic(of),
        Type::Object(members) => members.values().any(has_dynamic),
        Type::Tuple(items) => items.iter().any(has_dynamic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> Attribute {
        Attribute::string(name).describe("Text.")
    }

    fn check(block: Block, expected: &[&str]) {
        assert_eq!(problems(&Schema::new(block)), expected);
    }

    #[test]
    fn sound_schemas_have_no_problem() {
        let inner = Block::new("Inner.").attribute(text("secret_wo").write_only());
        check(
            Block::new("Root.")
                .attribute(text("id").computed().stable())
                .block(NestedBlock::single("a", inner).required()),
            &[],
        );
    }

    #[test]
    fn unsound_schemas_are_told() {
        check(
            Block::new("").attribute(text("count")),
            &["count: is a word of the language"],
        );
        check(
            Block::new("").attribute(text("A")),
            &["A: is not named by a-z, 0-9 and _"],
        );
        check(
            Block::new("").attribute(text("a")).attribute(text("a")),
            &["a: is there twice"],
        );
        check(
            Block::new("").attribute(text("a").computed().write_only()),
            &["a: is write-only and computed"],
        );
        let inner = Block::new("Inner.").attribute(text("w").write_only());
        check(
            Block::new("").block(NestedBlock::set("s", inner)),
            &["s.w: is write-only inside a set"],
        );
        check(
            Block::new("").attribute(Attribute::bool("b")),
            &["b: has no description"],
        );
        let set_of = |inner: Attribute, outer: Attribute| {
            let inner = NestedBlock::set("inner", Block::new("Inner.").attribute(inner));
            Block::new("").block(NestedBlock::set(
                "s",
                Block::new("S.").attribute(outer).block(inner),
            ))
        };
        check(
            set_of(text("d").default("x"), text("c").computed()),
            &[
                "s: has computed values and a set with computed values inside: Terraform would never find its elements again",
            ],
        );
        check(set_of(text("d"), text("c").computed()), &[]);
        check(set_of(text("d").default("x"), text("e").default("y")), &[]);
        let mut map = NestedBlock::map("m", Block::new("M."));
        map.min_items = 1;
        check(
            Block::new("").block(map),
            &["m: has limits that its nesting does not allow"],
        );
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

    #[test]
    fn checks_say_what_to_write() {
        let check = Check::one_of_ignore_case(&["MySQL", "Redis"]);
        assert_eq!(check.run(&Value::from("mysql")), Ok(()));
        let problem = check.run(&Value::from("MySqll")).unwrap_err();
        assert!(problem.contains("MySQL, Redis"), "{problem}");
        assert!(Check::between(1, 9).run(&Value::from(10)).is_err());
        assert!(Check::between(1, 9).run(&Value::from(9)).is_ok());
        assert!(Check::not_blank().run(&Value::from(" x")).is_err());
    }
}
