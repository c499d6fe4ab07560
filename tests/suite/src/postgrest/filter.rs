//! Filters: `column=op.value`, `or=(…)`, JSON paths, quoting.

use super::reply::Refusal;
use super::scan::Scanner;

/// A column, and the way into its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) column: String,
    pub(super) path: Vec<Step>,
}

/// One arrow of a JSON path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) is_text: bool,
    pub(super) key: Key,
}

/// Where an arrow points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    Index(i64),
}

/// What a row must meet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Test { field: Field, is_negated: bool, test: Test },
    Tree { is_any: bool, is_negated: bool, parts: Vec<Condition> },
}

/// What a value is held against.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Test {
    Compare {
        operator: &'static str,
        value: String,
    },
    /// Against the elements of an array: `ANY` or `ALL`.
    Each {
        operator: &'static str,
        quantifier: &'static str,
        array: String,
    },
    In(Vec<String>),
    Is(&'static str),
}

const OPERATORS: [(&str, &str); 19] = [
    ("eq", "="),
    ("neq", "<>"),
    ("gte", ">="),
    ("gt", ">"),
    ("lte", "<="),
    ("lt", "<"),
    ("like", "LIKE"),
    ("ilike", "ILIKE"),
    ("match", "~"),
    ("imatch", "~*"),
    ("isdistinct", "IS DISTINCT FROM"),
    ("cs", "@>"),
    ("cd", "<@"),
    ("ov", "&&"),
    ("sl", "<<"),
    ("sr", ">>"),
    ("nxr", "&<"),
    ("nxl", "&>"),
    ("adj", "-|-"),
];

/// Reads `key=value` where the key is a field.
pub(super) fn read_filter(key: &str, value: &str) -> Result<Condition, Refusal> {
    let mut scanner = Scanner::new(key);
    let field = read_field(&mut scanner, &['.', ',', ':', '(', ')'])
        .filter(|_| scanner.is_done())
        .ok_or_else(|| Refusal::unreadable("filter", key, "unexpected end of a field name"))?;
    let mut scanner = Scanner::new(value);
    let (is_negated, test) = read_test(&mut scanner, false).map_err(|error| error.into_refusal(value))?;
    if scanner.is_done() {
        Ok(Condition::Test { field, is_negated, test })
    } else {
        Err(Refusal::unreadable("filter", value, "unexpected text after the value"))
    }
}

/// Reads the value of `and=`, `or=`, `not.and=` or `not.or=`.
pub(super) fn read_tree(key: &str, value: &str) -> Result<Condition, Refusal> {
    if !value.starts_with('(') {
        return Err(Refusal::unreadable("logic tree", value, "a tree stands in brackets"));
    }
    let text = format!("{key}{value}");
    let mut scanner = Scanner::new(&text);
    let tree = read_part(&mut scanner).map_err(|error| match error {
        Unreadable::Syntax(details) => Refusal::unreadable("logic tree", value, details),
        Unreadable::NotSimulated(what) => Refusal::not_simulated(&what),
    })?;
    if scanner.is_done() {
        Ok(tree)
    } else {
        Err(Refusal::unreadable("logic tree", value, "unexpected text after the tree"))
    }
}

/// Reads a column with its path.
pub(super) fn read_field(scanner: &mut Scanner<'_>, ends: &[char]) -> Option<Field> {
    let column = scanner.name(ends)?;
    let mut path = Vec::new();
    while scanner.next_is("->") {
        let is_text = scanner.eat("->>") || !scanner.eat("->");
        let name = scanner.name(ends)?;
        let key = name.parse().map_or(Key::Name(name), Key::Index);
        path.push(Step { is_text, key });
    }
    Some(Field { column, path })
}

