//! What a provider's process does while calls run, and what it says meanwhile.

use terraform_provider_dts::plugin::proto::tfplugin5::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::plugin::{Identity, Plugin, healthy, shutdown};
use crate::toy::NO_FOLDER;

use super::*;

async fn connected(plugin: &Plugin) -> (Channel, ProviderClient<Channel>) {
    let channel = plugin.channel(None).await.unwrap();
    let mut client = ProviderClient::new(channel.clone());
    let answer = client
        .configure(proto::configure::Request::default())
        .await
        .unwrap();
    assert_eq!(answer.get_ref().diagnostics, []);
    (channel, client)
}

/// The creation of a thing with a fault, as Terraform asks for it after a plan.
fn creation(mode: &str) -> proto::apply_resource_change::Request {
    let config = a_thing(Some(mode)).with("secret_wo", "hunter2-config");
    let planned = a_thing(Some(mode))
        .with("id", Value::Unknown)
        .with("made_by", Value::Unknown);
    proto::apply_resource_change::Request {
        type_name: "toy_thing".to_owned(),
        prior_state: null(),
        planned_state: encode(planned),
        config: encode(config),
        ..Default::default()
    }
}

type Applied =
    tokio::task::JoinHandle<Result<tonic::Response<proto::apply_resource_change::Response>, tonic::Status>>;

/// Begins to create a thing, and comes back when it is being made.
async fn begin(client: &ProviderClient<Channel>, mode: &'static str) -> Applied {
    let mut other = client.clone();
    let applied = tokio::spawn(async move { other.apply_resource_change(creation(mode)).await });
    // Calls on one connection are taken in order: when a later one is answered, this one was begun.
    let mut client = client.clone();
    client
        .get_metadata(proto::get_metadata::Request::default())
        .await
        .unwrap();
    tokio::task::yield_now().await;
    client
        .get_metadata(proto::get_metadata::Request::default())
        .await
        .unwrap();
    applied
}

#[tokio::test]
async fn sigterm_lets_a_running_call_answer() {
    let mut plugin = Plugin::toy(|_| {});
    let (_, client) = connected(&plugin).await;
    let applied = begin(&client, "wait").await;
    plugin.signal("TERM");
    let answer = applied.await.unwrap().unwrap().into_inner();
    one_error(&answer.diagnostics, "Unable to wait");
    assert_eq!(decode(answer.new_state.as_ref())["id"], "thing-1");
    assert_eq!(plugin.wait().await.0.code(), Some(0));
    assert!(plugin.is_clean());
}

#[tokio::test]
async fn second_sigterm_waits_for_nothing() {
    let mut plugin = Plugin::toy(|_| {});
    let (channel, client) = connected(&plugin).await;
    let applied = begin(&client, "deaf").await;
    plugin.signal("TERM");
    // Taken when no new call is.
    while healthy(&channel).await.is_ok() {
        tokio::task::yield_now().await;
    }
    plugin.signal("TERM");
    assert_eq!(plugin.wait().await.0.code(), Some(0));
    assert!(plugin.is_clean());
    assert!(applied.await.unwrap().is_err());
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_running_call() {
    let mut plugin = Plugin::toy(|_| {});
    let (channel, client) = connected(&plugin).await;
    let applied = begin(&client, "deaf").await;
    shutdown(&channel).await;
    assert_eq!(plugin.wait().await.0.code(), Some(0));
    assert!(plugin.is_clean());
    assert!(applied.await.unwrap().is_err());
}

#[tokio::test]
async fn interrupt_leaves_a_running_call_alone_until_stop() {
    let plugin = Plugin::toy(|_| {});
    let (channel, mut client) = connected(&plugin).await;
    let applied = begin(&client, "wait").await;
    plugin.signal("INT");
    plugin.signal("INT");
    healthy(&channel).await.unwrap();
    assert!(!applied.is_finished());
    client.stop(proto::stop::Request {}).await.unwrap();
    let answer = applied.await.unwrap().unwrap().into_inner();
    one_error(&answer.diagnostics, "Unable to wait");
    healthy(&channel).await.unwrap();
}

#[tokio::test]
async fn port_of_the_range_when_there_is_no_socket() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let range = free..=free.saturating_add(200);
    let right = Identity::new();
    let mut plugin = Plugin::toy(|command| {
        command
            .env(NO_FOLDER, "yes")
            .env("PLUGIN_CLIENT_CERT", &right.pem);
        command.env("PLUGIN_MIN_PORT", range.start().to_string());
        command.env("PLUGIN_MAX_PORT", range.end().to_string());
    });
    assert_eq!(plugin.fields[2], "tcp");
    let address: std::net::SocketAddr = plugin.fields[3].parse().unwrap();
    assert_eq!(address.ip(), std::net::Ipv4Addr::LOCALHOST);
    assert!(range.contains(&address.port()), "{address}");
    let channel = plugin.right_channel(&right).await;
    healthy(&channel).await.unwrap();
    for identity in [None, Some(&Identity::new())] {
        let tls = plugin.tls(identity, rustls::ALL_VERSIONS);
        if let Ok(channel) = plugin.channel(Some(&tls)).await {
            assert!(healthy(&channel).await.is_err());
        }
    }
    shutdown(&channel).await;
    assert_eq!(plugin.wait().await.0.code(), Some(0));
}

#[tokio::test]
async fn panic_is_reported_and_no_secret_is_told() {
    let mut plugin = Plugin::toy(|command| {
        command.env("TF_LOG", "TRACE");
    });
    let (channel, mut client) = connected(&plugin).await;
    for mode in ["fail late", "leak", "panic late", "panic secret"] {
        let answer = client
            .apply_resource_change(creation(mode))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(decode(answer.new_state.as_ref())["id"], "thing-1", "{mode}");
        assert!(!format!("{:?}", answer.diagnostics).contains("hunter2"), "{mode}");
    }
    shutdown(&channel).await;
    let (status, _, stderr) = plugin.wait().await;
    assert_eq!(status.code(), Some(0));
    assert!(!stderr.contains("hunter2"), "{stderr}");
    let (before, report) = stderr.split_at(stderr.find("panic: ").unwrap());
    assert!(before.ends_with('\n'), "the report begins a line");
    assert!(
        before
            .lines()
            .all(|line| serde_json::from_str::<Json>(line).is_ok()),
        "{before}"
    );
    assert!(report.starts_with("panic: asked to panic\n"), "{report}");
    assert!(report.contains("toy.rs:"), "the place is told: {report}");
}
