//! Random configurations: created, changed and removed, each first planned with some of it unknown. Terraform's
//! rules hold all along, and after each apply there is nothing to plan.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use terraform_provider_dts::framework::rules::Action;
use terraform_provider_dts::framework::schema::{Attribute, Mode, NestedBlock};

use super::*;

/// The value as it turns out to be, and as it is known when it is planned.
type Pair = (Value, Value);

fn body(block: &Block) -> BoxedStrategy<Pair> {
    let names: Vec<String> = block.attributes.iter().map(|one| one.name.clone()).collect();
    let names: Vec<String> = names
        .into_iter()
        .chain(block.blocks.iter().map(|one| one.name.clone()))
        .collect();
    let attributes = block.attributes.iter().map(attribute);
    let members: Vec<BoxedStrategy<Pair>> = attributes.chain(block.blocks.iter().map(nested)).collect();
    members
        .prop_map(move |pairs| {
            let members = || names.iter().cloned().zip(&pairs);
            let known: Object = members().map(|(name, pair)| (name, pair.0.clone())).collect();
            let partial: Object = members().map(|(name, pair)| (name, pair.1.clone())).collect();
            (Value::Map(known), Value::Map(partial))
        })
        .boxed()
}

/// Sometimes unknown when it is planned.
fn maybe_unknown(known: BoxedStrategy<Pair>) -> BoxedStrategy<Pair> {
    (known, 0..10)
        .prop_map(|((known, partial), dice)| {
            if dice == 0 {
                (known, Value::Unknown)
            } else {
                (known, partial)
            }
        })
        .boxed()
}

fn maybe_null(null: Value, some: BoxedStrategy<Pair>) -> BoxedStrategy<Pair> {
    (some, 0..5)
        .prop_map(move |(some, dice)| {
            if dice < 2 {
                (null.clone(), null.clone())
            } else {
                some
            }
        })
        .boxed()
}

fn attribute(attribute: &Attribute) -> BoxedStrategy<Pair> {
    let same = |value: Value| (value.clone(), value);
    // Few values, so that old and new, and elements of a set, are often alike.
    let text = prop::sample::select(vec!["a", "A", "b", "k", "auto"]);
    let known = match &attribute.ty {
        Type::Bool => any::<bool>()
            .prop_map(move |value| same(Value::Bool(value)))
            .boxed(),
        Type::List(_) => vec(any::<bool>(), 0..3)
            .prop_map(move |items| same(Value::from(items)))
            .boxed(),
        Type::Set(_) => vec(text, 0..4)
            .prop_map(move |items| same(Value::from(items)))
            .boxed(),
        Type::Map(_) => btree_map("[ab]", text, 0..3)
            .prop_map(move |all| {
                same(Value::Map(
                    all.into_iter().map(|(key, text)| (key, text.into())).collect(),
                ))
            })
            .boxed(),
        Type::Dynamic => text
            .prop_map(move |text| same(Value::Dynamic(Box::new((Type::String, Value::from(text))))))
            .boxed(),
        _ => text.prop_map(move |text| same(Value::from(text))).boxed(),
    };
    match attribute.mode {
        Mode::Computed => Just((Value::Null, Value::Null)).boxed(),
        Mode::Required => maybe_unknown(known),
        Mode::Optional | Mode::OptionalComputed => maybe_unknown(maybe_null(Value::Null, known)),
    }
}

