//! `dts_consumer_group` from `alicloud_dts_consumer_channel`.

use super::{Recorded, type_of};
use crate::dts::consumer_group::id;
use crate::framework::moved::{Moved, Source};
use crate::framework::{Diagnostics, Object};

/// The type there.
pub(in crate::dts) const CONSUMER_GROUPS: [&str; 1] = ["alicloud_dts_consumer_channel"];

pub(in crate::dts) fn consumer_group(source: &Source) -> Option<Result<Moved, Diagnostics>> {
    let recorded = Recorded::of(source);
    CONSUMER_GROUPS
        .contains(&type_of(source)?)
        .then(|| made(&recorded).map(Moved::from))
}

fn made(recorded: &Recorded<'_>) -> Result<Object, Diagnostics> {
    let instance = recorded.id(&["dts_instance_id"], "dts_consumer_group")?;
    // Their id is made of both.
    let of_id = recorded
        .text("id")
        .and_then(|id| id.split_once(':'))
        .map(|(_, group)| group);
    let group = match recorded.text("consumer_group_id").or(of_id) {
        Some(group) => group,
        None => recorded.id(&["consumer_group_id"], "dts_consumer_group")?,
    };
    let mut state = Object::new()
        .with("id", id(instance, group))
        .with("dts_instance_id", instance)
        .with("consumer_group_id", group);
    for name in [
        "consumer_group_name",
        "consumer_group_user_name",
        "consumer_group_password",
    ] {
        if let Some(text) = recorded.text(name) {
            state.set(name, text);
        }
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn moved(state: Json) -> Result<Json, String> {
        let source = Source {
            provider: "registry.terraform.io/aliyun/alicloud".to_owned(),
            type_name: "alicloud_dts_consumer_channel".to_owned(),
            schema_version: 0,
            state,
        };
        let made = consumer_group(&source).unwrap();
        made.map(|moved| moved.state.reveal())
            .map_err(|errors| format!("{errors:?}"))
    }

    #[test]
    fn a_channel_becomes_a_group() {
        let expected = json!({"id": "dtsa:g1", "dts_instance_id": "dtsa", "consumer_group_id": "g1", "consumer_group_name": "n",
            "consumer_group_user_name": "u", "consumer_group_password": "p"});
        let recorded = json!({"id": "dtsa:g1", "dts_instance_id": "dtsa", "consumer_group_id": "g1", "consumer_group_name": "n",
            "consumer_group_user_name": "u", "consumer_group_password": "p"});
        assert_eq!(moved(recorded.clone()), Ok(expected.clone()));
        let mut without = recorded;
        without["consumer_group_id"] = json!("");
        assert_eq!(moved(without), Ok(expected));
        assert!(
            moved(json!({"id": "x", "dts_instance_id": "dtsa"}))
                .unwrap_err()
                .contains("has no `consumer_group_id`")
        );
    }
}
