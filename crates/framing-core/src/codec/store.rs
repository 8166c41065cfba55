//! Where an unfinished frame is kept.
//!
//! The decoder says when memory is needed and how much is justified; a store says what memory is. In
//! Rust that is [`BytesMut`]; in the extension a Python `bytes` object, so that a large frame is
//! received into the very memory it is delivered in.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::error::Error;

/// Frames up to this size get all their memory at once. It is also granted to every frame for the next read,
/// however little of it has arrived.
const GRACE: usize = 64 * 1024;

/// What a larger frame begins with: a peer that claims a gigabyte and sends a byte costs this much.
const FIRST: usize = 256;

/// Memory granted per byte that has arrived. Each move into larger memory makes the frame at most this
/// much larger, so all moves together copy less than a third of it.
const GROWTH: usize = 4;

/// How much memory an unfinished frame may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What is justified by what has arrived, the bytes to be added included; enough for those.
    pub justified: usize,
    /// The most bytes the finished frame can have. Where it is `justified`, the frame need never move
    /// again.
    pub whole: usize,
}

impl Room {
    /// For bytes that are here, the last of `arrived`, in a frame of which at most `missing` more follow: memory
    /// follows what has arrived, never what was claimed.
    #[must_use]
    pub fn new(arrived: usize, missing: usize) -> Self {
        let whole = arrived.saturating_add(missing);
        if whole <= GRACE {
            return Self { justified: whole, whole };
        }
        Self::within(arrived.saturating_mul(GROWTH).saturating_add(FIRST), whole)
    }

    /// For a read into the memory of a frame of which `arrived` bytes are here: as [`new`](Self::new), with enough
    /// for a read to be worth its call.
    #[must_use]
    pub fn for_read(arrived: usize, missing: usize) -> Self {
        let allowed = arrived.saturating_mul(GROWTH).saturating_add(GRACE);
        Self::within(allowed, arrived.saturating_add(missing))
    }

    fn within(allowed: usize, whole: usize) -> Self {
        // In steps that end at the whole: a frame that moves for the last time is then a quarter of it, where it could
        // be nearly all, in memory twice.
        let mut justified = whole;
        while justified > allowed {
            justified = justified.div_ceil(GROWTH);
        }
        Self { justified, whole }
    }
}

/// An unfinished frame; empty by default.
pub trait Partial: Default {
    /// The bytes that are there.
    fn len(&self) -> usize;

    /// The bytes that are there, in order, in as many pieces as they are kept in.
    fn parts(&self) -> impl Iterator<Item = &[u8]>;

    /// Whether nothing is there.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Memory for frames.
pub trait Store {
    /// What the caller hands over, and whole frames are cut from.
    type Chunk: AsRef<[u8]> + ?Sized;
    /// A frame as the caller gets it. It owns its memory.
    type Frame;
    /// The memory of the frame that is arriving.
    type Partial: Partial;

    /// A frame that lies in one piece in the caller's chunk.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn cut(&self, chunk: &Self::Chunk, range: Range<usize>) -> Result<Self::Frame, Error>;

    /// Adds bytes to an unfinished frame, in no more memory than there is `room`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the frame is then what it was.
    fn append(&self, partial: &mut Self::Partial, bytes: &[u8], room: Room) -> Result<(), Error>;

    /// The unfinished frame, now finished; `partial` is empty afterwards.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; `partial` is then what it was.
    fn finish(&self, partial: &mut Self::Partial) -> Result<Self::Frame, Error>;
}

/// [`Bytes`] in, [`Bytes`] out: whole frames share the chunk's memory, without a copy.
///
/// A frame that is kept for long therefore keeps its chunk; `Bytes::copy_from_slice` parts them.
#[derive(Debug, Clone, Copy, Default)]
pub struct BytesStore;

impl Partial for BytesMut {
    fn len(&self) -> usize {
        BytesMut::len(self)
    }

    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self[..])
    }
}

impl Store for BytesStore {
    type Chunk = Bytes;
    type Frame = Bytes;
    type Partial = BytesMut;

    #[inline]
    fn cut(&self, chunk: &Bytes, range: Range<usize>) -> Result<Bytes, Error> {
        Ok(chunk.slice(range))
    }

    fn append(&self, partial: &mut BytesMut, bytes: &[u8], room: Room) -> Result<(), Error> {
        if partial.capacity() - partial.len() < bytes.len() {
            // Not `reserve`, which may double what it holds.
            let mut larger = BytesMut::with_capacity(room.justified);
            larger.extend_from_slice(partial);
            *partial = larger;
        }
        partial.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(&self, partial: &mut BytesMut) -> Result<Bytes, Error> {
        Ok(std::mem::take(partial).freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_what_arrived() {
        let for_read = |arrived, missing| Room::for_read(arrived, missing).justified;
        assert!((GRACE / GROWTH..=GRACE).contains(&for_read(0, 1_000_000_000)));
        assert!((GRACE / GROWTH..=GRACE + 40).contains(&for_read(10, 999_999_990)));
        // The last step but one is a quarter, wherever the steps began.
        assert_eq!(for_read(219_264, 999_780_736), 244_141);
        assert_eq!(for_read(240_000_000, 760_000_000), 250_000_000);
        assert_eq!(for_read(10, 20), 30);
        assert_eq!(for_read(300_000_000, 700_000_000), 1_000_000_000);
        assert_eq!(for_read(usize::MAX - 1, usize::MAX), usize::MAX);
    }

    #[test]
    fn the_first_bytes_of_a_large_frame_are_small_change() {
        let justified = |arrived, missing| Room::new(arrived, missing).justified;
        assert!((1..=FIRST + GROWTH).contains(&justified(1, 999_999_999)));
        assert_eq!(justified(1, GRACE - 1), GRACE);
        assert!(justified(1, GRACE) <= FIRST + GROWTH);
        assert_eq!(justified(usize::MAX - 1, usize::MAX), usize::MAX);
    }

    #[test]
    fn all_moves_together_copy_less_than_a_third() {
        for whole in [70_000, 1 << 20, 1_000_003, 1_000_000_000] {
            for piece in [1, 100, 4096, 65_536] {
                let (mut capacity, mut arrived, mut copied) = (0_usize, 0, 0);
                while arrived < whole {
                    // Straight to the piece that does not fit.
                    let fitting = (capacity - arrived) / piece * piece;
                    arrived += fitting;
                    let more = piece.min(whole - arrived);
                    if arrived + more > capacity {
                        let room = Room::new(arrived + more, whole - arrived - more);
                        assert!(room.justified >= arrived + more && room.justified <= whole);
                        assert!(room.justified <= GRACE + GROWTH * (arrived + more));
                        (copied, capacity) = (copied + arrived, room.justified);
                    }
                    arrived += more;
                }
                assert!(copied < whole / 3, "{whole} in pieces of {piece}: {copied}");
            }
        }
    }
}
