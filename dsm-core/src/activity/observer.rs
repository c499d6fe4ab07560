//! The pipeline's end of the log.

use std::fmt;
use std::sync::Arc;

use dell_redfish::{Exchange, Method, Observer};

use super::queue::{Pending, Producer};
use super::row::{Body, PendingExchange};
use super::{ActivityContext, BodyPolicy, ReplyBodies};
use crate::meter;

/// Records the exchanges of one account.
pub(super) struct ActivityObserver {
    producer: Arc<Producer>,
    context: Arc<ActivityContext>,
    bodies: BodyPolicy,
}

impl ActivityObserver {
    pub(super) fn new(producer: Arc<Producer>, context: Arc<ActivityContext>, bodies: BodyPolicy) -> Self {
        Self { producer, context, bodies }
    }
}

impl Observer for ActivityObserver {
    fn exchanged(&self, exchange: &Exchange<'_>) {
        let outcome = exchange.error_kind.map_or("ok", |kind| kind.as_str());
        meter::request(exchange.method.as_str(), outcome, exchange.elapsed);
        let read = matches!(*exchange.method, Method::GET | Method::HEAD);
        let keep = match self.bodies.replies {
            ReplyBodies::Never => false,
            ReplyBodies::FailuresAndCommands => !read || !exchange.success,
            ReplyBodies::Always => true,
        };
        self.producer.push(Pending::Exchange(Box::new(PendingExchange {
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
        })));
    }
}

impl fmt::Debug for ActivityObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityObserver").field("context", &self.context).finish_non_exhaustive()
    }
}
