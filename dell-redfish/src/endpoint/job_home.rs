//! The three places where an iDRAC shows its jobs.

use crate::id::DellJobId;
use crate::quirk::Generation;

const DELL: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/Jobs";
const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/Jobs";
const JOB_SERVICE: &str = "/redfish/v1/JobService/Jobs";

/// A collection of jobs. All three show the same queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobHome {
    /// `Managers/…/Oem/Dell/Jobs`: Dell's words, iDRAC9 and later.
    Dell,
    /// `Managers/…/Jobs`: Dell's words, iDRAC7 to 9.
    Manager,
    /// `JobService/Jobs`: DMTF's words, from 6.x.
    JobService,
}

impl JobHome {
    /// Where a generation has its jobs, the best place first.
    #[must_use]
    pub const fn of(generation: Option<Generation>) -> &'static [Self] {
        match generation {
            Some(Generation::Idrac7 | Generation::Idrac8) => &[Self::Manager],
            Some(Generation::Idrac9) | None => &[Self::Dell, Self::Manager],
            Some(Generation::Idrac10) => &[Self::Dell, Self::JobService],
        }
    }

    /// The collection.
    #[must_use]
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Dell => DELL,
            Self::Manager => MANAGER,
            Self::JobService => JOB_SERVICE,
        }
    }

    /// One job of it.
    #[must_use]
    pub fn job(self, job: &DellJobId) -> String {
        format!("{}/{job}", self.collection())
    }

    /// The place a path is in or below.
    #[must_use]
    pub fn find(path: &str) -> Option<Self> {
        let below = |home: &Self| {
            let rest = path.strip_prefix(home.collection());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        [Self::Dell, Self::Manager, Self::JobService].into_iter().find(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_in_the_table() {
        let job = DellJobId::parse("JID_1").unwrap();
        for home in [JobHome::Dell, JobHome::Manager, JobHome::JobService] {
            for path in [home.collection().to_owned(), home.job(&job)] {
                assert!(crate::endpoint::find(&crate::Method::GET, &path).is_some(), "{path}");
                assert_eq!(JobHome::find(&path), Some(home));
            }
        }
        assert_eq!(JobHome::find("/redfish/v1/JobService/JobsElsewhere"), None);
    }
}
