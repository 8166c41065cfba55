//! Making `bytes` objects and lists of them.

use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{Ordering, fence};

use pyo3::exceptions::PyOverflowError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// Copy `bytes` into a new object. Unlike `PyBytes::new`, this returns an error if there is no memory.
#[inline]
pub(crate) fn copied(py: Python<'_>, bytes: &[u8]) -> PyResult<Py<PyBytes>> {
    let size = ssize(bytes.len())?;
    // SAFETY: the slice's bytes are readable. The result is a new reference to an exact `bytes`, or null
    // with MemoryError set.
    unsafe {
        let object = ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), size);
        Ok(Bound::from_owned_ptr_or_err(py, object)?.cast_into_unchecked::<PyBytes>().unbind())
    }
}

/// Make a list of frames. If there is no memory for it, the error comes with the frames.
///
/// This takes half the time of `PyList::new`, which matters because frames are many and small.
pub(crate) fn list(
    py: Python<'_>,
    frames: Vec<Py<PyBytes>>,
) -> Result<Bound<'_, PyList>, (PyErr, Vec<Py<PyBytes>>)> {
    let list = ssize(frames.len()).and_then(|size| {
        // SAFETY: the result is a new reference to a list, or null with MemoryError set.
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyList_New(size)) }
    });
    let list = match list {
        Ok(list) => list,
        Err(error) => return Err((error, frames)),
    };
    for (index, frame) in (0..).zip(frames) {
        // SAFETY: the list has as many empty places as there are frames, and each is filled once;
        // `SetItem` takes over the reference, and cannot fail on a list for an index that is in range.
        unsafe { ffi::PyList_SetItem(list.as_ptr(), index, frame.into_ptr()) };
    }
    // SAFETY: the object was made as a list.
    Ok(unsafe { list.cast_into_unchecked() })
}

/// A new `bytes` object of a known size that is filled from front to back, each byte once.
pub(crate) struct BytesWriter {
    object: Py<PyBytes>,
    data: NonNull<u8>,
    written: usize,
    len: usize,
}

impl BytesWriter {
    pub(crate) fn new(py: Python<'_>, len: usize) -> PyResult<Self> {
        let (object, data) = new_uninit(py, len)?;
        Ok(Self { object, data, written: 0, len })
    }

    /// Append `bytes`. Bytes beyond the size are not written.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let count = bytes.len().min(self.len - self.written);
        // SAFETY: `written + count <= len`, the size of the object, which only `self` refers to.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.data.as_ptr().add(self.written), count);
        }
        self.written += count;
    }

    /// Let `fill` write the next `count` bytes, which are zero at first.
    #[inline]
    pub(crate) fn put_with(&mut self, count: usize, fill: impl FnOnce(&mut [u8])) {
        let count = count.min(self.len - self.written);
        // SAFETY: as in `put`; the bytes are initialised before a slice of them is made.
        unsafe {
            let start = self.data.as_ptr().add(self.written);
            ptr::write_bytes(start, 0, count);
            fill(slice::from_raw_parts_mut(start, count));
        }
        self.written += count;
    }

    /// Return the object. Bytes that were never written are zero.
    #[inline]
    pub(crate) fn finish(mut self, py: Python<'_>) -> Bound<'_, PyBytes> {
        if self.written < self.len {
            self.put_with(self.len - self.written, |_| ());
        }
        self.object.into_bound(py)
    }
}

/// Make a zeroed `bytes` object to be written to through views. It is never delivered to users.
pub(crate) fn new_zeroed(py: Python<'_>, len: usize) -> PyResult<Py<PyBytes>> {
    Ok(BytesWriter::new(py, len)?.finish(py).unbind())
}

/// Return whether `object` is the only reference, and the holders of earlier ones no longer use the object.
pub(crate) fn is_sole_reference<T>(object: &Py<T>, _py: Python<'_>) -> bool {
    // SAFETY: the object is alive and we are attached.
    let sole = unsafe { ffi::Py_REFCNT(object.as_ptr()) == 1 };
    // Without the GIL, another thread's last access came before it let go of its reference.
    fence(Ordering::Acquire);
    sole
}

/// Make a `bytes` object of uninitialised memory that nobody else has seen.
pub(super) fn new_uninit(py: Python<'_>, len: usize) -> PyResult<(Py<PyBytes>, NonNull<u8>)> {
    let size = ssize(len)?;
    // SAFETY: with a null source CPython allocates without initialising, or sets MemoryError. The result
    // is a new reference to an exact `bytes`, whose data pointer is never null.
    unsafe {
        let object =
            Bound::from_owned_ptr_or_err(py, ffi::PyBytes_FromStringAndSize(ptr::null(), size))?;
        let data = ffi::PyBytes_AsString(object.as_ptr()).cast::<u8>();
        let data = NonNull::new(data).ok_or_else(|| PyErr::fetch(py))?;
        Ok((object.cast_into_unchecked::<PyBytes>().unbind(), data))
    }
}

pub(super) fn ssize(len: usize) -> PyResult<ffi::Py_ssize_t> {
    ffi::Py_ssize_t::try_from(len)
        .map_err(|_| PyOverflowError::new_err(format!("{len} bytes are more than an object can have")))
}
