//! What single values must fulfil.

use std::fmt;
use std::sync::Arc;

use super::value::Value;

/// What a known value must fulfil, checked at plan time.
#[derive(Clone)]
pub struct Check {
    /// The allowed values, where they can be listed (for the documentation).
    pub allowed: Vec<String>,
    /// The least and the greatest number, likewise.
    pub range: Option<(i64, i64)>,
    run: Arc<RunCheck>,
}

type RunCheck = dyn Fn(&Value) -> Result<(), String> + Send + Sync;

impl Check {
    /// `run` answers what is wrong and what to write instead.
    pub fn new(run: impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static) -> Check {
        Check {
            allowed: Vec::new(),
            range: None,
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

    /// A whole number.
    pub fn whole() -> Check {
        Check::new(|value| match value.as_number() {
            Some(number) if number.as_i64().is_none() => Err(format!("{number} is not a whole number.")),
            _ => Ok(()),
        })
    }

    /// A whole number in this range, both ends included.
    pub fn between(least: i64, greatest: i64) -> Check {
        let mut check = Check::new(move |value| match value.as_number() {
            Some(number) if !number.as_i64().is_some_and(|n| (least..=greatest).contains(&n)) => Err(
                format!("{number} is not a whole number from {least} to {greatest}."),
            ),
            _ => Ok(()),
        });
        check.range = Some((least, greatest));
        check
    }

    /// The number is one of these.
    pub fn one_of_numbers(allowed: &'static [i64]) -> Check {
        let words: Vec<String> = allowed.iter().map(i64::to_string).collect();
        let listed = words.join(", ");
        let mut check = Check::new(move |value| match value.as_number() {
            Some(number) if !number.as_i64().is_some_and(|n| allowed.contains(&n)) => Err(format!(
                "{number} is none of the allowed values. Write one of: {listed}."
            )),
            _ => Ok(()),
        });
        check.allowed = words;
        check
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_say_what_to_write() {
        let check = Check::one_of_ignore_case(&["MySQL", "Redis"]);
        assert_eq!(check.run(&Value::from("mysql")), Ok(()));
        let problem = check.run(&Value::from("MySqll")).unwrap_err();
        assert!(problem.contains("MySQL, Redis"), "{problem}");
        assert!(Check::between(1, 9).run(&Value::from(10)).is_err());
        assert!(Check::between(1, 9).run(&Value::from(9)).is_ok());
        let check = Check::one_of_numbers(&[1, 2, 4]);
        assert_eq!(check.run(&Value::from(4)), Ok(()));
        let problem = check.run(&Value::from(3)).unwrap_err();
        assert!(problem.contains("1, 2, 4"), "{problem}");
        assert!(Check::not_blank().run(&Value::from(" x")).is_err());
    }
}
