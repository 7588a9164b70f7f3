//! Validation: what a configuration alone can tell. Unknown values are never wrong.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::path::{Path, Trail};
use super::schema::{Attribute, Block, NestedBlock, Nesting};
use super::value::{Object, Value};

/// Runs the checks of every attribute at every depth. `write_only_allowed`: whether this Terraform keeps
/// write-only values out of its state; an older one would store the secret, so it is refused one.
pub fn attributes(block: &Block, config: &Object, write_only_allowed: bool, diagnostics: &mut Diagnostics) {
    body(block, config, &Trail::Root, write_only_allowed, diagnostics);
}

fn body(
    block: &Block,
    config: &Object,
    at: &Trail<'_>,
    write_only_allowed: bool,
    diagnostics: &mut Diagnostics,
) {
    for attribute in &block.attributes {
        let value = config.get(&attribute.name);
        let at = Trail::Attribute(at, &attribute.name);
        if attribute.write_only && !value.is_null() && !write_only_allowed {
            diagnostics.push(too_old(attribute).at(at.to_path()));
        } else if value.is_known() {
            // What is wrong in one way is often wrong in another: the first is enough to tell.
            let problem = attribute.checks.iter().find_map(|check| check.run(value).err());
            diagnostics.extend(problem.map(|problem| invalid(attribute, value, &problem).at(at.to_path())));
        }
    }
    for nested in &block.blocks {
        let at = Trail::Attribute(at, &nested.name);
        each_nested(nested, config.get(&nested.name), &at, &mut |inner, at| {
            body(&nested.block, inner, at, write_only_allowed, diagnostics);
        });
    }
}

