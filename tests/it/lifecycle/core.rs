//! A Terraform in small: drives a provider through a resource's life in the order that Terraform does, keeps the
//! state that it would keep, and holds every answer against its rules.

use serde_json::Value as Json;
use terraform_provider_dts::framework::import::Key;
use terraform_provider_dts::framework::private::Private;
use terraform_provider_dts::framework::rules::{self, Action};
use terraform_provider_dts::framework::schema::Block;
use terraform_provider_dts::framework::{Diagnostics, Nesting, Path, Service, Type, Value, apply, plan};

/// What is recorded of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) value: Value,
    pub(crate) private: Vec<u8>,
    pub(crate) tainted: bool,
}

/// A plan as Terraform keeps it until the apply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Planned {
    pub(crate) action: Action,
    pub(crate) planned: Value,
    pub(crate) replace: Vec<Path>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Diagnostics,
}

/// One resource in a configuration, and its state.
pub(crate) struct Core<'s> {
    service: &'s dyn Service,
    type_name: &'static str,
    pub(crate) state: Option<Stored>,
}

impl<'s> Core<'s> {
    pub(crate) fn new(service: &'s dyn Service, type_name: &'static str) -> Core<'s> {
        Core {
            service,
            type_name,
            state: None,
        }
    }

    pub(crate) fn block(&self) -> &'s Block {
        &self.service.resource_schema(self.type_name).unwrap().block
    }

    /// The recorded state; null when there is none.
    pub(crate) fn value(&self) -> Value {
        self.state
            .as_ref()
            .map_or(Value::Null, |stored| stored.value.clone())
    }

    /// A member of the recorded state, as JSON.
    pub(crate) fn get(&self, name: &str) -> Json {
        self.value()
            .as_map()
            .map_or(Json::Null, |object| object.get(name).reveal())
    }

    /// `terraform plan`: validate, upgrade, read, plan. A null configuration is a destroy.
    pub(crate) async fn plan(&mut self, config: &Value) -> Result<Planned, Diagnostics> {
        if !config.is_null() {
            let diagnostics = self
                .service
                .validate_resource(self.type_name, self.wire(config), true);
            self.holds(rules::check_diagnostics(self.block(), &diagnostics));
            if diagnostics.has_errors() {
                return Err(diagnostics);
            }
        }
        self.refresh().await?;
        let mut private = self
            .state
            .as_ref()
            .map(|stored| stored.private.clone())
            .unwrap_or_default();
        let mut prior = self.value();
        let tainted = self.state.as_ref().is_some_and(|stored| stored.tainted);
        if tainted && !config.is_null() {
            (prior, private) = (Value::Null, Vec::new());
        }
        let mut planned = self.plan_once(&prior, config, &private)?;
        if planned.action == Action::Replace {
            let create = self.plan_once(&Value::Null, config, &planned.private)?;
            assert_eq!(create.action, Action::Create);
            planned.planned = create.planned;
            planned.private = create.private;
        } else if tainted && planned.action == Action::Create {
            planned.action = Action::Replace;
        }
        Ok(planned)
    }

    /// One call for a plan, asked twice: the same question has the same answer.
    fn plan_once(&self, prior: &Value, config: &Value, private: &[u8]) -> Result<Planned, Diagnostics> {
        let block = self.block();
        let config = &self.wire(config);
        let ask = || {
            let response = self.service.plan(
                self.type_name,
                plan::Request {
                    prior: self.wire(prior),
                    proposed: self.wire(&rules::propose(block, prior, config)),
                    config: config.clone(),
                    private: Private::from_bytes(private),
                },
            );
            (
                response.planned,
                response.replace,
                response.private.to_bytes(),
                response.diagnostics,
            )
        };
        let (planned, replace, private, diagnostics) = ask();
        let again = ask();
        assert_eq!(
            planned.reveal(),
            again.0.reveal(),
            "planning twice gives the same"
        );
        assert_eq!((&replace, &private, &diagnostics), (&again.1, &again.2, &again.3));
        self.holds(rules::check_diagnostics(block, &diagnostics));
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        self.holds(rules::check_plan(block, prior, config, &planned));
        let action = rules::action(block, prior, &planned, &replace);
        Ok(Planned {
            action: action.unwrap_or_else(|problems| panic!("{problems:?}")),
            planned: self.wire(&planned),
            replace,
            private,
            diagnostics,
        })
    }

    /// `terraform apply` of a plan; `config` is now wholly known.
    pub(crate) async fn apply(&mut self, first: &Planned, config: &Value) -> Diagnostics {
        match first.action {
            Action::NoOp => Diagnostics::new(),
            Action::Create | Action::Update => self.change(first, config, false).await,
            Action::Delete => self.delete(&first.private).await,
            Action::Replace => {
                let mut diagnostics = self.delete(&first.private).await;
                if !diagnostics.has_errors() {
                    diagnostics.extend(self.change(first, config, true).await);
                }
                diagnostics
            }
        }
    }

    /// Plans and applies, with nothing unknown.
    pub(crate) async fn run(&mut self, config: &Value) -> (Action, Diagnostics) {
        let planned = self
            .plan(config)
            .await
            .unwrap_or_else(|errors| panic!("{errors:?}"));
        let diagnostics = self.apply(&planned, config).await;
        (planned.action, diagnostics)
    }

    /// Plans and applies without an error, and then there is nothing to plan.
    pub(crate) async fn settle(&mut self, config: &Value) -> Action {
        let (action, diagnostics) = self.run(config).await;
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        self.expect_no_changes(config).await;
        action
    }

    /// A plan after an apply is empty: nothing to do, byte for byte the state.
    pub(crate) async fn expect_no_changes(&mut self, config: &Value) {
        let planned = self
            .plan(config)
            .await
            .unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!(planned.planned.reveal(), self.value().reveal());
        assert_eq!((planned.action, planned.replace), (Action::NoOp, vec![]));
    }

    /// Plans and applies as often as it takes, at most once; then there is nothing to do.
    pub(crate) async fn expect_no_changes_but_drift(&mut self, config: &Value) {
        let (action, _) = self.run(config).await;
        assert!(matches!(action, Action::NoOp | Action::Update), "{action:?}");
        self.expect_no_changes(config).await;
    }

    async fn change(&mut self, first: &Planned, config: &Value, replaced: bool) -> Diagnostics {
        assert!(config.is_wholly_known(), "an apply has no unknown configuration");
        let block = self.block();
        let (prior, private) = match &self.state {
            Some(stored) if !replaced => (stored.value.clone(), stored.private.clone()),
            _ => (Value::Null, Vec::new()),
        };
        let second = match self.plan_once(&prior, config, &private) {
            Ok(second) => second,
            Err(errors) => return errors,
        };
        let action = if replaced { Action::Create } else { first.action };
        self.holds(rules::check_second_plan(
            block,
            (&first.planned, action),
            (&second.planned, second.action),
        ));
        if second.action == Action::NoOp {
            return Diagnostics::new();
        }
        let response = self
            .service
            .apply(
                self.type_name,
                apply::Request {
                    prior: self.wire(&prior),
                    planned: second.planned.clone(),
                    config: self.wire(config),
                    private: Private::from_bytes(&second.private),
                },
            )
            .await;
        self.holds(rules::check_state(block, &response.state));
        self.holds(rules::check_diagnostics(block, &response.diagnostics));
        let failed = response.diagnostics.has_errors();
        if !failed {
            self.holds(rules::check_applied(block, &second.planned, &response.state));
        }
        if !response.state.is_null() {
            self.state = Some(Stored {
                value: self.wire(&response.state),
                private: response.private.to_bytes(),
                tainted: failed && prior.is_null(),
            });
        }
        response.diagnostics
    }

    async fn delete(&mut self, private: &[u8]) -> Diagnostics {
        let response = self
            .service
            .apply(
                self.type_name,
                apply::Request {
                    prior: self.wire(&self.value()),
                    planned: Value::Null,
                    config: Value::Null,
                    private: Private::from_bytes(private),
                },
            )
            .await;
        self.holds(rules::check_state(self.block(), &response.state));
        match (&mut self.state, response.diagnostics.has_errors()) {
            (state, false) => {
                assert!(
                    response.state.is_null(),
                    "a delete without an error leaves nothing"
                );
                *state = None;
            }
            (Some(stored), true) if !response.state.is_null() => {
                stored.value = response.state;
                stored.private = response.private.to_bytes();
            }
            _ => {}
        }
        response.diagnostics
    }

    /// Upgrade and read of the recorded state.
    pub(crate) async fn refresh(&mut self) -> Result<(), Diagnostics> {
        let Some(stored) = self.state.clone() else {
            return Ok(());
        };
        let version = self.service.resource_schema(self.type_name)?.version;
        let json = stored.value.reveal();
        assert_eq!(self.service.upgrade(self.type_name, version, json.clone())?, json);
        let (state, private) = (self.wire(&stored.value), Private::from_bytes(&stored.private));
        let response = self.service.read(self.type_name, state, private).await;
        self.holds(rules::check_read(self.block(), &response.state));
        self.holds(rules::check_diagnostics(self.block(), &response.diagnostics));
        if response.diagnostics.has_errors() {
            assert_eq!(response.state, stored.value, "an error keeps the state");
            return Err(response.diagnostics);
        }
        self.state = (!response.state.is_null()).then(|| Stored {
            value: self.wire(&response.state),
            private: response.private.to_bytes(),
            tainted: stored.tainted,
        });
        Ok(())
    }

    /// `terraform import`.
    pub(crate) async fn import(&mut self, id: &str) -> Result<(), Diagnostics> {
        let (state, private, diagnostics) = self.service.import(self.type_name, Key::Id(id.to_owned())).await;
        self.holds(rules::check_state(self.block(), &state));
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        assert!(!state.is_null(), "an import without an error has a state");
        self.state = Some(Stored {
            value: state,
            private: private.to_bytes(),
            tainted: false,
        });
        self.refresh().await
    }

    fn holds(&self, problems: Vec<String>) {
        assert_eq!(problems, Vec::<String>::new(), "{}", self.type_name);
    }

    /// As the wire has it: sets in Terraform's order, without repetition.
    fn wire(&self, value: &Value) -> Value {
        in_order(self.block(), value)
    }
}

