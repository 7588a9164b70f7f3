//! A running command whose output is read while it runs, and that never runs for ever.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Outcome;

/// Far longer than any command of the tests takes on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(120);

enum Line {
    Stdout(String),
    Stderr(String),
}

/// A started command.
pub(crate) struct Running {
    command: String,
    child: Child,
    lines: Receiver<Line>,
    stdout: String,
    stderr: String,
    deadline: Instant,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {name}: {error}"));
        let (sender, lines) = channel();
        read(child.stdout.take().unwrap(), sender.clone(), Line::Stdout);
        read(child.stderr.take().unwrap(), sender, Line::Stderr);
        let deadline = Instant::now() + TIMEOUT;
        Self {
            command: name,
            child,
            lines,
            stdout: String::new(),
            stderr: String::new(),
            deadline,
        }
    }

    /// Waits until a line of either stream holds `text`, and gives it back; fails when the command ends without.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        while let Some(line) = self.next() {
            if line.contains(text) {
                return line;
            }
        }
        panic!(
            "{} ended without {text:?}\n{}{}",
            self.command, self.stdout, self.stderr
        );
    }

    /// Sends a signal, named as `kill` names it: `INT`, `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        send(name, self.child.id(), &self.command);
    }

    /// Sends a signal to what the command has started, which must be something.
    pub(crate) fn signal_children(&self, name: &str) {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let children = tasks
            .flatten()
            .map(|task| std::fs::read_to_string(task.path().join("children")));
        let children: Vec<u32> = children
            .flatten()
            .flat_map(|pids| pids.split_whitespace().flat_map(str::parse).collect::<Vec<_>>())
            .collect();
        assert!(!children.is_empty(), "{} has started nothing", self.command);
        // One of several may just have ended: Terraform starts others for each phase.
        let sent = children.into_iter().filter(|child| is_sent(name, *child)).count();
        assert!(
            sent > 0,
            "no SIG{name} could be sent to what {} has started",
            self.command
        );
    }

    /// Waits for the end.
    pub(crate) fn finish(mut self) -> Outcome {
        while self.next().is_some() {}
        let status = self.child.wait().unwrap();
        Outcome {
            command: self.command,
            status: status.code(),
            stdout: self.stdout,
            stderr: self.stderr,
        }
    }

    /// The next line, or none when both streams are closed.
    fn next(&mut self) -> Option<String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let (line, text) = match self.lines.recv_timeout(left) {
            Ok(Line::Stdout(line)) => (line, &mut self.stdout),
            Ok(Line::Stderr(line)) => (line, &mut self.stderr),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                self.child.kill().unwrap();
                panic!(
                    "{} (or something it started) still runs after {TIMEOUT:?}\n{}{}",
                    self.command, self.stdout, self.stderr
                );
            }
        };
        text.push_str(&line);
        text.push('\n');
        Some(line)
    }
}

fn send(name: &str, pid: u32, command: &str) {
    assert!(is_sent(name, pid), "no SIG{name} could be sent to {command}");
}

fn is_sent(name: &str, pid: u32) -> bool {
    let sent = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status()
        .unwrap();
    sent.success()
}

fn read(stream: impl Read + Send + 'static, sender: Sender<Line>, kind: fn(String) -> Line) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            // Nobody listens any more once a test has failed.
            if sender
                .send(kind(String::from_utf8_lossy(&line).into_owned()))
                .is_err()
            {
                return;
            }
        }
    });
}
