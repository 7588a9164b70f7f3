//! Takes the secrets that we sent out of the texts that come back.
//!
//! DTS answers a wrong signature with its string to sign, which holds every parameter, passwords among them.

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::sign::percent_encode;

/// What stands for a secret.
const MASK: &str = "***";

/// Longest text that is passed on, in characters: a server may echo an object list of a megabyte.
const MAX_CHARS: usize = 2000;

/// From here on, a server's message is what it signed.
const ECHO: [&str; 2] = ["server string to sign", "string to sign"];

/// The secrets of one call, in every spelling in which a server may echo them.
pub(super) struct Scrubber(Vec<String>);

impl Scrubber {
    /// For these secrets.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Scrubber {
        let mut spellings = Vec::new();
        for secret in secrets {
            let plain = secret.expose_secret();
            if plain.is_empty() {
                continue;
            }
            let once = percent_encode(plain);
            let json = serde_json::Value::from(plain).to_string();
            spellings.push(percent_encode(&once));
            spellings.push(once.replace("%20", "+"));
            spellings.push(once);
            spellings.push(json[1..json.len() - 1].to_owned());
            spellings.push(plain.to_owned());
        }
        // The longest first, or a part of a spelling would remain.
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
        spellings.dedup();
        Scrubber(spellings)
    }

    /// `text` on one line, without secrets, control characters or the echo of what was signed.
    pub(super) fn clean(&self, text: &str) -> String {
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut text = without_echo(&text).to_owned();
        for spelling in &self.0 {
            text = mask(&text, spelling);
        }
        let text = text.trim();
        match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text.to_owned(),
        }
    }
}

fn without_echo(text: &str) -> &str {
    // ASCII lower case keeps byte positions.
    let lower = text.to_ascii_lowercase();
    let end = ECHO
        .iter()
        .filter_map(|echo| lower.find(echo))
        .min()
        .unwrap_or(text.len());
    &text[..end]
}

/// Masks `secret` in `text`. One of up to three characters only where it stands alone: taken out of every word, it
/// would make the text unreadable, and tell itself.
fn mask(text: &str, secret: &str) -> String {
    if secret.chars().count() > 3 {
        return text.replace(secret, MASK);
    }
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(secret) {
        let (before, after) = (&rest[..at], &rest[at + secret.len()..]);
        masked.push_str(before);
        let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let starts = !joined(masked.chars().next_back()) || ends_with_equals(&masked);
        masked.push_str(if starts && !joined(after.chars().next()) {
            MASK
        } else {
            secret
        });
        rest = after;
    }
    masked + rest
}

/// Whether `text` ends with an equals sign, percent-encoded once or twice.
fn ends_with_equals(text: &str) -> bool {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let tail: String = text
        .chars()
        .rev()
        .take(5)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    tail.ends_with("%3D") || decode(&tail).ends_with("%3D")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scrubber(secrets: &[&str]) -> Scrubber {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
        Scrubber::new(&secrets)
    }

    fn check(secrets: &[&str], text: &str, expected: &str) {
        assert_eq!(scrubber(secrets).clean(text), expected);
    }

    #[test]
    fn a_secret_is_masked_in_every_spelling() {
        check(&["p@ss w0rd"], "the p@ss w0rd is wrong", "the *** is wrong");
        check(&["p@ss w0rd"], "a=p%40ss%20w0rd&b", "a=***&b");
        check(&["p@ss w0rd"], "a=p%40ss+w0rd&b", "a=***&b");
        check(&["p@ss w0rd"], "a%3Dp%2540ss%2520w0rd%26b", "a%3D***%26b");
        check(
            &["quo\"te\\d"],
            r#"{"Password":"quo\"te\\d"}"#,
            r#"{"Password":"***"}"#,
        );
        check(&["long", "longer"], "longer long", "*** ***");
        check(&[""], "nothing to hide", "nothing to hide");
    }

    #[test]
    fn a_short_secret_is_masked_where_it_stands_alone() {
        check(&["a"], "a bad 'a' and=a", "*** bad '***' and=***");
        check(
            &["12"],
            "Password%3D12%26Port%3D1234 in 12 s",
            "Password%3D***%26Port%3D1234 in *** s",
        );
        check(&["12"], "Password%253D12%2526x", "Password%253D***%2526x");
    }

    #[test]
    fn the_echo_of_what_was_signed_is_cut_off() {
        let said =
            "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&Acc";
        check(
            &[],
            said,
            "Specified signature is not matched with our calculation.",
        );
        check(&[], "x String To Sign: POST&%2F", "x");
    }

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        check(&[], "two\nlines\u{1b}[31m\t", "two lines [31m");
        assert_eq!(
            scrubber(&[]).clean(&"é".repeat(3000)).chars().count(),
            MAX_CHARS + 3
        );
    }

    proptest! {
        #[test]
        fn no_secret_remains(secret in "[!-~]{4,20}", before in ".{0,20}", after in ".{0,20}") {
            let scrubber = scrubber(&[&secret]);
            prop_assume!(!MASK.contains(&secret) && !format!("{before}{MASK}{after}").contains(&secret));
            for spelling in [secret.clone(), percent_encode(&secret), percent_encode(&percent_encode(&secret))] {
                let clean = scrubber.clean(&format!("{before}{spelling}{after}"));
                prop_assert!(!clean.contains(&spelling), "{clean}");
            }
        }
    }
}
