//! A long list of tables, with real Terraform: its plan shows the one that comes, wherever it stands, and nothing else.

use crate::support::bench::{Bench, bought_first, job_on_instance};

const TABLES: usize = 400;

/// The job of the bench with so many tables, and further ones first.
fn listed(first: &[&str]) -> String {
    let table = |name: &str| format!("    table {{\n      name = \"{name}\"\n    }}\n");
    let mut tables: String = first.iter().map(|name| table(name)).collect();
    tables.extend((0..TABLES).map(|n| table(&format!("table_{n:04}"))));
    let job = job_on_instance("SYNC", "");
    let begin = job.find("    table {").unwrap();
    let end = begin + job[begin..].find("    }\n").unwrap() + "    }\n".len();
    format!("{}{tables}{}", &job[..begin], &job[end..])
}

#[test]
fn the_plan_shows_the_one_table_that_comes() {
    let bench = Bench::immediate();
    let instance = bought_first("SYNC", "");
    bench.write(&[&instance, &listed(&[])]).apply().ok();
    bench.workspace.assert_plan_is_empty();
    bench.write(&[&instance, &listed(&["orders"])]);
    let shown = bench
        .workspace
        .run(&["plan", "-input=false", "-no-color"])
        .ok()
        .stdout;
    let changed: Vec<&str> = shown
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("+ ") || line.starts_with("- ") || line.starts_with("~ "))
        .filter(|line| line.contains("table") || line.contains("name "))
        .collect();
    assert_eq!(changed, ["+ table {", "+ name = \"orders\""], "{shown}");
    let mark = bench.mark();
    bench.apply().ok();
    assert_eq!(bench.changes_since(mark), ["ModifyDtsJob"]);
    // In another order it is the same.
    let reordered = listed(&["orders"])
        .replace("table_0001", "table_x")
        .replace("table_0002", "table_0001")
        .replace("table_x", "table_0002");
    bench.write(&[&instance, &reordered]);
    bench.workspace.assert_plan_is_empty();
}
