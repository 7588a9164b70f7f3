//! What is wrong with what a job moves, and with its further settings.

use super::body::{Body, job};
use super::{Case, Expected, check, error};

#[test]
fn one_of_two_ways() {
    let list = r#"jsonencode({ dtsdb = { name = "dtsdb", all = true } })"#;
    check(&[
        Case::new(job().without("database").set("db_list", list), []),
        Case::new(
            job().set("db_list", list),
            [error(
                r#"db_list = jsonencode({ dtsdb = { name = "dtsdb", all = true } })"#,
                "db_list cannot be set together with database blocks",
                "Remove `db_list` or the `database` blocks",
            )],
        ),
        Case::new(
            job().without("database"),
            [error(
                r#"resource "dts_job" "r2" {"#,
                "Nothing to move",
                "add at least one `database` block, or set `db_list`",
            )],
        ),
    ]);
}

/// `db_list` written as `expression`, which must be refused at that line, with `detail`.
fn db_list(expression: &str, line: &'static str, detail: &'static str) -> Case {
    Case::new(
        job().without("database").set("db_list", expression),
        [error(line, "Invalid value for db_list", detail)],
    )
}

#[test]
fn malformed_db_lists() {
    macro_rules! refused {
        ($($expression:literal => $detail:literal),+ $(,)?) => {
            vec![$(db_list($expression, concat!("db_list = ", $expression), $detail)),+]
        };
    }
    let cases = refused![
        r#""""# => "no JSON",
        r#""dtsdb""# => "no JSON",
        r#""{""# => "no JSON",
        r#"jsonencode("dtsdb")"# => "no object of databases",
        r#"jsonencode(["dtsdb"])"# => "no object of databases",
        r#"jsonencode(null)"# => "no object of databases",
        r#"jsonencode({})"# => "names no database",
        r#"jsonencode({ dtsdb = true })"# => "The entry of database \"dtsdb\" is no object",
        r#"jsonencode({ dtsdb = ["person"] })"# => "The entry of database \"dtsdb\" is no object",
        r#"jsonencode({ "" = { name = "dtsdb", all = true } })"# => "database without a name",
        r#"jsonencode({ dtsdb = { name = 5, all = true } })"# => "`name` of database \"dtsdb\" is no text",
        r#"jsonencode({ dtsdb = { name = "", all = true } })"# => "`name` of database \"dtsdb\" is empty",
        r#"jsonencode({ dtsdb = { name = "dtsdb", all = "maybe" } })"# => "neither true nor false",
        r#"jsonencode({ dtsdb = { name = "dtsdb", all = false } })"# => "Set `all = true`, or list the tables",
        r#"jsonencode({ dtsdb = { all = true, Table = { person = {} } } })"# => "Set `all = false`, or remove the tables",
        r#"jsonencode({ dtsdb = { all = false, Table = ["person"] } })"# => "`Table` of database \"dtsdb\" is no object",
        r#"jsonencode({ dtsdb = { all = false, Table = { person = "x" } } })"# => "The entry of table \"person\"",
        r#"jsonencode({ dtsdb = { all = false, Table = { person = { name = 1 } } } })"# => "`name` of table \"person\"",
    ];
    check(&cases);
}

#[test]
fn malformed_settings() {
    let of = |expression: &str, line: &'static str, detail: &'static str| {
        Case::new(
            job().set("reserve", expression),
            [error(line, "Invalid value for reserve", detail)],
        )
    };
    check(&[
        of(
            r#""targetTableMode""#,
            r#"reserve = "targetTableMode""#,
            "no JSON",
        ),
        of(r#"jsonencode([1])"#, r#"reserve = jsonencode([1])"#, "no object"),
        of(r#""""#, r#"reserve = """#, "no JSON"),
        of(
            r#"jsonencode({ autoStartModulesAfterConfig = "none" })"#,
            r#"reserve = jsonencode({ autoStartModulesAfterConfig = "none" })"#,
            "Remove the key and set `desired_status`",
        ),
    ]);
}

#[test]
fn names_given_twice() {
    let twice = job().with_block(Body::block("database").set("name", r#""dtsdb" # again"#));
    let table = job().with_block_in(
        "database",
        Body::block("table")
            .set("name", r#""person""#)
            .set("new_name", r#""another""#),
    );
    let line = r#"name = "dtsdb" # again"#;
    // Tables are a set, whose elements have no line of their own. Two that are alike are one.
    let of_table = r#"name = "dtsdb""#;
    let merge: fn(&'static str, &'static str) -> [Expected; 1] =
        |line, summary| [error(line, summary, "Merge the two")];
    check(&[
        Case::new(twice, merge(line, "Two database blocks for \"dtsdb\"")),
        Case::new(table, merge(of_table, "Two table blocks for \"person\"")),
        Case::new(
            job().set("database.name", r#""""#),
            [error(
                r#"name = """#,
                "Invalid value for name",
                "must not be empty",
            )],
        ),
        // Another database may well have a table of that name.
        Case::new(
            job()
                .with_block(Body::block("database").set("name", r#""other""#))
                .with_block_in("database#1", Body::block("table").set("name", r#""person""#)),
            [],
        ),
    ]);
}
