//! Arguments that several classes take. Every refusal names the argument, what is allowed, and what was given.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier};

/// Build the type hint `Literal` of a few words.
#[cfg(feature = "stubs")]
macro_rules! literal {
    ($($word:expr),+) => {
        pyo3::type_hint_subscript!(
            pyo3::type_hint_identifier!("typing", "Literal"),
            $(pyo3::inspect::PyStaticExpr::Constant {
                value: pyo3::inspect::PyStaticConstant::Str($word)
            }),+
        )
    };
}
#[cfg(feature = "stubs")]
pub(super) use literal;

/// The most characters of a wrong word that a message shows.
const SHOWN: usize = 40;

/// An argument of which a wrong type is reported later, where its name is known.
///
/// Errors other than `TypeError` that the object's own code raises are passed on.
pub(super) struct Named<T>(Result<T, String>);

impl<T> Named<T> {
    /// Return the argument, or the `TypeError` that says what is `wanted`.
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

/// Any Python integer except a `bool`.
pub(super) enum Integer {
    Small(i64),
    /// An integer beyond `i64`, as text for a message.
    Large(String),
}

impl Integer {
    /// Return the number if it is from `low` to `high`; `note` says where `high` comes from.
    pub(super) fn within(&self, name: &str, low: u64, high: u64, note: &str) -> PyResult<u64> {
        let given = match self {
            Self::Small(number) => match u64::try_from(*number) {
                Ok(size) if (low..=high).contains(&size) => return Ok(size),
                _ => number.to_string(),
            },
            Self::Large(text) => text.clone(),
        };
        let message = format!("{name} must be between {low} and {high}{note}, not {given}");
        Err(PyValueError::new_err(message))
    }
}

impl Named<Integer> {
    /// Return a number of bytes from `low` to `high`.
    pub(super) fn size(self, name: &str, low: usize, high: usize) -> PyResult<usize> {
        let size = self.get(name, "an integer")?.within(name, low as u64, high as u64, "")?;
        Ok(usize::try_from(size).unwrap_or(high))
    }

    /// Return the number, which may be negative.
    pub(super) fn signed(self, name: &str) -> PyResult<i64> {
        match self.get(name, "an integer")? {
            Integer::Small(number) => Ok(number),
            Integer::Large(text) => {
                let message = format!("{name} must be an integer of 64 bits, not {text}");
                Err(PyValueError::new_err(message))
            }
        }
    }

    /// Return a count of at least one.
    pub(super) fn count(self, name: &str) -> PyResult<usize> {
        let count = self.get(name, "an integer or None")?;
        let count = count.within(name, 1, isize::MAX as u64, "")?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Return an index or a count from 0 to `high`; `note` says where `high` comes from.
    pub(super) fn at_most(self, name: &str, high: usize, note: &str) -> PyResult<usize> {
        let size = self.get(name, "an integer")?.within(name, 0, high as u64, note)?;
        Ok(usize::try_from(size).unwrap_or(high))
    }
}

impl FromPyObject<'_, '_> for Integer {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("typing", "SupportsIndex");

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match object.extract() {
            // A `bool` is an `int` to Python, but here it is always a mistake.
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

/// Define a type for an argument that is one of a few words, each of which stands for a value of an enum. The type
/// knows the argument's name for its error messages.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident($value:ty) is $argument:literal { $($word:literal => $choice:path,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub(crate) $value);

        impl $name {
            const WORDS: &[&str] = &[$($word),+];

            /// Return the word for the value.
            pub(crate) fn word(self) -> &'static str {
                match self.0 {
                    $($choice => $word,)+
                }
            }
        }

        impl FromPyObject<'_, '_> for $name {
            type Error = PyErr;

            #[cfg(feature = "stubs")]
            const INPUT_TYPE: pyo3::inspect::PyStaticExpr = Self::OUTPUT_TYPE;

            fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
                let given = $crate::arguments::text(&object, $argument)?;
                match given.as_str() {
                    $($word => Ok(Self($choice)),)+
                    _ => Err($crate::arguments::no_such_word($argument, Self::WORDS, &given)),
                }
            }
        }

        impl<'py> IntoPyObject<'py> for $name {
            type Target = pyo3::types::PyString;
            type Output = Bound<'py, pyo3::types::PyString>;
            type Error = std::convert::Infallible;

            #[cfg(feature = "stubs")]
            const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = $crate::arguments::literal!($($word),+);

            fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
                self.word().into_pyobject(py)
            }
        }
    };
}
pub(crate) use words;

/// Return the text of an argument that must be a `str`.
pub(crate) fn text(object: &Bound<'_, PyAny>, name: &str) -> PyResult<String> {
    match object.cast::<PyString>() {
        // A lone surrogate may be replaced: no allowed word has one.
        Ok(text) => Ok(text.to_string_lossy().into_owned()),
        Err(_) => Err(wrong_type(name, "a str", &kind(object))),
    }
}

/// Return the `ValueError` for a word that is not allowed.
pub(crate) fn no_such_word(name: &str, allowed: &[&str], given: &str) -> PyErr {
    let quoted: Vec<_> = allowed.iter().map(|word| format!("'{word}'")).collect();
    let (last, others) = quoted.split_last().map_or(("", &[][..]), |(last, rest)| (last, rest));
    let shown: String = given.chars().take(SHOWN).collect();
    let cut = if shown.len() < given.len() { "..." } else { "" };
    PyValueError::new_err(format!("{name} must be {} or {last}, not {shown:?}{cut}", others.join(", ")))
}

/// Return the `TypeError` "`name` must be `wanted`, not '`kind`'".
pub(super) fn wrong_type(name: &str, wanted: &str, kind: &str) -> PyErr {
    PyTypeError::new_err(format!("{name} must be {wanted}, not '{kind}'"))
}

/// Return the name of an object's type, for a message.
pub(super) fn kind(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string())
}
