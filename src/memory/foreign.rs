//! Buffers of other objects.

use std::ffi::c_char;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::slice;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::payload::Input;

/// The bytes of a contiguous buffer. `None` where it is not contiguous.
pub(crate) fn buffer_bytes<'a>(buffer: &'a PyUntypedBuffer, _py: Python<'a>) -> Option<&'a [u8]> {
    if !buffer.is_c_contiguous() {
        return None;
    }
    let Some(data) = NonNull::new(buffer.buf_ptr().cast::<u8>()) else { return Some(&[]) };
    // SAFETY: the exporter promises `len_bytes` readable bytes at `buf_ptr` while the export lives, which
    // `buffer` ensures for 'a. We are attached for 'a and run no Python code between making and using
    // the slice, nor wait for a lock, so with the GIL nobody writes meanwhile; without it, a caller who
    // writes to its own buffer during the call gets an unspecified mixture of old and new bytes.
    Some(unsafe { slice::from_raw_parts(data.as_ptr(), buffer.len_bytes()) })
}

/// The same bytes for a system call that runs detached: of their contents, Rust sees nothing.
pub(crate) fn buffer_slice(buffer: &PyUntypedBuffer) -> IoSlice<'_> {
    let data = NonNull::new(buffer.buf_ptr().cast::<u8>());
    let bytes = match data.filter(|_| buffer.is_c_contiguous()) {
        // SAFETY: as above, but that other threads may write meanwhile: to memory that is only named here and
        // read by the system. The peer then gets an unspecified mixture, as with Python's own sockets.
        Some(data) => unsafe { slice::from_raw_parts(data.as_ptr(), buffer.len_bytes()) },
        None => &[],
    };
    IoSlice::new(bytes)
}

/// `'C'`, whatever the sign of a character.
const C_ORDER: c_char = 0x43;

/// A writable buffer of another object. It is asked for as one: an exporter may give another, or none, to
/// who says it only reads, which is what PyO3's buffers say.
pub(crate) struct WritableBuffer(Box<ffi::Py_buffer>);

impl WritableBuffer {
    /// The buffer of `object`; what it raises where it has none, or none to write to.
    pub(crate) fn get(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut view = Box::new(ffi::Py_buffer::new());
        // SAFETY: CPython fills `view`, which stays where it is until it is released.
        match unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut *view, ffi::PyBUF_FULL) } {
            0 => Ok(Self(view)),
            _ => Err(PyErr::fetch(object.py())),
        }
    }

    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.0.len).unwrap_or(0)
    }

    pub(crate) fn is_contiguous(&self) -> bool {
        // SAFETY: the view is filled.
        unsafe { ffi::PyBuffer_IsContiguous(&raw const *self.0, C_ORDER) == 1 }
    }

    /// Copies `source` to the index `at`; what does not fit is not written.
    pub(crate) fn write(&self, at: usize, source: &[u8]) {
        let count = source.len().min(self.room(at));
        // SAFETY: `count` bytes from `at` on are within the exported memory, which is writable and contiguous;
        // `copy` allows it to be that of `source`.
        unsafe { ptr::copy(source.as_ptr(), self.0.buf.cast::<u8>().add(at.min(self.len())), count) };
    }

    /// The bytes from `start` to `end`, for a system call that runs detached: of their contents Rust sees
    /// nothing, and whoever writes to them as well gets an unspecified mixture.
    pub(crate) fn space(&mut self, start: usize, end: usize) -> &mut [MaybeUninit<u8>] {
        let start = start.min(self.len());
        let count = end.saturating_sub(start).min(self.room(start));
        // SAFETY: they are within the exported memory, which is writable and contiguous, and need not be
        // initialised to be written to.
        unsafe { slice::from_raw_parts_mut(self.0.buf.cast::<MaybeUninit<u8>>().add(start), count) }
    }

    /// A copy of the bytes from `start` to `end`.
    pub(crate) fn copy(&self, start: usize, end: usize) -> Vec<u8> {
        let start = start.min(self.len());
        let count = end.saturating_sub(start).min(self.room(start));
        let mut copy = Vec::with_capacity(count);
        // SAFETY: the source is within the exported memory, the target has room for `count` bytes, and they are
        // initialised afterwards. Nobody else has the target.
        unsafe {
            ptr::copy_nonoverlapping(self.0.buf.cast::<u8>().add(start), copy.as_mut_ptr(), count);
            copy.set_len(count);
        }
        copy
    }

    fn room(&self, at: usize) -> usize {
        if self.is_contiguous() { self.len().saturating_sub(at) } else { 0 }
    }

    /// Copies `source` to the index `at`, then lets `fill` write the `before` bytes in front of it. The
    /// two may overlap. `false`, and nothing is written, where it is out of bounds.
    pub(crate) fn write_behind(
        &self,
        py: Python<'_>,
        at: usize,
        source: &Input<'_>,
        before: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> PyResult<bool> {
        // No reference from here on: one would promise that these bytes do not change.
        let source = ptr::from_ref(source.bytes(py)?);
        let in_bounds = at.checked_add(source.len()).is_some_and(|end| end <= self.len());
        if !self.is_contiguous() || !in_bounds || before > at {
            return Ok(false);
        }
        let data = self.0.buf.cast::<u8>();
        // SAFETY: `at + source.len()` and `at - before` are within the exported memory, which is writable
        // and contiguous; `copy` allows the two to overlap. The slice that `fill` gets is the only one to
        // that memory.
        unsafe {
            ptr::copy(source.cast::<u8>(), data.add(at), source.len());
            fill(slice::from_raw_parts_mut(data.add(at - before), before));
        }
        Ok(true)
    }
}

impl Drop for WritableBuffer {
    fn drop(&mut self) {
        // SAFETY: filled once, released once. It lives no longer than a call from Python.
        Python::attach(|_| unsafe { ffi::PyBuffer_Release(&raw mut *self.0) });
    }
}
