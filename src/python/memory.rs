//! Python memory seen from Rust: the only `unsafe` in the crate.
//!
//! Three things have no safe form under the stable ABI: to read another object's buffer as a slice, to
//! fill a `bytes` object in place without zeroing it first, and to lend memory to a `memoryview`.
//!
//! One rule makes the rest safe: **we write only to memory that nobody else can see**. A `bytes` object
//! that has one reference is ours alone. As soon as a view, a grant or an exception refers to it, the
//! frame moves to fresh memory before the next byte is added; so what a view shows never moves, never
//! dies, and is never the memory of a frame that has been delivered.
#![allow(unsafe_code, reason = "this is the module that is there for it")]

use std::ops::Range;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{Ordering, fence};

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::{PyMemoryError, PyOverflowError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::parked::Parked;
use crate::codec::store::{Partial, Room};

/// The bytes of a contiguous buffer. `None` where it is not contiguous.
pub(super) fn buffer_bytes<'a>(buffer: &'a PyUntypedBuffer, _py: Python<'a>) -> Option<&'a [u8]> {
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
/// in front of it. Source and target may overlap, which is why `source` is no reference: one would
/// promise that its bytes do not change. `false`, and nothing is written, where it is out of bounds.
///
/// # Safety
/// `source` can be read.
pub(super) unsafe fn write_behind(
    target: &PyUntypedBuffer,
    at: usize,
    source: *const [u8],
    before: usize,
    fill: impl FnOnce(&mut [u8]),
) -> bool {
    let in_bounds = at.checked_add(source.len()).is_some_and(|end| end <= target.len_bytes());
    if target.readonly() || !target.is_c_contiguous() || !in_bounds || before > at {
        return false;
    }
    let data = target.buf_ptr().cast::<u8>();
    // SAFETY: `at + source.len()` and `at - before` are within the exported memory, which is writable and
    // contiguous; `copy` allows the two to overlap. The slice that `fill` gets is the only one to that
    // memory.
    unsafe {
        ptr::copy(source.cast::<u8>(), data.add(at), source.len());
        fill(slice::from_raw_parts_mut(data.add(at - before), before));
    }
    true
}

/// A new `bytes` object of uninitialised memory that nobody else has seen.
fn new_uninit(py: Python<'_>, len: usize) -> PyResult<(Py<PyBytes>, NonNull<u8>)> {
    let size = ffi::Py_ssize_t::try_from(len).map_err(|_| {
        PyOverflowError::new_err(format!("{len} bytes are more than an object can have"))
    })?;
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

/// A new `bytes` object. Unlike `PyBytes::new`, it survives a lack of memory.
#[inline]
pub(super) fn copied(py: Python<'_>, bytes: &[u8]) -> PyResult<Py<PyBytes>> {
    let size = ssize(bytes.len())?;
    // SAFETY: the slice's bytes are readable. The result is a new reference to an exact `bytes`, or null
    // with MemoryError set.
    unsafe {
        let object = ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), size);
        Ok(Bound::from_owned_ptr_or_err(py, object)?.cast_into_unchecked::<PyBytes>().unbind())
    }
}

/// A list of frames; the frames themselves where there is no memory for it.
///
/// Like `PyList::new`, in half the time: frames are many and small.
pub(super) fn list(
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
    // SAFETY: it was made as a list.
    Ok(unsafe { list.cast_into_unchecked() })
}

#[cold]
fn no_memory() -> PyErr {
    PyMemoryError::new_err("no memory for a frame")
}

fn ssize(len: usize) -> PyResult<ffi::Py_ssize_t> {
    ffi::Py_ssize_t::try_from(len)
        .map_err(|_| PyOverflowError::new_err(format!("{len} bytes are more than an object can have")))
}

/// Fills a new `bytes` object of a known size from front to back, each byte once.
pub(super) struct BytesWriter {
    object: Py<PyBytes>,
    data: NonNull<u8>,
    written: usize,
    len: usize,
}

impl BytesWriter {
    pub(super) fn new(py: Python<'_>, len: usize) -> PyResult<Self> {
        let (object, data) = new_uninit(py, len)?;
        Ok(Self { object, data, written: 0, len })
    }

    /// Adds `bytes`. What goes beyond the size is not written.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let count = bytes.len().min(self.len - self.written);
        // SAFETY: `written + count <= len`, the size of the object, which only `self` refers to.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.data.as_ptr().add(self.written), count);
        }
        self.written += count;
    }

    /// Lets `fill` write the next `count` bytes, which are zero before.
    #[inline]
    pub(super) fn put_with(&mut self, count: usize, fill: impl FnOnce(&mut [u8])) {
        let count = count.min(self.len - self.written);
        // SAFETY: as in `put`; the bytes are initialised before a slice of them is made.
        unsafe {
            let start = self.data.as_ptr().add(self.written);
            ptr::write_bytes(start, 0, count);
            fill(slice::from_raw_parts_mut(start, count));
        }
        self.written += count;
    }

    /// The object. What was never written is zero.
    #[inline]
    pub(super) fn finish(mut self, py: Python<'_>) -> Bound<'_, PyBytes> {
        if self.written < self.len {
            self.put_with(self.len - self.written, |_| ());
        }
        self.object.into_bound(py)
    }
}

