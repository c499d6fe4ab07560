//! All stored passwords under the key that seals now, and in our own form: in batches, again and again without harm.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::cipher::{Cipher, Standing};
use super::details::sealed_in;
use super::sealed::{Form, Place};
use super::secret::Secret;
use crate::error::{Error, ErrorKind, Result};
use crate::job::JobStatus;
use crate::store::{JobQuery, Reseal, RowQuery, SealedAt, ServerQuery, Store, Table};

/// How many texts are written at a time.
const BATCH: usize = 100;
/// And how many bytes of them: a profile may have a million.
const BATCH_BYTES: usize = 4 << 20;

/// Rows whose sealed texts are read at a time.
const PAGE: usize = 8;

/// How many of those that do not open are named.
const NAMED: usize = 100;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResealOptions {
    /// Only looks, and says what there is.
    pub dry_run: bool,
    /// Takes passwords in the existing system's form over, too. That system reads no other: only for a database that it does
    /// not use any more.
    pub convert_old: bool,
}

/// What was found and done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Resealed {
    /// Whether it was only looked at.
    pub dry_run: bool,
    /// The key that seals.
    pub key_id: String,
    /// Texts that were sealed with it already.
    pub current: u64,
    /// Texts sealed with another key.
    pub other_keys: u64,
    /// Texts in the existing system's form.
    pub old_format: u64,
    /// Texts that were put under the key that seals.
    pub resealed: u64,
    /// Texts that somebody else had replaced meanwhile: look again.
    pub replaced_meanwhile: u64,
    /// How many do not open; they stay as they are.
    pub unreadable: u64,
    /// Which, and why: the first hundred.
    pub problems: Vec<String>,
}

/// Goes over everything once. Stopped in the middle, or killed, it is called again: what is done already is passed over.
///
/// # Errors
/// The store's. Passwords that do not open are no error: they are counted and named.
pub async fn reseal(store: &dyn Store, cipher: &Cipher, options: ResealOptions) -> Result<Resealed> {
    let report = Resealed { dry_run: options.dry_run, key_id: cipher.key_id(), ..Resealed::default() };
    let mut work = Work { store, cipher, options, report, changes: Vec::new(), bytes: 0 };
    for set in store.credential_sets().await? {
        if let Some(text) = set.password_encrypted.as_deref().filter(|text| !text.is_empty()) {
            work.take(SealedAt::Set(set.id), text, &[Place::CredentialSet(set.id)]).await?;
        }
    }
    for server in store.servers(ServerQuery::default()).await? {
        let fields = &server.fields;
        if let Some(text) = fields.idrac_password_encrypted.as_deref().filter(|text| !text.is_empty()) {
            let mut places = vec![Place::Server(server.id)];
            places.extend(fields.service_tag.as_deref().map(Place::ServerTag));
            work.take(SealedAt::Server(server.id), text, &places).await?;
        }
    }
    for status in [JobStatus::Pending, JobStatus::Running] {
        for job in
            store.jobs(JobQuery { status: Some(status), with_secrets: true, ..JobQuery::default() }).await?
        {
            for (pointer, text) in sealed_in(&job.details) {
                work.take(SealedAt::Job(job.id), &text, &[Place::JobDetail(job.id, &pointer)]).await?;
            }
        }
    }
    for table in Table::ALL {
        if let Some(column) = table.sealed_column() {
            rows(&mut work, *table, column).await?;
        }
    }
    work.write().await?;
    Ok(work.report)
}

/// Its sealed texts may be large: a few rows at a time.
async fn rows(work: &mut Work<'_>, table: Table, column: &str) -> Result<()> {
    let query = |ids, columns| RowQuery { ids, columns: Some(columns), ..RowQuery::of(table) };
    let ids = match work.store.rows(query(Vec::new(), Vec::new())).await {
        Ok(rows) => rows.into_iter().map(|row| row.id).collect::<Vec<_>>(),
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(()),
        Err(error) => return Err(error),
    };
    for page in ids.chunks(PAGE) {
        for row in work.store.rows(query(page.to_vec(), vec![column.to_owned()])).await? {
            let text = row.columns.get(column).and_then(Value::as_str).unwrap_or_default();
            // Other programs store profiles as they are.
            let is_plain = table == Table::ScpBackups && Form::of(text) == Form::Other;
            if !text.is_empty() && !is_plain {
                work.take(SealedAt::Row(table, row.id), text, &[Place::Row(table, row.id)]).await?;
            }
        }
    }
    Ok(())
}

struct Work<'a> {
    store: &'a dyn Store,
    cipher: &'a Cipher,
    options: ResealOptions,
    report: Resealed,
    changes: Vec<Reseal>,
    bytes: usize,
}

impl Work<'_> {
    /// One text, which is bound to one of these places.
    async fn take(&mut self, at: SealedAt, text: &str, places: &[Place<'_>]) -> Result<()> {
        let goes = match self.cipher.standing(text) {
            Standing::Current => {
                self.report.current += 1;
                return Ok(());
            }
            Standing::OtherKey => {
                self.report.other_keys += 1;
                true
            }
            Standing::OldFormat => {
                self.report.old_format += 1;
                self.options.convert_old
            }
        };
        match self.open(text, places) {
            Ok((secret, place)) if goes && !self.options.dry_run => {
                let to = self.cipher.seal_anew(&secret, place)?.into_string();
                self.bytes += text.len() + to.len();
                self.changes.push(Reseal { at, from: text.to_owned(), to });
            }
            Ok(_) => {}
            Err(error) => {
                self.report.unreadable += 1;
                if self.report.problems.len() < NAMED {
                    self.report.problems.push(error.to_string());
                }
            }
        }
        let is_full = self.changes.len() >= BATCH || self.bytes >= BATCH_BYTES;
        if is_full { self.write().await } else { Ok(()) }
    }

    fn open<'p>(&self, text: &str, places: &[Place<'p>]) -> Result<(Secret, Place<'p>), Error> {
        let mut first = None;
        for place in places {
            match self.cipher.open(text, *place) {
                Ok(secret) => return Ok((secret, *place)),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| Error::new(crate::ErrorKind::Cipher, "the password belongs to no row")))
    }

    async fn write(&mut self) -> Result<()> {
        let changes = std::mem::take(&mut self.changes);
        self.bytes = 0;
        if changes.is_empty() {
            return Ok(());
        }
        let mut done: HashMap<bool, u64> = HashMap::new();
        for replaced in self.store.reseal(changes).await? {
            *done.entry(replaced).or_default() += 1;
        }
        self.report.resealed += done.get(&true).copied().unwrap_or_default();
        self.report.replaced_meanwhile += done.get(&false).copied().unwrap_or_default();
        Ok(())
    }
}

#[cfg(test)]
#[path = "reseal_tests.rs"]
mod tests;
