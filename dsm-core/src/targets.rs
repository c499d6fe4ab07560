//! The addresses of a scan: however they are written and however many, held as a few ranges.

use std::net::IpAddr;

use crate::address::{self, AddressRange, Entry, quoted};
use crate::error::{Error, ErrorKind, Result};
use crate::network::NetworkPolicy;

/// Most addresses of a scan unless its caller says otherwise: a /14, four times a /16. A silent /16 takes a minute
/// and a half, so this is a scan of some minutes; what is larger is more often a slip of the pen (`10.0.0.0/8` has
/// sixteen million) than a wish.
pub const DEFAULT_LIMIT: u128 = 4 * 65_536;

/// A set of addresses in a fixed order: IPv4 before IPv6, each once, counting upwards.
///
/// Holds ranges, never addresses: a /8 costs as much memory as a single address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Targets {
    /// Sorted, disjoint, each with the index of its first address.
    ranges: Vec<(u128, AddressRange)>,
    len: u128,
}

impl Targets {
    /// Begins with nothing; see [`TargetsBuilder`].
    #[must_use]
    pub fn builder() -> TargetsBuilder {
        TargetsBuilder { include: Vec::new(), exclude: Vec::new(), limit: DEFAULT_LIMIT }
    }

    fn from_merged(merged: Vec<AddressRange>) -> Self {
        let mut len = 0u128;
        let ranges = merged
            .into_iter()
            .map(|range| {
                let start = len;
                len = len.saturating_add(range.count());
                (start, range)
            })
            .collect();
        Self { ranges, len }
    }

    /// How many addresses.
    #[must_use]
    pub fn len(&self) -> u128 {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The ranges they form, sorted and disjoint.
    pub fn ranges(&self) -> impl Iterator<Item = AddressRange> + '_ {
        self.ranges.iter().map(|(_, range)| *range)
    }

    /// The address at an index of the order.
    #[must_use]
    pub fn nth(&self, index: u128) -> Option<IpAddr> {
        let (start, range) = self.ranges.get(self.range_at(index)?)?;
        range.nth(index - start)
    }

    /// Whether the address is one of them.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let single = AddressRange::single(ip);
        let after = self.ranges.partition_point(|(_, range)| AddressRange::single(range.first()) <= single);
        after.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|(_, range)| range.contains(ip))
    }

    /// All addresses, made one by one.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        self.iter_from(0)
    }

    /// The addresses from an index of the order on: where an interrupted scan goes on.
    #[must_use]
    pub fn iter_from(&self, index: u128) -> Iter<'_> {
        let at = self.range_at(index).unwrap_or(self.ranges.len());
        let offset = self.ranges.get(at).map_or(0, |(start, _)| index - start);
        Iter { ranges: self.ranges.get(at..).unwrap_or_default(), offset }
    }

    fn range_at(&self, index: u128) -> Option<usize> {
        if index >= self.len {
            return None;
        }
        self.ranges.partition_point(|(start, _)| *start <= index).checked_sub(1)
    }
}

impl<'a> IntoIterator for &'a Targets {
    type Item = IpAddr;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Walks [`Targets`] in order.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    ranges: &'a [(u128, AddressRange)],
    offset: u128,
}

impl Iterator for Iter<'_> {
    type Item = IpAddr;

    fn next(&mut self) -> Option<IpAddr> {
        loop {
            let ((_, range), rest) = self.ranges.split_first()?;
            if let Some(ip) = range.nth(self.offset) {
                self.offset += 1;
                return Some(ip);
            }
            (self.ranges, self.offset) = (rest, 0);
        }
    }
}

/// Collects what was written and makes [`Targets`] of it.
#[derive(Debug, Clone)]
pub struct TargetsBuilder {
    include: Vec<(String, String)>,
    exclude: Vec<(String, String)>,
    limit: u128,
}

