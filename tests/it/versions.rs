//! What each Terraform has, and what an older one says: the guide's table, row by row, on the Terraform of the tests and on the
//! newest.

use serde_json::json;

use crate::support::bench::{bought_first, job};
use crate::support::{PROVIDER_SOURCE, Workspace, cli_version, repository};

const GUIDE: &str = "docs/guides/terraform-versions.md";

/// One row of the table: a configuration that uses the feature.
struct Feature {
    /// In the first cell.
    named: &'static str,
    configuration: String,
    told_by: ToldBy,
}

/// Which command an older Terraform refuses.
enum ToldBy {
    Validate,
    /// By [`ToldBy::Validate`], but by this one, which takes it and does nothing. The row says so.
    ValidateBut((u32, u32)),
    /// Where there is a state. A newer one asks DTS then, which other tests are for.
    Plan,
    /// It has no such command. The list is a file of its own, which `validate -query` reads.
    Query(&'static str),
}

fn features() -> Vec<Feature> {
    let instance = bought_first("SYNC", "");
    let feature = |named, configuration| Feature {
        named,
        configuration,
        told_by: ToldBy::Validate,
    };
    let write_only = job("m", "MIGRATION", "");
    let write_only = write_only.replacen("password      =", "password_wo_version = 1\n    password_wo =", 1);
    vec![
        feature("resources", instance.clone()),
        feature(
            "`removed`",
            "removed {\n  from = dts_instance.m\n  lifecycle {\n    destroy = false\n  }\n}\n".to_owned(),
        ),
        feature(
            "functions",
            "output \"o\" {\n  value = provider::dts::db_list({ dtsdb = {} })\n}\n".to_owned(),
        ),
        Feature {
            told_by: ToldBy::Plan,
            ..feature(
                "alicloud",
                format!(
                    "{instance}moved {{\n  from = alicloud_dts_instance.m\n  to   = dts_instance.m\n}}\n"
                ),
            )
        },
        feature(
            "ephemeral",
            "variable \"v\" {\n  ephemeral = true\n}\n".to_owned(),
        ),
        feature("`password_wo`", write_only),
        feature(
            "`identity`",
            format!(
                "{instance}import {{\n  to = dts_instance.m\n  identity = {{\n    id = \"dtsx\"\n  }}\n}}\n"
            ),
        ),
        Feature {
            told_by: ToldBy::ValidateBut((1, 13)),
            ..feature(
                "actions",
                "action \"dts_suspend_job\" \"m\" {\n  config {\n    job_id = \"x\"\n  }\n}\n".to_owned(),
            )
        },
        Feature {
            told_by: ToldBy::Query("list \"dts_instance\" \"all\" {\n  provider = dts\n}\n"),
            ..feature("`terraform query`", String::new())
        },
    ]
}

/// The rows of the guide: the feature, its version, what an older Terraform says.
fn rows(guide: &str) -> Vec<(String, (u32, u32), String)> {
    let mut rows = Vec::new();
    for line in guide.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some((Ok(major), Ok(minor))) = cells
            .get(1)
            .and_then(|version| version.split_once('.'))
            .map(|(major, minor)| (major.parse(), minor.parse()))
        else {
            continue;
        };
        let told = cells[2].trim_matches('`').to_owned();
        rows.push((cells[0].to_owned(), (major, minor), told));
    }
    rows
}

/// Something that the alicloud provider recorded.
fn recorded() -> String {
    json!({"version": 4, "terraform_version": "1.6.0", "serial": 1, "lineage": "0c5b7f4e-0000-4000-8000-000000000000", "outputs": {},
        "resources": [{"mode": "managed", "type": "alicloud_dts_instance", "name": "m",
            "provider": "provider[\"registry.terraform.io/aliyun/alicloud\"]",
            "instances": [{"schema_version": 0, "attributes": {"id": "dtsx"}}]}], "check_results": null})
    .to_string()
}

fn check(newest: bool, version: (u32, u32)) {
    let rows = rows(&std::fs::read_to_string(repository().join(GUIDE)).unwrap());
    let features = features();
    assert_eq!(rows.len(), features.len(), "each row has its test: {rows:?}");
    for ((row, since, told), feature) in rows.iter().zip(features) {
        assert!(row.contains(feature.named), "{row} is not {}", feature.named);
        let mut workspace = Workspace::new(None).standing_in_for("registry.terraform.io/aliyun/alicloud");
        if newest {
            workspace = workspace.on_newest();
        }
        let head = format!(
            "terraform {{\n  required_providers {{\n    dts = {{ source = \"{PROVIDER_SOURCE}\" }}\n    alicloud = {{ source = \
             \"registry.terraform.io/aliyun/alicloud\" }}\n  }}\n}}\nprovider \"dts\" {{\n  region = \"cn-hangzhou\"\n}}\n"
        );
        workspace.write("main.tf", &(head + &feature.configuration));
        if let ToldBy::Query(list) = feature.told_by {
            workspace.write("all.tfquery.hcl", list);
        }
        if version >= *since {
            match feature.told_by {
                ToldBy::Query(_) => workspace.run(&["validate", "-no-color", "-query"]).ok(),
                _ => workspace.validate().ok(),
            };
            continue;
        }
        // `Error text`, perhaps with what another version does.
        let (told, of_others) = told.split_once("`; ").unwrap_or((told, ""));
        if matches!(feature.told_by, ToldBy::ValidateBut(mute) if mute == version) {
            workspace.validate().ok();
            let does = format!("{}.{} takes the block and does nothing", version.0, version.1);
            assert_eq!(of_others, does, "{row}");
            continue;
        }
        let refused = match feature.told_by {
            ToldBy::Validate | ToldBy::ValidateBut(_) => workspace.validate(),
            ToldBy::Plan => {
                workspace.write("terraform.tfstate", &recorded());
                workspace.run(&["plan", "-no-color", "-input=false", "-refresh=false"])
            }
            ToldBy::Query(_) => workspace.run(&["query", "-no-color"]),
        };
        let refused = refused.fails();
        let said = format!("{} {}", refused.stdout, refused.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(told), "{row}: {told:?}{}", refused.report());
    }
}

#[test]
fn each_feature_from_the_version_that_has_it() {
    check(false, cli_version());
    check(true, (1, 15));
}

#[test]
fn the_lowest_version_is_told_everywhere() {
    let (_, (major, minor), _) = &rows(&std::fs::read_to_string(repository().join(GUIDE)).unwrap())[0];
    let lowest = format!("Terraform {major}.{minor}");
    for path in [GUIDE, "README.md", "CHANGELOG.md"] {
        let text = std::fs::read_to_string(repository().join(path)).unwrap();
        assert!(text.contains(&lowest), "{path} does not name {lowest}");
    }
    let required = format!("required_version = \">= {major}.{minor}\"");
    let example = std::fs::read_to_string(repository().join("examples/provider/provider.tf")).unwrap();
    assert!(example.contains(&required), "{example}");
    // The matrix begins there.
    let makefile = std::fs::read_to_string(repository().join("GNUmakefile")).unwrap();
    assert!(
        makefile.contains(&format!("VERSIONS ?= {major}.{minor}.")),
        "{makefile}"
    );
}
