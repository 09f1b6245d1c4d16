#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| flowops_fuzz::reviewed(text));
