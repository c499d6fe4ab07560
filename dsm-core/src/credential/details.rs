//! Passwords that travel in a job's `details`: sealed while the job waits and runs, gone when it is over.
//!
//! Which values they are is told by their keys (`password`, `share_password`, `ssh_password`, …), at any depth. A job's
//! row in the store holds sealed texts in their place; its handler opens them with
//! [`Ctx::secret`](crate::Ctx::secret); whoever else reads the job is shown a placeholder. A number is a password too
//! where its key ends as one (`password`, not `password_expiry_days`).

use serde_json::{Map, Value};

use super::cipher::Cipher;
use super::sealed::{Form, Place};
use super::secret::Secret;
use crate::error::{Error, ErrorKind, Result};
use crate::id::JobId;

/// What readers are shown in place of a sealed text.
pub const SEALED: &str = "[sealed]";

/// What is left of it when the job is over.
pub const REMOVED: &str = "[removed]";

/// Parts of keys whose values are secrets, in small letters and digits alone.
const PARTS: &[&str] = &["password", "passwd", "passphrase", "passcode", "secret", "privatekey", "apikey"];

/// Likewise at the end of a key.
const ENDS: &[&str] = &["pwd", "token"];

/// What of the values below a key is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hides {
    Nothing,
    Texts,
    /// The key ends as a secret's: `password`, where `password_length` may count something.
    Numbers,
}

impl Hides {
    fn below(key: &str) -> Self {
        let folded: String = key
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        if PARTS.iter().chain(ENDS).any(|end| folded.ends_with(end)) {
            Self::Numbers
        } else if PARTS.iter().any(|part| folded.contains(part)) {
            Self::Texts
        } else {
            Self::Nothing
        }
    }
}

fn is_sealed(text: &str) -> bool {
    matches!(Form::of(text), Form::Ours { .. } | Form::Newer)
}

/// Whether there is a secret in a text.
fn is_kept(secret: bool, text: &str) -> bool {
    is_sealed(text) || (secret && !is_placeholder(text))
}

fn is_placeholder(text: &str) -> bool {
    text.is_empty() || text == SEALED || text == REMOVED
}

/// Shows every text, and every number that may be a secret, with its JSON pointer, and whether its key, or one above it, is
/// a secret's. The keys at the top below which something was changed.
fn walk(
    details: &mut Map<String, Value>,
    visit: &mut impl FnMut(&str, bool, &mut String) -> Result<bool>,
) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    for (key, value) in details.iter_mut() {
        if descend(value, &mut pointer_to("", key), Hides::below(key), visit)? {
            changed.push(key.clone());
        }
    }
    Ok(changed)
}

fn descend(
    value: &mut Value,
    pointer: &mut String,
    hides: Hides,
    visit: &mut impl FnMut(&str, bool, &mut String) -> Result<bool>,
) -> Result<bool> {
    let mut changed = false;
    match value {
        Value::String(text) => return visit(pointer, hides > Hides::Nothing, text),
        Value::Number(number) if hides == Hides::Numbers => {
            let mut text = number.to_string();
            changed = visit(pointer, true, &mut text)?;
            if changed {
                *value = Value::String(text);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                changed |=
                    descend(member, &mut pointer_to(pointer, key), hides.max(Hides::below(key)), visit)?;
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                changed |= descend(item, &mut format!("{pointer}/{at}"), hides, visit)?;
            }
        }
        _ => {}
    }
    Ok(changed)
}

