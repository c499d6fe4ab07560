//! Packages held to their hashes.

use super::*;
use crate::ErrorKind;
use crate::catalog::{HashStrength, Package, verify, verify_file};

const MD5: &str = "hashMD5='900150983cd24fb0d6963f7d28e17f72'";
const SHA1: &str = "<Hash algorithm='SHA1'>a9993e364706816aba3e25717850c26c9cd0d89d</Hash>";
const SHA256: &str =
    "<Hash algorithm='SHA256'>BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD</Hash>";
const SHA384: &str = "<Hash algorithm='SHA384'>cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
    8086072ba1e7cc2358baeca134c825a7</Hash>";
const SHA512: &str = "<Hash algorithm='SHA-512'>ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
    2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f</Hash>";

/// The package `abc` with these hashes.
fn abc(attributes: &str, hashes: &str) -> Package {
    let xml = format!(
        "<SoftwareComponent path='x/abc.exe' {attributes}><Cryptography>{hashes}</Cryptography></SoftwareComponent>"
    );
    read(&document(&xml)).unwrap().packages()[0].clone()
}

#[test]
fn the_strongest_listed_hash_decides() {
    for (package, strength) in [
        (abc(MD5, ""), HashStrength::Weak),
        (abc(MD5, SHA1), HashStrength::Weak),
        (abc(MD5, SHA256), HashStrength::Strong),
        (abc("", SHA384), HashStrength::Strong),
        (abc("size='3'", &format!("{SHA1}{SHA512}{SHA256}")), HashStrength::Strong),
    ] {
        assert_eq!(verify(&package, &b"abc"[..]).unwrap(), strength);
        let error = verify(&package, &b"abd"[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("not the package of the catalogue"), "{error}");
        assert!(error.to_string().contains("abc.exe"), "{error}");
    }
    // A weak hash that fits does not help against a strong one that does not.
    let forged = abc(MD5, &SHA256.replace("BA78", "0000"));
    assert!(verify(&forged, &b"abc"[..]).is_err());
}

#[test]
fn a_package_without_a_hash_or_of_another_size_is_refused() {
    assert!(verify(&abc("", ""), &b"abc"[..]).unwrap_err().to_string().contains("no hash"));
    let error = verify(&abc("size='4'", SHA256), &b"abc"[..]).unwrap_err();
    assert!(error.to_string().contains("3 bytes, the catalogue lists 4"), "{error}");
}

#[test]
fn a_file_is_read_to_its_end() {
    let path = std::env::temp_dir().join(format!("catalog-package-{}", std::process::id()));
    assert_eq!(verify_file(&abc("", SHA256), &path).unwrap_err().kind(), ErrorKind::InvalidInput);
    std::fs::write(&path, vec![b'a'; 1_000_000]).unwrap();
    let million =
        "<Hash algorithm='SHA256'>cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0</Hash>";
    assert_eq!(verify_file(&abc("size='1000000'", million), &path).unwrap(), HashStrength::Strong);
    std::fs::remove_file(&path).unwrap();
}
