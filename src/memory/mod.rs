//! Python memory seen from Rust. This module has the only `unsafe` code of the crate.
//!
//! Some operations have no safe form under the stable ABI:
//!
//! - reading and writing another object's buffer ([`foreign`]);
//! - filling a `bytes` object without zeroing it first ([`bytes`]);
//! - growing a `bytes` object while it is received into ([`growing`]);
//! - lending memory to a `memoryview` ([`exporter`]) or to a system call, and using a descriptor that a Python object
//!   owns ([`system_call`]);
//! - calling code that may never return ([`calls`]);
//! - asking which interpreter is running ([`interpreter`]).
//!
//! One rule makes them safe: **we write only to memory that nobody else can see**. A `bytes` object
//! that has one reference is ours alone. As soon as a view, a lent buffer or an exception refers to it, the
//! frame moves to fresh memory before the next byte is added. So the memory behind a view never moves, is never freed
//! while the view lives, and is never the memory of a frame that has been delivered.
#![allow(unsafe_code, reason = "only this module may use unsafe code")]

pub(super) mod buffer_pool;
pub(super) mod bytes;
pub(super) mod calls;
pub(super) mod chunk_list;
pub(super) mod exporter;
pub(super) mod foreign;
pub(super) mod growing;
pub(super) mod interpreter;
pub(super) mod system_call;
