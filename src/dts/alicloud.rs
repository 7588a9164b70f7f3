//! State of the alicloud provider's DTS resources made into ours, for `moved` blocks across providers. What they record and under
//! which names is fixed by their schemas; what they do not record is read from DTS, or taken over from the configuration.

mod consumer_group;
mod instance;
mod job;
mod monitor_rule;
mod subscription;

pub(super) use consumer_group::{CONSUMER_GROUPS, consumer_group};
pub(super) use instance::{INSTANCES, instance};
pub(super) use job::{JOBS, job};
pub(super) use monitor_rule::{MONITOR_RULES, monitor_rule};
pub(super) use subscription::{SUBSCRIPTIONS, subscription};

use serde_json::Value as Json;

use crate::framework::moved::Source;
use crate::framework::{Diagnostic, Diagnostics};

/// The resource type within that provider, whatever host or mirror it came from; `None` for other providers.
fn type_of(source: &Source) -> Option<&str> {
    let name = source.provider.rsplit('/').next()?;
    (name == "alicloud").then_some(source.type_name.as_str())
}

/// A recorded state, whose absent texts may be empty.
struct Recorded<'a> {
    of: &'a str,
    state: &'a Json,
}

impl<'a> Recorded<'a> {
    fn of(source: &'a Source) -> Self {
        Recorded {
            of: &source.type_name,
            state: &source.state,
        }
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.state[name].as_str().filter(|text| !text.is_empty())
    }

    /// A number that may be recorded as text, and the reverse.
    fn number(&self, name: &str) -> Option<i64> {
        let value = &self.state[name];
        let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
        number.filter(|number| *number != 0)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        let value = &self.state[name];
        value.as_bool().or_else(|| value.as_str()?.parse().ok())
    }

    /// What cannot be left out.
    fn id(&self, names: &[&str], to: &str) -> Result<&'a str, Diagnostics> {
        names.iter().find_map(|name| self.text(name)).ok_or_else(|| {
            Diagnostic::error(
                format!("Unable to move {} to {to}", self.of),
                format!(
                    "The recorded state has no `{}`, so there is nothing that DTS could be asked for. The state is left as it is. Refresh it with \
                     the alicloud provider first, or import the object as `{to}`.",
                    names[0]
                ),
            )
            .into()
        })
    }
}
