//! Bytes recorded from Terraform and bytes made to harm, and that whatever is written reads back.

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).unwrap())
}

fn dynamic(ty: Type, value: impl Into<Value>) -> Value {
    Value::Dynamic(Box::new((ty, value.into())))
}

fn bytes(hex: &str) -> Vec<u8> {
    let hex: String = hex.split_whitespace().collect();
    assert_eq!(hex.len() % 2, 0, "{hex}");
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// What is read and what is written are the same.
fn check_both(ty: &Type, hex: &str, value: &Value) {
    check_decode(ty, hex, value);
    assert_eq!(encode(ty, value), bytes(hex), "{hex}");
}

fn check_decode(ty: &Type, hex: &str, value: &Value) {
    assert_eq!(decode(ty, &bytes(hex)).as_ref(), Ok(value), "{hex}");
}

fn check_refused(ty: &Type, bytes: &[u8], part: &str) {
    match decode(ty, bytes) {
        Err(error) => assert!(
            error.to_string().contains(part),
            "{bytes:02x?}: {error}, expected {part}"
        ),
        Ok(value) => panic!("{bytes:02x?}: {value:?}, expected an error with {part}"),
    }
}

fn sample() -> Type {
    Type::object([("a", Type::Number), ("b", Type::String)])
}

#[test]
fn golden_scalars() {
    check_both(&Type::String, "c0", &Value::Null);
    check_both(&Type::String, "d4 00 00", &Value::Unknown);
    check_both(&Type::String, "a0", &Value::from(""));
    check_both(&Type::String, "a3 61 c3 a9", &Value::from("aé"));
    check_both(&Type::Bool, "c3", &Value::from(true));
    check_both(&Type::Bool, "c2", &Value::from(false));
    // The name of a member of any type is not looked at when the value is null or unknown.
    for ty in [
        Type::Bool,
        Type::Number,
        Type::Dynamic,
        Type::list(Type::Bool),
        sample(),
    ] {
        check_both(&ty, "c0", &Value::Null);
        check_both(&ty, "d4 00 00", &Value::Unknown);
    }
}

#[test]
fn golden_numbers() {
    check_both(&Type::Number, "00", &number("0"));
    check_both(&Type::Number, "7f", &number("127"));
    check_both(&Type::Number, "ff", &number("-1"));
    check_both(&Type::Number, "cc 80", &number("128"));
    check_both(&Type::Number, "cd 01 00", &number("256"));
    check_both(&Type::Number, "d0 80", &number("-128"));
    check_both(
        &Type::Number,
        "cf 7f ff ff ff ff ff ff ff",
        &number("9223372036854775807"),
    );
    check_both(
        &Type::Number,
        "d3 80 00 00 00 00 00 00 00",
        &number("-9223372036854775808"),
    );
    // 0.1 has no exact float: decimal text. So has what is larger than an integer.
    check_both(&Type::Number, "a3 30 2e 31", &number("0.1"));
    check_both(
        &Type::Number,
        "b3 39 32 32 33 33 37 32 30 33 36 38 35 34 37 37 35 38 30 38",
        &number("9223372036854775808"),
    );
    // Terraform writes an exact fraction as a float; we write text, which it reads as well.
    check_decode(&Type::Number, "cb 3f e0 00 00 00 00 00 00", &number("0.5"));
    check_decode(&Type::Number, "ca bf 00 00 00", &number("-0.5"));
    check_decode(&Type::Number, "cb c0 00 00 00 00 00 00 00", &number("-2"));
    check_decode(
        &Type::Number,
        "cf ff ff ff ff ff ff ff ff",
        &number("18446744073709551615"),
    );
    check_decode(&Type::Number, "d2 00 00 00 05", &number("5"));
    // The float next to 0.1 is not 0.1.
    let exact = "0.1000000000000000055511151231257827021181583404541015625";
    check_decode(&Type::Number, "cb 3f b9 99 99 99 99 99 9a", &number(exact));
    for text in [
        "-0.5",
        "1e300",
        "18446744073709551616",
        "123456789012345678901234567890.123",
        "1e-400",
    ] {
        assert_eq!(
            decode(&Type::Number, &encode(&Type::Number, &number(text))),
            Ok(number(text)),
            "{text}"
        );
    }
    for infinite in [
        "cb 7f f0 00 00 00 00 00 00",
        "cb ff f0 00 00 00 00 00 00",
        "cb 7f f8 00 00 00 00 00 00",
    ] {
        check_refused(&Type::Number, &bytes(infinite), "infinite");
    }
    check_refused(&Type::Number, &bytes("a3 61 62 63"), "not a number");
    check_refused(
        &Type::Number,
        &encode(&Type::String, &Value::from("1".repeat(5000))),
        "not a number",
    );
}

#[test]
fn golden_collections() {
    check_both(&Type::list(Type::Bool), "90", &Value::List(vec![]));
    check_both(
        &Type::list(Type::Bool),
        "93 c3 c0 d4 00 00",
        &vec![Value::Bool(true), Value::Null, Value::Unknown].into(),
    );
    check_both(
        &Type::Tuple(vec![Type::String, Type::Bool]),
        "92 a1 78 c3",
        &vec![Value::from("x"), true.into()].into(),
    );
    let map = Object::new().with("b", 1).with("a", Value::Null);
    check_both(&Type::map(Type::Number), "82 a1 61 c0 a1 62 01", &map.into());
    let object = Object::new().with("b", "x").with("a", 1);
    check_both(&sample(), "82 a1 61 01 a1 62 a1 78", &object.clone().into());
    // Any order is read; sorted is written.
    check_decode(&sample(), "82 a1 62 a1 78 a1 61 01", &object.into());
    // A member that the value lacks is written as null: the set of names is always whole.
    assert_eq!(
        encode(&sample(), &Object::new().into()),
        bytes("82 a1 61 c0 a1 62 c0")
    );
    assert_eq!(
        encode(&Type::Tuple(vec![Type::Bool]), &Value::List(vec![])),
        bytes("91 c0")
    );
    // What does not fit is null.
    assert_eq!(encode(&Type::Bool, &Value::from("true")), bytes("c0"));
}

#[test]
fn sets_are_written_without_duplicates() {
    let check = |items: Vec<Value>, hex: &str| {
        assert_eq!(encode(&Type::set(Type::Number), &items.into()), bytes(hex))
    };
    check(
        vec![number("2"), number("1"), number("2.0"), number("1")],
        "92 02 01",
    );
    check(
        vec![Value::Unknown, Value::Unknown, Value::Null, Value::Null],
        "93 d4 00 00 d4 00 00 c0",
    );
    check(vec![], "90");
}

#[test]
fn every_kind_of_unknown() {
    // What Terraform sends for "pre-${unknown}": not null, with a prefix.
    check_decode(
        &Type::String,
        "c7 09 0c 82 01 c2 02 a4 70 72 65 2d",
        &Value::Unknown,
    );
    for hex in [
        "c7 00 00",
        "c7 00 63",
        "d4 63 00",
        "d5 0c 80 00",
        "d6 0c 81 01 c2 00",
        "d7 0c 00 00 00 00 00 00 00 00",
        "d8 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        "c8 00 01 0c 80",
        "c9 00 00 00 01 0c 80",
    ] {
        check_decode(&Type::list(Type::String), hex, &Value::Unknown);
    }
    check_refused(&Type::String, &bytes("c7 09 0c 82"), "ends too early");
    check_refused(&Type::String, &bytes("c9 ff ff ff ff 0c"), "ends too early");
}

#[test]
fn golden_dynamic() {
    check_both(
        &Type::Dynamic,
        "92 c4 08 22 73 74 72 69 6e 67 22 a1 78",
        &dynamic(Type::String, "x"),
    );
    // The type as text instead of bytes.
    check_decode(
        &Type::Dynamic,
        "92 a8 22 73 74 72 69 6e 67 22 a1 78",
        &dynamic(Type::String, "x"),
    );
    check_both(
        &Type::Dynamic,
        "92 c4 08 22 73 74 72 69 6e 67 22 d4 00 00",
        &dynamic(Type::String, Value::Unknown),
    );
    // {a = 1, b = ["x", true], c = null}
    let tuple = Type::Tuple(vec![Type::String, Type::Bool]);
    let ty = Type::object([("a", Type::Number), ("b", tuple), ("c", Type::Dynamic)]);
    let json = br#"["object",{"a":"number","b":["tuple",["string","bool"]],"c":"dynamic"}]"#;
    let mut expected = vec![0x92, 0xc4, u8::try_from(json.len()).unwrap()];
    expected.extend_from_slice(json);
    expected.extend_from_slice(&bytes("83 a1 61 01 a1 62 92 a1 78 c3 a1 63 c0"));
    let value = Object::new()
        .with("a", 1)
        .with("b", vec![Value::from("x"), true.into()])
        .with("c", Value::Null);
    let value = dynamic(ty, value);
    assert_eq!(encode(&Type::Dynamic, &value), expected);
    assert_eq!(decode(&Type::Dynamic, &expected).as_ref(), Ok(&value));
    // A list of dynamic values, each with its own type.
    let list = dynamic(
        Type::list(Type::Dynamic),
        vec![dynamic(Type::Bool, true), Value::Null],
    );
    assert_eq!(decode(&Type::Dynamic, &encode(&Type::Dynamic, &list)), Ok(list));

    check_refused(&Type::Dynamic, &bytes("a1 78"), "with its type");
    check_refused(&Type::Dynamic, &bytes("91 c3"), "pair");
    check_refused(&Type::Dynamic, &bytes("92 c3 c3"), "type");
    check_refused(&Type::Dynamic, &bytes("92 c4 01 78 c3"), "cannot be read");
}

#[test]
fn what_does_not_fit_is_refused() {
    check_refused(&sample(), &bytes("81 a1 61 01"), "`b` is missing");
    check_refused(
        &sample(),
        &bytes("83 a1 61 01 a1 62 c0 a1 63 c0"),
        "`c` is not in the schema",
    );
    check_refused(&sample(), &bytes("82 a1 61 01 a1 61 01"), "`a` is there twice");
    check_refused(&sample(), &bytes("82 01 01 a1 61 01"), "not a string");
    check_refused(
        &sample(),
        &bytes("82 a1 61 c3 a1 62 c0"),
        "at `a`: expected a number, found a bool",
    );
    check_refused(&Type::String, &bytes("01"), "expected a string, found a number");
    check_refused(&Type::Bool, &bytes("a1 78"), "expected a bool");
    check_refused(
        &Type::list(Type::Bool),
        &bytes("80"),
        "expected a list, found a map",
    );
    check_refused(
        &Type::map(Type::Bool),
        &bytes("90"),
        "expected a map, found an array",
    );
    check_refused(
        &Type::Tuple(vec![Type::Bool]),
        &bytes("92 c3 c3"),
        "expected 1 elements",
    );
    check_refused(&Type::String, &bytes("a1 ff"), "UTF-8");
    check_refused(&Type::String, &bytes("c1"), "expected a string");
    check_refused(&Type::String, &bytes("c4 01 78"), "found bytes");
    check_refused(&Type::Bool, &bytes("c3 c3"), "1 bytes are left over");
    check_refused(&Type::Bool, &[], "ends too early");
    check_refused(&Type::String, &bytes("db ff ff ff ff 61"), "ends too early");
    // Four thousand million elements, and none of them there.
    check_refused(
        &Type::list(Type::Bool),
        &bytes("dd ff ff ff ff"),
        "ends too early",
    );
    check_refused(&Type::map(Type::Bool), &bytes("df ff ff ff ff"), "ends too early");
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| (0..depth).fold(Type::Bool, |of, _| Type::list(of));
    let value = |depth: usize| [vec![0x91; depth], vec![0xc3]].concat();
    assert!(decode(&nested(MAX_DEPTH), &value(MAX_DEPTH)).is_ok());
    check_refused(&nested(MAX_DEPTH + 1), &value(MAX_DEPTH + 1), "deeper");
    // Dynamic values nest without an end that the schema would set.
    let head = [vec![0x92, 0xc4, 9], b"\"dynamic\"".to_vec()].concat();
    check_refused(
        &Type::Dynamic,
        &[head.repeat(10_000), vec![0xc0]].concat(),
        "deeper",
    );
}

fn types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Number),
        Just(Type::String),
        Just(Type::Dynamic)
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::btree_map("[a-z]{1,3}", inner.clone(), 0..4).prop_map(Type::Object),
            prop::collection::vec(inner, 0..4).prop_map(Type::Tuple),
        ]
    })
}

