//! `--debug`: the line that a person gives to Terraform, so that it uses a provider already running.

use serde_json::{Map, Value, json};

use super::handshake::PROTOCOL_VERSION;
use super::listen::Address;

/// The assignment to export before running Terraform, with the newline.
///
/// `source` is the provider's source address in full. `Test` keeps Terraform from ending the process,
/// which so outlives many runs.
pub fn line(source: &str, address: &Address, pid: u32) -> String {
    let how = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": pid,
        "Test": true,
        "Addr": { "Network": address.network(), "String": address.to_string() },
    });
    let all = Value::Object(Map::from_iter([(source.to_owned(), how)]));
    // Between single quotes the shell takes everything as it is, but for a single quote.
    let quoted = all.to_string().replace('\'', r"'\''");
    format!("TF_REATTACH_PROVIDERS='{quoted}'\n")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn line_is_a_shell_assignment_of_json() {
        let check = |path: &str, quoted: &str| {
            let line = line("example.com/x/y", &Address::Unix(PathBuf::from(path)), 12);
            let json = line
                .strip_prefix("TF_REATTACH_PROVIDERS='")
                .and_then(|rest| rest.strip_suffix("'\n"))
                .unwrap();
            assert!(json.contains(quoted), "{json}");
            let value: Value = serde_json::from_str(&json.replace(r"'\''", "'")).unwrap();
            let how = &value["example.com/x/y"];
            assert_eq!(how["Addr"], json!({"Network": "unix", "String": path}));
            assert_eq!(
                (&how["Protocol"], &how["ProtocolVersion"]),
                (&json!("grpc"), &json!(5))
            );
            assert_eq!((&how["Pid"], &how["Test"]), (&json!(12), &json!(true)));
        };
        check("/tmp/plugin1/s", "/tmp/plugin1/s");
        check("/tmp/it's/s", r"/tmp/it'\''s/s");
    }
}
