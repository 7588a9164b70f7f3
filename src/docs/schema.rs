//! The schema of a page: groups, lines, and nested blocks below, as the registry's readers know them.

use std::fmt::Write as _;

use crate::framework::schema::Mode;
use crate::framework::{Attribute, Block, NestedBlock, Nesting, Type};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Required,
    Optional,
    ReadOnly,
}

const GROUPS: [(Group, &str); 3] = [
    (Group::Required, "Required"),
    (Group::Optional, "Optional"),
    (Group::ReadOnly, "Read-Only"),
];

const WRITE_ONLY: &str = "> **NOTE**: [Write-only arguments](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) \
                          are supported in Terraform 1.11 and later.\n\n";

/// A member of a block, with all that its line needs.
enum Member<'a> {
    Attribute(&'a Attribute),
    Block(&'a NestedBlock),
}

impl Member<'_> {
    fn name(&self) -> &str {
        match self {
            Member::Attribute(attribute) => &attribute.name,
            Member::Block(block) => &block.name,
        }
    }

    fn group(&self) -> Group {
        match self {
            Member::Attribute(attribute) => match attribute.mode {
                Mode::Required => Group::Required,
                Mode::Optional | Mode::OptionalComputed => Group::Optional,
                Mode::Computed => Group::ReadOnly,
            },
            Member::Block(block) if block.min_items > 0 => Group::Required,
            Member::Block(_) => Group::Optional,
        }
    }
}

/// The section `## Schema`.
pub(super) fn render(block: &Block, out: &mut String) {
    out.push_str("## Schema\n\n");
    let mut nested = Vec::new();
    groups(block, &[], "### ", &mut nested, out);
    while !nested.is_empty() {
        let (path, block) = nested.remove(0);
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "<a id=\"{}\"></a>\n### Nested Schema for `{}`\n\n",
            anchor(&names),
            names.join(".")
        );
        let mut below = Vec::new();
        groups(block, &names, "", &mut below, out);
        out.push('\n');
        // What is below a block comes right after it.
        nested.splice(0..0, below);
    }
}

type Below<'a> = Vec<(Vec<String>, &'a Block)>;

fn groups<'a>(block: &'a Block, at: &[&str], heading: &str, nested: &mut Below<'a>, out: &mut String) {
    let attributes = block.attributes.iter().map(Member::Attribute);
    let mut members: Vec<Member<'a>> = attributes.chain(block.blocks.iter().map(Member::Block)).collect();
    members.sort_by(|one, other| one.name().cmp(other.name()));
    for (group, title) in GROUPS {
        let of_group: Vec<&Member<'a>> = members.iter().filter(|member| member.group() == group).collect();
        if of_group.is_empty() {
            continue;
        }
        let colon = if heading.is_empty() { ":" } else { "" };
        let _ = write!(out, "{heading}{title}{colon}\n\n");
        if of_group
            .iter()
            .any(|member| matches!(member, Member::Attribute(attribute) if attribute.write_only))
        {
            out.push_str(WRITE_ONLY);
        }
        for member in of_group {
            match member {
                Member::Attribute(attribute) => line_of_attribute(attribute, out),
                Member::Block(block) => {
                    let path = [at, &[block.name.as_str()]].concat();
                    line_of_block(block, &anchor(&path), out);
                    nested.push((path.into_iter().map(str::to_owned).collect(), &block.block));
                }
            }
        }
        out.push('\n');
    }
}

fn line_of_attribute(attribute: &Attribute, out: &mut String) {
    let mut flags = type_name(&attribute.ty);
    for (flag, set) in [
        ("Sensitive", attribute.sensitive),
        ("Deprecated", attribute.deprecated.is_some()),
        ("Write-only", attribute.write_only),
    ] {
        if set {
            let _ = write!(flags, ", {flag}");
        }
    }
    // The registry shows no deprecation message: it is said here.
    let instead = attribute
        .deprecated
        .as_deref()
        .map_or(String::new(), |instead| format!(" Deprecated: {instead}"));
    let _ = writeln!(
        out,
        "- `{}` ({flags}) {}{instead}",
        attribute.name,
        attribute.full_description()
    );
}

