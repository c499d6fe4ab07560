//! All cases on one real iDRAC, and what is said of it.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use dell_redfish::flow::lockout::list_sessions;
use dell_redfish::{Client, ErrorKind, SessionReaper};
use futures_util::FutureExt as _;

use super::NeedsSimulator;
use super::named::{Allow, NamedIdrac};
use super::world::RealWorld;
use crate::cases::{Case, Needs};
use crate::{Failure, Rig};

/// What became of a case.
enum End {
    Held,
    LeftOut(String),
    Failed(String),
}

/// Runs these cases on it, one after the other over one session, says what became of each, and compares the iDRAC's sessions
/// before and after.
///
/// # Errors
/// The cases that failed, or sessions that were left; before that whatever stands in the way of all.
pub async fn run(named: &NamedIdrac, cases: &[&Case]) -> Result<(), Failure> {
    let watch = Watch::over(named).await?;
    let rig = RealWorld::rig(named).await?;
    let firmware = rig.real().map_or("", RealWorld::firmware);
    say(&format!("{}: {:?}, firmware {firmware}, {:?}", rig.idrac().host(), rig.generation(), named.allow));
    let mut failed = Vec::new();
    for case in cases {
        let name = format!("{}: {}", case.area, case.name);
        match one(&rig, case, named.allow).await {
            End::Held => say(&format!("ok {name}")),
            End::LeftOut(why) => say(&format!("LEFT OUT {name}: {why}")),
            End::Failed(why) => {
                say(&format!("FAILED {name}: {why}"));
                failed.push(name);
            }
        }
        rig.real().map(RealWorld::take_reports).iter().flatten().for_each(|line| say(&format!("   {line}")));
    }
    rig.finish().await;
    let left = watch.end().await?;
    if !left.is_empty() {
        failed.push(format!("sessions are left: {}", left.join(", ")));
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ").into()) }
}

async fn one(rig: &Rig, case: &Case, allow: Allow) -> End {
    if case.needs == Needs::Changes && allow == Allow::Reading {
        return End::LeftOut(
            "it changes something, and DSM_TEST_IDRAC_ALLOW does not permit that".to_owned(),
        );
    }
    match AssertUnwindSafe(case.run(rig)).catch_unwind().await {
        Ok(Ok(())) => End::Held,
        Ok(Err(error)) => match error.downcast_ref::<dell_redfish::Error>().map(dell_redfish::Error::kind) {
            // What is not there, not licensed or locked is the iDRAC's affair.
            Some(ErrorKind::Unsupported | ErrorKind::License | ErrorKind::Lockdown) => {
                End::LeftOut(error.to_string())
            }
            _ => End::Failed(error.to_string()),
        },
        Err(panic) => match panic.downcast_ref::<NeedsSimulator>() {
            Some(NeedsSimulator(what)) => End::LeftOut(format!("it needs {what}")),
            None => End::Failed(crate::fault::said(&*panic)),
        },
    }
}

/// Whoever looks at the session service, with a session of its own that is there before and after.
struct Watch {
    client: Client,
    reaper: SessionReaper,
    user: String,
    before: BTreeSet<String>,
}

impl Watch {
    async fn over(named: &NamedIdrac) -> Result<Self, Failure> {
        let reaper = SessionReaper::new();
        let client = Client::builder(named.target.clone())
            .credentials(named.credentials.clone())
            .reaper(reaper.clone())
            .build()?;
        let user = named.credentials.username().to_owned();
        let before = sessions(&client, &user).await?;
        Ok(Self { client, reaper, user, before })
    }

    /// The sessions of the user that were not there before.
    async fn end(self) -> Result<Vec<String>, Failure> {
        let after = sessions(&self.client, &self.user).await?;
        say(&format!("sessions of {:?}: {} before, {} after", self.user, self.before.len(), after.len()));
        self.client.close().await;
        drop(self.client);
        self.reaper.drained().await;
        Ok(after.difference(&self.before).cloned().collect())
    }
}

async fn sessions(client: &Client, user: &str) -> Result<BTreeSet<String>, Failure> {
    let all = list_sessions(client).await?;
    let ours = all.iter().filter(|session| session.user_name.as_deref().is_none_or(|name| name == user));
    Ok(ours.filter_map(|session| session.odata_id.clone()).collect())
}

#[allow(clippy::print_stdout, reason = "what was done to somebody's iDRAC is to be seen")]
fn say(line: &str) {
    println!("real iDRAC  {line}");
}
