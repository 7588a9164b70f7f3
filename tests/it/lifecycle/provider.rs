//! A provider for tests, with every kind of attribute and block, on a remote side that is a map. Its handlers can be
//! told to fail at each step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use terraform_provider_dts::framework::datasource::{DataSource, Query};
use terraform_provider_dts::framework::private::Private;
use terraform_provider_dts::framework::resource::{Apply, Delete, Plan, Read, Replacement, Resource};
use terraform_provider_dts::framework::timeouts::{self, Operation};
use terraform_provider_dts::framework::{
    Attribute, Block, Diagnostic, Diagnostics, NestedBlock, Nesting, Object, Path, Provider, Schema, Type,
    Value,
};

/// What goes wrong in the next handler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    ErrorBefore,
    ErrorAfter,
    PanicBefore,
    PanicAfter,
    LeaveUnknown,
    LeakWriteOnly,
    Malformed,
    AnswerDiffers,
    StateTakenThenPanic,
    PlanPanics,
    PlanReplacesWithinSet,
    PlanReplacesTypo,
    RefuseDestroy,
}

/// The remote side, and what the tests tell it.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) fault: Fault,
    pub(crate) made: usize,
    pub(crate) changes: usize,
    /// The last secret that reached us.
    pub(crate) secret: Option<String>,
    /// What the last delete was told.
    pub(crate) replacing: Option<Replacement>,
    /// Whether the last plan saw an imported object.
    pub(crate) imported: bool,
}

pub(crate) type Shared = Arc<Mutex<Remote>>;

#[derive(Debug)]
pub(crate) struct TestProvider(pub(crate) Shared);

impl Provider for TestProvider {
    type Client = Shared;

    fn name(&self) -> &'static str {
        "test"
    }

    fn schema(&self) -> Schema {
        Schema::new(Block::new("Test.").attribute(text("region")))
    }

    fn configure(&self, _config: &Object, _terraform_version: &str) -> Result<Shared, Diagnostics> {
        Ok(self.0.clone())
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Shared>>> {
        vec![Box::new(Thing(self.0.clone()))]
    }

    fn data_sources(&self) -> Vec<Box<dyn DataSource<Shared>>> {
        vec![Box::new(Look)]
    }
}

fn text(name: &str) -> Attribute {
    Attribute::string(name).describe("Text.")
}

fn ignoring_case(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    }
}

/// A body with every kind of attribute that may be in a nested block; a set may have fewer kinds.
fn inner(not_in_set: bool, deeper: bool) -> Block {
    let mut block = Block::new("Inner.").attributes([
        text("key").required(),
        text("auto").optional_computed(),
        text("kind").default("k"),
        text("pinned").replaces(),
        text("made").computed(),
        text("firm").computed().stable(),
    ]);
    block = block.attribute(if not_in_set {
        text("same").same_meaning(ignoring_case)
    } else {
        text("same")
    });
    if not_in_set {
        block = block.attribute(text("inner_wo").write_only());
    }
    if deeper && not_in_set {
        block = block
            .block(NestedBlock::list("deep", inner(true, false)))
            .block(NestedBlock::set("deep_set", inner(false, false)));
    } else if deeper {
        // Terraform cannot find what is computed in a set inside a set again.
        let plain = Block::new("Plain.").attributes([text("key").required(), text("pinned").replaces()]);
        block = block
            .block(NestedBlock::list("deep", inner(false, false)))
            .block(NestedBlock::set("deep_set", plain));
    }
    block
}

