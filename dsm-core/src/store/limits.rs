//! How many jobs may be at work at a time: in all, of one type, in one subnet, at one server.
//!
//! A job under a limit holds a shared lock of its name (`all`, `type:<job_type>`, `subnet:<network>`) while it runs, so
//! that claims, attempts ([`Ctx::lock`](crate::Ctx::lock)) and calls count together, whatever executor they go by.
//! A claim passes over a job whose limit is reached and puts it aside with those of its *class*, which have the same type
//! and limits; from then on a claim looks at the first few of a class, and only where there is room. So a limit holds back
//! nobody else, and a long line behind it costs nothing.
//!
//! Readers share their server's lane instead ([`Limits::readers_per_server`]).

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::{Share, Wish};

/// The record of the limits in force ([`Store::get_meta`](crate::store::Store::get_meta)): JSON of [`Limits`].
pub const LIMITS_KEY: &str = "engine.limits";

const ALL: &str = "all";
const TYPE: &str = "type:";
const SUBNET: &str = "subnet:";

/// How many jobs may be at work at a time, over all executors of a store. `None`: as many as have slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// In all.
    pub all: Option<u32>,
    /// Of these types, aliases by their own names.
    pub per_type: BTreeMap<String, u32>,
    /// In each subnet, of jobs that work on one server.
    pub per_subnet: Option<u32>,
    /// How much of an IPv4 address names its subnet, in bits.
    pub ipv4_prefix: u8,
    /// How much of an IPv6 address names its subnet, in bits.
    pub ipv6_prefix: u8,
    /// At each server, of jobs that only read ([`Handler::READS`](crate::Handler::READS)). While one of them works there,
    /// none that changes the server does.
    pub readers_per_server: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            all: None,
            per_type: BTreeMap::new(),
            per_subnet: None,
            ipv4_prefix: 24,
            ipv6_prefix: 64,
            readers_per_server: 4,
        }
    }
}

impl Limits {
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput): a limit of nothing, or a prefix longer than an address.
    pub fn check(&self) -> Result<()> {
        let zero = |limit: &u32| *limit == 0;
        if [self.all, self.per_subnet, Some(self.readers_per_server)].iter().flatten().any(zero)
            || self.per_type.values().any(zero)
        {
            return Err(Error::invalid("limits", "a limit of 0 lets nothing run", "pause it instead"));
        }
        if self.ipv4_prefix > 32 || self.ipv6_prefix > 128 {
            return Err(Error::invalid(
                "limits",
                format!("no address has {} or {} bits", self.ipv4_prefix, self.ipv6_prefix),
                "use at most 32 for IPv4 and 128 for IPv6",
            ));
        }
        Ok(())
    }

    /// The lock that stands for the limit of an address's subnet.
    #[must_use]
    pub fn subnet_key(&self, address: IpAddr) -> String {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let prefix = u32::from(self.ipv4_prefix.min(32));
                let kept = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
                format!("{SUBNET}{}/{prefix}", Ipv4Addr::from(u32::from(v4) & kept))
            }
            IpAddr::V6(v6) => {
                let prefix = u32::from(self.ipv6_prefix.min(128));
                let kept = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                format!("{SUBNET}{}/{prefix}", Ipv6Addr::from(u128::from(v6) & kept))
            }
        }
    }

    /// What work in this subnet takes as it goes, where that is limited.
    #[must_use]
    pub fn subnet_wish(&self, address: IpAddr) -> Option<Wish> {
        Some(Wish::among(self.subnet_key(address), self.per_subnet?))
    }

    /// Whether no claim has to count anything.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.all.is_none() && self.per_type.is_empty() && self.per_subnet.is_none()
    }

    /// What a job holds while it runs.
    pub(crate) fn wishes(&self, job_type: &str, address: Option<IpAddr>) -> Vec<Wish> {
        let all = self.all.map(|most| Wish::among(ALL, most));
        let kind = self.per_type.get(job_type).map(|most| Wish::among(format!("{TYPE}{job_type}"), *most));
        let subnet = address.and_then(|address| self.subnet_wish(address));
        [all, kind, subnet].into_iter().flatten().collect()
    }

    /// The limit of this name.
    pub(crate) fn of(&self, key: &str) -> Option<u32> {
        match key.strip_prefix(TYPE) {
            Some(name) => self.per_type.get(name).copied(),
            None if key.starts_with(SUBNET) => self.per_subnet,
            None if key == ALL => self.all,
            None => None,
        }
    }
}

/// Whether a lock of this name is the share of a limit: pending jobs stand in no line for it.
pub(crate) fn is_limit(key: &str) -> bool {
    key == ALL || key.starts_with(TYPE) || key.starts_with(SUBNET)
}

/// The same as a condition on the column `key`.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) const IS_LIMIT: &str = "(key = 'all' OR key LIKE 'type:%' OR key LIKE 'subnet:%')";

/// Jobs with the same type and limits, as it is stored with those that wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Class {
    pub(crate) job_type: String,
    pub(crate) keys: Vec<String>,
}

impl Class {
    pub(crate) fn of(job_type: &str, wishes: &[Wish]) -> Self {
        Self { job_type: job_type.to_owned(), keys: wishes.iter().map(|wish| wish.key.clone()).collect() }
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut lines = text.split('\n');
        let job_type = lines.next().unwrap_or_default().to_owned();
        Self { job_type, keys: lines.map(str::to_owned).collect() }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.job_type)?;
        self.keys.iter().try_for_each(|key| write!(f, "\n{key}"))
    }
}

