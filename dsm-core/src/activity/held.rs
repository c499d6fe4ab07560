//! Rows that wait for their server.
//!
//! A scan talks to an iDRAC before it knows which server that is. A row written at once would have to be written again
//! when it is known, at the price of all the rest; so it waits: until its server is known, until nobody is left who
//! could tell, or until it has waited long enough.

use std::collections::VecDeque;
use std::time::Duration;

use dell_redfish::clock::Instant;

use super::ActivityOptions;
use super::queue::{Pending, Unattributed};

/// Of what the queue may hold, this part (one in so many) may wait here as well.
const SHARE: usize = 8;

/// See the module's documentation.
pub(super) struct Held {
    rows: VecDeque<(Instant, Pending)>,
    patience: Duration,
    most_rows: usize,
    most_bytes: usize,
}

impl Held {
    pub(super) fn new(options: &ActivityOptions) -> Self {
        Self {
            rows: VecDeque::new(),
            patience: options.patience,
            most_rows: options.capacity / SHARE,
            most_bytes: options.body_bytes / SHARE,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes rows in and gives those that are to be written now, in the order in which they were recorded; `all` of
    /// them where somebody waits for that.
    pub(super) fn sift(
        &mut self,
        came: Vec<Pending>,
        unattributed: &Unattributed,
        now: Instant,
        all: bool,
    ) -> Vec<Pending> {
        self.rows.extend(came.into_iter().map(|pending| (now, pending)));
        let (mut ready, mut waiting, mut bytes) = (Vec::new(), VecDeque::new(), 0);
        // Newest first. Whatever frees a row frees the older ones of its server too, even when it happens meanwhile:
        // none is written before an older one.
        let mut room = !all;
        while let Some((since, pending)) = self.rows.pop_back() {
            bytes += pending.body_bytes();
            room &= waiting.len() < self.most_rows && bytes <= self.most_bytes;
            if room && now < since + self.patience && pending.awaits_server(unattributed) {
                waiting.push_front((since, pending));
            } else {
                ready.push(pending);
            }
        }
        ready.reverse();
        self.rows = waiting;
        ready
    }
}
