//! A known fault of iDRACs and the counter-measure against it, proved as a pair: with the counter-measure the case succeeds,
//! without it the same case fails, and both times the simulator really had the fault.

use std::panic::AssertUnwindSafe;

use dell_redfish::{ClientBuilder, Safeguard};
use futures_util::FutureExt as _;
use idrac_sim::{Exchange, FleetBuilder, Generation, ServerSpec};

use crate::{Failure, Rig};

type Change<T> = Box<dyn Fn(T) -> T>;

/// One of the catalogue's faults, switched on.
pub struct Fault {
    safeguard: Safeguard,
    generation: Generation,
    server: Change<ServerSpec>,
    client: Change<ClientBuilder>,
    /// Name the journal gives the fault, and the least number of exchanges that must carry it.
    mark: &'static str,
    /// Whether the counter-measure avoids the fault altogether, so that only the run without it meets it.
    avoided: bool,
}

#[allow(clippy::panic, reason = "a proof that fails is a test that fails")]
impl Fault {
    /// The fault that this counter-measure is against; the journal calls it `mark`.
    #[must_use]
    pub fn new(safeguard: Safeguard, generation: Generation, mark: &'static str) -> Self {
        Self {
            safeguard,
            generation,
            server: Box::new(|spec| spec),
            client: Box::new(|client| client),
            mark,
            avoided: false,
        }
    }

    /// How the server is made to have it.
    #[must_use]
    pub fn server(mut self, change: impl Fn(ServerSpec) -> ServerSpec + 'static) -> Self {
        self.server = Box::new(change);
        self
    }

    /// How the client is set up.
    #[must_use]
    pub fn client(mut self, change: impl Fn(ClientBuilder) -> ClientBuilder + 'static) -> Self {
        self.client = Box::new(change);
        self
    }

    /// Says that the counter-measure avoids it: only the run without must meet it.
    #[must_use]
    pub fn avoided(mut self) -> Self {
        self.avoided = true;
        self
    }

    /// Drives the case with the counter-measure, then without. The case says with an error, or a panic, that it failed.
    ///
    /// # Panics
    /// When the case fails with it or succeeds without it, when the fault was not delivered, or when a session is left.
    pub async fn prove(self, case: impl AsyncFn(&Rig) -> Result<(), Failure>) {
        let number = self.safeguard.fault();
        let name = self.safeguard.name();
        let (with, met) = self.run(&case, true).await;
        if let Err(why) = with {
            panic!("fault {number}: fails although {name} is on: {why}");
        }
        assert!(met || self.avoided, "fault {number}: the simulator never had {:?}", self.mark);
        let (without, met) = self.run(&case, false).await;
        let Err(why) = without else {
            panic!("fault {number}: succeeds without {name}, so nothing is proved");
        };
        assert!(met, "fault {number}: without {name} the simulator never had {:?}", self.mark);
        print(number, name, &why);
    }

    async fn run(
        &self,
        case: &impl AsyncFn(&Rig) -> Result<(), Failure>,
        guarded: bool,
    ) -> (Result<(), String>, bool) {
        let fleet: FleetBuilder = idrac_sim::Fleet::builder()
            .generation(self.generation)
            .credentials(crate::USER, crate::PASSWORD)
            .defaults(|spec| (self.server)(spec));
        let client = |builder: ClientBuilder| {
            let builder = (self.client)(builder);
            if guarded { builder } else { builder.without(self.safeguard) }
        };
        let rig = match Rig::over(fleet, client).await {
            Ok(rig) => rig,
            Err(error) => panic!("the rig does not start: {error}"),
        };
        let outcome = AssertUnwindSafe(case(&rig)).catch_unwind().await;
        let journal = rig.journal();
        // A session that is left is a failure of the case: that is what the first fault is about.
        let ended = AssertUnwindSafe(rig.finish()).catch_unwind().await;
        let outcome = match (outcome, ended) {
            (Ok(Ok(())), Ok(())) => Ok(()),
            (Ok(Err(error)), _) => Err(first_line(&error.to_string())),
            (Ok(Ok(())), Err(panic)) | (Err(panic), _) => Err(first_line(&said(&*panic))),
        };
        (outcome, journal.iter().any(|exchange| self.is_delivered(exchange)))
    }

    fn is_delivered(&self, exchange: &Exchange) -> bool {
        exchange.fault == Some(self.mark)
    }
}

pub(crate) fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(100).collect()
}

#[allow(clippy::print_stdout, reason = "the pairs are to be seen in the test's output")]
fn print(number: u8, name: &str, why: &str) {
    println!("fault {number:02}  {name:<22} on: ok   off: {why}");
}