fn in_order(block: &Block, value: &Value) -> Value {
    let Value::Map(object) = value else {
        return value.clone();
    };
    let mut out = object.clone();
    for attribute in &block.attributes {
        out.set(
            &attribute.name,
            value_in_order(&attribute.ty, object.get(&attribute.name)),
        );
    }
    for nested in &block.blocks {
        let inner = |value: &Value| in_order(&nested.block, value);
        let value = match (nested.nesting, object.get(&nested.name)) {
            (Nesting::List, Value::List(items)) => Value::List(items.iter().map(inner).collect()),
            (Nesting::Set, Value::List(items)) => sorted(items.iter().map(inner).collect()),
            (Nesting::Map, Value::Map(members)) => Value::Map(
                members
                    .iter()
                    .map(|(key, member)| (key.to_owned(), inner(member)))
                    .collect(),
            ),
            (_, other) => inner(other),
        };
        out.set(&nested.name, value);
    }
    Value::Map(out)
}

fn value_in_order(ty: &Type, value: &Value) -> Value {
    match (ty, value) {
        (Type::Set(of), Value::List(items)) => {
            sorted(items.iter().map(|item| value_in_order(of, item)).collect())
        }
        (Type::List(of), Value::List(items)) => {
            Value::List(items.iter().map(|item| value_in_order(of, item)).collect())
        }
        (_, other) => other.clone(),
    }
}

/// Terraform's order of a set is its own and depends on the content: here, the text read backwards.
fn sorted(mut items: Vec<Value>) -> Value {
    items.sort_by_cached_key(|item| item.reveal().to_string().chars().rev().collect::<String>());
    // Two unknown values may turn out to differ.
    items.dedup_by(|one, other| one == other && one.is_wholly_known());
    Value::List(items)
}
