//! `docs/protocol-checks.md` names a test for each check, and the tests are there.

use std::collections::BTreeMap;

use super::collect;
use crate::support::repository;

/// Numbers of the checks in the paper.
const CHECKS: std::ops::RangeInclusive<u32> = 1..=65;

/// Every test, as the runner prints its name: module path and function.
fn tests(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let unit = path.strip_prefix("src/");
        let Some(module) = unit.or_else(|| path.strip_prefix("tests/it/")) else {
            continue;
        };
        let module = module.trim_end_matches(".rs").trim_end_matches("/mod");
        let mut module = module.replace('/', "::");
        if unit.is_some() && !module.ends_with("::tests") {
            module.push_str("::tests");
        }
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if is_test && !line.starts_with("#[") {
                let function = line.trim_start_matches("async ").strip_prefix("fn ");
                if let Some((name, _)) = function.and_then(|rest| rest.split_once('(')) {
                    found.push(format!("{module}::{name}"));
                }
                is_test = false;
            }
        }
    }
    found
}

/// What is wrong with a paper, given the tests there are.
fn wrong(paper: &str, tests: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut rows = BTreeMap::new();
    for line in paper.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let &[number, _, held] = cells.as_slice() else {
            continue;
        };
        if let Ok(number) = number.parse::<u32>()
            && rows.insert(number, held).is_some()
        {
            wrong.push(format!("check {number} is there twice"));
        }
    }
    for number in CHECKS {
        let Some(held) = rows.remove(&number) else {
            wrong.push(format!("check {number} is missing"));
            continue;
        };
        let named: Vec<&str> = held
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains("::"))
            .collect();
        if named.is_empty() && !held.starts_with("none: ") {
            wrong.push(format!("check {number} has neither a test nor a reason"));
        }
        for name in named {
            let there = match name.strip_suffix('*') {
                Some(module) => tests.iter().any(|test| test.starts_with(module)),
                None => tests.iter().any(|test| test == name),
            };
            if !there {
                wrong.push(format!("check {number}: there is no test {name}"));
            }
        }
    }
    wrong.extend(rows.keys().map(|number| format!("there is no check {number}")));
    wrong
}

fn all_tests() -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        collect(&repository().join(folder), &mut files);
    }
    tests(&files)
}

#[test]
fn every_check_of_the_protocol_has_its_test() {
    let paper = std::fs::read_to_string(repository().join("docs/protocol-checks.md")).unwrap();
    let wrong = wrong(&paper, &all_tests());
    assert!(wrong.is_empty(), "docs/protocol-checks.md: {wrong:#?}");
}

/// What `make test` runs once more on the newest Terraform: a name that finds no test any more would run less, unnoticed.
#[test]
fn what_is_run_twice_is_there() {
    let makefile = std::fs::read_to_string(repository().join("GNUmakefile")).unwrap();
    let list = makefile.split("\nSENSITIVE := ").nth(1).unwrap();
    let list = list.split("\n\n").next().unwrap();
    let tests = all_tests();
    let filters: Vec<&str> = list.split_whitespace().filter(|word| *word != "\\").collect();
    assert!(filters.len() > 5, "{filters:?}");
    for filter in filters {
        assert!(
            tests.iter().any(|test| test.contains(filter)),
            "no test is named {filter}"
        );
    }
}

#[test]
fn what_the_paper_lacks_is_found() {
    let files = [
        ("src/a/b.rs", "mod tests {\n    #[test]\n    fn one() {\n"),
        (
            "src/a/mod.rs",
            "    #[test]\n    #[should_panic]\n    fn two() {\n    fn helper() {",
        ),
        ("src/c/tests.rs", "#[test]\nfn three() {"),
        (
            "tests/it/d.rs",
            "#[tokio::test(flavor = \"x\")]\nasync fn four() {",
        ),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let tests = tests(&files);
    assert_eq!(
        tests,
        ["a::b::tests::one", "a::tests::two", "c::tests::three", "d::four"]
    );
    let row = |number: u32, held: &str| format!("| {number} | x | {held} |\n");
    let good: String = CHECKS.map(|number| row(number, "`d::*`")).collect();
    let check = |paper: &str, expected: &[&str]| assert_eq!(wrong(paper, &tests), expected);
    check(&good, &[]);
    check(&good.replace(&row(7, "`d::*`"), ""), &["check 7 is missing"]);
    check(&(good.clone() + &row(66, "`d::four`")), &["there is no check 66"]);
    check(
        &(good.clone() + &row(2, "`d::four`")),
        &["check 2 is there twice"],
    );
    for (held, expected) in [
        ("`a::b::tests::one`; `make fuzz`", None),
        ("none: because", None),
        ("`make fuzz`", Some("check 3 has neither a test nor a reason")),
        ("`d::five`", Some("check 3: there is no test d::five")),
        ("`d::four`, `e::*`", Some("check 3: there is no test e::*")),
    ] {
        let paper = good.replace(&row(3, "`d::*`"), &row(3, held));
        check(&paper, expected.as_slice());
    }
}
