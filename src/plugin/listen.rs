//! Where the parent connects: a unix socket that only this user can reach, else a port on the
//! loopback interface.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};

use super::error::Error;
use super::handshake::Environment;

/// The longest path that a unix socket can have on Linux, in bytes.
const MAX_SOCKET_PATH: usize = 107;

/// Where we listen, as the handshake line writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The path of a unix socket: absolute, valid UTF-8, without `|` or control characters.
    Unix(PathBuf),
    /// An address on the loopback interface.
    Tcp(SocketAddr),
}

impl Address {
    /// `unix` or `tcp`.
    pub fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp(address) => write!(f, "{address}"),
        }
    }
}

/// Bytes both ways, over whichever transport.
pub trait Duplex: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

/// A listening socket. Dropping it removes what it left in the file system.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: Address,
    _files: Vec<Remains>,
}

#[derive(Debug)]
enum Socket {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// What is removed at the end.
#[derive(Debug)]
enum Remains {
    /// The private folder, with the socket in it.
    Folder { _dir: TempDir },
    /// A socket in a folder that is not ours.
    File(PathBuf),
}

impl Drop for Remains {
    fn drop(&mut self) {
        if let Self::File(path) = self {
            // Nothing can be done about a failure, and there may be nothing left to remove.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Listener {
    /// Starts to listen: on a unix socket in the parent's folder for it, in the folder for temporary
    /// files; else on a port of the loopback interface in the parent's range.
    ///
    /// `unix_only` refuses the port: it is for serving without TLS by our own decision.
    ///
    /// # Errors
    /// [`Error::Listen`] or [`Error::DebugNeedsSocket`] with all that was tried;
    /// [`Error::SocketGroup`] if the group asked for cannot be given the socket.
    pub async fn bind(environment: &Environment, unix_only: bool) -> Result<Self, Error> {
        let mut tried = Vec::new();
        if let Some(dir) = &environment.socket_dir {
            match bind_in_given_folder(dir, environment.socket_group.as_deref()) {
                Ok(listener) => return Ok(listener),
                Err(Failed::Group(error)) => return Err(error),
                Err(Failed::Place(cause)) => tried.push(format!("{}: {cause}", dir.display())),
            }
        }
        for dir in &environment.temp_dirs {
            match bind_in_new_folder(dir, environment.socket_group.as_deref()) {
                Ok(listener) => return Ok(listener),
                Err(Failed::Group(error)) => return Err(error),
                Err(Failed::Place(cause)) => tried.push(format!("{}: {cause}", dir.display())),
            }
        }
        if unix_only {
            return Err(Error::DebugNeedsSocket {
                tried: tried.join("; "),
            });
        }
        Self::bind_port(environment.ports).await.map_err(|cause| {
            tried.push(cause);
            Error::Listen {
                tried: tried.join("; "),
            }
        })
    }

    /// Listens on 127.0.0.1, on the first free port of the range; (0, 0) is any port.
    async fn bind_port((min, max): (u16, u16)) -> Result<Self, String> {
        let mut last = None;
        for port in min..=max {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(socket) => {
                    let address = socket.local_addr().map_err(|error| error.to_string())?;
                    return Ok(Self {
                        socket: Socket::Tcp(socket),
                        address: Address::Tcp(address),
                        _files: Vec::new(),
                    });
                }
                Err(error) => last = Some(error),
            }
        }
        let cause = last.map_or_else(|| "the range is empty".to_owned(), |error| error.to_string());
        Err(format!("ports {min} to {max} of 127.0.0.1: {cause}"))
    }

    /// Where this listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection.
    ///
    /// # Errors
    /// What the system says; mostly passing (no more file descriptors, the other side gone).
    pub async fn accept(&self) -> io::Result<Pin<Box<dyn Duplex>>> {
        match &self.socket {
            Socket::Unix(socket) => Ok(Box::pin(socket.accept().await?.0)),
            Socket::Tcp(socket) => {
                let stream: TcpStream = socket.accept().await?.0;
                stream.set_nodelay(true)?;
                Ok(Box::pin(stream))
            }
        }
    }
}

/// Why a place did not do.
enum Failed {
    /// Another place may.
    Place(String),
    /// No other place will.
    Group(Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Place(error.to_string())
    }
}

/// A folder of our own, which nobody else can enter; with a group, its members may pass through.
fn new_folder(parent: &Path, group: Option<&str>) -> Result<TempDir, Failed> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::Builder::new()
        .prefix("plugin")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir_in(parent)?;
    if let Some(group) = group {
        give_to_group(folder.path(), group, 0o710)?;
    }
    Ok(folder)
}

fn bind_in_new_folder(parent: &Path, group: Option<&str>) -> Result<Listener, Failed> {
    // The random name that the folder gets is six characters; look before there is one.
    check_path(&parent.join("pluginXXXXXX").join("s"))?;
    let folder = new_folder(parent, group)?;
    let path = folder.path().join("s");
    let socket = bind_socket(&path, group)?;
    Ok(Listener {
        socket: Socket::Unix(socket),
        address: Address::Unix(path),
        _files: vec![Remains::Folder { _dir: folder }],
    })
}

/// The parent made this folder, and may see it under another path (in a container): only the file's
/// name is sure to be the same for both, so the socket goes directly into it.
fn bind_in_given_folder(dir: &Path, group: Option<&str>) -> Result<Listener, Failed> {
    // Made in a private folder and moved, so that it never stands open to others.
    let workshop = new_folder(dir, None)?;
    let name = workshop
        .path()
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let path = dir.join(format!("{name}.s"));
    check_path(&path)?;
    let made = workshop.path().join("s");
    check_path(&made)?;
    let socket = bind_socket(&made, group)?;
    std::fs::rename(&made, &path)?;
    Ok(Listener {
        socket: Socket::Unix(socket),
        address: Address::Unix(path.clone()),
        _files: vec![Remains::File(path)],
    })
}

fn bind_socket(path: &Path, group: Option<&str>) -> Result<UnixListener, Failed> {
    let socket = UnixListener::bind(path)?;
    match group {
        Some(group) => give_to_group(path, group, 0o660)?,
        None => set_mode(path, 0o600)?,
    }
    Ok(socket)
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

fn give_to_group(path: &Path, group: &str, mode: u32) -> Result<(), Failed> {
    group_id(group)
        .and_then(|id| std::os::unix::fs::chown(path, None, Some(id)))
        .and_then(|()| set_mode(path, mode))
        .map_err(|source| {
            Failed::Group(Error::SocketGroup {
                path: path.to_owned(),
                group: group.to_owned(),
                source,
            })
        })
}

/// A group by number, or by name in the system's file of groups.
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    std::fs::read_to_string("/etc/group")?
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(group))
                .then(|| fields.nth(1)?.parse().ok())
                .flatten()
        })
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such group in /etc/group"))
}

