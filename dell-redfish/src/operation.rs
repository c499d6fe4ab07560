//! An operation on an iDRAC as a plain value.

use async_trait::async_trait;

use crate::body::ReplyStream;
use crate::clock::Clock;
use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::facts::HostFacts;
use crate::plan::Plan;
use crate::request::{Request, Response};
use crate::safeguard::Safeguards;
use crate::secret::Secret;

/// One question or command: its request, and how to read the reply. No I/O, no clock, no retry of its own.
pub trait Operation: Send + Sync {
    /// What a successful reply means.
    type Output: Send;

    /// Stable name for logs and errors, e.g. `GetComputerSystem`.
    const NAME: &'static str;

    /// How much it can hurt.
    const EFFECT: Effect;

    /// The request to send.
    fn request(&self) -> Request;

    /// How much this one can hurt, where that depends on what it asks for.
    fn effect(&self) -> Effect {
        Self::EFFECT
    }

    /// What it would do: its request, shown and not sent.
    fn plan(&self) -> Plan
    where
        Self: Sized,
    {
        Plan::new(Self::NAME).with_step(self)
    }

    /// Reads a 2xx reply. Errors of the iDRAC never get here: the pipeline classifies them first.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] when the reply cannot be understood.
    fn parse(&self, response: Response) -> Result<Self::Output>;
}

/// One iDRAC, as flows see it: requests go in, judged replies come out. `Client` is the real one;
/// a test puts a folder of files behind it.
#[async_trait]
pub trait Redfish: Send + Sync {
    /// The iDRAC, for errors.
    fn host(&self) -> &str;

    /// Sends one request through the whole pipeline; a reply that is no success is an error already, but for the 304 that a request
    /// with `If-None-Match` asks for.
    async fn send(&self, operation: &'static str, request: Request) -> Result<Response>;

    /// What is known about this iDRAC.
    fn facts(&self) -> HostFacts;

    /// Remembers something about it.
    fn learn(&self, change: &mut (dyn FnMut(&mut HostFacts) + Send));

    /// How many requests this iDRAC is sent at a time: how far a flow may fan out.
    fn concurrency(&self) -> usize;

    /// What flows wait by.
    fn clock(&self) -> &dyn Clock;

    /// Which counter-measures against known faults are on: all, but in a test.
    fn safeguards(&self) -> Safeguards {
        Safeguards::default()
    }

    /// Whose name requests go out with, if any.
    async fn username(&self) -> Option<String> {
        None
    }

    /// Says that the password of a user has changed, or may change by work under way. Where this client logs in as that user, the
    /// new one is tried first from the next login on, and the present one after it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a password that does not fit into a header.
    async fn expect_password(&self, _user: &str, _password: &Secret) -> Result<()> {
        Ok(())
    }

    /// Whether an expected password turned out to be the one in force.
    async fn has_new_password(&self) -> bool {
        false
    }

    /// Ends the session, so that the next request logs in anew.
    async fn log_out(&self) {}

    /// Sends one request once and hands its reply out as it comes. It takes none of the iDRAC's slots once it is open.
    async fn open_stream(&self, operation: &'static str, request: Request) -> Result<ReplyStream> {
        let message = "this connection cannot hand out a reply before it has ended";
        Err(Error::new(ErrorKind::Unsupported, message).with_operation(operation).with_path(request.path))
    }
}

/// Runs one operation: its request through the pipeline, its reply through [`Operation::parse`].
///
/// # Errors
/// Whatever the pipeline or the parsing says, with operation, host and path named.
pub async fn run<O: Operation>(redfish: &dyn Redfish, operation: &O) -> Result<O::Output> {
    let request = operation.request().with_effect(operation.effect());
    let path = request.path.clone();
    let response = redfish.send(O::NAME, request).await?;
    operation
        .parse(response)
        .map_err(|error| error.with_operation(O::NAME).with_host(redfish.host()).with_path(path))
}