fn values(ty: Type) -> BoxedStrategy<Value> {
    let known: BoxedStrategy<Value> = match ty {
        Type::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Type::Number => prop_oneof![
            any::<i64>().prop_map(Value::from),
            "-?[1-9][0-9]{0,40}(\\.[0-9]{1,40})?(e-?[0-9]{1,3})?".prop_map(|text| number(&text)),
        ]
        .boxed(),
        Type::String => "\\PC{0,40}".prop_map(Value::from).boxed(),
        Type::Dynamic => types()
            // What is dynamic all the way down has no known value here, so the recursion ends.
            .prop_filter("a type of its own", |ty| *ty != Type::Dynamic)
            .prop_flat_map(|ty| {
                values(ty.clone()).prop_map(move |value| Value::Dynamic(Box::new((ty.clone(), value))))
            })
            .boxed(),
        Type::List(of) | Type::Set(of) => prop::collection::vec(values(*of), 0..4)
            .prop_map(Value::List)
            .boxed(),
        Type::Map(of) => prop::collection::btree_map("\\PC{0,5}", values(*of), 0..4)
            .prop_map(|members| Value::Map(members.into_iter().collect()))
            .boxed(),
        Type::Object(types) => types
            .into_iter()
            .map(|(name, ty)| (Just(name), values(ty)))
            .collect::<Vec<_>>()
            .prop_map(|members| Value::Map(members.into_iter().collect()))
            .boxed(),
        Type::Tuple(types) => types
            .into_iter()
            .map(values)
            .collect::<Vec<_>>()
            .prop_map(Value::List)
            .boxed(),
    };
    prop_oneof![8 => known, 1 => Just(Value::Null), 1 => Just(Value::Unknown)].boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn what_is_written_reads_back((ty, value) in types().prop_flat_map(|ty| (Just(ty.clone()), values(ty)))) {
        let bytes = encode(&ty, &value);
        let read = decode(&ty, &bytes).unwrap();
        // Not always the same value, for a set has lost its duplicates; but the same bytes for ever.
        prop_assert_eq!(encode(&ty, &read), bytes);
        let types = format!("{ty:?}");
        if !types.contains("Set") && !types.contains("Dynamic") {
            prop_assert_eq!(read, value);
        }
    }

    #[test]
    fn hostile_bytes_are_refused_or_read(ty in types(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // No panic, and what was read can be written.
        if let Ok(value) = decode(&ty, &bytes) {
            encode(&ty, &value);
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_read(
        (ty, value) in types().prop_flat_map(|ty| (Just(ty.clone()), values(ty))),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&ty, &value);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode(&ty, &bytes);
        let _ = decode(&ty, &bytes[..cut.index(bytes.len())]);
    }
}
