//! The laws over the samples that the fuzzers begin with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

#[test]
fn every_sample_keeps_the_laws_of_its_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut names = Vec::new();
    for folder in fs::read_dir(&corpus).unwrap().map(Result::unwrap) {
        let name = folder.file_name().into_string().unwrap();
        let target = parsers::target(&name).unwrap_or_else(|| panic!("no target {name}"));
        let samples: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(samples.len() >= 3, "{name} has {} samples", samples.len());
        for sample in samples {
            target(&fs::read(sample).unwrap());
        }
        names.push(name);
    }
    names.sort();
    assert_eq!(names, ["accounts", "configuration", "envelope", "people", "planfile", "signature"]);
}

#[test]
fn every_target_has_a_fuzzer() {
    let manifest = include_str!("../../../fuzz/Cargo.toml");
    for name in ["accounts", "configuration", "envelope", "people", "planfile", "signature"] {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
