//! Which addresses may be talked to.

use std::net::IpAddr;

use crate::address::{AddressRange, Entry, merge};
use crate::error::{Error, ErrorKind, Result};

/// Where management controllers live: RFC 1918 and IPv6 unique local addresses (RFC 4193).
const PRIVATE: &[&str] = &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

const LOOPBACK: &[&str] = &["127.0.0.0/8", "::1/128"];

/// Never talked to, whatever is allowed: no server lives there, or the address stands for another one
/// that would slip past the check.
const NEVER: &[(&str, &str, &str)] = &[
    ("0.0.0.0/8", "unspecified", "give the address of a server"),
    ("169.254.0.0/16", "link-local", "give the server's routed address"),
    ("224.0.0.0/4", "multicast", "give the address of one server"),
    ("255.255.255.255/32", "broadcast", "give the address of one server"),
    ("::/128", "unspecified", "give the address of a server"),
    ("::2-::ffff:ffff", "IPv4-compatible", "write the IPv4 address itself"),
    ("::ffff:0:0/96", "IPv4-mapped", "write the IPv4 address itself"),
    ("::ffff:0:0:0/96", "IPv4-translated", "write the IPv4 address itself"),
    ("64:ff9b::/96", "NAT64", "write the IPv4 address itself"),
    ("64:ff9b:1::/48", "NAT64", "write the IPv4 address itself"),
    ("2001::/32", "Teredo", "write the IPv4 address itself"),
    ("2002::/16", "6to4", "write the IPv4 address itself"),
    ("fe80::/10", "link-local", "give the server's routed address"),
    ("ff00::/8", "multicast", "give the address of one server"),
];

/// Which addresses may be talked to: private networks, and what the embedding program adds by name.
///
/// The port is no part of it, and neither is a name: a name is as good as every address it resolves to.
#[derive(Debug, Clone)]
pub struct NetworkPolicy {
    allowed: Vec<AddressRange>,
    never: Vec<(AddressRange, &'static str, &'static str)>,
    loopback: Vec<AddressRange>,
    loopback_allowed: bool,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    pub(crate) address: IpAddr,
    what: &'static str,
    way_out: Option<&'static str>,
}

impl Refusal {
    /// What the address is, with its article: `a link-local address`.
    pub(crate) fn what(&self) -> String {
        let article = if self.what.starts_with(['u', 'I']) { "an" } else { "a" };
        format!("{article} {} address", self.what)
    }

    pub(crate) fn way_out(&self) -> String {
        match self.way_out {
            Some(text) => text.to_owned(),
            None => format!(
                "if it is a server of yours, allow its network: NetworkPolicy::allow(\"{}\")",
                self.address
            ),
        }
    }
}

impl Default for NetworkPolicy {
    fn default() -> Self {
        Self::private()
    }
}

impl NetworkPolicy {
    /// Private IPv4 and IPv6 unique local addresses, nothing else.
    #[must_use]
    pub fn private() -> Self {
        let whole = |text: &&str| Entry::parse(text).ok().map(Entry::whole);
        Self {
            allowed: PRIVATE.iter().filter_map(whole).collect(),
            never: NEVER
                .iter()
                .filter_map(|(block, what, way_out)| Some((whole(block)?, *what, *way_out)))
                .collect(),
            loopback: LOOPBACK.iter().filter_map(whole).collect(),
            loopback_allowed: false,
        }
    }

    /// Allows this machine itself, for simulators and tests.
    #[must_use]
    pub fn allow_loopback(mut self) -> Self {
        self.loopback_allowed = true;
        self
    }

    /// Allows one more network (`203.0.113.0/24`, an address, a range). What is never talked to stays refused inside it.
    ///
    /// # Errors
    /// The text is no network, or nothing in it could be allowed.
    pub fn allow(mut self, network: &str) -> Result<Self> {
        let network = Entry::parse(network)?.whole();
        if self.loopback.iter().any(|range| range.covers(network)) {
            return Err(Error::new(ErrorKind::InvalidInput, "loopback is not allowed as a network")
                .about(network.to_string())
                .hint("call NetworkPolicy::allow_loopback()"));
        }
        if let Some((_, what, way_out)) = self.never.iter().find(|(range, ..)| range.covers(network)) {
            return Err(Error::new(ErrorKind::InvalidInput, format!("{what} addresses are never talked to"))
                .about(network.to_string())
                .hint(*way_out));
        }
        self.allowed.push(network);
        self.allowed = merge(self.allowed);
        Ok(self)
    }

    /// Whether the address may be talked to.
    ///
    /// # Errors
    /// [`ErrorKind::AddressRefused`], naming the address, what it is and the way out.
    pub fn check(&self, address: IpAddr) -> Result<()> {
        match self.first_refused(AddressRange::single(address)) {
            None => Ok(()),
            Some(refusal) => Err(refused(&refusal).about(address.to_string())),
        }
    }

