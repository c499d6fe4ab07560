//! What keeps a real iDRAC as it is.

use async_trait::async_trait;
use dell_redfish::clock::Clock;
use dell_redfish::{
    Client, Error, ErrorKind, HostFacts, Method, Redfish, ReplyStream, Request, Response, Result, Safeguards,
};

use super::Allow;

/// A client that sends nothing but GET unless changes are allowed. The login is the client's own affair, below this.
#[derive(Debug)]
pub(super) struct Guarded {
    client: Client,
    allow: Allow,
}

impl Guarded {
    pub(super) fn new(client: Client, allow: Allow) -> Self {
        Self { client, allow }
    }

    fn check(&self, request: &Request) -> Result<()> {
        if self.allow == Allow::Changes || request.method == Method::GET {
            return Ok(());
        }
        let message =
            format!("the guard of the real iDRAC: {} is not allowed without changes", request.method);
        Err(Error::new(ErrorKind::InvalidInput, message).with_path(request.path.clone()).unsent())
    }
}

#[async_trait]
impl Redfish for Guarded {
    fn host(&self) -> &str {
        self.client.host()
    }

    async fn send(&self, operation: &'static str, request: Request) -> Result<Response> {
        self.check(&request)?;
        self.client.send(operation, request).await
    }

    async fn open_stream(&self, operation: &'static str, request: Request) -> Result<ReplyStream> {
        self.check(&request)?;
        self.client.open_stream(operation, request).await
    }

    fn facts(&self) -> HostFacts {
        self.client.facts()
    }

    fn learn(&self, change: &mut (dyn FnMut(&mut HostFacts) + Send)) {
        self.client.learn(change);
    }

    fn concurrency(&self) -> usize {
        self.client.concurrency()
    }

    fn clock(&self) -> &dyn Clock {
        self.client.clock()
    }

    fn safeguards(&self) -> Safeguards {
        self.client.safeguards()
    }

    async fn username(&self) -> Option<String> {
        self.client.username().await
    }

    async fn log_out(&self) {
        self.client.log_out().await;
    }
}
