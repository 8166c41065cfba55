//! A frame over the limit, which is discarded as it arrives.

use super::rules::{Rules, wrong_end};
use crate::codec::extent::{Advance, Extent, not_utf8};

/// The frame that is being skipped. Nothing of it is kept.
#[derive(Debug)]
pub(super) struct Skip {
    pub(super) extent: Extent,
    pub(super) header_size: usize,
    /// The bytes of the payload that have been discarded.
    pub(super) received: usize,
    /// What its header's sender may have meant.
    pub(super) hint: Option<&'static str>,
}

impl Skip {
    /// The bytes that have been discarded, `trailed` of them the trailer's.
    pub(super) fn discarded(&self, trailed: usize) -> u64 {
        (self.header_size + self.received + trailed) as u64
    }

    /// Discards what `bytes` have, from `at` onwards, of the frame and its trailer, of which `trailed` bytes have been.
    /// Whether that was its end.
    ///
    /// # Errors
    /// What is wrong, in words. `at` is then the index of the first wrong byte.
    pub(super) fn advance(
        &mut self,
        rules: &Rules,
        trailed: &mut usize,
        bytes: &[u8],
        at: &mut usize,
    ) -> Result<bool, String> {
        let rest = &bytes[*at..];
        let advance = self.extent.advance(rest);
        let taken = match advance {
            Advance::Partial => rest.len(),
            Advance::Complete { taken } | Advance::Invalid { at: taken } => taken,
        };
        self.received += taken;
        *at += taken;
        match advance {
            Advance::Partial => return Ok(false),
            Advance::Complete { .. } => {}
            Advance::Invalid { .. } => return Err(not_utf8(rest.get(taken).copied(), self.received)),
        }
        while let Some(expected) = rules.trailer.get(*trailed) {
            let Some(byte) = bytes.get(*at) else { return Ok(false) };
            if byte != expected {
                return Err(wrong_end(*byte, *expected));
            }
            *trailed += 1;
            *at += 1;
        }
        Ok(true)
    }
}
