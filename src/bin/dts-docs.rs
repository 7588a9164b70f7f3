//! Writes the registry's documentation: `dts-docs [FOLDER OF THE PACKAGE]`, by default where it is run. See `make generate`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use terraform_provider_dts::api::Context;
use terraform_provider_dts::docs::{FOLDERS, Files, pages, permissions};
use terraform_provider_dts::dts::{Dts, ram};
use terraform_provider_dts::framework::Server;

fn main() -> ExitCode {
    let root = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("."), PathBuf::from);
    match generate(&root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nowhere to tell that stderr is closed, but the exit code.
            let _ = writeln!(std::io::stderr(), "dts-docs: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(root: &Path) -> std::io::Result<()> {
    let mut examples = Files::new();
    read(&root.join("examples"), "", &mut examples)?;
    let mut pages = pages(&Server::new(Dts::new(Context::system())), &examples);
    pages.extend(permissions::guide(&ram::actions()));
    let docs = root.join("docs");
    for folder in FOLDERS {
        // A page of what is no more would stay.
        match std::fs::remove_dir_all(docs.join(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for (path, text) in pages {
        let path = docs.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// Every text file below `folder`.
fn read(folder: &Path, prefix: &str, files: &mut Files) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{name}/"), files)?;
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.insert(name, text);
        }
    }
    Ok(())
}
