//! GET: resources, and what the query parameters make of them.

use bytes::Bytes;
use hyper::header::{ALLOW, ETAG};
use serde_json::{Map, Value, json};

use crate::dynamic::{self, Listing};
use crate::handle::Asked;
use crate::message;
use crate::query::{Query, percent_decode};
use crate::reply::Reply;
use crate::rules;
use crate::server::Server;
use crate::spec::ExpandSupport;
use crate::tag;
use crate::tree::Tree;

/// An error answer with Dell's message ids.
pub(crate) fn error(server: &Server, status: u16, ids: &[&str]) -> Reply {
    Reply::value(status, &message::error(&server.profile, ids))
}

/// 405, naming what would do.
pub(crate) fn not_allowed(server: &Server, allow: &str) -> Reply {
    error(server, 405, &["SYS402"]).with(ALLOW, allow)
}

/// Answers a GET of an authenticated client, or of anyone at the service root.
pub(crate) fn get(server: &Server, path: &str, raw: &str) -> Reply {
    // A crawl that followed page links holds each page under its query.
    if let (Tree::Mockup(mockup), false) = (&server.tree, raw.is_empty())
        && let Some(page) = mockup.read(&format!("{path}?{}", percent_decode(raw)), &server.view())
    {
        return Reply::json(200, page);
    }
    let mut query = match Query::parse(raw) {
        Ok(query) => query,
        Err(id) => return error(server, 400, &[id]),
    };
    let mut two_documents = false;
    if query.expand.is_some() {
        match server.expand_support() {
            ExpandSupport::Works if !is_system(path) => {}
            ExpandSupport::Works | ExpandSupport::Unsupported => return error(server, 400, &["SYS451"]),
            ExpandSupport::Unlicensed => return error(server, 403, &["LIC501"]),
            ExpandSupport::Ignored => query.expand = None,
            ExpandSupport::TwoDocuments => two_documents = true,
        }
    }
    let mut reply = find(server, path, &query);
    if two_documents && reply.status == 200 {
        // Seen on 2.x: the error of one member stands behind the document.
        let mut body = reply.body.to_vec();
        body.extend_from_slice(message::error(&server.profile, &["LIC501"]).to_string().as_bytes());
        reply.body = body.into();
        reply = reply.because("two_documents");
    }
    rules::queue::trouble(server, path, reply)
}

/// `/Systems/{id}` refuses `$expand` on every firmware that is known.
fn is_system(path: &str) -> bool {
    path.strip_prefix("/redfish/v1/Systems/").is_some_and(|id| !id.contains('/'))
}

fn find(server: &Server, path: &str, query: &Query) -> Reply {
    if let Some(reply) = rules::AREAS.iter().find_map(|area| (area.raw)(server, path)) {
        return reply;
    }
    if let Some(listing) = dynamic::listing(server, path) {
        let reply = list(server, listing, query, captured_members(server, path));
        // A list has a tag where the tree's own would have one.
        let reply =
            if query.expand.is_none() { reply.with(ETAG, &crate::tag::of(server, path)) } else { reply };
        return crate::rules::firmware::mark(server, path, reply);
    }
    if let Some(value) = dynamic::member(server, path) {
        let etag = tag::of(server, path);
        return Reply::value(200, &query.apply_select(value)).with(ETAG, &etag);
    }
    if !server.tree.has(path) || rules::AREAS.iter().any(|area| (area.gone)(server, path)) {
        return error(server, 404, &["SYS403"]);
    }
    if query.is_plain() && server.spec.page_size.is_none() {
        return plain(server, path, query);
    }
    let view = server.view();
    let Some(value) = server.render(path, &view).and_then(|b| serde_json::from_slice::<Value>(&b).ok())
    else {
        return error(server, 500, &["SYS446"]);
    };
    let Some(Value::Array(members)) = value.get("Members") else {
        return select_single(server, path, query, value);
    };
    let links = members.iter().filter_map(|m| m.get("@odata.id").and_then(Value::as_str));
    let whole = query.expand.is_some() || !query.filter.is_empty() || query.only;
    let fetch = |link: &str| {
        let found = if whole { server.render(link, &view) } else { None };
        found.and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_else(|| json!({"@odata.id": link}))
    };
    let members = links.map(fetch).collect();
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let kind = text("@odata.type").split("Collection").next().unwrap_or("").trim_start_matches('#');
    let listing = Listing {
        path: path.into(),
        kind: kind.into(),
        name: text("Name").into(),
        members,
        embedded: false,
        page: server.spec.page_size,
        past_end: None,
    };
    list(server, listing, query, Vec::new())
}

