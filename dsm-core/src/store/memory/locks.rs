//! Locks in memory: one list, in the order in which they were asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::JobId;
use crate::store::limits::{Reached, Used, is_limit, reached};
use crate::store::lock::{Holder, MOST_NAMED, Share, Turn, Wish, is_taken};

/// Who a row belongs to. A job keeps its rows over its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::store) enum Owner {
    Job(JobId),
    Call(Uuid),
}

/// A lock held or wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Row {
    pub(in crate::store) owner: Owner,
    pub(in crate::store) key: String,
    pub(in crate::store) share: Share,
    pub(in crate::store) is_held: bool,
    pub(in crate::store) label: String,
    /// Name and incarnation.
    pub(in crate::store) through: Option<(String, Uuid)>,
    pub(in crate::store) since: Timestamp,
    /// Of calls only.
    pub(in crate::store) until: Option<Timestamp>,
}

/// Who asks, and on what terms.
pub(in crate::store) struct Asker<'a> {
    pub(in crate::store) owner: Owner,
    pub(in crate::store) label: &'a str,
    pub(in crate::store) through: Option<(String, Uuid)>,
    pub(in crate::store) until: Option<Timestamp>,
    pub(in crate::store) turn: Turn,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::store) struct Locks(Vec<Row>);

impl Locks {
    /// A list of these, in the order in which they were asked for.
    #[cfg(any(feature = "postgres", feature = "postgrest"))]
    pub(in crate::store) fn of(rows: Vec<Row>) -> Self {
        Self(rows)
    }

    /// All of them, in order.
    #[cfg(any(feature = "postgres", feature = "postgrest"))]
    pub(in crate::store) fn all(&self) -> &[Row] {
        &self.0
    }

    /// Gives all or none; who stands in line keeps the place, or gets one.
    pub(in crate::store) fn ask(
        &mut self,
        asker: &Asker<'_>,
        wishes: &[Wish],
        now: Timestamp,
    ) -> Vec<Holder> {
        let mut busy: Vec<Holder> = wishes.iter().flat_map(|wish| self.blockers(asker, wish)).collect();
        busy.truncate(MOST_NAMED);
        if busy.is_empty() || asker.turn == Turn::InLine {
            for wish in wishes {
                self.put(asker, wish, busy.is_empty(), now);
            }
        }
        busy
    }

    /// Gives them, whatever others hold.
    pub(in crate::store) fn hold(&mut self, asker: &Asker<'_>, wishes: &[Wish], now: Timestamp) {
        for wish in wishes {
            self.put(asker, wish, true, now);
        }
    }

    /// How much of a limit is used.
    pub(in crate::store) fn used(&self, key: &str) -> Used {
        Used::count(self.0.iter().filter(|row| row.key == key).map(|row| (row.share, row.is_held)))
    }

    /// The limit of this name, where nobody else may work under it now.
    pub(in crate::store) fn reached(&self, key: &str) -> Option<Reached> {
        reached(key, self.0.iter().filter(|row| row.key == key).map(|row| (row.share, row.is_held)))
    }

    fn place(&self, owner: Owner, key: &str) -> Option<usize> {
        self.0.iter().position(|row| row.owner == owner && row.key == key)
    }

    /// Those who keep this wish from being granted.
    fn blockers(&self, asker: &Asker<'_>, wish: &Wish) -> Vec<Holder> {
        let mine = self.place(asker.owner, &wish.key);
        if mine.is_some_and(|at| self.0[at].is_held && self.0[at].share == wish.share) {
            return Vec::new();
        }
        let others = |held: bool| {
            self.0.iter().enumerate().filter(move |(_, row)| {
                row.key == wish.key && row.owner != asker.owner && row.is_held == held
            })
        };
        if is_taken(wish.share, others(true).map(|(_, row)| row.share)) {
            return others(true).map(|(_, row)| row.shown()).collect();
        }
        if asker.turn == Turn::Now {
            return Vec::new();
        }
        let before = mine.unwrap_or(self.0.len());
        others(false).filter(|(at, _)| *at < before).map(|(_, row)| row.shown()).collect()
    }

    fn put(&mut self, asker: &Asker<'_>, wish: &Wish, is_held: bool, now: Timestamp) {
        let row = Row {
            owner: asker.owner,
            key: wish.key.clone(),
            share: wish.share,
            is_held,
            label: asker.label.to_owned(),
            through: asker.through.clone(),
            since: now,
            until: asker.until,
        };
        match self.place(asker.owner, &wish.key) {
            // What is held stays held while more is asked for.
            Some(at) => {
                let is_held = row.is_held || self.0[at].is_held;
                let since = if self.0[at].is_held == is_held { self.0[at].since } else { now };
                self.0[at] = Row { is_held, since, ..row };
            }
            None => self.0.push(row),
        }
    }

