//! An operation on an iDRAC as a plain value.

use async_trait::async_trait;

use crate::error::Result;
use crate::facts::HostFacts;
use crate::request::{Request, Response};

/// One question or command: its request, and how to read the reply. No I/O, no clock, no retry of its own.
pub trait Operation: Send + Sync {
    /// What a successful reply means.
    type Output: Send;

    /// Stable name for logs and errors, e.g. `GetComputerSystem`.
    const NAME: &'static str;

    /// The request to send.
    fn request(&self) -> Request;

    /// Reads a 2xx reply. Errors of the iDRAC never get here: the pipeline classifies them first.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) when the reply cannot be understood.
    fn parse(&self, response: Response) -> Result<Self::Output>;
}

/// One iDRAC, as flows see it: requests go in, judged replies come out. `Client` is the real one;
/// a test puts a folder of files behind it.
#[async_trait]
pub trait Redfish: Send + Sync {
    /// The iDRAC, for errors.
    fn host(&self) -> &str;

    /// Sends one request through the whole pipeline; a reply that is no success is an error already.
    async fn send(&self, operation: &'static str, request: Request) -> Result<Response>;

    /// What is known about this iDRAC.
    fn facts(&self) -> HostFacts;

    /// Remembers something about it.
    fn learn(&self, change: &mut (dyn FnMut(&mut HostFacts) + Send));

    /// How many requests this iDRAC is sent at a time: how far a flow may fan out.
    fn concurrency(&self) -> usize;
}

/// Runs one operation: its request through the pipeline, its reply through [`Operation::parse`].
///
/// # Errors
/// Whatever the pipeline or the parsing says, with operation, host and path named.
pub async fn run<O: Operation>(redfish: &dyn Redfish, operation: &O) -> Result<O::Output> {
    let request = operation.request();
    let path = request.path.clone();
    let response = redfish.send(O::NAME, request).await?;
    operation
        .parse(response)
        .map_err(|error| error.with_operation(O::NAME).with_host(redfish.host()).with_path(path))
}
