//! Cases that hold on any iDRAC, simulated or real. A case reads through [`Rig::idrac`], asserts of a real iDRAC only what
//! every iDRAC must keep, and of a [simulated](Rig::is_simulated) one also what is in it.

pub mod access;
pub mod change;
pub mod server;
pub mod settings;
pub mod stock;
pub mod work;

use dell_redfish::ErrorKind;
use futures_util::future::LocalBoxFuture;
use idrac_sim::Generation;

use crate::{Failure, Rig, on_each};

/// How a case ends; an error of kind `Unsupported` says that this iDRAC does not offer what it is about.
pub type Held = Result<(), Failure>;

/// Generations that have Dell's services and certificates: all but iDRAC7 and 8.
pub const NEWER: &[Generation] =
    &[Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

/// Generations whose iDRAC tells its own settings and secure boot: all but iDRAC7.
pub const WITH_SETTINGS: &[Generation] = &[
    Generation::Idrac8,
    Generation::Idrac9V5,
    Generation::Idrac9V6,
    Generation::Idrac9V7,
    Generation::Idrac10,
];

/// What a case does to the iDRAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// It sends nothing but GET.
    Reading,
    /// It changes something, or uses an action, and puts back what it changed.
    Changes,
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// What it is about.
    pub area: &'static str,
    /// What it shows.
    pub name: &'static str,
    /// What it does to the iDRAC.
    pub needs: Needs,
    /// The simulated generations that offer it; the others must say that they do not.
    pub offered: &'static [Generation],
    body: for<'a> fn(&'a Rig) -> LocalBoxFuture<'a, Held>,
}

impl Case {
    const fn new(
        area: &'static str,
        name: &'static str,
        needs: Needs,
        offered: &'static [Generation],
        body: for<'a> fn(&'a Rig) -> LocalBoxFuture<'a, Held>,
    ) -> Self {
        Self { area, name, needs, offered, body }
    }

    /// Drives it on a rig.
    ///
    /// # Errors
    /// What the iDRAC said, where the case does not look into that itself.
    pub async fn run(&self, rig: &Rig) -> Held {
        (self.body)(rig).await
    }

    /// Drives it on each simulated generation.
    ///
    /// # Panics
    /// When it fails where it is offered, or does anything but say so where it is not.
    #[allow(clippy::panic, reason = "a case that fails is a test that fails")]
    pub async fn everywhere(&self) {
        on_each(Generation::ALL, async |rig: &Rig| {
            let generation = rig.generation();
            match (self.run(rig).await, self.offered.contains(&generation)) {
                (Ok(()), true) => {}
                (Ok(()), false) => panic!("{}: offered by {generation:?} after all", self.name),
                (Err(error), false) if is_unsupported(&error) => {}
                (Err(error), _) => panic!("{} on {generation:?}: {error}", self.name),
            }
        })
        .await;
    }
}

fn is_unsupported(error: &Failure) -> bool {
    let error = error.downcast_ref::<dell_redfish::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::Unsupported)
}

/// All of them, those that only read first.
#[must_use]
pub fn all() -> Vec<&'static Case> {
    let areas = [server::CASES, settings::CASES, access::CASES, stock::CASES, work::CASES, change::CASES];
    let mut all: Vec<_> = areas.into_iter().flatten().copied().collect();
    all.sort_by_key(|case| case.needs == Needs::Changes);
    all
}