impl TargetsBuilder {
    /// Adds a text of one or many entries: addresses, blocks (their hosts), ranges, separated by commas, blanks or
    /// line ends. An entry that begins with `!` is taken out instead. `field` is what an error names.
    #[must_use]
    pub fn text(mut self, field: impl Into<String>, text: &str) -> Self {
        let field = field.into();
        for entry in address::entries(text) {
            match entry.strip_prefix('!') {
                Some(hole) => self.exclude.push((field.clone(), hole.to_owned())),
                None => self.include.push((field.clone(), entry)),
            }
        }
        self
    }

    /// Adds a list of such texts; errors name `field[index]`.
    #[must_use]
    pub fn list<T: AsRef<str>>(self, field: &str, texts: impl IntoIterator<Item = T>) -> Self {
        let numbered = texts.into_iter().enumerate();
        numbered.fold(self, |builder, (index, text)| builder.text(format!("{field}[{index}]"), text.as_ref()))
    }

    /// Takes out every address of these entries; blocks are taken out whole.
    #[must_use]
    pub fn without<T: AsRef<str>>(mut self, field: &str, texts: impl IntoIterator<Item = T>) -> Self {
        for (index, text) in texts.into_iter().enumerate() {
            for entry in address::entries(text.as_ref()) {
                let hole = entry.strip_prefix('!').unwrap_or(&entry).to_owned();
                self.exclude.push((format!("{field}[{index}]"), hole));
            }
        }
        self
    }

    /// Accepts up to so many addresses in place of [`DEFAULT_LIMIT`].
    #[must_use]
    pub fn limit(mut self, addresses: u128) -> Self {
        self.limit = addresses;
        self
    }

    /// Makes the set; the first thing wrong with any entry is the error.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for an entry that cannot be read or too many addresses,
    /// [`ErrorKind::AddressRefused`] for an entry that touches an address the policy refuses; both name the field.
    pub fn build(self, policy: &NetworkPolicy) -> Result<Targets> {
        let (targets, problems) = self.build_sound(policy)?;
        match problems.into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(targets),
        }
    }

    /// Makes the set of the entries that are sound, and says what is wrong with each of the others.
    ///
    /// # Errors
    /// Too many addresses; or an exclusion that cannot be read, since leaving it out would scan what somebody wanted
    /// left alone.
    pub fn build_sound(self, policy: &NetworkPolicy) -> Result<(Targets, Vec<Error>)> {
        let mut holes = Vec::with_capacity(self.exclude.len());
        for (field, text) in &self.exclude {
            holes.push(Entry::parse(text).map_err(|error| error.about(field))?.whole());
        }
        let (mut ranges, mut problems) = (Vec::with_capacity(self.include.len()), Vec::new());
        for (field, text) in &self.include {
            match sound(field, text, policy) {
                Ok(range) => ranges.push(range),
                Err(problem) => problems.push(problem),
            }
        }
        let merged = address::subtract(&address::merge(ranges), &address::merge(holes));
        let targets = Targets::from_merged(merged);
        if targets.len > self.limit {
            return Err(self.too_many(&targets));
        }
        Ok((targets, problems))
    }

    fn too_many(&self, targets: &Targets) -> Error {
        let largest = self
            .include
            .iter()
            .filter_map(|(field, text)| Some((Entry::parse(text).ok()?.hosts().count(), field, text)))
            .max_by_key(|(count, ..)| *count);
        let error = Error::new(
            ErrorKind::InvalidInput,
            format!("{} addresses are more than the limit of {}", targets.len, self.limit),
        );
        match largest {
            Some((count, field, text)) => error.about(field).hint(format!(
                "{} alone has {count}; narrow it, leave parts out with \"!\", or raise the limit on purpose",
                quoted(text)
            )),
            None => error,
        }
    }
}

