//! One program for all targets: `DSM_FUZZ_TARGET` names the one to run.

#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("DSM_FUZZ_TARGET").unwrap_or_default();
    dsm_fuzz::find(&name).unwrap_or_else(|| {
        let known: Vec<_> = dsm_fuzz::TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("DSM_FUZZ_TARGET is {name:?}; it must be one of {}", known.join(", "));
        std::process::exit(2)
    })
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
