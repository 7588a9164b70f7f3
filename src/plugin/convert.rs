//! Between the messages of the protocol and the framework's words. Pure.

use std::collections::HashMap;

use prost::bytes::Bytes;

use super::proto::tfplugin5 as proto;
use super::proto::tfplugin5::attribute_path::step::Selector;
use super::proto::tfplugin5::schema::nested_block::NestingMode;
use super::wire;
use crate::framework::conform::{self, Unknowns};
use crate::framework::function::{Parameter, Signature};
use crate::framework::identity::Identity;
use crate::framework::schema::Mode;
use crate::framework::{
    self, Attribute, Block, Diagnostic, Diagnostics, NestedBlock, Nesting, Path, Schema, Severity, Step,
    Type, Value,
};

/// A schema.
pub fn schema(schema: &Schema) -> proto::Schema {
    proto::Schema {
        version: schema.version,
        block: Some(block(&schema.block, schema.version)),
    }
}

/// Schemas by type name.
pub fn schemas(all: Vec<(&'static str, &Schema)>) -> HashMap<String, proto::Schema> {
    all.into_iter()
        .map(|(name, one)| (name.to_owned(), schema(one)))
        .collect()
}

fn block(block: &Block, version: i64) -> proto::schema::Block {
    let (deprecated, deprecation_message) = deprecation(block.deprecated.as_deref());
    proto::schema::Block {
        version,
        attributes: block.attributes.iter().map(attribute).collect(),
        block_types: block.blocks.iter().map(nested_block).collect(),
        description: block.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecated,
        deprecation_message,
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let (deprecated, deprecation_message) = deprecation(attribute.deprecated.as_deref());
    proto::schema::Attribute {
        name: attribute.name.clone(),
        r#type: Bytes::from(attribute.ty.to_json().to_string()),
        description: attribute.full_description(),
        required: attribute.mode == Mode::Required,
        optional: matches!(attribute.mode, Mode::Optional | Mode::OptionalComputed),
        computed: attribute.mode.is_computed(),
        sensitive: attribute.sensitive,
        description_kind: proto::StringKind::Markdown.into(),
        deprecated,
        write_only: attribute.write_only,
        deprecation_message,
    }
}

fn nested_block(nested: &NestedBlock) -> proto::schema::NestedBlock {
    let nesting = match nested.nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    proto::schema::NestedBlock {
        type_name: nested.name.clone(),
        block: Some(block(&nested.block, 0)),
        nesting: nesting.into(),
        min_items: nested.min_items,
        max_items: nested.max_items,
    }
}

/// The schema of an identity.
pub fn identity_schema(schema: &Identity) -> proto::ResourceIdentitySchema {
    use proto::resource_identity_schema::IdentityAttribute;
    let attribute = |attribute: &framework::identity::IdentityAttribute| IdentityAttribute {
        name: attribute.name.to_owned(),
        r#type: Bytes::from(attribute.ty.to_json().to_string()),
        required_for_import: attribute.required_for_import,
        optional_for_import: !attribute.required_for_import,
        description: attribute.description.clone(),
    };
    proto::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: schema.attributes.iter().map(attribute).collect(),
    }
}

/// Schemas of actions by type name.
pub fn action_schemas(all: Vec<(&'static str, &Schema)>) -> HashMap<String, proto::ActionSchema> {
    all.into_iter()
        .map(|(name, one)| {
            let action = proto::ActionSchema {
                schema: Some(schema(one)),
            };
            (name.to_owned(), action)
        })
        .collect()
}

/// The signature of a function.
pub fn function(signature: &Signature) -> proto::Function {
    proto::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        r#return: Some(proto::function::Return {
            r#type: Bytes::from(signature.returns.to_json().to_string()),
        }),
        summary: signature.summary.clone(),
        description: signature.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        ..proto::Function::default()
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: Bytes::from(parameter.ty.to_json().to_string()),
        description: parameter.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        ..proto::function::Parameter::default()
    }
}

