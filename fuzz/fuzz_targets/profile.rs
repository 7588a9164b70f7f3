//! Credentials files: any text in either form, read as the provider block names it. Keys are not asked for: a profile may name a
//! program to run.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use terraform_provider_dts::api::context::Env;
use terraform_provider_dts::api::credential::region_of_profile;
use terraform_provider_dts::api::CredentialConfig;

#[derive(Debug)]
struct Empty;

impl Env for Empty {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
}

/// In memory where the system has such a folder.
static FILE: LazyLock<String> = LazyLock::new(|| {
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let file = folder.join(format!("dts-fuzz-{}", std::process::id()));
    file.to_string_lossy().into_owned()
});

fuzz_target!(|data: &[u8]| {
    std::fs::write(&*FILE, data).unwrap();
    for profile in [None, Some("default"), Some("a")] {
        let config = CredentialConfig {
            profile: profile.map(str::to_owned),
            shared_credentials_file: Some(FILE.clone()),
            ..CredentialConfig::default()
        };
        let _ = region_of_profile(&config, &Empty);
    }
});
