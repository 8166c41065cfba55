//! The exporter of memory that is lent to a `memoryview`.

use std::ffi::c_int;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};

use super::bytes::ssize;

/// The owner of the memory that a view from `get_buffer` shows.
///
/// A transport can use it like a view, and making a view for each read would cost more.
#[pyclass(name = "_BufferExporter", module = "framing._framing", frozen)]
pub(crate) struct BufferExporter {
    pub(crate) memory: Py<PyBytes>,
    pub(crate) start: usize,
    pub(crate) len: usize,
}

impl BufferExporter {
    /// Return a view of the memory for a transport to write to.
    pub(crate) fn view<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyMemoryView>> {
        PyMemoryView::from(slf.as_any())
    }
}

#[pymethods]
impl BufferExporter {
    fn __len__(&self) -> usize {
        self.len
    }

    fn __getitem__<'py>(
        slf: &Bound<'py, Self>,
        index: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::view(slf)?.get_item(index)
    }

    fn __setitem__(
        slf: &Bound<'_, Self>,
        index: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        Self::view(slf)?.set_item(index, value)
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let Self { memory, start, len } = slf.get();
        // SAFETY: CPython calls this slot with its own `view`.
        unsafe { export(slf.as_any(), memory, (*start, *len), view, flags) }
    }
}

/// Export `len` bytes of `memory` from `start` on as a writable buffer of `owner`, which holds `memory` as long as it
/// lives.
///
/// # Safety
/// `view` is what CPython handed to `bf_getbuffer`.
unsafe fn export(
    owner: &Bound<'_, PyAny>,
    memory: &Py<PyBytes>,
    (start, len): (usize, usize),
    view: *mut ffi::Py_buffer,
    flags: std::ffi::c_int,
) -> PyResult<()> {
    let py = owner.py();
    let whole = memory.as_bytes(py).len();
    assert!(start <= whole && len <= whole - start, "a view within its memory");
    let size = ssize(len)?;
    // SAFETY: the range is within the object. FillInfo makes `owner`, which holds the object, the view's
    // owner; so the memory outlives the view.
    let result = unsafe {
        let data = ffi::PyBytes_AsString(memory.as_ptr()).add(start);
        ffi::PyBuffer_FillInfo(view, owner.as_ptr(), data.cast(), size, 0, flags)
    };
    if result == 0 { Ok(()) } else { Err(PyErr::fetch(py)) }
}
