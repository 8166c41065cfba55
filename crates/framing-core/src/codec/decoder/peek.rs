//! What the next bytes of a stream would amount to, for a caller that does not want to take them yet.

use super::machine::{Machine, State};
use super::rules::Rules;
use crate::codec::extent::{Advance, Extent};
use crate::codec::format::{Format, Scan};
use crate::codec::store::Partial;

/// Whether the machine, given `bytes`, would give a frame or an error, and not ask for more.
pub(super) fn has_next<P: Partial>(rules: &Rules, machine: &Machine<P>, bytes: &[u8]) -> bool {
    match &machine.state {
        State::Dead(_) => true,
        State::Payload { extent, .. } => ends(rules, extent.clone(), machine.trailed, bytes).is_some(),
        State::Skipped(skip) => has_next_behind(rules, skip.extent.clone(), machine.trailed, bytes),
        State::Header { .. } => {
            let scan = machine.scan_ahead(rules, bytes);
            has_next_from(rules, scan, machine.head.len(), bytes, machine.empty)
        }
    }
}

/// Whether there is something behind a frame that is skipped, and lacks `extent`.
fn has_next_behind(rules: &Rules, extent: Extent, trailed: usize, bytes: &[u8]) -> bool {
    let (mut extent, mut trailed, mut bytes) = (extent, trailed, bytes);
    loop {
        match ends(rules, extent, trailed, bytes) {
            None => return false,
            Some(End::Bad) => return true,
            Some(End::Good(end)) => bytes = &bytes[end..],
        }
        match rules.header.scan(bytes) {
            Scan::Complete { size, length } if rules.is_skipped(length) => {
                (extent, trailed) = (Extent::new(rules.header.unit(), length), 0);
                bytes = &bytes[size..];
            }
            scan => return has_next_from(rules, scan, 0, bytes, 0),
        }
    }
}

/// Whether there is something in `bytes`, of whose header the first `before` bytes are not among them, and that come
/// after `empty` frames without a byte.
#[inline]
fn has_next_from(rules: &Rules, scan: Scan, before: usize, bytes: &[u8], empty: u64) -> bool {
    let (size, length) = match scan {
        Scan::Partial { .. } => return false,
        Scan::Invalid { .. } => return true,
        Scan::Complete { size, length } => (size, length),
    };
    let payload = bytes.get(size - before..).unwrap_or_default();
    let extent = Extent::new(rules.header.unit(), length);
    if rules.is_skipped(length) {
        return has_next_behind(rules, extent, 0, payload);
    }
    length > rules.max_frame_size
        || rules.is_one_too_many(length, empty)
        || ends(rules, extent, 0, payload).is_some()
}

/// The size of the next frame as it will be delivered, given that `bytes` come next. `None` where that cannot be known
/// from them, or there is something wrong with them, or something to discard first.
pub(super) fn next_size<P: Partial>(
    rules: &Rules,
    machine: &Machine<P>,
    bytes: &[u8],
) -> Option<usize> {
    let (kept, extent, payload) = match &machine.state {
        State::Dead(_) | State::Skipped(_) => return None,
        State::Payload { extent, partial } => (partial.len(), extent.clone(), bytes),
        State::Header { .. } => {
            let Scan::Complete { size, length } = machine.scan_ahead(rules, bytes) else {
                return None;
            };
            if length > rules.max_frame_size || rules.is_one_too_many(length, machine.empty) {
                return None;
            }
            let extent = Extent::new(rules.header.unit(), length);
            let kept = if rules.keep_header { size } else { 0 };
            (kept, extent, bytes.get(size - machine.head.len()..).unwrap_or_default())
        }
    };
    let missing = match extent {
        Extent::Bytes(missing) => missing,
        Extent::Chars(mut code_points) => match code_points.advance(payload) {
            Advance::Complete { taken } => taken,
            Advance::Partial | Advance::Invalid { .. } => return None,
        },
    };
    let behind = if rules.keep_header { rules.trailer.len() - machine.trailed } else { 0 };
    kept.checked_add(missing)?.checked_add(behind)
}

/// Where a payload that lacks `extent`, and a trailer of which `trailed` bytes have been, end in `bytes`. `None` where
/// they do not.
#[inline]
fn ends(rules: &Rules, mut extent: Extent, trailed: usize, bytes: &[u8]) -> Option<End> {
    match extent.advance(bytes) {
        Advance::Partial => None,
        Advance::Invalid { .. } => Some(End::Bad),
        Advance::Complete { taken } => {
            let (behind, expected) = (&bytes[taken..], &rules.trailer[trailed..]);
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

/// The end of a frame.
enum End {
    /// The index behind it.
    Good(usize),
    Bad,
}
