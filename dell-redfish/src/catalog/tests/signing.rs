//! Signatures made with GnuPG by a key that exists for these tests only.

use crate::catalog::Keyring;

const KEY: &[u8] = include_bytes!("key.asc");
const DOCUMENT: &[u8] = b"<Manifest version=\"1.0\"/>\n";
const SHA512: &[u8] = include_bytes!("sha512.sign");
const SHA256: &[u8] = include_bytes!("sha256.sign");
const SUBKEY: &str = "9E9A5D0CF3A14960654506C57BFD581C4926CD4F";

#[test]
fn a_signature_by_a_key_in_the_ring_holds() {
    let ring = Keyring::parse(KEY).unwrap();
    assert_eq!(ring.fingerprints().count(), 2);
    // In armour and SHA-512, without armour and SHA-256; by the subkey, as GnuPG prefers.
    assert_eq!(ring.verify(DOCUMENT, SHA512).unwrap(), SUBKEY);
    assert_eq!(ring.verify(DOCUMENT, SHA256).unwrap(), SUBKEY);
}

#[test]
fn nothing_else_holds() {
    let ring = Keyring::parse(KEY).unwrap();
    let refused =
        |document: &[u8], signature: &[u8]| ring.verify(document, signature).unwrap_err().to_string();
    assert!(refused(b"<Manifest version=\"1.1\"/>\n", SHA512).contains("not of this document"));
    assert!(refused(&DOCUMENT[1..], SHA256).contains("not of this document"));
    assert!(refused(b"", SHA256).contains("not of this document"));
    // SHA-1, and a signature over a text whose line ends do not count.
    assert!(refused(DOCUMENT, include_bytes!("sha1.sign")).contains("not of this document"));
    assert!(refused(DOCUMENT, include_bytes!("text.sign")).contains("no detached"));
    for nonsense in [&b""[..], b"hello", KEY, b"-----BEGIN PGP SIGNATURE-----", &[0x89, 0xff, 0xff, 0xff]] {
        assert!(refused(DOCUMENT, nonsense).contains("no detached"));
    }
    for file in [&b""[..], SHA512, b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n=AAAA\n-----END PGP"] {
        assert!(Keyring::parse(file).is_err());
    }
}

#[test]
fn damage_anywhere_is_noticed() {
    let ring = Keyring::parse(KEY).unwrap();
    // The issuer in the unsigned part and the first two bytes of the hash are hints only.
    let hints = 40..55;
    for nth in 0..SHA256.len() {
        let mut damaged = SHA256.to_vec();
        damaged[nth] ^= 0x55;
        assert!(ring.verify(DOCUMENT, &damaged).is_err() || hints.contains(&nth), "byte {nth}");
        assert!(ring.verify(DOCUMENT, &SHA256[..nth]).is_err(), "cut at {nth}");
    }
    let text = std::str::from_utf8(KEY).unwrap();
    for nth in (0..text.len()).step_by(7) {
        let mut damaged = KEY.to_vec();
        damaged[nth] ^= 1;
        let _ = Keyring::parse(&damaged);
        let _ = Keyring::parse(&KEY[..nth]);
    }
}
