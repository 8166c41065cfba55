//! What a stream has received, and who waits for it.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arrival::{Arrival, Wanted};
use super::backlog::Backlog;
use crate::lending_decoder::LendingDecoder;
use crate::lent_buffer::LentBuffer;
use crate::memory::growing::GrowingBytes;
use crate::store::PyStore;
use framing_core::codec::{Decoder, Error, Skips};

/// The receiving half of a stream, without its lock.
pub(super) struct Inbox {
    pub(super) lending: LendingDecoder,
    /// What comes behind the bytes that the decoder has. Nobody receives into the unfinished frame while there
    /// is some.
    pub(super) backlog: Backlog,
    /// Who waits for a frame, or has been told, and did not run yet.
    pub(super) reader: Option<Py<Arrival>>,
    /// Bytes that may wait; where there are more, reading pauses until no more than `low` are left.
    high: usize,
    low: usize,
    paused: bool,
    /// No more bytes will come: when what is here has been taken, the end is told.
    pub(super) ended: bool,
    /// Nothing is taken or given any more.
    pub(super) closed: bool,
}

/// What a call that receives has found.
pub(super) enum Taken {
    Frame(Py<PyBytes>),
    /// At least one.
    Frames(Vec<Py<PyBytes>>),
    Nothing,
    End,
}

impl Inbox {
    pub(super) fn new(decoder: Decoder<GrowingBytes>, high: usize, low: usize) -> Self {
        Self {
            lending: LendingDecoder::new(decoder),
            backlog: Backlog::default(),
            reader: None,
            high,
            low,
            paused: false,
            ended: false,
            closed: false,
        }
    }

    /// Takes the first `count` bytes of what was lent.
    pub(super) fn received(&mut self, py: Python<'_>, lent: LentBuffer, count: usize) {
        if self.closed {
            lent.give_back(py);
            return;
        }
        if self.backlog.len() == 0 {
            if self.lending.take_in_place(&lent, count) {
                return;
            }
            let bytes = lent.bytes(py, count);
            if !self.lending.decoder.has_next(bytes) {
                begin(py, &mut self.lending.decoder, bytes);
                lent.give_back(py);
                return;
            }
        }
        self.backlog.push(py, lent, count);
    }

    /// Gives the decoder what is no whole frame: then it is known how far that is.
    pub(super) fn settle(&mut self, py: Python<'_>) {
        if self.backlog.len() > 0 && !self.has_next(py) {
            begin(py, &mut self.lending.decoder, self.backlog.rest(py));
            self.backlog.clear(py);
        }
    }

    /// What is here of what is wanted.
    pub(super) fn take(&mut self, py: Python<'_>, wanted: Wanted) -> Result<Taken, Error> {
        match wanted {
            Wanted::Frame | Wanted::Item => Ok(self.next(py)?.map_or(Taken::Nothing, Taken::Frame)),
            Wanted::Frames(limit) => {
                let mut frames = Vec::new();
                let result = self.next_many(py, limit, &mut frames);
                if !frames.is_empty() {
                    return Ok(Taken::Frames(frames));
                }
                result.map(|()| Taken::Nothing)
            }
        }
    }

    /// The frames that were skipped up to the next one that is not.
    #[inline]
    pub(super) fn skipped(&mut self, py: Python<'_>) -> Skips {
        let Self { lending: LendingDecoder { decoder, .. }, backlog, .. } = self;
        if decoder.policy().skips() {
            let mut at = backlog.at;
            // Whoever takes the next frame meets a refusal again.
            let _ = decoder.discard(&PyStore { py, owner: None }, backlog.bytes(py), &mut at);
            backlog.at = at;
        }
        decoder.take_skipped()
    }

    /// The next frame, if all of it is here.
    #[inline]
    fn next(&mut self, py: Python<'_>) -> Result<Option<Py<PyBytes>>, Error> {
        let store = PyStore { py, owner: None };
        let Self { lending: LendingDecoder { decoder, .. }, backlog, .. } = self;
        let mut at = backlog.at;
        let bytes = backlog.bytes(py);
        let result = match decoder.decode_whole(&store, bytes, &mut at) {
            Some(frame) => Ok(Some(frame)),
            None => decoder.decode(&store, bytes, &mut at),
        };
        backlog.at = at;
        result
    }

    fn next_many(
        &mut self,
        py: Python<'_>,
        limit: usize,
        frames: &mut Vec<Py<PyBytes>>,
    ) -> Result<(), Error> {
        if limit == usize::MAX && self.lending.decoder.error().is_none() {
            let store = PyStore { py, owner: None };
            let result = self.lending.decoder.feed_into(&store, self.backlog.rest(py), frames);
            self.backlog.clear(py);
            return result;
        }
        while frames.len() < limit {
            match self.next(py)? {
                Some(frame) => frames.push(frame),
                None => break,
            }
        }
        Ok(())
    }

    /// Who is to be told that there is a frame, or an error.
    pub(super) fn wake(&mut self, py: Python<'_>) -> Option<Py<Arrival>> {
        let reader = self.reader.as_ref()?;
        let tell = self.has_next(py) && reader.get().wake_as_arrived();
        tell.then(|| reader.clone_ref(py))
    }

    /// Whether who asks for a frame need not wait.
    pub(super) fn has_news(&self, py: Python<'_>) -> bool {
        self.ended || self.closed || self.has_next(py)
    }

    fn has_next(&self, py: Python<'_>) -> bool {
        self.lending.decoder.has_next(self.backlog.rest(py))
    }

    /// Whether reading is to pause. Of a frame that somebody waits for, any amount may come.
    pub(super) fn pause(&mut self) -> bool {
        let counted = if self.reader.is_some() { self.backlog.len() } else { self.waiting() };
        let pause = !self.paused && counted > self.high;
        self.paused |= pause;
        pause
    }

    /// Whether reading is to go on: there is little, or `too_little` for who asks.
    pub(super) fn resume(&mut self, too_little: bool) -> bool {
        let resume = self.paused && (too_little || self.waiting() <= self.low);
        self.paused &= !resume;
        resume
    }

    /// Bytes that were received and not asked for.
    fn waiting(&self) -> usize {
        self.backlog.len() + self.lending.decoder.buffered()
    }
}

/// The beginning of a frame goes where the rest of it is received. Without memory for it the stream is refused, and the
/// next call says so.
fn begin(py: Python<'_>, decoder: &mut Decoder<GrowingBytes>, bytes: &[u8]) {
    let _ = decoder.decode(&PyStore { py, owner: None }, bytes, &mut 0);
}