fn pointer_to(above: &str, key: &str) -> String {
    format!("{above}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Seals what is not sealed yet. The keys at the top that changed.
pub(crate) fn seal(details: &mut Map<String, Value>, job: JobId, cipher: &Cipher) -> Result<Vec<String>> {
    walk(details, &mut |pointer, secret, text| {
        if !secret || is_sealed(text) || is_placeholder(text) {
            return Ok(false);
        }
        let plain = Secret::new(std::mem::take(text));
        *text = cipher.seal(&plain, Place::JobDetail(job, pointer))?.into_string();
        Ok(true)
    })
}

/// Takes secrets out, sealed or not: the job is over. The keys at the top that changed.
pub(crate) fn scrub(details: &mut Map<String, Value>) -> Vec<String> {
    replace(details, REMOVED)
}

/// As readers are shown them.
pub(crate) fn hide(details: &mut Map<String, Value>) {
    let _ = replace(details, SEALED);
}

/// The JSON pointer of the first secret, sealed or not.
pub(crate) fn first_secret(details: &Map<String, Value>) -> Option<String> {
    let mut found = None;
    let _ = walk(&mut details.clone(), &mut |pointer, secret, text| {
        if found.is_none() && is_kept(secret, text) {
            found = Some(pointer.to_owned());
        }
        Ok(false)
    });
    found
}

/// Whether there is a sealed text in it.
pub(crate) fn has_sealed(details: &Map<String, Value>) -> bool {
    !sealed_in(details).is_empty()
}

/// One text in place of another, wherever it is; whether it was there.
pub(crate) fn replace_text(details: &mut Map<String, Value>, from: &str, to: &str) -> bool {
    let changed = walk(details, &mut |_, _, text| {
        let is_it = text == from;
        if is_it {
            to.clone_into(text);
        }
        Ok(is_it)
    });
    changed.is_ok_and(|changed| !changed.is_empty())
}

fn replace(details: &mut Map<String, Value>, with: &str) -> Vec<String> {
    let changed = walk(details, &mut |_, secret, text| {
        let goes = is_kept(secret, text);
        if goes {
            drop(Secret::new(std::mem::replace(text, with.to_owned())));
        }
        Ok(goes)
    });
    // Nothing above fails.
    changed.unwrap_or_default()
}

/// Opens the value a JSON pointer leads to; nothing where there is none.
pub(crate) fn open(
    details: &Map<String, Value>,
    pointer: &str,
    job: JobId,
    cipher: &Cipher,
) -> Result<Option<Secret>> {
    let place = Place::JobDetail(job, pointer);
    let text = match at(details, pointer) {
        Some(Value::String(text)) if !text.is_empty() => text,
        Some(Value::Number(number)) => return Ok(Some(Secret::new(number.to_string()))),
        _ => return Ok(None),
    };
    match text.as_str() {
        REMOVED | SEALED => {
            Err(Error::new(ErrorKind::Cipher, "the password was removed when the job had ended")
                .about(place.to_string())
                .hint("enqueue the job anew, with the password"))
        }
        // Whatever is not sealed never left this process.
        text if !is_sealed(text) => Ok(Some(Secret::new(text))),
        text => cipher.open(text, place).map(Some),
    }
}

fn at<'a>(details: &'a Map<String, Value>, pointer: &str) -> Option<&'a Value> {
    let (first, rest) = pointer.strip_prefix('/')?.split_once('/').map_or_else(
        || (pointer.strip_prefix('/').unwrap_or_default(), String::new()),
        |(first, rest)| (first, format!("/{rest}")),
    );
    details.get(&first.replace("~1", "/").replace("~0", "~"))?.pointer(&rest)
}