fn deprecation(instead: Option<&str>) -> (bool, String) {
    (instead.is_some(), instead.unwrap_or_default().to_owned())
}

/// What Terraform is told. `ty` is the type of the object that the paths are in.
pub fn diagnostics(all: &Diagnostics, ty: &Type) -> Vec<proto::Diagnostic> {
    all.iter().map(|one| diagnostic(one, ty)).collect()
}

fn diagnostic(diagnostic: &Diagnostic, ty: &Type) -> proto::Diagnostic {
    // Never 0: Terraform would show an error and go on as if there were none.
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    let summary = match diagnostic.summary.as_str() {
        "" => "The provider has something to say",
        summary => summary,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: summary.to_owned(),
        detail: diagnostic.detail.clone(),
        attribute: diagnostic.path.as_ref().map(|found| path(found, ty)),
    }
}

/// Paths of changes that replace. Each once, also those that had to be cut short.
pub fn paths(all: &[Path], ty: &Type) -> Vec<proto::AttributePath> {
    let mut converted: Vec<proto::AttributePath> = Vec::with_capacity(all.len());
    for one in all {
        let path = path(one, ty);
        if !path.steps.is_empty() && !converted.contains(&path) {
            converted.push(path);
        }
    }
    converted
}

/// A path, as far as the protocol can express it: it ends at a set, whose elements have no name, and
/// where the type has no such step.
pub fn path(path: &Path, ty: &Type) -> proto::AttributePath {
    let mut steps = Vec::new();
    let mut at = Some(ty);
    for step in path.steps() {
        let (selector, below) = match (step, at) {
            (Step::Attribute(name), Some(Type::Object(types))) if types.contains_key(name) => {
                (Selector::AttributeName(name.clone()), types.get(name))
            }
            (Step::Key(key), Some(Type::Map(of))) => {
                (Selector::ElementKeyString(key.clone()), Some(of.as_ref()))
            }
            (Step::Index(index), Some(Type::List(of))) => (element(*index), Some(of.as_ref())),
            (Step::Index(index), Some(Type::Tuple(types))) if *index < types.len() => {
                (element(*index), types.get(*index))
            }
            _ => break,
        };
        steps.push(proto::attribute_path::Step {
            selector: Some(selector),
        });
        at = below;
    }
    proto::AttributePath { steps }
}

fn element(index: usize) -> Selector {
    Selector::ElementKeyInt(i64::try_from(index).unwrap_or(i64::MAX))
}

