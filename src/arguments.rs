//! Arguments that several classes take, refused in one way: the name, what is allowed, what was given.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier};

use super::errors::config_exception;
use framing_core::codec::{ConfigError, HeaderFormat, MAX_MAX_FRAME_SIZE};

/// More of what was given is not shown.
const SHOWN: usize = 40;

/// An argument whose type is judged where its name is known. What its own code raises comes through.
pub(super) struct Named<T>(Result<T, String>);

impl<T> Named<T> {
    /// The argument, or the `TypeError` that says what is `wanted`.
    pub(super) fn get(self, name: &str, wanted: &str) -> PyResult<T> {
        self.0.map_err(|kind| wrong_type(name, wanted, &kind))
    }
}

impl<T> From<T> for Named<T> {
    fn from(default: T) -> Self {
        Self(Ok(default))
    }
}

impl<'a, 'py, T: FromPyObject<'a, 'py>> FromPyObject<'a, 'py> for Named<T> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = T::INPUT_TYPE;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match object.extract().map_err(Into::into) {
            Ok(value) => Ok(Self(Ok(value))),
            Err(error) if error.is_instance_of::<PyTypeError>(object.py()) => {
                Ok(Self(Err(kind(&object))))
            }
            Err(error) => Err(error),
        }
    }
}

/// Any Python `int` but a `bool`.
pub(super) enum Integer {
    Small(i64),
    /// Beyond `i64`, as text.
    Large(String),
}

impl Named<Integer> {
    /// The number, from `low` to `high`; `note` says where `high` comes from.
    pub(super) fn within(self, name: &str, low: u64, high: u64, note: &str) -> PyResult<u64> {
        let given = match self.get(name, "an integer")? {
            Integer::Small(number) => match u64::try_from(number) {
                Ok(size) if (low..=high).contains(&size) => return Ok(size),
                _ => number.to_string(),
            },
            Integer::Large(text) => text,
        };
        let message = format!("{name} must be between {low} and {high}{note}, not {given}");
        Err(PyValueError::new_err(message))
    }

    /// As [`within`](Self::within), for a number of bytes.
    pub(super) fn size(self, name: &str, low: usize, high: usize) -> PyResult<usize> {
        let size = self.within(name, low as u64, high as u64, "")?;
        Ok(usize::try_from(size).unwrap_or(high))
    }

    /// The number, of either sign.
    pub(super) fn signed(self, name: &str) -> PyResult<i64> {
        match self.get(name, "an integer")? {
            Integer::Small(number) => Ok(number),
            Integer::Large(text) => {
                let message = format!("{name} must be an integer of 64 bits, not {text}");
                Err(PyValueError::new_err(message))
            }
        }
    }

    /// A number of things: at least one.
    pub(super) fn count(self, name: &str) -> PyResult<usize> {
        let count = Named::from(self.get(name, "an integer or None")?);
        let count = count.within(name, 1, isize::MAX as u64, "")?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// As [`within`](Self::within), for an index or a count in memory.
    pub(super) fn at_most(self, name: &str, high: usize, note: &str) -> PyResult<usize> {
        let size = self.within(name, 0, high as u64, note)?;
        Ok(usize::try_from(size).unwrap_or(high))
    }
}

impl FromPyObject<'_, '_> for Integer {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("typing", "SupportsIndex");

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match object.extract() {
            // A slip of the finger: it is never meant as a number here.
            Ok(_) if object.is_instance_of::<PyBool>() => Err(PyTypeError::new_err("a bool")),
            Ok(number) => Ok(Self::Small(number)),
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
                let bits: usize =
                    object.call_method0("__index__")?.call_method0("bit_length")?.extract()?;
                let shown = if bits <= 128 {
                    object.repr()?.to_string()
                } else {
                    format!("{} int of {bits} bits", if object.lt(0)? { "a negative" } else { "an" })
                };
                Ok(Self::Large(shown))
            }
            Err(error) => Err(error),
        }
    }
}

/// One of a few words.
pub(super) struct Word(pub(super) String);

impl Word {
    /// The `ValueError` for a word that is none of those `allowed`.
    pub(super) fn refused(&self, name: &str, allowed: &str) -> PyErr {
        let shown: String = self.0.chars().take(SHOWN).collect();
        let cut = if shown.len() < self.0.len() { "..." } else { "" };
        PyValueError::new_err(format!("{name} must be {allowed}, not {shown:?}{cut}"))
    }
}

impl From<&str> for Named<Word> {
    fn from(default: &str) -> Self {
        Word(default.to_owned()).into()
    }
}

impl FromPyObject<'_, '_> for Word {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "str");

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        // What cannot be converted is none of the words either.
        Ok(Self(object.cast::<PyString>()?.to_string_lossy().into_owned()))
    }
}

/// Applies `max_frame_size=` by means of the codec's own check.
#[inline]
pub(super) fn limited<T>(
    codec: T,
    header: HeaderFormat,
    limit: Option<Named<Integer>>,
    apply: impl FnOnce(T, u64) -> Result<T, ConfigError>,
) -> PyResult<T> {
    match limit {
        None => Ok(codec),
        Some(limit) => apply(codec, limit_of(header, limit)?).map_err(config_exception),
    }
}

#[cold]
fn limit_of(header: HeaderFormat, limit: Named<Integer>) -> PyResult<u64> {
    let (lowest, highest) = header.limits().into_inner();
    let note = if highest < MAX_MAX_FRAME_SIZE {
        " (the largest this header can express)"
    } else {
        " (the largest that memory can hold)"
    };
    let limit = Named::from(limit.get("max_frame_size", "an integer or None")?);
    limit.within("max_frame_size", lowest, highest, note)
}

/// `name must be wanted, not 'kind'`.
pub(super) fn wrong_type(name: &str, wanted: &str, kind: &str) -> PyErr {
    PyTypeError::new_err(format!("{name} must be {wanted}, not '{kind}'"))
}

/// The name of an object's type, for a message.
pub(super) fn kind(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string())
}
