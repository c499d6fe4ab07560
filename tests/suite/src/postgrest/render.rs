//! What was read from a query string, as SQL: every name is quoted, every value a parameter.

use super::catalogue::{Catalogue, Reference, Table};
use super::database::{Parameter, Statement, quoted};
use super::filter::{Condition, Field, Key, Test};
use super::query::{Clauses, Query};
use super::reply::Refusal;
use super::select::{Embed, Item, name_of};

/// A SELECT in parts, so that it can be run with and without its limits.
pub(super) struct Selection {
    /// All rows that meet the conditions.
    pub(super) all: String,
    /// Order and limits.
    pub(super) page: String,
}

/// A statement in the making.
pub(super) struct Render<'c> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) statement: Statement,
    aliases: u32,
}

/// Where rows are read from, and what its columns are if they are known.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    /// As it stands after FROM.
    pub(super) from: &'s str,
    pub(super) alias: &'s str,
    pub(super) table: Option<&'s Table>,
}

impl<'c> Render<'c> {
    pub(super) fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, statement: Statement::default(), aliases: 0 }
    }

    /// Rows of a source as a query wants them.
    pub(super) fn select(&mut self, source: Source<'_>, query: &Query) -> Result<Selection, Refusal> {
        let (mut columns, mut joins) = (Vec::new(), String::new());
        for item in &query.select {
            match item {
                Item::Embed(embed) => {
                    let (column, join) = self.embed(source, embed, query.embedded.get(embed.name()))?;
                    columns.push(column);
                    joins += &join;
                }
                plain => columns.extend(self.columns(source, plain)),
            }
        }
        let chosen = if columns.is_empty() { "NULL".to_owned() } else { columns.join(", ") };
        let conditions = self.conditions(source.alias, &query.rows.conditions);
        Ok(Selection {
            all: format!(
                "SELECT {chosen} FROM {} AS {}{joins}{conditions}",
                source.from,
                quoted(source.alias)
            ),
            page: self.page(source.alias, &query.rows),
        })
    }

    /// WHERE with conditions, or nothing.
    pub(super) fn conditions(&mut self, alias: &str, conditions: &[Condition]) -> String {
        let parts: Vec<String> = conditions.iter().map(|one| self.condition(alias, one)).collect();
        if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) }
    }

    fn page(&mut self, alias: &str, clauses: &Clauses) -> String {
        let mut page = String::new();
        for (place, order) in clauses.order.iter().enumerate() {
            let before = if place == 0 { " ORDER BY" } else { "," };
            page += &format!("{before} {}{}", self.field(alias, &order.field), order.suffix);
        }
        if let Some(limit) = clauses.limit {
            page += &format!(" LIMIT {limit}");
        }
        if clauses.offset > 0 {
            page += &format!(" OFFSET {}", clauses.offset);
        }
        page
    }

    fn columns(&mut self, source: Source<'_>, item: &Item) -> Vec<String> {
        let alias = quoted(source.alias);
        match item {
            Item::All => match source.table {
                // A source may have columns of ours beside the table's.
                Some(table) => {
                    table.columns.iter().map(|column| format!("{alias}.{}", quoted(&column.name))).collect()
                }
                None => vec![format!("{alias}.*")],
            },
            Item::Column { field, alias: name, cast } => {
                let name = quoted(name.as_deref().unwrap_or_else(|| name_of(field)));
                let value = self.field(source.alias, field);
                vec![match cast {
                    Some(kind) => format!("CAST({value} AS {kind}) AS {name}"),
                    None => format!("{value} AS {name}"),
                }]
            }
            Item::Embed(_) => Vec::new(),
        }
    }

    /// A related table: the column it becomes, and the join that brings it.
    fn embed(
        &mut self,
        source: Source<'_>,
        embed: &Embed,
        clauses: Option<&Clauses>,
    ) -> Result<(String, String), Refusal> {
        let origin = source.table.ok_or_else(|| Refusal::not_simulated("embedding in a function's rows"))?;
        let catalogue = self.catalogue;
        let (reference, is_to_one) = relation(catalogue, origin, embed)?;
        let (here, there, other) = if is_to_one {
            (&reference.from_columns, &reference.to_columns, &reference.to)
        } else {
            (&reference.to_columns, &reference.from_columns, &reference.from)
        };
        self.aliases += 1;
        let (rows, joined) = (format!("dsm_rows_{}", self.aliases), format!("dsm_join_{}", self.aliases));
        let from = catalogue.path(other);
        let inner = Source { from: &from, alias: &rows, table: Some(catalogue.table(other)?) };
        let query = Query { select: embed.select.clone(), ..Query::default() };
        let selection = self.select(inner, &query)?;
        let mut conditions: Vec<String> = here
            .iter()
            .zip(there)
            .map(|(ours, theirs)| {
                let (outer, inner) = (quoted(source.alias), quoted(&rows));
                format!("{inner}.{} = {outer}.{}", quoted(theirs), quoted(ours))
            })
            .collect();
        let mut page = String::new();
        if let Some(clauses) = clauses {
            conditions.extend(clauses.conditions.iter().map(|one| self.condition(&rows, one)));
            page = self.page(&rows, clauses);
        }
        let chosen = format!("{} WHERE {}{page}", selection.all, conditions.join(" AND "));
        let (name, joined) = (quoted(embed.name()), quoted(&joined));
        let kind = if embed.is_inner { "INNER" } else { "LEFT" };
        Ok(if is_to_one {
            (
                format!("row_to_json({joined}.*) AS {name}"),
                format!(" {kind} JOIN LATERAL ({chosen}) AS {joined} ON TRUE"),
            )
        } else {
            let all = format!("SELECT json_agg(dsm_each) AS dsm_all FROM ({chosen}) AS dsm_each");
            let on = if embed.is_inner { format!("{joined}.dsm_all IS NOT NULL") } else { "TRUE".to_owned() };
            (
                format!("coalesce({joined}.dsm_all, '[]') AS {name}"),
                format!(" {kind} JOIN LATERAL ({all}) AS {joined} ON {on}"),
            )
        })
    }

    fn field(&mut self, alias: &str, field: &Field) -> String {
        let mut text = format!("{}.{}", quoted(alias), quoted(&field.column));
        if !field.path.is_empty() {
            text = format!("to_jsonb({text})");
        }
        for step in &field.path {
            let arrow = if step.is_text { "->>" } else { "->" };
            text += &match &step.key {
                Key::Name(name) => format!("{arrow}{}::text", self.statement.bind(name.as_str())),
                Key::Index(index) => format!("{arrow}({index})"),
            };
        }
        text
    }

    fn condition(&mut self, alias: &str, condition: &Condition) -> String {
        let (is_negated, text) = match condition {
            Condition::Tree { is_any, is_negated, parts } => {
                let parts: Vec<String> = parts.iter().map(|part| self.condition(alias, part)).collect();
                (*is_negated, format!("({})", parts.join(if *is_any { " OR " } else { " AND " })))
            }
            Condition::Test { field, is_negated, test } => {
                let field = self.field(alias, field);
                (*is_negated, self.test(&field, test))
            }
        };
        if is_negated { format!("NOT {text}") } else { text }
    }

    fn test(&mut self, field: &str, test: &Test) -> String {
        match test {
            Test::Compare { operator, value } => {
                format!("{field} {operator} {}", self.statement.bind(value.as_str()))
            }
            Test::Each { operator, quantifier, array } => {
                format!("{field} {operator} {quantifier} ({})", self.statement.bind(array.as_str()))
            }
            Test::In(elements) => format!("{field} = ANY ({})", self.statement.bind(array(elements))),
            Test::Is(word) => format!("{field} IS {word}"),
        }
    }
}

