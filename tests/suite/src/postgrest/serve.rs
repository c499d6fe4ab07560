//! The server: connections, keys, routes, trouble, and the journal.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::fault::Trouble;
use super::function::{self, Call};
use super::prefer::Prefer;
use super::query::{Query, pairs};
use super::read::{Form, read_table};
use super::reply::{Refusal, Reply};
use super::write::{Change, Write, write_table};
use super::{Exchange, Shared, control, edge};

/// A body may be so large.
const LARGEST_BODY: usize = 64 << 20;
/// A path and query may be so long: what the gateways in front of such servers take.
const LONGEST_TARGET: usize = 16 << 10;

/// Accepts connections until the task is aborted; they end with it.
pub(super) async fn listen(shared: Arc<Shared>, listener: TcpListener) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    open.spawn(connection(Arc::clone(&shared), stream));
                }
            }
            Some(_) = open.join_next(), if !open.is_empty() => {}
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| handle(Arc::clone(&shared), request));
    // Broken connections are the client's to report.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// What the client sent, read to its end.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// The connection is to break here.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on request")
    }
}

impl std::error::Error for Broken {}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Broken> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else { return Err(Broken) };
    let asked = Arc::new(Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    });
    if let Some(path) = asked.path.strip_prefix("/_fake/") {
        return Ok(response(control::answer(&shared, path, &asked).await, &asked.method));
    }
    let trouble = shared.meet(&asked.method, &asked.path);
    if trouble == Some(Trouble::DropBefore) {
        shared.note(&asked, None);
        return Err(Broken);
    }
    if let Some(Trouble::Delay(time)) = trouble {
        tokio::time::sleep(time).await;
    }
    let reply = match trouble {
        Some(Trouble::Unavailable) => Reply::json(
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"message": "name resolution failed"}).to_string(),
        ),
        Some(Trouble::Unauthorized) => wrong_token().reply(),
        // On a task of its own: a client that goes away does not undo what it asked for.
        _ => {
            let (shared, asked) = (Arc::clone(&shared), Arc::clone(&asked));
            let answer = tokio::spawn(async move { route(&shared, &asked).await });
            answer
                .await
                .unwrap_or_else(|_| Err(Refusal::new(500, "FAKE", "the fake panicked")))
                .unwrap_or_else(|refusal| refusal.reply())
        }
    };
    shared.note(&asked, Some(reply.status.as_u16()));
    if trouble == Some(Trouble::DropAfter) {
        return Err(Broken);
    }
    Ok(response(reply, &asked.method))
}

fn response(reply: Reply, method: &Method) -> Response<Full<Bytes>> {
    let body = if *method == Method::HEAD { String::new() } else { reply.body };
    let mut builder = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(Bytes::from(body))).unwrap_or_else(|_| Response::default())
}

fn wrong_token() -> Refusal {
    Refusal::new(401, "PGRST301", "JWSError JWSInvalidSignature")
}

async fn route(shared: &Shared, asked: &Asked) -> Result<Reply, Refusal> {
    if asked.path.len() + asked.query.len() > LONGEST_TARGET {
        return Ok(Reply::new(StatusCode::URI_TOO_LONG));
    }
    if let Some(function) = asked.path.strip_prefix("/functions/v1/") {
        return Ok(edge::answer(shared, function, asked).await);
    }
    let Some(path) =
        asked.path.strip_prefix("/rest/v1").filter(|path| path.is_empty() || path.starts_with('/'))
    else {
        let message = json!({"message": "no Route matched with those values"});
        return Ok(Reply::json(StatusCode::NOT_FOUND, message.to_string()));
    };
    if let Err(reply) = admit(shared, asked) {
        return Ok(*reply);
    }
    rest(shared, asked, path.trim_start_matches('/')).await
}

