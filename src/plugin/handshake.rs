//! What Terraform says to a provider it starts, and the line that the provider answers.
//!
//! The parent speaks through environment variables; the answer is the first line on stdout. After it
//! nothing is ever written to stdout: the parent drops it unseen.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::error::Error;
use super::listen::Address;

/// The major version of Terraform's plugin protocol that is served.
pub const PROTOCOL_VERSION: u32 = 5;

/// The version of go-plugin's own protocol.
const CORE_VERSION: u32 = 1;

/// Shows that Terraform is the parent. Known to all; no secret.
const COOKIE_KEY: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// What the parent asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Whether the variable that marks Terraform as the parent holds the expected value.
    pub is_plugin: bool,
    /// The protocol versions that the parent offers; empty if it names none.
    pub offered_versions: Vec<u32>,
    /// The lowest and highest TCP port to use; 0 and 0 is any.
    pub ports: (u16, u16),
    /// The certificate in PEM that the parent will show. None: it will not use TLS.
    pub client_certificate: Option<String>,
    /// The folder that the parent made for the socket.
    pub socket_dir: Option<PathBuf>,
    /// The group, by name or number, that is to reach the socket.
    pub socket_group: Option<String>,
    /// Whether the parent asked if connections may be multiplexed. Old ones cannot read the answer.
    pub asks_multiplex: bool,
    /// Where temporary files go, best first.
    pub temp_dirs: Vec<PathBuf>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn from_process() -> Self {
        // The second is for when the first is too long a path for a socket, or cannot be written to.
        let mut temp_dirs = vec![env::temp_dir(), PathBuf::from("/tmp")];
        temp_dirs.dedup();
        Self::read(temp_dirs, |name| env::var_os(name))
    }

    /// Reads an environment given as a function from name to value. An empty variable is as good as
    /// none, as with the Go implementation; only the question about multiplexing counts empty too.
    pub fn read(temp_dirs: Vec<PathBuf>, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| {
            variable(name)
                .map(|value| value.to_string_lossy().into_owned())
                .filter(|value| !value.is_empty())
        };
        let port = |name: &str| {
            text(name)
                .and_then(|value| value.trim().parse().ok())
                .unwrap_or(0)
        };
        Self {
            is_plugin: text(COOKIE_KEY).as_deref() == Some(COOKIE_VALUE),
            offered_versions: text("PLUGIN_PROTOCOL_VERSIONS")
                .map(|list| {
                    list.split(',')
                        .filter_map(|version| version.trim().parse().ok())
                        .collect()
                })
                .unwrap_or_default(),
            ports: (port("PLUGIN_MIN_PORT"), port("PLUGIN_MAX_PORT")),
            client_certificate: text("PLUGIN_CLIENT_CERT"),
            socket_dir: variable("PLUGIN_UNIX_SOCKET_DIR")
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from),
            socket_group: text("PLUGIN_UNIX_SOCKET_GROUP"),
            asks_multiplex: variable("PLUGIN_MULTIPLEX_GRPC").is_some(),
            temp_dirs,
        }
    }

    /// Refuses to go on when a person has started the program.
    ///
    /// # Errors
    /// [`Error::NotAPlugin`] without the variable that Terraform sets.
    pub fn require_parent(&self) -> Result<(), Error> {
        if self.is_plugin {
            Ok(())
        } else {
            Err(Error::NotAPlugin)
        }
    }

    /// Whether the parent speaks our version of the protocol. If not we answer with ours all the
    /// same: the parent then explains the mismatch better than we can.
    pub fn offers_our_version(&self) -> bool {
        self.offered_versions.is_empty() || self.offered_versions.contains(&PROTOCOL_VERSION)
    }
}