fn nested(nested: &NestedBlock) -> BoxedStrategy<Pair> {
    if nested.name == "timeouts" {
        let one = || Object::new().with("create", "1h").with("delete", Value::Null);
        return any::<bool>()
            .prop_map(move |some| if some { Value::Map(one()) } else { Value::Null })
            .prop_map(|value| (value.clone(), value))
            .boxed();
    }
    let one = body(&nested.block);
    let known = match nested.nesting {
        Nesting::Single => maybe_null(Value::Null, one),
        Nesting::List | Nesting::Set => vec(one, 0..3)
            .prop_map(|pairs| {
                let (known, partial) = pairs.into_iter().unzip();
                (Value::List(known), Value::List(partial))
            })
            .boxed(),
        Nesting::Map => btree_map("[ab]", one, 0..2)
            .prop_map(|pairs| {
                let known = pairs
                    .iter()
                    .map(|(key, pair)| (key.clone(), pair.0.clone()))
                    .collect();
                let partial = pairs
                    .iter()
                    .map(|(key, pair)| (key.clone(), pair.1.clone()))
                    .collect();
                (Value::Map(known), Value::Map(partial))
            })
            .boxed(),
    };
    maybe_unknown(known)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_life_of_random_configurations(configs in vec(body(&provider::schema().block), 1..4)) {
        run(async {
            let (server, remote) = server();
            let mut core = Core::new(&server, "test_thing");
            for (known, partial) in &configs {
                let first = core.plan(partial).await.unwrap();
                let diagnostics = core.apply(&first, known).await;
                assert!(diagnostics.is_empty(), "{diagnostics:?}");
                core.expect_no_changes(known).await;
            }
            assert_eq!(core.run(&Value::Null).await.0, Action::Delete);
            assert!(remote.lock().unwrap().objects.is_empty());
        });
    }

    #[test]
    fn a_life_of_failures(configs in vec((body(&provider::schema().block), fault(), drift()), 1..5)) {
        run(async {
            let (server, remote) = server();
            let mut core = Core::new(&server, "test_thing");
            for ((known, partial), fault, drift) in &configs {
                let first = core.plan(partial).await.unwrap();
                set_fault(&remote, *fault);
                let failed = core.apply(&first, known).await.has_errors();
                set_fault(&remote, Fault::None);
                // What was made and not deleted is in the state.
                let ids: Vec<String> = remote.lock().unwrap().objects.keys().cloned().collect();
                assert_eq!(ids, core.get("id").as_str().into_iter().collect::<Vec<_>>(), "{fault:?}");
                // The next apply converges, whatever was reached; an answer that differed is then seen as a drift.
                if failed || *fault == Fault::AnswerDiffers {
                    assert!(!core.run(known).await.1.has_errors());
                }
                core.expect_no_changes(known).await;
                apply_drift(&remote, *drift);
                let (_, diagnostics) = core.run(known).await;
                assert!(diagnostics.is_empty(), "{diagnostics:?}");
                core.expect_no_changes(known).await;
                // Another state takes the object over: rules hold, and nothing is made anew for what is only not known.
                let mut other = Core::new(&server, "test_thing");
                other.import(core.get("id").as_str().unwrap()).await.unwrap();
                let planned = other.plan(known).await.unwrap();
                assert!(matches!(planned.action, Action::NoOp | Action::Update), "{:?}", planned.action);
            }
        });
    }
}

fn run(life: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(life);
}

fn fault() -> impl Strategy<Value = Fault> {
    prop::sample::select(vec![
        Fault::None,
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::PanicBefore,
        Fault::PanicAfter,
        Fault::StateTakenThenPanic,
        Fault::LeaveUnknown,
        Fault::LeakWriteOnly,
        Fault::AnswerDiffers,
    ])
}

/// What happens to the object behind our back.
#[derive(Clone, Copy, Debug)]
enum Drift {
    Nothing,
    Changed,
    Gone,
}

fn drift() -> impl Strategy<Value = Drift> {
    prop::sample::select(vec![Drift::Nothing, Drift::Changed, Drift::Gone])
}

fn apply_drift(remote: &Shared, drift: Drift) {
    let mut remote = remote.lock().unwrap();
    match drift {
        Drift::Nothing => {}
        Drift::Changed => {
            for object in remote.objects.values_mut() {
                object.set("label", "drifted");
                object.set("list", Vec::<Value>::new());
            }
        }
        Drift::Gone => remote.objects.clear(),
    }
}
