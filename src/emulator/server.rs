//! The socket, and the way of one request: take apart, recognise, verify, fault, execute, note, answer.

use std::{
    convert::Infallible,
    future::Future,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State as Extracted},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot};

use super::{
    Options, actions, admin,
    auth::{self, Keys, Scheme},
    fault::{Fault, Kind},
    fixtures::Fixtures,
    journal::{self, Call},
    lifecycle::Lifecycle,
    limit::Limits,
    message::Message,
    params::Params,
    reply::Refusal,
    state::State,
    veil::{self, Before},
    wire::{Knife, Listener},
};

/// The version of the API that is served.
const VERSION: &str = "2020-01-01";
/// The largest body accepted, in bytes: an object list may have 1 MB, encoded up to three times that.
const LARGEST_BODY: usize = 8 << 20;
/// What requests in flight get at the end.
const GRACE: Duration = Duration::from_secs(2);

/// Where the time comes from.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What all connections share.
pub(crate) struct Shared {
    keys: Keys,
    clock: Clock,
    started_with: (Option<Fixtures>, Lifecycle, Limits),
    state: Mutex<State>,
}

impl Shared {
    pub(crate) fn new(options: Options, clock: Clock) -> io::Result<Self> {
        let fixtures = Fixtures::parse(options.fixtures.unwrap_or(Value::Null))
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Ok(Self {
            keys: Keys {
                id: options.access_key_id,
                secret: options.access_key_secret,
            },
            clock,
            started_with: (fixtures.clone(), options.lifecycle, options.limits),
            state: Mutex::new(State::new(fixtures, options.lifecycle, options.limits)),
        })
    }

    /// The state, locked. A panic of another request leaves it usable.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reset(&self) {
        let (fixtures, lifecycle, limits) = self.started_with.clone();
        self.state().reset(fixtures, lifecycle, limits);
    }

    /// Answers one RPC request.
    fn answer(&self, message: &Message) -> Answer {
        let now = (self.clock)();
        let mut state = self.state();
        let state = &mut *state;
        state.advance(now);
        let request_id = state.ids.request();
        let scheme = Scheme::of(message);
        let params = message.params();
        let mut struck = None;
        let outcome = self.execute(state, message, scheme, &params, &request_id, &mut struck);
        // What the call began, and takes no time, is over before anything else happens.
        if state.lifecycle == Lifecycle::Immediate {
            state.advance(now);
        }
        let mut answer = match outcome {
            Ok(body) => Answer {
                status: 200,
                code: failure_code(&body),
                body,
                fault: None,
            },
            Err(refusal) => Answer {
                status: refusal.status,
                body: refusal.body(&request_id),
                code: Some(refusal.code),
                fault: None,
            },
        };
        if matches!(
            &struck,
            Some(Fault {
                kind: Kind::CutBefore,
                ..
            })
        ) {
            (answer.status, answer.code) = (0, None);
        }
        if let Some(Fault {
            kind: Kind::Garbage, ..
        }) = &struck
        {
            answer.code = None;
        }
        answer.fault = struck;
        state.journal.note(Call {
            seq: 0,
            action: scheme.action(message).unwrap_or_default().to_owned(),
            params: journal::masked(&params),
            signature: scheme.name().to_owned(),
            status: answer.status,
            code: answer.code.clone(),
            request_id,
            time: state.now,
            user_agent: message.header("user-agent").unwrap_or_default().to_owned(),
            fault: answer.fault.as_ref().map(|fault| fault.kind.name().to_owned()),
        });
        answer
    }

    fn execute(
        &self,
        state: &mut State,
        message: &Message,
        scheme: Scheme,
        params: &Params,
        request_id: &str,
        struck: &mut Option<Fault>,
    ) -> Result<Value, Refusal> {
        if !matches!(message.method.as_str(), "GET" | "POST") {
            return Err(Refusal::new(
                405,
                "UnsupportedHTTPMethod",
                "This HTTP method is not supported.",
            ));
        }
        let name = scheme.action(message)?;
        if scheme.version(message)? != VERSION {
            return Err(Refusal::invalid(
                "Version",
                &format!("the version of this product is {VERSION}"),
            ));
        }
        let action = actions::find(name).ok_or_else(|| {
            Refusal::new(
                404,
                "InvalidAction.NotFound",
                format!("Specified api is not found, please check your url and method. Action: {name}"),
            )
        })?;
        auth::verify(message, scheme, &self.keys, state.now, &mut state.nonces)?;
        state.taken.take(state.limits, state.now)?;
        *struck = state.faults.strike(name);
        if let Some(reply) = struck
            .as_ref()
            .and_then(|fault| instead(fault, action, request_id))
        {
            return reply;
        }
        let is_read = ["Describe", "List"].iter().any(|verb| name.starts_with(verb));
        let late = struck.as_ref().filter(|fault| fault.kind == Kind::ShownLate);
        let before = late.map(|fault| (Before::of(state), fault.reads));
        let ran = if is_read {
            veil::behind(state, |state| (action.run)(state, params))
        } else {
            (action.run)(state, params)
        };
        if let Some((before, reads)) = before {
            state.veil = before.veil(state, reads);
        }
        let mut reply = ran.map(|body| action.envelope.success(request_id, body))?;
        if let Some(fault) = struck {
            fault.edit(&mut reply);
        }
        Ok(reply)
    }
}

