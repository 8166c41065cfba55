//! What a decoder knows of its stream, between two calls. Nothing here changes anything.

use super::skip::Skip;
use super::{Decoder, Policy, State, Stats};
use crate::codec::error::{Error, Stage};
use crate::codec::header::{Format, HeaderFormat, Scan};
use crate::codec::store::Partial;

/// How far the unfinished frame has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The part that is arriving.
    pub stage: Stage,
    /// The bytes that part has; the least possible number where code points are counted.
    pub expected: usize,
    /// The bytes of it that have arrived.
    pub received: usize,
}

impl<P: Partial> Decoder<P> {
    /// Says that no byte follows.
    ///
    /// # Errors
    /// [`Error::TruncatedFrame`] inside a frame, which is kept: more may be fed after all. What ended
    /// a refused stream, again.
    pub fn feed_eof(&self) -> Result<(), Error> {
        match &self.state {
            State::Dead(refusal) => Err(refusal.error.clone()),
            State::Header if self.head.is_empty() => Ok(()),
            State::Header | State::Payload { .. } | State::Skipped(_) => {
                let Progress { stage, expected, received } = self.progress();
                Err(Error::TruncatedFrame { stage, expected, received })
            }
        }
    }

    /// How far the unfinished frame has come: between two frames, nothing of a header.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let (stage, received) = match &self.state {
            State::Header => (Stage::Header, self.head.len()),
            State::Dead(_) => (Stage::Header, 0),
            State::Skipped(skip) => (Stage::Payload, skip.received + self.trailed),
            State::Payload { partial, .. } => {
                // The trailer counts with the payload that it ends.
                let kept = if self.keep_header { self.head.len() } else { 0 };
                (Stage::Payload, partial.len() - kept + self.separate_trailer().len())
            }
        };
        Progress { stage, expected: received.saturating_add(self.needed()), received }
    }

    /// Whether nothing of an unfinished frame has arrived.
    #[must_use]
    #[inline]
    pub fn is_between_frames(&self) -> bool {
        matches!(self.state, State::Header) && self.head.is_empty()
    }

    /// The least number of bytes that can complete the next step: the rest of the header, then the
    /// rest of the payload. 0 on a refused stream.
    #[must_use]
    pub fn needed(&self) -> usize {
        match &self.state {
            State::Dead(_) => 0,
            State::Payload { extent, .. } | State::Skipped(Skip { extent, .. }) => {
                extent.least().saturating_add(self.trailer.len() - self.trailed)
            }
            State::Header => match self.header.scan(&self.head) {
                Scan::Partial { needed } => needed,
                Scan::Complete { .. } | Scan::Invalid { .. } => 0,
            },
        }
    }

    /// The bytes of the unfinished frame, header included; on a refused stream everything from the
    /// refused frame's first byte.
    #[must_use]
    pub fn buffered(&self) -> usize {
        let rest = if let State::Dead(refusal) = &self.state { refusal.rest.len() } else { 0 };
        let around = self.separate_head().len() + self.separate_trailer().len();
        around + self.partial().map_or(0, P::len) + rest
    }

    /// The bytes that [`buffered`](Self::buffered) counts, in order.
    #[must_use]
    pub fn buffered_parts(&self) -> Vec<&[u8]> {
        let mut parts = vec![self.separate_head()];
        parts.extend(self.partial().into_iter().flat_map(P::parts));
        parts.push(self.separate_trailer());
        if let State::Dead(refusal) = &self.state {
            parts.extend(refusal.rest.parts());
        }
        parts
    }

    /// The header of the unfinished frame where [`partial`](Self::partial) does not begin with it.
    #[must_use]
    pub fn separate_head(&self) -> &[u8] {
        let in_partial = self.keep_header && self.partial().is_some_and(|partial| !partial.is_empty());
        if in_partial { &[] } else { &self.head }
    }

    /// What has arrived of the unfinished frame's trailer, where [`partial`](Self::partial) does not end
    /// with it.
    #[must_use]
    pub fn separate_trailer(&self) -> &'static [u8] {
        let elsewhere = self.keep_header || matches!(self.state, State::Skipped(_));
        if elsewhere { &[] } else { &self.trailer[..self.trailed] }
    }

    /// The memory of the unfinished payload, or of the one that was refused.
    #[must_use]
    pub fn partial(&self) -> Option<&P> {
        match &self.state {
            State::Header | State::Skipped(_) => None,
            State::Payload { partial, .. } => Some(partial),
            State::Dead(refusal) => Some(&refusal.partial),
        }
    }

    /// The stream offset of the first byte that no completed frame accounts for.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What the stream was refused for.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.state {
            State::Dead(refusal) => Some(&refusal.error),
            State::Header | State::Payload { .. } | State::Skipped(_) => None,
        }
    }

    /// A snapshot of the counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats { buffered: self.buffered(), ..self.stats }
    }

    /// The header format.
    #[must_use]
    pub fn header(&self) -> HeaderFormat {
        self.header
    }

    /// The limit, in the header's unit.
    #[must_use]
    pub fn max_frame_size(&self) -> u64 {
        self.max_frame_size
    }

    /// What becomes of frames that are over the limit, or empty.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Whether frames begin with their header.
    #[must_use]
    pub fn keep_header(&self) -> bool {
        self.keep_header
    }
}