/// The gateway looks at `apikey`, PostgREST at the token.
fn admit(shared: &Shared, asked: &Asked) -> Result<(), Box<Reply>> {
    let header = |name| asked.headers.get(name).and_then(|value| value.to_str().ok());
    let unauthorized =
        |body: serde_json::Value| Box::new(Reply::json(StatusCode::UNAUTHORIZED, body.to_string()));
    let in_query = pairs(&asked.query).into_iter().find(|(name, _)| name == "apikey").map(|(_, key)| key);
    match header("apikey").map(str::to_owned).or(in_query) {
        None => {
            return Err(unauthorized(json!({
                "message": "No API key found in request",
                "hint": "No `apikey` request header or url param was found."
            })));
        }
        Some(key) if key != shared.options.key => {
            return Err(unauthorized(json!({
                "message": "Invalid API key", "hint": "Double check your Supabase `anon` or `service_role` API key."
            })));
        }
        Some(_) => {}
    }
    match header("authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or_default()) {
        None => Err(Box::new(Refusal::new(401, "PGRST302", "Anonymous access is disabled").reply())),
        Some(token) if token != shared.options.key => Err(Box::new(wrong_token().reply())),
        Some(_) => Ok(()),
    }
}

async fn rest(shared: &Shared, asked: &Asked, path: &str) -> Result<Reply, Refusal> {
    let catalogue = shared.catalogue();
    for header in ["accept-profile", "content-profile"] {
        let profile = asked.headers.get(header).and_then(|value| value.to_str().ok());
        if profile.is_some_and(|profile| profile != catalogue.schema) {
            let message = format!("The schema must be one of the following: {}", catalogue.schema);
            return Err(Refusal::new(406, "PGRST106", message));
        }
    }
    if path.is_empty() {
        let paths: serde_json::Map<_, _> =
            catalogue.paths().into_iter().map(|path| (path, json!({}))).collect();
        return Ok(Reply::json(StatusCode::OK, json!({"swagger": "2.0", "paths": paths}).to_string()));
    }
    let has_body = asked.method == Method::POST || asked.method == Method::PATCH;
    if has_body && !asked.body.is_empty() {
        is_json(&asked.headers)?;
    }
    let (prefer, form, pairs) =
        (Prefer::read(&asked.headers)?, Form::read(&asked.headers)?, pairs(&asked.query));
    let is_read = asked.method == Method::GET || asked.method == Method::HEAD;
    let max_rows = shared.max_rows();
    let database = &shared.database;
    let reply = if let Some(name) = path.strip_prefix("rpc/") {
        let call = Call { name, method: &asked.method, pairs: &pairs, body: &asked.body, form };
        let none = HeaderMap::new();
        let headers = if is_read { &asked.headers } else { &none };
        function::call(database, &catalogue, call, &prefer, |query| query.rows.narrow(headers, max_rows))
            .await?
    } else {
        let mut query = Query::read(&pairs)?;
        let change = match asked.method {
            Method::GET | Method::HEAD => None,
            Method::POST => Some(Change::Insert),
            Method::PATCH => Some(Change::Update),
            Method::DELETE => Some(Change::Delete),
            Method::PUT => return Err(Refusal::not_simulated("PUT")),
            _ => {
                return Err(Refusal::new(
                    405,
                    "PGRST117",
                    format!("Unsupported HTTP method: {}", asked.method),
                ));
            }
        };
        match change {
            None => {
                query.rows.narrow(&asked.headers, max_rows)?;
                read_table(database, &catalogue, path, &query, &prefer, form).await?
            }
            Some(change) => {
                let write =
                    Write { table: path, change, query: &query, prefer: &prefer, form, body: &asked.body };
                write_table(database, &catalogue, write).await?
            }
        }
    };
    Ok(match prefer.applied() {
        Some(applied) => reply.with("Preference-Applied", applied),
        None => reply,
    })
}

fn is_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind =
        headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("application/json");
    let base = kind.split(';').next().unwrap_or_default().trim();
    match base {
        "application/json" | "application/vnd.pgrst.object+json" | "application/vnd.pgrst.array+json" => {
            Ok(())
        }
        other => Err(Refusal::new(415, "PGRST107", format!("Content-Type not acceptable: {other}"))),
    }
}

impl Shared {
    fn note(&self, asked: &Asked, status: Option<u16>) {
        self.state().journal.push(Exchange {
            method: asked.method.clone(),
            path: asked.path.clone(),
            query: asked.query.clone(),
            status,
        });
    }
}
