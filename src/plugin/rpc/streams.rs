//! Calls that are answered bit by bit: lists and actions. The work runs as a task of its own; it ends when Terraform drops the
//! stream.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;
use tonic::{Response, Status};

use super::Rpc;
use super::call::{Answer, Calls, Told, tell};
use super::identity;
use crate::framework::{Diagnostic, Value, list};
use crate::plugin::proto::tfplugin5 as proto;

/// Events on their way: Terraform reads each before the next page is fetched.
const WAITING: usize = 16;

type Events<T> = mpsc::Sender<Result<T, Status>>;

fn stream<T: Send + 'static>(receiver: mpsc::Receiver<Result<T, Status>>) -> Response<BoxStream<T>> {
    Response::new(Box::pin(ReceiverStream::new(receiver)))
}

impl Rpc {
    /// Lists objects.
    pub(super) fn list(
        &self,
        request: proto::list_resource::Request,
    ) -> Answer<BoxStream<proto::list_resource::Event>> {
        let (events, receiver) = mpsc::channel(WAITING);
        let calls = Arc::clone(&self.calls);
        tokio::spawn(async move {
            let name = request.type_name.clone();
            let work = async { Ok(listed(&calls, request, &events).await) };
            let told = calls.run("ListResource", &name, work, |told| told).await;
            let diagnostic = told.map(Response::into_inner).unwrap_or_default();
            if !diagnostic.is_empty() {
                let last = proto::list_resource::Event {
                    diagnostic,
                    ..Default::default()
                };
                // Nobody reads any more.
                let _ = events.send(Ok(last)).await;
            }
        });
        Ok(stream(receiver))
    }

    /// Runs an action: its progress, then exactly one end.
    pub(super) fn invoke(
        &self,
        request: proto::invoke_action::Request,
    ) -> Answer<BoxStream<proto::invoke_action::Event>> {
        use proto::invoke_action::{Event, event};
        let (events, receiver) = mpsc::channel(WAITING);
        let calls = Arc::clone(&self.calls);
        tokio::spawn(async move {
            let name = request.action_type.clone();
            let work = async { Ok(invoked(&calls, request, &events).await) };
            let told = calls.run("InvokeAction", &name, work, |told| told).await;
            let diagnostics = told.map(Response::into_inner).unwrap_or_default();
            let completed = event::Type::Completed(event::Completed { diagnostics });
            let last = Event {
                r#type: Some(completed),
            };
            let _ = events.send(Ok(last)).await;
        });
        Ok(stream(receiver))
    }
}

async fn listed(
    calls: &Calls,
    request: proto::list_resource::Request,
    events: &Events<proto::list_resource::Event>,
) -> Told {
    let name = &request.type_name;
    let found = async {
        let filters = calls.list(name)?;
        let shape = calls.resource(name)?;
        let schema = calls.service.identity_schema(name).ok_or_else(|| {
            let detail = "Its objects have no identity. Please report this.";
            tell(&Diagnostic::error(format!("Unable to list {name}"), detail).into())
        })?;
        let config = match filters.decode("filters", request.config.as_ref())? {
            Value::Map(config) => config,
            _ => crate::framework::Object::new(),
        };
        let asked = list::Request {
            config,
            include_resource: request.include_resource_object,
            limit: usize::try_from(request.limit).ok().filter(|limit| *limit > 0),
        };
        let (items, mut received) = mpsc::channel::<list::Found>(WAITING);
        let forward = async {
            while let Some(item) = received.recv().await {
                let mut told = item.diagnostics;
                let resource_object = item
                    .resource
                    .and_then(|state| shape.encode(Value::Map(state), &mut told));
                let event = proto::list_resource::Event {
                    identity: Some(identity::encode(schema, item.identity)),
                    display_name: item.display_name,
                    resource_object,
                    diagnostic: shape.tell(&told),
                };
                if events.send(Ok(event)).await.is_err() {
                    break;
                }
            }
            drop(received);
        };
        let (diagnostics, ()) = tokio::join!(calls.service.list(name, asked, items), forward);
        Ok(filters.tell_filters(diagnostics))
    };
    found.await.unwrap_or_else(|told| told)
}

async fn invoked(
    calls: &Calls,
    request: proto::invoke_action::Request,
    events: &Events<proto::invoke_action::Event>,
) -> Told {
    use proto::invoke_action::{Event, event};
    let name = &request.action_type;
    let done = async {
        let shape = calls.action(name)?;
        let config = shape.decode("configuration", request.config.as_ref())?;
        let (progress, mut messages) = mpsc::channel::<String>(WAITING);
        let forward = async {
            while let Some(message) = messages.recv().await {
                let event = Event {
                    r#type: Some(event::Type::Progress(event::Progress { message })),
                };
                if events.send(Ok(event)).await.is_err() {
                    break;
                }
            }
            drop(messages);
        };
        let (diagnostics, ()) = tokio::join!(calls.service.invoke_action(name, config, progress), forward);
        Ok(shape.tell(&diagnostics))
    };
    done.await.unwrap_or_else(|told| told)
}
