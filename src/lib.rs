//! The extension module `framing._framing`: names and conversions, one file per class.
//!
//! This crate takes no protocol decision; the codec takes them all. The Python package `framing` re-exports the
//! public names.

#![deny(unsafe_code, reason = "only src/memory may use unsafe code")]

mod aio;
mod arguments;
mod config;
mod decoder;
mod encoder;
mod errors;
mod functions;
mod headers;
mod lending_decoder;
mod lent_buffer;
mod lock;
mod memory;
mod payload;
mod skip_log;
mod socket;
mod stats;
mod store;
mod timeout;

/// The Rust half of the package `framing`, which re-exports its public names.
#[pyo3::pymodule(gil_used = false)]
#[allow(non_upper_case_globals, reason = "Python calls it __version__")]
mod _framing {
    #[pymodule_export]
    use super::aio::arrival::Arrival;
    #[pymodule_export]
    use super::aio::iteration::{FrameIteration, Item};
    #[pymodule_export]
    use super::aio::outbox::Outbox;
    #[pymodule_export]
    use super::aio::queue::FrameQueue;
    #[pymodule_export]
    use super::aio::receiver::FrameReceiver;
    #[pymodule_export]
    use super::aio::wakeups::Wakeups;
    #[pymodule_export]
    use super::config::Config;
    #[pymodule_export]
    use super::decoder::PyFrameDecoder;
    #[pymodule_export]
    use super::encoder::PyFrameEncoder;
    #[pymodule_export]
    use super::functions::{_payload_size, decode, encode};
    #[pymodule_export]
    use super::headers::{PyBinaryHeader, PyDecimalHeader, PyNetstringHeader, PyVarintHeader};
    #[pymodule_export]
    use super::memory::exporter::BufferExporter;
    #[pymodule_export]
    use super::memory::interpreter::_claim;
    #[pymodule_export]
    use super::socket::{_forked, PyFramedSocket, recv_frame, send_frame};
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    const DEFAULT_MAX_FRAME_SIZE: u64 = framing_core::codec::DEFAULT_MAX_FRAME_SIZE;
}
