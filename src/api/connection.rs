//! Trying two databases before anything is configured (`DescribeConnectionStatus`; dts-api.md 2.12). It is of the older API, with
//! words of its own.

use secrecy::SecretString;

use super::client::{Client, Safety};
use super::decode::Object;
use super::error::Error;
use super::params::Params;

/// A database to try.
#[derive(Clone, Debug, Default)]
pub struct TriedEndpoint {
    /// `InstanceType`: `RDS`, `LocalInstance`, `ECS`, `Express`, `dg` (source only), `MongoDB`, ... Required.
    pub instance_type: String,
    /// `EngineName`; `MySQL` where absent.
    pub engine_name: Option<String>,
    /// `Region`.
    pub region: Option<String>,
    /// `InstanceID`, of what has one.
    pub instance_id: Option<String>,
    /// `IP`, of what has no id.
    pub ip: Option<String>,
    /// `Port`.
    pub port: Option<String>,
    /// `DatabaseName`.
    pub database_name: Option<String>,
    /// `UserName`.
    pub user_name: Option<String>,
    /// `Password`.
    pub password: Option<SecretString>,
    /// `OracleSID`.
    pub oracle_sid: Option<String>,
    /// `Architecture` of Oracle: `SID` or `RAC`.
    pub architecture: Option<String>,
}

impl TriedEndpoint {
    fn add_to(&self, params: Params, side: &str) -> Params {
        let name = |part: &str| format!("{side}Endpoint{part}");
        params
            .set(name("InstanceType"), &self.instance_type)
            .set_opt(name("EngineName"), self.engine_name.as_ref())
            .set_opt(name("Region"), self.region.as_ref())
            .set_opt(name("InstanceID"), self.instance_id.as_ref())
            .set_opt(name("IP"), self.ip.as_ref())
            .set_opt(name("Port"), self.port.as_ref())
            .set_opt(name("DatabaseName"), self.database_name.as_ref())
            .set_opt(name("UserName"), self.user_name.as_ref())
            .secret_opt(name("Password"), self.password.as_ref())
            .set_opt(name("OracleSID"), self.oracle_sid.as_ref())
            .set_opt(name("Architecture"), self.architecture.as_ref())
    }
}

/// What came of trying one database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// `connectRes`: whether it can be used.
    pub connected: Option<bool>,
    /// `connectAdvice`: what to do about it.
    pub advice: Option<String>,
    /// `connectDetail`: each step, such as `Ping`, and whether it went well.
    pub tests: Vec<(String, Option<bool>)>,
}

impl ConnectionStatus {
    fn decode(object: Object<'_>) -> ConnectionStatus {
        ConnectionStatus {
            connected: object.flag("connectRes"),
            advice: object.text("connectAdvice"),
            tests: object
                .list("connectDetail")
                .filter_map(|test| Some((test.text("testName")?, test.flag("testSuccess"))))
                .collect(),
        }
    }
}

impl Client {
    /// Tries a source and a destination. Both are needed: DTS tries no single one.
    ///
    /// # Errors
    /// As [`Client::call`]. That one cannot be reached is no error.
    pub async fn describe_connection_status(
        &self,
        source: &TriedEndpoint,
        destination: &TriedEndpoint,
    ) -> Result<(ConnectionStatus, ConnectionStatus), Error> {
        let params = source.add_to(Params::new(), "Source");
        let params = destination.add_to(params, "Destination");
        let reply = self
            .call("DescribeConnectionStatus", params, Safety::Read)
            .await?;
        let status = |name| ConnectionStatus::decode(reply.object().object(name));
        Ok((
            status("SourceConnectionStatus"),
            status("DestinationConnectionStatus"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    #[tokio::test]
    async fn both_are_sent_and_read() {
        let reply = json!({"Success": "true", "SourceConnectionStatus": {"connectRes": "true", "connectAdvice": "",
            "connectDetail": [{"testName": "Ping", "testSuccess": true}]},
            "DestinationConnectionStatus": {"connectRes": false, "connectAdvice": "Open port 3306.", "connectDetail": []}});
        let transport = FakeTransport::new([Answer::json(200, &reply)]);
        let source = TriedEndpoint {
            instance_type: "RDS".to_owned(),
            instance_id: Some("rm-a".to_owned()),
            password: Some("hunter2".into()),
            ..TriedEndpoint::default()
        };
        let destination = TriedEndpoint {
            instance_type: "LocalInstance".to_owned(),
            ip: Some("10.0.0.1".to_owned()),
            ..TriedEndpoint::default()
        };
        let found = client(&transport)
            .describe_connection_status(&source, &destination)
            .await
            .unwrap();
        assert_eq!(found.0.connected, Some(true));
        assert_eq!(found.0.tests, [("Ping".to_owned(), Some(true))]);
        assert_eq!(found.1.advice.as_deref(), Some("Open port 3306."));
        let sent = &transport.seen()[0];
        for (name, value) in [
            ("SourceEndpointInstanceType", "RDS"),
            ("SourceEndpointInstanceID", "rm-a"),
            ("SourceEndpointPassword", "hunter2"),
            ("DestinationEndpointIP", "10.0.0.1"),
            ("DestinationEndpointInstanceID", ""),
        ] {
            assert_eq!(sent.get(name), value, "{name}");
        }
    }
}
