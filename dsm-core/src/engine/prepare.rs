//! What a job needs before it may run, found out as it is enqueued.

use std::net::IpAddr;

use crate::engine::inner::Inner;
use crate::error::Result;
use crate::id::ServerId;
use crate::job::NewJob;
use crate::store::{Lack, ServerQuery, server_of_lane};

impl Inner {
    /// Its lane, with whom it shares it, and where it works.
    pub(crate) async fn prepare(&self, job: &mut NewJob) -> Result<()> {
        let handler = self.registry.find(&job.job_type)?;
        let lane = handler.lane(&job.preview()).await?;
        let server =
            lane.as_ref().map(|lane| &lane.key).or(job.lane.as_ref()).and_then(|key| server_of_lane(key));
        if self.store.caps().lacks(Lack::Locks) {
            job.lane = None;
        } else if job.lane.is_none()
            && let Some(lane) = lane.filter(|lane| lane.waits)
        {
            job.lane = Some(lane.key);
            job.lane_among = lane.is_shared.then(|| self.limits.get().readers_per_server);
        }
        if job.address.is_none()
            && !handler.is_interactive()
            && let Some(server) = server
        {
            job.address = self.address_of(server).await?;
        }
        Ok(())
    }

    /// Where a server is now.
    pub(crate) async fn address_of(&self, server: ServerId) -> Result<Option<IpAddr>> {
        let query = ServerQuery { ids: vec![server], limit: Some(1), ..ServerQuery::default() };
        Ok(self.store.servers(query).await?.into_iter().next().and_then(|row| row.fields.ip_address))
    }
}
