//! Why the process could not serve.

use std::io;
use std::path::PathBuf;

/// A failure before or while serving. Each ends the process with exit code 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Started by hand, not by Terraform.
    #[error(
        "This program is a plugin: Terraform starts it, it is not meant to be run by itself. Put it \
         where Terraform finds providers and run `terraform init`; to run it under a debugger, \
         start it with --debug."
    )]
    NotAPlugin,

    /// `PLUGIN_CLIENT_CERT` is set, but holds no certificate. There is no way on without: that
    /// would let anybody in.
    #[error(
        "Unable to read the client certificate in PLUGIN_CLIENT_CERT: {cause}. Terraform sets this \
         variable; unset it when starting the provider by other means."
    )]
    ClientCertificate {
        /// What is wrong with it.
        cause: String,
    },

    /// Our own certificate could not be made, or the TLS library refused the set-up.
    #[error("Unable to set up TLS: {cause}. This is a bug in the provider; please report it.")]
    Tls {
        /// What the library said.
        cause: String,
    },

    /// Neither a unix socket nor a port could be had.
    #[error(
        "Unable to listen for Terraform, tried: {tried}. Let TMPDIR name a folder with a short path \
         in which this user may create files."
    )]
    Listen {
        /// Each place, with what went wrong there.
        tried: String,
    },

    /// The socket could not be given to the group in `PLUGIN_UNIX_SOCKET_GROUP`.
    #[error("Unable to give the socket {path} to group `{group}` of PLUGIN_UNIX_SOCKET_GROUP: {source}")]
    SocketGroup {
        /// The socket.
        path: PathBuf,
        /// The group, as the variable has it.
        group: String,
        /// What the system said.
        source: io::Error,
    },

    /// `--debug` needs a unix socket, because it serves without TLS.
    #[error(
        "Unable to serve in debug mode without a unix socket ({tried}): connections are not \
         encrypted then, and on a port every user of this machine could connect. Let TMPDIR name \
         a folder with a short path."
    )]
    DebugNeedsSocket {
        /// Each place, with what went wrong there.
        tried: String,
    },

    /// The first line on stdout could not be written: the parent is gone.
    #[error("Unable to tell the parent process where to connect: {source}")]
    Announce {
        /// What the system said.
        source: io::Error,
    },

    /// Signal handlers could not be installed.
    #[error("Unable to install signal handlers: {source}")]
    Signals {
        /// What the system said.
        source: io::Error,
    },

    /// The asynchronous runtime could not be started.
    #[error("Unable to start the runtime: {source}. The system may be out of threads or memory.")]
    Runtime {
        /// What the system said.
        source: io::Error,
    },

    /// The gRPC server gave up.
    #[error("Unable to go on serving: {cause}")]
    Serve {
        /// What the server said.
        cause: String,
    },
}
