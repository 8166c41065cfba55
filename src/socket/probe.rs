//! What a socket of somebody else's has: which methods, and of whose making.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::plain::Base;
use crate::arguments::kind;

/// Refuses what has not all of these methods, of which some have a substitute: `"recv_into or recv"`. A thing that
/// can only send and receive could not be told to wait no longer.
pub(super) fn require(sock: &Bound<'_, PyAny>, methods: &[&str]) -> PyResult<()> {
    // A class has the methods of its instances.
    let usable = !sock.is_instance_of::<PyType>();
    let has = |name: &str| -> PyResult<bool> {
        Ok(usable && sock.getattr_opt(name)?.is_some_and(|method| method.is_callable()))
    };
    let mut missing = Vec::new();
    for &names in methods {
        let mut found = false;
        for name in names.split(" or ") {
            found |= has(name)?;
        }
        if !found {
            missing.push(names);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let (kind, missing) = (kind(sock), missing.join(", "));
    let message = format!("sock must be a socket, or have its methods: '{kind}' has no {missing}");
    Err(PyTypeError::new_err(message))
}

/// Whether the first of two methods that do the same is to be used, or the second; `None` where there is neither.
/// The first, unless only the second is the socket's own, and not `_socket.socket`'s.
pub(super) fn is_own(sock: &Bound<'_, PyAny>, first: &str, second: &str) -> PyResult<Option<bool>> {
    let base = Base::get(sock.py())?.class.bind(sock.py());
    let own = |name: &str| -> PyResult<bool> {
        let inherited = base.getattr(name)?;
        let dictionary = sock.getattr_opt("__dict__")?;
        Ok(!sock.get_type().getattr(name)?.is(&inherited)
            || dictionary.map_or(Ok(false), |dictionary| dictionary.contains(name))?)
    };
    Ok(match (sock.hasattr(first)?, sock.hasattr(second)?) {
        (false, false) => None,
        (true, true) if sock.is_instance(base)? => Some(own(first)? || !own(second)?),
        (has_first, _) => Some(has_first),
    })
}

/// Whether there is a descriptor to wait for, and the socket can be told not to do so itself.
pub(super) fn can_wait(sock: &Bound<'_, PyAny>) -> bool {
    let has = |name: &str| sock.hasattr(name).unwrap_or(false);
    has("gettimeout") && has("settimeout") && descriptor(sock).is_some()
}

/// The socket's descriptor, if it has one.
pub(super) fn descriptor(sock: &Bound<'_, PyAny>) -> Option<i64> {
    sock.call_method0("fileno").ok()?.extract().ok().filter(|number| *number >= 0)
}
