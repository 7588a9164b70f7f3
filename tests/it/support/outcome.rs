//! What a Terraform command came to.

use serde_json::Value;

/// How a command ended. The asserting methods print all of it when they fail.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) command: String,
    /// None when a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// An error or a warning, as Terraform's `-json` output tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Diagnostic {
    /// `error` or `warning`.
    pub(crate) severity: String,
    pub(crate) summary: String,
    pub(crate) detail: String,
    /// The resource or data source, empty when it is about none.
    pub(crate) address: String,
    /// The line of the configuration that it points at, trimmed; empty when it points at none. For an argument
    /// that is there this is its line, otherwise the first line of the block it is missing in.
    pub(crate) code: String,
}

/// Terraform says this in every command of a workspace, because of how a workspace names the provider's binary.
const DEVELOPMENT_OVERRIDES: &str = "Provider development overrides are in effect";

impl Outcome {
    /// It must have succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.ended_with(0)
    }

    /// It must have failed with an error of its own (and not have crashed).
    #[track_caller]
    pub(crate) fn fails(self) -> Self {
        self.ended_with(1)
    }

    #[track_caller]
    pub(crate) fn ended_with(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}", self.report());
        self
    }

    /// All that there is to know, for a failed assertion.
    pub(crate) fn report(&self) -> String {
        let Self {
            command,
            status,
            stdout,
            stderr,
        } = self;
        format!("\n{command}\nexit status {status:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }

    /// The messages of Terraform's `-json` output, in order; lines that are no JSON are left out.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Value> {
        self.stdout
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(Value::is_object)
    }

    /// Errors and warnings in order, for commands run with `-json`.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.messages()
            .filter(|message| message["type"] == "diagnostic")
            .map(|message| {
                let told = &message["diagnostic"];
                let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
                Diagnostic {
                    severity: text(&told["severity"]),
                    summary: text(&told["summary"]),
                    detail: text(&told["detail"]),
                    address: text(&told["address"]),
                    code: text(&told["snippet"]["code"]),
                }
            })
            .filter(|diagnostic| diagnostic.summary != DEVELOPMENT_OVERRIDES)
            .collect()
    }

    pub(crate) fn errors(&self) -> Vec<Diagnostic> {
        self.of_severity("error")
    }

    pub(crate) fn warnings(&self) -> Vec<Diagnostic> {
        self.of_severity("warning")
    }

    fn of_severity(&self, severity: &str) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics();
        diagnostics.retain(|diagnostic| diagnostic.severity == severity);
        diagnostics
    }

    /// The one error, whose summary or detail must hold `text`.
    #[track_caller]
    pub(crate) fn error(&self, text: &str) -> Diagnostic {
        let errors = self.errors();
        assert_eq!(errors.len(), 1, "one error is expected{}", self.report());
        let error = errors.into_iter().next().unwrap_or_default();
        let said = format!("{}\n{}", error.summary, error.detail);
        assert!(
            said.contains(text),
            "the error does not say {text:?}{}",
            self.report()
        );
        error
    }

    /// Which resources are to be changed and how (`create`, `update`, `delete`, `replace`, `read`), sorted by
    /// address, for `plan` and `apply` with `-json`.
    pub(crate) fn planned_changes(&self) -> Vec<(String, String)> {
        let mut changes: Vec<_> = self
            .messages()
            .filter(|message| message["type"] == "planned_change")
            .map(|message| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let change = &message["change"];
                (text(&change["resource"]["addr"]), text(&change["action"]))
            })
            .collect();
        changes.sort();
        changes
    }
}
