//! What `framing.aio` needs in Rust: what happens for every read and every frame.
//!
//! | file | what is decided there |
//! |---|---|
//! | `receiver` | the callback style: frames are handed to a protocol's methods as they arrive |
//! | `queue` | the stream style: frames wait until somebody asks for one |
//! | `inbox` | what has been received, who waits for it, and when reading pauses |
//! | `arrival` | what a task awaits that asks for one |
//! | `iteration` | what `async for` awaits |
//! | `wakeups` | when those tasks run again |
//! | `backlog` | where what was received waits |
//! | `outbox` | which frames a transport gets at once, and which together |
//! | `burst` | the frames that wait to be put together with others |
//! | `shared` | the memory that all transports of a thread read into |

pub(super) mod arrival;
mod backlog;
mod burst;
mod inbox;
pub(super) mod iteration;
pub(super) mod outbox;
pub(super) mod queue;
pub(super) mod receiver;
pub(super) mod shared;
pub(super) mod wakeups;
