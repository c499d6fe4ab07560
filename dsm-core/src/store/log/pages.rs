//! Documents of a kind, page by page.

use super::docs::{Doc, DocStore};
use super::replica::lost;
use crate::error::Result;

pub(super) struct Pages {
    prefix: &'static str,
    after: Option<String>,
    size: usize,
}

impl Pages {
    /// After a key, or from the first one on.
    pub(super) const fn new(prefix: &'static str, after: Option<String>, size: usize) -> Self {
        Self { prefix, after, size }
    }

    /// `None`: there are no more.
    pub(super) async fn next(&mut self, docs: &dyn DocStore) -> Result<Option<Vec<(String, Doc)>>> {
        let page = docs.scan(self.prefix, self.after.as_deref(), self.size).await?;
        for (key, _) in &page {
            if self.after.as_ref().is_some_and(|after| key <= after) {
                // Whoever went on would read the same for ever, or miss something.
                return Err(lost("a scan went out of order"));
            }
            self.after = Some(key.clone());
        }
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}
