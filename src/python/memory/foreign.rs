//! Buffers of other objects.

use std::ptr::{self, NonNull};
use std::slice;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;

use crate::python::payload::Input;

/// The bytes of a contiguous buffer. `None` where it is not contiguous.
pub(in crate::python) fn buffer_bytes<'a>(
    buffer: &'a PyUntypedBuffer,
    _py: Python<'a>,
) -> Option<&'a [u8]> {
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

/// Copies `source` into a writable contiguous buffer at `at`, then lets `fill` write the `before` bytes
/// in front of it. The two may overlap. `false`, and nothing is written, where it is out of bounds.
pub(in crate::python) fn write_behind(
    py: Python<'_>,
    target: &PyUntypedBuffer,
    at: usize,
    source: &Input<'_>,
    before: usize,
    fill: impl FnOnce(&mut [u8]),
) -> PyResult<bool> {
    // No reference from here on: one would promise that these bytes do not change.
    let source = ptr::from_ref(source.bytes(py)?);
    let in_bounds = at.checked_add(source.len()).is_some_and(|end| end <= target.len_bytes());
    if target.readonly() || !target.is_c_contiguous() || !in_bounds || before > at {
        return Ok(false);
    }
    let data = target.buf_ptr().cast::<u8>();
    // SAFETY: `at + source.len()` and `at - before` are within the exported memory, which is writable and
    // contiguous; `copy` allows the two to overlap. The slice that `fill` gets is the only one to that
    // memory.
    unsafe {
        ptr::copy(source.cast::<u8>(), data.add(at), source.len());
        fill(slice::from_raw_parts_mut(data.add(at - before), before));
    }
    Ok(true)
}
