//! Papers that a program can check: what ARCHITECTURE.md says is there, and where links lead.

use std::collections::BTreeSet;
use std::path::Path;

use super::collect;
use crate::support::repository;

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A dependency as `Cargo.toml` asks for it.
#[derive(Debug, PartialEq)]
struct Dependency {
    name: String,
    version: String,
    features: Vec<String>,
}

/// Every direct dependency of a manifest, also those of build and tests. Each is one line.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let (true, Some((name, what))) = (inside, line.split_once(" = ")) {
            let features = what.split_once("features = [").map_or("", |(_, list)| list);
            let quoted = |text: &str| -> Vec<String> {
                text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
            };
            found.push(Dependency {
                name: name.to_owned(),
                version: quoted(what).swap_remove(0),
                features: quoted(features),
            });
        }
    }
    found
}

/// The cells of each row of each table.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

/// What is quoted as code.
fn codes(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What a table of dependencies does not say, or says wrong.
fn undocumented(manifest: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for dependency in dependencies(manifest) {
        let Dependency {
            name,
            version,
            features,
        } = dependency;
        let row = rows(text).find(|row| row.len() == 4 && codes(row[0]).contains(&name.as_str()));
        let Some(row) = row else {
            wrong.push(format!("{name} is not in the table"));
            continue;
        };
        let at = codes(row[0]).iter().position(|code| *code == name);
        let told = at.and_then(|at| row[1].split(", ").nth(at));
        if told != Some(version.as_str()) {
            wrong.push(format!("{name} is told as {told:?}, and is {version}"));
        }
        let words: BTreeSet<&str> = row[2].split([',', ';', ' ']).collect();
        for feature in features
            .iter()
            .filter(|feature| !words.contains(feature.as_str()))
        {
            wrong.push(format!("the feature {feature} of {name} is not told"));
        }
        if row[3].is_empty() {
            wrong.push(format!("{name} has no reason"));
        }
    }
    wrong
}

/// Which source files a map does not name: each in the row of its folder.
fn unmapped(files: &[&str], text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let stem = name.trim_end_matches(".rs");
        if matches!(stem, "mod" | "tests") {
            continue;
        }
        let named = rows(text).any(|row| {
            let quoted = codes(row[0]);
            quoted.contains(file)
                || quoted.contains(&format!("{folder}/").as_str())
                    && row[1..].iter().any(|cell| codes(cell).contains(&stem))
        });
        if !named {
            wrong.push(format!("{file} is not on the map"));
        }
    }
    wrong
}

/// The targets of links in Markdown, with the line (from 1), those in code left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut code = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if !code {
            // A link may be broken over two lines only within its text.
            let targets = line.split("](").skip(1);
            found.extend(targets.filter_map(|rest| Some((number + 1, rest.split_once(')')?.0))));
        }
    }
    found
}

/// The names by which headings can be linked to.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// Whether a link in the file `from` leads somewhere in `root`. What has a scheme is elsewhere.
fn resolves(root: &Path, from: &str, target: &str) -> bool {
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = match path {
        "" => root.join(from),
        path => root.join(from).with_file_name("").join(path),
    };
    // A heading, or an anchor that is set by hand.
    let has =
        |text: String| anchors(&text).contains(anchor) || text.contains(&format!("<a id=\"{anchor}\"></a>"));
    let anchored = || std::fs::read_to_string(&file).is_ok_and(has);
    file.exists() && (anchor.is_empty() || anchored())
}

#[test]
fn every_dependency_has_its_version_features_and_reason() {
    let wrong = undocumented(&read("Cargo.toml"), &read("ARCHITECTURE.md"));
    assert!(wrong.is_empty(), "ARCHITECTURE.md: {wrong:#?}");
}

#[test]
fn every_source_file_is_on_the_map() {
    let mut files = Vec::new();
    collect(&repository().join("src"), &mut files);
    let files: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert!(files.contains(&"src/dts/provider.rs"));
    let wrong = unmapped(&files, &read("ARCHITECTURE.md"));
    assert!(wrong.is_empty(), "ARCHITECTURE.md: {wrong:#?}");
}

