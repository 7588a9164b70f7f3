//! Lines on stderr in the form that Terraform takes apart (hclog's JSON), and what a panic prints.
//!
//! Terraform is strict about the form: a time without exactly six digits of fraction turns the whole
//! line into plain text, a line over 64 KiB is cut in two, and a level that is no string ends
//! Terraform itself. Only events of this crate are written: what libraries log at their finest level
//! is not made with our secrets in mind.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt;
use std::io::Write;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// Names of fields that readers of logs may rely on, as the Go implementation has them.
pub mod keys {
    /// The call, such as `PlanResourceChange`.
    pub const RPC: &str = "tf_rpc";
    /// A number that all lines of one call share.
    pub const REQUEST: &str = "tf_req_id";
    /// The type of the resource or data source.
    pub const RESOURCE_TYPE: &str = "tf_resource_type";
}

/// The crate whose events are written, as it stands in their targets.
const OUR_TARGET: &str = env!("CARGO_CRATE_NAME");

/// What is written when no variable says anything. Terraform shows nothing then, other parents may.
const DEFAULT_LEVEL: LevelFilter = LevelFilter::WARN;

/// The longest line, in bytes, with the newline. Terraform's limit is 65,536.
const MAX_LINE: usize = 60_000;

/// The longest text of a field or message, in bytes; what is over is cut off.
const MAX_TEXT: usize = 8_000;

/// How much is logged: by `TF_LOG_PROVIDER_<NAME>`, else `TF_LOG_PROVIDER`, else `TF_LOG`.
///
/// `name` is the provider's name in lower case; a `-` in it is `_` in the variable's. Values are
/// Terraform's: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `OFF`; anything else counts as `TRACE`.
pub fn level(name: &str, variable: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let own = format!("TF_LOG_PROVIDER_{}", name.to_uppercase().replace('-', "_"));
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    match set(&own)
        .or_else(|| set("TF_LOG_PROVIDER"))
        .or_else(|| set("TF_LOG"))
    {
        None => DEFAULT_LEVEL,
        Some(value) => match value.to_uppercase().as_str() {
            "OFF" => LevelFilter::OFF,
            "ERROR" => LevelFilter::ERROR,
            "WARN" => LevelFilter::WARN,
            "INFO" => LevelFilter::INFO,
            "DEBUG" => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        },
    }
}

/// Sends events and panics of this process to stderr, as much as the environment asks for.
///
/// `name` is the provider's; `clock` gives the time of each line. To be called once, first of all; a
/// second call changes only the report of panics.
pub fn install(name: &str, clock: fn() -> Timestamp) {
    let level = level(name, |name| std::env::var(name).ok());
    let layer = Hclog::new(name, clock, std::io::stderr());
    let only_ours = Targets::new().with_target(OUR_TARGET, level);
    // An error means that somebody else has taken the events already: they are not lost.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer.with_filter(only_ours)));
    panic::set_hook(Box::new(|info| {
        let report = panic_report(info, &Backtrace::force_capture());
        // In one write, so that lines of other threads do not come between. Nowhere to tell a failure.
        let _ = std::io::stderr().lock().write_all(report.as_bytes());
    }));
}

/// What is printed for a panic. Terraform recognises the first word and shows the lines to the user.
fn panic_report(info: &PanicHookInfo<'_>, backtrace: &Backtrace) -> String {
    let message = panic_message(info.payload());
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    format!("panic: {message}\n\nthread {thread} at {place}\n{backtrace}\n")
}

/// How messages begin that the standard library makes and that hold nothing but numbers.
const HARMLESS: [&str; 4] = [
    "index out of bounds",
    "range end index",
    "range start index",
    "slice index",
];

/// The text that a panic was raised with, as far as it can be shown. A text made at run time may hold any
/// value, a secret too; the place of the panic tells enough.
fn panic_message(payload: &(dyn Any + Send)) -> &str {
    if let Some(constant) = payload.downcast_ref::<&'static str>() {
        return constant;
    }
    match payload.downcast_ref::<String>() {
        Some(made) if HARMLESS.iter().any(|start| made.starts_with(start)) => made,
        _ => "(the message is not shown, it might hold a secret)",
    }
}

/// Writes each event as one line of JSON.
struct Hclog<W> {
    module: String,
    clock: fn() -> Timestamp,
    out: Mutex<W>,
}

impl<W> Hclog<W> {
    fn new(name: &str, clock: fn() -> Timestamp, out: W) -> Self {
        Self {
            module: format!("provider.{name}"),
            clock,
            out: Mutex::new(out),
        }
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::String(cut(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(cut(&format!("{value:?}"))));
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        // A name with `@` belongs to the form itself; a value of another kind there is fatal.
        let name = field.name().trim_start_matches('@');
        self.0.insert(name.to_owned(), value);
    }
}

/// At most [`MAX_TEXT`] bytes of a text.
fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let mut end = MAX_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{} ... ({} bytes more)", &text[..end], text.len() - end)
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}

/// One line. `fields` holds the event's own, with its message, and those of the spans around it.
fn render(module: &str, time: Timestamp, level: Level, mut fields: Map<String, Value>) -> String {
    let message = match fields.remove("message") {
        Some(Value::String(message)) => message,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let head = [
        ("@level", level_name(level).to_owned()),
        ("@message", message),
        ("@module", module.to_owned()),
        ("@timestamp", time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()),
    ];
    fields.extend(head.map(|(key, value)| (key.to_owned(), Value::String(value))));
    let mut line = Value::Object(fields).to_string();
    if line.len() >= MAX_LINE {
        // Many long fields: keep the message, say how much is missing.
        let dropped = format!("{} bytes of fields", line.len());
        let Ok(Value::Object(mut fields)) = serde_json::from_str(&line) else {
            return String::new();
        };
        fields.retain(|key, _| key.starts_with('@'));
        fields.insert("dropped".to_owned(), Value::String(dropped));
        line = Value::Object(fields).to_string();
        line.truncate(MAX_LINE - 1);
    }
    line.push('\n');
    line
}

impl<S, W> Layer<S> for Hclog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + Send + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.0.extend(of_span.0.clone());
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let line = render(
            &module(&self.module, metadata.target()),
            (self.clock)(),
            *metadata.level(),
            fields.0,
        );
        // A thread that panicked while writing has written whole or nothing.
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Stderr is closed: the parent is gone, there is nobody to tell.
        let _ = out.write_all(line.as_bytes());
    }
}

