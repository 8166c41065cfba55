//! The arguments of a system call that runs without the GIL: memory of a `bytes` object to write to, and a descriptor
//! that a Python object owns.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::slice;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::bytes::{is_sole_reference, new_zeroed};
use framing_core::net::{BorrowedFd, RawFd};

/// A part of a `bytes` object that only the holder of this value reads or writes.
pub(crate) struct ReadBuffer {
    object: Py<PyBytes>,
    data: NonNull<u8>,
    len: usize,
}

// SAFETY: the pointer goes with the object it points into, and `Py` is `Send`.
unsafe impl Send for ReadBuffer {}

impl ReadBuffer {
    /// Use all of `memory`, or fresh memory of the same size if somebody else refers to `memory`.
    pub(crate) fn whole(py: Python<'_>, memory: Py<PyBytes>) -> PyResult<Self> {
        let len = memory.as_bytes(py).len();
        let object = if is_sole_reference(&memory, py) { memory } else { new_zeroed(py, len)? };
        // SAFETY: nobody else refers to the object.
        unsafe { Self::new(py, object, 0, len) }
    }

    /// Use `len` bytes of `object` from `start` on.
    ///
    /// # Safety
    /// The range is within the object, and nobody else reads or writes it while this value lives.
    pub(super) unsafe fn new(
        py: Python<'_>,
        object: Py<PyBytes>,
        start: usize,
        len: usize,
    ) -> PyResult<Self> {
        // SAFETY: the object is a `bytes`, and `start` is within it.
        let data = unsafe { ffi::PyBytes_AsString(object.as_ptr()).cast::<u8>().add(start) };
        let data = NonNull::new(data).ok_or_else(|| PyErr::fetch(py))?;
        Ok(Self { object, data, len })
    }

    /// Return the memory to write to, at most `limit` bytes of it.
    pub(crate) fn space(&mut self, limit: usize) -> &mut [MaybeUninit<u8>] {
        // SAFETY: the caller of `new` promised that only this value uses these bytes. They need not be initialised.
        unsafe { slice::from_raw_parts_mut(self.data.cast().as_ptr(), self.len.min(limit)) }
    }

    /// Return the object after the system call.
    pub(crate) fn into_object(self) -> Py<PyBytes> {
        self.object
    }
}

/// Borrow a descriptor that a Python object gave. The result is `None` for the descriptor of a closed socket.
///
/// The borrow is for one system call. If somebody closes the descriptor behind the socket's back during that call, the
/// result is the same as with Python's own sockets: an error, or another connection that got the same number.
pub(crate) fn borrowed<'a>(descriptor: i64) -> Option<BorrowedFd<'a>> {
    let raw = RawFd::try_from(descriptor).ok().filter(|_| descriptor >= 0)?;
    // SAFETY: it is not -1, and the socket that owns it is held while the call lasts. A descriptor is a
    // number to the system, which checks it; no memory of ours depends on whose it is.
    Some(unsafe { BorrowedFd::borrow_raw(raw) })
}
