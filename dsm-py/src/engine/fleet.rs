//! What is known of the fleet: servers, inventory, raw resources, activity.

use std::collections::BTreeMap;
use std::io::Read;

use dsm_core::engine::About;
use dsm_core::store::{ActivityQuery, DocumentRow, ServerQuery, ServerRow};
use dsm_core::{Error, ErrorKind};
use lz4_flex::frame::FrameDecoder;
use pyo3::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Engine, HeldLocks};
use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::idrac::{Duty, IdracHandle};
use crate::reply::{Reply, record};

both! {
    /// Servers, ordered by address: of these ids, at these addresses, the first `limit`.
    Engine.servers / servers_async (*, ids=None, addresses=None, limit=None)
    |this, py, ids: Option<Vec<String>>, addresses: Option<Vec<String>>, limit: Option<usize>| {
        let open = this.open_in(py)?;
        let query = ServerQuery {
            ids: argument::parse_all(py, "ids", ids)?,
            addresses: argument::parse_all(py, "addresses", addresses)?,
            limit,
        };
        async move {
            let rows = open.engine.store().servers(query).await?;
            Reply::json(&rows.iter().map(view).collect::<Result<Vec<_>, _>>()?)
        }
    }
}

both! {
    /// The inventory of a server as rows: drives, network functions, memory, firmware, the latest health.
    Engine.inventory / inventory_async (server_id)
    |this, py, server_id: &str| {
        let open = this.open_in(py)?;
        let server = argument::parse(py, "server_id", server_id)?;
        async move { Reply::json(&open.engine.store().inventory(server).await?) }
    }
}

both! {
    /// The resources of a server as its iDRAC sent them: by section, then by `@odata.id`. Nothing is left out.
    Engine.documents / documents_async (server_id)
    |this, py, server_id: &str| {
        let open = this.open_in(py)?;
        let server = argument::parse(py, "server_id", server_id)?;
        async move {
            let rows = open.engine.store().documents(server).await?;
            let sections: Result<BTreeMap<_, _>, Error> =
                rows.iter().map(|row| Ok((row.section.as_str(), resources(row)?))).collect();
            Reply::json(&sections?)
        }
    }
}

both! {
    /// Every exchange with an iDRAC, oldest first, redacted: of a job, of a server, after a row, the first `limit`.
    Engine.activity / activity_async (*, job=None, server_id=None, after=None, limit=None)
    |this, py, job: Option<&str>, server_id: Option<&str>, after: Option<&str>, limit: Option<usize>| {
        let open = this.open_in(py)?;
        let query = ActivityQuery {
            job_id: job.map(|text| argument::parse(py, "job", text)).transpose()?,
            server_id: server_id.map(|text| argument::parse(py, "server_id", text)).transpose()?,
            after: after.map(|text| argument::parse(py, "after", text)).transpose()?,
            limit,
        };
        async move { Reply::json(&open.engine.store().activity(query).await?) }
    }
}

both! {
    /// The iDRAC of a known server, through the engine: its network policy, its certificates, its credentials. Every
    /// exchange is on record. With `locks` it changes nothing once those are given back, or may be lost. The compiled half of
    /// `dsm.Idrac.through()`.
    Engine._idrac / _idrac_async (server_id, locks=None)
    |this, py, server_id: &str, locks: Option<Bound<'py, HeldLocks>>| {
        let open = this.open_in(py)?;
        let server = argument::parse(py, "server_id", server_id)?;
        let fleet = match locks {
            Some(locks) => locks.get().fleet(open.engine.fleet()).map_err(|failure| failure.into_python(py))?,
            None => open.engine.fleet().clone(),
        };
        async move {
            let login = fleet.idrac(server, About::default()).await?;
            let handle = IdracHandle::under(Duty::new(fleet, login, None), &open.lines);
            Ok(Reply::made(move |py| Ok(handle.into_pyobject(py)?.into_any().unbind())))
        }
    }
}

both! {
    /// Forgets the certificate remembered for an iDRAC, so that the next one it shows is trusted. Says whether one was.
    Engine.trust_anew / trust_anew_async (address)
    |this, py, address: &str| {
        let open = this.open_in(py)?;
        let address = argument::parse(py, "address", address)?;
        async move { Ok(Reply::Flag(open.engine.trust_anew(address).await?)) }
    }
}

#[pymethods]
impl Engine {
    /// What the record of every exchange did so far, and how many rows wait to be written.
    #[getter]
    fn activity_stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stats = self.open_in(py)?.engine.fleet().activity_stats();
        let counts = json!({
            "recorded": stats.recorded,
            "announced": stats.announced,
            "stored": stats.stored,
            "spilled": stats.spilled,
            "replayed": stats.replayed,
            "refused": stats.refused,
            "attributed": stats.attributed,
            "bodies_dropped": stats.bodies_dropped,
            "waiting": stats.waiting,
        });
        record(py, &counts)
    }
}

/// The row without the password, which is of no use even sealed.
pub(super) fn view(row: &ServerRow) -> Result<Value, Failure> {
    let mut row = serde_json::to_value(row).map_err(Failure::Json)?;
    if let Value::Object(columns) = &mut row {
        columns.remove("idrac_password_encrypted");
    }
    Ok(row)
}

fn resources(row: &DocumentRow) -> Result<Box<RawValue>, Error> {
    let damaged = || {
        Error::new(ErrorKind::Store, "the stored resources cannot be read")
            .about(row.section.clone())
            .hint("take the inventory again")
    };
    let mut text = String::new();
    FrameDecoder::new(&row.body[..])
        .read_to_string(&mut text)
        .map_err(|error| damaged().with_source(error))?;
    RawValue::from_string(text).map_err(|error| damaged().with_source(error))
}