fn sound(field: &str, text: &str, policy: &NetworkPolicy) -> Result<AddressRange> {
    let range = Entry::parse(text).map_err(|error| error.about(field))?.hosts();
    match policy.first_refused(range) {
        None => Ok(range),
        Some(refusal) => Err(Error::new(
            ErrorKind::AddressRefused,
            format!(
                "{} reaches {}, {} that may not be talked to",
                quoted(text),
                refusal.address,
                refusal.what()
            ),
        )
        .about(field)
        .hint(refusal.way_out())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::address::tests::Dice;

    fn all(text: &str) -> Vec<String> {
        let targets = Targets::builder().text("ips", text).build(&NetworkPolicy::private()).expect(text);
        assert_eq!(targets.len(), targets.iter().count() as u128);
        targets.iter().map(|ip| ip.to_string()).collect()
    }

    #[test]
    fn every_way_of_writing_and_their_mix() {
        assert_eq!(all("10.0.0.7"), ["10.0.0.7"]);
        assert_eq!(all("10.0.0.0/30"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(all("10.0.0.2/30"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(all("10.0.0.0/255.255.255.252"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(all("10.0.0.0/31"), ["10.0.0.0", "10.0.0.1"]);
        assert_eq!(all("10.0.0.9/32"), ["10.0.0.9"]);
        assert_eq!(all("10.0.0.1 - 10.0.0.3"), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        assert_eq!(all("10.0.0.1-3"), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        assert_eq!(all("fd00::1-fd00::2"), ["fd00::1", "fd00::2"]);
        assert_eq!(all("fd00::/126"), ["fd00::1", "fd00::2", "fd00::3"]);
        assert_eq!(
            all("fd00::1, 10.0.0.3;10.0.0.1 10.0.0.2\n192.168.1.0/30 !192.168.1.2, 10.0.0.1-2,"),
            ["10.0.0.1", "10.0.0.2", "10.0.0.3", "192.168.1.1", "fd00::1"]
        );
        assert!(all("").is_empty());
        assert!(all("10.0.0.1 ! 10.0.0.0/24").is_empty());
    }

    #[test]
    fn errors_name_the_field_and_the_way_out() {
        let policy = NetworkPolicy::private();
        for (text, kind, part) in [
            ("10.0.0.300", ErrorKind::InvalidInput, "is no address"),
            ("10.0.0.*", ErrorKind::InvalidInput, "10.0.0.0/24"),
            ("10.0.0.0/33", ErrorKind::InvalidInput, "0 to 32"),
            ("10.0.0.0/", ErrorKind::InvalidInput, "prefix length"),
            ("10.0.0.0/+8", ErrorKind::InvalidInput, "prefix length"),
            ("10.0.0.0/255.0.255.0", ErrorKind::InvalidInput, "holes"),
            ("10.0.0.9-10.0.0.1", ErrorKind::InvalidInput, "write 10.0.0.1-10.0.0.9"),
            ("10.0.0.9-1", ErrorKind::InvalidInput, "ends before it begins"),
            ("10.0.0.1-256", ErrorKind::InvalidInput, "255"),
            ("10.0.0.1-fd00::1", ErrorKind::InvalidInput, "two ranges"),
            ("fd00::1-9", ErrorKind::InvalidInput, "fd00::50"),
            ("10.0.0.1-2-3", ErrorKind::InvalidInput, "is no address"),
            ("idrac.example.org", ErrorKind::InvalidInput, "is no address"),
            ("fe80::1%eth0", ErrorKind::InvalidInput, "zone"),
            ("8.8.8.8", ErrorKind::AddressRefused, "public"),
            ("10.0.0.0-11.0.0.0", ErrorKind::AddressRefused, "11.0.0.0"),
            ("127.0.0.1", ErrorKind::AddressRefused, "allow_loopback"),
            ("::ffff:10.0.0.1", ErrorKind::AddressRefused, "IPv4-mapped"),
        ] {
            let list = ["10.0.0.1", "10.0.0.2", "10.0.0.3", text];
            let error = Targets::builder().list("target_scope.ip_list", list).build(&policy).expect_err(text);
            assert_eq!(error.kind(), kind, "{text}: {error}");
            assert_eq!(error.subject(), Some("target_scope.ip_list[3]"), "{text}");
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn the_sound_entries_go_on_without_the_others_but_never_without_an_exclusion() {
        let policy = NetworkPolicy::private();
        let builder = Targets::builder().list("ips", ["10.0.0.1", "nonsense", "8.8.8.8"]);
        let (targets, problems) = builder.clone().build_sound(&policy).expect("sound");
        assert_eq!(targets.len(), 1);
        assert_eq!(problems.iter().filter_map(Error::subject).collect::<Vec<_>>(), ["ips[1]", "ips[2]"]);
        let error = builder.without("not", ["10.0.0.0/99"]).build_sound(&policy).expect_err("bad exclusion");
        assert_eq!(error.subject(), Some("not[0]"));
    }

    #[test]
    fn size_is_guarded_until_the_caller_insists() {
        let policy = NetworkPolicy::private();
        let builder = Targets::builder().text("a", "192.168.0.0/30").text("b", "10.0.0.0/8");
        let error = builder.clone().build(&policy).expect_err("too many");
        assert_eq!(error.subject(), Some("b"));
        assert!(error.to_string().contains("16777216 addresses"), "{error}");
        assert_eq!(builder.limit(1 << 24).build(&policy).expect("insisted").len(), (1 << 24) - 2 + 2);
        let most = Targets::builder().text("a", "10.0.0.0/14").build(&policy).expect("the default");
        assert_eq!(most.len(), DEFAULT_LIMIT - 2);
        let whole =
            Targets::builder().text("a", "fc00::/7").limit(u128::MAX).build(&policy).expect("insisted");
        assert_eq!((whole.len(), whole.ranges.len()), ((1 << 121) - 1, 1));
        assert_eq!(whole.nth(1 << 120).map(|ip| ip.to_string()).as_deref(), Some("fd00::1"));
    }

    #[test]
    fn a_set_is_the_same_as_the_slow_way() {
        let policy = NetworkPolicy::private();
        for seed in 0..300 {
            let mut dice = Dice::new(seed);
            let (mut builder, mut expected, mut holes) =
                (Targets::builder(), BTreeSet::new(), BTreeSet::new());
            for _ in 0..dice.below(8) {
                let (first, size) = (dice.below(200), dice.below(40));
                let v6 = dice.below(4) == 0;
                let base = if v6 { "fd00::1:" } else { "10.0.0." };
                let show = |n: u64| if v6 { format!("{base}{n:x}") } else { format!("{base}{n}") };
                let text = format!("{}-{}", show(first), show(first + size));
                let members = (first..=first + size).map(|n| show(n).parse::<IpAddr>().expect("an address"));
                if dice.below(3) == 0 {
                    holes.extend(members);
                    builder = builder.without("not", [&text]);
                } else {
                    expected.extend(members);
                    builder = builder.text("ips", &text);
                }
            }
            let targets = builder.build(&policy).expect("well formed");
            let expected: Vec<IpAddr> = expected.difference(&holes).copied().collect();
            assert_eq!(targets.iter().collect::<Vec<_>>(), expected, "seed {seed}");
            assert_eq!(targets.len(), expected.len() as u128);
            for index in 0..expected.len() + 2 {
                assert_eq!(targets.nth(index as u128), expected.get(index).copied(), "seed {seed}");
                let rest: Vec<IpAddr> = targets.iter_from(index as u128).collect();
                assert_eq!(rest.as_slice(), expected.get(index..).unwrap_or_default(), "seed {seed}");
            }
            assert!(expected.iter().all(|ip| targets.contains(*ip)), "seed {seed}");
            assert!(holes.iter().all(|ip| !targets.contains(*ip)), "seed {seed}");
        }
    }
}
