//! What happens to jobs though no call asked for it: they fail, struggle, fall behind, or take their time. The test's
//! side writes it down, for a job that is there or one to come.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    model::{Failure, Job, Stage, Status},
    transition::Passing,
};

/// What happens to the jobs that it is written for.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Script {
    failure: Option<Failing>,
    /// The job shows `Retrying`.
    pub(crate) retrying: Option<Retrying>,
    /// How far behind its source the job is.
    pub(crate) delay_ms: Option<i64>,
    /// How far structure and full load have come; they go on once both are 100.
    pub(crate) progress: Option<Progress>,
    /// The job shows `Locked`, as after arrears.
    pub(crate) locked: bool,
}

/// A failure that will strike.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Failing {
    stage: Stage,
    #[serde(default = "Failing::code")]
    code: String,
    #[serde(default = "Failing::message")]
    message: String,
    /// How many times: each start runs into it again.
    #[serde(default = "Failing::once")]
    times: u32,
}

impl Failing {
    /// Seen in the service's documents.
    fn code() -> String {
        "DTS-070211".to_owned()
    }

    fn message() -> String {
        "the emulator was told to fail here".to_owned()
    }

    fn once() -> u32 {
        1
    }
}

/// What the service retries by itself.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retrying {
    pub(crate) message: String,
    /// The code of the module, such as `03`.
    pub(crate) module: String,
    /// `srcDB`, `destDB` or `inner_module`.
    pub(crate) target: String,
    pub(crate) count: u32,
}

impl Default for Retrying {
    fn default() -> Self {
        Self {
            message: "the database does not answer".to_owned(),
            module: "04".to_owned(),
            target: "srcDB".to_owned(),
            count: 1,
        }
    }
}

/// Percent of the two parts of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    #[serde(default = "Progress::all")]
    pub(crate) structure: u8,
    #[serde(default = "Progress::all")]
    pub(crate) full: u8,
}

impl Progress {
    fn all() -> u8 {
        100
    }
}

/// The scripts, by the id or the name of the jobs that they are for, or `*`.
#[derive(Debug, Default)]
pub(crate) struct Scripts(BTreeMap<String, Script>);

impl Scripts {
    /// Takes one script: its members and `job`. It replaces the one before for that job; without members, it takes
    /// that one away.
    pub(crate) fn set(&mut self, mut script: Value) -> Result<(), String> {
        let job = script
            .as_object_mut()
            .and_then(|members| members.remove("job"))
            .and_then(|job| job.as_str().map(str::to_owned))
            .ok_or(r#"an object with "job" (an id, a name, or *) is expected"#)?;
        let script: Script = serde_json::from_value(script).map_err(|error| error.to_string())?;
        if let Some(progress) = script.progress
            && progress.structure.max(progress.full) > 100
        {
            return Err("progress is in percent".to_owned());
        }
        if script == Script::default() {
            self.0.remove(&job);
        } else {
            self.0.insert(job, script);
        }
        Ok(())
    }

    fn key<'j>(&self, job: &'j Job) -> Option<&'j str> {
        [job.id.as_str(), &job.name, "*"]
            .into_iter()
            .find(|key| self.0.contains_key(*key))
    }

    /// The script of a job: by its id, else by its name, else that of every job.
    pub(crate) fn of(&self, job: &Job) -> Option<&Script> {
        self.0.get(self.key(job)?)
    }

    /// Whether the load of a job is held where it is.
    pub(crate) fn hold(&self, job: &Job) -> bool {
        let progress = self.of(job).and_then(|script| script.progress);
        progress.is_some_and(|progress| progress.structure.min(progress.full) < 100)
    }

    /// The failure that strikes a job where it is now, if one does.
    pub(crate) fn strike(&mut self, job: &Job) -> Option<Failure> {
        if self.0.is_empty() {
            return None;
        }
        let key = self.key(job)?.to_owned();
        let script = self.0.get_mut(&key)?;
        let failing = script.failure.as_mut()?;
        if !job.stages().contains(&failing.stage) {
            return None;
        }
        failing.times = failing.times.saturating_sub(1);
        let failure = Failure {
            stage: failing.stage,
            code: failing.code.clone(),
            message: failing.message.clone(),
        };
        if failing.times == 0 {
            script.failure = None;
        }
        Some(failure)
    }

    /// How far structure and full load of a job have come, in percent.
    pub(crate) fn progress(&self, job: &Job, elapsed: usize) -> Progress {
        if job.loaded {
            return Progress {
                structure: 100,
                full: 100,
            };
        }
        let reached = job.reached.unwrap_or(Progress {
            structure: 0,
            full: 0,
        });
        if job.status == Status::Finished {
            return reached;
        }
        let scripted = self.of(job).and_then(|script| script.progress);
        scripted.unwrap_or_else(|| {
            // Of the time that a load takes, the first half is for the structure.
            let part = |from: usize| u8::try_from((elapsed.saturating_sub(from) * 2).min(100)).unwrap_or(100);
            match job.passing {
                Some((Passing::Load, _)) => Progress {
                    structure: part(0).max(reached.structure),
                    full: part(50).max(reached.full),
                },
                _ => reached,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::emulator::model::Kind;

    #[test]
    fn the_nearest_script_holds() {
        let mut job = Job::new("id1".to_owned(), Kind::Sync, "r", Timestamp::UNIX_EPOCH);
        job.name = "orders".to_owned();
        let mut scripts = Scripts::default();
        assert!(scripts.of(&job).is_none());
        for (key, delay) in [("*", 1), ("orders", 2), ("id1", 3)] {
            scripts.set(json!({"job": key, "delay_ms": delay})).unwrap();
            assert_eq!(scripts.of(&job).unwrap().delay_ms, Some(delay));
        }
        scripts.set(json!({"job": "id1"})).unwrap();
        assert_eq!(
            scripts.of(&job).unwrap().delay_ms,
            Some(2),
            "an empty one takes it away"
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (script, expected) in [
            (json!([]), "an object with \"job\""),
            (json!({"job": 7}), "an object with \"job\""),
            (
                json!({"job": "*", "failure": {"stage": "late"}}),
                "unknown variant `late`",
            ),
            (json!({"job": "*", "delay": 1}), "unknown field `delay`"),
            (json!({"job": "*", "progress": {"full": 101}}), "in percent"),
        ] {
            let error = Scripts::default().set(script.clone()).unwrap_err();
            assert!(error.contains(expected), "{script}: {error}");
        }
    }
}
