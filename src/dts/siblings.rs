//! What the processes of one Terraform know of each other. Terraform starts a provider for each of its configurations (aliases)
//! and for each phase, and tells none of the others; what they make in one account cannot be told apart by DTS.
//!
//! They meet in a directory of the process that started them, which holds what each has and a lock for each kind of thing that is
//! made. Where there is none (not on Linux, or the directory cannot be made) each knows only itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, DirEntry, File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use crate::api;
use crate::api::context::{numbering, started};

/// Then where the process numbers are from, the number of the process, and when it was started.
const PREFIX: &str = "terraform-provider-dts-";

/// The file of ids, one on a line.
const CLAIMS: &str = "claims";

/// No run takes as long: how old the place of a process is whose number tells nothing here, before it is removed.
const OLD: Duration = Duration::from_secs(7 * 24 * 3600);

/// The file of processes that have planned to make something, each a line with its number and region.
const PLANS: &str = "plans";

/// How often to look whether a turn has come.
const LOOK: Duration = Duration::from_millis(100);

/// The processes of one Terraform.
#[derive(Debug, Default)]
pub struct Siblings {
    /// Tells this process from the others.
    me: u64,
    /// Where plans were noted already, by region.
    planned: Mutex<BTreeSet<String>>,
    /// Where they meet: `None` for a process that is alone.
    place: Option<PathBuf>,
    /// Made when first needed.
    ready: OnceLock<bool>,
    turns: Mutex<BTreeMap<PathBuf, Slot>>,
}

/// The lock of a kind, while somebody in this process holds it.
type Slot = Arc<tokio::sync::Mutex<Weak<File>>>;

/// While it is held, no other process makes anything of the kind; in this one others share it.
#[derive(Debug)]
pub(super) struct Turn {
    _lock: Option<Arc<File>>,
}

impl Siblings {
    /// Those that the process which started this one has started; they meet below `temporary`, where every user may write.
    #[must_use]
    pub fn of_parent(temporary: &Path) -> Siblings {
        Siblings::of(std::os::unix::process::parent_id(), temporary)
    }

    /// Those of another process's.
    #[must_use]
    pub fn of(parent: u32, temporary: &Path) -> Siblings {
        let named = |started: u64| Some(temporary.join(format!("{PREFIX}{}-{parent}-{started}", world()?)));
        Siblings::at(started(parent).and_then(named))
    }

    fn at(place: Option<PathBuf>) -> Siblings {
        Siblings {
            me: fastrand::u64(..),
            place,
            ..Siblings::default()
        }
    }

    /// Where they meet, if they can.
    fn place(&self) -> Option<&Path> {
        let place = self.place.as_deref()?;
        let ready = self.ready.get_or_init(|| match make(place) {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "other processes of this run are not heard of");
                false
            }
        });
        ready.then_some(place)
    }

    /// A resource of this process has it.
    pub(super) fn tell(&self, id: &str) {
        self.write(CLAIMS, id);
    }

    fn write(&self, name: &str, line: &str) {
        let Some(place) = self.place() else { return };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(place.join(name));
        // One write, so that lines of several processes do not mix.
        let told = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        if let Err(error) = told {
            tracing::debug!(%error, "other processes of this run do not hear of {line}");
        }
    }

    /// This process plans to make something in a region.
    pub(super) fn plan(&self, region: &str) {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        if planned.insert(region.to_owned()) {
            self.write(PLANS, &format!("{} {region}", self.me));
        }
    }

    /// Whether another one did. An apply plans once more what it makes, so that this process proves nothing; the one that planned
    /// before it, for the same Terraform, is another.
    pub(super) fn have_planned(&self, region: &str) -> bool {
        let plans = self
            .place()
            .and_then(|place| fs::read_to_string(place.join(PLANS)).ok());
        plans.is_some_and(|plans| {
            let mut lines = plans.lines().filter_map(|line| line.split_once(' '));
            lines.any(|(process, there)| there == region && process != self.me.to_string())
        })
    }

    /// Whether a resource of any of them has it.
    pub(super) fn have(&self, id: &str) -> bool {
        let claims = self
            .place()
            .and_then(|place| fs::read_to_string(place.join(CLAIMS)).ok());
        claims.is_some_and(|claims| claims.lines().any(|line| line == id))
    }

    /// Waits until no other process makes anything of the kind, or until `api` is cancelled.
    pub(super) async fn turn(&self, kind: &str, api: &api::Client) -> Turn {
        let Some(path) = self
            .place()
            .map(|place| place.join(format!("turn-{}", hashed(kind))))
        else {
            return Turn { _lock: None };
        };
        let slot = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(path.clone()).or_default())
        };
        let mut held = slot.lock().await;
        if let Some(lock) = held.upgrade() {
            return Turn { _lock: Some(lock) };
        }
        let Ok(file) = File::create(&path) else {
            return Turn { _lock: None };
        };
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            tokio::select! {
                () = api.cancelled() => return Turn { _lock: None },
                () = api.clock().sleep(LOOK) => {}
            }
        }
        let lock = Arc::new(file);
        *held = Arc::downgrade(&lock);
        Turn { _lock: Some(lock) }
    }
}

/// The word for where process numbers are from.
fn world() -> Option<String> {
    Some(hashed(&numbering()?))
}

