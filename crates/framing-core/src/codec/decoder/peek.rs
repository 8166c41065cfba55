//! How far the unfinished frame has come, and what the next bytes would amount to, for a caller that does not want to
//! take them yet. Nothing here changes anything.

use super::machine::{Machine, State};
use super::rules::Rules;
use super::skip::Skip;
use crate::codec::error::{Error, Stage};
use crate::codec::extent::{Advance, Extent};
use crate::codec::format::{Format, Scan};
use crate::codec::hint;
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
    /// What the frame's sender may have meant, where its length is unlikely.
    pub hint: Option<&'static str>,
}

pub(super) fn progress<P: Partial>(rules: &Rules, machine: &Machine<P>) -> Progress {
    let (stage, received) = match &machine.state {
        State::Header { .. } => (Stage::Header, machine.head.len()),
        State::Dead(_) => (Stage::Header, 0),
        State::Skipped(skip) => (Stage::Payload, skip.received + machine.trailed),
        State::Payload { partial, .. } => {
            // The trailer counts with the payload that it ends.
            let kept = if rules.keep_header { machine.head.len() } else { 0 };
            (Stage::Payload, partial.len() - kept + separate_trailer(rules, machine).len())
        }
    };
    let expected = received.saturating_add(needed(rules, machine));
    Progress { stage, expected, received, hint: hint(rules, machine) }
}

/// The least number of bytes that can complete the next step.
pub(super) fn needed<P: Partial>(rules: &Rules, machine: &Machine<P>) -> usize {
    match &machine.state {
        State::Dead(_) => 0,
        State::Payload { extent, .. } | State::Skipped(Skip { extent, .. }) => {
            extent.least().saturating_add(rules.trailer.len() - machine.trailed)
        }
        State::Header { .. } if machine.head.is_empty() => rules.header.least_size(),
        State::Header { needed, .. } => *needed,
    }
}

/// What has arrived of the trailer, where the frame's memory does not end with it.
pub(super) fn separate_trailer<P: Partial>(rules: &Rules, machine: &Machine<P>) -> &'static [u8] {
    let elsewhere = rules.keep_header || matches!(machine.state, State::Skipped(_));
    if elsewhere { &[] } else { &rules.trailer[..machine.trailed] }
}

/// What the sender of the unfinished frame may have meant, where its length is unlikely.
fn hint<P: Partial>(rules: &Rules, machine: &Machine<P>) -> Option<&'static str> {
    match &machine.state {
        State::Payload { extent, partial } => {
            let kept = if rules.keep_header { machine.head.len() } else { 0 };
            let received = partial.len().saturating_sub(kept);
            let payload = partial.parts().flatten().skip(kept).copied();
            let seen: Vec<u8> =
                machine.head.iter().copied().chain(payload.take(hint::WINDOW)).collect();
            let length = received.saturating_add(extent.least()) as u64;
            hint::of_length(&rules.header, &seen, length, Some(received))
        }
        State::Skipped(skip) => skip.hint,
        State::Header { .. } | State::Dead(_) => None,
    }
}

/// What the end of the stream means now.
pub(super) fn end<P: Partial>(rules: &Rules, machine: &Machine<P>) -> Result<(), Error> {
    match &machine.state {
        State::Dead(refusal) => Err(refusal.error.clone()),
        State::Header { .. } if machine.head.is_empty() => Ok(()),
        State::Header { .. } | State::Payload { .. } | State::Skipped(_) => {
            let Progress { stage, expected, received, hint } = progress(rules, machine);
            Err(Error::TruncatedFrame { stage, expected, received, hint })
        }
    }
}

/// How many bytes of the unfinished or refused frame are kept.
pub(super) fn buffered<P: Partial>(rules: &Rules, machine: &Machine<P>) -> usize {
    let rest = if let State::Dead(refusal) = &machine.state { refusal.rest.len() } else { 0 };
    let around = separate_head(rules, machine).len() + separate_trailer(rules, machine).len();
    around + partial(machine).map_or(0, P::len) + rest
}

/// The bytes of the unfinished or refused frame, in order.
pub(super) fn buffered_parts<'a, P: Partial>(
    rules: &'a Rules,
    machine: &'a Machine<P>,
) -> Vec<&'a [u8]> {
    let mut parts = vec![separate_head(rules, machine)];
    parts.extend(partial(machine).into_iter().flat_map(P::parts));
    parts.push(separate_trailer(rules, machine));
    if let State::Dead(refusal) = &machine.state {
        parts.extend(refusal.rest.parts());
    }
    parts
}

/// The header, where the frame's memory does not begin with it.
pub(super) fn separate_head<'a, P: Partial>(rules: &Rules, machine: &'a Machine<P>) -> &'a [u8] {
    let in_partial = rules.keep_header && partial(machine).is_some_and(|partial| !partial.is_empty());
    if in_partial { &[] } else { &machine.head }
}

/// The memory of the unfinished payload, or of the one that was refused.
pub(super) fn partial<P>(machine: &Machine<P>) -> Option<&P> {
    match &machine.state {
        State::Header { .. } | State::Skipped(_) => None,
        State::Payload { partial, .. } => Some(partial),
        State::Dead(refusal) => Some(&refusal.partial),
    }
}

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