    /// The addresses of a name (or an address in text), every one of them checked: the checked address is the one to dial.
    ///
    /// Waits as long as the machine's resolver does; give it a deadline by dropping the future.
    ///
    /// # Errors
    /// The name is none or has no address; or one of its addresses is refused, and then none of them is used: a name
    /// that leads out of the private networks is not to be trusted about the rest.
    pub async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>> {
        let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return self.check(address).map(|()| vec![address]);
        }
        let well_formed = !bare.is_empty()
            && bare.len() <= 253
            && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if !well_formed {
            return Err(Error::new(ErrorKind::InvalidInput, "not a host name")
                .about(crate::address::quoted(name))
                .hint(
                    "give an address or a name such as idrac-7.example.org, without scheme, port or path",
                ));
        }
        let found = tokio::net::lookup_host((bare, 0)).await.map_err(|error| {
            Error::new(ErrorKind::NotFound, "the name does not resolve")
                .about(bare)
                .hint("check the name, or give the address itself")
                .with_source(error)
        })?;
        self.vet(bare, found.map(|socket| socket.ip()))
    }

    fn vet(&self, name: &str, found: impl IntoIterator<Item = IpAddr>) -> Result<Vec<IpAddr>> {
        let mut addresses = Vec::new();
        for address in found {
            if let Some(refusal) = self.first_refused(AddressRange::single(address)) {
                return Err(refused(&refusal).about(format!("{name} ({address})")));
            }
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "the name has no address").about(name));
        }
        Ok(addresses)
    }

    /// The first address of a range that may not be talked to. One pass over the policy, whatever the range's size.
    pub(crate) fn first_refused(&self, range: AddressRange) -> Option<Refusal> {
        let named = |block: AddressRange, what, way_out| {
            block.intersection(range).map(|met| Refusal {
                address: met.first(),
                what,
                way_out: Some(way_out),
            })
        };
        let never = self.never.iter().filter_map(|(block, what, way_out)| named(*block, *what, *way_out));
        let loopback = self.loopback.iter().filter(|_| !self.loopback_allowed).filter_map(|block| {
            named(*block, "loopback", "for a simulator or a test, call NetworkPolicy::allow_loopback()")
        });
        let outside = self.first_outside(range).map(|address| Refusal {
            address,
            what: kind_of_outsider(address),
            way_out: None,
        });
        // The more telling reason wins where two begin at the same address.
        never.chain(loopback).chain(outside).min_by_key(|refusal| refusal.address)
    }

    fn first_outside(&self, range: AddressRange) -> Option<IpAddr> {
        let mut rest = range;
        loop {
            let allowed = self.allowed.iter().chain(self.loopback.iter().filter(|_| self.loopback_allowed));
            let mut covering = allowed.filter(|block| block.contains(rest.first()));
            match covering.next() {
                None => return Some(rest.first()),
                Some(block) => rest = block.rest_of(rest)?,
            }
        }
    }
}

fn refused(refusal: &Refusal) -> Error {
    Error::new(ErrorKind::AddressRefused, format!("{} may not be talked to", refusal.what()))
        .hint(refusal.way_out())
}