/// `provider.x` and `..::api::client` give `provider.x.api.client`.
fn module(base: &str, target: &str) -> String {
    match target.split_once("::") {
        Some((_, rest)) => format!("{base}.{}", rest.replace("::", ".")),
        None => base.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A writer that counts its calls.
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn capture(level: LevelFilter, log: impl FnOnce()) -> Vec<Value> {
        let sink = Sink::default();
        let clock = || Timestamp::new(1_795_323_980, 87_000_000).unwrap();
        let layer = Hclog::new("x", clock, sink.clone());
        let layer = layer.with_filter(Targets::new().with_target(OUR_TARGET, level));
        tracing::subscriber::with_default(Registry::default().with(layer), log);
        let writes = sink.0.lock().unwrap().clone();
        writes
            .iter()
            .map(|line| {
                assert!(line.len() <= MAX_LINE, "{} bytes", line.len());
                assert_eq!(
                    line.iter().filter(|byte| **byte == b'\n').count(),
                    1,
                    "one line, one write"
                );
                let value: Value = serde_json::from_slice(line).unwrap();
                for key in ["@level", "@message", "@module", "@timestamp"] {
                    assert!(value[key].is_string(), "{key} of {value}");
                }
                value
            })
            .collect()
    }

    #[test]
    fn levels_by_variable() {
        let check = |variables: &[(&str, &str)], expected: LevelFilter| {
            let found = level("my-name", |name| {
                variables
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(found, expected, "{variables:?}");
        };
        check(&[], DEFAULT_LEVEL);
        check(&[("TF_LOG", "")], DEFAULT_LEVEL);
        check(&[("TF_LOG", "info")], LevelFilter::INFO);
        check(&[("TF_LOG", "JSON")], LevelFilter::TRACE);
        check(
            &[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "ERROR")],
            LevelFilter::ERROR,
        );
        check(
            &[("TF_LOG_PROVIDER", "TRACE"), ("TF_LOG_PROVIDER_MY_NAME", "OFF")],
            LevelFilter::OFF,
        );
        check(&[("TF_LOG_PROVIDER_OTHER", "TRACE")], DEFAULT_LEVEL);
    }

    #[test]
    fn event_with_fields_of_its_spans() {
        let lines = capture(LevelFilter::DEBUG, || {
            let span = tracing::info_span!(
                "call",
                tf_rpc = "Plan",
                tf_req_id = 7,
                late = tracing::field::Empty
            );
            let _entered = span.enter();
            span.record("late", "yes");
            tracing::info!(
                count = 3,
                ratio = 0.5,
                ok = true,
                text = "two\nlines",
                "planned \"it\""
            );
            tracing::trace!("below the level");
            tracing::error!(target: "h2::codec", "of another crate");
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        let expected = serde_json::json!({
            "@level": "info", "@message": "planned \"it\"", "@module": "provider.x.plugin.log.tests",
            "@timestamp": "2026-11-22T05:06:20.087000Z", "tf_rpc": "Plan", "tf_req_id": 7, "late": "yes",
            "count": 3, "ratio": "0.5", "ok": true, "text": "two\nlines",
        });
        assert_eq!(lines[0], expected);
    }

    #[test]
    fn long_texts_are_cut_and_the_line_stays_json() {
        let long = "\u{1}é".repeat(10_000);
        let lines = capture(LevelFilter::DEBUG, || {
            tracing::warn!(text = long.as_str(), "{long}");
            tracing::warn!(a = long.as_str(), b = long.as_str(), c = ?long, d = ?long, e = ?long, "many");
        });
        assert!(lines[0]["text"].as_str().unwrap().contains("bytes more"), "cut");
        assert_eq!(lines[1]["@message"], "many");
        assert!(
            lines[1]["dropped"].as_str().unwrap().contains("bytes"),
            "{:?}",
            lines[1].get("dropped")
        );
    }

    #[test]
    fn panic_tells_no_value() {
        let check = |panic: fn(), expected: &str| {
            let payload = panic::catch_unwind(panic).unwrap_err();
            assert_eq!(panic_message(payload.as_ref()), expected);
        };
        let hidden = "(the message is not shown, it might hold a secret)";
        check(|| panic!("constant"), "constant");
        check(|| panic!("made of {}", String::from("hunter2")), hidden);
        check(|| drop("x".parse::<u8>().unwrap().to_string()), hidden);
        check(
            || drop(vec![0; 3][std::hint::black_box(5)].to_string()),
            "index out of bounds: the len is 3 but the index is 5",
        );
        // This message of the standard library quotes the text.
        check(|| drop("hünter2"[std::hint::black_box(2)..].to_owned()), hidden);
        check(|| panic::panic_any(5), hidden);
    }

    #[test]
    fn fields_cannot_touch_the_form() {
        let lines = capture(LevelFilter::DEBUG, || {
            tracing::warn!("@level" = 5, "@timestamp" = 1, "message")
        });
        assert_eq!(lines[0]["@level"], "warn");
        assert_eq!(lines[0]["level"], 5);
    }
}
