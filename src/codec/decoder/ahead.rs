//! What the next bytes of a stream would amount to, for a caller that does not want to take them yet.

use super::{Decoder, State};
use crate::codec::extent::{Advance, Extent};
use crate::codec::header::{Format, MAX_HEADER_SIZE, Scan};
use crate::codec::store::Partial;

impl<P: Partial> Decoder<P> {
    /// Whether [`decode`](Self::decode), given `bytes`, would give a frame or an error, and not ask for
    /// more.
    #[must_use]
    pub fn has_next(&self, bytes: &[u8]) -> bool {
        match &self.state {
            State::Dead(_) => true,
            State::Payload { extent, .. } => self.is_complete(extent.clone(), bytes),
            State::Header => match self.scan_ahead(bytes) {
                Scan::Partial { .. } => false,
                Scan::Invalid { .. } => true,
                Scan::Complete { size, length } => {
                    let payload = bytes.get(size - self.head.len()..).unwrap_or_default();
                    length > self.max_frame_size
                        || self.is_complete(Extent::new(self.header.unit(), length), payload)
                }
            },
        }
    }

    /// The size of the next frame as it will be delivered, given that `bytes` come next. `None` where
    /// that cannot be known from them, or there is something wrong with them.
    #[must_use]
    pub fn next_size(&self, bytes: &[u8]) -> Option<usize> {
        let (kept, extent, payload) = match &self.state {
            State::Dead(_) => return None,
            State::Payload { extent, partial } => (partial.len(), extent.clone(), bytes),
            State::Header => {
                let Scan::Complete { size, length } = self.scan_ahead(bytes) else { return None };
                if length > self.max_frame_size {
                    return None;
                }
                let extent = Extent::new(self.header.unit(), length);
                let kept = if self.keep_header { size } else { 0 };
                (kept, extent, bytes.get(size - self.head.len()..).unwrap_or_default())
            }
        };
        let missing = match extent {
            Extent::Bytes(missing) => missing,
            Extent::Chars(mut code_points) => match code_points.advance(payload) {
                Advance::Complete { taken } => taken,
                Advance::Partial | Advance::Invalid { .. } => return None,
            },
        };
        let behind = if self.keep_header { self.trailer.len() - self.trailed } else { 0 };
        kept.checked_add(missing)?.checked_add(behind)
    }

    fn scan_ahead(&self, bytes: &[u8]) -> Scan {
        if self.head.is_empty() {
            return self.header.scan(bytes);
        }
        let whole: Vec<u8> = self.head.iter().chain(bytes).copied().take(MAX_HEADER_SIZE).collect();
        self.header.scan(&whole)
    }

    /// Whether a payload that lacks `extent` ends, well or badly, in `bytes`.
    fn is_complete(&self, mut extent: Extent, bytes: &[u8]) -> bool {
        match extent.advance(bytes) {
            Advance::Partial => false,
            Advance::Invalid { .. } => true,
            Advance::Complete { taken } => {
                let (behind, expected) = (&bytes[taken..], &self.trailer[self.trailed..]);
                behind.len() >= expected.len() || !expected.starts_with(behind)
            }
        }
    }
}
