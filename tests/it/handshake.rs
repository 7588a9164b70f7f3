//! The process from outside, as Terraform and other users of this machine meet it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use terraform_provider_dts::plugin::proto::go_plugin::grpc_broker_client::GrpcBrokerClient;
use terraform_provider_dts::plugin::proto::go_plugin::grpc_stdio_client::GrpcStdioClient;
use terraform_provider_dts::plugin::proto::health::HealthCheckRequest;
use terraform_provider_dts::plugin::proto::health::health_client::HealthClient;
use terraform_provider_dts::plugin::proto::tfplugin5;
use terraform_provider_dts::plugin::proto::tfplugin5::provider_client::ProviderClient;

use crate::plugin::{COOKIE, Identity, Plugin, command, healthy, shutdown, signal, wait};

#[test]
fn a_person_is_told_what_this_is() {
    let temp = tempfile::tempdir().unwrap();
    for cookie in [None, Some("wrong")] {
        let mut command = command(temp.path());
        command.env_remove(COOKIE.0);
        command.envs(cookie.map(|cookie| (COOKIE.0, cookie)));
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stdout, b"");
        assert!(
            stderr.contains("Terraform starts it") && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
    assert_eq!(temp.path().read_dir().unwrap().count(), 0);
}

#[test]
fn flags() {
    let temp = tempfile::tempdir().unwrap();
    let check = |flag: &str, code: i32, out: &str, err: &str| {
        let output = command(temp.path()).arg(flag).output().unwrap();
        let (stdout, stderr) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert_eq!(output.status.code(), Some(code), "{flag}");
        assert!(
            stdout.contains(out) && stderr.contains(err),
            "{flag}: {stdout}{stderr}"
        );
    };
    check("--version", 0, env!("CARGO_PKG_VERSION"), "");
    check("--help", 0, "--debug", "");
    check("--nonsense", 1, "", "--help");
    check("operand", 1, "", "--help");
}

#[test]
fn line_for_every_offer() {
    for offer in ["5", "5,6", "6,5", "4,5", "6", ""] {
        let plugin = Plugin::start(|command| {
            command.env("PLUGIN_PROTOCOL_VERSIONS", offer);
        });
        let fields: Vec<&str> = plugin.fields.iter().map(String::as_str).collect();
        assert_eq!(
            (fields.len(), &fields[..3], fields[4], fields[5]),
            (6, &["1", "5", "unix"][..], "grpc", ""),
            "{offer}"
        );
    }
    let plugin = Plugin::start(|command| {
        command.env("PLUGIN_MULTIPLEX_GRPC", "true");
    });
    assert_eq!((plugin.fields.len(), plugin.fields[6].as_str()), (7, "false"));
}

#[tokio::test]
async fn without_client_certificate_no_encryption() {
    let plugin = Plugin::start(|_| {});
    healthy(&plugin.channel(None).await.unwrap()).await.unwrap();
}

#[test]
fn certificate_that_cannot_be_read_ends_the_process() {
    for pem in [
        "nonsense",
        "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n",
    ] {
        let temp = tempfile::tempdir().unwrap();
        let output = command(temp.path())
            .env("PLUGIN_CLIENT_CERT", pem)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stdout, b"");
        assert!(stderr.contains("PLUGIN_CLIENT_CERT"), "{stderr}");
        assert_eq!(temp.path().read_dir().unwrap().count(), 0);
    }
}

fn with_certificate(identity: &Identity) -> Plugin {
    Plugin::start(|command| {
        command.env("PLUGIN_CLIENT_CERT", &identity.pem);
    })
}

#[tokio::test]
async fn only_the_announced_client_gets_in() {
    let right = Identity::new();
    let plugin = with_certificate(&right);
    assert!(!plugin.fields[5].contains('='), "no padding");
    // The other has the same names, and a key and certificate of its own.
    let (other, thief) = (Identity::new(), right.with_foreign_key());
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let attempt = async |identity: Option<&Identity>| {
            let channel = plugin.channel(Some(&plugin.tls(identity, &[version]))).await?;
            healthy(&channel).await
        };
        assert_eq!(attempt(Some(&right)).await, Ok(()), "{version:?}");
        for (who, identity) in [
            ("nobody", None),
            ("same subject, own key", Some(&other)),
            ("announced certificate, foreign key", Some(&thief)),
        ] {
            assert!(attempt(identity).await.is_err(), "{who} got in over {version:?}");
        }
        // Those who were refused have not hurt those who were not.
        assert_eq!(attempt(Some(&right)).await, Ok(()), "{version:?}");
    }
    // Nor does anybody get in without encryption.
    let plain = plugin.channel(None).await;
    if let Ok(channel) = plain {
        assert!(healthy(&channel).await.is_err());
    }
}

