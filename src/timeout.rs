//! Timeouts as Python programs give them.

use std::time::Duration;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

use super::arguments::Named;
#[cfg(feature = "stubs")]
use super::arguments::literal;

/// The word for the timeout that is set on the socket. It is a word and not a sentinel because `help()` shows it.
const DEFAULT: &str = "default";

const WANTED: &str = "a number of seconds, None, or 'default' for the socket's own";

/// `timeout=`: seconds, `None` to wait for ever, 0 not to wait, or `"default"` for the socket's own timeout.
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
    /// Return a time limit, which must be longer than 0: a limit of 0 would be over before it began.
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
    /// Convert the seconds to a duration.
    pub(super) fn duration(&self, name: &str) -> PyResult<Duration> {
        if self.0.is_nan() || self.0 < 0.0 {
            let message = format!("{name} must be at least 0 seconds, not {}", self.0);
            return Err(PyValueError::new_err(message));
        }
        Ok(duration(self.0))
    }
}

/// Convert a number of seconds, at least 0, to a duration.
///
/// A positive time never becomes zero, because zero means not to wait. A time that is too long for a duration becomes
/// the longest one.
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
        // Objects that have `__float__` but are not numbers (numpy's strings) are refused.
        let integer = object.call_method0("__index__").map_or_else(
            |_| object.call_method0("__float__").map_err(|_| PyTypeError::new_err("no number")),
            |integer| Ok(integer.cast_into::<PyInt>()?.into_any()),
        )?;
        integer.extract().map(Self).or_else(|_| {
            // The integer is too large for a float.
            let sign = if integer.lt(0)? { -1.0 } else { 1.0 };
            Ok(Self(sign * f64::INFINITY))
        })
    }
}
