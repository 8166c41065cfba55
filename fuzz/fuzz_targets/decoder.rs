//! Frames and error never depend on how the stream was cut, and no byte is lost; what was encoded is decoded back.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    framing_core::codec::fuzzing::any_stream(data);
    framing_core::codec::fuzzing::any_payloads(data);
});
