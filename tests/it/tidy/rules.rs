//! The rules. Each takes one file and tells where it is broken.

use super::code::{first_line_of_tests, without_comments_and_literals, words};

/// A rule broken at a line.
#[derive(Debug, PartialEq)]
pub(super) struct Violation {
    pub(super) path: String,
    /// From 1, as editors count.
    pub(super) line: usize,
    pub(super) message: String,
}

/// The layers, and which others each may use.
const LAYERS: [(&str, &[&str]); 6] = [
    ("docs", &["framework"]),
    ("plugin", &["framework"]),
    ("framework", &[]),
    ("dts", &["framework", "api"]),
    ("api", &[]),
    ("emulator", &[]),
];

/// Unit tests of these may also talk to the emulator. Not the other way round: it is the independent witness.
const TESTED_WITH_EMULATOR: [&str; 2] = ["dts", "api"];

/// What only some places may use: words of code, the places, and why.
const CONFINED: [(&[&str], &[&str], &str); 6] = [
    (
        &["tonic", "tonic_prost", "prost", "prost_types", "rmp"],
        &["src/plugin/"],
        "the wire is the plugin layer's",
    ),
    (&["reqwest"], &["src/api/"], "HTTP requests are the api layer's"),
    (&["axum"], &["src/emulator/"], "the HTTP server is the emulator's"),
    (
        &["std::env", "env::var", "env::vars", "env::args"],
        &[
            "src/api/context.rs",
            "src/plugin/handshake.rs",
            "src/plugin/log.rs",
            "src/main.rs",
            "src/bin/",
        ],
        "the environment is injected",
    ),
    (
        &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"],
        &[
            "src/api/context.rs",
            "src/plugin/signals.rs",
            "src/emulator/mod.rs",
            "src/main.rs",
            "src/bin/",
        ],
        "the clock is injected",
    ),
    (
        &["println!", "print!", "stdout()"],
        &["src/plugin/handshake.rs", "src/main.rs", "src/bin/"],
        "stdout belongs to the handshake",
    ),
];

/// Layers that know nothing of what the provider is about.
const WITHOUT_DOMAIN: [&str; 2] = ["plugin", "framework"];
const DOMAIN: &str = "dts";

/// Lines of one file, not counting unit tests at its foot.
const LONGEST_FILE: usize = 600;
const LONGEST_MAIN: usize = 80;

/// Hosts that a file may name, each with all below it. Anything else is likely a mirror of a registry that only one
/// workplace has. A public site that readers need is simply added.
const HOSTS: [&str; 17] = [
    "aliyun.com",
    "aliyuncs.com",
    "alibabacloud.com",
    "example",
    "example.com",
    "example.org",
    "github.com",
    "hashicorp.com",
    "invalid",
    "keepachangelog.com",
    "localhost",
    "mozilla.org",
    "opentofu.org",
    "registry.terraform.io",
    "semver.org",
    "terraform.io",
    "test",
];

/// In parts, so that this file keeps the rules. A path of one machine; unfinished work; another package index.
const MACHINE_PATHS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/tmp/", "wk"),
];
const UNFINISHED: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
const MIRRORS: [&str; 4] = [
    concat!("index", "-url"),
    concat!("trusted", "-host"),
    concat!("[sou", "rce."),
    concat!("[regis", "tries."),
];
const IGNORED: &str = concat!("#[ign", "ore");

/// All that is wrong with the file at `path`, relative to the package, with `/` between the parts.
pub(super) fn violations(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Found {
        path,
        violations: Vec::new(),
    };
    check_text(&mut found, text);
    if path.ends_with(".rs") {
        check_rust(&mut found, text);
    }
    found.violations
}

struct Found<'a> {
    path: &'a str,
    violations: Vec<Violation>,
}

impl Found<'_> {
    /// `line` counts from 0.
    fn add(&mut self, line: usize, message: impl Into<String>) {
        self.violations.push(Violation {
            path: self.path.to_owned(),
            line: line + 1,
            message: message.into(),
        });
    }
}

fn check_text(found: &mut Found<'_>, text: &str) {
    for (number, line) in text.lines().enumerate() {
        for path in MACHINE_PATHS {
            // Not within a longer path, which is one of a URL or of a folder below.
            let absolute =
                |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "-_.}~*".contains(c));
            if line.match_indices(path).any(|(at, _)| absolute(at)) {
                found.add(number, format!("{path} is a path of one machine"));
            }
        }
        for word in UNFINISHED {
            if words(line, word).next().is_some() {
                found.add(number, format!("{word}: finish it, or write an issue"));
            }
        }
        for setting in MIRRORS {
            if line.contains(setting) {
                found.add(
                    number,
                    format!("{setting} sets a package index, which is the machine's business"),
                );
            }
        }
        for host in hosts(line).filter(|host| !may_be_named(host)) {
            found.add(
                number,
                format!("{host} is no host that the project names (see HOSTS)"),
            );
        }
    }
}

