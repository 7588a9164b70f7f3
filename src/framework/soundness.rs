//! Whether Terraform, and our engine, can live with a schema.

use super::conform::{self, Unknowns};
use super::diagnostic::Diagnostics;
use super::schema::{Attribute, Block, Mode, Nesting, Schema};
use super::types::Type;
use super::value::{Object, Value};

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
        if let Some(default) = &attribute.default {
            default_problems(attribute, default, &mut say);
        }
        if attribute.same_meaning.is_some() && in_set {
            say("is compared by meaning inside a set, where nothing says with what");
        }
        if attribute.stable && !attribute.mode.is_computed() {
            say("is stable but not computed");
        }
        if attribute.told_again && !attribute.mode.is_computed() {
            say("is told again but not computed");
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

fn default_problems(attribute: &Attribute, default: &Value, say: &mut impl FnMut(&str)) {
    let block = Block::new("").attribute(attribute.clone());
    let object = Value::Map(Object::new().with(&attribute.name, default.clone()));
    let mut complaints = Diagnostics::new();
    conform::conform(&block, object, Unknowns::Refuse, &mut complaints);
    if default.is_null() || !complaints.is_empty() {
        say("has a default that is not of its type");
    } else if attribute.checks.iter().any(|check| check.run(default).is_err()) {
        say("has a default that its own checks refuse");
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
    use crate::framework::schema::{Check, NestedBlock};

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
        check(
            Block::new("").attribute(text("a").default(true)),
            &["a: has a default that is not of its type"],
        );
        check(
            Block::new("").attribute(text("a").check(Check::one_of(&["x"])).default("y")),
            &["a: has a default that its own checks refuse"],
        );
        let by_meaning = Block::new("S.").attribute(text("a").same_meaning(|_, _| true));
        check(
            Block::new("").block(NestedBlock::set("s", by_meaning)),
            &["s.a: is compared by meaning inside a set, where nothing says with what"],
        );
        let mut map = NestedBlock::map("m", Block::new("M."));
        map.min_items = 1;
        check(
            Block::new("").block(map),
            &["m: has limits that its nesting does not allow"],
        );
    }
}
