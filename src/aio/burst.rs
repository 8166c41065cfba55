//! Frames that wait for company, to be handed over by one write.

use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::encoder::whole;
use crate::payload::Fields;
use framing_core::codec::{Error, FrameEncoder};

/// See the module.
pub(super) struct Burst {
    encoder: FrameEncoder,
    waiting: Vec<u8>,
    /// When somebody first asked how long they have waited. Set while there are some.
    since: Option<Instant>,
}

/// Which of many payloads was refused, or none of them, and why.
pub(super) struct Refused {
    pub(super) index: Option<usize>,
    pub(super) error: Error,
}

impl Burst {
    pub(super) fn new(encoder: FrameEncoder) -> Self {
        Self { encoder, waiting: Vec::new(), since: None }
    }

    /// Adds a frame.
    #[inline]
    pub(super) fn add(&mut self, payload: &[u8], fields: Option<&Fields>) -> Result<(), Error> {
        let fields = Fields::of(fields, &self.encoder)?;
        let plan = self.encoder.plan(payload)?;
        self.encoder.append(plan, fields, payload, &mut self.waiting);
        Ok(())
    }

    /// Adds many frames, or none.
    pub(super) fn add_all(
        &mut self,
        payloads: &[&[u8]],
        fields: Option<&Fields>,
    ) -> Result<(), Refused> {
        let fields =
            Fields::of(fields, &self.encoder).map_err(|error| Refused { index: None, error })?;
        let before = self.waiting.len();
        for (index, payload) in payloads.iter().enumerate() {
            match self.encoder.plan(payload) {
                Ok(plan) => self.encoder.append(plan, fields, payload, &mut self.waiting),
                Err(error) => {
                    self.waiting.truncate(before);
                    return Err(Refused { index: Some(index), error });
                }
            }
        }
        Ok(())
    }

    /// Adds bytes that are frames already.
    pub(super) fn add_encoded(&mut self, wire: &[u8]) {
        self.waiting.extend_from_slice(wire);
    }

    /// A frame by itself. No Python code runs.
    #[inline]
    pub(super) fn frame<'py>(
        &self,
        py: Python<'py>,
        payload: &[u8],
        fields: Option<&Fields>,
    ) -> Result<Bound<'py, PyBytes>, Error> {
        let fields = Fields::of(fields, &self.encoder)?;
        let plan = self.encoder.plan(payload)?;
        whole(py, &self.encoder, plan, fields, payload)
            .map_err(|_| Error::OutOfMemory { requested: plan.frame_size() })
    }

    /// All that waits; and nothing does any more.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.since = None;
        std::mem::take(&mut self.waiting)
    }

    /// How long they have waited, since this was first asked.
    pub(super) fn age(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(*self.since.get_or_insert(now))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes that wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn encoder(&self) -> &FrameEncoder {
        &self.encoder
    }
}
