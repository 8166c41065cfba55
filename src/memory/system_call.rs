//! What a system call that runs without the GIL is given: memory of a `bytes` object to write to, and a descriptor
//! that a Python object owns.

use framing_core::net::{BorrowedFd, RawFd};
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::slice;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::bytes::{is_sole_reference, new_zeroed};

/// The bytes of an object from an index on, which nobody but the holder of the lease reads or writes.
pub(crate) struct ReadBuffer {
    object: Py<PyBytes>,
    data: NonNull<u8>,
    len: usize,
}

// SAFETY: the pointer goes with the object it points into, and `Py` is `Send`.
unsafe impl Send for ReadBuffer {}

impl ReadBuffer {
    /// All of `memory`, or of fresh memory of the same size where somebody else refers to it.
    pub(crate) fn whole(py: Python<'_>, memory: Py<PyBytes>) -> PyResult<Self> {
        let len = memory.as_bytes(py).len();
        let object = if is_sole_reference(&memory, py) { memory } else { new_zeroed(py, len)? };
        // SAFETY: nobody else refers to the object.
        unsafe { Self::new(py, object, 0, len) }
    }

    /// `len` bytes of `object` from `start` on.
    ///
    /// # Safety
    /// They are bytes of the object, and while the lease lives nobody else reads or writes them.
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

    /// The first `limit` bytes at most.
    pub(crate) fn space(&mut self, limit: usize) -> &mut [MaybeUninit<u8>] {
        // SAFETY: `new` was promised these bytes for the lease alone; they need not be initialised.
        unsafe { slice::from_raw_parts_mut(self.data.cast().as_ptr(), self.len.min(limit)) }
    }

    /// The object, at the end of the lease.
    pub(crate) fn into_object(self) -> Py<PyBytes> {
        self.object
    }
}

/// A descriptor as Python gives it, or `None` for that of a closed socket.
///
/// The borrow is for one system call. Whoever closes the descriptor meanwhile behind the socket's back gets
/// what Python's own sockets get in that case: an error, or somebody else's connection.
pub(crate) fn borrowed<'a>(descriptor: i64) -> Option<BorrowedFd<'a>> {
    let raw = RawFd::try_from(descriptor).ok().filter(|_| descriptor >= 0)?;
    // SAFETY: it is not -1, and the socket that owns it is held while the call lasts. A descriptor is a
    // number to the system, which checks it; no memory of ours depends on whose it is.
    Some(unsafe { BorrowedFd::borrow_raw(raw) })
}
