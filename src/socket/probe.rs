//! What a socket of somebody else's has: which methods, and of whose making.

use pyo3::prelude::*;

use super::plain::Base;

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