/// The line that tells the parent where to connect, with the newline.
///
/// `certificate` is ours in DER, which the parent will trust and no other; None without TLS.
pub fn line(address: &Address, certificate: Option<&[u8]>, asks_multiplex: bool) -> String {
    let network = address.network();
    let certificate = certificate
        .map(|der| STANDARD_NO_PAD.encode(der))
        .unwrap_or_default();
    // A parent that did not ask splits the line at six fields and would choke on the seventh.
    let multiplex = if asks_multiplex { "|false" } else { "" };
    format!("{CORE_VERSION}|{PROTOCOL_VERSION}|{network}|{address}|grpc|{certificate}{multiplex}\n")
}

/// Writes the line on stdout: the first that goes there, and the last.
///
/// # Errors
/// [`Error::Announce`] if the parent has closed its end.
pub fn announce(line: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|source| Error::Announce { source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::read(Vec::new(), |name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn cookie_decides_who_started_us() {
        let check = |variables: &[(&str, &str)], expected: bool| {
            let environment = environment(variables);
            assert_eq!(environment.is_plugin, expected, "{variables:?}");
            assert_eq!(environment.require_parent().is_ok(), expected, "{variables:?}");
        };
        check(&[(COOKIE_KEY, COOKIE_VALUE)], true);
        check(&[(COOKIE_KEY, "")], false);
        check(&[(COOKIE_KEY, "true")], false);
        check(&[], false);
    }

    #[test]
    fn versions_ports_and_the_rest() {
        let check = |offer: &str, expected: &[u32], ours: bool| {
            let environment = environment(&[("PLUGIN_PROTOCOL_VERSIONS", offer)]);
            assert_eq!(environment.offered_versions, expected, "{offer}");
            assert_eq!(environment.offers_our_version(), ours, "{offer}");
        };
        check("5,6", &[5, 6], true);
        check("6,5", &[6, 5], true);
        check("4, 5", &[4, 5], true);
        check("6", &[6], false);
        check("", &[], true);
        check("x,6", &[6], false);

        let full = environment(&[
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
            ("PLUGIN_CLIENT_CERT", "pem"),
            ("PLUGIN_UNIX_SOCKET_DIR", "/run/x"),
            ("PLUGIN_UNIX_SOCKET_GROUP", "staff"),
            ("PLUGIN_MULTIPLEX_GRPC", ""),
        ]);
        assert_eq!(full.ports, (10000, 25000));
        assert_eq!(full.client_certificate.as_deref(), Some("pem"));
        assert_eq!(full.socket_dir, Some(PathBuf::from("/run/x")));
        assert_eq!(full.socket_group.as_deref(), Some("staff"));
        assert!(full.asks_multiplex);

        let empty = environment(&[
            ("PLUGIN_CLIENT_CERT", ""),
            ("PLUGIN_UNIX_SOCKET_DIR", ""),
            ("PLUGIN_MIN_PORT", "x"),
        ]);
        assert_eq!(empty.ports, (0, 0));
        assert_eq!(
            (empty.client_certificate, empty.socket_dir, empty.socket_group),
            (None, None, None)
        );
        assert!(!empty.asks_multiplex);
    }

    #[test]
    fn lines() {
        let check = |address: &Address, certificate: Option<&[u8]>, multiplex: bool, expected: &str| {
            assert_eq!(line(address, certificate, multiplex), expected);
        };
        let unix = Address::Unix(PathBuf::from("/tmp/pluginA/s"));
        let tcp = Address::Tcp(([127, 0, 0, 1], 10000).into());
        check(&unix, None, false, "1|5|unix|/tmp/pluginA/s|grpc|\n");
        check(
            &unix,
            Some(&[0xff, 0xfe]),
            false,
            "1|5|unix|/tmp/pluginA/s|grpc|//4\n",
        );
        check(&unix, None, true, "1|5|unix|/tmp/pluginA/s|grpc||false\n");
        check(
            &tcp,
            Some(&[1, 2, 3]),
            true,
            "1|5|tcp|127.0.0.1:10000|grpc|AQID|false\n",
        );
    }
}