/// The one way out for a state: complete, of the right types, without write-only values. What had to be
/// left out for that is told.
pub fn state(
    block: &Block,
    ty: &Type,
    value: Value,
    unknowns: Unknowns,
    diagnostics: &mut Diagnostics,
) -> proto::DynamicValue {
    wire::encode(ty, &conform::conform(block, value, unknowns, diagnostics))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Object;

    fn block() -> Block {
        let inner = || {
            Block::new("Inner.")
                .attribute(Attribute::string("name").required())
                .attribute(Attribute::string("secret_wo").write_only())
        };
        Block::new("Root.")
            .attribute(Attribute::string("id").computed().describe("Id."))
            .attribute(
                Attribute::new("tags", Type::map(Type::String))
                    .optional_computed()
                    .sensitive(),
            )
            .attribute(Attribute::new("names", Type::set(Type::String)).deprecated("Use tags."))
            .block(NestedBlock::single("one", inner()).required())
            .block(NestedBlock::list("many", inner()))
            .block(NestedBlock::set("any", inner()))
            .block(NestedBlock::map("each", inner()))
    }

    #[test]
    fn schema_in_the_words_of_the_protocol() {
        let converted = schema(&Schema {
            version: 3,
            block: block(),
        });
        assert_eq!(converted.version, 3);
        let root = converted.block.unwrap();
        let flags = |name: &str| {
            let found = root
                .attributes
                .iter()
                .find(|attribute| attribute.name == name)
                .unwrap();
            let flags = (
                found.required,
                found.optional,
                found.computed,
                found.sensitive,
                found.deprecated,
            );
            (flags, String::from_utf8(found.r#type.to_vec()).unwrap())
        };
        assert_eq!(
            flags("id"),
            ((false, false, true, false, false), r#""string""#.to_owned())
        );
        assert_eq!(
            flags("tags"),
            ((false, true, true, true, false), r#"["map","string"]"#.to_owned())
        );
        assert_eq!(
            flags("names"),
            (
                (false, true, false, false, true),
                r#"["set","string"]"#.to_owned()
            )
        );
        let nesting: Vec<_> = root
            .block_types
            .iter()
            .map(|nested| {
                (
                    nested.type_name.as_str(),
                    nested.nesting(),
                    nested.min_items,
                    nested.max_items,
                )
            })
            .collect();
        assert_eq!(
            nesting,
            [
                ("one", NestingMode::Single, 1, 1),
                ("many", NestingMode::List, 0, 0),
                ("any", NestingMode::Set, 0, 0),
                ("each", NestingMode::Map, 0, 0),
            ]
        );
        let inner = root.block_types[0].block.as_ref().unwrap();
        assert!(inner.attributes[0].required && inner.attributes[1].write_only);
    }

    #[test]
    fn paths_end_where_the_protocol_cannot_follow() {
        let ty = block().implied_type();
        let check = |from: Path, expected: &str| {
            let steps = path(&from, &ty).steps;
            let text: Vec<String> = steps
                .into_iter()
                .map(|step| match step.selector.unwrap() {
                    Selector::AttributeName(name) => name,
                    Selector::ElementKeyString(key) => format!("{key:?}"),
                    Selector::ElementKeyInt(index) => index.to_string(),
                })
                .collect();
            assert_eq!(text.join("/"), expected, "{from}");
        };
        check(Path::root(), "");
        check(Path::attribute("id"), "id");
        check(Path::attribute("tags").key("a"), r#"tags/"a""#);
        check(Path::attribute("many").index(2).then("name"), "many/2/name");
        check(Path::attribute("each").key("k").then("name"), r#"each/"k"/name"#);
        check(Path::attribute("any").index(0).then("name"), "any");
        check(Path::attribute("names").index(1), "names");
        check(Path::attribute("one").then("name"), "one/name");
        check(Path::attribute("one").then("nothing").then("name"), "one");
        check(Path::attribute("nothing"), "");
        let found = paths(
            &[
                Path::attribute("any").index(0),
                Path::attribute("any"),
                Path::root(),
            ],
            &ty,
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn diagnostics_have_a_severity_and_a_summary() {
        let all = Diagnostics::from(vec![
            Diagnostic::error("E", "detail").at(Path::attribute("id")),
            Diagnostic::warning("W", ""),
            Diagnostic::error("", "without a title"),
        ]);
        let converted = diagnostics(&all, &block().implied_type());
        assert_eq!(
            converted.iter().map(|one| one.severity).collect::<Vec<_>>(),
            [1, 2, 1]
        );
        assert!(converted.iter().all(|one| !one.summary.is_empty()));
        assert_eq!(
            converted[0].attribute.as_ref().map(|path| path.steps.len()),
            Some(1)
        );
        assert_eq!(converted[1].attribute, None);
    }

    #[test]
    fn state_is_complete_and_without_write_only_values() {
        let (block, mut diagnostics) = (block(), Diagnostics::new());
        let ty = block.implied_type();
        let inner = Object::new().with("name", "n").with("secret_wo", "hunter2");
        let value = Object::new()
            .with("one", inner.clone())
            .with("many", vec![inner])
            .with("id", Value::Unknown);
        let sent = state(&block, &ty, value.into(), Unknowns::Refuse, &mut diagnostics);
        assert!(!sent.msgpack.windows(7).any(|window| window == b"hunter2"));
        let read = wire::decode(&ty, Some(&sent)).unwrap();
        let object = read.as_map().unwrap();
        assert!(object.get("id").is_null() && object.contains("tags") && object.list("any").is_empty());
        assert_eq!(diagnostics.len(), 1, "the unknown id is told");
    }
}
