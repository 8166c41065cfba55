//! Blocking I/O on descriptors. No Python, no `unsafe`, no protocol: bytes, deadlines and signals.
//!
//! | file | what is decided there |
//! |---|---|
//! | `deadline` | when to stop waiting: one monotonic deadline for a whole call |
//! | `wait` | how to wait: for readiness, until the deadline, through signals |
//! | `receive` | one read, as soon as there is anything |
//! | `send` | gathering writes that carry on after a short one |
//! | `frame` | one frame and not a byte beyond it |
//! | `system` | the system calls, and what differs between platforms |
//!
//! A call ends in what it was for, or in a [`IoStop`]. A descriptor may be blocking or not; nothing here
//! changes that, because it belongs to everybody who has a copy of the descriptor.

mod deadline;
mod frame;
mod receive;
mod send;
mod system;
mod wait;

pub use rustix::fd::{BorrowedFd, RawFd};

pub use deadline::Deadline;
pub use frame::{ReceiveError, receive_frame};
pub use receive::receive;
pub use send::{Progress, send};
pub use system::{Interest, Space, available, shut_down};
pub use wait::{IgnoreInterrupts, InterruptHandler, IoStop, wait};

#[cfg(test)]
mod tests;
