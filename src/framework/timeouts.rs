//! The `timeouts` block: how long an operation may take, in Go's duration syntax.

use std::time::Duration;

use super::schema::{Attribute, Block, Check, NestedBlock};
use super::value::Object;

/// The name of the block.
pub const BLOCK: &str = "timeouts";

/// An operation that a user may give a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `create`
    Create,
    /// `read`
    Read,
    /// `update`
    Update,
    /// `delete`
    Delete,
}

impl Operation {
    /// The attribute's name.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Read => "read",
            Operation::Update => "update",
            Operation::Delete => "delete",
        }
    }
}

/// The block, with an attribute for each operation and its default in words.
pub fn block(operations: &[(Operation, &str)]) -> NestedBlock {
    let attributes = operations.iter().map(|(operation, default)| {
        let name = operation.name();
        let article = if *operation == Operation::Update {
            "an"
        } else {
            "a"
        };
        Attribute::string(name)
            .describe(&format!(
                "How long {article} {name} may take, such as `90s`, `30m` or `1h30m`. Default: `{default}`."
            ))
            .check(Check::new(|value| match value.as_str() {
                Some(text) if parse(text).is_none() => Err(format!(
                    "{text:?} is not a duration. Write a number with a unit, such as `90s`, `30m` or `1h30m`."
                )),
                _ => Ok(()),
            }))
    });
    NestedBlock::single(
        BLOCK,
        Block::new("How long operations may take.")
            .attributes(attributes)
            .local(),
    )
}

/// The limit that `object` (a configuration or a state) gives the operation.
pub fn of(object: &Object, operation: Operation) -> Option<Duration> {
    parse(object.object(BLOCK)?.str(operation.name())?)
}

/// Reads Go's duration syntax: `1h30m`, `90s`, `1.5h`, `250ms`. `None` when it is none, negative or zero.
pub fn parse(text: &str) -> Option<Duration> {
    let mut total = 0_f64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_length = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let (unit, after) = rest.split_at(unit_length);
        total += number
            * match unit {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = after;
    }
    if total > 0.0 {
        Duration::try_from_secs_f64(total).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations() {
        for (text, seconds) in [
            ("90s", 90.0),
            ("30m", 1800.0),
            ("1h30m", 5400.0),
            ("1.5h", 5400.0),
            ("250ms", 0.25),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in [
            "", "30", "m", "-5m", "0s", "5 m", "5d", "1e3s", "m5", "..s", "9e99h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
