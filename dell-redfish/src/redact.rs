//! Takes secrets out of bodies before anybody stores or prints them.
//!
//! Works on the structure where there is one: JSON keys at any depth, the `Name`/`Value` pairs of a Server
//! Configuration Profile, JSON and XML inside strings, passwords inside URLs. Text that does not parse is
//! searched for the same names. User names stay. A Server Configuration Profile goes as a whole: it says how to get into
//! everything the server is connected to.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::{Map, Value};

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Parts of names whose values are secret wherever they occur.
const SECRET_PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "privatekey",
    "apikey",
    "authorization",
    "cookie",
    "communitystring",
    "communityname",
    "agentcommunity",
];

/// Names that are secret as a whole, or at the end of a longer one.
const SECRET_ENDS: &[&str] = &[
    "pwd",
    "encryptionkey",
    "authenticationkey",
    "securitykey",
    "plaintextkey",
    "keymaterial",
    "sharedkey",
    "oldkey",
    "newkey",
    "ipmikey",
    "v3key",
    "controllerkey",
    "passwordsalt",
    // One half of what opens a console once.
    "tempusername",
];

/// A body without its secrets. `extra` names further keys, compared without case. A body that mentions none is
/// handed back as it is, without a copy.
#[must_use]
pub fn redact(body: &Bytes, extra: &[&str]) -> Bytes {
    if extra.is_empty() && !is_suspicious(body) {
        return body.clone();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(mut document) => {
            clean(&mut document, extra);
            Bytes::from(document.to_string())
        }
        Err(_) if holds_profile(&String::from_utf8_lossy(body)) => Bytes::from_static(REDACTED.as_bytes()),
        Err(_) => match redact_text_with(&String::from_utf8_lossy(body), extra) {
            Cow::Borrowed(_) if std::str::from_utf8(body).is_ok() => body.clone(),
            text => Bytes::from(text.into_owned()),
        },
    }
}

/// Text without its secrets: `Password=…`, `"token": "…"`, `<Password>…</Password>`, `https://user:…@host`.
#[must_use]
pub fn redact_text(text: &str) -> Cow<'_, str> {
    redact_text_with(text, &[])
}

/// Whether a JSON key, XML name or variable is one whose value is secret. `UserName` is not.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let folded: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    SECRET_PARTS.iter().any(|part| folded.contains(part))
        || SECRET_ENDS.iter().any(|end| folded.ends_with(end))
}

/// The secrets of a request's JSON body, to be taken out of an error reply that repeats them.
pub(crate) fn secrets_of(body: &[u8], extra: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(document) = serde_json::from_slice::<Value>(body) {
        let mut cleaned = document.clone();
        clean(&mut cleaned, extra);
        collect_removed(&document, &cleaned, &mut found);
    }
    found
}

/// Where two documents differ because one was cleaned, the texts that went.
fn collect_removed(before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            before
                .iter()
                .zip(after)
                .for_each(|((_, before), (_, after))| collect_removed(before, after, found));
        }
        (Value::Array(before), Value::Array(after)) => {
            before.iter().zip(after).for_each(|(before, after)| collect_removed(before, after, found));
        }
        (Value::Object(members), _) => {
            members.values().for_each(|member| collect_removed(member, &Value::Null, found));
        }
        (Value::Array(items), _) => items.iter().for_each(|item| collect_removed(item, &Value::Null, found)),
        // Shorter texts would tear holes into words, and no iDRAC accepts such a password.
        (Value::String(secret), after) if secret.len() >= 4 && before != after => found.push(secret.clone()),
        _ => {}
    }
}

/// Takes these secrets out of a reply, as they are and as JSON writes them.
pub(crate) fn scrub(body: Bytes, secrets: &[String]) -> Bytes {
    if secrets.is_empty() || body.is_empty() {
        return body;
    }
    let mut text = String::from_utf8_lossy(&body).into_owned();
    let mut changed = false;
    for secret in secrets {
        let coded = Value::from(secret.as_str()).to_string();
        for form in [secret.as_str(), coded.trim_matches('"')] {
            if !form.is_empty() && text.contains(form) {
                text = text.replace(form, REDACTED);
                changed = true;
            }
        }
    }
    if changed { Bytes::from(text) } else { body }
}

/// Whether a text is, or has in it, a Server Configuration Profile as XML, or as JSON that was cut off.
fn holds_profile(text: &str) -> bool {
    text.contains("<SystemConfiguration") || text.contains("\"SystemConfiguration\"")
}

fn is_secret(name: &str, extra: &[&str]) -> bool {
    name == "SystemConfiguration"
        || is_secret_name(name)
        || extra.iter().any(|key| key.eq_ignore_ascii_case(name))
}

