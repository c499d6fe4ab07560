//! Where the pages of a log come from.

use super::{LogKind, LogOptions, home};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::Page;
use crate::operation::{Redfish, run};
use crate::ops::{GetServiceRoot, ListLogEntries};

/// The pages of one log, asked for one at a time.
pub(super) struct Pages<'a> {
    pub(super) redfish: &'a dyn Redfish,
    pub(super) kind: LogKind,
    /// Whether what an iDRAC says of its pages is doubted.
    pub(super) guarded: bool,
    /// Where the entries are, once that is known.
    pub(super) home: Option<ODataId>,
    /// The value of `$filter` that the iDRAC was asked to apply.
    pub(super) query: Option<String>,
    /// The page to come; the first one where there is none.
    pub(super) next: Option<String>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(redfish: &'a dyn Redfish, kind: LogKind, guarded: bool) -> Self {
        Self { redfish, kind, guarded, home: None, query: None, next: None }
    }

    /// The next page; nothing where the iDRAC says that there is none.
    pub(super) async fn fetch(&mut self, options: &LogOptions) -> Result<Option<Page>> {
        if let Some(path) = self.next.take() {
            return match run(self.redfish, &ListLogEntries::at(path)).await {
                Ok(page) => Ok(Some(page)),
                Err(error) if self.guarded && is_past_the_end(&error) => Ok(None),
                Err(error) => Err(error),
            };
        }
        self.first(options).await.map(Some)
    }

    async fn first(&mut self, options: &LogOptions) -> Result<Page> {
        let hint = options.cursor.as_ref().and_then(|cursor| cursor.entries.as_deref());
        let hint = hint.and_then(|path| ODataId::parse(path).ok());
        if let Some(home) = hint {
            self.home = Some(home.clone());
            match run(self.redfish, &ListLogEntries::at(home.path())).await {
                // Another firmware keeps its logs elsewhere.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                outcome => return outcome,
            }
        }
        let home = home::entries(self.redfish, self.kind).await?;
        self.home = Some(home.clone());
        if options.cursor.is_none()
            && let Some(query) = options.filter.query()
            && self.can_filter().await?
        {
            let path = format!("{}?$filter={query}", home.path());
            match run(self.redfish, &ListLogEntries::at(path)).await {
                Err(error) if is_filter_refused(&error) => {
                    // A failure may pass; a refusal does not.
                    if error.kind() != ErrorKind::Server {
                        self.redfish.learn(&mut |facts| facts.filter = Some(false));
                    }
                }
                outcome => {
                    self.query = Some(query);
                    return outcome;
                }
            }
        }
        run(self.redfish, &ListLogEntries::at(home.path())).await
    }

    /// Whether this iDRAC says that it filters: asked once.
    async fn can_filter(&self) -> Result<bool> {
        if let Some(known) = self.redfish.facts().filter {
            return Ok(known);
        }
        let root = run(self.redfish, &GetServiceRoot::default()).await?;
        let can = root.protocol_features.as_ref().and_then(|features| features.filter) == Some(true);
        self.redfish.learn(&mut |facts| facts.filter = Some(can));
        Ok(can)
    }

    /// The filter again, where the link to the next page has lost it.
    pub(super) fn filtered(&self, path: String) -> String {
        match &self.query {
            Some(query) if !path.contains("$filter=") => {
                let joint = if path.contains('?') { '&' } else { '?' };
                format!("{path}{joint}$filter={query}")
            }
            _ => path,
        }
    }
}

/// Whether an error after the first page says that there is no such page: SYS417, SYS407, 404, or a bare 500.
fn is_past_the_end(error: &Error) -> bool {
    error.http_status().is_some()
        && matches!(error.kind(), ErrorKind::BadRequest | ErrorKind::NotFound | ErrorKind::Server)
}

fn is_filter_refused(error: &Error) -> bool {
    error.http_status().is_some()
        && matches!(
            error.kind(),
            ErrorKind::BadRequest | ErrorKind::Unsupported | ErrorKind::License | ErrorKind::Server
        )
}
