//! Certificates seen before, in memory for the handshake, written to the store behind it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dell_redfish::{CertificateMemory, CertificateVerdict, Fingerprint};

use crate::clock;
use crate::error::Result;
use crate::store::{PinRow, Store};

/// Trust on first use over the store's pins.
#[derive(Debug)]
pub(crate) struct PinBook {
    store: Arc<dyn Store>,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    by_host: HashMap<String, Fingerprint>,
    /// Certificates known of any host: the private key proves the server, so one that turns up elsewhere has moved.
    known: HashSet<Fingerprint>,
    /// Seen since the last write.
    fresh: Vec<PinRow>,
}

impl PinBook {
    pub(crate) async fn load(store: Arc<dyn Store>) -> Result<Self> {
        let mut book = Book::default();
        for pin in store.pins().await? {
            match pin.sha256.parse::<Fingerprint>() {
                Ok(fingerprint) => {
                    book.known.insert(fingerprint);
                    book.by_host.insert(pin.host, fingerprint);
                }
                Err(error) => {
                    tracing::warn!(host = pin.host, "a remembered certificate does not read: {error}")
                }
            }
        }
        Ok(Self { store, book: Mutex::new(book) })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was seen since the last time; what cannot be written is kept for the next.
    pub(crate) async fn flush(&self) {
        let fresh = std::mem::take(&mut self.book().fresh);
        if fresh.is_empty() {
            return;
        }
        if let Err(error) = self.store.put_pins(fresh.clone()).await {
            tracing::error!("certificates could not be remembered: {}", error.chain());
            self.book().fresh.extend(fresh);
        }
    }

    /// Forgets a host, so that its next certificate is trusted.
    pub(crate) async fn forget(&self, host: &str) -> Result<bool> {
        let stored = self.store.forget_pin(host).await?;
        let mut book = self.book();
        book.fresh.retain(|pin| pin.host != host);
        let known = book.by_host.remove(host);
        Ok(stored || known.is_some())
    }
}

impl CertificateMemory for PinBook {
    fn judge(&self, host: &str, seen: &Fingerprint) -> CertificateVerdict {
        let mut book = self.book();
        let verdict = match book.by_host.get(host) {
            Some(expected) if expected == seen => return CertificateVerdict::Trusted,
            Some(_) if book.known.contains(seen) => CertificateVerdict::Trusted,
            Some(expected) => return CertificateVerdict::Changed { expected: *expected },
            None => CertificateVerdict::FirstUse,
        };
        book.by_host.insert(host.to_owned(), *seen);
        book.known.insert(*seen);
        let pin = PinRow { host: host.to_owned(), sha256: seen.to_string(), first_seen: clock::now() };
        book.fresh.push(pin);
        verdict
    }
}