/// A quick look for anything worth a closer one.
fn is_suspicious(body: &[u8]) -> bool {
    const SIGNS: &[&[u8]] = &[
        b"passw",
        b"passphrase",
        b"passcode",
        b"pwd",
        b"secret",
        b"token",
        b"credential",
        b"key",
        b"authoriz",
        b"cookie",
        b"community",
        b"systemconfiguration",
        b"tempuser",
    ];
    let mut at_sign_counts = false;
    body.iter().enumerate().any(|(index, byte)| match byte.to_ascii_lowercase() {
        b'p' | b's' | b't' | b'c' | b'k' | b'a' => SIGNS.iter().any(|sign| {
            body.get(index..index + sign.len()).is_some_and(|part| part.eq_ignore_ascii_case(sign))
        }),
        b':' if body[index..].starts_with(b"://") || body[index..].starts_with(b":\\/\\/") => {
            at_sign_counts = true;
            false
        }
        b'"' | b' ' => {
            at_sign_counts = false;
            false
        }
        b'@' => at_sign_counts,
        _ => false,
    })
}

fn clean(value: &mut Value, extra: &[&str]) {
    match value {
        Value::Object(members) => clean_object(members, extra),
        Value::Array(items) => items.iter_mut().for_each(|item| clean(item, extra)),
        Value::String(text) => {
            if let Some(cleaned) = clean_string(text, extra) {
                *text = cleaned;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn clean_object(members: &mut Map<String, Value>, extra: &[&str]) {
    // {"Name": "Users.2#Password", "Value": "…"}: the name of the secret is itself a value.
    let names_secret = ["Name", "AttributeName", "Attribute", "Key"]
        .iter()
        .any(|key| members.get(*key).and_then(Value::as_str).is_some_and(|name| is_secret(name, extra)));
    for (key, value) in members.iter_mut() {
        let hidden = is_secret(key, extra)
            || names_secret
                && matches!(
                    key.as_str(),
                    "Value" | "SetValue" | "AttributeValue" | "CurrentValue" | "NewValue" | "OldValue"
                );
        match value {
            Value::Null | Value::Bool(_) if hidden => {}
            _ if hidden => *value = Value::String(REDACTED.to_owned()),
            _ => clean(value, extra),
        }
    }
}

fn clean_string(text: &str, extra: &[&str]) -> Option<String> {
    if holds_profile(text) {
        return Some(REDACTED.to_owned());
    }
    if text.trim_start().starts_with(['{', '['])
        && let Ok(mut inner) = serde_json::from_str::<Value>(text)
    {
        clean(&mut inner, extra);
        return Some(inner.to_string());
    }
    match redact_text_with(text, extra) {
        Cow::Borrowed(_) => None,
        Cow::Owned(cleaned) => Some(cleaned),
    }
}

fn redact_text_with<'a>(text: &'a str, extra: &[&str]) -> Cow<'a, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < text.len() {
        let (next, secret) = scan(text, at, extra);
        if let Some((from, to)) = secret {
            out.push_str(&text[copied..from]);
            out.push_str(REDACTED);
            copied = to;
        }
        at = next;
    }
    if copied == 0 && out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Looks at one name, URL or character from `at` on: where to go on, and the secret that was found, if any.
fn scan(text: &str, at: usize, extra: &[&str]) -> (usize, Option<(usize, usize)>) {
    let rest = &text[at..];
    if let Some(after) = rest.strip_prefix("://").or_else(|| rest.strip_prefix(":\\/\\/")) {
        let start = at + rest.len() - after.len();
        return match url_password(after) {
            Some((from, to)) => (start + to, Some((start + from, start + to))),
            None => (start, None),
        };
    }
    let name_len = rest.find(|letter: char| !is_name_letter(letter)).unwrap_or(rest.len());
    if name_len == 0 {
        return (at + rest.chars().next().map_or(1, char::len_utf8), None);
    }
    let name = &rest[..name_len];
    let end = at + name_len;
    if !is_secret(name, extra) {
        return (end, None);
    }
    match assigned(&text[end..], name) {
        Some((from, to)) if from < to => (end + to, Some((end + from, end + to))),
        _ => (end, None),
    }
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '#' | '-')
}

/// The value after a secret's name: `": "…"`, `=…`, `>…<`, with quotes that may themselves be escaped.
fn assigned(rest: &str, name: &str) -> Option<(usize, usize)> {
    let quotes =
        |text: &str| text.len() - text.trim_start_matches(['\\', '"', '\'', ' ', '\t', '\r', '\n']).len();
    let sign_at = quotes(rest);
    let sign = rest[sign_at..].chars().next().filter(|sign| matches!(sign, ':' | '=' | '>'))?;
    let after = sign_at + 1;
    let lead = &rest[after..after + if sign == '>' { 0 } else { quotes(&rest[after..]) }];
    let from = after + lead.len();
    let value = &rest[from..];
    let quote = lead.chars().next_back().filter(|quote| matches!(quote, '"' | '\''));
    let length = match (sign, quote) {
        ('>', _) => value.find('<').unwrap_or(value.len()),
        (_, Some(quote)) => quoted_length(value, quote, lead.matches('\\').count()),
        // A header's value has blanks in it.
        _ if name.to_ascii_lowercase().ends_with("authorization") => {
            value.find(['\r', '\n']).unwrap_or(value.len())
        }
        _ => value
            .find(|letter: char| {
                letter.is_whitespace() || matches!(letter, ',' | ';' | '&' | '<' | '>' | '}' | ']')
            })
            .unwrap_or(value.len()),
    };
    Some((from, from + length))
}

/// Up to the quote that closes a value whose opening quote had `escapes` backslashes before it.
fn quoted_length(value: &str, quote: char, escapes: usize) -> usize {
    let mut backslashes = 0;
    for (index, letter) in value.char_indices() {
        match letter {
            '\\' => backslashes += 1,
            _ if letter == quote && backslashes <= escapes => return index - backslashes,
            _ => backslashes = 0,
        }
    }
    value.len()
}

/// The password in `user:password@host…`, as a range of `after`.
fn url_password(after: &str) -> Option<(usize, usize)> {
    let stop = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '<' | '>' | '\\');
    let whole = &after[..after.find(stop).unwrap_or(after.len())];
    let authority = &whole[..whole.find(['/', '?']).unwrap_or(whole.len())];
    let colon = authority.find(':')?;
    let at_sign = match authority.rfind('@') {
        Some(at_sign) => at_sign,
        // A slash inside the password: what follows the colon is then no port.
        None if !authority[colon + 1..].bytes().all(|byte| byte.is_ascii_digit()) => whole.rfind('@')?,
        None => return None,
    };
    (colon < at_sign).then_some((colon + 1, at_sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "c4lv!n";

    fn cleaned(body: &str) -> String {
        let out = redact(&Bytes::copy_from_slice(body.as_bytes()), &["PlannedValue"]);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn no_shape_keeps_the_secret() {
        let inner = r#"{\"Users.2#Password\":\"c4lv!n\",\"a\":\"b\"}"#;
        for body in [
            r#"{"Password":"c4lv!n","UserName":"root"}"#.to_owned(),
            r#"{"a":[{"ShareParameters":{"UserName":"root","SharePassword":"c4lv!n"}}]}"#.to_owned(),
            r#"{"Attributes":[{"Name":"Users.2#Password","Value":"c4lv!n"}],"u":"root"}"#.to_owned(),
            r#"{"PlannedValue":"c4lv!n","u":"root"}"#.to_owned(),
            r#"{"TempPassword":{"x":["c4lv!n"]},"u":"root"}"#.to_owned(),
            r#"{"ImageURI":"https://root:c4lv!n@10.0.0.1/x.iso"}"#.to_owned(),
            r#"{"ImageURI":"https://root:c4lv!n/2@10.0.0.1/x.iso"}"#.to_owned(),
            format!(r#"{{"ImportBuffer":"{inner}","u":"root"}}"#),
            format!(r#"{{"ImportBuffer":"root {inner}"}}"#),
            r#"{"ImportBuffer":"<A Name=\"Users.2#Password\">c4lv!n</A><u>root</u>"}"#.to_owned(),
            r#"root {"Password": "c4lv!n", "cut of"#.to_owned(),
            "root X-Auth-Token: c4lv!n\r\nAuthorization: Basic c4lv!n\r\n".to_owned(),
            "root <Password>c4lv!n</Password>".to_owned(),
            "user=root&password=c4lv!n&x=1".to_owned(),
        ] {
            let out = cleaned(&body);
            assert!(!out.contains(SECRET) && out.contains(REDACTED), "{out}");
            assert!(out.contains("root"), "{out}");
        }
    }

    #[test]
    fn a_profile_goes_as_a_whole() {
        for body in [
            r#"<SystemConfiguration Model="x"><Attribute Name="a">plain</Attribute></SystemConfiguration>"#,
            r#"{"SystemConfiguration":{"Components":[{"Name":"a","Value":"plain"}]}}"#,
            r#"{"SystemConfiguration":{"Components":[{"Name":"a","Value":"plain"#,
            r#"{"Messages":[{"Message":"<SystemConfiguration>plain</SystemConfiguration>"}]}"#,
            r#"{"Messages":[{"Message":"{\"SystemConfiguration\":{\"a\":\"plain\"}}"}]}"#,
            r#"{"Messages":[{"Message":"{\"SystemConfiguration\":{\"a\":\"plain"}]}"#,
        ] {
            let out = redact(&Bytes::copy_from_slice(body.as_bytes()), &[]);
            assert!(!String::from_utf8_lossy(&out).contains("plain"), "{body}");
        }
        let action = r##"{"#OemManager.ImportSystemConfiguration":{"target":"plain"}}"##;
        assert_eq!(cleaned(action), action);
    }

    #[test]
    fn what_is_no_secret_stays() {
        let body = Bytes::from_static(
            br#"{"@odata.id":"/redfish/v1/Systems/1","Url":"https://10.0.0.1:443/x","@a":1}"#,
        );
        assert_eq!(redact(&body, &[]).as_ptr(), body.as_ptr(), "not copied");
        assert_eq!(cleaned(r#"{"PasswordChangeRequired":true}"#), r#"{"PasswordChangeRequired":true}"#);
        assert!(matches!(redact_text("see https://10.0.0.1:443/a@b and go"), Cow::Borrowed(_)));
        assert_eq!(redact_text("é password=é; ü"), "é password=[redacted]; ü");
    }
}
