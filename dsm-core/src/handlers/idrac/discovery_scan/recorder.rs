//! The one writer of a scan: takes what the workers found, and stores results, counters and checkpoint together.
//!
//! Workers never wait for a write, except for room in the queue. An address counts as done only in the transaction
//! that stores its result, so a scan that is killed goes on with exactly those that have none.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::done::DoneSet;
use super::report::{Gauges, Report, ScanResult};
use crate::clock;
use crate::ctx::Ctx;
use crate::engine::EventKind;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ServerId;
use crate::store::record::ServerChange;
use crate::store::{AttemptWrite, InventoryWrite, ServerFinding, ServerOutcome};

/// How often the recorder looks up from its queue: writes what matters, tells whoever watches.
const TICK: Duration = Duration::from_millis(100);

/// Longest time a result waits in memory: the work that a kill can cost.
const FLUSH_AFTER: Duration = Duration::from_millis(500);

/// Details are written at most this often: each write of the row wakes every front end that watches it.
const DETAILS_EVERY: Duration = Duration::from_millis(1000);

/// Results that make a write worthwhile at once.
const FLUSH_AT: usize = 512;

/// Results that may wait in the queue.
const QUEUE: usize = 1024;

/// What an earlier attempt had done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// What was scanned; another input starts afresh.
    fingerprint: String,
    pub(super) done: DoneSet,
    pub(super) report: Report,
    /// Servers that are stored but whose inventory is not.
    pub(super) inventory_due: BTreeSet<IpAddr>,
}

impl Checkpoint {
    /// The checkpoint of an earlier attempt at the same addresses, or a fresh one.
    pub(super) fn resume(stored: Option<&Bytes>, fingerprint: &str) -> Self {
        stored
            .and_then(|bytes| serde_json::from_slice::<Self>(bytes).ok())
            .filter(|checkpoint| checkpoint.fingerprint == fingerprint)
            .unwrap_or_else(|| Self { fingerprint: fingerprint.to_owned(), ..Self::default() })
    }
}

/// Something a worker has to say.
#[derive(Debug)]
pub(super) enum Word {
    /// An address is finished as far as finding goes.
    Address(Box<AddressWord>),
    /// An inventory is finished, well or not.
    Inventory(Box<InventoryWord>),
}

/// The result of an address.
#[derive(Debug)]
pub(super) struct AddressWord {
    pub(super) ip: IpAddr,
    /// Its place in the range.
    pub(super) position: u64,
    pub(super) result: ScanResult,
    pub(super) ended: Ended,
    pub(super) finding: Option<ServerFinding>,
    /// Told the server's id once it is stored; activity rows written later carry it.
    pub(super) server: Arc<OnceLock<ServerId>>,
    /// Its inventory follows.
    pub(super) inventory_follows: bool,
}

/// At which stage an address ended, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    PortClosed,
    NotIdrac,
    Refused,
    CertificateChanged,
    Failed,
    Found,
}

/// The inventory of a server.
#[derive(Debug)]
pub(super) struct InventoryWord {
    pub(super) ip: IpAddr,
    pub(super) server: Arc<OnceLock<ServerId>>,
    /// What was read; nothing where it failed as a whole.
    pub(super) rows: Option<Box<InventoryWrite>>,
    /// Parts that could not be read.
    pub(super) failures: usize,
    /// What a person should know about it.
    pub(super) problem: Option<String>,
}

/// Where workers speak to.
pub(super) type Words = mpsc::Sender<Word>;

