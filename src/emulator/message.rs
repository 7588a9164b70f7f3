//! A request as it came over the wire, taken apart but not yet judged.

use super::params::{Params, decode_form};

/// One HTTP request to the RPC endpoint.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    /// The method, in capitals.
    pub(crate) method: String,
    /// The decoded pairs of the query string, in order.
    pub(crate) query: Vec<(String, String)>,
    /// The decoded pairs of the form body, in order.
    pub(crate) form: Vec<(String, String)>,
    /// Header names in lower case, with their values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as it came.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// Takes a request apart. A body counts as a form whatever its type says, as clients differ in whether they
    /// announce it.
    pub(crate) fn new(method: &str, query: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        let form = decode_form(&String::from_utf8_lossy(&body));
        Self {
            method: method.to_owned(),
            query: decode_form(query),
            form,
            headers,
            body,
        }
    }

    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
    }

    /// Every pair of the query and the form.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = &(String, String)> {
        self.query.iter().chain(&self.form)
    }

    /// The value of a parameter, wherever it was sent; an empty one counts as absent.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.pairs()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }

    /// The action's own parameters.
    pub(crate) fn params(&self) -> Params {
        Params::of_action(self.pairs().cloned())
    }
}
