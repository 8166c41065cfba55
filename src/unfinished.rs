//! The bytes of an unfinished or refused frame, on their way into an exception.

use std::ops::Range;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PySlice, PyTuple};

use super::memory::bytes::copied;
use super::memory::growing::GrowingBytes;
use framing_core::codec::Decoder;
use framing_core::codec::store::Partial;

/// The parts of a frame: its header, the objects that hold the payload, and its trailer. On a refused stream also what
/// has been taken behind them.
pub(super) struct Unfinished<'py> {
    head: Vec<u8>,
    pieces: Vec<(Bound<'py, PyBytes>, Range<usize>)>,
    trailer: &'static [u8],
    rest: Vec<u8>,
}

impl<'py> Unfinished<'py> {
    /// What `decoder` has. Runs no Python code, so it may be called under a lock.
    pub(super) fn of(py: Python<'py>, decoder: &Decoder<GrowingBytes>) -> Self {
        let (head, trailer) = (decoder.separate_head(), decoder.separate_trailer());
        let frame = head.len() + decoder.partial().map_or(0, Partial::len) + trailer.len();
        Self {
            head: head.to_vec(),
            pieces: decoder.partial().map(|partial| partial.objects(py)).unwrap_or_default(),
            trailer,
            rest: behind(&decoder.buffered_parts(), frame),
        }
    }

    /// As objects to be joined. Views, not copies: the frame may be large, and nobody may ask for it.
    pub(super) fn parts(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let mut parts = vec![copied(py, &self.head)?.into_bound(py).into_any()];
        for (object, Range { start, end }) in self.pieces {
            let range = PySlice::new(py, isize::try_from(start)?, isize::try_from(end)?, 1);
            parts.push(PyMemoryView::from(object.as_any())?.get_item(range)?);
        }
        for bytes in [self.trailer, &self.rest] {
            parts.push(copied(py, bytes)?.into_bound(py).into_any());
        }
        PyTuple::new(py, parts)
    }
}

/// A copy of what is behind the first `skipped` bytes.
fn behind(parts: &[&[u8]], mut skipped: usize) -> Vec<u8> {
    let mut rest = Vec::new();
    for part in parts {
        let here = skipped.min(part.len());
        rest.extend_from_slice(&part[here..]);
        skipped -= here;
    }
    rest
}
