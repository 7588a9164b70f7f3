//! Identities: told beside each state, read back from where they were stored, and imported by.

use std::collections::HashMap;

use prost::bytes::Bytes;

use super::Rpc;
use super::call::{Answer, Told, tell};
use super::convert;
use super::wire;
use crate::framework::identity::Identity;
use crate::framework::{Diagnostic, Object, Value};
use crate::plugin::proto::tfplugin5 as proto;

impl Rpc {
    /// The schema of each identity, by type name.
    pub(super) fn identity_schemas(&self) -> HashMap<String, proto::ResourceIdentitySchema> {
        let resources = self.service().resource_schemas().into_iter();
        resources
            .filter_map(|(name, _)| {
                let schema = self.service().identity_schema(name)?;
                Some((name.to_owned(), convert::identity_schema(schema)))
            })
            .collect()
    }

    /// The identity of an object with this state, if it has one.
    pub(super) fn identity(&self, type_name: &str, state: &Value) -> Option<proto::ResourceIdentityData> {
        let schema = self.service().identity_schema(type_name)?;
        let identity = self.service().identify(type_name, state)?;
        Some(encode(schema, identity))
    }

    /// An identity that Terraform sent; `None` where it sent none.
    pub(super) fn decode_identity(
        &self,
        type_name: &str,
        sent: Option<&proto::ResourceIdentityData>,
    ) -> Result<Option<Object>, Told> {
        let Some(schema) = self.service().identity_schema(type_name) else {
            return Ok(None);
        };
        let data = sent.and_then(|identity| identity.identity_data.as_ref());
        let decoded = wire::decode(&schema.implied_type(), data);
        match decoded.map_err(|error| unreadable(type_name, &error))? {
            Value::Map(identity) => Ok(Some(identity)),
            _ => Ok(None),
        }
    }

    /// An identity as it was stored, in the current shape.
    pub(super) async fn upgrade_identity(
        &self,
        request: proto::upgrade_resource_identity::Request,
    ) -> Answer<proto::upgrade_resource_identity::Response> {
        use proto::upgrade_resource_identity::Response;
        let name = &request.type_name;
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let schema = self.service().identity_schema(name).ok_or_else(|| {
                let summary = format!("Unable to read the identity of {name}");
                let detail =
                    "Objects of this type have no identity. Use the provider version that stored it.";
                tell(&Diagnostic::error(summary, detail).into())
            })?;
            if request.version > schema.version {
                let summary = format!("Unable to read the identity of {name}");
                let detail = format!(
                    "A newer version of this provider stored it (version {}, known is {}). Use that version or a newer one.",
                    request.version, schema.version
                );
                return Err(tell(&Diagnostic::error(summary, detail).into()));
            }
            let raw = request
                .raw_identity
                .as_ref()
                .map_or(&b""[..], |raw| raw.json.as_ref());
            let read = |error| unreadable(name, &error);
            let stored = wire::json::parse(raw).map_err(read)?;
            let identity = wire::json::decode(&schema.implied_type(), &stored).map_err(read)?;
            Ok(Response {
                upgraded_identity: identity.as_map().map(|identity| encode(schema, identity.clone())),
                ..Response::default()
            })
        };
        self.calls
            .run("UpgradeResourceIdentity", name, work, failed)
            .await
    }
}

/// An identity as it is sent.
pub(super) fn encode(schema: &Identity, identity: Object) -> proto::ResourceIdentityData {
    proto::ResourceIdentityData {
        identity_data: Some(wire::encode(&schema.implied_type(), &Value::Map(identity))),
    }
}

fn unreadable(type_name: &str, error: &wire::DecodeError) -> Told {
    let summary = format!("Unable to read the identity of {type_name}");
    let advice = "Terraform and the provider do not agree on its attributes: run `terraform init -upgrade`; if it stays, \
                  please report it.";
    tell(&Diagnostic::error(summary, format!("{error}. {advice}")).into())
}

impl Rpc {
    /// State of another type, made into one of ours.
    pub(super) async fn move_state(
        &self,
        request: proto::move_resource_state::Request,
    ) -> Answer<proto::move_resource_state::Response> {
        use proto::move_resource_state::Response;
        let name = &request.target_type_name;
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = self.calls.resource(name)?;
            let from = &request.source_type_name;
            let raw = request
                .source_state
                .as_ref()
                .map_or(&b""[..], |raw| raw.json.as_ref());
            let state = wire::json::parse(raw).map_err(|error| {
                let summary = format!("Unable to move {from} to {name}");
                let detail = format!("Its recorded state cannot be read: {error}. It is left as it is; restore it from a backup.");
                tell(&Diagnostic::error(summary, detail).into())
            })?;
            let source = crate::framework::moved::Source {
                provider: request.source_provider_address.clone(),
                type_name: from.clone(),
                schema_version: request.source_schema_version,
                state,
            };
            let moved = self.service().move_state(name, &source);
            let (state, private, mut found) = moved.map_err(|errors| shape.tell(&errors))?;
            Ok(Response {
                target_identity: self.identity(name, &state),
                target_state: shape.encode(state, &mut found),
                target_private: Bytes::from(private.to_bytes()),
                diagnostics: shape.tell(&found),
            })
        };
        self.calls.run("MoveResourceState", name, work, failed).await
    }
}