/// See the module's documentation.
pub(super) struct Recorder<'a> {
    ctx: &'a Ctx,
    gauges: &'a Gauges,
    total: u64,
    state: Checkpoint,
    words: mpsc::Receiver<Word>,
    addresses: Vec<AddressWord>,
    inventories: Vec<InventoryWord>,
    /// Since when something waits for a write.
    waiting_since: Option<Instant>,
    /// Something that waits is worth a write at the next tick.
    urgent: bool,
    /// Something came since the last checkpoint. Without it none is written: only a new one counts as progress.
    advanced: bool,
    current_ip: Option<IpAddr>,
    started: Instant,
    spent_before: u64,
    details_due: Instant,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(ctx: &'a Ctx, gauges: &'a Gauges, total: u64, state: Checkpoint) -> (Self, Words) {
        let (sender, words) = mpsc::channel(QUEUE);
        let now = clock::instant();
        let recorder = Self {
            ctx,
            gauges,
            total,
            spent_before: state.report.tally.spent_ms,
            state,
            words,
            addresses: Vec::new(),
            inventories: Vec::new(),
            waiting_since: None,
            urgent: false,
            advanced: false,
            current_ip: None,
            started: now,
            details_due: now,
        };
        (recorder, sender)
    }

    /// Takes words in until all workers are gone, writing as it goes, and gives the whole report.
    ///
    /// # Errors
    /// The lease is lost, or the store keeps refusing.
    pub(super) async fn run(mut self) -> Result<Report> {
        // The first counters are there before the first packet leaves.
        self.flush().await?;
        let mut tick = clock::instant() + TICK;
        loop {
            match timeout_at(tick, self.words.recv()).await {
                Ok(Some(word)) => self.take(word),
                Ok(None) => break,
                Err(_) => {}
            }
            let full = self.addresses.len() + self.inventories.len() >= FLUSH_AT;
            // Asked each time, because a queue that is never empty never lets the time-out end.
            let ticked = clock::instant() >= tick;
            if ticked {
                tick = clock::instant() + TICK;
                self.tell();
            }
            if full || (ticked && self.is_flush_due()) {
                self.flush().await?;
            }
        }
        self.flush().await?;
        self.tell();
        Ok(self.state.report)
    }

    fn is_flush_due(&self) -> bool {
        let now = clock::instant();
        let old = self.waiting_since.is_some_and(|since| now >= since + FLUSH_AFTER);
        self.urgent || old || now >= self.details_due
    }

    fn take(&mut self, word: Word) {
        self.waiting_since.get_or_insert_with(clock::instant);
        self.advanced = true;
        let tally = &mut self.state.report.tally;
        match word {
            Word::Address(word) => {
                self.urgent |= word.finding.is_some();
                self.current_ip = Some(word.ip);
                tally.count(word.ended);
                self.state.done.insert(word.position);
                if word.inventory_follows {
                    self.state.inventory_due.insert(word.ip);
                }
                if let (Ended::CertificateChanged | Ended::Failed, Some(error)) =
                    (word.ended, &word.result.error)
                {
                    self.ctx.log("ERROR", error.clone());
                }
                self.state.report.add(word.result.clone(), word.ended == Ended::CertificateChanged);
                self.addresses.push(*word);
            }
            Word::Inventory(word) => {
                self.urgent = true;
                if let Some(problem) = &word.problem {
                    self.ctx.log("WARN", format!("{}: inventory {problem}", word.ip));
                }
                self.inventories.push(*word);
            }
        }
    }

    /// Writes what has gathered: addresses first, because inventories need the ids that findings get.
    async fn flush(&mut self) -> Result<()> {
        self.state.report.tally.spent_ms = self.spent_before + self.started.elapsed().as_millis() as u64;
        self.waiting_since = None;
        self.urgent = false;
        let mut addresses = std::mem::take(&mut self.addresses);
        let (stored, findings): (Vec<usize>, Vec<ServerFinding>) = addresses
            .iter_mut()
            .enumerate()
            .filter_map(|(index, word)| Some((index, word.finding.take()?)))
            .unzip();
        let checkpoint = std::mem::take(&mut self.advanced).then(|| self.encode()).transpose()?;
        let mut write = AttemptWrite { checkpoint, findings, ..AttemptWrite::default() };
        if clock::instant() >= self.details_due {
            write.details = self.state.report.running(self.total, self.gauges, self.current_ip);
            self.details_due = clock::instant() + DETAILS_EVERY;
        }
        let report = self.ctx.write_patiently(write).await?;
        for (word, outcome) in stored.iter().filter_map(|&index| addresses.get(index)).zip(&report.servers) {
            let _ = word.server.set(outcome.server_id);
            self.state.report.tally.count_change(&outcome.change);
            self.announce(word, outcome);
        }
        self.flush_inventories().await
    }

    async fn flush_inventories(&mut self) -> Result<()> {
        let words = std::mem::take(&mut self.inventories);
        if words.is_empty() {
            return Ok(());
        }
        let mut write = AttemptWrite::default();
        let mut told = Vec::with_capacity(words.len());
        for word in words {
            // Counted in the write that stores it: a kill in between neither loses nor doubles it.
            self.state.inventory_due.remove(&word.ip);
            let tally = &mut self.state.report.tally;
            match (&word.rows, word.failures) {
                (None, _) => tally.inventory_failed += 1,
                (Some(_), 0) => tally.inventory_complete += 1,
                (Some(_), _) => tally.inventory_partial += 1,
            }
            if let (Some(mut rows), Some(server_id)) = (word.rows, word.server.get().copied()) {
                rows.server_id = server_id;
                told.push((word.ip, server_id, rows.documents.len(), word.failures));
                write.inventories.push(*rows);
            }
        }
        write.checkpoint = Some(self.encode()?);
        self.ctx.write_patiently(write).await?;
        for (ip, server_id, sections, failures) in told {
            let ip = ip.to_string();
            self.ctx.emit(|| EventKind::Inventory { server_id, ip, sections, failures });
        }
        Ok(())
    }

    fn encode(&self) -> Result<Bytes> {
        serde_json::to_vec(&self.state).map(Bytes::from).map_err(|error| {
            Error::new(ErrorKind::Handler, "the checkpoint cannot be encoded").with_source(error)
        })
    }

    fn tell(&self) {
        self.ctx.emit(|| EventKind::Progress {
            details: Arc::new(self.state.report.running(self.total, self.gauges, self.current_ip)),
        });
    }

    fn announce(&self, word: &AddressWord, outcome: &ServerOutcome) {
        self.ctx.emit(|| EventKind::Server {
            server_id: outcome.server_id,
            ip: word.result.ip.clone(),
            change: match outcome.change {
                ServerChange::New => "new",
                ServerChange::Updated => "updated",
                ServerChange::Moved { .. } => "moved",
            },
            service_tag: word.result.service_tag.clone(),
            model: word.result.model.clone(),
        });
    }
}
