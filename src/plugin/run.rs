//! The whole life of the process, from what the program was started with to its exit code.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Builder;

use super::error::Error;
use super::handshake::Environment;
use super::log;
use super::serve::{self, Options};
use crate::framework::Service;

/// Threads that answer calls. One that is kept busy must not hold up Stop and Shutdown.
const WORKERS: usize = 2;

/// Serves `service` to the parent, or with `debug` to whoever gets the line on stdout, until the end.
///
/// `address` is the provider's source address in full. `clock` gives the time for lines of the log.
pub fn run(service: Arc<dyn Service>, address: &str, debug: bool, clock: fn() -> Timestamp) -> ExitCode {
    log::install(service.name(), clock);
    match attempt(service, address, debug) {
        Ok(()) => ExitCode::SUCCESS,
        // A person reads this; Terraform reads the log.
        Err(error) if debug || matches!(error, Error::NotAPlugin) => {
            // Nowhere to tell that stderr is closed, but the exit code.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn attempt(service: Arc<dyn Service>, address: &str, debug: bool) -> Result<(), Error> {
    let environment = Environment::from_process();
    if !debug {
        environment.require_parent()?;
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|source| Error::Runtime { source })?;
    let options = Options {
        address: address.to_owned(),
        debug,
        environment,
    };
    let result = runtime.block_on(serve::serve(&options, Arc::clone(&service)));
    service.end();
    // What still runs has nobody to answer to.
    runtime.shutdown_background();
    result
}