/// Calls `visit` with each body of a nested block's value and its path.
fn each_nested(
    nested: &NestedBlock,
    value: &Value,
    at: &Trail<'_>,
    visit: &mut dyn FnMut(&Object, &Trail<'_>),
) {
    match (nested.nesting, value) {
        (Nesting::Single, Value::Map(inner)) => visit(inner, at),
        (Nesting::List | Nesting::Set, Value::List(items)) => {
            for (index, item) in items.iter().enumerate() {
                let element = match nested.nesting {
                    Nesting::Set => Trail::Element(at),
                    _ => Trail::Index(at, index),
                };
                if let Some(inner) = item.as_map() {
                    visit(inner, &element);
                }
            }
        }
        (Nesting::Map, Value::Map(members)) => {
            for (key, member) in members.iter() {
                if let Some(inner) = member.as_map() {
                    visit(inner, &Trail::Key(at, key));
                }
            }
        }
        _ => {}
    }
}

fn invalid(attribute: &Attribute, value: &Value, problem: &str) -> Diagnostic {
    let hidden = attribute.sensitive || attribute.write_only;
    let problem = if hidden {
        without(value, problem)
    } else {
        problem.to_owned()
    };
    Diagnostic::error(format!("Invalid value for {}", attribute.name), problem)
}

/// The same text without the value, in whichever way a check may have written it.
fn without(value: &Value, text: &str) -> String {
    let shown = match value {
        Value::String(shown) => shown.clone(),
        Value::Number(number) => number.to_string(),
        _ => return text.to_owned(),
    };
    let escaped = format!("{shown:?}");
    let escaped = escaped.trim_matches('"');
    [escaped, &shown, shown.trim()]
        .into_iter()
        .filter(|form| !form.is_empty())
        .fold(text.to_owned(), |text, form| {
            text.replace(form, "(sensitive value)")
        })
}

fn too_old(attribute: &Attribute) -> Diagnostic {
    let name = &attribute.name;
    let instead = name.strip_suffix("_wo").unwrap_or(name);
    Diagnostic::error(
        format!("Write-only argument {name} needs Terraform 1.11 or newer"),
        format!(
            "This version of Terraform would store the value of `{name}` in its state. \
             Use `{instead}` instead, or a newer Terraform."
        ),
    )
}

/// An error when both are set: at the second, which names the first. Unknown values never conflict: they may turn out
/// to be null, and Terraform validates again when it knows them.
pub fn conflict(config: &Object, first: &str, second: &str, why: &str, diagnostics: &mut Diagnostics) {
    if is_certainly_set(config, first) && is_certainly_set(config, second) {
        diagnostics.push(
            Diagnostic::error(
                format!("{second} cannot be set together with {first}"),
                format!("{why} Remove `{first}` or `{second}`."),
            )
            .at(Path::attribute(second)),
        );
    }
}

/// Whether the configuration sets it: any value but null, also an unknown one; a repeated block at least once.
pub fn is_set(config: &Object, name: &str) -> bool {
    match config.get(name) {
        Value::Null => false,
        Value::List(items) => !items.is_empty(),
        _ => true,
    }
}

/// As [`is_set`], but an unknown value does not count. To say that an argument must not be there: in a module it is
/// often a variable, of which nothing is known while the configuration is validated, and which is null in the end.
pub fn is_certainly_set(config: &Object, name: &str) -> bool {
    config.get(name).is_known() && is_set(config, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::Check;

    fn block() -> Block {
        let inner = Block::new("")
            .attribute(Attribute::string("kind").check(Check::one_of(&["a", "b"])))
            .attribute(
                Attribute::string("password")
                    .sensitive()
                    .check(Check::one_of(&["x"])),
            )
            .attribute(Attribute::string("password_wo").write_only());
        Block::new("").block(NestedBlock::list("item", inner))
    }

    fn check(inner: Object, allowed: bool, expected: &[(&str, &str)]) {
        let mut diagnostics = Diagnostics::new();
        attributes(
            &block(),
            &Object::new().with("item", vec![inner]),
            allowed,
            &mut diagnostics,
        );
        let found: Vec<(String, String)> = diagnostics
            .iter()
            .map(|d| {
                (
                    d.path.clone().unwrap_or_default().to_string(),
                    format!("{} {}", d.summary, d.detail),
                )
            })
            .collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((path, text), (expected_path, part)) in found.iter().zip(expected) {
            assert_eq!(path, expected_path);
            assert!(text.contains(part), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn known_values_are_checked_and_unknown_ones_never() {
        check(Object::new().with("kind", "c"), true, &[("item[0].kind", "a, b")]);
        check(
            Object::new()
                .with("kind", Value::Unknown)
                .with("password_wo", Value::Unknown),
            true,
            &[],
        );
        check(
            Object::new().with("password", "hunter2"),
            true,
            &[("item[0].password", "(sensitive value)")],
        );
    }

    #[test]
    fn no_spelling_of_a_secret_is_shown() {
        for (secret, part) in [
            ("hun\"ter\\2", "ter"),
            ("  hunter2 ", "hunter2"),
            ("hun\nter2", "ter2"),
        ] {
            for check in [
                Check::one_of(&["x"]),
                Check::new(|value| Err(format!("It is {value:?}"))),
            ] {
                let attribute = Attribute::string("password").sensitive().check(check);
                let mut diagnostics = Diagnostics::new();
                attributes(
                    &Block::new("").attribute(attribute),
                    &Object::new().with("password", secret),
                    true,
                    &mut diagnostics,
                );
                assert_eq!(diagnostics.len(), 1);
                assert!(!format!("{diagnostics:?}").contains(part), "{diagnostics:?}");
            }
        }
        let number = Attribute::number("pin").sensitive().check(Check::between(1, 9));
        let mut diagnostics = Diagnostics::new();
        let pin = Object::new().with("pin", 4711);
        attributes(&Block::new("").attribute(number), &pin, true, &mut diagnostics);
        assert!(!format!("{diagnostics:?}").contains("4711"), "{diagnostics:?}");
    }

    #[test]
    fn a_value_in_a_set_is_told_at_the_set() {
        let inner = Block::new("").attribute(Attribute::string("kind").check(Check::one_of(&["a"])));
        let mut diagnostics = Diagnostics::new();
        attributes(
            &Block::new("").block(NestedBlock::set("item", inner)),
            &Object::new().with("item", vec![Object::new().with("kind", "b")]),
            true,
            &mut diagnostics,
        );
        let path = diagnostics.iter().next().and_then(|one| one.path.clone());
        assert_eq!(path, Some(Path::attribute("item")));
    }

    #[test]
    fn an_older_terraform_gets_no_write_only_value() {
        check(
            Object::new().with("password_wo", "hunter2"),
            false,
            &[("item[0].password_wo", "Use `password`")],
        );
        check(Object::new().with("password_wo", "hunter2"), true, &[]);
        check(Object::new(), false, &[]);
    }
}
