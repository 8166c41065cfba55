//! Timeouts, in Python's terms.

use std::time::Duration;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

use super::arguments::Named;
#[cfg(feature = "stubs")]
use super::arguments::literal;

/// The word for the timeout that is set on the socket. A word, because `help()` shows it.
const DEFAULT: &str = "default";

const WANTED: &str = "a number of seconds, None, or 'default' for the socket's own";

/// `timeout=`: seconds, `None` to wait for ever, 0 not to wait; `"default"` for what is set on the socket.
#[derive(Clone, Copy, Default)]
pub(super) enum Timeout {
    #[default]
    OfSocket,
    Given(Option<Duration>),
}

impl FromPyObject<'_, '_> for Timeout {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        type_hint_identifier!("builtins", "float"),
        literal!(DEFAULT),
        type_hint_identifier!("builtins", "None")
    );

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if object.is_none() {
            return Ok(Self::Given(None));
        }
        if object.cast::<PyString>().is_ok_and(|word| word == DEFAULT) {
            return Ok(Self::OfSocket);
        }
        let seconds: Named<Seconds> = object.extract()?;
        let seconds = seconds.get("timeout", WANTED)?;
        Ok(Self::Given(Some(seconds.duration("timeout")?)))
    }
}

/// A number of seconds.
pub(super) struct Seconds(f64);

impl Named<Seconds> {
    /// A time that may pass at most: one that is not over before it has begun.
    pub(super) fn limit(self, name: &str) -> PyResult<Duration> {
        let limit = self.get(name, "a number of seconds or None")?.duration(name)?;
        if limit.is_zero() {
            let message = format!("{name} must be more than 0 seconds, or None for no limit");
            return Err(PyValueError::new_err(message));
        }
        Ok(limit)
    }
}

impl Seconds {
    /// As a duration.
    pub(super) fn duration(&self, name: &str) -> PyResult<Duration> {
        if self.0.is_nan() || self.0 < 0.0 {
            let message = format!("{name} must be at least 0 seconds, not {}", self.0);
            return Err(PyValueError::new_err(message));
        }
        Ok(duration(self.0))
    }
}

/// So many seconds, at least 0: rounded up where the clock is too coarse, as short is not the same as none; and
/// what is too long for it is as good as any that long.
pub(super) fn duration(seconds: f64) -> Duration {
    let shortest = if seconds > 0.0 { Duration::from_nanos(1) } else { Duration::ZERO };
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX).max(shortest)
}

impl FromPyObject<'_, '_> for Seconds {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "float");

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(float) = object.cast::<PyFloat>() {
            return Ok(Self(float.extract()?));
        }
        // What has `__float__` and is no number (a string of numpy's) is not meant.
        let integer = object.call_method0("__index__").map_or_else(
            |_| object.call_method0("__float__").map_err(|_| PyTypeError::new_err("no number")),
            |integer| Ok(integer.cast_into::<PyInt>()?.into_any()),
        )?;
        integer.extract().map(Self).or_else(|_| {
            // Beyond what a float can say.
            let sign = if integer.lt(0)? { -1.0 } else { 1.0 };
            Ok(Self(sign * f64::INFINITY))
        })
    }
}
