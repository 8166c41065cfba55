//! Access to the buffers of other objects.

use std::ffi::{c_char, c_int};
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::slice;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// The character `'C'`. It is given as a number because `c_char` is signed on some platforms.
const C_ORDER: c_char = 0x43;

/// A caller's bytes, held for the length of a call.
pub(crate) enum Input<'py> {
    Bytes(Bound<'py, PyBytes>),
    Text(Bound<'py, PyString>),
    Buffer(ReadableBuffer<'py>),
}

impl<'py> Input<'py> {
    /// Return the bytes, or an error if a `str` has no UTF-8 form because of a lone surrogate.
    #[inline]
    pub(crate) fn bytes<'a>(&'a self, py: Python<'a>) -> PyResult<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.as_bytes()),
            Self::Text(text) => Ok(text.to_str()?.as_bytes()),
            Self::Buffer(buffer) => Ok(buffer.bytes(py)),
        }
    }

    /// Return the bytes for a system call that runs detached.
    #[inline]
    pub(crate) fn slice(&self) -> PyResult<IoSlice<'_>> {
        match self {
            Self::Bytes(bytes) => Ok(IoSlice::new(bytes.as_bytes())),
            Self::Text(text) => Ok(IoSlice::new(text.to_str()?.as_bytes())),
            Self::Buffer(buffer) => Ok(buffer.slice()),
        }
    }

    /// Return the object itself if its bytes never change.
    #[inline]
    pub(crate) fn unchanging(&self) -> Option<&Bound<'py, PyBytes>> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Text(_) | Self::Buffer(_) => None,
        }
    }
}

/// The reason why an object gives no usable buffer.
pub(crate) enum NoBuffer {
    /// The object has a buffer, but its bytes are not contiguous.
    Scattered,
    /// The object has no buffer, or no writable one, and raised this error.
    Raised(PyErr),
}

/// The contiguous memory of another object, exported until this is dropped.
///
/// The buffer is requested as plain bytes, which an exporter without contiguous bytes must refuse. Shape and strides
/// are not requested: the C API may leave either null.
struct Export<'py> {
    view: Box<ffi::Py_buffer>,
    /// The export must be released while attached, as it was taken.
    _py: Python<'py>,
}

impl<'py> Export<'py> {
    /// `writable` is 0 or `PyBUF_WRITABLE`.
    #[inline]
    fn get(object: &Bound<'py, PyAny>, writable: c_int) -> Result<Self, NoBuffer> {
        match Self::request(object, ffi::PyBUF_SIMPLE | writable) {
            Some(export) if export.is_contiguous() => Ok(export),
            Some(_) => Err(NoBuffer::Scattered),
            None => Err(Self::refused(object, writable)),
        }
    }

    /// Find out whether the request was refused because the bytes are scattered: then a request with strides succeeds.
    #[cold]
    fn refused(object: &Bound<'py, PyAny>, writable: c_int) -> NoBuffer {
        let error = PyErr::fetch(object.py());
        match Self::request(object, ffi::PyBUF_FULL_RO | writable) {
            Some(export) if !export.is_contiguous() => return NoBuffer::Scattered,
            Some(_) => {}
            None => drop(PyErr::take(object.py())),
        }
        NoBuffer::Raised(error)
    }

    /// Request a buffer. `None` means that an exception is set.
    #[inline]
    fn request(object: &Bound<'py, PyAny>, flags: c_int) -> Option<Self> {
        let mut view = Box::<ffi::Py_buffer>::new_uninit();
        // SAFETY: CPython fills `view`, which stays in place until it is released. If the call fails, `view` is never
        // read.
        let view = unsafe {
            if ffi::PyObject_GetBuffer(object.as_ptr(), view.as_mut_ptr(), flags) != 0 {
                return None;
            }
            view.assume_init()
        };
        Some(Self { view, _py: object.py() })
    }

    #[inline]
    fn is_contiguous(&self) -> bool {
        // A buffer without strides is contiguous.
        self.view.strides.is_null() && self.view.suboffsets.is_null()
            // SAFETY: the view is filled.
            || unsafe { ffi::PyBuffer_IsContiguous(&raw const *self.view, C_ORDER) == 1 }
    }

    #[inline]
    fn len(&self) -> usize {
        usize::try_from(self.view.len).unwrap_or(0)
    }
}

impl Drop for Export<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the view was filled once, is released once, and we are attached.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.view) };
    }
}

/// A buffer of another object for reading.
pub(crate) struct ReadableBuffer<'py>(Export<'py>);

