//! Which `$expand` to try, and what is remembered of those that failed.

use crate::endpoint::{self, Expand};
use crate::facts::HostFacts;
use crate::operation::Redfish;
use crate::quirk::{Generation, NO_EXPAND};
use crate::request::Method;

use super::work::Work;

/// Expanded answers that brought links only, without one that worked, after which nothing is asked expanded any more.
const HOPELESS: u32 = 2;

/// What is known about `$expand` on this iDRAC.
pub(super) struct Expansion {
    works: Option<bool>,
    refused: Vec<String>,
    disappointments: u32,
}

impl Expansion {
    pub(super) fn new(facts: &HostFacts) -> Self {
        let works = if NO_EXPAND.concerns(facts.generation) { Some(false) } else { facts.expand };
        Self { works, refused: facts.expand_refused.clone(), disappointments: 0 }
    }

    /// The best way that has not failed here.
    pub(super) fn choose(&self, work: &Work) -> Expand {
        if self.works == Some(false) {
            return Expand::None;
        }
        let untried = |expand: &&Expand| !self.refused.contains(&key(work, **expand));
        work.expansions().iter().find(untried).copied().unwrap_or(Expand::None)
    }

    /// An old generation is not asked, whatever it announces.
    pub(super) fn generation(&mut self, generation: Generation) {
        if NO_EXPAND.concerns(Some(generation)) {
            self.works = Some(false);
        }
    }

    /// The answer was as hoped.
    pub(super) fn worked(&mut self, redfish: &dyn Redfish) {
        if self.works != Some(true) {
            self.works = Some(true);
            redfish.learn(&mut |facts| facts.expand = Some(true));
        }
    }

    /// The iDRAC refused, or answered as if it had not been asked.
    pub(super) fn failed(&mut self, redfish: &dyn Redfish, work: &Work) {
        let key = key(work, work.expand);
        if !self.refused.contains(&key) {
            redfish.learn(&mut |facts| {
                if !facts.expand_refused.contains(&key) {
                    facts.expand_refused.push(key.clone());
                }
            });
            self.refused.push(key);
        }
        self.disappointments += 1;
        if self.works.is_none() && self.disappointments >= HOPELESS {
            self.works = Some(false);
            redfish.learn(&mut |facts| facts.expand = Some(false));
        }
    }

    /// The firmware changed: everything learned on the old one is void, but not what this generation cannot.
    pub(super) fn forget(&mut self) {
        self.works = self.works.filter(|works| !works);
        self.refused.clear();
        self.disappointments = 0;
    }
}

/// Names a kind of path and an expansion: what one storage subsystem refuses, all do.
fn key(work: &Work, expand: Expand) -> String {
    let place = endpoint::find(&Method::GET, &work.path).map_or(work.path.as_str(), |row| row.template);
    expand.on(place).into_owned()
}