/// The hosts of the URLs in a line.
fn hosts(line: &str) -> impl Iterator<Item = &str> {
    ["http://", "https://"]
        .into_iter()
        .flat_map(|scheme| line.split(scheme).skip(1))
        .map(|rest| {
            let end = rest
                .find(|c: char| c.is_whitespace() || "/?#\"'`(),;|\\".contains(c))
                .unwrap_or(rest.len());
            let authority = &rest[..end];
            let host = authority.rsplit('@').next().unwrap_or(authority);
            let port = if host.starts_with('[') {
                None
            } else {
                host.find(':')
            };
            host[..port.unwrap_or(host.len())].trim_end_matches(['.', '>', '*'])
        })
}

fn may_be_named(host: &str) -> bool {
    let placeholder = host.contains(['{', '$', '<', '%']) || !host.contains(|c: char| c.is_lowercase());
    let address = host.starts_with('[') || host.chars().all(|c| c.is_ascii_digit() || c == '.');
    let host = host.to_lowercase();
    let known = |name: &&str| {
        host.strip_suffix(*name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    placeholder || address || HOSTS.iter().any(known)
}

fn check_rust(found: &mut Found<'_>, text: &str) {
    let path = found.path;
    let code = without_comments_and_literals(text);
    let in_tests = match path {
        _ if !path.starts_with("src/") || path.ends_with("/tests.rs") || path.contains("/tests/") => 0,
        _ => first_line_of_tests(&code),
    };
    let length = if in_tests == 0 {
        text.lines().count()
    } else {
        in_tests
    };
    let longest = if path == "src/main.rs" {
        LONGEST_MAIN
    } else {
        LONGEST_FILE
    };
    if length > longest {
        found.add(
            longest,
            format!("{length} lines, and {longest} is the most: split it by concept"),
        );
    }
    for (number, line) in code.lines().enumerate() {
        if line.contains(IGNORED) {
            found.add(number, "a test that does not run proves nothing");
        }
    }
    if !path.starts_with("src/") {
        return;
    }
    for (forbidden, places, why) in CONFINED {
        if places.iter().any(|place| path.starts_with(place)) {
            continue;
        }
        for (number, line) in code.lines().enumerate().take(in_tests) {
            for word in forbidden.iter().filter(|word| words(line, word).next().is_some()) {
                found.add(number, format!("{word} outside {}: {why}", places.join(", ")));
            }
        }
    }
    if let Some((layer, uses)) = LAYERS.iter().find(|(layer, _)| layer_of(path) == *layer) {
        check_arrows(found, &code, in_tests, layer, uses);
    }
    if WITHOUT_DOMAIN.contains(&layer_of(path)) {
        for (number, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            if line
                .match_indices(DOMAIN)
                .any(|(at, _)| !line[..at].ends_with(char::is_alphanumeric))
            {
                found.add(number, format!("{} is not to know of {DOMAIN}", layer_of(path)));
            }
        }
    }
}

/// `src/api/client.rs` is of `api`, `src/api.rs` too, `src/main.rs` of `main`.
fn layer_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split(['/', '.']).next().unwrap_or(inside)
}

fn check_arrows(found: &mut Found<'_>, code: &str, in_tests: usize, layer: &str, uses: &[&str]) {
    for (at, name) in used_modules(code) {
        let Some((other, _)) = LAYERS.iter().find(|(other, _)| *other == name) else {
            continue;
        };
        let number = code[..at].matches('\n').count();
        let tested = *other == "emulator" && number >= in_tests && TESTED_WITH_EMULATOR.contains(&layer);
        if *other != layer && !uses.contains(other) && !tested {
            found.add(
                number,
                format!("{layer} must not use {other} (the layers are in src/lib.rs)"),
            );
        }
    }
}

/// Top-level modules that the code names, and where: after `crate::` or `super::`, alone or in braces.
fn used_modules(code: &str) -> Vec<(usize, &str)> {
    let mut used = Vec::new();
    for prefix in ["crate::", "super::"] {
        for at in words(code, prefix) {
            let start = at + prefix.len();
            match code[start..].strip_prefix('{') {
                Some(group) => {
                    let names = names_of_group(group).into_iter();
                    used.extend(names.map(|(offset, name)| (start + 1 + offset, name)));
                }
                None => used.push((start, identifier(&code[start..]))),
            }
        }
    }
    used
}

/// The first identifier of each part of `a::b, c::{d, e}, f}`, with its place.
fn names_of_group(group: &str) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut expected = true;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            _ if expected && !character.is_whitespace() => {
                names.push((at, identifier(&group[at..])));
                expected = false;
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> &str {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    &text[..end]
}
