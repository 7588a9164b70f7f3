//! Object lists: any text. What is accepted becomes maps, and these a list of the same meaning.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::framework::{Server, Service, Value};

static SERVER: LazyLock<Server<Dts>> = LazyLock::new(|| Server::new(Dts::new(Context::system())));

fuzz_target!(|text: &str| {
    let Ok(maps) = SERVER.call_function("parse_db_list", &[Value::from(text)]) else { return };
    let list = SERVER
        .call_function("db_list", &[maps.clone()])
        .expect("what was read can be written");
    let again = SERVER
        .call_function("parse_db_list", &[list])
        .expect("what was written can be read");
    assert_eq!(again.reveal(), maps.reveal(), "{text}");
});
