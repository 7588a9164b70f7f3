//! Enough of Rust's lexical grammar to tell code from comments, literals and unit tests.

/// The same text with comments and the insides of literals blanked out; every line stays where it is.
pub(super) fn without_comments_and_literals(text: &str) -> String {
    let source: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < source.len() {
        let end = match end_of_skipped(&source, at) {
            Some(end) => end,
            None => {
                code.push(source[at]);
                at += 1;
                continue;
            }
        };
        let skipped = &source[at..end];
        code.extend(
            skipped
                .iter()
                .map(|character| if *character == '\n' { '\n' } else { ' ' }),
        );
        at = end;
    }
    code
}

/// Where the comment or the literal that begins at `at` ends, if one begins there.
fn end_of_skipped(source: &[char], at: usize) -> Option<usize> {
    let char_at = |index: usize| source.get(index).copied();
    match (char_at(at)?, char_at(at + 1)) {
        ('/', Some('/')) => Some(find(source, at, |rest| rest[0] == '\n')),
        ('/', Some('*')) => Some(end_of_block_comment(source, at)),
        ('"', _) => Some(end_of_string(source, at + 1)),
        ('r', Some('"' | '#')) if !follows_identifier(source, at) => end_of_raw_string(source, at + 1),
        ('b', Some('r')) if !follows_identifier(source, at) => end_of_raw_string(source, at + 2),
        // A character; a lifetime has no closing quote after one character.
        ('\'', Some('\\')) => Some(find(source, at + 3, |rest| rest[0] == '\'') + 1),
        ('\'', Some(_)) if char_at(at + 2) == Some('\'') => Some(at + 3),
        _ => None,
    }
}

fn follows_identifier(source: &[char], at: usize) -> bool {
    // `br"` is an identifier's end for `r` but not for `b`, which has its own arm.
    at > 0 && (source[at - 1].is_alphanumeric() || source[at - 1] == '_')
}

/// The first index from `from` on where `found` holds, or the end.
fn find(source: &[char], from: usize, found: impl Fn(&[char]) -> bool) -> usize {
    (from..source.len())
        .find(|index| found(&source[*index..]))
        .unwrap_or(source.len())
}

fn end_of_block_comment(source: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at < source.len() {
        match source[at..] {
            ['/', '*', ..] => {
                depth += 1;
                at += 2;
            }
            ['*', '/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

fn end_of_string(source: &[char], mut at: usize) -> usize {
    while at < source.len() {
        match source[at] {
            '"' => return at + 1,
            '\\' => at += 2,
            _ => at += 1,
        }
    }
    source.len()
}

/// `at` is behind the `r`. None if no string begins there (`r#type` is an identifier).
fn end_of_raw_string(source: &[char], at: usize) -> Option<usize> {
    let hashes = source[at..]
        .iter()
        .take_while(|character| **character == '#')
        .count();
    if source.get(at + hashes) != Some(&'"') {
        return None;
    }
    let closing: Vec<char> = std::iter::once('"')
        .chain(std::iter::repeat_n('#', hashes))
        .collect();
    let end = find(source, at + hashes + 1, |rest| rest.starts_with(&closing));
    Some((end + closing.len()).min(source.len()))
}

/// The number of the first line (from 0) of the unit tests at the foot of the file, or the number of lines.
pub(super) fn first_line_of_tests(code: &str) -> usize {
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    let found = lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod "));
    found.unwrap_or(lines.len())
}

/// Where `word` stands in `line` as a word of its own, not within a longer identifier. A word that does not end in a
/// letter (`print!`) may be followed by anything.
pub(super) fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_identifier = |character: char| character.is_alphanumeric() || character == '_';
    let open_end = !word.ends_with(part_of_identifier);
    line.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (&line[..*at], &line[at + word.len()..]);
        !before.ends_with(part_of_identifier) && (open_end || !after.starts_with(part_of_identifier))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, code: &str) {
        assert_eq!(without_comments_and_literals(text), code);
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        check("a // b\nc", "a     \nc");
        check("a /* b /* c */ d */ e", "a                   e");
        check("a /* b\nc */ d", "a     \n     d");
        check(r#"f("// no", x)"#, "f(       , x)");
        check(r#"f("a\"b", x)"#, "f(      , x)");
        check("f(r#\"a\"b\"#, x)", "f(        , x)");
        check("f(br\"a\", b\"b\", x)", "f(     , b   , x)");
        check("r#type + for_r", "r#type + for_r");
        check("f('\"', '\\'', '\\u{1}', x)", "f(   ,     ,        , x)");
        check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
        check("\"never closed", "             ");
    }

    #[test]
    fn tests_are_found_at_the_foot() {
        assert_eq!(first_line_of_tests("a\n#[cfg(test)]\nmod tests {\n}"), 1);
        assert_eq!(first_line_of_tests("a\n#[cfg(test)]\nuse b;\nc"), 4);
    }

    #[test]
    fn words_stand_alone() {
        let at = |line: &str, word: &str| words(line, word).collect::<Vec<_>>();
        assert_eq!(at("use rmp; use rmpv; xrmp", "rmp"), [4]);
        assert_eq!(at("eprint!(1); print!(2)", "print!"), [12]);
        assert_eq!(at("std::env::var(x)", "std::env"), [0]);
    }
}
