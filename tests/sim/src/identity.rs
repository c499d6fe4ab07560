//! Who a server is: everything follows from its service tag, and the tag from its address.
//!
//! A server that moves to another address keeps its tag ([`crate::ServerSpec::identity`]) and with it
//! its serial numbers and MAC addresses, as real hardware does.

use std::net::IpAddr;

/// Letters and digits of the tags; Dell's carry no vowels.
const ALPHABET: &[u8; 31] = b"BCDFGHJKLMNPQRSTVWXYZ0123456789";

/// The facts that tell one server from another of the same tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    tag: String,
    number: u32,
    seed: u64,
}

impl Identity {
    /// Different IPv4 addresses always give different tags: the mixing below is a bijection.
    pub(crate) fn from_address(address: IpAddr) -> Self {
        let number = match address {
            IpAddr::V4(v4) => u32::from(v4),
            IpAddr::V6(v6) => {
                let bits = u128::from(v6);
                mix64((bits >> 64) as u64 ^ mix64(bits as u64)) as u32
            }
        };
        let mut n = u64::from(mix32(number));
        let mut tag = [0_u8; 7];
        for slot in tag.iter_mut().rev() {
            *slot = ALPHABET[(n % 31) as usize];
            n /= 31;
        }
        Self::from_tag(&String::from_utf8_lossy(&tag))
    }

    pub(crate) fn from_tag(tag: &str) -> Self {
        let tag = tag.to_ascii_uppercase();
        let seed = tag.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| mix64(h ^ u64::from(b)));
        let decoded = tag.bytes().try_fold(0_u64, |n, b| {
            let digit = ALPHABET.iter().position(|a| *a == b)? as u64;
            n.checked_mul(31)?.checked_add(digit)
        });
        let number = decoded.and_then(|n| u32::try_from(n).ok()).unwrap_or(seed as u32);
        Self { tag, number, seed }
    }

    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Locally administered, so no vendor's range is borrowed; `index` counts the server's ports.
    pub(crate) fn mac(&self, index: u8) -> String {
        let [a, b, c, d] = self.number.to_be_bytes();
        format!("D2:{a:02X}:{b:02X}:{c:02X}:{d:02X}:{index:02X}")
    }

    /// Dell derives the SMBIOS UUID from the letters of the tag.
    pub(crate) fn uuid(&self) -> String {
        let mut t = [b'0'; 7];
        for (slot, byte) in t.iter_mut().zip(self.tag.bytes()) {
            *slot = byte;
        }
        format!(
            "4c4c4544-00{:02x}-{:02x}10-80{:02x}-{:02x}c04f{:02x}{:02x}{:02x}",
            t[1],
            t[2],
            t[3],
            t[0] | 0x80,
            t[4],
            t[5],
            t[6]
        )
    }

    /// The tag read as a base-36 number.
    pub(crate) fn express_service_code(&self) -> String {
        let code = self.tag.bytes().fold(0_u64, |n, b| {
            let digit =
                if b.is_ascii_digit() { b - b'0' } else { b.to_ascii_uppercase().saturating_sub(b'A') + 10 };
            n.wrapping_mul(36).wrapping_add(u64::from(digit))
        });
        code.to_string()
    }

    /// A serial number: `kind` is the part's letter code, `index` counts parts of that kind.
    pub(crate) fn serial(&self, kind: &str, index: u32) -> String {
        let salt = kind.bytes().fold(u64::from(index), |h, b| mix64(h ^ u64::from(b)));
        let value = mix64(self.seed ^ salt);
        match kind {
            "dimm" => format!("{:08X}", value as u32),
            "board" => format!("CNSIM00{:08X}", value as u32),
            "ppin" => format!("{value:016X}"),
            "wwn" => format!("5{:015X}", value >> 4),
            _ => format!("{}{:012X}", kind.to_ascii_uppercase(), value >> 16),
        }
    }
}

/// A bijection of 32 bits that spreads neighbours apart.
const fn mix32(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// SplitMix64's finaliser: cheap, well spread, the same on every machine.
pub(crate) const fn mix64(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::net::Ipv4Addr;

    #[test]
    fn a_whole_16_has_distinct_tags_and_macs() {
        let ids: Vec<Identity> = (0..=u16::MAX)
            .map(|n| Identity::from_address(Ipv4Addr::from(0x7f14_0000 + u32::from(n)).into()))
            .collect();
        let tags: HashSet<&str> = ids.iter().map(Identity::tag).collect();
        let macs: HashSet<String> = ids.iter().map(|i| i.mac(0)).collect();
        assert_eq!((tags.len(), macs.len()), (65_536, 65_536));
        assert!(tags.iter().all(|t| t.len() == 7));
    }

    #[test]
    fn a_tag_carries_the_whole_identity() {
        let here = Identity::from_address(Ipv4Addr::new(127, 20, 0, 9).into());
        let moved = Identity::from_tag(here.tag());
        assert_eq!(here, moved);
        assert_eq!(here.serial("dimm", 3), moved.serial("dimm", 3));
    }

    #[test]
    fn uuid_spells_the_tag() {
        assert_eq!(Identity::from_tag("ABC1234").uuid(), "4c4c4544-0042-4310-8031-c1c04f323334");
    }
}
