//! The provider's process: flags, then serving.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use lexopt::prelude::*;
use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::siblings::Siblings;
use terraform_provider_dts::dts::{Dts, SOURCE_ADDRESS};
use terraform_provider_dts::framework::Server;
use terraform_provider_dts::plugin::run::run;

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
            Ok(Some(Long("version") | Short('V'))) => return say(concat!(env!("CARGO_PKG_VERSION"), "\n")),
            Ok(Some(Long("help") | Short('h'))) => return say(HELP),
            Ok(Some(other)) => return complain(&other.unexpected()),
            Err(error) => return complain(&error),
        }
    }
    // In debug mode a person has started this process, and several runs of Terraform use it.
    let siblings = if debug {
        Siblings::default()
    } else {
        Siblings::of_parent(&std::env::temp_dir())
    };
    let service = Arc::new(Server::new(Dts::new(Context::system()).among(siblings)));
    run(service, SOURCE_ADDRESS, debug, jiff::Timestamp::now)
}

fn say(text: &str) -> ExitCode {
    let said = std::io::stdout().write_all(text.as_bytes());
    said.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn complain(error: &lexopt::Error) -> ExitCode {
    // Nowhere to tell that stderr is closed, but the exit code.
    let _ = writeln!(std::io::stderr(), "{error}. Try --help.");
    ExitCode::FAILURE
}
