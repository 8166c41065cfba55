//! The counters.

/// What has passed through a decoder: completed frames, and the bytes of the unfinished one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Completed frames.
    pub frames: u64,
    /// Bytes of their payloads.
    pub payload_bytes: u64,
    /// Bytes of the whole frames: headers, payloads, trailers.
    pub wire_bytes: u64,
    /// Bytes of the largest payload.
    pub largest_frame: u64,
    /// Bytes of the unfinished frame, header included.
    pub buffered: usize,
    /// Frames that were over the limit, and skipped.
    pub skipped_frames: u64,
    /// Bytes of such frames that have been discarded, headers and trailers included.
    pub skipped_bytes: u64,
}

impl Stats {
    /// Of one frame; `around` counts the bytes that are not payload.
    #[inline]
    pub(super) fn of_frame(around: usize, payload_size: usize) -> Self {
        Self {
            frames: 1,
            payload_bytes: payload_size as u64,
            wire_bytes: (around + payload_size) as u64,
            largest_frame: payload_size as u64,
            ..Self::default()
        }
    }

    /// Adds up the counters of completed frames.
    #[inline]
    pub(super) fn add(&mut self, more: &Self) {
        self.frames += more.frames;
        self.payload_bytes += more.payload_bytes;
        self.wire_bytes += more.wire_bytes;
        self.largest_frame = self.largest_frame.max(more.largest_frame);
    }
}
