//! A provider process as Terraform sees it: started, connected to, ended.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use terraform_provider_dts::plugin::proto::go_plugin::Empty;
use terraform_provider_dts::plugin::proto::go_plugin::grpc_controller_client::GrpcControllerClient;
use terraform_provider_dts::plugin::proto::health::HealthCheckRequest;
use terraform_provider_dts::plugin::proto::health::health_check_response::ServingStatus;
use terraform_provider_dts::plugin::proto::health::health_client::HealthClient;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

/// What Terraform sets, so that a provider knows its parent.
pub(crate) const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// How long anything may take that should happen by itself. Met only when it does not.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A certificate and key such as Terraform makes for one run.
pub(crate) struct Identity {
    pub(crate) pem: String,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    /// P-521, `localhost`, marked as an authority.
    pub(crate) fn new() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, "localhost");
        parameters
            .distinguished_name
            .push(rcgen::DnType::OrganizationName, "HashiCorp");
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.key_usages = vec![
            rcgen::KeyUsagePurpose::DigitalSignature,
            rcgen::KeyUsagePurpose::KeyCertSign,
        ];
        parameters.extended_key_usages = vec![
            rcgen::ExtendedKeyUsagePurpose::ClientAuth,
            rcgen::ExtendedKeyUsagePurpose::ServerAuth,
        ];
        let certificate = parameters.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }

    /// The certificate of this one, with a key that does not belong to it.
    pub(crate) fn with_foreign_key(&self) -> Self {
        Self {
            pem: self.pem.clone(),
            certificate: self.certificate.clone(),
            key: Self::new().key,
        }
    }
}

/// A provider process; killed when dropped.
pub(crate) struct Plugin {
    pub(crate) child: Child,
    /// The fields of the handshake line.
    pub(crate) fields: Vec<String>,
    stdout: BufReader<ChildStdout>,
    /// What comes on stderr, read all the time as Terraform does: a full pipe would stop the process.
    stderr: Option<JoinHandle<std::io::Result<String>>>,
    /// Its folder for temporary files.
    pub(crate) temp: TempDir,
}

/// The provider's binary, with an environment of Terraform's kind and nothing else.
pub(crate) fn command(temp: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-dts"));
    environment(&mut command, temp);
    command
}

/// Puts an environment of Terraform's kind.
pub(crate) fn environment(command: &mut Command, temp: &Path) {
    command
        .env_clear()
        .env(COOKIE.0, COOKIE.1)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("TMPDIR", temp);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
}

