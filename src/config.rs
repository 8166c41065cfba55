//! The options that say how a connection is framed.
//!
//! [`Options`] are parsed and checked once. The result is a [`Config`], which is always valid and makes decoders and
//! encoders. Users find each option documented in `framing.FrameOptions`.

use std::time::Duration;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::{Integer, Named, words};
use super::errors::config_exception;
use super::headers::{HeaderArgument, HeaderObject};
use super::memory::growing::GrowingBytes;
use super::timeout::Seconds;
use framing_core::codec::store::Partial;
use framing_core::codec::{
    Decoder, FrameDecoder, FrameEncoder, HeaderFormat, MAX_MAX_FRAME_SIZE, Policy,
};

/// What happens to a frame over the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oversize {
    /// The stream is refused.
    Error,
    /// The frame is discarded as it arrives.
    Skip,
}

words! {
    /// `on_oversize=`.
    OnOversize(Oversize) is "on_oversize" {
        "error" => Oversize::Error,
        "skip" => Oversize::Skip,
    }
}

impl OnOversize {
    /// Return the word for a decoder's policy.
    pub(crate) fn of(policy: Policy) -> Self {
        Self(if policy.skips() { Oversize::Skip } else { Oversize::Error })
    }
}

/// The options as the caller gave them. An option that was not given is `None`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) header: HeaderArgument,
    pub(crate) send_header: Option<HeaderArgument>,
    pub(crate) max_frame_size: Option<Named<Integer>>,
    pub(crate) keep_header: Option<Named<bool>>,
    pub(crate) on_oversize: Option<OnOversize>,
    pub(crate) max_skip: Option<Named<Integer>>,
    pub(crate) max_consecutive_empty: Option<Named<Integer>>,
    pub(crate) frame_timeout: Option<Named<Seconds>>,
}

impl Options {
    /// Collect the options of a connection from keyword arguments.
    ///
    /// # Errors
    /// `TypeError` if no option has that name.
    pub(crate) fn of_connection(
        header: HeaderArgument,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut options = Self { header, ..Self::default() };
        for (name, value) in keywords.into_iter().flatten() {
            let name: String = name.extract()?;
            match name.as_str() {
                "send_header" => options.send_header = value.extract()?,
                "max_frame_size" => options.max_frame_size = value.extract()?,
                "keep_header" => options.keep_header = Some(value.extract()?),
                "on_oversize" => options.on_oversize = Some(value.extract()?),
                "max_skip" => options.max_skip = value.extract()?,
                "max_consecutive_empty" => options.max_consecutive_empty = value.extract()?,
                "frame_timeout" => options.frame_timeout = value.extract()?,
                _ => {
                    let message = format!("unexpected keyword argument '{name}'");
                    return Err(PyTypeError::new_err(message));
                }
            }
        }
        Ok(options)
    }

    /// Make a decoder that stands at the start of its stream.
    ///
    /// # Errors
    /// `TypeError` or `ValueError` that names the wrong option.
    pub(crate) fn decoder<P: Partial>(mut self) -> PyResult<Decoder<P>> {
        let limit = self.limit()?;
        self.decoder_within(limit.as_ref())
    }

    /// Check all options and make the configuration.
    ///
    /// # Errors
    /// `TypeError` or `ValueError` that names the wrong option.
    pub(crate) fn config(mut self) -> PyResult<Config> {
        let HeaderArgument(send_header) =
            self.send_header.take().unwrap_or_else(|| self.header.clone());
        let frame_timeout =
            self.frame_timeout.take().map(|it| it.limit("frame_timeout")).transpose()?;
        let limit = self.limit()?;
        let decoder = self.decoder_within(limit.as_ref())?;
        let encoder = encoder_within(send_header, limit.as_ref())?;
        Ok(Config { decoder, encoder, frame_timeout })
    }

    fn limit(&mut self) -> PyResult<Option<Integer>> {
        self.max_frame_size.take().map(|it| it.get("max_frame_size", "an integer or None")).transpose()
    }

    fn decoder_within<P: Partial>(self, limit: Option<&Integer>) -> PyResult<Decoder<P>> {
        let HeaderArgument(header) = self.header;
        let keep_header = self.keep_header.map_or(Ok(false), |it| it.get("keep_header", "a bool"))?;
        let limit = limit.map(|limit| frame_size(limit, &header)).transpose()?;
        let mut decoder = Decoder::new(header).with_keep_header(keep_header);
        if let Some(limit) = limit {
            decoder = decoder.with_max_frame_size(limit).map_err(config_exception)?;
        }
        let most = count("max_consecutive_empty", self.max_consecutive_empty)?;
        let max_skip = count("max_skip", self.max_skip)?;
        let policy = match self.on_oversize {
            Some(OnOversize(Oversize::Skip)) => Policy::default().skipping(max_skip),
            _ if max_skip.is_some() => {
                return Err(PyValueError::new_err("max_skip is for on_oversize='skip'"));
            }
            _ => Policy::default(),
        };
        let policy = policy.with_max_consecutive_empty(most);
        decoder.with_policy(policy).map_err(config_exception)
    }
}

