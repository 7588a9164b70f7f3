//! The whole description of an attribute: what its author wrote, and what its schema says besides. Allowed values, default, what a
//! change does and what it is to the API are written here alone, for the schema that Terraform shows and for the pages alike.

use super::schema::{Attribute, Mode};
use super::value::Value;

/// What an attribute is to the API behind the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Parameter {
    /// The parameter that is called the same: `JobName` for `job_name`.
    #[default]
    Same,
    /// This one, or a member of one that is JSON: `Settings: mode`.
    Named(String),
    /// None: it is about the provider itself.
    None,
}

/// What a change of an attribute does to an object that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnChange {
    /// The object is changed by calls.
    InPlace,
    /// Another object takes its place.
    Replaces,
    /// Nothing is called: it counts for what comes later.
    Recorded,
    /// It depends, as this sentence says.
    Told(&'static str),
}

/// Between a parameter and a member of it.
pub const MEMBER: &str = ": ";

impl Attribute {
    /// The parameter that it becomes, if it becomes one.
    pub fn api_name(&self) -> Option<String> {
        match &self.parameter {
            Parameter::Same => Some(self.name.split('_').map(capital).collect()),
            Parameter::Named(name) => Some(name.clone()),
            Parameter::None => None,
        }
    }

    /// What a change does, where that is said.
    pub fn on_change(&self) -> Option<OnChange> {
        self.change.or(self.replaces.then_some(OnChange::Replaces))
    }

    /// The description with all that the schema adds, each only where the author has not said it.
    pub fn full_description(&self) -> String {
        let mut text = self.description.clone();
        if self.mode == Mode::Computed {
            return text;
        }
        for check in &self.checks {
            if let Some((least, greatest)) = check.range
                && !text.contains(&format!("{least} to {greatest}"))
            {
                text.push_str(&match greatest {
                    i64::MAX => format!(" At least {least}."),
                    _ => format!(" From {least} to {greatest}."),
                });
            }
            if check.allowed.iter().any(|value| !names(&text, value)) {
                text.push_str(&format!(" One of `{}`.", check.allowed.join("`, `")));
            }
        }
        if !text.contains("Default:") && self.mode != Mode::Required {
            let default = match (&self.default, self.mode) {
                (Some(Value::String(text)), _) => format!("`{text}`"),
                (Some(value), _) => format!("`{}`", value.reveal()),
                (None, Mode::OptionalComputed) => "left to the service".to_owned(),
                (None, _) => "none".to_owned(),
            };
            text.push_str(&format!(" Default: {default}."));
        }
        let (said, sentence) = match self.on_change() {
            None => ("", ""),
            Some(OnChange::InPlace) => ("n place", "Changed in place."),
            Some(OnChange::Replaces) => ("replaces", "A change replaces it."),
            Some(OnChange::Recorded) => ("A change calls nothing", "A change calls nothing."),
            Some(OnChange::Told(sentence)) => (sentence, sentence),
        };
        if !text.contains(said) {
            text.push_str(&format!(" {sentence}"));
        }
        let name = self.api_name().unwrap_or_default();
        match name.split_once(MEMBER) {
            Some((json, member)) => text.push_str(&format!(" In the API: `{member}` in `{json}`.")),
            None if name.is_empty() || text.contains(&format!("`{name}`")) => {}
            None => text.push_str(&format!(" In the API: `{name}`.")),
        }
        text
    }
}

/// Whether a text names a value: a word as code, a number as it is.
fn names(text: &str, value: &str) -> bool {
    if !value.bytes().all(|letter| letter.is_ascii_digit()) {
        return text.contains(&format!("`{value}`"));
    }
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(value).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + value.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::super::schema::Check;
    use super::*;

    #[track_caller]
    fn check(attribute: Attribute, expected: &str) {
        assert_eq!(attribute.full_description(), expected);
    }

    #[test]
    fn what_the_author_has_not_said_is_added() {
        let text = |name: &str| Attribute::string(name).describe("It.");
        check(text("job_name").required(), "It. In the API: `JobName`.");
        check(
            text("kind")
                .check(Check::one_of(&["A", "B"]))
                .change(OnChange::InPlace),
            "It. One of `A`, `B`. Default: none. Changed in place. In the API: `Kind`.",
        );
        check(
            text("kind")
                .default("A")
                .check(Check::one_of(&["A", "B"]))
                .describe("`A` or `B`; changed in place.")
                .change(OnChange::InPlace)
                .parameter("Sort"),
            "`A` or `B`; changed in place. Default: `A`. In the API: `Sort`.",
        );
        check(
            Attribute::number("size")
                .describe("It.")
                .check(Check::between(1, 9))
                .replaces()
                .local(),
            "It. From 1 to 9. Default: none. A change replaces it.",
        );
        check(
            text("wait").default("x").local().change(OnChange::Recorded),
            "It. Default: `x`. A change calls nothing.",
        );
        check(
            text("mode").required().parameter("Settings: mode"),
            "It. In the API: `mode` in `Settings`.",
        );
        check(text("id").computed(), "It.");
        check(
            text("plan")
                .optional_computed()
                .change(OnChange::Told("It depends.")),
            "It. Default: left to the service. It depends. In the API: `Plan`.",
        );
    }

    /// A value inside of a longer word is not named by it.
    #[test]
    fn values_are_looked_for_as_words() {
        assert!(names("`1`, `10`", "1") && names("1, 10", "10"));
        assert!(!names("`10`", "1") && !names("PolarDB, `PolarDB_o`", "PolarDB"));
    }
}
