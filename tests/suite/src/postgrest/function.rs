//! `/rpc/<function>`: found by the names of its arguments, called with a body of JSON, or by GET with a query string.

use hyper::{Method, StatusCode};
use serde_json::{Map, Value};

use super::catalogue::{Argument, Catalogue, Function, ResultKind};
use super::database::{Access, Database, quoted};
use super::prefer::Prefer;
use super::query::Query;
use super::read::{Form, Rows, page_of};
use super::render::{Render, Source};
use super::reply::{Refusal, Reply};

/// A call, as asked for.
pub(super) struct Call<'r> {
    pub(super) name: &'r str,
    pub(super) method: &'r Method,
    pub(super) pairs: &'r [(String, String)],
    pub(super) body: &'r str,
    pub(super) form: Form,
}

pub(super) async fn call(
    database: &Database,
    catalogue: &Catalogue,
    call: Call<'_>,
    prefer: &Prefer,
    narrow: impl Fn(&mut Query) -> Result<(), Refusal> + Send,
) -> Result<Reply, Refusal> {
    let is_read = call.method == Method::GET || call.method == Method::HEAD;
    if !is_read && call.method != Method::POST {
        return Err(Refusal::new(405, "PGRST101", format!("Cannot use the {} method on RPC", call.method)));
    }
    let (function, given, body, filters) = if is_read {
        let names: Vec<&str> = call.pairs.iter().map(|(name, _)| name.as_str()).collect();
        by_query(catalogue, call.name, &names, call.pairs)?
    } else {
        let (function, given) = by_body(catalogue, call.name, call.body)?;
        (function, given, call.body.to_owned(), call.pairs.to_vec())
    };
    let mut query = Query::read(&filters)?;
    narrow(&mut query)?;
    let mut render = Render::new(catalogue);
    let from = invocation(&mut render, function, &given, &body);
    let source = Source { from: "dsm_called", alias: "dsm_called", table: None };
    let page = match function.result {
        ResultKind::Row => page_of(&render.select(source, &query)?, prefer.is_counted),
        _ => "SELECT coalesce(json_agg(dsm_called.dsm_value), '[]')::text, count(*), NULL::bigint FROM dsm_called"
            .to_owned(),
    };
    render.statement.sql = format!("WITH dsm_called AS MATERIALIZED ({from}) {page}");
    let access = if is_read || !function.is_volatile { Access::Read } else { Access::Write };
    let offset = query.rows.offset;
    database
        .transact(access, &render.statement, |rows| {
            let rows = Rows::take(&rows)?;
            match (function.result, function.is_set) {
                (ResultKind::Nothing, _) => Ok(Reply::new(StatusCode::NO_CONTENT)),
                (_, true) => rows.reply(call.form, offset),
                (_, false) => Ok(Reply::json(StatusCode::OK, only(&rows.body))),
            }
        })
        .await
}

/// The only element of an array, as it stands there.
fn only(array: &str) -> &str {
    array.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or("null")
}

/// FROM with the call: the arguments are read from the body in the function's own types.
fn invocation(render: &mut Render<'_>, function: &Function, given: &[Argument], body: &str) -> String {
    let path = render.catalogue.path(&function.name);
    let alias = match function.result {
        ResultKind::Row => "dsm_result",
        _ => "dsm_result (dsm_value)",
    };
    match given {
        [] => format!("SELECT dsm_result.* FROM {path}() AS {alias}"),
        [whole] if whole.name.is_empty() => {
            let body = render.statement.bind(body);
            format!("SELECT dsm_result.* FROM {path}({body}::{}) AS {alias}", whole.kind)
        }
        named => {
            let types: Vec<String> = named
                .iter()
                .map(|argument| format!("{} {}", quoted(&argument.name), argument.kind))
                .collect();
            let values: Vec<String> =
                named.iter().map(|argument| format!("{0} := dsm_body.{0}", quoted(&argument.name))).collect();
            let body = render.statement.bind(body);
            format!(
                "SELECT dsm_result.* FROM json_to_record({body}::json) AS dsm_body ({}), LATERAL {path}({}) AS {alias}",
                types.join(", "),
                values.join(", ")
            )
        }
    }
}