fn kind_of_outsider(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(ip) if ip.octets()[0] >= 240 => "reserved",
        _ => "public",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn private_addresses_pass_and_nothing_else() {
        let policy = NetworkPolicy::private();
        for good in [
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "fc00::1",
            "fdff::1",
        ] {
            policy.check(ip(good)).unwrap_or_else(|error| panic!("{good}: {error}"));
        }
        for (bad, why) in [
            ("8.8.8.8", "a public address"),
            ("172.32.0.1", "a public address"),
            ("172.15.255.255", "a public address"),
            ("192.169.0.0", "a public address"),
            ("100.64.0.1", "a public address"),
            ("127.0.0.1", "a loopback address"),
            ("::1", "a loopback address"),
            ("0.0.0.0", "an unspecified address"),
            ("::", "an unspecified address"),
            ("169.254.169.254", "a link-local address"),
            ("fe80::1", "a link-local address"),
            ("224.0.0.1", "a multicast address"),
            ("ff02::1", "a multicast address"),
            ("255.255.255.255", "a broadcast address"),
            ("240.0.0.1", "a reserved address"),
            ("::ffff:10.0.0.1", "an IPv4-mapped address"),
            ("::ffff:8.8.8.8", "an IPv4-mapped address"),
            ("::10.0.0.1", "an IPv4-compatible address"),
            ("::2", "an IPv4-compatible address"),
            ("::ffff:0:10.0.0.1", "an IPv4-translated address"),
            ("64:ff9b::10.0.0.1", "a NAT64 address"),
            ("2002:a00:1::1", "a 6to4 address"),
            ("2001:0:1::1", "a Teredo address"),
            ("2606:4700::1", "a public address"),
        ] {
            let error = policy.check(ip(bad)).expect_err(bad);
            assert_eq!(error.kind(), ErrorKind::AddressRefused, "{bad}");
            assert_eq!(error.subject(), Some(ip(bad).to_string().as_str()));
            assert!(error.message().starts_with(why), "{bad}: {error}");
            assert!(error.way_out().is_some_and(|hint| !hint.is_empty()), "{bad}");
        }
    }

    #[test]
    fn every_block_of_the_tables_is_read() {
        let policy = NetworkPolicy::private();
        assert_eq!(policy.never.len(), NEVER.len());
        assert_eq!(policy.allowed.len(), PRIVATE.len());
        assert_eq!(policy.loopback.len(), LOOPBACK.len());
    }

    #[test]
    fn loopback_and_more_only_by_name() {
        let policy = NetworkPolicy::private().allow_loopback();
        policy.check(ip("127.1.2.3")).expect("loopback");
        policy.check(ip("::1")).expect("loopback");
        let policy = NetworkPolicy::private().allow("203.0.113.0/24").expect("a network");
        policy.check(ip("203.0.113.9")).expect("allowed");
        policy.check(ip("203.0.114.9")).expect_err("outside");
    }

    #[test]
    fn everything_allowed_still_leaves_out_what_is_never_talked_to() {
        let policy = NetworkPolicy::private().allow("0.0.0.0/0").expect("v4").allow("::/0").expect("v6");
        policy.check(ip("8.8.8.8")).expect("widened");
        policy.check(ip("2606:4700::1")).expect("widened");
        for bad in ["127.0.0.1", "::1", "169.254.1.1", "::ffff:8.8.8.8", "224.0.0.1", "0.0.0.0", "fe80::1"] {
            policy.check(ip(bad)).expect_err(bad);
        }
    }

    #[test]
    fn what_cannot_be_allowed_says_so() {
        for (text, part) in [
            ("127.0.0.0/8", "allow_loopback"),
            ("::1", "allow_loopback"),
            ("169.254.0.0/16", "link-local"),
            ("::ffff:8.8.8.8", "IPv4-mapped"),
            ("example.org", "is no address"),
        ] {
            let error = NetworkPolicy::private().allow(text).expect_err(text);
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn a_range_is_checked_as_a_whole() {
        let policy = NetworkPolicy::private();
        let range = |text: &str| Entry::parse(text).expect("an entry").whole();
        assert!(policy.first_refused(range("10.0.0.0/8")).is_none());
        assert!(policy.first_refused(range("fd00::/8")).is_none());
        let refusal = policy.first_refused(range("10.255.0.0-11.0.0.5")).expect("touches 11/8");
        assert_eq!(refusal.address, ip("11.0.0.0"));
        let joined = policy.allow("11.0.0.0/8").expect("a network");
        assert!(joined.first_refused(range("10.0.0.0-11.255.255.255")).is_none());
        assert_eq!(joined.first_refused(range("0.0.0.0/0")).expect("too wide").address, ip("0.0.0.0"));
    }

    #[test]
    fn a_name_is_as_good_as_its_worst_address() {
        let policy = NetworkPolicy::private();
        let good = policy.vet("idrac", [ip("10.0.0.1"), ip("fd00::1"), ip("10.0.0.1")]).expect("private");
        assert_eq!(good, [ip("10.0.0.1"), ip("fd00::1")]);
        let error = policy.vet("idrac", [ip("10.0.0.1"), ip("8.8.8.8")]).expect_err("public");
        assert_eq!(error.kind(), ErrorKind::AddressRefused);
        assert_eq!(error.subject(), Some("idrac (8.8.8.8)"));
        assert_eq!(policy.vet("idrac", []).expect_err("none").kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn addresses_in_text_need_no_resolver() {
        let policy = NetworkPolicy::private();
        assert_eq!(policy.resolve("10.0.0.1").await.expect("an address"), [ip("10.0.0.1")]);
        assert_eq!(policy.resolve("[fd00::1]").await.expect("an address"), [ip("fd00::1")]);
        policy.resolve("8.8.8.8").await.expect_err("public");
        for bad in ["", "a b", "https://idrac", "idrac:443", "idrac/redfish", "root@idrac"] {
            let error = policy.resolve(bad).await.expect_err(bad);
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_name_for_this_machine_is_loopback() {
        let error = NetworkPolicy::private().resolve("localhost").await.expect_err("loopback");
        assert_eq!(error.kind(), ErrorKind::AddressRefused, "{error}");
        let found = NetworkPolicy::private().allow_loopback().resolve("localhost").await.expect("allowed");
        assert!(found.iter().all(IpAddr::is_loopback));
    }
}