    /// Gives back some, or with none named all, and says which.
    pub(in crate::store) fn release(&mut self, owner: Owner, keys: &[String]) -> Vec<String> {
        self.drop_where(|row| row.owner == owner && (keys.is_empty() || keys.contains(&row.key)))
    }

    pub(in crate::store) fn release_calls_of(&mut self, incarnation: Uuid) -> Vec<String> {
        self.drop_where(|row| {
            matches!(row.owner, Owner::Call(_))
                && row.through.as_ref().is_some_and(|(_, through)| *through == incarnation)
        })
    }

    /// Calls whose time is over.
    pub(in crate::store) fn expire(&mut self, now: Timestamp) -> Vec<String> {
        self.drop_where(|row| row.until.is_some_and(|until| until <= now))
    }

    /// Whether a call's time is over.
    pub(in crate::store) fn is_over(&self, now: Timestamp) -> bool {
        self.0.iter().any(|row| row.until.is_some_and(|until| until <= now))
    }

    /// Whether somebody holds or wants anything.
    pub(in crate::store) fn is_in(&self, owner: Owner) -> bool {
        self.0.iter().any(|row| row.owner == owner)
    }

    fn drop_where(&mut self, gone: impl Fn(&Row) -> bool) -> Vec<String> {
        let keys = self.0.iter().filter(|row| gone(row)).map(|row| row.key.clone()).collect();
        self.0.retain(|row| !gone(row));
        keys
    }

    /// A job between two attempts holds nothing, and is next where nobody stood before it: what it gave back so.
    pub(in crate::store) fn back_to_line(&mut self, job: JobId) -> Vec<String> {
        self.drop_where(|row| row.owner == Owner::Job(job) && is_limit(&row.key));
        let mut keys = Vec::new();
        for row in self.0.iter_mut().filter(|row| row.owner == Owner::Job(job)) {
            if row.is_held {
                keys.push(row.key.clone());
            }
            row.is_held = false;
            row.through = None;
        }
        keys
    }

    pub(in crate::store) fn extend_calls_of(&mut self, incarnation: Uuid, until: Timestamp) {
        for row in &mut self.0 {
            if row.through.as_ref().is_some_and(|(_, through)| *through == incarnation) {
                row.until = row.until.map(|had| had.max(until));
            }
        }
    }

    /// Jobs that would get this lock if they asked now, first come first.
    pub(in crate::store) fn next_in_line(&self, key: &str) -> Vec<JobId> {
        let mut held: Vec<Share> =
            self.0.iter().filter(|row| row.key == key && row.is_held).map(|row| row.share).collect();
        let mut next = Vec::new();
        for row in self.0.iter().filter(|row| row.key == key && !row.is_held) {
            if is_taken(row.share, held.iter().copied()) {
                break;
            }
            held.push(row.share);
            if let Owner::Job(job) = row.owner {
                next.push(job);
            }
        }
        next
    }

    /// The first of those before a job at this lock, and how many they are; of all there, if it has no place yet.
    pub(super) fn line_before(&self, job: JobId, key: &str) -> Option<(Holder, u64)> {
        let owner = Owner::Job(job);
        let place = self.place(owner, key).unwrap_or(self.0.len());
        let mut before: Vec<&Row> = self
            .0
            .iter()
            .enumerate()
            .filter(|(at, row)| row.key == key && row.owner != owner && (row.is_held || *at < place))
            .map(|(_, row)| row)
            .collect();
        before.sort_by_key(|row| !row.is_held);
        before.first().map(|first| (first.shown(), before.len() as u64))
    }

    pub(in crate::store) fn shown(&self, key: Option<&str>) -> Vec<Holder> {
        self.0.iter().filter(|row| key.is_none_or(|key| row.key == key)).map(Row::shown).collect()
    }
}

impl Row {
    fn shown(&self) -> Holder {
        Holder {
            key: self.key.clone(),
            share: self.share,
            job_id: match self.owner {
                Owner::Job(job) => Some(job),
                Owner::Call(_) => None,
            },
            label: self.label.clone(),
            executor: self.through.as_ref().map(|(name, _)| name.clone()),
            since: self.since,
            is_waiting: !self.is_held,
        }
    }
}