/// The schema of `test_thing`.
pub(crate) fn schema() -> Schema {
    let names = Attribute::new("names", Type::set(Type::String)).describe("Names.");
    let block = Block::new("A thing.")
        .attributes([
            text("id").computed().stable(),
            text("name").required(),
            text("label"),
            text("size").optional_computed(),
            text("mode").default("auto"),
            text("zone").replaces(),
            text("code").optional_computed().replaces(),
            text("plan_code").default("p").replaces(),
            text("spelling").same_meaning(ignoring_case),
            text("nick").default("Nick").same_meaning(ignoring_case),
            text("revision").computed(),
            text("firm").computed().stable(),
            text("late").computed().stable(),
            text("password").sensitive(),
            text("secret_wo").write_only(),
            text("secret_wo_version"),
            Attribute::new("tags", Type::map(Type::String)).describe("Tags."),
            names.default(vec!["b", "a", "c"]),
            Attribute::new("flags", Type::list(Type::Bool)).describe("Flags."),
            Attribute::new("any", Type::Dynamic).describe("Anything."),
        ])
        .block(NestedBlock::single("one", inner(true, true)))
        .block(NestedBlock::list("list", inner(true, true)))
        .block(NestedBlock::set("set", inner(false, true)))
        .block(NestedBlock::map("map", inner(true, false)))
        .block(timeouts::block(&[
            (Operation::Create, "1h"),
            (Operation::Delete, "1h"),
        ]));
    Schema { version: 1, block }
}

/// A thing, and the remote side for what plans are told.
#[derive(Debug)]
pub(crate) struct Thing(Shared);

fn failed(what: &str) -> Diagnostics {
    Diagnostic::error(format!("Unable to {what} thing"), "The test wants it so.").into()
}

/// Fills in each unknown value of `object`, at any depth, as the remote side would.
fn fill(block: &Block, object: &mut Object, change: usize) {
    for attribute in &block.attributes {
        if object.get(&attribute.name).is_unknown() {
            let text = if attribute.stable {
                "once".to_owned()
            } else {
                format!("change {change}")
            };
            object.set(&attribute.name, text);
        }
    }
    for nested in &block.blocks {
        let mut one = |value: &mut Value| {
            if let Value::Map(body) = value {
                let mut taken = std::mem::take(body);
                fill(&nested.block, &mut taken, change);
                *body = taken;
            }
        };
        match (nested.nesting, object.get_mut(&nested.name)) {
            (Nesting::Single, Some(value)) => one(value),
            (Nesting::List | Nesting::Set, Some(Value::List(items))) => items.iter_mut().for_each(one),
            (Nesting::Map, Some(Value::Map(members))) => {
                let keys: Vec<String> = members.iter().map(|(key, _)| key.to_owned()).collect();
                keys.iter()
                    .filter_map(|key| members.get_mut(key).map(&mut one))
                    .for_each(drop);
            }
            _ => {}
        }
    }
}

impl Thing {
    /// Create and update differ only in where the id comes from.
    fn change(apply: &mut Apply<Shared>, creates: bool) -> Result<(), Diagnostics> {
        let client = apply.client.clone();
        let (fault, change) = {
            let mut remote = client.lock().unwrap();
            (remote.fault, {
                remote.changes += 1;
                remote.changes
            })
        };
        match fault {
            Fault::ErrorBefore => return Err(failed("change")),
            Fault::PanicBefore => panic!("before"),
            _ => {}
        }
        let mut remote = client.lock().unwrap();
        if creates {
            remote.made += 1;
            let id = format!("thing-{}", remote.made);
            apply.state.set("id", id);
        }
        remote.secret = apply.config.str("secret_wo").map(str::to_owned);
        let remembered = remote.secret.clone();
        let id = apply.state.str("id").unwrap().to_owned();
        // What is there before the answer is complete: a name, but nothing computed.
        remote.objects.insert(id.clone(), apply.state.clone());
        drop(remote);
        apply.private.set("made_by", "test");
        apply.checkpoint();
        match fault {
            Fault::ErrorAfter => return Err(failed("finish")),
            Fault::PanicAfter => panic!("after {}", remembered.unwrap_or_default()),
            Fault::StateTakenThenPanic => {
                drop(std::mem::take(&mut apply.state));
                panic!("taken");
            }
            Fault::LeaveUnknown => return Ok(()),
            Fault::Malformed => {
                apply.state = Object::new()
                    .with("id", id)
                    .with("tags", "text")
                    .with("list", true)
                    .with("x", 1);
                return Ok(());
            }
            _ => {}
        }
        fill(&schema().block, &mut apply.state, change);
        if fault == Fault::LeakWriteOnly {
            apply
                .state
                .set("secret_wo", apply.config.get("secret_wo").clone());
        }
        if fault == Fault::AnswerDiffers {
            apply.state.set("label", "OTHER");
            apply.state.set(
                "spelling",
                apply.state.str("spelling").unwrap_or("").to_uppercase(),
            );
        }
        client.lock().unwrap().objects.insert(id, apply.state.clone());
        Ok(())
    }
}