/// A `bytes` object under construction: the first `len` of its `capacity` bytes are there, and behind
/// them what is parked.
#[derive(Default)]
pub(super) struct GrowingBytes {
    /// `None` while nothing has been copied.
    memory: Option<Memory>,
    len: usize,
    parked: Parked,
}

struct Memory {
    object: Py<PyBytes>,
    /// The object's bytes: valid as long as `object` is held.
    data: NonNull<u8>,
    capacity: usize,
}

// SAFETY: the pointer goes with the object it points into, and `Py` is `Send`.
unsafe impl Send for Memory {}

impl Partial for GrowingBytes {
    fn len(&self) -> usize {
        self.len + self.parked.len()
    }

    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.copied()).chain(self.parked.parts())
    }
}

impl GrowingBytes {
    /// Adds `bytes`, which may be some of `owner`'s. On an error nothing has changed.
    ///
    /// They are copied where they fit. Where they do not, the frame moves to memory of its final size,
    /// or, where that is not yet justified, `owner` is kept instead of a copy.
    pub(super) fn append<'py>(
        &mut self,
        py: Python<'py>,
        bytes: &[u8],
        owner: Option<&Bound<'py, PyBytes>>,
        room: Room,
    ) -> PyResult<()> {
        let fits = self.parked.len() == 0 && self.len + bytes.len() <= self.capacity();
        if !fits && room.justified < room.whole {
            let spare = room.justified.saturating_sub(self.capacity());
            if self.parked.park(owner, bytes, spare) {
                return Ok(());
            }
        }
        let memory = self.exclusive(py, bytes.len(), room.justified)?;
        // SAFETY: the memory has `bytes.len()` bytes behind `len` and only `self` refers to it, so
        // `bytes` is elsewhere.
        unsafe {
            let end = memory.data.as_ptr().add(self.len);
            ptr::copy_nonoverlapping(bytes.as_ptr(), end, bytes.len());
        }
        self.len += bytes.len();
        Ok(())
    }

    /// The memory behind what is there as (object, index, bytes), for somebody to write into: at least
    /// one byte, where there is room for it.
    pub(super) fn lend(&mut self, py: Python<'_>, room: Room) -> PyResult<(Py<PyBytes>, usize, usize)> {
        // To lend it twice is no write of ours.
        if self.parked.len() > 0 || self.capacity() == self.len {
            self.exclusive(py, usize::from(room.justified > self.len()), room.justified)?;
        }
        let (len, capacity) = (self.len, self.capacity());
        let memory = self.memory.as_ref().ok_or_else(no_memory)?;
        Ok((memory.object.clone_ref(py), len, capacity - len))
    }

    /// Whether the bytes behind `len` are the ones of `object` from `index` on.
    pub(super) fn continues(&self, object: &Py<PyBytes>, index: usize) -> bool {
        self.parked.len() == 0
            && self.len == index
            && self.memory.as_ref().is_some_and(|memory| memory.object.is(object))
    }

    /// `count` bytes have been written into memory lent from here.
    ///
    /// Whoever wrote there says so; if that is not true, the bytes are unspecified. They are memory that
    /// CPython allocated, so this is never out of bounds.
    pub(super) fn received(&mut self, count: usize) {
        self.len = self.capacity().min(self.len + count);
    }

    /// The finished object, without a copy where it is full and ours alone.
    pub(super) fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let full = self.parked.len() == 0 && self.len == self.capacity();
        if let Some(memory) = self.memory.take_if(|memory| full && memory.is_exclusive(py)) {
            self.len = 0;
            return Ok(memory.object.into_bound(py));
        }
        let mut writer = BytesWriter::new(py, self.len())?;
        self.parts().for_each(|part| writer.put(part));
        *self = Self::default();
        Ok(writer.finish(py))
    }

    /// The objects that hold what is there, in order, with the ranges; to look at, not to write.
    pub(super) fn objects<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyBytes>, Range<usize>)> {
        let memory = self.memory.iter().map(|memory| (memory.object.bind(py).clone(), 0..self.len));
        memory.chain(self.parked.objects(py)).collect()
    }

    fn capacity(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.capacity)
    }

    fn copied(&self) -> &[u8] {
        match &self.memory {
            // SAFETY: the first `len` bytes are initialised and within the object that `memory` holds.
            Some(memory) => unsafe { slice::from_raw_parts(memory.data.as_ptr(), self.len) },
            None => &[],
        }
    }

    /// Memory with everything that is there, and `more` bytes behind it, that only `self` refers to. New
    /// memory has `room` bytes.
    fn exclusive(&mut self, py: Python<'_>, more: usize, room: usize) -> PyResult<&mut Memory> {
        let needed = self.len() + more;
        let usable = |memory: &Memory| memory.capacity >= needed && memory.is_exclusive(py);
        if self.parked.len() > 0 || !self.memory.as_ref().is_some_and(usable) {
            let capacity = room.max(needed);
            // Where there is no room to grow into there may be room for what is here.
            let (object, data, capacity) = match new_uninit(py, capacity) {
                Ok((object, data)) => (object, data, capacity),
                Err(_) => new_uninit(py, needed).map(|(object, data)| (object, data, needed))?,
            };
            let mut end = data.as_ptr();
            for part in self.parts() {
                // SAFETY: the new memory has at least `needed` bytes, which are those of all parts and
                // more, and overlaps none of them.
                unsafe {
                    ptr::copy_nonoverlapping(part.as_ptr(), end, part.len());
                    end = end.add(part.len());
                }
            }
            *self = Self {
                len: self.len(),
                memory: Some(Memory { object, data, capacity }),
                parked: Parked::default(),
            };
        }
        self.memory.as_mut().ok_or_else(no_memory)
    }
}

impl Memory {
    fn is_exclusive(&self, py: Python<'_>) -> bool {
        is_sole_reference(&self.object, py)
    }
}

/// Whether nothing but `object` itself refers to the `bytes`, and whoever did is done with it.
pub(super) fn is_sole_reference(object: &Py<PyBytes>, _py: Python<'_>) -> bool {
    // SAFETY: the object is alive and we are attached.
    let sole = unsafe { ffi::Py_REFCNT(object.as_ptr()) == 1 };
    // Without the GIL, another thread's last access came before it let go of its reference.
    fence(Ordering::Acquire);
    sole
}

/// A zeroed `bytes` object that is written to through views: never delivered, never shown otherwise.
pub(super) fn new_zeroed(py: Python<'_>, len: usize) -> PyResult<Py<PyBytes>> {
    Ok(BytesWriter::new(py, len)?.finish(py).unbind())
}

/// Exports `len` bytes of `memory` from `start` on, writable, in the name of `owner`, which holds
/// `memory` as long as it lives.
///
/// # Safety
/// `view` is what CPython handed to `bf_getbuffer`.
pub(super) unsafe fn export(
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
