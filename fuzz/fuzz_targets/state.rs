//! State as it was stored: any JSON, through the upgrade to the schema of each resource.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::framework::moved::Source;
use terraform_provider_dts::framework::{Server, Service};
use terraform_provider_dts::plugin::wire::{json, msgpack};

static SERVER: LazyLock<Server<Dts>> = LazyLock::new(|| Server::new(Dts::new(Context::system())));

fuzz_target!(|data: &[u8]| {
    let Ok(stored) = json::parse(data) else { return };
    for (name, schema) in SERVER.resource_schemas() {
        let ty = schema.block.implied_type();
        if let Ok(state) = SERVER.upgrade(name, schema.version, stored.clone())
            && let Ok(value) = json::decode(&ty, &state)
        {
            let bytes = msgpack::encode(&ty, &value);
            msgpack::decode(&ty, &bytes).expect("what was written can be read");
        }
        let source = Source {
            provider: "registry.terraform.io/aliyun/alicloud".to_owned(),
            type_name: stored["type_name"].as_str().unwrap_or("alicloud_dts_instance").to_owned(),
            schema_version: 0,
            state: stored.clone(),
        };
        let _ = SERVER.move_state(name, &source);
    }
});