/// What a mockup captured of a collection that also lives here.
fn captured_members(server: &Server, path: &str) -> Vec<Value> {
    let Tree::Mockup(mockup) = &server.tree else { return Vec::new() };
    let view = server.view();
    let value = mockup.read(path, &view).and_then(|b| serde_json::from_slice::<Value>(&b).ok());
    match value.as_ref().and_then(|v| v.get("Members")) {
        Some(Value::Array(members)) => members.clone(),
        _ => Vec::new(),
    }
}

fn plain(server: &Server, path: &str, query: &Query) -> Reply {
    let view = server.view();
    let rendered = match query.expand {
        Some(mode) => server.render_expanded(path, mode, &view),
        None => server.render(path, &view).map(|body| (body, 0)),
    };
    let Some((body, expanded)) = rendered else { return error(server, 500, &["SYS446"]) };
    let mut reply = Reply { expanded, ..Reply::json(200, body) };
    if query.expand.is_none() {
        reply.set(ETAG, &tag::of(server, path));
    }
    reply
}

fn select_single(server: &Server, path: &str, query: &Query, value: Value) -> Reply {
    if query.expand.is_some() {
        let reply = plain(server, path, query);
        return match serde_json::from_slice(&reply.body) {
            Ok(value) => Reply { expanded: reply.expanded, ..Reply::value(200, &query.apply_select(value)) },
            Err(_) => reply,
        };
    }
    Reply::value(200, &query.apply_select(value))
}

/// The same request with a smaller `$skip`; nothing where it has none.
pub(crate) fn skipping_less(asked: &Asked, by: usize) -> Option<Asked> {
    let skip = Query::parse(&asked.query).ok()?.skip?;
    let query = asked.query.replace(&format!("$skip={skip}"), &format!("$skip={}", skip.saturating_sub(by)));
    Some(Asked {
        method: asked.method.clone(),
        path: asked.path.clone(),
        query,
        headers: asked.headers.clone(),
        body: asked.body.clone(),
        upload: None,
        client: asked.client,
    })
}

fn list(server: &Server, listing: Listing, query: &Query, captured: Vec<Value>) -> Reply {
    let mut members: Vec<Value> = captured;
    members.extend(listing.members);
    members.retain(|m| query.keeps(m));
    let total = members.len();
    if query.only && total == 1 {
        return Reply::value(200, &query.apply_select(members.swap_remove(0)));
    }
    let skip = query.skip.unwrap_or(0);
    if skip > 0
        && skip >= total
        && let Some((status, id)) = listing.past_end
    {
        return error(server, status, &[id]);
    }
    let page = listing.page.unwrap_or(usize::MAX).min(query.top.unwrap_or(usize::MAX));
    let rest = total.saturating_sub(skip);
    let whole = listing.embedded || query.expand.is_some();
    let shown: Vec<Value> = members
        .into_iter()
        .skip(skip)
        .take(page)
        .map(|m| if whole { m } else { json!({"@odata.id": m.get("@odata.id")}) })
        .collect();
    let kind = &listing.kind;
    let mut map = Map::new();
    map.insert(
        "@odata.context".into(),
        format!("/redfish/v1/$metadata#{kind}Collection.{kind}Collection").into(),
    );
    map.insert("@odata.id".into(), listing.path.as_str().into());
    map.insert("@odata.type".into(), format!("#{kind}Collection.{kind}Collection").into());
    map.insert("Description".into(), listing.name.as_str().into());
    map.insert("Members@odata.count".into(), total.into());
    map.insert("Name".into(), listing.name.into());
    // `$top` asks for no more; only the service's own page limit leaves a next page.
    if rest > page && query.top.is_none_or(|top| top > page) {
        let next = format!("{}?$skip={}{}", listing.path, skip + page, carried(query));
        map.insert("Members@odata.nextLink".into(), next.into());
    }
    let expanded = if query.expand.is_some() { shown.len() } else { 0 };
    map.insert("Members".into(), shown.into());
    let value = query.apply_select(Value::Object(map));
    Reply { expanded, ..Reply::value(200, &value) }
}

/// The parts of a query that the next page needs again.
fn carried(query: &Query) -> String {
    match query.expand {
        Some(mode) => format!("&$expand={}($levels=1)", ['*', '.', '~'][mode as usize]),
        None => String::new(),
    }
}

/// The version document that everyone may read.
pub(crate) fn versions() -> Reply {
    Reply::json(200, Bytes::from_static(br#"{"v1":"/redfish/v1/"}"#))
}
