use std::path::PathBuf;

/// The program of that name, built beside the running one.
///
/// # Panics
/// If it has not been built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("the running program has a path");
    // Tests run from `target/<profile>/deps`, programs from `target/<profile>`.
    let found = here.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "{name} is not built: run `make test`, or `cargo build -p deelsync -p simulators --bins` first"
        )
    })
}