/// An array as PostgreSQL writes it.
fn array(elements: &[String]) -> Parameter {
    let quote = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", elements.iter().map(quote).collect::<Vec<_>>().join(",")).into()
}

/// The one way from a table to what is to be embedded, and whether it leads to one row at most.
fn relation<'c>(
    catalogue: &'c Catalogue,
    origin: &Table,
    embed: &Embed,
) -> Result<(&'c Reference, bool), Refusal> {
    let is_meant = |reference: &Reference| {
        embed.hint.as_ref().is_none_or(|hint| {
            *hint == reference.name
                || reference.from_columns == [hint.as_str()]
                || reference.to_columns == [hint.as_str()]
        })
    };
    let (mut found, target) = (Vec::new(), &embed.target);
    for reference in catalogue.references.iter().filter(|reference| is_meant(reference)) {
        let is_named = *target == reference.name;
        if reference.from == origin.name
            && (*target == reference.to || is_named || reference.from_columns == [target.as_str()])
        {
            found.push((reference, true));
        }
        if reference.to == origin.name && (*target == reference.from || is_named) {
            found.push((reference, false));
        }
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refusal::new(
            400,
            "PGRST200",
            format!("Could not find a relationship between '{}' and '{target}' in the schema cache", origin.name),
        )
        .details(format!(
            "Searched for a foreign key relationship between '{}' and '{target}' in the schema '{}', but no matches were found.",
            origin.name, catalogue.schema
        ))),
        many => Err(Refusal::new(
            300,
            "PGRST201",
            format!(
                "Could not embed because more than one relationship was found for '{}' and '{target}'",
                origin.name
            ),
        )
        .details(many.iter().map(|(reference, _)| reference.name.clone()).collect::<Vec<_>>())
        .hint(format!("Try changing '{target}' to one of the following: {}.",
            many.iter().map(|(one, _)| format!("'{target}!{}'", one.name)).collect::<Vec<_>>().join(", ")))),
    }
}