/// Whether a socket can have this path, and the handshake line can carry it.
fn check_path(path: &Path) -> Result<(), Failed> {
    let refuse = |cause: String| Err(Failed::Place(cause));
    let Some(text) = path.to_str() else {
        return refuse("the path is not valid UTF-8".to_owned());
    };
    if !path.is_absolute() {
        return refuse("the path is not absolute".to_owned());
    }
    if text.contains(|c: char| c == '|' || c.is_control()) {
        return refuse("the path has a `|` or a control character in it".to_owned());
    }
    if text.len() > MAX_SOCKET_PATH {
        return refuse(format!(
            "the path is longer than the {MAX_SOCKET_PATH} bytes that a socket's may have"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn environment(temp_dir: &Path) -> Environment {
        Environment::read(vec![temp_dir.to_owned()], |_| None)
    }

    fn unix_path(listener: &Listener) -> PathBuf {
        match listener.address() {
            Address::Unix(path) => path.clone(),
            Address::Tcp(address) => panic!("tcp {address}"),
        }
    }

    #[tokio::test]
    async fn socket_in_a_private_folder_that_goes_with_it() {
        let temp = tempfile::tempdir().unwrap();
        let listener = Listener::bind(&environment(temp.path()), true).await.unwrap();
        let path = unix_path(&listener);
        let folder = path.parent().unwrap();
        assert_eq!(folder.parent(), Some(temp.path()));
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(path.metadata().unwrap().file_type().is_socket());
        let (accepted, connected) = tokio::join!(listener.accept(), tokio::net::UnixStream::connect(&path));
        assert!(accepted.is_ok() && connected.is_ok());
        drop(listener);
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn socket_in_the_folder_of_the_parent() {
        let temp = tempfile::tempdir().unwrap();
        let given = tempfile::tempdir().unwrap();
        let environment = Environment {
            socket_dir: Some(given.path().to_owned()),
            ..environment(temp.path())
        };
        let listener = Listener::bind(&environment, true).await.unwrap();
        let path = unix_path(&listener);
        assert_eq!(path.parent(), Some(given.path()));
        let (accepted, connected) = tokio::join!(listener.accept(), tokio::net::UnixStream::connect(&path));
        assert!(accepted.is_ok() && connected.is_ok());
        assert_eq!(
            given.path().read_dir().unwrap().count(),
            1,
            "the workshop is gone"
        );
        drop(listener);
        assert_eq!(given.path().read_dir().unwrap().count(), 0);
    }

    #[tokio::test]
    async fn group_gets_the_socket() {
        let temp = tempfile::tempdir().unwrap();
        let own = temp.path().metadata().unwrap().gid();
        let with = |group: &str| Environment {
            socket_group: Some(group.to_owned()),
            ..environment(temp.path())
        };
        let listener = Listener::bind(&with(&own.to_string()), true).await.unwrap();
        let path = unix_path(&listener);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o660);
        assert_eq!(
            path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777,
            0o710
        );
        let error = Listener::bind(&with("no such group"), true).await.unwrap_err();
        assert!(matches!(error, Error::SocketGroup { .. }), "{error}");
        drop(listener);
        assert_eq!(
            temp.path().read_dir().unwrap().count(),
            0,
            "nothing is left of the failed attempt"
        );
    }

    #[tokio::test]
    async fn folder_that_will_not_do_is_passed_over() {
        let temp = tempfile::tempdir().unwrap();
        let long = temp.path().join("x".repeat(100));
        let pipe = temp.path().join("a|b");
        for dir in [&long, &pipe] {
            std::fs::create_dir(dir).unwrap();
        }
        let usable = tempfile::tempdir().unwrap();
        for dir in [long, pipe, temp.path().join("missing"), PathBuf::from("relative")] {
            let both = Environment::read(vec![dir.clone(), usable.path().to_owned()], |_| None);
            let listener = Listener::bind(&both, true).await.unwrap();
            assert!(
                unix_path(&listener).starts_with(usable.path()),
                "{}",
                dir.display()
            );

            let alone = Environment::read(vec![dir.clone()], |_| None);
            let error = Listener::bind(&alone, true).await.unwrap_err();
            assert!(matches!(error, Error::DebugNeedsSocket { .. }), "{error}");
            let listener = Listener::bind(&alone, false).await.unwrap();
            assert_eq!(listener.address().network(), "tcp", "{}", dir.display());
        }
    }

    #[tokio::test]
    async fn ports_of_the_range() {
        let any = Listener::bind_port((0, 0)).await.unwrap();
        let Address::Tcp(taken) = *any.address() else {
            panic!("not tcp")
        };
        assert_eq!(taken.ip(), Ipv4Addr::LOCALHOST);
        let (accepted, connected) = tokio::join!(any.accept(), TcpStream::connect(taken));
        assert!(accepted.is_ok() && connected.is_ok());

        let error = Listener::bind_port((taken.port(), taken.port()))
            .await
            .unwrap_err();
        assert!(error.contains(&taken.port().to_string()), "{error}");
        let error = Listener::bind_port((2, 1)).await.unwrap_err();
        assert!(error.contains("empty"), "{error}");

        let next = Listener::bind_port((taken.port(), taken.port().saturating_add(200)))
            .await
            .unwrap();
        let Address::Tcp(next) = *next.address() else {
            panic!("not tcp")
        };
        assert!(
            next.port() > taken.port() && next.port() - taken.port() <= 200,
            "{next}"
        );
    }
}