type ByQuery<'c> = (&'c Function, Vec<Argument>, String, Vec<(String, String)>);

/// What is not the name of an argument is a filter.
fn by_query<'c>(
    catalogue: &'c Catalogue,
    name: &'c str,
    names: &[&str],
    pairs: &[(String, String)],
) -> Result<ByQuery<'c>, Refusal> {
    let known = |argument: &str| {
        catalogue.functions(name).any(|function| function.arguments.iter().any(|one| one.name == argument))
    };
    let given: Vec<&str> = names.iter().copied().filter(|name| known(name)).collect();
    let (function, arguments) = find(catalogue, name, &given, false)?;
    let (values, filters): (Vec<_>, Vec<_>) =
        pairs.iter().cloned().partition(|(key, _)| given.contains(&key.as_str()));
    let body: Map<String, Value> =
        values.into_iter().map(|(key, value)| (key, Value::String(value))).collect();
    Ok((function, arguments, Value::Object(body).to_string(), filters))
}

fn by_body<'c>(
    catalogue: &'c Catalogue,
    name: &'c str,
    body: &str,
) -> Result<(&'c Function, Vec<Argument>), Refusal> {
    let body = if body.is_empty() { "{}" } else { body };
    let value: Value =
        serde_json::from_str(body).map_err(|_| Refusal::new(400, "PGRST102", "Empty or invalid json"))?;
    let given: Vec<&str> =
        value.as_object().map(|body| body.keys().map(String::as_str).collect()).unwrap_or_default();
    find(catalogue, name, &given, true)
}

/// The one function that takes exactly these arguments, some of which may be left out.
fn find<'c>(
    catalogue: &'c Catalogue,
    name: &'c str,
    given: &[&str],
    may_take_whole: bool,
) -> Result<(&'c Function, Vec<Argument>), Refusal> {
    let fits = |function: &&Function| {
        let has = |name: &&str| function.arguments.iter().any(|argument| argument.name == *name);
        let is_given = |argument: &Argument| given.contains(&argument.name.as_str());
        given.iter().all(has)
            && function.arguments.iter().all(|argument| argument.is_optional || is_given(argument))
    };
    let found: Vec<&Function> = catalogue.functions(name).filter(fits).collect();
    match found.as_slice() {
        [one] => {
            let chosen = |argument: &&Argument| given.contains(&argument.name.as_str());
            Ok((*one, one.arguments.iter().filter(chosen).cloned().collect()))
        }
        [] => {
            let takes_whole = |function: &&Function| {
                matches!(function.arguments.as_slice(),
                    [one] if one.name.is_empty() && matches!(one.kind.as_str(), "json" | "jsonb"))
            };
            match catalogue.functions(name).find(takes_whole).filter(|_| may_take_whole) {
                Some(function) => Ok((function, function.arguments.clone())),
                None => Err(missing(&catalogue.schema, name, given)),
            }
        }
        many => {
            let told: Vec<String> = many
                .iter()
                .map(|one| {
                    let kinds = one
                        .arguments
                        .iter()
                        .map(|argument| format!("{} => {}", argument.name, argument.kind));
                    format!("{}.{name}({})", catalogue.schema, kinds.collect::<Vec<_>>().join(", "))
                })
                .collect();
            let message =
                format!("Could not choose the best candidate function between: {}", told.join(", "));
            Err(Refusal::new(300, "PGRST203", message).hint(
                "Try renaming the parameters or the function itself in the database so function overloading can be resolved",
            ))
        }
    }
}

fn missing(schema: &str, name: &str, given: &[&str]) -> Refusal {
    let mut given = given.to_vec();
    given.sort_unstable();
    let list = given.join(", ");
    let (signature, searched) = match given.len() {
        0 => (" without parameters".to_owned(), "without parameters".to_owned()),
        1 => (format!("({list})"), format!("with parameter {list}")),
        _ => (format!("({list})"), format!("with parameters {list}")),
    };
    Refusal::new(
        404,
        "PGRST202",
        format!("Could not find the function {schema}.{name}{signature} in the schema cache"),
    )
    .details(format!(
        "Searched for the function {schema}.{name} {searched} or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache."
    ))
}
