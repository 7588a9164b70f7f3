//! What go-plugin asks of every plugin besides its real service.

use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::proto::go_plugin::grpc_broker_server::GrpcBroker;
use super::proto::go_plugin::grpc_controller_server::GrpcController;
use super::proto::go_plugin::grpc_stdio_server::GrpcStdio;
use super::proto::go_plugin::{ConnInfo, Empty, StdioData};
use super::proto::health::health_check_response::ServingStatus;
use super::proto::health::health_server::Health;
use super::proto::health::{HealthCheckRequest, HealthCheckResponse};

/// The service name under which go-plugin asks for health.
const HEALTH_SERVICE: &str = "plugin";

/// All of go-plugin's services. `shutdown` is tripped by the controller, and ends the streams.
#[derive(Clone, Debug)]
pub struct Services {
    shutdown: CancellationToken,
}

impl Services {
    /// The services of a process that ends when `shutdown` is tripped.
    pub fn new(shutdown: CancellationToken) -> Self {
        Self { shutdown }
    }

    /// A stream of nothing that stays open.
    fn silence<T: Send + 'static>(&self) -> BoxStream<T> {
        Box::pin(stream::pending().take_until(self.shutdown.clone().cancelled_owned()))
    }
}

#[tonic::async_trait]
impl GrpcController for Services {
    /// Terraform is done. Without this it waits two seconds and kills.
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Services {
    /// Nothing is sent: logs go to the real stderr. The open stream keeps the parent from dropping a
    /// connection on which long nothing happens.
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(self.silence()))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Services {
    /// Takes what comes and offers nothing: there are no further connections.
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        let offers = request.into_inner();
        let ignored = offers.filter_map(|_| std::future::ready(None));
        Ok(Response::new(Box::pin(
            ignored.take_until(self.shutdown.clone().cancelled_owned()),
        )))
    }
}

#[tonic::async_trait]
impl Health for Services {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match health(&request.get_ref().service) {
            ServingStatus::Serving => Ok(Response::new(HealthCheckResponse {
                status: ServingStatus::Serving.into(),
            })),
            _ => Err(Status::not_found("unknown service")),
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<BoxStream<HealthCheckResponse>>, Status> {
        let status = health(&request.get_ref().service).into();
        let first = stream::once(std::future::ready(Ok(HealthCheckResponse { status })));
        Ok(Response::new(Box::pin(first.chain(self.silence()))))
    }
}

fn health(service: &str) -> ServingStatus {
    // The empty name asks for the process as a whole.
    if service.is_empty() || service == HEALTH_SERVICE {
        ServingStatus::Serving
    } else {
        ServingStatus::ServiceUnknown
    }
}
