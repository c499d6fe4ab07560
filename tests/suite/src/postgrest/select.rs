//! What is chosen (`select=`) and in what order (`order=`).

use super::filter::{Field, Key, read_field};
use super::reply::Refusal;
use super::scan::Scanner;

/// One entry of `select=`.
#[derive(Debug, Clone)]
pub(super) enum Item {
    All,
    Column { field: Field, alias: Option<String>, cast: Option<String> },
    Embed(Embed),
}

/// Rows of a related table.
#[derive(Debug, Clone)]
pub(super) struct Embed {
    pub(super) target: String,
    pub(super) alias: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) is_inner: bool,
    pub(super) select: Vec<Item>,
}

impl Embed {
    /// The key it has in the answer and in filters.
    pub(super) fn name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.target)
    }
}

/// One entry of `order=`.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) field: Field,
    pub(super) suffix: String,
}

/// The name a chosen field has in the answer where none was given: that of the last key of its path.
pub(super) fn name_of(field: &Field) -> &str {
    let keys = field.path.iter().rev().find_map(|step| match &step.key {
        Key::Name(name) => Some(name.as_str()),
        Key::Index(_) => None,
    });
    keys.unwrap_or(&field.column)
}

pub(super) fn read_select(text: &str) -> Result<Vec<Item>, Refusal> {
    let mut scanner = Scanner::new(text);
    match read_items(&mut scanner) {
        Some(Ok(items)) if scanner.is_done() => Ok(items),
        Some(Err(refusal)) => Err(refusal),
        _ => Err(Refusal::unreadable("select parameter", text, "unexpected end or letter")),
    }
}

type Reading<T> = Option<Result<T, Refusal>>;

fn read_items(scanner: &mut Scanner<'_>) -> Reading<Vec<Item>> {
    let mut items = Vec::new();
    loop {
        scanner.skip_spaces();
        if scanner.is_done() || scanner.next_is(")") {
            return Some(Ok(items));
        }
        match read_item(scanner)? {
            Ok(item) => items.push(item),
            Err(refusal) => return Some(Err(refusal)),
        }
        scanner.skip_spaces();
        if !scanner.eat(",") {
            return Some(Ok(items));
        }
    }
}

fn read_item(scanner: &mut Scanner<'_>) -> Reading<Item> {
    const ENDS: [char; 6] = [',', ':', '(', ')', '!', '.'];
    if scanner.eat("*") {
        return Some(Ok(Item::All));
    }
    if scanner.next_is("...") {
        return Some(Err(Refusal::not_simulated("spread embedding")));
    }
    let mut field = read_field(scanner, &ENDS)?;
    let mut alias = None;
    if !scanner.next_is("::") && field.path.is_empty() && scanner.eat(":") {
        alias = Some(field.column);
        field = read_field(scanner, &ENDS)?;
    }
    let (mut hint, mut is_inner) = (None, false);
    while scanner.eat("!") {
        match scanner.name(&ENDS)?.as_str() {
            "inner" => is_inner = true,
            "left" => {}
            name => hint = Some(name.to_owned()),
        }
    }
    if scanner.eat("(") {
        let select = match read_items(scanner)? {
            Ok(select) => select,
            Err(refusal) => return Some(Err(refusal)),
        };
        let embed = Embed { target: field.column, alias, hint, is_inner, select };
        return scanner.eat(")").then_some(Ok(Item::Embed(embed)));
    }
    if scanner.eat(".") {
        return Some(Err(Refusal::new(400, "PGRST123", "Use of aggregate functions is not allowed")));
    }
    let cast = if scanner.eat("::") {
        let name = scanner.until(&[',', ')']).trim();
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_ []".contains(letter);
        Some(Some(name).filter(|name| !name.is_empty() && name.chars().all(is_name))?.to_owned())
    } else {
        None
    };
    Some(Ok(Item::Column { field, alias, cast }))
}

pub(super) fn read_order(text: &str) -> Result<Vec<Order>, Refusal> {
    let unreadable = || {
        Refusal::unreadable("order", text, "unexpected text, expecting asc, desc, nullsfirst or nullslast")
    };
    text.split(',')
        .map(|part| {
            let mut scanner = Scanner::new(part.trim());
            let field = read_field(&mut scanner, &['.', ',', ':', '(', ')']).ok_or_else(unreadable)?;
            let mut words = scanner.remainder().split('.').skip(1).peekable();
            let mut suffix = String::new();
            if let Some(word) = words.next_if(|word| matches!(*word, "asc" | "desc")) {
                suffix = format!(" {word}");
            }
            match words.next() {
                Some("nullsfirst") => suffix += " NULLS FIRST",
                Some("nullslast") => suffix += " NULLS LAST",
                Some(_) => return Err(unreadable()),
                None => {}
            }
            if words.next().is_some() { Err(unreadable()) } else { Ok(Order { field, suffix }) }
        })
        .collect()
}
