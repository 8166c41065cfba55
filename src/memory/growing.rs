//! A `bytes` object that grows with what arrives, and becomes a frame.

use std::ops::Range;
use std::ptr::{self, NonNull};
use std::slice;

use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::bytes::{BytesWriter, is_sole_reference, new_uninit};
use super::chunk_list::ChunkList;
use super::system_call::ReadBuffer;
use framing_core::codec::store::{Partial, Room};

/// A read into less memory is not worth its call, unless it ends the frame.
const MIN_LENT: usize = 4 * 1024;

/// A `bytes` object under construction: the first `len` of its `capacity` bytes are there, and behind
/// them what is chunks.
#[derive(Default)]
pub(crate) struct GrowingBytes {
    /// `None` while nothing has been copied.
    memory: Option<Memory>,
    len: usize,
    chunks: ChunkList,
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
        self.len + self.chunks.len()
    }

    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.copied()).chain(self.chunks.parts())
    }
}

impl GrowingBytes {
    /// Adds `bytes`, which may be some of `owner`'s. On an error nothing has changed.
    ///
    /// They are copied where they fit. Where they do not, the frame moves to memory of its final size,
    /// or, where that is not yet justified, `owner` is kept instead of a copy.
    pub(crate) fn append<'py>(
        &mut self,
        py: Python<'py>,
        bytes: &[u8],
        owner: Option<&Bound<'py, PyBytes>>,
        room: Room,
    ) -> PyResult<()> {
        let fits = self.chunks.len() == 0 && self.len + bytes.len() <= self.capacity();
        if !fits && room.justified < room.whole {
            let spare = room.justified.saturating_sub(self.capacity());
            if self.chunks.keep(owner, bytes, spare) {
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
    pub(crate) fn lend(&mut self, py: Python<'_>, room: Room) -> PyResult<(Py<PyBytes>, usize, usize)> {
        let wanted = room.justified.saturating_sub(self.len()).min(MIN_LENT);
        // To lend it twice is no write of ours.
        let spare = self.capacity() - self.len;
        if self.chunks.len() > 0 || spare == 0 || spare < wanted {
            self.exclusive(py, wanted, room.justified)?;
        }
        let (len, capacity) = (self.len, self.capacity());
        let memory = self.memory.as_ref().ok_or_else(no_memory)?;
        Ok((memory.object.clone_ref(py), len, capacity - len))
    }

    /// The memory behind what is there, for a system call to write into: `more` bytes at least, for which there
    /// is `room`. Not beside [`lend`](Self::lend).
    pub(crate) fn read_buffer(
        &mut self,
        py: Python<'_>,
        more: usize,
        room: Room,
    ) -> PyResult<ReadBuffer> {
        // Fresh memory where somebody else refers to this: so there is no other lease of it.
        self.exclusive(py, more, room.justified)?;
        let (len, capacity) = (self.len, self.capacity());
        let memory = self.memory.as_ref().ok_or_else(no_memory)?;
        // SAFETY: only `self` and the lease refer to the object. `self` reads no byte behind `len`, and
        // writes there only while it is the only one that refers to the object.
        unsafe { ReadBuffer::new(py, memory.object.clone_ref(py), len, capacity - len) }
    }

    /// How many bytes there is memory for behind what is there.
    pub(crate) fn spare(&self) -> usize {
        self.capacity().saturating_sub(self.len())
    }

    /// Whether the bytes behind `len` are the ones of `object` from `index` on.
    pub(crate) fn continues(&self, object: &Py<PyBytes>, index: usize) -> bool {
        self.chunks.len() == 0
            && self.len == index
            && self.memory.as_ref().is_some_and(|memory| memory.object.is(object))
    }

    /// `count` bytes have been written into memory lent from here.
    ///
    /// Whoever wrote there says so; if that is not true, the bytes are unspecified. They are memory that
    /// CPython allocated, so this is never out of bounds.
    pub(crate) fn received(&mut self, count: usize) {
        self.len = self.capacity().min(self.len + count);
    }

    /// The finished object, without a copy where it is full and ours alone.
    pub(crate) fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let full = self.chunks.len() == 0 && self.len == self.capacity();
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
    pub(crate) fn objects<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyBytes>, Range<usize>)> {
        let memory = self.memory.iter().map(|memory| (memory.object.bind(py).clone(), 0..self.len));
        memory.chain(self.chunks.objects(py)).collect()
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
        if self.chunks.len() > 0 || !self.memory.as_ref().is_some_and(usable) {
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
                chunks: ChunkList::default(),
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

#[cold]
fn no_memory() -> PyErr {
    PyMemoryError::new_err("no memory for a frame")
}
