//! The signature of the executor's requests, as the server checks it: over the parsed body, written again the way
//! JavaScript writes JSON, with sorted keys.

use jiff::Timestamp;
use ring::hmac;
use serde_json::{Number, Value};

/// How old a signature may be, and how far ahead of the server's clock, in seconds.
const ACCEPTED_AGE: std::ops::RangeInclusive<i64> = -30..=300;

/// `X-Executor-Signature` of a body at a time (seconds since 1970).
#[must_use]
pub fn sign(secret: &str, body: &Value, seconds: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{}{seconds}", canonical_json(body)).as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a signature holds.
pub(super) fn is_valid(secret: &str, body: &Value, signature: &str, timestamp: &str, now: Timestamp) -> bool {
    let Ok(seconds) = timestamp.parse::<i64>() else { return false };
    ACCEPTED_AGE.contains(&(now.as_second() - seconds)) && sign(secret, body, seconds) == signature
}

/// What `JSON.stringify` writes of a value whose objects have their keys in order (of their UTF-16 units).
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(is_true) => text.push_str(if *is_true { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number_text(number)),
        Value::String(string) => write_string(text, string),
        Value::Array(elements) => {
            text.push('[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write(text, element);
            }
            text.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            text.push('{');
            for (place, (key, value)) in entries.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_string(text, key);
                text.push(':');
                write(text, value);
            }
            text.push('}');
        }
    }
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for letter in string.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            control if control < ' ' => text.push_str(&format!("\\u{:04x}", u32::from(control))),
            _ => text.push(letter),
        }
    }
    text.push('"');
}

/// Every number of JavaScript is a double; ECMAScript, `Number::toString`.
fn number_text(number: &Number) -> String {
    let value = number.as_f64().unwrap_or(f64::NAN);
    if !value.is_finite() {
        // 1e400 is read as Infinity, which is written as null.
        return "null".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // The shortest digits that read back as the same double, and the place of the point.
    let shortest = format!("{:e}", value.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    let (count, sign) = (i32::try_from(digits.len()).unwrap_or(i32::MAX), if value < 0.0 { "-" } else { "" });
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let text = if (count..=21).contains(&point) {
        format!("{digits}{}", zeros(point - count))
    } else if (1..=21).contains(&point) {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
        format!("{whole}.{fraction}")
    } else if (-5..=0).contains(&point) {
        format!("0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
        let sign = if point > 0 { '+' } else { '-' };
        format!("{first}{rest}e{sign}{}", (point - 1).abs())
    };
    format!("{sign}{text}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        for (json, text) in [
            ("1.0", "1"),
            ("-0.0", "0"),
            ("1e-7", "1e-7"),
            ("0.000001", "0.000001"),
            ("123e-20", "1.23e-18"),
            ("1e21", "1e+21"),
            ("123456789012345680000", "123456789012345680000"),
            ("9007199254740993", "9007199254740992"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("-1.5", "-1.5"),
            ("100", "100"),
            ("0.1", "0.1"),
        ] {
            assert_eq!(canonical_json(&serde_json::from_str(json).unwrap()), text, "{json}");
        }
    }

    #[test]
    fn keys_are_in_order_and_letters_stay() {
        // U+FF61 comes after U+1F600 in UTF-16, before it in code points.
        let value = json!({"b": [1, {"z": null, "a": true}], "\u{ff61}": 1, "\u{1f600}": 2, "a": "✓ \"\\\u{1}\u{7f}\n/"});
        assert_eq!(
            canonical_json(&value),
            "{\"a\":\"✓ \\\"\\\\\\u0001\u{7f}\\n/\",\"b\":[1,{\"a\":true,\"z\":null}],\"\u{1f600}\":2,\"\u{ff61}\":1}"
        );
    }

    #[test]
    fn a_signature_has_its_time() {
        let (body, now) = (json!({"job": {"status": "running"}}), Timestamp::constant(1_780_000_000, 0));
        for (age, is_good) in [(0, true), (-30, true), (-31, false), (300, true), (301, false)] {
            let seconds = now.as_second() - age;
            let signature = sign("secret", &body, seconds);
            assert_eq!(is_valid("secret", &body, &signature, &seconds.to_string(), now), is_good, "{age}");
        }
        assert!(!is_valid("secret", &body, &sign("other", &body, 1_780_000_000), "1780000000", now));
    }
}
