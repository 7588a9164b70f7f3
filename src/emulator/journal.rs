//! What was called, in order, for tests that ask whether something was called at all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::params::Params;

/// One call received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// 1 for the first call since the start or the last reset.
    pub seq: u64,
    /// The operation named, empty when none was.
    pub action: String,
    /// The operation's own parameters; passwords are masked as `******`.
    pub params: BTreeMap<String, String>,
    /// `v1` or `v3`.
    pub signature: String,
    /// The HTTP status answered; for a reply that a fault withheld, the one it would have had, and 0 for a call
    /// that a fault kept from being executed by cutting the connection.
    pub status: u16,
    /// The error code answered, if any; also that of an answer with status 200 and `Success` false.
    pub code: Option<String>,
    /// The request id answered, in the form of an upper-case UUID.
    pub request_id: String,
    /// When it was answered, by the emulator's clock.
    pub time: jiff::Timestamp,
    /// What the client called itself, empty when it said nothing.
    pub user_agent: String,
    /// The kind of the fault that struck this call, if one did.
    pub fault: Option<String>,
}

impl Call {
    /// As the admin route shows it.
    pub(crate) fn to_json(&self) -> Value {
        let mut call = json!({
            "seq": self.seq,
            "action": self.action,
            "params": self.params,
            "signature": self.signature,
            "status": self.status,
            "request_id": self.request_id,
            "time": self.time.to_string(),
            "user_agent": self.user_agent,
        });
        if let Some(code) = &self.code {
            call["code"] = code.as_str().into();
        }
        if let Some(fault) = &self.fault {
            call["fault"] = fault.as_str().into();
        }
        call
    }
}

/// Stands in for a secret.
const MASK: &str = "******";

/// The parameters as the journal keeps them.
pub(crate) fn masked(params: &Params) -> BTreeMap<String, String> {
    params
        .iter()
        .map(|(name, value)| {
            let secret = name.to_ascii_lowercase().contains("password") && !value.is_empty();
            (
                name.to_owned(),
                if secret { MASK.to_owned() } else { value.to_owned() },
            )
        })
        .collect()
}

/// The calls received since the start or the last reset.
#[derive(Debug, Default)]
pub(crate) struct Journal(Vec<Call>);

impl Journal {
    /// Notes a call; its number is given here.
    pub(crate) fn note(&mut self, call: Call) {
        let seq = self.0.len() as u64 + 1;
        self.0.push(Call { seq, ..call });
    }

    /// The calls in order.
    pub(crate) fn calls(&self) -> &[Call] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::params::decode_form;

    #[test]
    fn masks_whatever_is_called_a_password() {
        let params = Params::of_action(decode_form(
            "SourceEndpointPassword=hunter2&consumerGroupNewPassword=x&DestinationEndpointPassword=&SourceEndpointUserName=u",
        ));
        let shown = masked(&params);
        assert_eq!(shown["SourceEndpointPassword"], MASK);
        assert_eq!(shown["consumerGroupNewPassword"], MASK);
        assert_eq!(shown["DestinationEndpointPassword"], "");
        assert_eq!(shown["SourceEndpointUserName"], "u");
    }

    #[test]
    fn numbers_calls_from_one() {
        let mut journal = Journal::default();
        for action in ["A", "B"] {
            journal.note(Call {
                seq: 0,
                action: action.to_owned(),
                params: BTreeMap::new(),
                signature: "v1".to_owned(),
                status: 200,
                code: None,
                request_id: String::new(),
                time: jiff::Timestamp::UNIX_EPOCH,
                user_agent: String::new(),
                fault: None,
            });
        }
        let numbered: Vec<_> = journal
            .calls()
            .iter()
            .map(|call| (call.seq, call.action.as_str()))
            .collect();
        assert_eq!(numbered, [(1, "A"), (2, "B")]);
        assert_eq!(journal.calls()[0].to_json().get("fault"), None);
    }
}
