//! Frames and error never depend on how the stream was cut, and no byte is lost.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| framing::codec::fuzzing::any_stream(data));
