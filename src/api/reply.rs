//! A successful reply.

use std::fmt;

use serde_json::{Map, Value};

use super::decode::Object;

/// What DTS answered to a call that succeeded. `Debug` shows the request id only: some actions return passwords.
#[derive(Clone, Default)]
pub struct Reply {
    body: Map<String, Value>,
}

impl Reply {
    pub(super) fn new(body: Map<String, Value>) -> Reply {
        Reply { body }
    }

    /// The request id, for support tickets.
    #[must_use]
    pub fn request_id(&self) -> Option<String> {
        self.object().text("RequestId")
    }

    /// The whole reply as JSON.
    #[must_use]
    pub fn body(&self) -> &Map<String, Value> {
        &self.body
    }

    pub(super) fn object(&self) -> Object<'_> {
        Object::new(&self.body)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("request_id", &self.request_id())
            .finish_non_exhaustive()
    }
}
