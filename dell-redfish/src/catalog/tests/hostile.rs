//! Catalogues that mean harm, or that are none.

use super::reading::packed;
use super::*;
use crate::ErrorKind;

fn small() -> CatalogLimits {
    CatalogLimits {
        unpacked_bytes: 1 << 20,
        token_bytes: 4096,
        depth: 8,
        components: 10,
        kept_bytes: 64 << 10,
    }
}

fn within_small(inside: &str) -> Option<String> {
    let outcome = Catalog::read(document(inside).as_bytes(), &small());
    outcome.err().map(|error| {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.chain()
    })
}

#[test]
fn what_is_no_catalogue_is_refused() {
    for (text, why) in [
        ("", "no XML"),
        ("hello", "no XML"),
        ("<html></html>", "\"html\""),
        ("<Manifest>", "ends in the middle"),
        ("<Manifest><SoftwareComponent path='a'></Manifest>", "cannot be read"),
        ("<Manifest></Wrong>", "cannot be read"),
        ("<Manifest version=>", "cannot be read"),
        ("MSCF\0\0", "cabinet"),
        ("<!DOCTYPE Manifest [<!ENTITY a 'b'>]><Manifest version='&a;'/>", "document type"),
        ("<!DOCTYPE Manifest SYSTEM 'file:///etc/passwd'><Manifest/>", "document type"),
        ("<Manifest version='&a;'/>", "cannot be read"),
        ("<Manifest>&a;</Manifest>", "entity"),
    ] {
        let error = refused(text);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
        assert!(error.chain().contains(why), "{text}: {}", error.chain());
    }
}

#[test]
fn every_limit_holds() {
    assert_eq!(within_small(&package("a", "1", "", &component(1))), None);
    for (why, inside) in [
        ("nested", "<a>".repeat(20) + &"</a>".repeat(20)),
        ("more packages", "<SoftwareComponent path='a'/>".repeat(12)),
        ("tag or text", format!("<a b='{}'/>", "x".repeat(10_000))),
        ("tag or text", format!("<a {}/>", "b='' ".repeat(2_000))),
        ("tag or text", format!("<a>{}</a>", "x".repeat(10_000))),
        ("tag or text", format!("<!--{}-->", "x".repeat(10_000))),
        ("tag or text", format!("<a><![CDATA[{}]]></a>", "x".repeat(10_000))),
        (
            "a text",
            format!(
                "<SoftwareComponent path='a'><Name><Display>{}</Display></Name></SoftwareComponent>",
                format!("<![CDATA[{}]]>", "x".repeat(1_000)).repeat(10)
            ),
        ),
        ("more memory", package("a", "1", "", &(1..10_000).map(component).collect::<String>())),
        ("longer than allowed", " ".repeat(4000).repeat(300).replace("    ", "<a/>")),
    ] {
        let error = within_small(&inside).unwrap_or_else(|| panic!("{why}: allowed"));
        assert!(error.contains(why), "{why}: {error}");
    }
    let hashes = "<Hash algorithm='MD5'>00112233445566778899aabbccddeeff</Hash>".repeat(2_000);
    let error = within_small(&format!(
        "<SoftwareComponent path='a'><Cryptography>{hashes}</Cryptography></SoftwareComponent>"
    ));
    assert!(error.unwrap().contains("more memory"));
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused_on_the_way() {
    let bomb = packed(format!("<Manifest>{}</Manifest>", "<a/>".repeat(4 << 20)).as_bytes());
    assert!(bomb.len() < 1 << 20);
    let error = Catalog::read(bomb.as_slice(), &small()).unwrap_err();
    assert!(error.chain().contains("longer than allowed"), "{}", error.chain());
    // Packed twice is not unpacked twice.
    assert!(Catalog::read(packed(&packed(b"<Manifest/>")).as_slice(), &small()).is_err());
    let cut = packed(document("").as_bytes());
    assert!(Catalog::read(&cut[..cut.len() - 9], &small()).is_err());
}

#[test]
fn nonsense_of_every_kind_ends_in_an_error_or_a_catalogue() {
    let text =
        document(&package("a/b.exe", "1.2", "size='7'", &(component(159) + &card(["1", "2", "3", "4"]))));
    let whole = packed(text.as_bytes());
    for nth in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[nth] = bytes[nth].wrapping_mul(31).wrapping_add(7);
        let _ = Catalog::read(bytes.as_slice(), &small());
        let _ = Catalog::read(&text.as_bytes()[..nth], &small());
    }
    for nth in 0..whole.len() {
        assert!(Catalog::read(&whole[..nth], &small()).is_err(), "cut at {nth}");
    }
}
