//! The provider's process: flags, logging, serving.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use lexopt::prelude::*;
use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::{Dts, SOURCE_ADDRESS};
use terraform_provider_dts::framework::Server;
use terraform_provider_dts::plugin::handshake::Environment;
use terraform_provider_dts::plugin::{Error, log, serve};

const NAME: &str = "dts";
const HELP: &str = "\
Terraform provider for Alibaba Cloud Data Transmission Service (DTS).

Terraform starts this program; it does nothing useful by itself.

  --debug     serve until Ctrl-C and print the variable that makes Terraform use this process
  --version   print the version
  --help      print this text
";

fn main() -> ExitCode {
    let mut debug = false;
    let mut flags = lexopt::Parser::from_env();
    loop {
        match flags.next() {
            Ok(None) => break,
            Ok(Some(Long("debug"))) => debug = true,
            Ok(Some(Long("version") | Short('V'))) => {
                return say(&format!("{}\n", env!("CARGO_PKG_VERSION")));
            }
            Ok(Some(Long("help") | Short('h'))) => return say(HELP),
            Ok(Some(other)) => return complain(&format!("{}. Try --help.", other.unexpected())),
            Err(error) => return complain(&format!("{error}. Try --help.")),
        }
    }
    log::install(NAME, jiff::Timestamp::now);
    match run(debug) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if debug || matches!(error, Error::NotAPlugin) => complain(&error.to_string()),
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(debug: bool) -> Result<(), Error> {
    let environment = Environment::from_process();
    if !debug {
        environment.require_parent()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|source| Error::Runtime { source })?;
    let options = serve::Options {
        address: SOURCE_ADDRESS.to_owned(),
        debug,
        environment,
    };
    let service = Arc::new(Server::new(Dts::new(Context::system())));
    let result = runtime.block_on(serve::serve(&options, &mut std::io::stdout(), service));
    // What still runs has nobody to answer to.
    runtime.shutdown_background();
    result
}

fn say(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(text: &str) -> ExitCode {
    // Nowhere to tell that stderr is closed, but the exit code.
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::FAILURE
}