/// Sealed texts and where they are.
pub(super) fn sealed_in(details: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut copy = details.clone();
    let _ = walk(&mut copy, &mut |pointer, _, text| {
        if is_sealed(text) {
            found.push((pointer.to_owned(), text.clone()));
        }
        Ok(false)
    });
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::credential::{KEY_LENGTH, Key};

    fn cipher() -> Cipher {
        Cipher::from_key(Key::new([7; KEY_LENGTH]))
    }

    fn details() -> Map<String, Value> {
        let details = json!({
            "username": "root",
            "password": "planted-7f",
            "share": {"a/b~c": {"share_password": "planted-7f"}, "name": "backups"},
            "steps": [{"ssh_password": "planted-7f"}, {"credentials": {"old_password": ["planted-7f", ""]}}],
            "credential_set_id": "of no interest",
            "use_saved_password": true,
            "password_hint": null,
        });
        match details {
            Value::Object(details) => details,
            _ => Map::new(),
        }
    }

    #[test]
    fn sealed_on_the_way_in_opened_by_pointer_and_gone_at_the_end() {
        let (mut row, job, cipher) = (details(), JobId::new(), cipher());
        assert_eq!(seal(&mut row, job, &cipher).expect("sealed"), ["password", "share", "steps"]);
        assert!(!format!("{row:?}").contains("planted"), "{row:?}");
        assert_eq!(row["credential_set_id"], "of no interest");
        assert!(seal(&mut row, job, &cipher).expect("nothing to do").is_empty());
        let pointers = [
            "/password",
            "/share/a~1b~0c/share_password",
            "/steps/0/ssh_password",
            "/steps/1/credentials/old_password/0",
        ];
        for pointer in pointers {
            let secret = open(&row, pointer, job, &cipher).expect("opened").expect("there");
            assert_eq!(secret.expose(), "planted-7f", "{pointer}");
        }
        assert_eq!(sealed_in(&row).iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(), pointers);
        for absent in [
            "",
            "/",
            "password",
            "/nobody",
            "/password/0",
            "/use_saved_password",
            "/steps/1/credentials/old_password/1",
        ] {
            assert!(open(&row, absent, job, &cipher).expect("no trouble").is_none(), "{absent}");
        }
        assert_eq!(
            open(&row, "/password", JobId::new(), &cipher).expect_err("another job").kind(),
            ErrorKind::Cipher
        );

        let mut shown = row.clone();
        hide(&mut shown);
        assert_eq!(
            (&shown["password"], &shown["steps"][0]["ssh_password"]),
            (&json!(SEALED), &json!(SEALED))
        );
        assert_eq!(scrub(&mut row), ["password", "share", "steps"]);
        assert!(!Value::from(row.clone()).to_string().contains("dsm1:"));
        assert!(scrub(&mut row).is_empty());
        let error = open(&row, "/password", job, &cipher).expect_err("removed");
        assert!(error.to_string().contains("enqueue the job anew"), "{error}");
    }

    #[test]
    fn what_others_inserted_is_scrubbed_though_nobody_sealed_it() {
        let mut row = details();
        assert_eq!(scrub(&mut row), ["password", "share", "steps"]);
        assert!(!format!("{row:?}").contains("planted"), "{row:?}");
    }

    #[test]
    fn a_number_is_a_password_where_its_key_ends_as_one() {
        let details = json!({"pin_passcode": 4711, "share": {"password": 17.5}, "password_expiry_days": 90,
                             "secrets": {"pins": [1, null, true]}, "port": 443});
        let (mut row, job, cipher) = (details.as_object().expect("one").clone(), JobId::new(), cipher());
        let open = |row: &Map<String, Value>, pointer| {
            open(row, pointer, job, &cipher).expect("opened").expect("there").expose().to_owned()
        };
        assert_eq!(open(&row, "/pin_passcode"), "4711", "before it is sealed");
        assert_eq!(seal(&mut row, job, &cipher).expect("sealed"), ["pin_passcode", "share"]);
        assert_eq!(
            (open(&row, "/pin_passcode"), open(&row, "/share/password")),
            ("4711".into(), "17.5".into())
        );
        assert_eq!((&row["password_expiry_days"], &row["port"]), (&json!(90), &json!(443)));
        assert_eq!(row["secrets"], details["secrets"], "a list of secrets is no secret's own key");
        let mut plain = details.as_object().expect("one").clone();
        hide(&mut plain);
        assert_eq!((&plain["pin_passcode"], &plain["share"]["password"]), (&json!(SEALED), &json!(SEALED)));
    }

    #[test]
    fn the_first_secret_is_found_by_its_place() {
        assert_eq!(first_secret(&details()).as_deref(), Some("/password"));
        let mut row = details();
        row.remove("password");
        assert_eq!(first_secret(&row).as_deref(), Some("/share/a~1b~0c/share_password"));
        hide(&mut row);
        assert_eq!(first_secret(&row), None, "placeholders are none");
        let stray = json!({"note": "dsm1:key:text"});
        assert_eq!(
            first_secret(stray.as_object().expect("one")).as_deref(),
            Some("/note"),
            "sealed elsewhere"
        );
    }

    #[test]
    fn keys_are_told_by_their_names() {
        for key in [
            "Password",
            "idrac_password",
            "sharePassword",
            "sshPwd",
            "bind-password",
            "api_key",
            "GraphToken",
        ] {
            assert_eq!(Hides::below(key), Hides::Numbers, "{key}");
        }
        for key in ["username", "credential_set_id", "token_count", "key", "session_id", "passed"] {
            assert_eq!(Hides::below(key), Hides::Nothing, "{key}");
        }
        for key in ["password_expiry_days", "secretsVersion", "passcode hint"] {
            assert_eq!(Hides::below(key), Hides::Texts, "{key}");
        }
    }
}
