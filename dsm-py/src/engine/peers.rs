//! What an attempt reaches: servers, their credentials, their iDRACs, the networks they are in.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use dsm_core::credential::{Outcome as Login, Purpose, Target};
use dsm_core::engine::StopSignal;
use dsm_core::id::{ServerId, TaskId};
use dsm_core::store::{ServerQuery, ServerRow};
use dsm_core::{Ctx, Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;

use super::context::{ContextHandle, held};
use super::fleet::view;
use super::lock::HeldLocks;
use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::idrac::{Duty, IdracHandle};
use crate::reply::Reply;

both! {
    /// The servers that the job names.
    ContextHandle.targets / targets_async ()
    |this, py| {
        let ctx = this.going(py)?;
        async move {
            let rows = known(&ctx, named(&ctx)?).await?;
            Reply::json(&rows.iter().map(view).collect::<Result<Vec<_>, _>>()?)
        }
    }
}

both! {
    /// Servers, ordered by address.
    ContextHandle.servers / servers_async (ids, addresses)
    |this, py, ids: Option<Vec<String>>, addresses: Option<Vec<String>>| {
        let ctx = this.going(py)?;
        let query = ServerQuery {
            ids: argument::parse_all(py, "ids", ids)?,
            addresses: argument::parse_all(py, "addresses", addresses)?,
            limit: None,
        };
        async move {
            let rows = ctx.store().servers(query).await?;
            Reply::json(&rows.iter().map(view).collect::<Result<Vec<_>, _>>()?)
        }
    }
}

both! {
    /// The credentials of a server, by the engine's resolver.
    ContextHandle.credentials / credentials_async (server)
    |this, py, server: &str| {
        let ctx = this.going(py)?;
        let server: ServerId = argument::parse(py, "server", server)?;
        let attempt = this.attempt.clone();
        async move {
            let found = while_going(attempt.stop.clone(), async {
                let rows = known(&ctx, vec![server]).await?;
                let target = rows.first().map(Target::from).ok_or_else(|| unknown(server))?;
                let found = ctx.fleet().resolver().resolve(&target, Purpose::Idrac).await?;
                held(&attempt.resolved).insert(server, (target, found.clone()));
                Ok(found)
            })
            .await?;
            held(&attempt.secrets).push(found.secret.clone());
            Ok(Reply::made(move |py| {
                let class = py.import(intern!(py, "dsm.resolvers"))?.getattr(intern!(py, "Credential"))?;
                Ok(class.call1((found.username.as_str(), found.secret.expose()))?.unbind())
            }))
        }
    }
}

both! {
    /// What a device made of the credentials handed out for it.
    ContextHandle.report / report_async (server, accepted)
    |this, py, server: &str, accepted: bool| {
        let ctx = this.ctx(py)?;
        let server: ServerId = argument::parse(py, "server", server)?;
        let known = held(&this.attempt.resolved).get(&server).cloned();
        async move {
            let (target, found) = known.ok_or_else(|| {
                Error::invalid("server", "no credentials were handed out for it", "call `credentials` first")
            })?;
            let outcome = if accepted { Login::Accepted } else { Login::Rejected };
            ctx.fleet().resolver().report(&target, &found, outcome).await;
            Ok(Reply::Nothing)
        }
    }
}

both! {
    /// The iDRAC of a known server, through the engine.
    ContextHandle.idrac / idrac_async (server, task)
    |this, py, server: &str, task: Option<&str>| {
        let ctx = this.going(py)?;
        let server: ServerId = argument::parse(py, "server", server)?;
        let task: Option<TaskId> = task.map(|text| argument::parse(py, "task", text)).transpose()?;
        let attempt = this.attempt.clone();
        async move {
            let stop = attempt.stop.clone();
            let login = while_going(stop.clone(), async { Ok(ctx.idrac(server, task).await?) }).await?;
            let duty = Duty::new(ctx.fleet().clone(), login, Some(stop));
            let handle = IdracHandle::under(duty, &attempt.lines);
            Ok(Reply::made(move |py| Ok(handle.into_pyobject(py)?.into_any().unbind())))
        }
    }
}

both! {
    /// A share of the limit of a subnet.
    ContextHandle.enter_subnet / enter_subnet_async (address)
    |this, py, address: &str| {
        let ctx = this.going(py)?;
        let address: IpAddr = argument::parse(py, "address", address)?;
        let attempt = this.attempt.clone();
        async move {
            let taken = ctx.enter_subnet(address).await?;
            let locks = HeldLocks::of(taken, Vec::new(), &attempt.locks);
            Ok(Reply::made(move |py| Ok(locks.into_pyobject(py)?.into_any().unbind())))
        }
    }
}

/// The servers in the job's `server_ids`, then those of its tasks; each once.
fn named(ctx: &Ctx) -> Result<Vec<ServerId>, Failure> {
    let listed = ctx.job().target_scope.get("server_ids").and_then(|ids| ids.as_array());
    let mut ids: Vec<ServerId> = Vec::new();
    for (nth, id) in listed.into_iter().flatten().enumerate() {
        let id = id.as_str().and_then(|id| id.parse().ok());
        ids.push(id.ok_or_else(|| {
            let field = format!("target_scope.server_ids[{nth}]");
            Error::invalid(field, "it is no server id", "use the ids of the `servers` table")
        })?);
    }
    ids.extend(ctx.tasks().iter().filter_map(|task| task.server_id));
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    Ok(ids)
}

/// The rows of these servers, in this order.
async fn known(ctx: &Ctx, ids: Vec<ServerId>) -> Result<Vec<ServerRow>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = ctx.store().servers(ServerQuery { ids: ids.clone(), ..ServerQuery::default() }).await?;
    let mut rows: HashMap<ServerId, ServerRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    ids.into_iter().map(|id| rows.remove(&id).ok_or_else(|| unknown(id))).collect()
}

fn unknown(server: ServerId) -> Failure {
    Error::new(ErrorKind::NotFound, "there is no such server").about(format!("server {server}")).into()
}

/// Work that ends when the job has to stop.
async fn while_going<T>(
    stop: StopSignal,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        done = work => done,
        reason = stop.stopped() => Err(Error::new(ErrorKind::Cancelled, reason.to_string()).into()),
    }
}
