//! A local DTS for tests and demonstrations: see `docs/emulator.md`.

use std::{
    env,
    ffi::OsString,
    future::Future,
    io::{self, Write},
    process::ExitCode,
};

use serde_json::Value;
use terraform_provider_dts::emulator::{Emulator, Fixtures, Limits, Options};
use tokio::net::TcpListener;

const HELP: &str = "\
dts-emulator - a local Alibaba Cloud DTS (Data Transmission Service)

Usage: dts-emulator [OPTIONS]

Options, each with its environment variable:
  --listen ADDR               where to listen; port 0 picks a free one   [127.0.0.1:0]
                              DTS_EMULATOR_LISTEN
  --access-key-id ID          the key id that clients sign with          [testAccessKeyId]
                              DTS_EMULATOR_ACCESS_KEY_ID
  --access-key-secret SECRET  its secret                                 [testAccessKeySecret]
                              DTS_EMULATOR_ACCESS_KEY_SECRET
  --fixtures FILE             JSON: which databases exist                [everything exists]
                              DTS_EMULATOR_FIXTURES
  --lifecycle WHEN            when jobs move on: immediate, reads:N,     [immediate]
                              seconds:S
                              DTS_EMULATOR_LIFECYCLE
  --calls-per-second N        calls taken within a second; 0 for any     [0]
                              DTS_EMULATOR_CALLS_PER_SECOND
  --latency-ms MS             how much longer every answer takes         [0]
                              DTS_EMULATOR_LATENCY_MS
  --help, --version

The first line on standard output holds the URL. The emulator ends on SIGINT and SIGTERM.
";

/// What the command line asks for.
#[derive(Debug)]
enum Command {
    Serve { listen: String, options: Options },
    Say(String),
}

/// An option, its environment variable, and its default.
const OPTIONS: [(&str, &str, &str); 7] = [
    ("listen", "DTS_EMULATOR_LISTEN", "127.0.0.1:0"),
    ("access-key-id", "DTS_EMULATOR_ACCESS_KEY_ID", "testAccessKeyId"),
    (
        "access-key-secret",
        "DTS_EMULATOR_ACCESS_KEY_SECRET",
        "testAccessKeySecret",
    ),
    ("fixtures", "DTS_EMULATOR_FIXTURES", ""),
    ("lifecycle", "DTS_EMULATOR_LIFECYCLE", "immediate"),
    ("calls-per-second", "DTS_EMULATOR_CALLS_PER_SECOND", "0"),
    ("latency-ms", "DTS_EMULATOR_LATENCY_MS", "0"),
];

fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Command, String> {
    let mut values: Vec<Option<String>> = OPTIONS
        .iter()
        .map(|(_, variable, _)| environment(variable).filter(|value| !value.is_empty()))
        .collect();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        let lexopt::Arg::Long(name) = argument else {
            return Err(argument.unexpected().to_string());
        };
        match name {
            "help" => return Ok(Command::Say(HELP.to_owned())),
            "version" => {
                return Ok(Command::Say(format!(
                    "dts-emulator {}\n",
                    env!("CARGO_PKG_VERSION")
                )));
            }
            _ => {}
        }
        let Some(index) = OPTIONS.iter().position(|(known, ..)| *known == name) else {
            return Err(argument.unexpected().to_string());
        };
        let value = parser.value().map_err(|error| error.to_string())?;
        let value = value
            .into_string()
            .map_err(|value| format!("{} is not UTF-8", value.to_string_lossy()))?;
        values[index] = Some(value);
    }
    let mut values = values
        .into_iter()
        .zip(OPTIONS)
        .map(|(value, (.., default))| value.unwrap_or(default.to_owned()));
    let mut next = || values.next().unwrap_or_default();
    let (listen, access_key_id, access_key_secret, fixtures, lifecycle) =
        (next(), next(), next(), next(), next());
    let (calls, latency) = (next(), next());
    let number = |name: &str, text: &str| {
        text.parse::<u32>()
            .map_err(|_| format!("--{name}: {text:?} is no number of at least 0"))
    };
    let limits = Limits {
        calls_per_second: Some(number("calls-per-second", &calls)?).filter(|calls| *calls > 0),
        latency_ms: number("latency-ms", &latency)?.into(),
    };
    let lifecycle = lifecycle
        .parse()
        .map_err(|error| format!("--lifecycle: {error}"))?;
    let fixtures = (!fixtures.is_empty())
        .then(|| read_fixtures(&fixtures))
        .transpose()?;
    Ok(Command::Serve {
        listen,
        options: Options {
            access_key_id,
            access_key_secret,
            lifecycle,
            fixtures,
            limits,
        },
    })
}