fn line_of_block(block: &NestedBlock, anchor: &str, out: &mut String) {
    let mut flags = match block.nesting {
        Nesting::Single => "Block".to_owned(),
        Nesting::List => "Block List".to_owned(),
        Nesting::Set => "Block Set".to_owned(),
        Nesting::Map => "Block Map".to_owned(),
    };
    match (block.nesting, block.min_items, block.max_items) {
        (Nesting::Single, 0, _) => flags.push_str(", Optional"),
        (Nesting::Single, ..) => {}
        (_, min, max) => {
            for (name, bound) in [("Min", min), ("Max", max)] {
                if bound > 0 {
                    let _ = write!(flags, ", {name}: {bound}");
                }
            }
        }
    }
    let _ = writeln!(
        out,
        "- `{}` ({flags}) {} (see [below for nested schema](#{anchor}))",
        block.name, block.block.description
    );
}

fn anchor(path: &[&str]) -> String {
    format!("nestedblock--{}", path.join("--"))
}

/// A type as readers know it: `List of String`.
pub(super) fn type_name(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(of) => format!("List of {}", type_name(of)),
        Type::Set(of) => format!("Set of {}", type_name(of)),
        Type::Map(of) => format!("Map of {}", type_name(of)),
        Type::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, ty)| format!("`{name}` {}", type_name(ty)))
                .collect();
            format!("Object: {}", members.join(", "))
        }
        Type::Tuple(_) => "Tuple".to_owned(),
    }
}

/// A type as the signature of a function has it.
pub(super) fn keyword(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::Number => "number".to_owned(),
        Type::String => "string".to_owned(),
        Type::Dynamic => "dynamic".to_owned(),
        Type::List(of) => format!("list of {}", keyword(of)),
        Type::Set(of) => format!("set of {}", keyword(of)),
        Type::Map(of) => format!("map of {}", keyword(of)),
        Type::Object(_) => "object".to_owned(),
        Type::Tuple(_) => "tuple".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_lines_and_nested_blocks() {
        let inner = Block::new("Inner.")
            .attribute(Attribute::string("name").required().describe("Name."))
            .attribute(
                Attribute::string("secret_wo")
                    .write_only()
                    .sensitive()
                    .describe("Secret."),
            )
            .block(NestedBlock::list(
                "deep",
                Block::new("Deep.").attribute(Attribute::bool("on").describe("On.")),
            ))
            .local();
        let block = Block::new("Root.")
            .attribute(Attribute::string("zone").describe("Zone."))
            .attribute(
                Attribute::new("tags", Type::map(Type::String))
                    .optional_computed()
                    .deprecated("Use labels.")
                    .describe("Tags."),
            )
            .attribute(Attribute::string("id").computed().describe("Id."))
            .block(NestedBlock::single("one", inner).required())
            .block(NestedBlock::set("any", Block::new("Any.")));
        let mut out = String::new();
        render(&block, &mut out);
        let expected = format!(
            r##"## Schema

### Required

- `one` (Block) Inner. (see [below for nested schema](#nestedblock--one))

### Optional

- `any` (Block Set) Any. (see [below for nested schema](#nestedblock--any))
- `tags` (Map of String, Deprecated) Tags. Default: left to the service. In the API: `Tags`. Deprecated: Use labels.
- `zone` (String) Zone. Default: none. In the API: `Zone`.

### Read-Only

- `id` (String) Id.

<a id="nestedblock--one"></a>
### Nested Schema for `one`

Required:

- `name` (String) Name.

Optional:

{WRITE_ONLY}- `deep` (Block List) Deep. (see [below for nested schema](#nestedblock--one--deep))
- `secret_wo` (String, Sensitive, Write-only) Secret. Default: none.


<a id="nestedblock--one--deep"></a>
### Nested Schema for `one.deep`

Optional:

- `on` (Boolean) On. Default: none.


<a id="nestedblock--any"></a>
### Nested Schema for `any`


"##
        );
        assert_eq!(out, expected);
    }

    #[test]
    fn types_in_words() {
        for (ty, name, short) in [
            (Type::Bool, "Boolean", "bool"),
            (Type::list(Type::Number), "List of Number", "list of number"),
            (Type::set(Type::Dynamic), "Set of Dynamic", "set of dynamic"),
            (
                Type::object([("a", Type::String)]),
                "Object: `a` String",
                "object",
            ),
        ] {
            assert_eq!((type_name(&ty).as_str(), keyword(&ty).as_str()), (name, short));
        }
    }
}