#[tokio::test]
async fn silent_client_keeps_nobody_waiting() {
    let identity = Identity::new();
    let plugin = with_certificate(&identity);
    // They are cut off after a while, which the unit test of `serve` has the patience for.
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(plugin.plain().await.unwrap());
    }
    let channel = plugin.right_channel(&identity).await;
    healthy(&channel).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn socket_is_private_and_gone_after_shutdown() {
    let identity = Identity::new();
    let mut plugin = with_certificate(&identity);
    let socket = plugin.socket();
    let folder = socket.parent().unwrap();
    assert_eq!(folder.parent(), Some(plugin.temp.path()));
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let channel = plugin.right_channel(&identity).await;
    // What Terraform has open while it says Shutdown.
    let mut stdio = GrpcStdioClient::new(channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();
    shutdown(&channel).await;
    let (status, stdout, stderr) = plugin.wait().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!((stdout.as_str(), stderr.as_str()), ("", ""));
    assert!(plugin.is_clean());
    assert!(
        !matches!(stdio.message().await, Ok(Some(_))),
        "nothing is sent there"
    );
}

#[tokio::test]
async fn shutdown_does_not_wait_for_the_client() {
    // The connection stays open, and a stream on it.
    let mut plugin = Plugin::start(|_| {});
    let channel = plugin.channel(None).await.unwrap();
    let (_offers, offers) = tokio::sync::mpsc::channel(1);
    let offers = tokio_stream::wrappers::ReceiverStream::new(offers);
    let _broker = GrpcBrokerClient::new(channel.clone())
        .start_stream(offers)
        .await
        .unwrap();
    let _idle = plugin.plain().await.unwrap();
    shutdown(&channel).await;
    assert_eq!(plugin.wait().await.0.code(), Some(0));
    assert!(plugin.is_clean());
}

#[tokio::test]
async fn sigterm_cleans_up() {
    let mut plugin = Plugin::start(|_| {});
    let channel = plugin.channel(None).await.unwrap();
    healthy(&channel).await.unwrap();
    plugin.signal("TERM");
    assert_eq!(plugin.wait().await.0.code(), Some(0));
    assert!(plugin.is_clean());
}

#[tokio::test]
async fn sigterm_while_starting_leaves_nothing() {
    for round in 0_u32..40 {
        let temp = tempfile::tempdir().unwrap();
        let mut child = command(temp.path()).spawn().unwrap();
        // Another moment in each round.
        for _ in 0..round * 2_000 {
            std::hint::spin_loop();
        }
        signal(child.id(), "TERM");
        wait(&mut child).await;
        assert_eq!(temp.path().read_dir().unwrap().count(), 0, "round {round}");
    }
}

#[tokio::test]
async fn interrupt_is_for_terraform() {
    let plugin = Plugin::start(|_| {});
    let channel = plugin.channel(None).await.unwrap();
    for _ in 0..2 {
        plugin.signal("INT");
        healthy(&channel).await.unwrap();
    }
    // It still takes new connections.
    healthy(&plugin.channel(None).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn folder_with_a_long_path_is_passed_over() {
    let temp = tempfile::tempdir().unwrap();
    let long = temp.path().join("x".repeat(110));
    std::fs::create_dir(&long).unwrap();
    let mut plugin = Plugin::start(|command| {
        command.env("TMPDIR", &long);
    });
    let folder = plugin.socket().parent().unwrap().to_owned();
    assert!(!folder.starts_with(&long));
    let channel = plugin.channel(None).await.unwrap();
    healthy(&channel).await.unwrap();
    shutdown(&channel).await;
    plugin.wait().await;
    assert!(!folder.exists());
}

/// Starts the provider as the child of a shell. Gives the shell, the provider's first line and the rest
/// of its stdout, which ends when the provider does.
fn below_a_shell(
    arguments: &str,
) -> (
    std::process::Child,
    tempfile::TempDir,
    String,
    impl std::io::Read + use<>,
) {
    let temp = tempfile::tempdir().unwrap();
    let program = command(temp.path()).get_program().to_owned();
    let mut shell = Command::new("sh");
    crate::plugin::environment(&mut shell, temp.path());
    // The shell must not become the provider, and must be there until it is killed.
    shell
        .arg("-c")
        .arg(format!("\"$0\" {arguments} & wait"))
        .arg(program)
        .stderr(Stdio::null());
    let mut shell = shell.spawn().unwrap();
    let mut stdout = BufReader::new(shell.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    (shell, temp, line, stdout)
}

#[test]
fn gone_when_the_parent_is() {
    let (mut shell, temp, line, mut stdout) = below_a_shell("");
    assert!(line.starts_with("1|5|unix|"), "{line}");
    shell.kill().unwrap();
    shell.wait().unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert_eq!(temp.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn debug_mode_outlives_its_parent_and_ends_at_an_interrupt() {
    let (mut shell, temp, line, mut stdout) = below_a_shell("--debug");
    let json = line
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix("'\n"))
        .unwrap();
    let all: Value = serde_json::from_str(json).unwrap();
    let (source, how) = all.as_object().unwrap().iter().next().unwrap();
    assert_eq!(source.split('/').count(), 3, "{source}");
    let pid = u32::try_from(how["Pid"].as_u64().unwrap()).unwrap();
    let socket = how["Addr"]["String"].as_str().unwrap().to_owned();
    shell.kill().unwrap();
    shell.wait().unwrap();
    // Longer than it would take to notice that the parent is gone.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let stream = tokio::net::UnixStream::connect(&socket).await.unwrap();
    let channel = crate::plugin::channel(Box::new(stream)).await.unwrap();
    // Configured for one run, and then for another.
    let mut provider = ProviderClient::new(channel.clone());
    for _ in 0..2 {
        let answer = provider
            .configure(tfplugin5::configure::Request::default())
            .await
            .unwrap();
        drop(answer);
    }
    signal(pid, "INT");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert_eq!(temp.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn log_lines_are_json_and_nothing_is_printed() {
    let mut plugin = Plugin::start(|command| {
        command
            .env("TF_LOG", "TRACE")
            .env("PLUGIN_PROTOCOL_VERSIONS", "6");
    });
    let channel = plugin.channel(None).await.unwrap();
    plugin.signal("INT");
    let mut provider = ProviderClient::new(channel.clone());
    let schema = provider
        .get_schema(tfplugin5::get_provider_schema::Request::default())
        .await
        .unwrap();
    assert!(schema.get_ref().provider.is_some());
    shutdown(&channel).await;
    let (_, stdout, stderr) = plugin.wait().await;
    assert_eq!(stdout, "");
    assert!(stderr.contains("\"tf_rpc\":\"GetProviderSchema\""), "{stderr}");
    assert!(stderr.contains("does not offer protocol version 5"), "{stderr}");
    for line in stderr.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for key in ["@level", "@message", "@module"] {
            assert!(value[key].is_string(), "{line}");
        }
        let time = value["@timestamp"].as_str().unwrap();
        assert_eq!((time.len(), &time[19..20], &time[26..]), (27, ".", "Z"), "{line}");
    }
}

#[tokio::test]
async fn health_is_known_by_name() {
    let plugin = Plugin::start(|_| {});
    let mut client = HealthClient::new(plugin.channel(None).await.unwrap());
    let request = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    assert_eq!(
        client.check(request("other")).await.unwrap_err().code(),
        tonic::Code::NotFound
    );
    for (service, status) in [("", 1), ("plugin", 1), ("other", 3)] {
        let mut watch = client.watch(request(service)).await.unwrap().into_inner();
        assert_eq!(
            watch.message().await.unwrap().unwrap().status,
            status,
            "{service}"
        );
    }
}
