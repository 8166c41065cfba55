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
            State::Payload { extent, .. } => self.ends(extent.clone(), self.trailed, bytes).is_some(),
            State::Skipped(skip) => self.has_next_behind(skip.extent.clone(), self.trailed, bytes),
            State::Header => {
                self.has_next_from(self.scan_ahead(bytes), self.head.len(), bytes, self.empty)
            }
        }
    }

    /// Whether there is something behind a frame that is skipped, and lacks `extent`.
    fn has_next_behind(&self, extent: Extent, trailed: usize, bytes: &[u8]) -> bool {
        let (mut extent, mut trailed, mut bytes) = (extent, trailed, bytes);
        loop {
            match self.ends(extent, trailed, bytes) {
                None => return false,
                Some(End::Bad) => return true,
                Some(End::Good(end)) => bytes = &bytes[end..],
            }
            match self.header.scan(bytes) {
                Scan::Complete { size, length } if self.is_skipped(length) => {
                    (extent, trailed) = (Extent::new(self.header.unit(), length), 0);
                    bytes = &bytes[size..];
                }
                scan => return self.has_next_from(scan, 0, bytes, 0),
            }
        }
    }

    /// Whether there is something in `bytes`, of whose header the first `before` bytes are not among them, and that come
    /// after `empty` frames without a byte.
    #[inline]
    fn has_next_from(&self, scan: Scan, before: usize, bytes: &[u8], empty: u64) -> bool {
        let (size, length) = match scan {
            Scan::Partial { .. } => return false,
            Scan::Invalid { .. } => return true,
            Scan::Complete { size, length } => (size, length),
        };
        let payload = bytes.get(size - before..).unwrap_or_default();
        if self.is_skipped(length) {
            return self.has_next_behind(Extent::new(self.header.unit(), length), 0, payload);
        }
        length > self.max_frame_size
            || (length == 0 && self.policy.refuses_empty(empty))
            || self.ends(Extent::new(self.header.unit(), length), 0, payload).is_some()
    }

    /// The size of the next frame as it will be delivered, given that `bytes` come next. `None` where
    /// that cannot be known from them, or there is something wrong with them, or something to
    /// [`discard`](Self::discard) first.
    #[must_use]
    pub fn next_size(&self, bytes: &[u8]) -> Option<usize> {
        let (kept, extent, payload) = match &self.state {
            State::Dead(_) | State::Skipped(_) => return None,
            State::Payload { extent, partial } => (partial.len(), extent.clone(), bytes),
            State::Header => {
                let Scan::Complete { size, length } = self.scan_ahead(bytes) else { return None };
                if length > self.max_frame_size
                    || (length == 0 && self.policy.refuses_empty(self.empty))
                {
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

    pub(super) fn scan_ahead(&self, bytes: &[u8]) -> Scan {
        if self.head.is_empty() {
            return self.header.scan(bytes);
        }
        let whole: Vec<u8> = self.head.iter().chain(bytes).copied().take(MAX_HEADER_SIZE).collect();
        self.header.scan(&whole)
    }

    /// Where a payload that lacks `extent`, and a trailer of which `trailed` bytes have been, end in `bytes`. `None` where
    /// they do not.
    #[inline]
    fn ends(&self, mut extent: Extent, trailed: usize, bytes: &[u8]) -> Option<End> {
        match extent.advance(bytes) {
            Advance::Partial => None,
            Advance::Invalid { .. } => Some(End::Bad),
            Advance::Complete { taken } => {
                let (behind, expected) = (&bytes[taken..], &self.trailer[trailed..]);
                if expected.is_empty() {
                    return Some(End::Good(taken));
                }
                if behind.starts_with(expected) {
                    return Some(End::Good(taken + expected.len()));
                }
                (!expected.starts_with(behind)).then_some(End::Bad)
            }
        }
    }
}

/// The end of a frame.
enum End {
    /// The index behind it.
    Good(usize),
    Bad,
}
