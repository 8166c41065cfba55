//! A `bytes` object that grows as bytes arrive and becomes a frame.

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

/// The least memory to lend for a read, in bytes, unless less ends the frame. A smaller read is not worth its call.
const MIN_LENT: usize = 4 * 1024;

/// A `bytes` object under construction. The first `len` of its `capacity` bytes have been received, and the bytes
/// behind those are kept as chunks.
#[derive(Default)]
pub(crate) struct GrowingBytes {
    /// The object, or `None` if nothing has been copied yet.
    memory: Option<Memory>,
    len: usize,
    chunks: ChunkList,
}

struct Memory {
    object: Py<PyBytes>,
    /// The object's bytes. The pointer is valid as long as `object` is held.
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
    /// Append `bytes`, which may be a part of `owner`. On an error nothing has changed.
    ///
    /// The bytes are copied if they fit. Otherwise the frame moves to memory of its final size; or, if so much
    /// memory is not yet justified, a reference to `owner` is kept instead of a copy.
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

    /// Lend the memory behind the received bytes for writing, as (object, index, size in bytes). The size is at least
    /// one byte if `room` allows it.
    pub(crate) fn lend(&mut self, py: Python<'_>, room: Room) -> PyResult<(Py<PyBytes>, usize, usize)> {
        let wanted = room.justified.saturating_sub(self.len()).min(MIN_LENT);
        // Lending the same memory twice is allowed, because we do not write to it here.
        let spare = self.capacity() - self.len;
        if self.chunks.len() > 0 || spare == 0 || spare < wanted {
            self.exclusive(py, wanted, room.justified)?;
        }
        let (len, capacity) = (self.len, self.capacity());
        let memory = self.memory.as_ref().ok_or_else(no_memory)?;
        Ok((memory.object.clone_ref(py), len, capacity - len))
    }

    /// Return the memory behind the received bytes for a system call to write into: at least `more` bytes, which
    /// `room` must allow. It never shares memory with [`lend`](Self::lend).
    pub(crate) fn read_buffer(
        &mut self,
        py: Python<'_>,
        more: usize,
        room: Room,
    ) -> PyResult<ReadBuffer> {
        // The memory is replaced if somebody else refers to it, so nobody else can write to it.
        self.exclusive(py, more, room.justified)?;
        let (len, capacity) = (self.len, self.capacity());
        let memory = self.memory.as_ref().ok_or_else(no_memory)?;
        // SAFETY: only `self` and the new buffer refer to the object. `self` reads no byte behind `len`, and
        // writes there only while it has the only reference to the object.
        unsafe { ReadBuffer::new(py, memory.object.clone_ref(py), len, capacity - len) }
    }

    /// Return the number of bytes that still fit into the memory.
    pub(crate) fn spare(&self) -> usize {
        self.capacity().saturating_sub(self.len())
    }

    /// Return whether the memory behind the received bytes is that of `object` from `index` on.
    pub(crate) fn continues(&self, object: &Py<PyBytes>, index: usize) -> bool {
        self.chunks.len() == 0
            && self.len == index
            && self.memory.as_ref().is_some_and(|memory| memory.object.is(object))
    }

    /// Count `count` bytes that were written into the lent memory as received.
    ///
    /// If the writer gives a wrong count, the bytes are unspecified. The count is limited to the capacity, so this is
    /// never out of bounds.
    pub(crate) fn received(&mut self, count: usize) {
        self.len = self.capacity().min(self.len + count);
    }

    /// Return the finished object. It is not copied if it is full and nobody else refers to it.
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

    /// Return the objects that hold the received bytes, in order, with their ranges. They must not be written to.
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

    /// Return memory that holds all received bytes, has `more` bytes behind them, and to which only `self` refers.
    /// New memory has `room` bytes.
    fn exclusive(&mut self, py: Python<'_>, more: usize, room: usize) -> PyResult<&mut Memory> {
        let needed = self.len() + more;
        let usable = |memory: &Memory| memory.capacity >= needed && memory.is_exclusive(py);
        if self.chunks.len() > 0 || !self.memory.as_ref().is_some_and(usable) {
            let capacity = room.max(needed);
            // If there is no memory to grow into, there may still be enough for the bytes at hand.
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