/// Who is at work under a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) held: u32,
    /// Somebody at work already is next for it, or has it alone: no claim comes before.
    pub(crate) is_shut: bool,
}

impl Used {
    /// Of the locks of one name: with whom each is shared, and whether it is held.
    pub(crate) fn count(rows: impl IntoIterator<Item = (Share, bool)>) -> Self {
        let mut used = Self::default();
        for (share, is_held) in rows {
            used.held += u32::from(is_held);
            used.is_shut |= !is_held || share == Share::Alone;
        }
        used
    }
}

/// What is used of the limits, as a claim goes.
#[derive(Debug, Default)]
pub(crate) struct Usage(HashMap<String, Used>);

impl Usage {
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(crate) fn note(&mut self, key: &str, used: Used) {
        self.0.insert(key.to_owned(), used);
    }

    fn room(&self, key: &str, most: u32) -> u32 {
        let used = self.0.get(key).copied().unwrap_or_default();
        if used.is_shut { 0 } else { most.saturating_sub(used.held) }
    }

    /// Whether a job may run beside those that do.
    pub(crate) fn has_room(&self, wishes: &[Wish]) -> bool {
        wishes.iter().all(|wish| match wish.share {
            Share::Among(most) => self.room(&wish.key, most) > 0,
            Share::Alone => self.room(&wish.key, 1) > 0,
        })
    }

    /// It runs.
    pub(crate) fn take(&mut self, wishes: &[Wish]) {
        for wish in wishes {
            self.0.entry(wish.key.clone()).or_default().held += 1;
        }
    }

    /// How many of a class may run now, at most so many as asked for.
    pub(crate) fn room_of(&self, class: &Class, limits: &Limits, asked: usize) -> usize {
        let rooms = class.keys.iter().filter_map(|key| Some(self.room(key, limits.of(key)?) as usize));
        rooms.fold(asked, usize::min)
    }
}

/// A limit that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) key: String,
    pub(crate) used: u32,
    pub(crate) most: u32,
}

/// A limit as those at work under it know it: with whom each shares it, and whether it is at work already.
pub(crate) fn reached(key: &str, rows: impl IntoIterator<Item = (Share, bool)>) -> Option<Reached> {
    let (mut used, mut most, mut is_awaited) = (0, u32::MAX, false);
    for (share, is_held) in rows {
        used += u32::from(is_held);
        is_awaited |= !is_held;
        most = most.min(match share {
            Share::Alone => 1,
            Share::Among(most) => most,
        });
    }
    (used >= most || is_awaited).then(|| Reached { key: key.to_owned(), used, most })
}

/// As people say it: `subnet limit 10.1.2.0/24`.
pub(crate) fn limit_name(key: &str) -> String {
    match (key.strip_prefix(TYPE), key.strip_prefix(SUBNET)) {
        (Some(name), _) => format!("type limit {name}"),
        (_, Some(network)) => format!("subnet limit {network}"),
        _ => "limit of all jobs".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            all: Some(9),
            per_subnet: Some(8),
            per_type: BTreeMap::from([("firmware_update".to_owned(), 2)]),
            ..Limits::default()
        }
    }

    #[test]
    fn a_subnet_is_named_by_its_network() {
        let (limits, wide) = (limits(), Limits { ipv4_prefix: 0, ipv6_prefix: 0, ..limits() });
        for (address, key, all) in [
            ("10.1.2.77", "subnet:10.1.2.0/24", "subnet:0.0.0.0/0"),
            ("::ffff:10.1.2.77", "subnet:10.1.2.0/24", "subnet:0.0.0.0/0"),
            ("2001:db8:1:2:3::9", "subnet:2001:db8:1:2::/64", "subnet:::/0"),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(limits.subnet_key(address), key);
            assert_eq!(wide.subnet_key(address), all);
        }
    }

    #[test]
    fn a_class_is_read_as_it_is_stored() {
        let wishes = limits().wishes("firmware_update", Some("10.1.2.3".parse().unwrap()));
        let class = Class::of("firmware_update", &wishes);
        assert_eq!(class.keys, ["all", "type:firmware_update", "subnet:10.1.2.0/24"]);
        assert!(class.keys.iter().all(|key| is_limit(key) && limits().of(key).is_some()));
        assert_eq!(Class::parse(&class.to_string()), class);
        let bare = Class::of("scan", &[]);
        assert_eq!(Class::parse(&bare.to_string()), bare);
        assert!(!is_limit("server:a"));
    }

    #[test]
    fn the_least_room_counts_and_who_is_next_shuts_it() {
        let limits = limits();
        let wishes = limits.wishes("firmware_update", None);
        let class = Class::of("firmware_update", &wishes);
        let mut usage = Usage::default();
        assert_eq!(usage.room_of(&class, &limits, 64), 2);
        usage.take(&wishes);
        assert!(usage.has_room(&wishes));
        usage.take(&wishes);
        assert!(!usage.has_room(&wishes));
        assert!(usage.has_room(&limits.wishes("other", None)));
        assert_eq!(usage.room_of(&class, &Limits::default(), 64), 64, "no limit any more");
        usage.note("all", Used::count([(Share::Among(9), true), (Share::Among(9), false)]));
        assert!(!usage.has_room(&limits.wishes("other", None)), "an attempt waits for it");
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        for bad in [
            Limits { all: Some(0), ..limits() },
            Limits { readers_per_server: 0, ..limits() },
            Limits { ipv4_prefix: 33, ..limits() },
            Limits { per_type: BTreeMap::from([("a".to_owned(), 0)]), ..limits() },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
        assert!(limits().check().is_ok());
    }
}
