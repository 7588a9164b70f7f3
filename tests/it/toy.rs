//! A provider for the tests of the protocol: no service behind it, and faults on demand.
//!
//! `toy_thing.mode` says what goes wrong; the rest behaves.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use terraform_provider_dts::framework::action::{Action, Invoke};
use terraform_provider_dts::framework::datasource::{DataSource, Query};
use terraform_provider_dts::framework::function::{self, Function, Parameter, Signature};
use terraform_provider_dts::framework::identity::{Identity, IdentityAttribute};
use terraform_provider_dts::framework::list::{Item, ListResource, Listing};
use terraform_provider_dts::framework::moved::{Moved, Source};
use terraform_provider_dts::framework::resource::{Apply, Delete, Plan, Read, Resource};
use terraform_provider_dts::framework::{
    Attribute, Block, Diagnostic, Diagnostics, NestedBlock, Object, Path, Provider, Schema, Server, Type,
    Value,
};
use terraform_provider_dts::plugin::handshake::Environment;
use terraform_provider_dts::plugin::log;
use terraform_provider_dts::plugin::serve::{Options, serve};
use tokio::sync::Notify;

pub(crate) struct Toy;

/// The variable that makes [`serves_when_told_to`] a provider's process.
pub(crate) const SERVE: &str = "TOY_SERVE";

/// The variable that takes every folder away, so that only a port is left to listen on.
pub(crate) const NO_FOLDER: &str = "TOY_NO_FOLDER";

/// No test: what other tests start as a process, to meet the toy as Terraform would.
#[test]
fn serves_when_told_to() {
    if std::env::var_os(SERVE).is_none() {
        return;
    }
    let mut environment = Environment::from_process();
    if std::env::var_os(NO_FOLDER).is_some() {
        environment.temp_dirs.clear();
    }
    log::install("toy", || jiff::Timestamp::UNIX_EPOCH);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let options = Options {
        address: "example.com/toy/toy".to_owned(),
        debug: false,
        environment,
    };
    let result = runtime.block_on(serve(&options, Arc::new(Server::new(Toy))));
    runtime.shutdown_background();
    result.unwrap();
}

/// What the provider block says: its greeting.
pub(crate) struct Client {
    greeting: String,
}

impl Provider for Toy {
    type Client = Client;

    fn name(&self) -> &'static str {
        "toy"
    }

    fn schema(&self) -> Schema {
        let greeting = Attribute::string("greeting").describe("What to say.");
        Schema::new(Block::new("A toy.").attribute(greeting))
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        if config.str("greeting") == Some("panic") {
            panic!("asked to panic");
        }
        if config.str("greeting") == Some("") {
            diagnostics.push(Diagnostic::warning("No greeting", "").at(Path::attribute("greeting")));
        }
    }

    fn configure(&self, config: &Object, _: &str) -> Result<Client, Diagnostics> {
        Ok(Client {
            greeting: config.str("greeting").unwrap_or("nothing").to_owned(),
        })
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Client>>> {
        vec![Box::new(Thing)]
    }

    fn data_sources(&self) -> Vec<Box<dyn DataSource<Client>>> {
        vec![Box::new(Look)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(Repeat)]
    }

    fn actions(&self) -> Vec<Box<dyn Action<Client>>> {
        vec![Box::new(Poke)]
    }

    fn lists(&self) -> Vec<Box<dyn ListResource<Client>>> {
        vec![Box::new(Things)]
    }
}

/// Says how often it poked; faults by `mode`.
struct Poke;

#[async_trait]
impl Action<Client> for Poke {
    fn type_name(&self) -> &'static str {
        "toy_poke"
    }

    fn schema(&self) -> Schema {
        let block = Block::new("Poke.")
            .attribute(Attribute::number("times").required().describe("How often."))
            .attribute(Attribute::string("mode").describe("Which fault."));
        Schema::new(block)
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        if config.i64("times") == Some(0) {
            diagnostics.push(Diagnostic::error("Nothing to do", "").at(Path::attribute("times")));
        }
    }

    async fn invoke(&self, run: &mut Invoke<Client>) -> Result<(), Diagnostics> {
        for poke in 1..=run.config.i64("times").unwrap() {
            run.progress(format!("poke {poke}")).await;
        }
        if run.config.str("mode") == Some("wait") {
            run.cancel.cancelled().await;
            STOPPED.notify_one();
        }
        run.warnings.push(Diagnostic::warning("Poked", ""));
        fault(run.config.str("mode"))
    }
}