/// What a fault answers in place of executing the call; `None` for faults that let it be executed.
fn instead(fault: &Fault, action: &actions::Action, request_id: &str) -> Option<Result<Value, Refusal>> {
    let code = |default: &'static str| fault.code.as_deref().unwrap_or(default).to_owned();
    match fault.kind {
        Kind::Late | Kind::CutAfter | Kind::ShownLate | Kind::Truncate | Kind::Edit => None,
        Kind::Throttle => Some(Err(Refusal::new(
            400,
            &code("Throttling.User"),
            "Request was denied due to user flow control.",
        ))),
        Kind::Status => {
            let status = fault.status.unwrap_or(500);
            let code = code(if status == 503 {
                "ServiceUnavailable"
            } else {
                "InternalError"
            });
            Some(Err(Refusal::new(
                status,
                &code,
                "The request processing has failed due to some unknown error.",
            )))
        }
        // Neither of the two is sent as it stands here.
        Kind::CutBefore => Some(Ok(Value::Null)),
        Kind::Garbage => Some(Err(Refusal::new(fault.status.unwrap_or(200), "", ""))),
        Kind::Refuse => Some(Ok(action.envelope.failure(request_id, &code("OperationDenied")))),
    }
}

/// The code of an answer that is a failure in spite of its status.
fn failure_code(body: &Value) -> Option<String> {
    let failed = body["Success"] == false || body["Success"] == "false";
    body["ErrCode"].as_str().filter(|_| failed).map(str::to_owned)
}

/// An answer, and the fault that is to spoil its way back.
struct Answer {
    status: u16,
    code: Option<String>,
    body: Value,
    fault: Option<Fault>,
}

impl Answer {
    async fn send(self, knife: &Knife) -> Response {
        let text = self.body.to_string();
        let length = text.len();
        // A call without a status is one that was cut off: no status of it is ever sent.
        let mut response = json_response(StatusCode::from_u16(self.status).unwrap_or_default(), text);
        let Some(fault) = self.fault else { return response };
        match fault.kind {
            Kind::Late => tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await,
            Kind::Throttle => {
                if let Some(after) = fault.retry_after_ms {
                    response.headers_mut().insert("x-acs-retry-after", after.into());
                }
            }
            Kind::CutBefore | Kind::CutAfter | Kind::ShownLate => knife.cut(),
            Kind::Truncate => knife.truncate(length / 2),
            Kind::Garbage => {
                *response.body_mut() = Body::from("<html><body><h1>It works!</h1></body></html>");
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            }
            Kind::Status | Kind::Refuse | Kind::Edit => {}
        }
        response
    }
}

fn json_response(status: StatusCode, text: String) -> Response {
    let json = HeaderValue::from_static("application/json;charset=utf-8");
    (status, [(header::CONTENT_TYPE, json)], text).into_response()
}

async fn handle(
    Extracted(shared): Extracted<Arc<Shared>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Result<Response, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return Ok((StatusCode::PAYLOAD_TOO_LARGE, "the body is too large").into_response());
    };
    let path = head.uri.path();
    if let Some(route) = path.strip_prefix(admin::PREFIX) {
        let (status, reply) = admin::handle(&shared, &head.method, route, &body);
        return Ok(json_response(status, reply.to_string()));
    }
    if path != "/" {
        let message = format!("the service has one path, /, and nothing at {path}");
        return Ok((StatusCode::NOT_FOUND, message).into_response());
    }
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let message = Message::new(
        head.method.as_str(),
        head.uri.query().unwrap_or_default(),
        headers,
        body.to_vec(),
    );
    let answer = shared.answer(&message);
    let latency = shared.state().limits.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    Ok(answer.send(&knife).await)
}

/// Serves until `shutdown`, then lets requests in flight end for a while.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = Router::new().fallback(handle).with_state(shared);
    let (stopping, stopped) = oneshot::channel::<()>();
    let server = axum::serve(
        Listener(listener),
        app.into_make_service_with_connect_info::<Knife>(),
    )
    .with_graceful_shutdown(async move {
        shutdown.await;
        drop(stopping);
    });
    tokio::select! {
        result = server => result,
        () = async {
            let _ = stopped.await;
            tokio::time::sleep(GRACE).await;
        } => Ok(()),
    }
}