enum Unreadable {
    Syntax(&'static str),
    NotSimulated(String),
}

impl Unreadable {
    fn into_refusal(self, text: &str) -> Refusal {
        match self {
            Self::Syntax(details) => Refusal::unreadable("filter", text, details),
            Self::NotSimulated(what) => Refusal::not_simulated(&what),
        }
    }
}

type Read<T> = Result<T, Unreadable>;

/// A tree, or a test within one.
fn read_part(scanner: &mut Scanner<'_>) -> Read<Condition> {
    scanner.skip_spaces();
    let mut ahead = scanner.clone();
    let is_negated = ahead.eat("not.");
    let is_any = ahead.eat("or(");
    if is_any || ahead.eat("and(") {
        *scanner = ahead;
        let mut parts = vec![read_part(scanner)?];
        while scanner.eat(",") {
            parts.push(read_part(scanner)?);
        }
        if !scanner.eat(")") {
            return Err(Unreadable::Syntax("expecting \",\" or \")\""));
        }
        scanner.skip_spaces();
        return Ok(Condition::Tree { is_any, is_negated, parts });
    }
    let field = read_field(scanner, &['.', ',', ':', '(', ')'])
        .filter(|_| scanner.eat("."))
        .ok_or(Unreadable::Syntax("expecting a field name and \".\""))?;
    let (is_negated, test) = read_test(scanner, true)?;
    Ok(Condition::Test { field, is_negated, test })
}

/// Reads `[not.]op.value`; within a tree, a value ends at a comma or bracket.
fn read_test(scanner: &mut Scanner<'_>, is_nested: bool) -> Read<(bool, Test)> {
    let is_negated = scanner.eat("not.");
    let word = scanner.until(&['.', '(']);
    let quantifier = match () {
        () if scanner.eat("(any)") => Some("ANY"),
        () if scanner.eat("(all)") => Some("ALL"),
        () => None,
    };
    if matches!(word, "fts" | "plfts" | "phfts" | "wfts") {
        return Err(Unreadable::NotSimulated(format!("the full text operator `{word}`")));
    }
    if !scanner.eat(".") {
        return Err(Unreadable::Syntax("unexpected text, expecting an operator (eq, gt, ...) and \".\""));
    }
    let test = match word {
        "in" => Test::In(read_list(scanner)?),
        "is" => Test::Is(read_word(&read_value(scanner, is_nested)?)?),
        _ => {
            let operator = OPERATORS.iter().find(|(name, _)| *name == word);
            let operator = operator.ok_or(Unreadable::Syntax("expecting operator (eq, gt, ...)"))?.1;
            let mut value = read_value(scanner, is_nested)?;
            if operator.ends_with("LIKE") {
                value = value.replace('*', "%");
            }
            match quantifier {
                Some(quantifier) => Test::Each { operator, quantifier, array: value },
                None => Test::Compare { operator, value },
            }
        }
    };
    Ok((is_negated, test))
}

fn read_value(scanner: &mut Scanner<'_>, is_nested: bool) -> Read<String> {
    if !is_nested {
        return Ok(scanner.remainder().to_owned());
    }
    if let Some(text) = scanner.quoted() {
        return Ok(text);
    }
    if scanner.next_is("{") {
        let array = scanner.until(&['}']).to_owned();
        return if scanner.eat("}") { Ok(array + "}") } else { Err(Unreadable::Syntax("expecting \"}\"")) };
    }
    Ok(scanner.until(&[',', ')']).to_owned())
}

fn read_word(text: &str) -> Read<&'static str> {
    let words = [
        ("null", "NULL"),
        ("not_null", "NOT NULL"),
        ("true", "TRUE"),
        ("false", "FALSE"),
        ("unknown", "UNKNOWN"),
    ];
    let found = words.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
    found
        .map(|(_, sql)| *sql)
        .ok_or(Unreadable::Syntax("expecting isVal: (null, not_null, true, false, unknown)"))
}

/// `(a,"b,c",d)`.
fn read_list(scanner: &mut Scanner<'_>) -> Read<Vec<String>> {
    if !scanner.eat("(") {
        return Err(Unreadable::Syntax("expecting \"(\""));
    }
    let mut elements = Vec::new();
    if scanner.eat(")") {
        return Ok(elements);
    }
    loop {
        // A quote that does not end the element is a letter of it.
        let mut ahead = scanner.clone();
        let element = match ahead.quoted() {
            Some(text) if ahead.next_is(",") || ahead.next_is(")") => {
                *scanner = ahead;
                text
            }
            _ => scanner.until(&[',', ')']).to_owned(),
        };
        elements.push(element);
        if scanner.eat(")") {
            return Ok(elements);
        }
        if !scanner.eat(",") {
            return Err(Unreadable::Syntax("expecting \",\" or \")\""));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn test(value: &str) -> (bool, Test) {
        match read_filter("a", value).unwrap() {
            Condition::Test { is_negated, test, .. } => (is_negated, test),
            Condition::Tree { .. } => unreachable!("a filter is no tree"),
        }
    }

    #[test]
    fn values_keep_their_dots_commas_and_quotes() {
        let eq = |value: &str| Test::Compare { operator: "=", value: value.to_owned() };
        assert_eq!(test("eq.10.0.0.1"), (false, eq("10.0.0.1")));
        assert_eq!(test("not.eq.a,b)"), (true, eq("a,b)")));
        assert_eq!(test("eq.\"a\""), (false, eq("\"a\"")));
        assert_eq!(
            test(r#"in.(a,"b,c","d\"e",f"g)"#).1,
            Test::In(["a", "b,c", "d\"e", "f\"g"].map(str::to_owned).to_vec())
        );
        assert_eq!(test("in.()").1, Test::In(vec![]));
        assert_eq!(test("is.null").1, Test::Is("NULL"));
        assert_eq!(test("like.a*").1, Test::Compare { operator: "LIKE", value: "a%".to_owned() });
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for wrong in ["abc", "5", "eqq.5", "is.5", "in.5", "in.(a", "", "not.5"] {
            assert!(read_filter("a", wrong).is_err(), "{wrong}");
        }
        for wrong in ["(a.eq.1", "a.eq.1", "(a)", "()", "(a.eq.1)b"] {
            assert!(read_tree("or", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn trees_nest() {
        let Condition::Tree { is_any: true, is_negated: false, parts } =
            read_tree("or", r#"(a.is.null,not.and(b->>c.in.(1,2),d.eq."x,y"))"#).unwrap()
        else {
            unreachable!("an or")
        };
        let Condition::Tree { is_any: false, is_negated: true, parts: inner } = &parts[1] else {
            unreachable!("a negated and")
        };
        let Condition::Test { field, test, .. } = &inner[0] else { unreachable!("a test") };
        assert_eq!(field.path, [Step { is_text: true, key: Key::Name("c".into()) }]);
        assert_eq!(*test, Test::In(vec!["1".into(), "2".into()]));
    }
}
