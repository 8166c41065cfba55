//! The lock that every object shared by threads uses.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;

/// A mutex that lets the interpreter's other threads run while it is waited for.
///
/// No Python code may run while the lock is held, because it could ask for the same lock again. That includes the
/// garbage collector, so the holder must not allocate objects that the collector tracks. If a thread panics while it
/// holds the lock, the next holder sees the value as the panic left it.
#[derive(Default)]
pub(crate) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self, py: Python<'_>) -> MutexGuard<'_, T> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    /// Lock the value if nobody holds it. This is for garbage collection, which must not wait.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
