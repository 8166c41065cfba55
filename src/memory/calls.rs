//! Calls of Python code that may release the GIL and ask for it again after the interpreter has ended.
//!
//! Before 3.14, CPython ends a daemon thread that asks for the GIL too late by `pthread_exit`, which unwinds its
//! stack. Rust frames must not be unwound that way: drops would run without the GIL, and the process would
//! abort. So we let the thread sleep for ever instead, as CPython itself does from 3.14 on. PyO3 does the same where it
//! waits for the GIL itself, but not for calls of Python code.

use std::ptr;

use pyo3::BoundObject;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// Call `callable`, which may wait.
pub(crate) fn call<'py, A>(callable: &Bound<'py, PyAny>, arguments: A) -> PyResult<Bound<'py, PyAny>>
where
    A: IntoPyObject<'py, Target = PyTuple>,
{
    let arguments = arguments.into_pyobject(callable.py()).map_err(Into::into)?.into_bound();
    let guard = Asleep;
    // SAFETY: both are live objects, the second one a tuple; the result is a new reference, or null with an
    // exception set.
    let result = unsafe { PyObject_CallObject(callable.as_ptr(), arguments.as_ptr()) };
    std::mem::forget(guard);
    // SAFETY: as above.
    unsafe { Bound::from_owned_ptr_or_err(callable.py(), result) }
}

/// Call a method of `object`, which may wait.
pub(crate) fn call_method<'py, A>(
    object: &Bound<'py, PyAny>,
    name: &str,
    arguments: A,
) -> PyResult<Bound<'py, PyAny>>
where
    A: IntoPyObject<'py, Target = PyTuple>,
{
    call(&object.getattr(name)?, arguments)
}

/// Call a method with one argument, which may wait. This makes no bound method and no tuple.
pub(crate) fn call_method_one<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    argument: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let none = ptr::null_mut();
    // SAFETY: null ends the arguments.
    unsafe { call_method_with(object, name, argument.as_ptr(), none) }
}

/// Call a method with two arguments, as [`call_method_one`] does with one.
pub(crate) fn call_method_two<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    first: &Bound<'py, PyAny>,
    second: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: both are live objects.
    unsafe { call_method_with(object, name, first.as_ptr(), second.as_ptr()) }
}

/// # Safety
/// `first` is a live object, `second` is one or null.
unsafe fn call_method_with<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    first: *mut ffi::PyObject,
    second: *mut ffi::PyObject,
) -> PyResult<Bound<'py, PyAny>> {
    let guard = Asleep;
    // SAFETY: all are live objects, the name is a `str`, and the first null ends the arguments; the result is a new
    // reference, or null with an exception set.
    let result = unsafe {
        PyObject_CallMethodObjArgs(
            object.as_ptr(),
            name.as_ptr(),
            first,
            second,
            ptr::null_mut::<ffi::PyObject>(),
        )
    };
    std::mem::forget(guard);
    // SAFETY: as above.
    unsafe { Bound::from_owned_ptr_or_err(object.py(), result) }
}

/// Call `callable`, which may wait, with one argument. This makes no tuple.
pub(crate) fn call_one<'py>(
    callable: &Bound<'py, PyAny>,
    argument: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let guard = Asleep;
    // SAFETY: both are live objects, and null ends the arguments; the result is a new reference, or null with an
    // exception set.
    let result = unsafe {
        PyObject_CallFunctionObjArgs(
            callable.as_ptr(),
            argument.as_ptr(),
            ptr::null_mut::<ffi::PyObject>(),
        )
    };
    std::mem::forget(guard);
    // SAFETY: as above.
    unsafe { Bound::from_owned_ptr_or_err(callable.py(), result) }
}

// PyO3 declares these functions, too, but as functions that never unwind.
#[cfg(unix)]
unsafe extern "C-unwind" {
    fn PyObject_CallMethodObjArgs(
        object: *mut ffi::PyObject,
        name: *mut ffi::PyObject,
        ...
    ) -> *mut ffi::PyObject;

    fn PyObject_CallFunctionObjArgs(callable: *mut ffi::PyObject, ...) -> *mut ffi::PyObject;

    fn PyObject_CallObject(
        callable: *mut ffi::PyObject,
        arguments: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

// On other systems a thread ends without unwinding its stack.
#[cfg(not(unix))]
use ffi::{PyObject_CallFunctionObjArgs, PyObject_CallMethodObjArgs, PyObject_CallObject};

/// A guard that is dropped only when the stack is unwound, and then lets the thread sleep for ever.
struct Asleep;

impl Drop for Asleep {
    fn drop(&mut self) {
        // A Rust panic unwinds as usual.
        while !std::thread::panicking() {
            std::thread::park();
        }
    }
}
