#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (feast_registry_fuzz::subject("file").run)(data));