/// The checked options that say how connections are framed.
///
/// Args:
///     header: The header of received frames.
///     options: The other options of `framing.FrameOptions`.
///
/// Raises:
///     TypeError, ValueError: An option is wrong, or no option has that name.
#[pyclass(name = "_Config", module = "framing._framing", frozen)]
pub(crate) struct Config {
    /// The decoder from which others are made. It never sees a byte itself.
    decoder: FrameDecoder,
    encoder: FrameEncoder,
    frame_timeout: Option<Duration>,
}

impl Config {
    /// Make a decoder for a connection.
    pub(crate) fn decoder(&self) -> Decoder<GrowingBytes> {
        self.decoder.fresh()
    }

    /// Make an encoder for a connection.
    pub(crate) fn encoder(&self) -> FrameEncoder {
        self.encoder.clone()
    }

    /// Whether frames over the limit are skipped.
    pub(crate) fn skips(&self) -> bool {
        self.decoder.policy().skips()
    }

    pub(crate) fn frame_timeout_duration(&self) -> Option<Duration> {
        self.frame_timeout
    }
}

#[pymethods]
impl Config {
    #[new]
    #[pyo3(
        signature = (header = HeaderArgument::default(), **options: "Unpack[OptionsBesideHeader]"),
        text_signature = "(header=10, **options)"
    )]
    fn new(header: HeaderArgument, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        Options::of_connection(header, options)?.config()
    }

    /// The header of received frames.
    #[getter]
    pub(crate) fn header(&self) -> HeaderObject {
        HeaderObject(self.decoder.header().clone())
    }

    /// The header of sent frames.
    #[getter]
    pub(crate) fn send_header(&self) -> HeaderObject {
        HeaderObject(self.encoder.header().clone())
    }

    /// The largest payload sent or accepted, in the unit of `header`.
    #[getter]
    pub(crate) fn max_frame_size(&self) -> u64 {
        self.decoder.max_frame_size()
    }

    /// Whether received frames begin with their header.
    #[getter]
    pub(crate) fn keep_header(&self) -> bool {
        self.decoder.keep_header()
    }

    /// What happens to a received frame over `max_frame_size`: `"error"` or `"skip"`.
    #[getter]
    pub(crate) fn on_oversize(&self) -> OnOversize {
        OnOversize::of(self.decoder.policy())
    }

    /// The longest frame that is skipped, in the unit of `header`; `None` means no limit.
    #[getter]
    pub(crate) fn max_skip(&self) -> Option<u64> {
        self.decoder.policy().max_skip()
    }

    /// How many empty frames may follow each other; `None` means any number.
    #[getter]
    pub(crate) fn max_consecutive_empty(&self) -> Option<u64> {
        self.decoder.policy().max_consecutive_empty()
    }

    /// The seconds that the peer may take to send one frame; `None` means no limit.
    #[getter]
    pub(crate) fn frame_timeout(&self) -> Option<f64> {
        self.frame_timeout.map(|limit| limit.as_secs_f64())
    }
}

/// Make an encoder from one header and its limit, for calls that only send.
#[inline]
pub(crate) fn encoder(
    header: HeaderArgument,
    max_frame_size: Option<Named<Integer>>,
) -> PyResult<FrameEncoder> {
    let HeaderArgument(header) = header;
    match max_frame_size {
        None => Ok(FrameEncoder::new(header)),
        Some(limit) => {
            encoder_within(header, Some(&limit.get("max_frame_size", "an integer or None")?))
        }
    }
}

fn encoder_within(header: HeaderFormat, limit: Option<&Integer>) -> PyResult<FrameEncoder> {
    let limit = limit.map(|limit| frame_size(limit, &header)).transpose()?;
    let encoder = FrameEncoder::new(header);
    match limit {
        None => Ok(encoder),
        Some(limit) => encoder.with_max_frame_size(limit).map_err(config_exception),
    }
}

/// Return `max_frame_size=` if the header can express it.
#[cold]
fn frame_size(limit: &Integer, header: &HeaderFormat) -> PyResult<u64> {
    let (lowest, highest) = header.limits().into_inner();
    let note = if highest < MAX_MAX_FRAME_SIZE {
        " (the largest this header can express)"
    } else {
        " (the largest that memory can hold)"
    };
    limit.within("max_frame_size", lowest, highest, note)
}

fn count(name: &str, given: Option<Named<Integer>>) -> PyResult<Option<u64>> {
    let Some(given) = given else { return Ok(None) };
    given.get(name, "an integer or None")?.within(name, 0, i64::MAX as u64, "").map(Some)
}
