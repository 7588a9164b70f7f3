//! Faults that a test asks for: the n-th call of an action goes wrong in a given way.

use serde_json::Value;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Executed, and the reply comes `delay_ms` later.
    Late,
    /// Not executed: HTTP 400 `Throttling.User`, with the header `x-acs-retry-after` when `retry_after_ms` is given.
    Throttle,
    /// Not executed: an error reply with `status` and `code`.
    Status,
    /// Not executed, and the connection ends without a reply.
    CutBefore,
    /// Executed, and the connection ends without a reply.
    CutAfter,
    /// Executed, and the connection ends without a reply; the next `reads` reads do not show what came of it.
    ShownLate,
    /// Executed, and the connection ends in the middle of the reply.
    Truncate,
    /// Not executed: an HTML page with `status`, as from a proxy on the way.
    Garbage,
    /// Not executed: HTTP 200 with `Success` false and `code`.
    Refuse,
    /// Executed, and the member at `pointer` of the reply is `value`, as if somebody had changed it elsewhere.
    Edit,
}

impl Kind {
    /// As the journal names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Throttle => "throttle",
            Self::Status => "status",
            Self::CutBefore => "cut_before",
            Self::CutAfter => "cut_after",
            Self::ShownLate => "shown_late",
            Self::Truncate => "truncate",
            Self::Garbage => "garbage",
            Self::Refuse => "refuse",
            Self::Edit => "edit",
        }
    }
}

/// One fault asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// The action struck, `*` for any.
    pub(crate) action: String,
    /// Counts matching calls from when the fault was added; 1 is the next one.
    #[serde(default = "one")]
    nth: u64,
    /// How many in a row are struck.
    #[serde(default = "one")]
    times: u64,
    pub(crate) kind: Kind,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) delay_ms: u64,
    pub(crate) retry_after_ms: Option<u64>,
    /// How many reads do not show it.
    #[serde(default = "one")]
    pub(crate) reads: u64,
    /// Where in the reply, such as `/SourceEndpoint/Ip` (RFC 6901, without escapes).
    pointer: Option<String>,
    #[serde(default)]
    value: Value,
    /// Matching calls seen so far.
    #[serde(skip)]
    seen: u64,
}

fn one() -> u64 {
    1
}

/// The faults are not as documented.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the faults: {0}; see docs/emulator.md for their members")]
pub(crate) struct FaultError(String);

impl Fault {
    /// Reads an array of faults, or a single one.
    pub(crate) fn parse_all(faults: Value) -> Result<Vec<Self>, FaultError> {
        let faults = match faults {
            Value::Array(faults) => faults,
            fault => vec![fault],
        };
        faults.into_iter().map(Self::parse).collect()
    }

    fn parse(fault: Value) -> Result<Self, FaultError> {
        let fault: Self = serde_json::from_value(fault).map_err(|error| FaultError(error.to_string()))?;
        let wrong = match fault {
            Self { nth: 0, .. } => "nth counts from 1",
            Self { times: 0, .. } => "times is at least 1",
            Self {
                status: Some(status), ..
            } if !(200..=599).contains(&status) => "status is from 200 to 599",
            Self {
                kind: Kind::Edit,
                ref pointer,
                ..
            } if !pointer.as_ref().is_some_and(|pointer| pointer.starts_with('/')) => {
                "an edit has a pointer such as /DtsJobName"
            }
            _ => return Ok(fault),
        };
        Err(FaultError(wrong.to_owned()))
    }

    /// Puts the value where it belongs, unless there is nothing that could hold it.
    pub(crate) fn edit(&self, reply: &mut Value) {
        let Some((parent, name)) = self
            .pointer
            .as_deref()
            .and_then(|pointer| pointer.rsplit_once('/'))
        else {
            return;
        };
        match reply.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                members.insert(name.to_owned(), self.value.clone());
            }
            Some(Value::Array(items)) => {
                if let Some(item) = name.parse().ok().and_then(|index: usize| items.get_mut(index)) {
                    *item = self.value.clone();
                }
            }
            _ => {}
        }
    }

    /// Counts a matching call, and says whether it is struck.
    fn strikes(&mut self, action: &str) -> bool {
        if self.action != "*" && self.action != action {
            return false;
        }
        self.seen += 1;
        (self.nth..self.nth.saturating_add(self.times)).contains(&self.seen)
    }
}

/// The faults asked for, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Adds faults after those there are.
    pub(crate) fn add(&mut self, faults: Vec<Fault>) {
        self.0.extend(faults);
    }

    /// The fault that strikes this call. Every fault counts the call; of several that strike, the one added
    /// first is taken.
    pub(crate) fn strike(&mut self, action: &str) -> Option<Fault> {
        let mut struck = None;
        for fault in &mut self.0 {
            if fault.strikes(action) && struck.is_none() {
                struck = Some(fault.clone());
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_matching_calls_from_when_it_was_added() {
        let mut faults = Faults::default();
        let struck = |faults: &mut Faults, action: &str| faults.strike(action).map(|fault| fault.kind.name());
        assert_eq!(struck(&mut faults, "StartDtsJob"), None);
        faults.add(
            Fault::parse_all(json!([
                {"action": "StartDtsJob", "nth": 2, "times": 2, "kind": "throttle"},
                {"action": "*", "nth": 5, "kind": "cut_after"},
            ]))
            .unwrap(),
        );
        let calls = [
            "StartDtsJob",
            "StopDtsJob",
            "StartDtsJob",
            "StartDtsJob",
            "StartDtsJob",
            "StartDtsJob",
        ];
        let seen: Vec<_> = calls
            .into_iter()
            .map(|action| struck(&mut faults, action))
            .collect();
        assert_eq!(
            seen,
            [
                None,
                None,
                Some("throttle"),
                Some("throttle"),
                Some("cut_after"),
                None
            ]
        );
    }

    #[test]
    fn an_edit_replaces_or_adds_one_member() {
        let mut reply = json!({"DtsJobName": "a", "DtsJobList": [{"Status": "x"}]});
        for (pointer, value) in [
            ("/DtsJobName", json!("b")),
            ("/DtsJobList/0/Status", json!("y")),
            ("/DtsJobList/0/Delay", json!(7)),
            ("/DtsJobList/3", json!("out of reach")),
            ("/Absent/Member", json!("nowhere")),
        ] {
            let fault = json!({"action": "X", "kind": "edit", "pointer": pointer, "value": value});
            Fault::parse_all(fault).unwrap()[0].edit(&mut reply);
        }
        assert_eq!(
            reply,
            json!({"DtsJobName": "b", "DtsJobList": [{"Status": "y", "Delay": 7}]})
        );
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (fault, expected) in [
            (json!({"action": "X"}), "missing field `kind`"),
            (json!({"action": "X", "kind": "odd"}), "unknown variant `odd`"),
            (
                json!({"action": "X", "kind": "late", "delay": 1}),
                "unknown field `delay`",
            ),
            (
                json!({"action": "X", "kind": "late", "nth": 0}),
                "nth counts from 1",
            ),
            (
                json!({"action": "X", "kind": "late", "times": 0}),
                "times is at least 1",
            ),
            (
                json!({"action": "X", "kind": "edit", "value": 1}),
                "an edit has a pointer",
            ),
            (
                json!([{"action": "X", "kind": "status", "status": 700}]),
                "status is from 200 to 599",
            ),
            (json!("late"), "invalid type"),
        ] {
            let error = Fault::parse_all(fault.clone()).unwrap_err().to_string();
            assert!(error.contains(expected), "{fault}: {error}");
        }
    }
}
