//! JSON as the existing system's verifier writes it anew before it looks at a signature: parsed and printed by JavaScript,
//! keys in order of their UTF-16 code units, no white space (contract: header `X-Executor-Signature`).

use serde_json::{Number, Value};

/// The one text of a value.
pub(super) fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&javascript(number)),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            // Not the order of Unicode: a surrogate pair comes before U+E000.
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(out, key);
                out.push(':');
                write(out, value);
            }
            out.push('}');
        }
    }
}

/// Escaped is what `JSON.stringify` escapes, and nothing else: quotes, backslashes and control characters.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// `Number::toString` of ECMAScript: every number is a double there, the shortest digits that read back as it, and an
/// exponent from 1e21 and below 1e-6.
fn javascript(number: &Number) -> String {
    let Some(double) = number.as_f64().filter(|double| double.is_finite()) else { return "null".to_owned() };
    if double == 0.0 {
        return "0".to_owned();
    }
    // `d.ddde<n>`: the same shortest digits.
    let scientific = format!("{:e}", double.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if double < 0.0 { "-" } else { "" };
    format!("{sign}{}", placed(&digits, exponent))
}

/// Puts the point where it belongs: the first digit counts 10^`exponent`.
fn placed(digits: &str, exponent: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |some: i32| "0".repeat(usize::try_from(some).unwrap_or_default());
    let point = exponent + 1;
    if count <= point && point <= 21 {
        return format!("{digits}{}", zeros(point - count));
    }
    if 0 < point && point <= 21 {
        let (whole, part) = digits.split_at(usize::try_from(point).unwrap_or_default());
        return format!("{whole}.{part}");
    }
    if -6 < point && point <= 0 {
        return format!("0.{}{digits}", zeros(-point));
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_javascripts() {
        for (number, text) in [
            (json!(1.0), "1"),
            (json!(-0.0), "0"),
            (json!(0), "0"),
            (json!(-1.5), "-1.5"),
            (json!(1e-7), "1e-7"),
            (json!(0.000_001), "0.000001"),
            (json!(1.25e-9), "1.25e-9"),
            (json!(1e21), "1e+21"),
            (json!(1e20), "100000000000000000000"),
            (json!(123_456_789.125), "123456789.125"),
            (json!(0.1), "0.1"),
            (json!(0.1 + 0.2), "0.30000000000000004"),
            (json!(f64::MAX), "1.7976931348623157e+308"),
            (json!(5e-324), "5e-324"),
            // Beyond 2^53 whole numbers lose their last digits there, and so they must here.
            (json!(9_007_199_254_740_993_u64), "9007199254740992"),
            (json!(u64::MAX), "18446744073709552000"),
            (json!(i64::MIN), "-9223372036854776000"),
        ] {
            assert_eq!(canonical(&number), text);
        }
    }

    #[test]
    fn texts_stay_as_they_are_but_for_control_characters() {
        let odd = json!("✓ \u{7f}\u{2028}é \"q\" \\ / \u{8}\u{c}\n\r\t\u{1f}\u{0} 😀");
        let expected = "\"✓ \u{7f}\u{2028}é \\\"q\\\" \\\\ / \\b\\f\\n\\r\\t\\u001f\\u0000 😀\"";
        assert_eq!(canonical(&odd), expected);
    }

    #[test]
    fn keys_stand_in_order_of_utf_16() {
        // 😀 is U+D83D U+DE00 there, and so before U+FB33; by code point it would come after it.
        let value = json!({"\u{fb33}": 1, "😀": 2, "b": {"z": [], "a": null}, "B": true, "": {}});
        assert_eq!(
            canonical(&value),
            "{\"\":{},\"B\":true,\"b\":{\"a\":null,\"z\":[]},\"😀\":2,\"\u{fb33}\":1}"
        );
    }
}
