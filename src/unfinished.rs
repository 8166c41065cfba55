//! The bytes of an unfinished frame, on their way into an exception.

use std::ops::Range;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PySlice, PyTuple};

use super::memory::bytes::copied;
use super::memory::growing::GrowingBytes;
use framing_core::codec::Decoder;

/// The parts of a frame: its header, the objects that hold the payload, and its trailer.
pub(super) struct Unfinished<'py> {
    head: Vec<u8>,
    pieces: Vec<(Bound<'py, PyBytes>, Range<usize>)>,
    trailer: &'static [u8],
}

impl<'py> Unfinished<'py> {
    /// What `decoder` has. Runs no Python code, so it may be called under a lock.
    pub(super) fn of(py: Python<'py>, decoder: &Decoder<GrowingBytes>) -> Self {
        Self {
            head: decoder.separate_head().to_vec(),
            pieces: decoder.partial().map(|partial| partial.objects(py)).unwrap_or_default(),
            trailer: decoder.separate_trailer(),
        }
    }

    /// As objects to be joined. Views, not copies: the frame may be large, and nobody may ask for it.
    pub(super) fn parts(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let mut parts = vec![copied(py, &self.head)?.into_bound(py).into_any()];
        for (object, Range { start, end }) in self.pieces {
            let range = PySlice::new(py, isize::try_from(start)?, isize::try_from(end)?, 1);
            parts.push(PyMemoryView::from(object.as_any())?.get_item(range)?);
        }
        parts.push(copied(py, self.trailer)?.into_bound(py).into_any());
        PyTuple::new(py, parts)
    }
}
