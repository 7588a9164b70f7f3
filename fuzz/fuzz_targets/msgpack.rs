//! Values as Terraform sends them: any bytes, by any type. What is read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use terraform_provider_dts::framework::Type;
use terraform_provider_dts::plugin::wire::msgpack::{decode, encode};

fn types() -> [Type; 6] {
    let deep = Type::object([
        ("a", Type::list(Type::set(Type::Number))),
        ("b", Type::map(Type::Dynamic)),
        ("c", Type::Tuple(vec![Type::Bool, Type::String])),
    ]);
    [
        Type::Dynamic,
        Type::Number,
        Type::String,
        Type::list(Type::String),
        Type::set(Type::Dynamic),
        deep,
    ]
}

fuzz_target!(|data: &[u8]| {
    for ty in types() {
        if let Ok(value) = decode(&ty, data) {
            let bytes = encode(&ty, &value);
            let again = decode(&ty, &bytes).expect("what was written can be read");
            assert_eq!(encode(&ty, &again), bytes, "the same value gives the same bytes");
        }
    }
});