impl Plugin {
    /// Starts the provider's binary and reads its line.
    pub(crate) fn start(change: impl FnOnce(&mut Command)) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let mut command = command(temp.path());
        change(&mut command);
        Self::spawn(command, temp)
    }

    /// Starts the toy provider, served by this very program (see [`crate::toy`]), and reads its line.
    pub(crate) fn toy(change: impl FnOnce(&mut Command)) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "toy::serves_when_told_to", "--nocapture"]);
        environment(&mut command, temp.path());
        command.env(crate::toy::SERVE, "yes");
        change(&mut command);
        Self::spawn(command, temp)
    }

    /// Starts `command` and reads its line.
    pub(crate) fn spawn(mut command: Command, temp: TempDir) -> Self {
        let mut child = command.spawn().unwrap();
        let stderr = child
            .stderr
            .take()
            .map(|stderr| std::thread::spawn(|| std::io::read_to_string(stderr)));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        // The harness of a test that serves has something to say before.
        let line = stdout
            .by_ref()
            .lines()
            .map(Result::unwrap)
            .find(|line| line.starts_with("1|"));
        let line = line.expect("the process ended without a handshake line");
        let fields = line.trim_end().split('|').map(str::to_owned).collect();
        Self {
            child,
            fields,
            stdout,
            stderr,
            temp,
        }
    }

    /// The path of the unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        assert_eq!(self.fields[2], "unix");
        PathBuf::from(&self.fields[3])
    }

    /// Its certificate, as announced.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from(STANDARD_NO_PAD.decode(&self.fields[5]).unwrap())
    }

    /// What a client trusts, and whom it shows itself to be.
    pub(crate) fn tls(
        &self,
        identity: Option<&Identity>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(identity) => {
                let key = PrivatePkcs8KeyDer::from(identity.key.clone());
                // Not the ready-made way: it would refuse a key that does not belong to the certificate.
                let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key.into()).unwrap();
                let certified = rustls::sign::CertifiedKey::new(vec![identity.certificate.clone()], key);
                builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(config))
    }

    /// A connection without TLS.
    pub(crate) async fn plain(&self) -> std::io::Result<Stream> {
        match self.fields[2].as_str() {
            "unix" => Ok(Box::new(UnixStream::connect(self.socket()).await?)),
            "tcp" => Ok(Box::new(TcpStream::connect(&self.fields[3]).await?)),
            other => panic!("network {other}"),
        }
    }

    /// A connection ready for calls, as Terraform makes it: with TLS if the line has a certificate.
    pub(crate) async fn connect(&self, tls: Option<&TlsConnector>) -> std::io::Result<Stream> {
        let plain = self.plain().await?;
        match tls {
            Some(tls) => {
                let name = ServerName::try_from("localhost").unwrap();
                let stream = tls.connect(name, plain).await?;
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                Ok(Box::new(stream))
            }
            None => Ok(plain),
        }
    }

    /// A gRPC channel. An error is told here or, when the peer refuses late, by the first call.
    pub(crate) async fn channel(&self, tls: Option<&TlsConnector>) -> Result<Channel, String> {
        let stream = self.connect(tls).await.map_err(|error| error.to_string())?;
        channel(stream).await
    }

    /// A channel as the right client has it.
    pub(crate) async fn right_channel(&self, identity: &Identity) -> Channel {
        self.channel(Some(&self.tls(Some(identity), rustls::ALL_VERSIONS)))
            .await
            .unwrap()
    }

    /// Waits for the end. Gives the exit status and what came on stdout and stderr.
    pub(crate) async fn wait(&mut self) -> (ExitStatus, String, String) {
        let status = wait(&mut self.child).await;
        let mut out = String::new();
        self.stdout.read_to_string(&mut out).unwrap();
        let err = self
            .stderr
            .take()
            .map_or_else(String::new, |stderr| stderr.join().unwrap().unwrap());
        (status, out, err)
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Whether nothing is left in its folder for temporary files.
    pub(crate) fn is_clean(&self) -> bool {
        self.temp.path().read_dir().unwrap().next().is_none()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // Gone already, mostly.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bytes both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
pub(crate) type Stream = Box<dyn Duplex>;

/// A gRPC channel on one connection, which is not made again.
pub(crate) async fn channel(stream: Stream) -> Result<Channel, String> {
    let mut stream = Some(TokioIo::new(stream));
    let connect = move |_| std::future::ready(stream.take().ok_or_else(|| std::io::Error::other("used up")));
    let endpoint = Endpoint::from_static("http://localhost");
    endpoint
        .connect_with_connector(tower::service_fn(connect))
        .await
        .map_err(|error| format!("{error:?}"))
}

/// Whether the process answers.
pub(crate) async fn healthy(channel: &Channel) -> Result<(), String> {
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    let answer = HealthClient::new(channel.clone())
        .check(request)
        .await
        .map_err(|status| format!("{status:?}"))?;
    assert_eq!(answer.get_ref().status(), ServingStatus::Serving);
    Ok(())
}

/// Says that we are done.
pub(crate) async fn shutdown(channel: &Channel) {
    GrpcControllerClient::new(channel.clone())
        .shutdown(Empty {})
        .await
        .unwrap();
}

/// Waits for the end of a process.
pub(crate) async fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(start.elapsed() < PATIENCE, "the process is still there");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Sends a signal by name.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}
