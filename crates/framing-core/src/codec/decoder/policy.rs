//! What becomes of frames that nobody wants: those over the limit, and empty ones without end.

use crate::codec::error::ConfigError;

/// So many skipped frames are remembered until somebody asks; a peer decides how many there are.
const REMEMBERED: usize = 16;

/// What a decoder does with frames that are over its limit, or empty. By default the former refuse the stream, and of
/// the latter there may be any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// Set where frames over the limit are skipped.
    skip: Option<Skipping>,
    /// How many empty frames may follow each other.
    max_consecutive_empty: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Skipping {
    /// The longest that is skipped, in the header's unit. What is longer refuses the stream.
    longest: Option<u64>,
}

/// A frame that was skipped, or is being skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// What its header announces, in the header's unit.
    pub length: u64,
    /// The stream offset of its first header byte.
    pub offset: u64,
}

/// The frames that were skipped since somebody asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skips {
    /// The first sixteen of them.
    pub first: Vec<Skipped>,
    /// How many came behind those.
    pub more: u64,
}

impl Skips {
    pub(super) fn push(&mut self, skipped: Skipped) {
        if self.first.len() < REMEMBERED {
            self.first.push(skipped);
        } else {
            self.more += 1;
        }
    }

    /// Whether there were none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

impl Policy {
    /// The same policy, with frames over the limit discarded as they arrive, if they announce no more than `max_skip`.
    #[must_use]
    pub fn skipping(self, max_skip: Option<u64>) -> Self {
        Self { skip: Some(Skipping { longest: max_skip }), ..self }
    }

    /// The same policy, with no more than so many empty frames one after the other.
    #[must_use]
    pub fn with_max_consecutive_empty(self, most: Option<u64>) -> Self {
        Self { max_consecutive_empty: most, ..self }
    }

    /// Whether frames over the limit are skipped.
    #[must_use]
    pub fn skips(&self) -> bool {
        self.skip.is_some()
    }

    /// The longest frame that is skipped, in the header's unit, if there is a bound.
    #[must_use]
    pub fn max_skip(&self) -> Option<u64> {
        self.skip.and_then(|skipping| skipping.longest)
    }

    /// How many empty frames may follow each other.
    #[must_use]
    pub fn max_consecutive_empty(&self) -> Option<u64> {
        self.max_consecutive_empty
    }

    /// Whether a frame of `length`, which is over the limit, is skipped. Not one whose bytes could not be counted;
    /// `u64::MAX` stands for that and more.
    pub(super) fn allows_skipping(&self, length: u64) -> bool {
        let countable = length < u64::MAX && usize::try_from(length).is_ok();
        let allows = |skipping: Skipping| skipping.longest.is_none_or(|longest| length <= longest);
        countable && self.skip.is_some_and(allows)
    }

    /// Whether another empty frame is one too many, after so many.
    pub(super) fn refuses_empty(&self, before: u64) -> bool {
        self.max_consecutive_empty.is_some_and(|most| before >= most)
    }

    /// # Errors
    /// [`ConfigError::MaxSkip`] where no frame over `limit` would be skipped.
    pub(super) fn checked(self, limit: u64) -> Result<Self, ConfigError> {
        match self.max_skip() {
            Some(max_skip) if max_skip < limit => Err(ConfigError::MaxSkip { max_skip, limit }),
            _ => Ok(self),
        }
    }
}
