//! Ranges of addresses as numbers, and the one parser for how people write them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::{Error, ErrorKind, Result};

/// Addresses of one family, from the first to the last, both included. Sorts IPv4 before IPv6, then by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressRange {
    v6: bool,
    first: u128,
    last: u128,
}

fn number(ip: IpAddr) -> (bool, u128) {
    match ip {
        IpAddr::V4(ip) => (false, u128::from(ip.to_bits())),
        IpAddr::V6(ip) => (true, ip.to_bits()),
    }
}

impl AddressRange {
    /// From `first` to `last`; nothing if they are of two families or the wrong way round.
    #[must_use]
    pub fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        let ((v6, first), (last_v6, last)) = (number(first), number(last));
        (v6 == last_v6 && first <= last).then_some(Self { v6, first, last })
    }

    /// One address.
    #[must_use]
    pub fn single(ip: IpAddr) -> Self {
        let (v6, number) = number(ip);
        Self { v6, first: number, last: number }
    }

    /// The whole block around an address; nothing if the prefix is too long for its family.
    #[must_use]
    pub fn network(ip: IpAddr, prefix: u8) -> Option<Self> {
        let (v6, number) = number(ip);
        let bits: u8 = if v6 { 128 } else { 32 };
        let host = bits.checked_sub(prefix)?;
        let mask = 1u128.checked_shl(u32::from(host)).map_or(u128::MAX, |size| size - 1);
        Some(Self { v6, first: number & !mask, last: number | mask })
    }

    fn address(self, number: u128) -> IpAddr {
        match u32::try_from(number) {
            Ok(bits) if !self.v6 => IpAddr::V4(Ipv4Addr::from_bits(bits)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(number)),
        }
    }

    /// The first address.
    #[must_use]
    pub fn first(self) -> IpAddr {
        self.address(self.first)
    }

    /// The last address.
    #[must_use]
    pub fn last(self) -> IpAddr {
        self.address(self.last)
    }

    /// How many addresses (at least one; the whole of IPv6 counts as one less than it is).
    #[must_use]
    pub fn count(self) -> u128 {
        (self.last - self.first).saturating_add(1)
    }

    /// The address `index` places after the first.
    #[must_use]
    pub fn nth(self, index: u128) -> Option<IpAddr> {
        let number = self.first.checked_add(index)?;
        (number <= self.last).then(|| self.address(number))
    }

    /// Whether the address lies in it. An address of the other family does not.
    #[must_use]
    pub fn contains(self, ip: IpAddr) -> bool {
        let (v6, number) = number(ip);
        v6 == self.v6 && (self.first..=self.last).contains(&number)
    }

    /// Whether every address of `other` lies in it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.v6 == other.v6 && self.first <= other.first && other.last <= self.last
    }

    /// The addresses both have.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (self.v6 == other.v6 && first <= last).then_some(Self { v6: self.v6, first, last })
    }

    /// What comes directly after it, up to the end of `whole`.
    pub(crate) fn rest_of(self, whole: Self) -> Option<Self> {
        let first = self.last.checked_add(1)?;
        (first <= whole.last).then_some(Self { first, ..whole })
    }
}

/// Sorts ranges and joins those that overlap or touch, so that every address is in exactly one.
#[must_use]
pub fn merge(mut ranges: Vec<AddressRange>) -> Vec<AddressRange> {
    ranges.sort_unstable();
    let mut merged: Vec<AddressRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(open) if open.v6 == range.v6 && range.first <= open.last.saturating_add(1) => {
                open.last = open.last.max(range.last);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// What is left of merged `ranges` without the merged `holes`.
#[must_use]
pub fn subtract(ranges: &[AddressRange], holes: &[AddressRange]) -> Vec<AddressRange> {
    let mut left = Vec::with_capacity(ranges.len());
    let mut holes = holes.iter().copied().peekable();
    for range in ranges {
        let mut rest = Some(*range);
        while let (Some(now), Some(hole)) = (rest, holes.peek().copied()) {
            if (hole.v6, hole.last) < (now.v6, now.first) {
                holes.next();
                continue;
            }
            let Some(cut) = hole.intersection(now) else { break };
            if now.first < cut.first {
                left.push(AddressRange { last: cut.first - 1, ..now });
            }
            rest = cut.rest_of(now);
        }
        left.extend(rest);
    }
    left
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return self.first().fmt(f);
        }
        write!(f, "{}-{}", self.first(), self.last())
    }
}

impl fmt::Debug for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One thing a person wrote: an address, a block or a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    whole: AddressRange,
    prefix: Option<u8>,
}

impl Entry {
    /// Reads `10.0.0.7`, `fd00::7`, `10.0.0.0/24`, `10.0.0.0/255.255.255.0`, `10.0.0.1-10.0.0.50` or `10.0.0.1-50`.
    /// Host bits of a block may be set.
    ///
    /// # Errors
    /// What is wrong with it, and what to write in its place; names no field.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some((address, mask)) = text.split_once('/') {
            let ip = parse_address(text, address)?;
            let prefix = parse_prefix(text, ip, mask.trim())?;
            let whole = AddressRange::network(ip, prefix).ok_or_else(|| bad_prefix(text, ip))?;
            return Ok(Self { whole, prefix: Some(prefix) });
        }
        let whole = match text.split_once('-') {
            Some((first, last)) => parse_dash(text, first, last)?,
            None => AddressRange::single(parse_address(text, text)?),
        };
        Ok(Self { whole, prefix: None })
    }

    /// Every address of it.
    #[must_use]
    pub fn whole(self) -> AddressRange {
        self.whole
    }

    /// The addresses a host can have: a block without its network and broadcast address (IPv4 shorter than /31), or
    /// without its subnet-router anycast address (IPv6 shorter than /127, RFC 4291 2.6.1).
    #[must_use]
    pub fn hosts(self) -> AddressRange {
        let AddressRange { v6, first, last } = self.whole;
        match self.prefix {
            Some(prefix) if !v6 && prefix < 31 => AddressRange { v6, first: first + 1, last: last - 1 },
            Some(prefix) if v6 && prefix < 127 => AddressRange { v6, first: first + 1, last },
            _ => self.whole,
        }
    }
}

