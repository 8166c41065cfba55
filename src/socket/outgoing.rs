//! What has been accepted for sending and not yet sent.

use std::collections::VecDeque;
use std::io::IoSlice;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::memory::bytes::copied;
use crate::memory::foreign::Input;

/// The rest of a send that stopped part-way, in order.
#[derive(Default)]
pub(super) struct Rest {
    pieces: VecDeque<Piece>,
    /// The bytes of all pieces.
    size: usize,
}

struct Piece {
    bytes: PyBackedBytes,
    /// The index of the first byte that was not sent.
    at: usize,
}

impl Rest {
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Adds a copy of `bytes`.
    pub(super) fn push_copy(&mut self, py: Python<'_>, bytes: &[u8]) -> PyResult<()> {
        if !bytes.is_empty() {
            self.push(copied(py, bytes)?.into_bound(py), 0);
        }
        Ok(())
    }

    /// Adds the bytes of `input` from the index `at` on: the object itself, where it never changes.
    pub(super) fn push_input(&mut self, py: Python<'_>, input: &Input<'_>, at: usize) -> PyResult<()> {
        match input.unchanging() {
            Some(bytes) if at < bytes.as_bytes().len() => self.push(bytes.clone(), at),
            Some(_) => {}
            None => self.push_copy(py, input.bytes(py)?.get(at..).unwrap_or_default())?,
        }
        Ok(())
    }

    /// Drops the first `count` bytes: they were sent.
    pub(super) fn advance(&mut self, mut count: usize) {
        self.size = self.size.saturating_sub(count);
        while let Some(piece) = self.pieces.front_mut() {
            let left = piece.bytes.len() - piece.at;
            if count < left {
                piece.at += count;
                return;
            }
            count -= left;
            self.pieces.pop_front();
        }
    }

    pub(super) fn slices(&self) -> Vec<IoSlice<'_>> {
        self.pieces.iter().map(|piece| IoSlice::new(&piece.bytes[piece.at..])).collect()
    }

    /// All of it in one object.
    pub(super) fn joined<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let slices = self.slices();
        Ok(copied(py, &slices.iter().flat_map(|slice| slice.iter().copied()).collect::<Vec<u8>>())?
            .into_bound(py))
    }

    fn push(&mut self, bytes: Bound<'_, PyBytes>, at: usize) {
        let bytes = PyBackedBytes::from(bytes);
        self.size += bytes.len() - at;
        self.pieces.push_back(Piece { bytes, at });
    }
}
