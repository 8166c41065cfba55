//! When to stop waiting.

use std::time::{Duration, Instant};

/// The end of a call's interrupts, on the monotonic clock. It covers the whole call, however many reads,
/// writes and waits that takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// Wait as long as it takes.
    Never,
    /// Wait until then.
    At(Instant),
    /// Do not wait: a timeout of 0, or a non-blocking socket.
    Now,
}

impl Deadline {
    /// The deadline of a call that begins now, in Python's terms: `None` waits for ever, 0 not at all.
    #[must_use]
    pub fn after(timeout: Option<Duration>) -> Self {
        match timeout {
            None => Self::Never,
            Some(Duration::ZERO) => Self::Now,
            // Beyond what the clock can say is never.
            Some(timeout) => Instant::now().checked_add(timeout).map_or(Self::Never, Self::At),
        }
    }

    /// The earlier of two.
    #[must_use]
    pub fn or_before(self, other: Self) -> Self {
        match (self, other) {
            (Self::Now, _) | (_, Self::Now) => Self::Now,
            (Self::Never, other) => other,
            (this, Self::Never) => this,
            (Self::At(this), Self::At(other)) => Self::At(this.min(other)),
        }
    }

    /// Whether the time is over; never for one that was not to wait in the first place.
    #[must_use]
    pub fn has_passed(self) -> bool {
        matches!(self, Self::At(instant) if instant <= Instant::now())
    }

    /// How long there is to wait; `None` is for ever.
    #[must_use]
    pub fn remaining(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::At(instant) => Some(instant.saturating_duration_since(Instant::now())),
            Self::Now => Some(Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_python() {
        assert_eq!(Deadline::after(None), Deadline::Never);
        assert_eq!(Deadline::after(Some(Duration::ZERO)), Deadline::Now);
        assert_eq!(Deadline::after(Some(Duration::MAX)), Deadline::Never);
        let soon = Deadline::after(Some(Duration::from_secs(60)));
        assert!(matches!(soon.remaining(), Some(left) if left <= Duration::from_secs(60)));
    }

    #[test]
    fn the_earlier_one_counts() {
        let early = Deadline::At(Instant::now());
        let late = Deadline::after(Some(Duration::from_secs(60)));
        assert_eq!(late.or_before(early), early);
        assert_eq!(early.or_before(late), early);
        assert_eq!(early.or_before(Deadline::Never), early);
        assert_eq!(Deadline::Never.or_before(early), early);
        assert_eq!(early.or_before(Deadline::Now), Deadline::Now);
        assert_eq!(early.remaining(), Some(Duration::ZERO));
        assert!(early.has_passed() && !late.has_passed());
        assert!(!Deadline::Never.has_passed() && !Deadline::Now.has_passed());
    }
}
