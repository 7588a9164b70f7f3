//! Pairs of engines that are certainly none (ADR 24). Of all others DTS decides, for which pairs it has grows with each of its
//! releases, and no call of the API tells them.

use crate::framework::Diagnostic;

/// What takes records of any source.
const QUEUES: [&str; 3] = ["KAFKA", "ROCKETMQ", "DATAHUB"];

/// Databases without MySQL's log, from which a Redis is filled, and that have no commands for it either.
const NOT_INTO_REDIS: [&str; 7] = ["MONGODB", "HBASE", "LINDORM", "MSSQL", "DB2", "AS400", "TERADATA"];

/// Relational databases that documents are not flattened into; into those of MySQL and PostgreSQL they are.
const NOT_FROM_MONGODB: [&str; 4] = ["MSSQL", "ORACLE", "DB2", "AS400"];

/// Why nothing goes from the one engine to the other, and what does; `None` where that is for DTS to say. In capitals.
fn none_between(source: &str, destination: &str) -> Option<&'static str> {
    match (source, destination) {
        ("REDIS", "REDIS") | ("MONGODB", "MONGODB") => None,
        ("REDIS", other) if !QUEUES.contains(&other) => Some(
            "A Redis is read as commands, which another Redis takes alone: from REDIS goes only to REDIS.",
        ),
        (_, "MONGODB") => {
            Some("A MongoDB is written from another MongoDB alone: to MONGODB goes only MONGODB.")
        }
        (other, "REDIS") if NOT_INTO_REDIS.contains(&other) => Some(
            "A Redis is written from another Redis, or from a MySQL and its kin: to REDIS goes REDIS or, for example, MYSQL.",
        ),
        ("MONGODB", other) if NOT_FROM_MONGODB.contains(&other) => Some(
            "Documents are flattened into databases of MySQL and PostgreSQL alone: from MONGODB goes to MONGODB or, for example, MYSQL or KAFKA.",
        ),
        _ => None,
    }
}

/// What to say of the engines of both ends, in whatever letters.
pub(super) fn check(source: &str, destination: &str) -> Option<Diagnostic> {
    let why = none_between(&source.to_ascii_uppercase(), &destination.to_ascii_uppercase())?;
    Some(Diagnostic::error(
        format!("DTS moves nothing from {source} to {destination}"),
        format!("{why} Choose another engine for one of the two ends."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dts::endpoint::Side;

    #[test]
    fn only_what_is_certain_is_refused() {
        for (source, destination, refused) in [
            ("REDIS", "MYSQL", true),
            ("Redis", "mongodb", true),
            ("REDIS", "ELK", true),
            ("REDIS", "REDIS", false),
            ("REDIS", "KAFKA", false),
            ("MYSQL", "MONGODB", true),
            ("HBASE", "MONGODB", true),
            ("MONGODB", "MSSQL", true),
            ("MONGODB", "REDIS", true),
            ("MSSQL", "REDIS", true),
            // All of them are documented.
            ("MYSQL", "REDIS", false),
            ("MYSQL", "ELK", false),
            ("MYSQL", "ORACLE", false),
            ("MONGODB", "MYSQL", false),
            ("MONGODB", "PolarDB", false),
            ("MONGODB", "ADB30", false),
            ("MONGODB", "GREENPLUM", false),
            ("MONGODB", "KAFKA", false),
            ("MONGODB", "LINDORM", false),
            ("MONGODB", "MONGODB", false),
        ] {
            assert_eq!(
                check(source, destination).is_some(),
                refused,
                "{source} to {destination}"
            );
        }
    }

    /// A word that no endpoint has would be a rule that never holds.
    #[test]
    fn every_engine_of_the_rules_is_one() {
        let is_of = |side: Side, engine: &&str| {
            let mut known = side.engines().iter();
            known.any(|known| known.eq_ignore_ascii_case(engine))
        };
        assert!(QUEUES.iter().all(|engine| is_of(Side::Destination, engine)));
        assert!(NOT_INTO_REDIS.iter().all(|engine| is_of(Side::Source, engine)));
        assert!(
            NOT_FROM_MONGODB
                .iter()
                .all(|engine| is_of(Side::Destination, engine))
        );
    }
}