fn read_fixtures(path: &str) -> Result<Value, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("--fixtures {path}: {error}");
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let fixtures: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    Fixtures::parse(fixtures.clone()).map_err(|error| wrong(&error))?;
    Ok(fixtures)
}

/// Ready when the process is asked to end.
#[cfg(unix)]
fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when the process is asked to end.
#[cfg(not(unix))]
fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

async fn run(listen: &str, options: Options) -> Result<(), String> {
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    // Before the line that tells others to begin, so that none of their signals is missed.
    let end = asked_to_end().map_err(|error| format!("cannot listen to signals: {error}"))?;
    let lifecycle = options.lifecycle;
    say(&format!(
        "dts-emulator listens on http://{address} (lifecycle {lifecycle})\n"
    ))?;
    Emulator::serve(listener, options, end)
        .await
        .map_err(|error| error.to_string())
}

/// Whoever reads standard output may be waiting for the line, so it is flushed.
fn say(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| format!("cannot write: {error}"))
}

fn main() -> ExitCode {
    let command = parse(env::args_os().skip(1), |name| env::var(name).ok());
    let (result, failure) = match command {
        Ok(Command::Say(text)) => (say(&text), 1),
        Ok(Command::Serve { listen, options }) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let result = runtime
                .map_err(|error| error.to_string())
                .and_then(|rt| rt.block_on(run(&listen, options)));
            (result, 1)
        }
        Err(error) => (Err(format!("{error} (see --help)")), 2),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "dts-emulator: {error}");
            ExitCode::from(failure)
        }
    }
}

#[cfg(test)]
mod tests {
    use terraform_provider_dts::emulator::Lifecycle;

    use super::*;

    fn check(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Command, String> {
        parse(
            std::iter::once("dts-emulator")
                .chain(arguments.iter().copied())
                .skip(1)
                .map(OsString::from),
            |name| {
                environment
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            },
        )
    }

    fn served(command: Result<Command, String>) -> (String, Options) {
        match command {
            Ok(Command::Serve { listen, options }) => (listen, options),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_defaults() {
        let (listen, options) = served(check(&[], &[]));
        assert_eq!(
            (listen.as_str(), options.access_key_id.as_str()),
            ("127.0.0.1:0", "testAccessKeyId")
        );
        assert_eq!(
            (options.access_key_secret.as_str(), options.lifecycle),
            ("testAccessKeySecret", Lifecycle::Immediate)
        );

        let environment = [
            ("DTS_EMULATOR_LISTEN", "[::1]:9"),
            ("DTS_EMULATOR_LIFECYCLE", "reads:3"),
            ("DTS_EMULATOR_ACCESS_KEY_ID", ""),
            ("DTS_EMULATOR_LATENCY_MS", "7"),
        ];
        let (listen, options) = served(check(
            &[
                "--lifecycle=seconds:1",
                "--access-key-secret",
                "s",
                "--calls-per-second",
                "20",
            ],
            &environment,
        ));
        assert_eq!(
            (listen.as_str(), options.access_key_id.as_str()),
            ("[::1]:9", "testAccessKeyId")
        );
        assert_eq!(
            (options.access_key_secret.as_str(), options.lifecycle),
            ("s", Lifecycle::Seconds(1.0))
        );
        let limits = Limits {
            calls_per_second: Some(20),
            latency_ms: 7,
        };
        assert_eq!(options.limits, limits);
    }

    #[test]
    fn says_what_is_wrong() {
        for (arguments, expected) in [
            (&["--port", "1"][..], "invalid option '--port'"),
            (&["-v"], "invalid option '-v'"),
            (&["here"], "unexpected argument \"here\""),
            (&["--listen"], "missing argument for option '--listen'"),
            (
                &["--lifecycle", "slow"],
                "--lifecycle: unknown lifecycle \"slow\"",
            ),
            (&["--fixtures", "no/such/file"], "--fixtures no/such/file: "),
            (&["--latency-ms", "-1"], "--latency-ms: \"-1\" is no number"),
        ] {
            let error = check(arguments, &[]).unwrap_err();
            assert!(error.contains(expected), "{arguments:?}: {error}");
        }
        assert!(matches!(check(&["--help"], &[]), Ok(Command::Say(text)) if text.contains("--fixtures")));
        assert!(
            matches!(check(&["--version"], &[]), Ok(Command::Say(text)) if text.starts_with("dts-emulator 0."))
        );
    }
}