#[async_trait]
impl Resource<Shared> for Thing {
    fn type_name(&self) -> &'static str {
        "test_thing"
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn plan(&self, plan: &mut Plan<'_, Shared>) {
        let mut remote = self.0.lock().unwrap();
        remote.imported = plan.private.is_set("_imported");
        let fault = remote.fault;
        drop(remote);
        match fault {
            Fault::PlanPanics => panic!("planning"),
            Fault::PlanReplacesWithinSet => plan.replace(Path::attribute("set").index(0).then("key")),
            Fault::PlanReplacesTypo => plan.replace(Path::attribute("lable")),
            _ => {}
        }
    }

    fn plan_destroy(
        &self,
        _prior: &Object,
        _private: &Private,
        _client: Option<&Shared>,
        diagnostics: &mut Diagnostics,
    ) {
        if self.0.lock().unwrap().fault == Fault::RefuseDestroy {
            diagnostics.extend(failed("destroy"));
        }
    }

    async fn create(&self, apply: &mut Apply<Shared>) -> Result<(), Diagnostics> {
        Thing::change(apply, true)
    }

    async fn read(&self, read: &mut Read<Shared>) -> Result<bool, Diagnostics> {
        let remote = read.client.lock().unwrap();
        if remote.fault == Fault::ErrorBefore {
            drop(std::mem::take(&mut read.state));
            return Err(failed("read"));
        }
        if remote.fault == Fault::PanicBefore {
            drop(std::mem::take(&mut read.state));
            drop(remote);
            panic!("reading");
        }
        let Some(found) = remote.objects.get(read.state.str("id").unwrap_or("")) else {
            return Ok(false);
        };
        let mut found = found.clone();
        // The remote side has its own spelling, and it answers what is unknown to us.
        let spelling = found.str("spelling").map(str::to_ascii_uppercase);
        found.set("spelling", spelling);
        fill(&schema().block, &mut found, remote.changes);
        if remote.fault == Fault::LeakWriteOnly {
            found.set("secret_wo", "hunter2");
        }
        if remote.fault == Fault::LeaveUnknown {
            found.set("revision", Value::Unknown);
        }
        drop(remote);
        read.state = found;
        Ok(true)
    }

    async fn update(&self, apply: &mut Apply<Shared>) -> Result<(), Diagnostics> {
        Thing::change(apply, false)
    }

    async fn delete(&self, delete: &mut Delete<Shared>) -> Result<(), Diagnostics> {
        let mut remote = delete.client.lock().unwrap();
        remote.replacing = delete.replacing;
        match remote.fault {
            Fault::ErrorBefore => return Err(failed("delete")),
            Fault::PanicBefore => {
                drop(std::mem::take(&mut delete.state));
                drop(remote);
                panic!("deleting");
            }
            _ => {}
        }
        remote.objects.remove(delete.state.str("id").unwrap_or(""));
        Ok(())
    }
}

/// The data source `test_look`: echoes, and counts.
#[derive(Debug)]
struct Look;

#[async_trait]
impl DataSource<Shared> for Look {
    fn type_name(&self) -> &'static str {
        "test_look"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            Block::new("Looks.")
                .attributes([
                    text("name").required(),
                    text("mode").default("auto"),
                    text("seen_mode").computed(),
                    text("result").computed(),
                ])
                .block(NestedBlock::list(
                    "filter",
                    Block::new("Filter.").attribute(text("key")),
                )),
        )
    }

    async fn read(&self, query: &mut Query<Shared>) -> Result<(), Diagnostics> {
        let fault = query.client.lock().unwrap().fault;
        match fault {
            Fault::ErrorBefore => return Err(failed("look at")),
            Fault::PanicBefore => panic!("looking"),
            Fault::AnswerDiffers => query.state.set("name", "OTHER"),
            _ => {}
        }
        let seen = query.state.get("mode").clone();
        query.state.set("seen_mode", seen);
        let result = if fault == Fault::LeaveUnknown {
            Value::Unknown
        } else {
            Value::from("found")
        };
        query.state.set("result", result);
        Ok(())
    }
}
