//! Reading the JSON documents of `terraform show -json`.

use serde_json::Value;

/// The `operations` that a plan promises for the resource at `address`.
#[track_caller]
pub(crate) fn planned_operations(plan: &Value, address: &str) -> Vec<String> {
    let change = plan["resource_changes"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|change| change["address"] == address)
        .unwrap_or_else(|| panic!("the plan has no {address}: {plan:#}"));
    strings(&change["change"]["after"]["operations"], address, change)
}

/// The `operations` that the last change of the resource at `address` made, from the state.
#[track_caller]
pub(crate) fn state_operations(state: &Value, address: &str) -> Vec<String> {
    let values = state_values(state, address);
    strings(&values["operations"], address, values)
}

/// The attributes of the resource or data source at `address`, from the state.
#[track_caller]
pub(crate) fn state_values<'a>(state: &'a Value, address: &str) -> &'a Value {
    in_module(&state["values"]["root_module"], address)
        .unwrap_or_else(|| panic!("the state has no {address}: {state:#}"))
}

fn in_module<'a>(module: &'a Value, address: &str) -> Option<&'a Value> {
    let list = |key: &str| module[key].as_array().into_iter().flatten();
    list("resources")
        .find(|resource| resource["address"] == address)
        .map(|resource| &resource["values"])
        .or_else(|| list("child_modules").find_map(|child| in_module(child, address)))
}

#[track_caller]
fn strings(value: &Value, address: &str, around: &Value) -> Vec<String> {
    let list = value
        .as_array()
        .unwrap_or_else(|| panic!("{address} has no known operations: {around:#}"));
    list.iter()
        .map(|item| {
            item.as_str()
                .unwrap_or_else(|| panic!("{item} among the operations"))
                .to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::support::{planned_operations, state_operations};

    #[test]
    fn reads_operations_of_a_plan() {
        let plan = json!({"resource_changes": [
            {"address": "a.a", "change": {"after": {"operations": ["No"]}}},
            {"address": "b.b", "change": {"after": {"operations": ["One", "Two"]}}},
        ]});
        assert_eq!(planned_operations(&plan, "b.b"), ["One", "Two"]);
    }

    #[test]
    #[should_panic(expected = "has no known operations")]
    fn unknown_operations_are_not_taken_for_none() {
        let plan = json!({"resource_changes": [
            {"address": "a.a", "change": {"after": {}, "after_unknown": {"operations": true}}},
        ]});
        planned_operations(&plan, "a.a");
    }

    #[test]
    fn reads_operations_of_a_state() {
        let state = json!({"values": {"root_module": {
            "resources": [{"address": "a.a", "values": {"operations": ["Root"]}}],
            "child_modules": [{"resources": [{"address": "module.m.a.a", "values": {"operations": ["Child"]}}]}],
        }}});
        assert_eq!(state_operations(&state, "a.a"), ["Root"]);
        assert_eq!(state_operations(&state, "module.m.a.a"), ["Child"]);
    }
}