/// Told when work was cancelled.
pub(crate) static STOPPED: Notify = Notify::const_new();

/// Holds the thread of the mode `block`.
pub(crate) static BLOCKED: Gate = Gate {
    state: Mutex::new((false, false)),
    changed: Condvar::new(),
};

/// Where a thread is held until another one releases it.
pub(crate) struct Gate {
    /// Whether it is held, whether it may go.
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Gate {
    fn hold(&self) {
        let mut state = self.state.lock().unwrap();
        state.0 = true;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| !state.1).unwrap());
    }

    pub(crate) fn wait_until_held(&self) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |state| !state.0).unwrap());
    }

    pub(crate) fn release(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}

/// `count` things; faults by `mode`, after the things.
struct Things;

#[async_trait]
impl ListResource<Client> for Things {
    fn type_name(&self) -> &'static str {
        "toy_thing"
    }

    fn schema(&self) -> Schema {
        let block = Block::new("Things.")
            .attribute(Attribute::number("count_of").required().describe("How many."))
            .attribute(Attribute::string("state").describe("The mode of each, when it is read."))
            .attribute(Attribute::string("mode").describe("Which fault."));
        Schema::new(block)
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        if config.i64("count_of") == Some(0) {
            diagnostics.push(Diagnostic::error("Nothing to list", "").at(Path::attribute("count_of")));
        }
    }

    async fn list(&self, listing: &mut Listing<Client>) -> Result<(), Diagnostics> {
        let mut number = 0;
        while number < listing.request.config.i64("count_of").unwrap() {
            number += 1;
            let id = format!("thing-{number}");
            let mode = listing.request.config.str("state");
            let state = Object::new()
                .with("id", id.as_str())
                .with("mode", mode.map_or(Value::Null, Value::from))
                .with("secret_wo", "hunter2");
            let item = Item {
                identity: Object::new().with("id", id.as_str()).with("greeting", "hello"),
                display_name: format!("Thing {number}"),
                state,
            };
            if !listing.found(item).await {
                STOPPED.notify_one();
                return Ok(());
            }
        }
        fault(listing.request.config.str("mode"))
    }
}

/// `repeat(text, times)`, which fails for no text and panics for no times.
struct Repeat;

