//! `virtual_media_unmount`: takes an image out of its virtual drive, and sees that it is gone.
//!
//! Acts on: the servers it names, or those of its sessions. A second run finds the drive empty and does nothing. It hurts a host
//! that still reads from the image; another image than the session's is left alone unless `details.force` is true.

use std::collections::BTreeMap;

use async_trait::async_trait;
use dell_redfish::Client;
use dell_redfish::flow::media::{EjectFrom, Ejected, eject, list, plan_eject};
use dell_redfish::ops::MediaImage;
use serde_json::{Value, json};
use uuid::Uuid;

use super::session::{Session, load, mounted_on};
use super::{KINDS, Kind, LIMIT, shown, targets};
use crate::clock;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::Input;
use crate::handlers::idrac::walk::{Caution, Hold, PerServer, Rollout, Rule, Visit, Visited, Walk, object};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::server_lane;

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct VirtualMediaUnmount;

/// The decoded input of a `virtual_media_unmount`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    sessions: Vec<Uuid>,
    kind: Option<Kind>,
    image: Option<String>,
    is_forced: bool,
    is_dry: bool,
    rollout: Rollout,
}

const CARD: JobCard = JobCard {
    job_type: "virtual_media_unmount",
    about: "Takes an image out of its virtual drive, and sees that it is gone.",
    changes: true,
    input: &[
        Key {
            name: "details.session_id",
            kind: "id",
            about: "row of virtual_media_sessions; says which image",
        },
        Key { name: "details.image_url", kind: "address", about: "which image, where no session does" },
        Key {
            name: "details.media_type",
            kind: "CD | DVD | USBStick | Floppy = CD",
            about: "which drive, where no image is known",
        },
        Key { name: "details.force", kind: "flag = false", about: "whatever image is in the drive" },
    ],
    output: &[
        Key {
            name: "results[].status",
            kind: "object",
            about: "inserted, write_protected, image, media_types",
        },
        Key { name: "results[].changed", kind: "flag", about: "false where it was out already" },
        Key { name: "results[].drives", kind: "list of texts", about: "the drives that were emptied" },
    ],
    rows: &["virtual_media_sessions"],
    completed: "at least one server did well",
    again: "finds the drive empty and does nothing",
};

#[async_trait]
impl Handler for VirtualMediaUnmount {
    const JOB_TYPE: &'static str = "virtual_media_unmount";
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let (servers, sessions) = targets(job)?;
        let details = Input::details(job);
        Ok(Args {
            rollout: Rollout::decode(details, Caution::Changes, servers.len().max(sessions.len()))?,
            kind: details.choice("media_type", KINDS)?,
            image: details.text("image_url")?.map(str::to_owned),
            is_forced: details.flag("force", false)?,
            is_dry: details.flag("dry_run", false)?,
            servers,
            sessions,
        })
    }

    fn lane(&self, args: &Args) -> Option<String> {
        match args.servers.as_slice() {
            [one] if !args.is_dry => Some(server_lane(*one)),
            _ => None,
        }
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let Args { mut servers, sessions, kind, image, is_forced, is_dry, rollout } = args;
        let sessions = load(ctx, &mut servers, &sessions).await?;
        let head = object([("dry_run", json!(is_dry))]);
        let hold = if is_dry { Hold::Nothing } else { Hold::InLine };
        let work = Unmount { kind, image, is_forced, sessions, is_dry };
        Walk { servers, rollout, hold, rule: Rule::Any, limit: LIMIT, head, work }.run(ctx).await
    }
}

/// What is done to each.
struct Unmount {
    kind: Option<Kind>,
    image: Option<String>,
    is_forced: bool,
    sessions: BTreeMap<ServerId, Session>,
    is_dry: bool,
}

#[async_trait]
impl PerServer for Unmount {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let sessions = self.of(visit).await?;
        let kind =
            self.kind.unwrap_or_else(|| Kind::of(sessions.first().and_then(|one| one.text("media_type"))));
        let from = self.from(kind, &sessions);
        let (client, _) = visit.connect().await?;
        if self.is_dry {
            let plan = plan_eject(&client, &from).await?;
            return Ok(Visited::done(plan.summary.clone()).with("plan", json!(plan)));
        }
        visit.progress(30, "Taking it out...");
        let ejected = eject(&client, &from).await?;
        let now = json!(clock::now());
        let job = json!(visit.ctx().job().id);
        let visited = self.report(&client, kind, &ejected).await?;
        Ok(visited.with_rows(sessions.iter().map(|session| {
            session.patch([
                ("is_mounted", json!(false)),
                ("inserted", json!(false)),
                ("unmounted_at", now.clone()),
                ("unmount_job_id", job.clone()),
            ])
        })))
    }
}

impl Unmount {
    /// The session that the job names for this server, or those the table has of the same image or kind of drive.
    async fn of(&self, visit: &Visit) -> Result<Vec<Session>> {
        if let Some(session) = self.sessions.get(&visit.server_id()) {
            return Ok(vec![session.clone()]);
        }
        let device = self.kind.unwrap_or_else(|| Kind::of(None)).device;
        let fits = |session: &Session| match (&self.image, session.text("remote_image_url")) {
            (Some(wanted), Some(image)) => is_same(wanted, image),
            _ => Kind::of(session.text("media_type")).device == device,
        };
        let mut mounted = mounted_on(visit.ctx(), visit.server_id()).await?;
        mounted.retain(fits);
        Ok(mounted)
    }

    fn from(&self, kind: Kind, sessions: &[Session]) -> EjectFrom {
        let of_session = match sessions {
            [one] => one.text("remote_image_url"),
            _ => None,
        };
        let image = self.image.as_deref().or(of_session).and_then(|address| MediaImage::new(address).ok());
        match image {
            Some(image) if !self.is_forced => EjectFrom::Image(Box::new(image)),
            _ => EjectFrom::Device(kind.device),
        }
    }

    /// What is in the drives now. Another image than the one that was meant is no failure: the one that was meant is out.
    async fn report(&self, client: &Client, kind: Kind, ejected: &Ejected) -> Result<Visited> {
        let drives = list(client).await?;
        let drive = drives.iter().find(|drive| ejected.drives.iter().any(|path| path == drive.path.as_str()));
        let drive = drive.or_else(|| drives.iter().find(|drive| drive.takes(kind.device)));
        let other = drive.filter(|drive| drive.is_occupied()).and_then(|drive| drive.media.image.clone());
        let visited = match (ejected.is_changed(), other) {
            (true, _) => Visited::done("the image is out"),
            (false, None) => Visited::skipped("no image was in the drive"),
            (false, Some(other)) => Visited::skipped(format!(
                "the image was out already; the drive holds {other}, which is left alone"
            )),
        };
        Ok(visited
            .with("status", drive.map_or(Value::Null, |drive| shown(&drive.media)))
            .with("changed", ejected.is_changed())
            .with("drives", json!(ejected.drives)))
    }
}

fn is_same(one: &str, other: &str) -> bool {
    match (MediaImage::new(one), MediaImage::new(other)) {
        (Ok(one), Ok(other)) => one.address() == other.address(),
        _ => one == other,
    }
}
