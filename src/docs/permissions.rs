//! The guide to the smallest policy: one for each object, ready to be copied.

use std::fmt::Write as _;

use super::Files;

/// The page, below `docs/`. `objects` are type names with the actions that each needs, the service in front.
pub fn guide(objects: &[(&str, Vec<String>)]) -> Files {
    let mut out = String::from(
        "---\n# Made by `make generate`: do not edit.\npage_title: \"The smallest RAM policy\"\ndescription: |-\n  What a RAM user or role must be \
         allowed for each resource, data source, list and action, and no more.\n---\n\n# The smallest RAM policy\n\nWhat a RAM user or role must be allowed for each \
         resource, data source (`data.`), list (`list.`) and action (`action.`). A configuration needs the actions of all that it uses; actions that only read are enough for `terraform \
         plan`. Tests run them against the emulator and compare what was called with these lists.\n\nThe permission to assume a \
         role (`sts:AssumeRole`) is not listed: it belongs to the user whose keys the provider is given.\n",
    );
    for (object, actions) in objects {
        let quoted: Vec<String> = actions
            .iter()
            .map(|action| format!("        \"{action}\""))
            .collect();
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "\n## `{object}`\n\n```json\n{{\n  \"Version\": \"1\",\n  \"Statement\": [\n    {{\n      \"Effect\": \"Allow\",\n      \"Action\": \
             [\n{}\n      ],\n      \"Resource\": \"*\"\n    }}\n  ]\n}}\n```\n",
            quoted.join(",\n")
        );
    }
    Files::from([("guides/ram-policy.md".to_owned(), out)])
}
