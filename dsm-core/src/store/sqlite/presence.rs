//! Proof of life: each incarnation of an executor holds a lock on a file of its own for as long as its process
//! lives, and the system lets go of it when the process dies, however it dies.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::open::beside;
use crate::error::{Error, ErrorKind, Result};

/// What is known of another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It holds its lock.
    Alive,
    /// Its lock could be had: it is gone.
    Dead,
    /// There is no lock to try, and a missing one proves nothing.
    Unknown,
}

/// The locks this store holds.
#[derive(Debug)]
pub(super) struct Presence {
    /// `None` in memory: there nothing outlives the process, so nothing is there to prove.
    base: Option<PathBuf>,
    held: Mutex<HashMap<Uuid, File>>,
}

impl Presence {
    pub(super) fn new(base: Option<&Path>) -> Self {
        Self { base: base.map(Path::to_owned), held: Mutex::default() }
    }

    fn file(&self, incarnation: Uuid) -> Option<PathBuf> {
        Some(beside(self.base.as_deref()?, &format!(".executor-{incarnation}.lock")))
    }

    /// Takes the lock of an incarnation. Whether its death could be proved from now on: a file system without locks
    /// is no error, its leases run out by themselves.
    pub(super) fn announce(&self, incarnation: Uuid) -> Result<bool> {
        let Some(path) = self.file(incarnation) else { return Ok(false) };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.contains_key(&incarnation) {
            return Ok(true);
        }
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|cause| {
                Error::new(ErrorKind::System, "the executor's lock file cannot be made")
                    .about(path.display().to_string())
                    .hint("give this user write permission on the directory")
                    .with_source(cause)
            })?;
        match file.try_lock() {
            Ok(()) => {
                held.insert(incarnation, file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Err(Error::invalid(
                "incarnation",
                "another process lives under this incarnation",
                "make a new one at each start",
            )),
            Err(TryLockError::Error(_)) => {
                let _ = std::fs::remove_file(&path);
                Ok(false)
            }
        }
    }

    /// What the lock of an incarnation says about its process.
    pub(super) fn life(&self, incarnation: Uuid) -> Life {
        if self.held.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&incarnation) {
            return Life::Alive;
        }
        let Some(path) = self.file(incarnation) else { return Life::Unknown };
        let Ok(file) = OpenOptions::new().write(true).open(path) else { return Life::Unknown };
        match file.try_lock() {
            Ok(()) => Life::Dead,
            Err(TryLockError::WouldBlock) => Life::Alive,
            Err(TryLockError::Error(_)) => Life::Unknown,
        }
    }

    /// Lets go of an incarnation: its file is not needed any more.
    pub(super) fn withdraw(&self, incarnation: Uuid) {
        let file = self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&incarnation);
        if let Some(path) = self.file(incarnation) {
            let _ = std::fs::remove_file(path);
        }
        drop(file);
    }
}