fn malformed(text: &str, why: &str, hint: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("{} {why}", quoted(text))).hint(hint)
}

/// A person's text for an error: escaped, and short whatever was pasted.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

fn parse_address(whole: &str, part: &str) -> Result<IpAddr> {
    let part = part.trim();
    part.parse().map_err(|_| {
        if part.contains('*') {
            malformed(whole, "has a wildcard", "write the block as a prefix, e.g. 10.0.0.0/24")
        } else if part.contains('%') {
            malformed(whole, "has a zone", "link-local addresses are not used; give the routed address")
        } else if part.is_empty() {
            malformed(whole, "lacks an address", "write it as 10.0.0.0/24 or 10.0.0.1-10.0.0.50")
        } else {
            malformed(
                whole,
                "is no address",
                "write an address (10.0.0.7, no leading zeros), a block (10.0.0.0/24) or a range (10.0.0.1-10.0.0.50)",
            )
        }
    })
}

fn bad_prefix(text: &str, ip: IpAddr) -> Error {
    let most = if ip.is_ipv4() { 32 } else { 128 };
    malformed(text, "has no usable prefix length", format!("after the slash write a number from 0 to {most}"))
}

fn parse_prefix(text: &str, ip: IpAddr, mask: &str) -> Result<u8> {
    if let (IpAddr::V4(_), Ok(mask)) = (ip, mask.parse::<Ipv4Addr>()) {
        let bits = mask.to_bits();
        return u8::try_from(bits.leading_ones())
            .ok()
            .filter(|_| bits.count_ones() == bits.leading_ones())
            .ok_or_else(|| {
                malformed(text, "has a netmask with holes", "write the prefix length, e.g. 10.0.0.0/24")
            });
    }
    let digits = !mask.is_empty() && mask.bytes().all(|byte| byte.is_ascii_digit());
    mask.parse().ok().filter(|_| digits).ok_or_else(|| bad_prefix(text, ip))
}

fn parse_dash(text: &str, first: &str, last: &str) -> Result<AddressRange> {
    let (start, last) = (parse_address(text, first)?, last.trim());
    let short = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let end = match start {
        IpAddr::V4(ip) if short => {
            let [a, b, c, _] = ip.octets();
            let last = last.parse().map_err(|_| {
                malformed(
                    text,
                    "ends above 255",
                    "the short form counts in the last number only: 10.0.0.1-50",
                )
            })?;
            IpAddr::V4(Ipv4Addr::new(a, b, c, last))
        }
        IpAddr::V6(_) if short => {
            return Err(malformed(text, "has a short end", "write both ends in full: fd00::1-fd00::50"));
        }
        _ => parse_address(text, last)?,
    };
    AddressRange::new(start, end).ok_or_else(|| {
        if start.is_ipv4() == end.is_ipv4() {
            malformed(text, "ends before it begins", format!("write {end}-{start}"))
        } else {
            malformed(text, "begins as IPv4 and ends as IPv6 or the other way round", "write two ranges")
        }
    })
}

/// Cuts a text into entries: at commas, semicolons, line ends and blanks, but not around a dash.
/// An entry may begin with `!`, which stays on it.
pub(crate) fn entries(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in text.split([',', ';', '\n', '\r']) {
        let mut open: Option<String> = None;
        for word in piece.replace(['–', '—'], "-").split_whitespace() {
            match open.as_mut() {
                Some(entry) if word.starts_with('-') || entry.ends_with(['-', '!']) => entry.push_str(word),
                _ => found.extend(open.replace(word.to_owned())),
            }
        }
        found.extend(open);
    }
    found
}

/// Addresses as a row of `credential_ip_ranges` writes them: any mix of entries, `!` takes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpRange {
    ranges: Vec<AddressRange>,
}

impl IpRange {
    /// Reads it. Blocks are taken whole.
    ///
    /// # Errors
    /// The first entry that cannot be read, or that there is none; names no field.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut ranges, mut holes) = (Vec::new(), Vec::new());
        for entry in entries(text) {
            match entry.strip_prefix('!') {
                Some(hole) => holes.push(Entry::parse(hole)?.whole()),
                None => ranges.push(Entry::parse(&entry)?.whole()),
            }
        }
        if ranges.is_empty() {
            return Err(malformed(text, "names no address", "write e.g. 10.0.0.0/24"));
        }
        Ok(Self { ranges: subtract(&merge(ranges), &merge(holes)) })
    }

    /// Whether the address is one of them. An address of another family simply is not.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let after = self.ranges.partition_point(|range| (range.v6, range.first) <= number(ip));
        after.checked_sub(1).and_then(|index| self.ranges.get(index)).is_some_and(|range| range.contains(ip))
    }

    /// How many addresses: the fewer, the more particular.
    #[must_use]
    pub fn count(&self) -> u128 {
        self.ranges.iter().fold(0, |sum, range| sum.saturating_add(range.count()))
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
pub(crate) mod tests;
