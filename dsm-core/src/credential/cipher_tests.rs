//! One ring of keys.

use zeroize::Zeroizing;

use super::*;
use crate::credential::KEY_LENGTH;
use crate::id::{CredentialSetId, JobId, ServerId};

fn cipher(byte: u8) -> Cipher {
    Cipher::from_key(Zeroizing::new([byte; KEY_LENGTH]))
}

#[test]
fn opens_what_it_sealed_and_never_seals_the_same_twice() {
    let (cipher, id) = (cipher(1), CredentialSetId::new());
    for password in ["calvin", "", "pa\\ss\\x41", "pässwörd 🔑", &"x".repeat(10_000)] {
        let secret = Secret::new(password);
        let (one, two) = (
            cipher.seal(&secret, Place::CredentialSet(id)).expect("sealed"),
            cipher.seal(&secret, Place::CredentialSet(id)).expect("sealed"),
        );
        assert_ne!(one, two);
        assert!(one.as_str().starts_with(&format!("dsm1:{}:", cipher.key_id())));
        assert!(password.is_empty() || !one.as_str().contains(password));
        assert_eq!(cipher.open(two.as_str(), Place::CredentialSet(id)).expect("opened"), secret);
    }
}

#[test]
fn a_ciphertext_opens_in_its_own_place_only() {
    let cipher = cipher(1);
    let id = uuid::Uuid::now_v7();
    let row = id.to_string();
    let places = [
        Place::CredentialSet(CredentialSetId(id)),
        Place::Server(ServerId(id)),
        Place::ServerTag(&row),
        Place::ServerTag("7ABCDE1"),
        Place::Other { column: "credential_sets.password_encrypted", row: &row },
        Place::JobDetail(JobId(id), "/password"),
        Place::JobDetail(JobId(id), "/share/password"),
        Place::Other { column: "a:1", row: "b" },
        Place::Other { column: "a", row: "1:b" },
    ];
    for sealed_for in places {
        let sealed = cipher.seal(&Secret::new("planted-7f"), sealed_for).expect("sealed");
        for place in places {
            let opened = cipher.open(sealed.as_str(), place);
            assert_eq!(opened.is_ok(), place == sealed_for, "{sealed_for} in {place}");
            if let Err(error) = opened {
                assert_eq!(error.subject(), Some(place.to_string().as_str()));
            }
        }
    }
}

#[test]
fn another_key_is_named_and_the_way_out_with_it() {
    let (place, secret) = (Place::Server(ServerId::new()), Secret::new("planted-7f"));
    let sealed = cipher(1).seal(&secret, place).expect("sealed");
    let error = cipher(2).open(sealed.as_str(), place).expect_err("another key");
    assert_eq!(error.kind(), ErrorKind::Cipher);
    let text = format!("{error} {error:?}");
    assert!(text.contains(&cipher(1).key_id()) && text.contains(&cipher(2).key_id()), "{text}");
    assert!(text.contains("put the key file back") && !text.contains("planted"), "{text}");
}

#[test]
fn damage_anywhere_is_an_error_and_never_a_panic() {
    let (cipher, place) = (cipher(1), Place::Server(ServerId::new()));
    let sealed = cipher.seal(&Secret::new("planted-7f"), place).expect("sealed").into_string();
    for at in 0..sealed.len() {
        for other in ['A', 'B', ':', '0'] {
            let mut damaged = sealed.clone();
            damaged.replace_range(at..=at, &other.to_string());
            if damaged != sealed {
                let error = cipher.open(&damaged, place).expect_err("damaged");
                assert_eq!(error.kind(), ErrorKind::Cipher);
            }
        }
        cipher.open(&sealed[..at], place).expect_err("cut off");
    }
    for nonsense in ["", "calvin", "dsm1", "dsm1::", "dsm2:aa:bb", "md+L5w3djs6IymPpoTz/YQ=="] {
        cipher.open(nonsense, place).expect_err(nonsense);
    }
    cipher.open(&format!("{sealed}\n"), place).expect("a line end does no harm");
}

#[test]
fn a_key_file_gives_the_same_cipher_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dsm.db.key");
    assert!(Cipher::load(&path).expect_err("not there yet").to_string().contains("put the key file back"));
    let place = Place::Server(ServerId::new());
    let first = Cipher::load_or_create(&path).expect("made");
    let sealed = first.seal(&Secret::new("planted-7f"), place).expect("sealed");
    let again = Cipher::load(&path).expect("read");
    assert_eq!(again.open(sealed.as_str(), place).expect("opened").expose(), "planted-7f");
    assert_eq!(format!("{again:?} {sealed:?}"), "Cipher(…) SealedText(…)");
}

#[test]
fn an_older_key_opens_and_the_first_seals() {
    let place = Place::Server(ServerId::new());
    let key = |byte| Zeroizing::new([byte; KEY_LENGTH]);
    let secret = Secret::new("planted-7f");
    let before = cipher(1).seal(&secret, place).expect("sealed");
    let ring = Cipher::from_keys(Keys { current: key(2), older: vec![key(1), key(2)] });
    assert_eq!(ring.key_ids(), [cipher(2).key_id(), cipher(1).key_id()], "none twice");
    assert_eq!(ring.open(before.as_str(), place).expect("opened"), secret);
    assert_eq!(ring.standing(before.as_str()), Standing::OtherKey);
    let now = ring.seal(&secret, place).expect("sealed");
    assert!(ring.standing(now.as_str()) == Standing::Current && cipher(1).open(now.as_str(), place).is_err());

    assert_eq!(ring.seal_with(&key(3)), cipher(3).key_id());
    assert_eq!(
        ring.open(before.as_str(), place).and(ring.open(now.as_str(), place)).expect("opened"),
        secret
    );
    assert_eq!(ring.seal_with(&key(1)), cipher(1).key_id(), "a key may come back");
    assert_eq!(ring.key_ids(), [1, 3, 2].map(|byte| cipher(byte).key_id()));
    assert_eq!(ring.forget_older(), [3, 2].map(|byte| cipher(byte).key_id()));
    assert_eq!(ring.open(now.as_str(), place).expect_err("forgotten").kind(), ErrorKind::Cipher);
}

#[test]
fn the_existing_systems_form_is_read_with_its_key_and_written_on_demand() {
    let ring = cipher(1);
    let place = Place::CredentialSet(CredentialSetId::new());
    let stored = "md+L5w3djs6IymPpoTz/YQ==";
    let error = ring.open(stored, place).expect_err("no key");
    assert!(error.to_string().contains("encryption_key"), "{error}");
    assert!(ring.write_old_format(true).is_err());
    let bytes: Vec<u8> = (0..32).collect();
    ring.accept_old(OldKey::from_bytes(&bytes).expect("a key"));
    assert_eq!(ring.open(stored, place).expect("opened").expose(), "calvin");
    let error = ring.open("md+L5w3djs6IymPpoTz/YR==", place).expect_err("damaged");
    assert_eq!(error.subject(), Some(place.to_string().as_str()));
    ring.write_old_format(true).expect("there is a key");
    assert_eq!(ring.seal(&Secret::new("calvin"), place).expect("sealed").as_str(), stored);
    let detail =
        ring.seal(&Secret::new("calvin"), Place::JobDetail(JobId::new(), "/password")).expect("sealed");
    assert!(detail.as_str().starts_with("dsm1:"), "only what that system reads is written for it");
    assert!(ring.seal_anew(&Secret::new("calvin"), place).expect("sealed").as_str().starts_with("dsm1:"));
    assert!(ring.open("dsm2:aa:bb", place).expect_err("newer").to_string().contains("newer version"));
}
