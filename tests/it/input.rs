//! Bad input, with real Terraform: each mistake is an error at the argument that is to blame, and says what to write.

mod body;
mod connection;
mod gone;
mod instance;
mod job;
mod objects;
mod planning;
mod provider;
mod unknown;

use crate::support::{Diagnostic, Outcome, PROVIDER_SOURCE, Workspace};
use body::Body;

/// One error that a resource must give.
#[derive(Clone, Copy, Debug)]
struct Expected {
    /// The line of the configuration that is blamed, trimmed.
    line: &'static str,
    summary: &'static str,
    /// Part of the text that says what to do.
    detail: &'static str,
}

/// An error that blames `line`.
fn error(line: &'static str, summary: &'static str, detail: &'static str) -> Expected {
    Expected {
        line,
        summary,
        detail,
    }
}

/// A resource (or data source), and all errors that it must give; none when it is sound.
struct Case {
    body: Body,
    expected: Vec<Expected>,
}

impl Case {
    fn new(body: Body, expected: impl Into<Vec<Expected>>) -> Case {
        Case {
            body,
            expected: expected.into(),
        }
    }
}

/// `terraform {}` alone, or with a provider block.
fn terraform_block() -> String {
    format!(
        "terraform {{\n  required_providers {{\n    dts = {{ source = \"{PROVIDER_SOURCE}\" }}\n  }}\n}}\n"
    )
}

/// Plans all cases as one configuration, without credentials, and compares what each resource says with what it must say.
#[track_caller]
fn check(cases: &[Case]) {
    let workspace = Workspace::new(None);
    let mut text = terraform_block();
    for (index, case) in cases.iter().enumerate() {
        text.push_str(&case.body.resource(&format!("r{index}")));
    }
    workspace.write("main.tf", &text);
    let outcome = workspace.plan(&[]);
    if cases.iter().all(|case| case.expected.is_empty()) {
        outcome.ok();
        return;
    }
    let outcome = outcome.fails();
    let mut found = outcome.errors();
    let mut problems = String::new();
    for (index, case) in cases.iter().enumerate() {
        let address = case.body.address(&format!("r{index}"));
        let of_case = |error: &Diagnostic| error.address == address;
        let mut mine: Vec<Diagnostic> = found.iter().filter(|error| of_case(error)).cloned().collect();
        found.retain(|error| !of_case(error));
        for expected in &case.expected {
            let fits = |error: &Diagnostic| {
                error.code.lines().last().unwrap_or_default().trim() == expected.line
                    && error.summary == expected.summary
                    && error.detail.contains(expected.detail)
            };
            match mine.iter().position(fits) {
                Some(position) => {
                    mine.remove(position);
                }
                None => problems.push_str(&format!("{address} does not give {expected:#?}\n")),
            }
        }
        for error in mine {
            problems.push_str(&format!("{address} gives {error:#?}\n"));
        }
    }
    for error in found {
        problems.push_str(&format!("nobody is to give {error:#?}\n"));
    }
    assert!(problems.is_empty(), "{problems}");
}

/// The one error of a command, with exactly this summary and with each part in its detail.
#[track_caller]
fn one_error(outcome: &Outcome, summary: &str, parts: &[&str]) -> Diagnostic {
    let errors = outcome.errors();
    assert_eq!(errors.len(), 1, "one error is expected{}", outcome.report());
    let error = errors.into_iter().next().unwrap_or_default();
    assert_eq!(error.summary, summary, "{}", outcome.report());
    for part in parts {
        assert!(
            error.detail.contains(part),
            "the error does not say {part:?}{}",
            outcome.report()
        );
    }
    error
}
