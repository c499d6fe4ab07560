//! As much of OpenPGP (RFC 4880, RFC 9580) as a detached RSA signature of version 4 needs. Only reading: the arithmetic is ring's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

/// Longest file of keys or signatures that is looked at, in bytes.
const LONGEST: usize = 4 << 20;

/// What a file holds that is of use here.
pub(super) enum Packet {
    Key(RsaKey),
    Signature(RsaSignature),
}

/// An RSA key or subkey.
pub(super) struct RsaKey {
    pub(super) fingerprint: [u8; 20],
    pub(super) modulus: Vec<u8>,
    pub(super) exponent: Vec<u8>,
}

/// A signature over a document as it is.
pub(super) struct RsaSignature {
    /// OpenPGP's number of the hash algorithm.
    pub(super) hash: u8,
    /// What is hashed after the document.
    pub(super) trailer: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The packets of a file, in armour or without. What is not understood is passed over, for there may be much of it in a
/// key file: names, certifications, pictures. Damage ends the reading with nothing.
pub(super) fn read(file: &[u8]) -> Option<Vec<Packet>> {
    if file.len() > LONGEST {
        return None;
    }
    let bytes = match file.first()? {
        first if first & 0x80 != 0 => file.to_vec(),
        _ => unarmour(std::str::from_utf8(file).ok()?)?,
    };
    let mut rest = Bytes(&bytes);
    let mut packets = Vec::new();
    while !rest.0.is_empty() {
        let (tag, body) = rest.packet()?;
        packets.extend(match tag {
            6 | 14 => key(body).map(Packet::Key),
            2 => signature(body).map(Packet::Signature),
            _ => None,
        });
    }
    Some(packets)
}

fn key(body: &[u8]) -> Option<RsaKey> {
    let mut rest = Bytes(body);
    let (version, _created, algorithm) = (rest.byte()?, rest.take(4)?, rest.byte()?);
    // 1 is RSA for everything, 3 RSA for signatures.
    if version != 4 || ![1, 3].contains(&algorithm) {
        return None;
    }
    let (modulus, exponent) = (rest.number()?.to_vec(), rest.number()?.to_vec());
    let length = u16::try_from(body.len()).ok()?.to_be_bytes();
    let fingerprint =
        Sha1::new().chain_update([0x99]).chain_update(length).chain_update(body).finalize().into();
    Some(RsaKey { fingerprint, modulus, exponent })
}

fn signature(body: &[u8]) -> Option<RsaSignature> {
    let mut rest = Bytes(body);
    let (version, kind, algorithm, hash) = (rest.byte()?, rest.byte()?, rest.byte()?, rest.byte()?);
    // Kind 0 signs a document byte by byte; all other kinds mean something else.
    if version != 4 || kind != 0 || ![1, 3].contains(&algorithm) {
        return None;
    }
    let hashed_length = rest.short()?;
    let hashed = rest.take(hashed_length)?;
    if !is_understood(hashed)? {
        return None;
    }
    let unhashed_length = rest.short()?;
    rest.take(unhashed_length)?;
    let _first_of_hash = rest.take(2)?;
    let mut trailer = body.get(..6 + hashed_length)?.to_vec();
    let length = u32::try_from(trailer.len()).ok()?;
    trailer.extend([4, 0xff]);
    trailer.extend(length.to_be_bytes());
    Some(RsaSignature { hash, trailer, value: rest.number()?.to_vec() })
}

/// Whether nothing in the signed part of a signature is critical and unknown here. What only informs is passed over.
fn is_understood(hashed: &[u8]) -> Option<bool> {
    let mut rest = Bytes(hashed);
    while !rest.0.is_empty() {
        let length = rest.new_length()?;
        let kind = *rest.take(length)?.first()?;
        // Time of creation, issuer, key flags, signer, issuer's fingerprint.
        if kind & 0x80 != 0 && ![2, 16, 27, 28, 33].contains(&(kind & 0x7f)) {
            return Some(false);
        }
    }
    Some(true)
}

/// A file that is read from its front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn short(&mut self) -> Option<usize> {
        Some(usize::from(self.byte()?) << 8 | usize::from(self.byte()?))
    }

    fn long(&mut self) -> Option<usize> {
        Some(self.short()? << 16 | self.short()?)
    }

    /// A length as packets of the new format and subpackets have it. Lengths in pieces are for data, not for keys.
    fn new_length(&mut self) -> Option<usize> {
        match self.byte()? {
            first @ 0..192 => Some(usize::from(first)),
            first @ 192..224 => Some(((usize::from(first) - 192) << 8) + usize::from(self.byte()?) + 192),
            255 => self.long(),
            224..255 => None,
        }
    }

    fn packet(&mut self) -> Option<(u8, &'a [u8])> {
        let head = self.byte()?;
        let (tag, length) = match (head & 0xc0, head & 3) {
            (0xc0, _) => (head & 0x3f, self.new_length()?),
            (0x80, 0) => (head >> 2 & 0xf, usize::from(self.byte()?)),
            (0x80, 1) => (head >> 2 & 0xf, self.short()?),
            (0x80, 2) => (head >> 2 & 0xf, self.long()?),
            _ => return None,
        };
        Some((tag, self.take(length)?))
    }

    /// A number of as many bits as the two bytes before it say, without zeros in front.
    fn number(&mut self) -> Option<&'a [u8]> {
        let bits = self.short()?;
        let number = self.take(bits.div_ceil(8))?;
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        number.get(zeros..)
    }
}

/// The bytes inside of ASCII armour, if their checksum holds.
fn unarmour(text: &str) -> Option<Vec<u8>> {
    let mut lines = text.lines().map(str::trim).skip_while(|line| !line.starts_with("-----BEGIN PGP "));
    lines.next()?;
    // Headers end with an empty line.
    let mut lines = lines.skip_while(|line| !line.is_empty()).skip(1);
    let (mut base64, mut sum) = (String::new(), None);
    loop {
        let line = lines.next()?;
        if line.starts_with("-----END PGP ") {
            break;
        }
        match line.strip_prefix('=').filter(|rest| rest.len() == 4) {
            Some(check) => sum = Some(STANDARD.decode(check).ok()?),
            None => base64.push_str(line),
        }
    }
    let bytes = STANDARD.decode(base64).ok()?;
    let is_whole = sum.is_none_or(|sum| sum == crc24(&bytes).to_be_bytes().get(1..).unwrap_or_default());
    is_whole.then_some(bytes)
}

/// The checksum of ASCII armour.
fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00b7_04ce, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 16, |sum, _| {
            let shifted = sum << 1;
            if shifted & 0x0100_0000 != 0 { shifted ^ 0x0186_4cfb } else { shifted }
        }) & 0x00ff_ffff
    })
}
