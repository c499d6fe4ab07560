//! The pipeline's end of the log.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use dell_redfish::{Exchange, Method, Observer, Permit};
use uuid::Uuid;

use super::queue::{Pending, Producer};
use super::row::{Body, PendingExchange};
use super::{ActivityContext, BodyPolicy, Leave, ReplyBodies};
use crate::error::Error;
use crate::meter;

/// Records the exchanges of one account, those that change something before they begin; lets those begin only by leave.
pub(super) struct ActivityObserver {
    producer: Arc<Producer>,
    context: Arc<ActivityContext>,
    bodies: BodyPolicy,
    leave: Option<Arc<dyn Leave>>,
}

impl ActivityObserver {
    pub(super) fn new(
        producer: Arc<Producer>,
        context: Arc<ActivityContext>,
        bodies: BodyPolicy,
        leave: Option<Arc<dyn Leave>>,
    ) -> Self {
        Self { producer, context, bodies, leave }
    }

    fn pending(&self, exchange: &Exchange<'_>) -> Box<PendingExchange> {
        let read = matches!(*exchange.method, Method::GET | Method::HEAD);
        let keep = match self.bodies.replies {
            ReplyBodies::Never => false,
            ReplyBodies::FailuresAndCommands => !read || !exchange.success,
            ReplyBodies::Always => true,
        };
        Box::new(PendingExchange {
            id: exchange.mark.map(Uuid::from_u128),
            context: self.context.clone(),
            host: exchange.host.into(),
            method: exchange.method.clone(),
            path: exchange.path.into(),
            kind: exchange.kind,
            sent_at: exchange.sent_at,
            elapsed: exchange.elapsed,
            status: exchange.status,
            success: exchange.success,
            error: exchange.error.map(Into::into),
            request_body: exchange.request_body.as_ref().filter(|_| self.bodies.requests).map(Body::new),
            response_body: exchange.response_body.filter(|_| keep).map(Body::new),
        })
    }

    fn check(&self) -> dell_redfish::Result<()> {
        self.leave.as_ref().map_or(Ok(()), |leave| leave.check().map_err(fenced))
    }
}

#[async_trait]
impl Observer for ActivityObserver {
    async fn before(&self, exchange: &Exchange<'_>) -> dell_redfish::Result<Permit> {
        self.check()?;
        let row = self.pending(exchange).into_pending_row();
        // Whatever became of the row: it says that nothing was sent.
        let unsent = |id: Uuid, why| {
            self.exchanged(&Exchange { mark: Some(id.as_u128()), error: Some(why), ..exchange.clone() });
        };
        let id = match self.producer.announce(row).await {
            Ok(id) => id,
            Err((id, error)) => {
                unsent(id, "not sent: it could not be put on record before");
                return Err(fenced(error));
            }
        };
        // A store that took its time may have taken the lease's.
        if let Err(error) = self.check() {
            unsent(id, "not sent: the right to change the server had run out");
            return Err(error);
        }
        let permit = Permit::new().with_mark(id.as_u128());
        Ok(match self.leave.clone() {
            Some(leave) => permit.with_standing(move || leave.check().map_err(fenced)),
            None => permit,
        })
    }

    fn exchanged(&self, exchange: &Exchange<'_>) {
        let outcome = exchange.error_kind.map_or("ok", |kind| kind.as_str());
        meter::request(exchange.method.as_str(), outcome, exchange.elapsed);
        self.producer.push(Pending::Exchange(self.pending(exchange)));
    }
}

fn fenced(error: Error) -> dell_redfish::Error {
    let message = "not sent: what changes a server needs a lease that stands and a record of it first";
    dell_redfish::Error::new(dell_redfish::ErrorKind::Fenced, message).with_source(error)
}

impl fmt::Debug for ActivityObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityObserver").field("context", &self.context).finish_non_exhaustive()
    }
}
