//! What came of one server.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::store::{InventoryWrite, RowWrite};

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// As wanted.
    Done,
    /// There was nothing to do, or nothing that may be done.
    Skipped,
    /// Not as wanted.
    Failed,
    /// Not as wanted, and only a person can say how to go on.
    NeedsPerson,
}

/// What a handler says of one server, and what it wants written with it.
#[derive(Debug, Clone)]
pub(crate) struct Visited {
    pub(super) ending: Ending,
    /// In a line: what was done, or why not.
    pub(super) line: String,
    /// The whole text its task keeps, where a line is not enough.
    pub(super) log: Option<String>,
    pub(super) result: Map<String, Value>,
    pub(super) inventory: InventoryWrite,
    pub(super) rows: Vec<RowWrite>,
}

impl Visited {
    fn new(ending: Ending, line: impl Into<String>) -> Self {
        Self {
            ending,
            line: line.into(),
            log: None,
            result: Map::new(),
            inventory: InventoryWrite::default(),
            rows: Vec::new(),
        }
    }

    /// As wanted; what was done.
    pub(crate) fn done(line: impl Into<String>) -> Self {
        Self::new(Ending::Done, line)
    }

    /// Nothing was done; why.
    pub(crate) fn skipped(line: impl Into<String>) -> Self {
        Self::new(Ending::Skipped, line)
    }

    /// Not as wanted; why.
    pub(crate) fn failed(line: impl Into<String>) -> Self {
        Self::new(Ending::Failed, line)
    }

    /// Likewise, and a person has to look.
    pub(crate) fn needs_person(line: impl Into<String>) -> Self {
        Self::new(Ending::NeedsPerson, line)
    }

    /// The whole text its task keeps.
    #[must_use]
    pub(crate) fn with_log(mut self, log: impl Into<String>) -> Self {
        self.log = Some(log.into());
        self
    }

    /// Keys for its entry in `results`.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.result.insert(key.to_owned(), value.into());
        self
    }

    /// Many of them.
    #[must_use]
    pub(crate) fn with_all(mut self, keys: Map<String, Value>) -> Self {
        self.result.extend(keys);
        self
    }

    /// Inventory to store with it; the server is filled in.
    #[must_use]
    pub(crate) fn with_inventory(mut self, inventory: InventoryWrite) -> Self {
        self.inventory = inventory;
        self
    }

    /// Columns of `servers` to change with it.
    #[must_use]
    pub(crate) fn with_server(mut self, change: impl FnOnce(&mut crate::store::ServerFields)) -> Self {
        change(&mut self.inventory.server.set);
        self
    }

    /// A row of a result table.
    #[must_use]
    pub(crate) fn with_row(mut self, row: RowWrite) -> Self {
        self.rows.push(row);
        self
    }

    /// Many of them.
    #[must_use]
    pub(crate) fn with_rows(mut self, rows: impl IntoIterator<Item = RowWrite>) -> Self {
        self.rows.extend(rows);
        self
    }
}