fn hashed(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Makes the place, and removes those of processes that are gone: each run would leave one, and every other look at it.
fn make(place: &Path) -> std::io::Result<()> {
    if place.is_dir() {
        return is_ours(place);
    }
    let here = world();
    for entry in place
        .parent()
        .into_iter()
        .flat_map(fs::read_dir)
        .flatten()
        .flatten()
    {
        let name = entry.file_name();
        let Some(other) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        if is_gone(other, here.as_deref()).unwrap_or_else(|| is_old(&entry)) {
            // Another user's stays.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    match DirBuilder::new().mode(0o700).create(place) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => is_ours(place),
        made => made,
    }
}

/// Whether a process that has a place is gone: `None` where that cannot be seen, for its number is from another container or machine.
fn is_gone(place: &str, here: Option<&str>) -> Option<bool> {
    let (there, process) = place.split_once('-')?;
    let (process, start) = process.split_once('-')?;
    if Some(there) != here {
        return None;
    }
    Some(started(process.parse().ok()?) != start.parse().ok())
}

fn is_old(entry: &DirEntry) -> bool {
    let changed = entry.metadata().and_then(|there| there.modified()).ok();
    changed.is_some_and(|changed| changed.elapsed().is_ok_and(|age| age > OLD))
}

/// Nobody else may have put anything there: the names in a directory for everybody's files can be guessed.
fn is_ours(place: &Path) -> std::io::Result<()> {
    let there = fs::symlink_metadata(place)?;
    let ours = there.is_dir()
        && there.mode().trailing_zeros() >= 6
        && there.uid() == fs::metadata("/proc/self")?.uid();
    ours.then_some(()).ok_or(ErrorKind::PermissionDenied.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing;

    fn two() -> (tempfile::TempDir, Siblings, Siblings) {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("place");
        let one = || Siblings::at(Some(place.clone()));
        (dir, one(), one())
    }

    #[test]
    fn what_one_has_all_know() {
        let (_dir, one, other) = two();
        assert!(!other.have("dtsa"));
        one.tell("dtsa");
        other.tell("dtsb");
        for each in [&one, &other] {
            assert!(each.have("dtsa") && each.have("dtsb"));
            assert!(!each.have("dts") && !each.have(""));
        }
        let alone = Siblings::default();
        alone.tell("dtsa");
        assert!(!alone.have("dtsa"));
    }

    #[test]
    fn a_plan_counts_for_the_other_processes_of_the_run() {
        let (_dir, one, other) = two();
        one.plan("cn-hangzhou");
        one.plan("cn-hangzhou");
        assert!(!one.have_planned("cn-hangzhou"));
        assert!(other.have_planned("cn-hangzhou") && !other.have_planned("cn-beijing"));
        other.plan("cn-hangzhou");
        assert!(one.have_planned("cn-hangzhou"));
        let alone = Siblings::default();
        alone.plan("cn-hangzhou");
        assert!(!alone.have_planned("cn-hangzhou"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_kind_is_made_by_one_process_at_a_time() {
        let (_dir, one, other) = two();
        let api = testing::client(&testing::FakeTransport::new([]));
        let first = one.turn("instance", &api).await;
        let shared = one.turn("instance", &api).await;
        let elsewhere = other.turn("job", &api).await;
        let waiting = other.turn("instance", &api);
        tokio::pin!(waiting);
        for held in [first, shared] {
            let waited = tokio::time::timeout(Duration::from_secs(60), &mut waiting).await;
            assert!(waited.is_err(), "while somebody holds it");
            drop(held);
        }
        drop(elsewhere);
        let turn = tokio::time::timeout(Duration::from_secs(60), waiting)
            .await
            .unwrap();
        assert!(turn._lock.is_some());
    }

    #[test]
    fn places_of_processes_that_are_gone_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let myself = std::process::id();
        let started = started(myself).unwrap();
        let here = world().unwrap();
        let place = |world: &str, process: u32, started: u64| {
            dir.path().join(format!("{PREFIX}{world}-{process}-{started}"))
        };
        let elsewhere = [place("elsewhere", u32::MAX, 1), place("elsewhere", u32::MAX, 2)];
        let gone = [place(&here, myself, started + 1), place(&here, u32::MAX, 1)];
        for place in gone.iter().chain(&elsewhere) {
            fs::create_dir(place).unwrap();
            fs::write(place.join(CLAIMS), "dtsb\n").unwrap();
        }
        let long_ago = std::time::UNIX_EPOCH;
        File::open(&elsewhere[0]).unwrap().set_modified(long_ago).unwrap();
        fs::write(dir.path().join("somebody-s"), "").unwrap();
        let mine = Siblings::of(myself, dir.path());
        mine.tell("dtsa");
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        left.sort();
        let mut expected = [
            dir.path().join("somebody-s"),
            place(&here, myself, started),
            elsewhere[1].clone(),
        ];
        expected.sort();
        assert_eq!(left, expected);
        assert!(mine.have("dtsa"));
    }

    #[test]
    fn a_place_that_others_could_write_to_is_none() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("place");
        fs::create_dir(&place).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).unwrap();
        let one = Siblings::at(Some(place.clone()));
        one.tell("dtsa");
        assert_eq!(fs::read_dir(place).unwrap().count(), 0);
        assert!(!one.have("dtsa"));
    }
}
