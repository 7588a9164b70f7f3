//! How much of structure and data a job has moved: that tells a migration which has come to its end from one that somebody stopped
//! on the way, for DTS calls both `Finished` (dts-api.md 3.2).

use crate::api;
use crate::dts::status::Stage;
use crate::framework::Object;

/// Percent of what the job is to move. `None` is what it does not move, and what DTS does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::dts) struct Extent {
    structure: Option<i64>,
    data: Option<i64>,
}

impl Extent {
    /// Of a job that has ended, by its phases, which only lists tell (dts-api.md 2.7).
    pub(in crate::dts) fn at_the_end(job: &api::JobDetail, phases: &api::JobDetail) -> Extent {
        let of = |wanted: Option<bool>, phase: &Option<api::PhaseStatus>| {
            phase
                .as_ref()
                .filter(|_| wanted == Some(true))
                .and_then(at_the_end)
        };
        Extent {
            structure: of(
                job.mode.structure_initialization,
                &phases.structure_initialization_status,
            ),
            data: of(job.mode.data_initialization, &phases.data_initialization_status),
        }
    }

    /// As a state has it, of a job that has ended and followed no changes: its end is that of these phases. A state that knows no
    /// progress says that nothing is missing.
    pub(super) fn recorded(state: &Object) -> Extent {
        let ended = Stage::of(state.str("status").unwrap_or_default()) == Stage::Finished;
        let follows = state.bool("data_synchronization") == Some(true);
        match state.object("progress").filter(|_| ended && !follows) {
            None => Extent::default(),
            Some(progress) => Extent {
                structure: progress.i64("structure"),
                data: progress.i64("data"),
            },
        }
    }

    /// Whether something is certainly missing.
    pub(in crate::dts) fn is_part(self) -> bool {
        [self.structure, self.data]
            .into_iter()
            .flatten()
            .any(|percent| percent < 100)
    }

    /// As a sentence has it.
    pub(in crate::dts) fn told(self) -> String {
        let parts = [("structure", self.structure), ("data", self.data)];
        let told = parts
            .into_iter()
            .filter_map(|(name, percent)| Some(format!("{name} {}%", percent?)));
        told.collect::<Vec<_>>().join(", ")
    }

    /// For a state: what DTS does not tell of a job that has ended is taken to be done.
    pub(super) fn percent(self, wanted: [Option<bool>; 2]) -> [Option<i64>; 2] {
        let [structure, data] = wanted.map(|wanted| (wanted == Some(true)).then_some(100));
        [
            structure.map(|all| self.structure.unwrap_or(all)),
            data.map(|all| self.data.unwrap_or(all)),
        ]
    }
}

/// Percent of a phase of a job that has ended; `None` where neither status nor percent is told. One that DTS calls unfinished
/// without a percent counts as not begun: nothing is certain to be there.
fn at_the_end(phase: &api::PhaseStatus) -> Option<i64> {
    let is = |status: &str| {
        phase
            .status
            .as_deref()
            .is_some_and(|found| found.eq_ignore_ascii_case(status))
    };
    if is("Finished") {
        return Some(100);
    }
    let percent = percent(phase);
    if is("Failed") {
        return Some(percent.unwrap_or(0).min(99));
    }
    percent.or(phase.status.as_ref().map(|_| 0))
}

/// DTS writes it as text, sometimes with decimals.
pub(super) fn percent(phase: &api::PhaseStatus) -> Option<i64> {
    phase.percent.as_deref()?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Value;

    fn phase(status: Option<&str>, percent: Option<&str>) -> Option<api::PhaseStatus> {
        Some(api::PhaseStatus {
            status: status.map(str::to_owned),
            percent: percent.map(str::to_owned),
            ..api::PhaseStatus::default()
        })
    }

    #[test]
    fn an_end_and_a_stop() {
        let job = api::JobDetail {
            mode: api::JobMode {
                structure_initialization: Some(true),
                data_initialization: Some(true),
                data_synchronization: Some(false),
            },
            ..api::JobDetail::default()
        };
        for (data, expected) in [
            (phase(Some("Finished"), Some("100")), Some(100)),
            (phase(Some("finished"), None), Some(100)),
            (phase(Some("Migrating"), Some("100")), Some(100)),
            (phase(Some("Migrating"), Some("40.7")), Some(40)),
            (phase(Some("NotStarted"), Some("0")), Some(0)),
            (phase(Some("Migrating"), None), Some(0)),
            (phase(Some("Failed"), Some("100")), Some(99)),
            (phase(None, Some("40")), Some(40)),
            (phase(None, None), None),
            (None, None),
        ] {
            let phases = api::JobDetail {
                structure_initialization_status: phase(Some("Finished"), Some("100")),
                data_initialization_status: data.clone(),
                ..api::JobDetail::default()
            };
            let moved = Extent::at_the_end(&job, &phases);
            assert_eq!(moved.data, expected, "{data:?}");
            assert_eq!(moved.is_part(), expected.is_some_and(|percent| percent < 100));
            let [structure, data] = moved.percent([Some(true); 2]);
            assert_eq!((structure, data), (Some(100), Some(expected.unwrap_or(100))));
        }
        // A phase that the job has not is no missing one.
        let only_data = api::JobDetail {
            structure_initialization_status: phase(Some("NotStarted"), Some("0")),
            data_initialization_status: phase(Some("Finished"), Some("100")),
            ..api::JobDetail::default()
        };
        let mut without = job;
        without.mode.structure_initialization = Some(false);
        let moved = Extent::at_the_end(&without, &only_data);
        assert!(!moved.is_part());
        assert_eq!(moved.told(), "data 100%");
        assert_eq!(moved.percent([Some(false), Some(true)]), [None, Some(100)]);
    }

    #[test]
    fn a_state_tells_it() {
        let state = |status: &str, progress: Value| {
            Object::new()
                .with("status", status)
                .with("data_synchronization", false)
                .with("progress", progress)
        };
        let part = || Value::Map(Object::new().with("structure", 100).with("data", 40));
        assert!(Extent::recorded(&state("Finished", part())).is_part());
        assert!(!Extent::recorded(&state("Migrating", part())).is_part());
        assert!(!Extent::recorded(&state("Finished", Value::Null)).is_part());
        assert!(!Extent::recorded(&state("Finished", Value::Unknown)).is_part());
        let follows = state("Finished", part()).with("data_synchronization", true);
        assert!(!Extent::recorded(&follows).is_part());
    }
}
