//! Dell's own collections: their members stand in them whole, fifty a page.

use serde_json::Value;

use super::Area;
use crate::dynamic::Listing;
use crate::server::Server;
use crate::tree::{Tree, view};

const PAGE: usize = 50;

pub(crate) const AREA: Area = Area { list, ..Area::NOTHING };

fn list(server: &Server, path: &str) -> Option<Listing> {
    let kind = view::kind(path).filter(|_| matches!(server.tree, Tree::Made(_)) && server.tree.has(path))?;
    let mut whole: Value = serde_json::from_slice(&server.tree.render(path, &server.view())?).ok()?;
    let Some(Value::Array(members)) = whole.get_mut("Members").map(Value::take) else { return None };
    Some(Listing {
        path: path.into(),
        kind: kind.into(),
        name: format!("{kind}Collection"),
        members,
        embedded: true,
        page: Some(PAGE),
        past_end: None,
    })
}
