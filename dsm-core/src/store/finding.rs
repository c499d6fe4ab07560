//! Which row a server met at an address belongs to: one algorithm for every table of servers.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::error::Error;
use crate::id::ServerId;
use crate::store::fields::Blank;
use crate::store::record::{ServerChange, ServerFields, ServerFinding, ServerOutcome};

type Found = Option<(ServerId, ServerFields)>;

/// A table of servers, one row at a time.
pub(crate) trait ServerTable {
    type Error: From<Error>;
    fn by_id(&mut self, id: ServerId) -> Result<Found, Self::Error>;
    fn by_tag(&mut self, tag: &str) -> Result<Found, Self::Error>;
    fn by_address(&mut self, address: IpAddr) -> Result<Found, Self::Error>;
    fn insert(&mut self, id: ServerId, fields: &ServerFields) -> Result<(), Self::Error>;
    fn update(&mut self, id: ServerId, fields: &ServerFields) -> Result<(), Self::Error>;
    /// An id for a new row.
    fn new_id(&mut self) -> ServerId {
        ServerId::new()
    }
    /// Drops references to rows that are no longer there: a credential set removed while the scan ran must not
    /// cost the scan its findings.
    fn drop_dangling(&mut self, fields: &mut ServerFields) -> Result<(), Self::Error>;
}

/// Writes findings in order.
///
/// The row is the one with the finding's service tag; else the one the job named, or the one at the address, if it
/// has no other tag. Else the server is new. A row found at the address that is not the finding's loses the
/// address, and nothing else.
pub(crate) fn write_findings<T: ServerTable>(
    table: &mut T,
    findings: &[ServerFinding],
) -> Result<Vec<ServerOutcome>, T::Error> {
    // Where rows displaced by this batch were, so that two servers that swapped addresses are both "moved from".
    let mut displaced: HashMap<ServerId, IpAddr> = HashMap::new();
    findings.iter().map(|finding| write_finding(table, finding, &mut displaced)).collect()
}

fn write_finding<T: ServerTable>(
    table: &mut T,
    finding: &ServerFinding,
    displaced: &mut HashMap<ServerId, IpAddr>,
) -> Result<ServerOutcome, T::Error> {
    let mut patch = finding.patch.clone();
    table.drop_dangling(&mut patch.set)?;
    patch.set.ip_address = Some(finding.ip_address);
    let tag = patch.set.service_tag.clone().filter(|tag| !tag.is_blank());
    let at_address = table.by_address(finding.ip_address)?;
    let row = find_row(table, finding, tag.as_deref(), at_address.as_ref())?;

    if let Some((id, fields)) = at_address
        && row.as_ref().is_none_or(|(found, _)| *found != id)
    {
        let owner = tag.as_deref().unwrap_or("another server");
        displace(table, id, fields, finding.ip_address, owner)?;
        displaced.insert(id, finding.ip_address);
    }

    let Some((id, mut fields)) = row else {
        let id = match finding.server_id {
            // The row was deleted since the job read it: it comes back under the id the job goes on using.
            Some(id) if table.by_id(id)?.is_none() => id,
            _ => table.new_id(),
        };
        let mut fields = ServerFields::default();
        fields.apply(&patch, &[])?;
        table.insert(id, &fields)?;
        return Ok(ServerOutcome { server_id: id, change: ServerChange::New });
    };
    let before = fields.ip_address;
    if before.is_none() {
        // Says who has its address; over now that the server was met again.
        fields.connection_error = None;
    }
    fields.apply(&patch, &finding.only_if_empty)?;
    fields.ip_address = Some(finding.ip_address);
    table.update(id, &fields)?;
    let change = if before == Some(finding.ip_address) {
        ServerChange::Updated
    } else {
        ServerChange::Moved { from: before.or_else(|| displaced.get(&id).copied()) }
    };
    Ok(ServerOutcome { server_id: id, change })
}

fn find_row<T: ServerTable>(
    table: &mut T,
    finding: &ServerFinding,
    tag: Option<&str>,
    at_address: Option<&(ServerId, ServerFields)>,
) -> Result<Found, T::Error> {
    // The common case: the server that was there still is.
    if let Some((_, fields)) = at_address
        && tag.is_some()
        && fields.service_tag.as_deref() == tag
    {
        return Ok(at_address.cloned());
    }
    if let Some(tag) = tag
        && let Some(row) = table.by_tag(tag)?
    {
        return Ok(Some(row));
    }
    let may_be = |fields: &ServerFields| {
        tag.is_none() || fields.service_tag.is_none() || fields.service_tag.as_deref() == tag
    };
    if let Some(id) = finding.server_id
        && let Some((id, fields)) = table.by_id(id)?
        && may_be(&fields)
    {
        return Ok(Some((id, fields)));
    }
    Ok(at_address.filter(|(_, fields)| may_be(fields)).cloned())
}

fn displace<T: ServerTable>(
    table: &mut T,
    id: ServerId,
    mut fields: ServerFields,
    address: IpAddr,
    owner: &str,
) -> Result<(), T::Error> {
    fields.ip_address = None;
    fields.connection_status = Some("unknown".into());
    fields.connection_error = Some(format!("{owner} answers at {address} now"));
    table.update(id, &fields)
}