impl Function for Repeat {
    fn name(&self) -> &'static str {
        "repeat"
    }

    fn signature(&self) -> Signature {
        let parameter = |name, ty| Parameter {
            name,
            ty,
            description: name.to_owned(),
        };
        Signature {
            parameters: vec![parameter("text", Type::String), parameter("times", Type::Number)],
            returns: Type::String,
            summary: "Repeats.".to_owned(),
            description: "Repeats a text.".to_owned(),
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, function::Error> {
        let [Value::String(text), Value::Number(times)] = arguments else {
            return Err(function::Error::new("not a text and a number"));
        };
        if text.is_empty() {
            return Err(function::Error::at(0, "there is nothing to repeat"));
        }
        let times = usize::try_from(times.as_i64().unwrap()).unwrap();
        Ok(Value::String(text.repeat(times)))
    }
}

pub(crate) struct Thing;

/// The schema of `toy_thing`.
pub(crate) fn thing() -> Schema {
    let part = Block::new("Part.")
        .attribute(Attribute::string("name").required().describe("Name."))
        .attribute(Attribute::string("secret_wo").write_only().describe("Secret."));
    let block = Block::new("Thing.")
        .attribute(Attribute::string("id").computed().stable().describe("Id."))
        .attribute(Attribute::string("name").required().replaces().describe("Name."))
        .attribute(Attribute::number("size").default(1).describe("Size."))
        .attribute(Attribute::string("mode").describe("Which fault."))
        .attribute(
            Attribute::string("made_by")
                .computed()
                .stable()
                .describe("The greeting."),
        )
        .attribute(Attribute::string("secret_wo").write_only().describe("Secret."))
        .attribute(Attribute::new("any", Type::Dynamic).describe("Anything."))
        .block(NestedBlock::list("part", part));
    Schema { version: 2, block }
}

fn fault(mode: Option<&str>) -> Result<(), Diagnostics> {
    match mode {
        Some("panic") => panic!("asked to panic"),
        Some("fail") => Err(Diagnostic::error("Unable to make the thing", "It was asked for.").into()),
        _ => Ok(()),
    }
}

#[async_trait]
impl Resource<Client> for Thing {
    fn type_name(&self) -> &'static str {
        "toy_thing"
    }

    fn schema(&self) -> Schema {
        thing()
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        if config.str("mode") == Some("invalid") {
            diagnostics.push(Diagnostic::error("Invalid mode", "").at(Path::attribute("mode")));
        }
        if config.str("mode") == Some("panic validate") {
            panic!("asked to panic");
        }
    }

    fn plan(&self, plan: &mut Plan<'_, Client>) {
        if plan.config.str("mode") == Some("panic plan") {
            panic!("asked to panic");
        }
    }

    async fn create(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        let mode = apply.config.str("mode").map(str::to_owned);
        fault(mode.as_deref())?;
        apply.state.set("id", "thing-1");
        apply.state.set("made_by", apply.client.greeting.as_str());
        if mode.as_deref() != Some("forget") {
            apply.private.set("seen", 1);
        }
        apply.checkpoint();
        match mode.as_deref() {
            Some("panic secret") => panic!("a secret: {}", apply.config.str("secret_wo").unwrap()),
            Some("panic late") => panic!("asked to panic"),
            Some("fail late") => return fault(Some("fail")),
            Some("leak") => apply
                .state
                .set("secret_wo", apply.config.get("secret_wo").clone()),
            Some("unknown") => apply.state.set("made_by", Value::Unknown),
            Some("wrong type") => apply.state.set("id", true),
            Some("missing") => drop(apply.state.remove("made_by")),
            Some("wait") => {
                apply.cancel.cancelled().await;
                return Err(
                    Diagnostic::error("Unable to wait for the thing", "Terraform asked to stop.").into(),
                );
            }
            Some("block") => BLOCKED.hold(),
            Some("deaf") => tokio::time::sleep(Duration::from_secs(3600)).await,
            _ => {}
        }
        Ok(())
    }

    async fn read(&self, read: &mut Read<Client>) -> Result<bool, Diagnostics> {
        fault(read.state.str("mode"))?;
        if read.state.str("mode") == Some("leak") {
            read.state.set("secret_wo", "hunter2");
        }
        Ok(read.state.str("mode") != Some("gone"))
    }

    async fn update(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        fault(apply.config.str("mode"))
    }

    async fn delete(&self, delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
        fault(delete.state.str("mode"))
    }

    async fn import(&self, id: &str, _: Arc<Client>) -> Result<Object, Diagnostics> {
        fault(Some(id))?;
        Ok(Object::new().with("id", id))
    }

    fn identity(&self) -> Option<Identity> {
        let attribute = |name, required_for_import| IdentityAttribute {
            name,
            ty: Type::String,
            required_for_import,
            description: name.to_owned(),
        };
        Some(Identity {
            version: 1,
            attributes: vec![attribute("id", true), attribute("greeting", false)],
        })
    }

    fn identify(&self, state: &Object, client: &Client) -> Object {
        Object::new()
            .with("id", state.get("id").clone())
            .with("greeting", client.greeting.as_str())
    }

    fn moves_from(&self) -> &'static [&'static str] {
        &["other_thing"]
    }

    fn move_state(&self, source: &Source) -> Option<Result<Moved, Diagnostics>> {
        match source.type_name.as_str() {
            "other_thing" => Some(match source.state["name"].as_str() {
                Some("panic") => panic!("asked to panic"),
                Some(name) => {
                    let state = Object::new().with("id", "moved").with("name", name);
                    let mut moved = Moved::from(state.with("secret_wo", "hunter2"));
                    if name == "warn" {
                        moved
                            .warnings
                            .push(Diagnostic::warning("There is more to it", ""));
                    }
                    Ok(moved)
                }
                None => Err(Diagnostic::error("The thing has no name", "")
                    .at(Path::attribute("name"))
                    .into()),
            }),
            _ => None,
        }
    }

    fn upgrade(&self, version: i64, mut state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        // Version 1 had the name under another name; version 0 has none to come from.
        if version != 1 {
            return Err(Diagnostic::error("No way from there", "").into());
        }
        state["name"] = state["title"].take();
        Ok(state)
    }
}

struct Look;

#[async_trait]
impl DataSource<Client> for Look {
    fn type_name(&self) -> &'static str {
        "toy_look"
    }

    fn schema(&self) -> Schema {
        let block = Block::new("Look.")
            .attribute(Attribute::string("mode").describe("Which fault."))
            .attribute(Attribute::string("seen").computed().describe("What is seen."));
        Schema::new(block)
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        fault(query.state.str("mode"))?;
        let seen = query.client.greeting.clone();
        query.state.set("seen", seen);
        Ok(())
    }
}
