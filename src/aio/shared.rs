//! The memory that all transports of a thread read into.
//!
//! A transport calls `get_buffer`, reads, and calls `buffer_updated` in one go; so there is one read under way in a
//! thread, and an idle connection needs no memory for it. Where there was nothing to read it does not call
//! `buffer_updated`, and says nothing else: TLS asks for memory whenever bytes come in, also for what is no data. So what
//! was lent is lent again, in the same thread, as soon as no view of it is left.
//!
//! What a view still shows, or a slice of one that a transport or a traceback has kept, is lent to nobody else.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyBytes;

use crate::memory::buffer_pool::READ_SIZE;
use crate::memory::bytes::{is_sole_reference, new_zeroed};
use crate::memory::exporter::BufferExporter;

/// Memory of full size that a thread may have lent at once, and that may be free.
const SHARED: usize = 4;

/// What is lent beyond that: views of all the rest are left, and there may be as many more as there are connections.
const SMALL: usize = 4 * 1024;

static PIECES: Mutex<Vec<Arc<Piece>>> = Mutex::new(Vec::new());
static LOANS: AtomicU64 = AtomicU64::new(0);

/// Memory that belongs to no frame, and what views of it stand on.
struct Piece {
    memory: Py<PyBytes>,
    size: usize,
    /// Every view and every slice refers to it.
    exporter: Py<BufferExporter>,
    owner: Mutex<Owner>,
    /// Whether it is one of [`PIECES`].
    listed: AtomicBool,
}

/// Who may use a piece.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Nobody,
    /// The holder of this loan, and, if no view is left, whoever reads next in this thread.
    Borrower(Thread, u64),
    /// The holder of this loan alone, who has bytes in it.
    Keeper(u64),
}

/// A thread that lives: another one may be taken for it when it is gone, and reads no more.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Thread(usize);

impl Thread {
    fn current() -> Self {
        thread_local! {
            static MARK: Cell<u8> = const { Cell::new(0) };
        }
        MARK.with(|mark| Self(ptr::from_ref(mark).addr()))
    }
}

/// A loan of a piece of memory. It ends when it is dropped.
pub(crate) struct Shared {
    piece: Arc<Piece>,
    loan: u64,
}

impl Shared {
    /// Memory for one read.
    pub(super) fn take(py: Python<'_>) -> PyResult<Self> {
        let loan = LOANS.fetch_add(1, Ordering::Relaxed);
        let owner = Owner::Borrower(Thread::current(), loan);
        let (found, size) = find(py, owner);
        if let Some(piece) = found {
            return Ok(Self { piece, loan });
        }
        let piece = Arc::new(Piece::new(py, size, owner)?);
        if size == READ_SIZE {
            lock(py).push(Arc::clone(&piece));
        }
        Ok(Self { piece, loan })
    }

    /// What a view of the memory is to stand on.
    pub(crate) fn exporter<'py>(&self, py: Python<'py>) -> Bound<'py, BufferExporter> {
        self.piece.exporter.bind(py).clone()
    }

    pub(crate) fn memory(&self) -> &Py<PyBytes> {
        &self.piece.memory
    }

    pub(crate) fn size(&self) -> usize {
        self.piece.size
    }

    /// Whether the memory has not been lent to anybody else since; from then on it will not be, as long as this lives.
    pub(crate) fn keep(&self) -> bool {
        let mut owner = self.piece.owner();
        match *owner {
            Owner::Borrower(_, loan) | Owner::Keeper(loan) if loan == self.loan => {
                *owner = Owner::Keeper(loan);
                true
            }
            _ => false,
        }
    }

    /// Whether the memory has not been lent to anybody else.
    pub(crate) fn is_current(&self) -> bool {
        self.piece.owner().loan() == Some(self.loan)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        {
            let mut owner = self.piece.owner();
            if owner.loan() != Some(self.loan) {
                return;
            }
            *owner = Owner::Nobody;
        }
        if self.piece.size == READ_SIZE && !self.piece.listed.load(Ordering::Relaxed) {
            // Whoever has the list has no room to spare, or will have before long.
            let Ok(mut pieces) = PIECES.try_lock() else { return };
            if pieces.len() < SHARED {
                self.piece.listed.store(true, Ordering::Relaxed);
                pieces.push(Arc::clone(&self.piece));
            }
        }
    }
}

impl Owner {
    fn loan(self) -> Option<u64> {
        match self {
            Self::Nobody => None,
            Self::Borrower(_, loan) | Self::Keeper(loan) => Some(loan),
        }
    }
}

impl Piece {
    fn new(py: Python<'_>, size: usize, owner: Owner) -> PyResult<Self> {
        let memory = new_zeroed(py, size)?;
        let exporter = BufferExporter { memory: memory.clone_ref(py), start: 0, len: size };
        Ok(Self {
            memory,
            size,
            exporter: Py::new(py, exporter)?,
            owner: Mutex::new(owner),
            listed: AtomicBool::new(size == READ_SIZE),
        })
    }

    /// Gives the piece to `owner`, if it is free, or was lent in the same thread and no view is left.
    #[inline]
    fn lend(&self, py: Python<'_>, me: Thread, owner: Owner) -> bool {
        let mut has = self.owner();
        let is_mine = matches!(*has, Owner::Borrower(thread, _) if thread == me);
        let usable = (is_mine || *has == Owner::Nobody) && is_sole_reference(&self.exporter, py);
        if usable {
            *has = owner;
        }
        usable
    }

    /// Held for a moment, and nothing else is locked then.
    fn owner(&self) -> MutexGuard<'_, Owner> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A piece for `owner`, who has it from now on; or the size of the one that is to be made.
fn find(py: Python<'_>, owner: Owner) -> (Option<Arc<Piece>>, usize) {
    let Owner::Borrower(me, _) = owner else { return (None, READ_SIZE) };
    let (mut found, mut mine, mut free) = (None, 0, 0);
    let mut dropped = Vec::new();
    {
        let mut pieces = lock(py);
        // As a rule there is one, and it is free.
        if let Some(first) = pieces.first().filter(|first| first.lend(py, me, owner)) {
            return (Some(Arc::clone(first)), READ_SIZE);
        }
        pieces.retain(|piece| {
            let has = *piece.owner();
            if matches!(has, Owner::Keeper(_)) {
                // It may be kept for long, and comes back when it is not.
                piece.listed.store(false, Ordering::Relaxed);
                dropped.push(Arc::clone(piece));
                return false;
            }
            if found.is_none() && piece.lend(py, me, owner) {
                found = Some(Arc::clone(piece));
                return true;
            }
            mine += usize::from(matches!(has, Owner::Borrower(thread, _) if thread == me));
            free += usize::from(has == Owner::Nobody);
            let spare = has == Owner::Nobody && free > SHARED;
            if spare {
                dropped.push(Arc::clone(piece));
            }
            !spare
        });
    }
    // No lock is held any more: the last reference to an object may go with them.
    drop(dropped);
    (found, if mine < SHARED { READ_SIZE } else { SMALL })
}

fn lock(py: Python<'_>) -> MutexGuard<'static, Vec<Arc<Piece>>> {
    PIECES.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
}
