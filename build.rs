//! Compiles `proto/` to Rust, without `protoc`.

use std::error::Error;

const FILES: [&str; 3] = [
    "proto/tfplugin5.proto",
    "proto/go_plugin.proto",
    "proto/health.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(FILES, ["proto"])?;
    tonic_prost_build::configure()
        // The client is for the tests; it is generic, so it costs the binary nothing.
        .build_client(true)
        .build_transport(false)
        // A method that is not written answers Unimplemented, as an older provider does.
        .generate_default_stubs(true)
        // Values may be large: share the message's buffer instead of copying out of it.
        .bytes(".")
        .compile_fds(descriptors)?;
    Ok(())
}
