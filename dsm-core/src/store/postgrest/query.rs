//! What a request asks of a table: filters, order, columns; values quoted so that none of them is read as syntax.

use std::fmt::Display;

/// A table with conditions.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) table: String,
    pub(super) pairs: Vec<(String, String)>,
}

impl Query {
    pub(super) fn of(table: &str) -> Self {
        Self { table: table.to_owned(), pairs: Vec::new() }
    }

    /// Any parameter.
    pub(super) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.pairs.push((key.to_owned(), value.into()));
        self
    }

    /// Rows whose column is this. What follows the operator is taken as it is, whatever it holds.
    pub(super) fn eq(self, column: &str, value: impl Display) -> Self {
        self.with(column, format!("eq.{value}"))
    }

    /// Rows whose column is one of these.
    pub(super) fn any_of<T: Display>(self, column: &str, values: impl IntoIterator<Item = T>) -> Self {
        let list: Vec<String> = values.into_iter().map(|value| quoted(&value.to_string())).collect();
        self.with(column, format!("in.({})", list.join(",")))
    }

    pub(super) fn select(self, columns: &str) -> Self {
        self.with("select", columns)
    }

    pub(super) fn order(self, columns: &str) -> Self {
        self.with("order", columns)
    }
}

/// A value inside a list or a logical expression.
pub(super) fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_place() {
        let query =
            Query::of("jobs").any_of("job_type", ["a,b)", "say \"x\\\"", "plain"]).eq("notes", "a.b,(c)");
        assert_eq!(
            query.pairs,
            [
                ("job_type".to_owned(), r#"in.("a,b)","say \"x\\\"","plain")"#.to_owned()),
                ("notes".to_owned(), "eq.a.b,(c)".to_owned())
            ]
        );
    }
}
