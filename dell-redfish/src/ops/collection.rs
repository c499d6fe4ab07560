//! Reading a page of a collection.

use crate::effect::Effect;
use crate::endpoint::Expand;
use crate::error::Result;
use crate::id::ODataId;
use crate::model::Page;
use crate::operation::Operation;
use crate::request::{Request, Response};

/// GET of one page of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListMembers {
    path: String,
}

impl ListMembers {
    /// The members as links.
    #[must_use]
    pub fn links(path: &ODataId) -> Self {
        Self { path: path.path().to_owned() }
    }

    /// The members as whole resources, where this iDRAC can. A reply of two JSON documents, as some 2.x firmware gives, is an
    /// error of kind [`Protocol`](crate::ErrorKind::Protocol): ask again with [`ListMembers::links`].
    #[must_use]
    pub fn expanded(path: &ODataId) -> Self {
        Self { path: Expand::All.on(path.path()).into_owned() }
    }

    /// A further page, by the path and query that the page before it named.
    #[must_use]
    pub fn page(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }

    /// The page after one that was read.
    #[must_use]
    pub fn after(page: &Page) -> Option<Self> {
        page.next.clone().map(|path| Self { path })
    }
}

impl Operation for ListMembers {
    type Output = Page;

    const NAME: &'static str = "ListMembers";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.path.clone())
    }

    fn parse(&self, response: Response) -> Result<Page> {
        Page::parse(&response.body)
    }
}