#[test]
fn every_module_of_the_tests_is_on_the_map() {
    let text = read("ARCHITECTURE.md");
    let row = text.lines().find(|line| line.starts_with("| `tests/it/` |"));
    let named = codes(row.unwrap());
    let main = read("tests/it/main.rs");
    let modules = main
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let missing: Vec<&str> = modules.filter(|module| !named.contains(module)).collect();
    assert!(
        named.len() > 10 && missing.is_empty(),
        "ARCHITECTURE.md: {missing:?} of {named:?}"
    );
}

#[test]
fn every_link_leads_somewhere() {
    let mut files = Vec::new();
    collect(repository(), &mut files);
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".md")) {
        for (line, target) in links(text) {
            count += 1;
            if !resolves(repository(), path, target) {
                wrong.push(format!("{path}:{line}: {target}"));
            }
        }
    }
    assert!(count > 20, "links were not found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_decision_is_in_the_index_and_the_papers_stay_short() {
    let index = read("docs/adr/README.md");
    let mut files = Vec::new();
    collect(&repository().join("docs/adr"), &mut files);
    for (path, text) in &files {
        let name = path.trim_start_matches("docs/adr/");
        if name != "README.md" {
            let number = name[..4].trim_start_matches('0');
            let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
            let title = title.strip_prefix(&format!("{number}. ")).unwrap_or_else(|| {
                panic!("{path} is not titled `# {number}. ...`");
            });
            assert!(index.contains(&format!("{number}. [{title}]({name})")), "{path}");
        }
    }
    for (path, most) in [
        ("README.md", 120),
        ("ARCHITECTURE.md", 200),
        ("CONTRIBUTING.md", 150),
    ] {
        let lines = read(path).lines().count();
        assert!(lines <= most, "{path} has {lines} lines, and {most} is the most");
    }
}

#[test]
fn what_a_table_lacks_is_found() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\none = \"1\"\n\
                    two = { version = \"0.2\", default-features = false, features = [\"a\", \"b\"] }\n\
                    [dev-dependencies]\nthree = \"3\"\n";
    assert_eq!(dependencies(manifest).len(), 3);
    assert_eq!(dependencies(manifest)[1].features, ["a", "b"]);
    let good = "| `one`, `two` | 1, 0.2 | a; b | both |\n| `three` | 3 | | why |\n";
    assert_eq!(undocumented(manifest, good), [""; 0]);
    for (from, to, expected) in [
        ("0.2", "0.3", "two is told as Some(\"0.3\"), and is 0.2"),
        ("a; b", "a", "the feature b of two is not told"),
        ("`three`", "three", "three is not in the table"),
        ("why", "", "three has no reason"),
    ] {
        assert_eq!(undocumented(manifest, &good.replace(from, to)), [expected]);
    }
}

#[test]
fn what_the_map_lacks_is_found() {
    let map = "| `src/a/` | `one`, `two` |\n| `src/lib.rs` | x |\n";
    let check = |file: &str, expected: &[&str]| assert_eq!(unmapped(&[file], map), expected, "{file}");
    check("src/a/one.rs", &[]);
    check("src/a/mod.rs", &[]);
    check("src/lib.rs", &[]);
    check("src/b/one.rs", &["src/b/one.rs is not on the map"]);
    check("src/a/three.rs", &["src/a/three.rs is not on the map"]);
}

#[test]
fn broken_links_are_found() {
    assert_eq!(
        links("[a](b) [c](d#e)\n```\n[f](g)\n```\n[h](i)"),
        [(1, "b"), (1, "d#e"), (5, "i")]
    );
    let root = repository();
    for (target, leads) in [
        ("docs/emulator.md", true),
        ("docs/emulator.md#fixtures", true),
        ("docs/emulator.md#what-it-models-and-what-not", true),
        ("docs/emulator.md#nothing", false),
        ("docs/nothing.md", false),
        ("https://example.com/x", true),
    ] {
        assert_eq!(resolves(root, "README.md", target), leads, "{target}");
    }
    assert!(resolves(root, "docs/emulator.md", "../README.md"));
    assert!(!resolves(root, "docs/emulator.md", "README.md"));
}
