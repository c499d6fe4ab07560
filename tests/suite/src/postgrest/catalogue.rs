//! What there is in the schema: PostgREST's schema cache.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::database::quoted;
use super::reply::Refusal;

/// Tables, how they refer to each other, and functions.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) schema: String,
    tables: BTreeMap<String, Table>,
    pub(super) references: Vec<Reference>,
    functions: Vec<Function>,
}

/// A table or view.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) is_view: bool,
    pub(super) columns: Vec<Column>,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// As SQL writes it.
    pub(super) kind: String,
    pub(super) is_key: bool,
    pub(super) default: Option<String>,
}

/// A foreign key.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) from_columns: Vec<String>,
    pub(super) to: String,
    pub(super) to_columns: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) result: ResultKind,
    pub(super) is_set: bool,
    pub(super) is_volatile: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Argument {
    /// Empty: it has none.
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) is_optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResultKind {
    Nothing,
    Value,
    Row,
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Result<&Column, Refusal> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let message =
                format!("Could not find the '{name}' column of '{}' in the schema cache", self.name);
            Refusal::new(400, "PGRST204", message)
        })
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.columns.iter().filter(|column| column.is_key).map(|column| column.name.clone()).collect()
    }
}

impl Catalogue {
    pub(super) async fn read(client: &Client, schema: &str) -> Result<Self, Refusal> {
        Ok(Self {
            schema: schema.to_owned(),
            tables: read_tables(client, schema).await?,
            references: read_references(client, schema).await?,
            functions: read_functions(client, schema).await?,
        })
    }

    pub(super) fn table(&self, name: &str) -> Result<&Table, Refusal> {
        self.tables.get(name).ok_or_else(|| {
            let message = format!("Could not find the table '{}.{name}' in the schema cache", self.schema);
            Refusal::new(404, "PGRST205", message)
        })
    }

    /// The name as SQL writes it.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(name))
    }

    /// All functions of a name.
    pub(super) fn functions<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Function> {
        self.functions.iter().filter(move |function| function.name == name)
    }

    /// The paths that the root tells of.
    pub(super) fn paths(&self) -> Vec<String> {
        let tables = self.tables.keys().map(|name| format!("/{name}"));
        tables.chain(self.functions.iter().map(|function| format!("/rpc/{}", function.name))).collect()
    }
}

async fn read_tables(client: &Client, schema: &str) -> Result<BTreeMap<String, Table>, Refusal> {
    let sql = "SELECT c.relname::text, c.relkind IN ('v', 'm'), a.attname::text,
                      format_type(a.atttypid, a.atttypmod),
                      EXISTS (SELECT 1 FROM pg_index i
                              WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)),
                      pg_get_expr(d.adbin, d.adrelid)
               FROM pg_attribute a
               JOIN pg_class c ON c.oid = a.attrelid
               JOIN pg_namespace n ON n.oid = c.relnamespace
               LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
               WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
               ORDER BY c.relname, a.attnum";
    let mut tables = BTreeMap::<String, Table>::new();
    for row in client.query(sql, &[&schema]).await? {
        let name: String = row.try_get(0)?;
        let is_view = row.try_get(1)?;
        let column = Column {
            name: row.try_get(2)?,
            kind: row.try_get(3)?,
            is_key: row.try_get(4)?,
            default: row.try_get(5)?,
        };
        let table = tables.entry(name.clone()).or_insert(Table { name, is_view, columns: Vec::new() });
        table.columns.push(column);
    }
    Ok(tables)
}

async fn read_references(client: &Client, schema: &str) -> Result<Vec<Reference>, Refusal> {
    let sql = "SELECT k.conname::text, f.relname::text, t.relname::text,
                      ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (number, place)
                            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place),
                      ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (number, place)
                            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place)
               FROM pg_constraint k
               JOIN pg_class f ON f.oid = k.conrelid
               JOIN pg_class t ON t.oid = k.confrelid
               JOIN pg_namespace n ON n.oid = f.relnamespace AND n.oid = t.relnamespace
               WHERE k.contype = 'f' AND n.nspname = $1
               ORDER BY 2, 1";
    let rows = client.query(sql, &[&schema]).await?;
    rows.iter()
        .map(|row| {
            Ok(Reference {
                name: row.try_get(0)?,
                from: row.try_get(1)?,
                to: row.try_get(2)?,
                from_columns: row.try_get(3)?,
                to_columns: row.try_get(4)?,
            })
        })
        .collect()
}

async fn read_functions(client: &Client, schema: &str) -> Result<Vec<Function>, Refusal> {
    let sql = "SELECT p.proname::text, p.proretset, p.provolatile = 'v',
                      CASE WHEN t.oid = 'void'::regtype THEN 'nothing'
                           WHEN t.typtype = 'c' OR t.oid = 'record'::regtype THEN 'row' ELSE 'value' END,
                      coalesce(p.proargnames, '{}')::text[],
                      ARRAY(SELECT format_type(u.kind, NULL)
                            FROM unnest(p.proargtypes) WITH ORDINALITY u (kind, place) ORDER BY u.place),
                      p.pronargdefaults::bigint
               FROM pg_proc p
               JOIN pg_namespace n ON n.oid = p.pronamespace
               JOIN pg_type t ON t.oid = p.prorettype
               WHERE n.nspname = $1 AND p.prokind = 'f' AND t.typname <> 'trigger'
               ORDER BY p.proname, p.oid";
    let rows = client.query(sql, &[&schema]).await?;
    rows.iter()
        .map(|row| {
            let (names, kinds): (Vec<String>, Vec<String>) = (row.try_get(4)?, row.try_get(5)?);
            let optional = usize::try_from(row.try_get::<_, i64>(6)?).unwrap_or_default();
            let needed = kinds.len().saturating_sub(optional);
            // What goes in comes before what comes out, as everybody writes it.
            let mut names = names.into_iter();
            let arguments = kinds.into_iter().enumerate().map(|(place, kind)| Argument {
                name: names.next().unwrap_or_default(),
                kind,
                is_optional: place >= needed,
            });
            Ok(Function {
                name: row.try_get(0)?,
                arguments: arguments.collect(),
                result: match row.try_get(3)? {
                    "nothing" => ResultKind::Nothing,
                    "row" => ResultKind::Row,
                    _ => ResultKind::Value,
                },
                is_set: row.try_get(1)?,
                is_volatile: row.try_get(2)?,
            })
        })
        .collect()
}