impl<'py> ReadableBuffer<'py> {
    #[inline]
    pub(crate) fn get(object: &Bound<'py, PyAny>) -> Result<Self, NoBuffer> {
        Export::get(object, 0).map(Self)
    }

    /// Return the bytes of the buffer.
    #[inline]
    pub(crate) fn bytes<'a>(&'a self, _py: Python<'a>) -> &'a [u8] {
        let Some(data) = NonNull::new(self.0.view.buf.cast::<u8>()) else { return &[] };
        // SAFETY: the exporter promises `len` readable bytes at `buf` while the export lives, which `self` ensures
        // for 'a, and they are contiguous. We are attached for 'a and run no Python code between making and using
        // the slice, nor wait for a lock, so with the GIL nobody writes meanwhile; without it, a caller who
        // writes to its own buffer during the call gets an unspecified mixture of old and new bytes.
        unsafe { slice::from_raw_parts(data.as_ptr(), self.0.len()) }
    }

    /// Return the same bytes for a system call that runs detached. Rust does not read their contents.
    pub(crate) fn slice(&self) -> IoSlice<'_> {
        let bytes = match NonNull::new(self.0.view.buf.cast::<u8>()) {
            // SAFETY: as above, except that other threads may write at the same time. Only the system reads this
            // memory. The peer then gets an unspecified mixture, as with Python's own sockets.
            Some(data) => unsafe { slice::from_raw_parts(data.as_ptr(), self.0.len()) },
            None => &[],
        };
        IoSlice::new(bytes)
    }
}

/// A buffer of another object for writing. It is requested as writable: an exporter may refuse that, or give another
/// buffer to readers.
pub(crate) struct WritableBuffer<'py>(Export<'py>);

impl<'py> WritableBuffer<'py> {
    pub(crate) fn get(object: &Bound<'py, PyAny>) -> Result<Self, NoBuffer> {
        Export::get(object, ffi::PyBUF_WRITABLE).map(Self)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Copy `source` to the index `at`. Bytes that do not fit are not written.
    pub(crate) fn write(&self, at: usize, source: &[u8]) {
        let count = source.len().min(self.room(at));
        // SAFETY: `count` bytes from `at` on are within the exported memory, which is writable and contiguous;
        // `copy` allows it to be that of `source`.
        unsafe {
            ptr::copy(source.as_ptr(), self.0.view.buf.cast::<u8>().add(at.min(self.len())), count);
        };
    }

    /// Return the bytes from `start` to `end` for a system call that runs detached.
    ///
    /// Rust does not read their contents. If another thread writes to them as well, the result is an unspecified
    /// mixture.
    pub(crate) fn space(&mut self, start: usize, end: usize) -> &mut [MaybeUninit<u8>] {
        let start = start.min(self.len());
        let count = end.saturating_sub(start).min(self.room(start));
        // SAFETY: they are within the exported memory, which is writable and contiguous, and need not be
        // initialised to be written to.
        unsafe {
            slice::from_raw_parts_mut(self.0.view.buf.cast::<MaybeUninit<u8>>().add(start), count)
        }
    }

    /// Copy the bytes from `start` to `end`.
    pub(crate) fn copy(&self, start: usize, end: usize) -> Vec<u8> {
        let start = start.min(self.len());
        let count = end.saturating_sub(start).min(self.room(start));
        let mut copy = Vec::with_capacity(count);
        // SAFETY: the source is within the exported memory, the target has room for `count` bytes, and they are
        // initialised afterwards. Nobody else has the target.
        unsafe {
            ptr::copy_nonoverlapping(self.0.view.buf.cast::<u8>().add(start), copy.as_mut_ptr(), count);
            copy.set_len(count);
        }
        copy
    }

    fn room(&self, at: usize) -> usize {
        self.len().saturating_sub(at)
    }

    /// Copy `source` to the index `at`, then let `fill` write the `before` bytes in front of it. `source` may overlap
    /// with this buffer. Return `false` and write nothing if a range is out of bounds.
    pub(crate) fn write_behind(
        &self,
        py: Python<'_>,
        at: usize,
        source: &Input<'_>,
        before: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> PyResult<bool> {
        // From here on this is a raw pointer: a reference would promise that the bytes do not change.
        let source = ptr::from_ref(source.bytes(py)?);
        let in_bounds = at.checked_add(source.len()).is_some_and(|end| end <= self.len());
        if !in_bounds || before > at {
            return Ok(false);
        }
        let data = self.0.view.buf.cast::<u8>();
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
