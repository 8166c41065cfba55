//! Python memory seen from Rust: the only `unsafe` in the crate.
//!
//! Some things have no safe form under the stable ABI: to read another object's buffer as a slice and to
//! write to one ([`foreign`]), to fill a `bytes` object without zeroing it first ([`bytes`]), to let one
//! grow while it is received into ([`growing`]), to lend memory to a `memoryview` ([`exporter`]) or to a system
//! call ([`read_buffer`]), to use a descriptor that a Python object owns ([`descriptor`]), to call code that may not come
//! back ([`calls`]), and to ask which interpreter this is ([`interpreter`]).
//!
//! One rule makes the rest safe: **we write only to memory that nobody else can see**. A `bytes` object
//! that has one reference is ours alone. As soon as a view, a lent or an exception refers to it, the
//! frame moves to fresh memory before the next byte is added; so what a view shows never moves, never
//! dies, and is never the memory of a frame that has been delivered.
#![allow(unsafe_code, reason = "this is the module that is there for it")]

pub(super) mod buffer_pool;
pub(super) mod bytes;
pub(super) mod calls;
pub(super) mod chunk_list;
pub(super) mod exporter;
pub(super) mod foreign;
pub(super) mod growing;
pub(super) mod interpreter;
pub(super) mod system_call;
