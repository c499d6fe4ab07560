//! `virtual_media_mount`: puts an image on the network into a virtual drive, and sees that it is there.
//!
//! Acts on: the servers it names, or those of its sessions. A second run finds the image and does nothing. It hurts nobody
//! unless `details.replace` takes another image out, or `details.boot_once` has the host start from it next time; it restarts no
//! host. A job that is cancelled takes its own image out again.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::Client;
use dell_redfish::flow::boot_iso::plan_virtual_cd;
use dell_redfish::flow::media::{
    EjectFrom, MediaDevice, MountOptions, Mounted, eject, find_inserted, insert, plan_insert,
};
use dell_redfish::id::ODataId;
use dell_redfish::ops::{GetVirtualMedia, MediaImage};
use serde::Deserialize as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::session::{Session, load, new_row};
use super::{KINDS, Kind, LIMIT, boot_once, shown, targets};
use crate::clock;
use crate::credential::Secret;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::Input;
use crate::handlers::idrac::walk::{
    Before, Caution, Hold, PerServer, Rollout, Rule, Sent, TIDY_WITHIN, Visit, Visited, Walk, object,
};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::{RowWrite, server_lane};

/// How long an image that an earlier attempt may have put in has to show.
const SHOWS_WITHIN: Duration = Duration::from_secs(60);

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct VirtualMediaMount;

/// The decoded input of a `virtual_media_mount`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    sessions: Vec<Uuid>,
    wanted: Wanted,
    is_dry: bool,
    rollout: Rollout,
}

/// What the job itself says; what it does not say, the session may.
#[derive(Debug, Clone)]
struct Wanted {
    image: Option<MediaImage>,
    kind: Option<Kind>,
    write_protected: Option<bool>,
    /// Whose password is in the details.
    share_username: Option<String>,
    replaces: bool,
    boots_once: bool,
    preflight: bool,
}

const CARD: JobCard = JobCard {
    job_type: "virtual_media_mount",
    about: "Puts an image on the network into a virtual drive, and sees that it is there.",
    changes: true,
    input: &[
        Key {
            name: "details.session_id",
            kind: "id",
            about: "row of virtual_media_sessions; says what the job does not",
        },
        Key {
            name: "details.image_url",
            kind: "http(s)://, nfs://, cifs:// or //host/share/…",
            about: "the image",
        },
        Key {
            name: "details.media_type",
            kind: "CD | DVD | USBStick | Floppy = CD",
            about: "as what the host sees it",
        },
        Key { name: "details.write_protected", kind: "flag = true", about: "the host may not write to it" },
        Key { name: "details.share_username", kind: "text = the session's", about: "user of the share" },
        Key { name: "details.share_password", kind: "text, sealed = the session's", about: "its password" },
        Key {
            name: "details.replace",
            kind: "flag = false",
            about: "take another image out where no drive is free",
        },
        Key {
            name: "details.boot_once",
            kind: "flag = false",
            about: "the host starts from it next time; a CD only",
        },
        Key { name: "details.preflight", kind: "flag = true", about: "let the iDRAC try its share first" },
    ],
    output: &[
        Key {
            name: "results[].status",
            kind: "object",
            about: "inserted, write_protected, image, media_types",
        },
        Key { name: "results[].changed", kind: "flag", about: "false where the image was in already" },
        Key { name: "results[].replaced", kind: "text or null", about: "the image that had to leave" },
        Key {
            name: "results[].boot_once",
            kind: "override, profile or null",
            about: "how the virtual CD was chosen",
        },
        Key { name: "results[].session_id", kind: "id", about: "its row" },
    ],
    rows: &["virtual_media_sessions"],
    completed: "at least one server did well",
    again: "finds the image and does nothing",
};

#[async_trait]
impl Handler for VirtualMediaMount {
    const JOB_TYPE: &'static str = "virtual_media_mount";
    const TIDY: Duration = TIDY_WITHIN;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let (servers, sessions) = targets(job)?;
        let details = Input::details(job);
        let wanted = Wanted::decode(details)?;
        if wanted.image.is_none() && sessions.is_empty() {
            details.needed("image_url", "name the image, or a session that does")?;
        }
        Ok(Args {
            rollout: Rollout::decode(details, Caution::Changes, servers.len().max(sessions.len()))?,
            is_dry: details.flag("dry_run", false)?,
            servers,
            sessions,
            wanted,
        })
    }

    fn lane(&self, args: &Args) -> Option<String> {
        match args.servers.as_slice() {
            [one] if !args.is_dry => Some(server_lane(*one)),
            _ => None,
        }
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let Args { mut servers, sessions, wanted, is_dry, rollout } = args;
        let share_login = match &wanted.share_username {
            Some(user) => ctx.secret("/share_password")?.map(|password| (user.clone(), password)),
            None => None,
        };
        let sessions = load(ctx, &mut servers, &sessions).await?;
        let head = object([("dry_run", json!(is_dry))]);
        let hold = if is_dry { Hold::Nothing } else { Hold::InLine };
        let work = Mount { wanted, share_login, sessions, is_dry };
        Walk { servers, rollout, hold, rule: Rule::Any, limit: LIMIT, head, work }.run(ctx).await
    }
}

impl Wanted {
    fn decode(details: Input<'_>) -> Result<Self> {
        let unreadable = |error: dell_redfish::Error| {
            Error::invalid(
                details.field("image_url"),
                error.message().to_owned(),
                "write http(s)://host/file, nfs://host/path/file or cifs://host/share/file",
            )
        };
        let image = details.text("image_url")?.map(MediaImage::new).transpose().map_err(unreadable)?;
        let write_protected = match details.value("write_protected") {
            None => None,
            Some(_) => Some(details.flag("write_protected", true)?),
        };
        let share_username = details.text("share_username")?.map(str::to_owned);
        if share_username.is_some() != details.text("share_password")?.is_some() {
            let key = if share_username.is_some() { "share_password" } else { "share_username" };
            return Err(Error::invalid(details.field(key), "it is missing", "name both, or neither"));
        }
        let kind = details.choice("media_type", KINDS)?;
        let boots_once = details.flag("boot_once", false)?;
        if boots_once && kind.is_some_and(|kind| kind.device != MediaDevice::Cd) {
            return Err(Error::invalid(
                details.field("boot_once"),
                "only a CD can be started from once",
                "mount it as a CD, or set the boot override yourself",
            ));
        }
        Ok(Self {
            image,
            kind,
            write_protected,
            share_username,
            replaces: details.flag("replace", false)?,
            boots_once,
            preflight: details.flag("preflight", true)?,
        })
    }
}

/// What is done to each.
struct Mount {
    wanted: Wanted,
    share_login: Option<(String, Secret)>,
    sessions: BTreeMap<ServerId, Session>,
    is_dry: bool,
}

/// What one server gets.
struct Work {
    image: MediaImage,
    kind: Kind,
    write_protected: bool,
    options: MountOptions,
}

#[async_trait]
impl PerServer for Mount {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let session = self.sessions.get(&visit.server_id());
        let work = self.work(visit, session)?;
        let (client, system) = visit.connect().await?;
        if self.is_dry {
            return self.plan(&client, &work).await;
        }
        visit.progress(20, format!("Putting {} in...", work.image.address()));
        let put_in = async || Ok(json!(insert(&client, &work.options).await?));
        let find = async |note| found(visit, &client, &work.image, &note).await;
        let note = json!({"image": work.image.address(), "before": visit.before().await?});
        let mounted: Value = visit.once("mount", note, find, put_in).await?;
        let chosen_by = match self.wanted.boots_once {
            true => {
                visit.progress(70, "Choosing it for the next start...");
                Some(boot_once::choose_once(visit, &client, &system).await?)
            }
            false => None,
        };
        let drive = mounted.get("drive").and_then(Value::as_str).unwrap_or_default();
        let status = client.run(&GetVirtualMedia::at(ODataId::parse(drive)?)).await?;
        let changed = mounted.get("changed").cloned().unwrap_or_default();
        let mut line = match changed == json!(true) {
            true => format!("{} is in", work.image.address()),
            false => format!("{} was in already", work.image.address()),
        };
        if chosen_by.is_some() {
            line.push_str(", and the host starts from it next time");
        }
        let row = row_of(visit, session, &work);
        Ok(Visited::done(line)
            .with("status", shown(&status))
            .with("drive", drive)
            .with("changed", changed)
            .with("replaced", mounted.get("replaced").cloned().unwrap_or_default())
            .with("boot_once", json!(chosen_by))
            .with("session_id", json!(row.id))
            .with_row(row))
    }

    /// An image that this job put in, and whose server did not come to its end, does not stay.
    async fn tidy(&self, visit: &Visit) {
        let Ok(work) = self.work(visit, self.sessions.get(&visit.server_id())) else { return };
        let is_ours = match visit.step::<Value>("mount") {
            Ok(crate::step::Step::Done(mounted)) => mounted.get("changed") == Some(&json!(true)),
            Ok(crate::step::Step::Begun(_, note)) => has_inserted(visit, &note).await.unwrap_or(false),
            _ => false,
        };
        if !is_ours {
            return;
        }
        let taken_out = async {
            let (client, _) = visit.connect().await?;
            Ok::<_, Error>(eject(&client, &EjectFrom::Image(Box::new(work.image))).await?)
        };
        match taken_out.await {
            Ok(_) => visit.log("INFO", "the image was taken out again"),
            Err(error) => visit.log("WARN", format!("the image is left in: {}", error.chain())),
        }
    }
}

impl Mount {
    fn work(&self, visit: &Visit, session: Option<&Session>) -> Result<Work> {
        let wanted = &self.wanted;
        let of_session = |column| session.and_then(|session| session.text(column));
        let image = match (&wanted.image, of_session("remote_image_url")) {
            (Some(image), _) => image.clone(),
            (None, Some(address)) => MediaImage::new(address)?,
            (None, None) => {
                return Err(Error::invalid(
                    "details.image_url",
                    "no image is named",
                    "name it, or a session that does",
                ));
            }
        };
        let login = match (&self.share_login, session) {
            (Some(login), _) => Some(login.clone()),
            (None, Some(session)) => session.share_login(visit.ctx())?,
            (None, None) => None,
        };
        let image = match login {
            Some((user, password)) => image.with_credentials(user, password.expose()),
            None => image,
        };
        let of_session_flag = session.and_then(|session| session.flag("write_protected"));
        let write_protected = wanted.write_protected.or(of_session_flag).unwrap_or(true);
        let image = if write_protected { image } else { image.writable() };
        let kind = wanted.kind.unwrap_or_else(|| Kind::of(of_session("media_type")));
        let mut options = MountOptions::new(image.clone()).with_device(kind.device);
        if wanted.replaces {
            options = options.replacing();
        }
        if !wanted.preflight {
            options = options.without_preflight();
        }
        Ok(Work { image, kind, write_protected, options })
    }

    async fn plan(&self, client: &Client, work: &Work) -> Result<Visited> {
        let mut plan = plan_insert(client, &work.options).await?;
        if self.wanted.boots_once {
            let choice = plan_virtual_cd(client).await?;
            plan.steps.extend(choice.steps);
            plan.warnings.extend(choice.warnings);
        }
        Ok(Visited::done(plan.summary.clone()).with("plan", json!(plan)))
    }
}

/// Whether this job has put something in, or may have.
async fn has_inserted(visit: &Visit, note: &Value) -> Result<bool> {
    let before = note.get("before").and_then(|before| Before::deserialize(before).ok()).unwrap_or_default();
    let is_it = |method: &str, path: &str| match method {
        "POST" => path.ends_with("VirtualMedia.InsertMedia"),
        // Old firmware's drives are written to.
        "PATCH" => path.contains("/VirtualMedia/"),
        _ => false,
    };
    Ok(visit.asked_since(is_it, &before).await? != Sent::No)
}

/// The drive that an earlier attempt put it into. One that shows nothing for a minute was never given it.
async fn found(visit: &Visit, client: &Client, image: &MediaImage, note: &Value) -> Result<Option<Value>> {
    if !has_inserted(visit, note).await? {
        return Ok(None);
    }
    let mounted = find_inserted(client, image, SHOWS_WITHIN).await?;
    Ok(mounted.map(|mounted| json!(Mounted { changed: true, ..mounted })))
}

fn row_of(visit: &Visit, session: Option<&Session>, work: &Work) -> RowWrite {
    let now = json!(clock::now());
    let job = json!(visit.ctx().job().id);
    match session {
        Some(session) => {
            let since = session.text("mounted_at").filter(|_| session.flag("is_mounted") == Some(true));
            session.patch([
                ("is_mounted", json!(true)),
                ("inserted", json!(true)),
                ("mounted_at", since.map_or(now, |since| json!(since))),
                ("unmounted_at", Value::Null),
                ("write_protected", json!(work.write_protected)),
                ("mount_job_id", job),
            ])
        }
        None => {
            let address = work.image.address();
            let columns = object([
                ("mount_job_id", job),
                ("media_type", json!(work.kind.word)),
                ("image_name", json!(address.rsplit('/').next())),
                ("remote_image_url", json!(address)),
                ("is_mounted", json!(true)),
                ("inserted", json!(true)),
                ("write_protected", json!(work.write_protected)),
                ("mounted_at", now),
            ]);
            new_row(visit.server_id(), columns)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NewJob;

    fn decoded(scope: Value, details: Value) -> Result<Args> {
        VirtualMediaMount
            .decode(&NewJob::new("virtual_media_mount").with_scope(scope).with_details(details).preview())
    }

    #[test]
    fn a_session_may_say_what_the_job_does_not() {
        let session = Uuid::now_v7().to_string();
        let args = decoded(Value::Null, json!({"session_id": session})).expect("a session is enough");
        assert!(args.servers.is_empty() && args.wanted.image.is_none());
        let scope = json!({"server_ids": [ServerId::new().to_string()]});
        let args =
            decoded(scope, json!({"image_url": "http://h/a.iso", "media_type": "dvd"})).expect("a server");
        assert_eq!(args.wanted.kind, Some(Kind { word: "DVD", device: MediaDevice::Cd }));
        assert!(VirtualMediaMount.lane(&args).is_some());
    }

    #[test]
    fn what_is_wrong_is_named_and_no_password_in_an_address_is_repeated() {
        let scope = json!({"server_ids": [ServerId::new().to_string()]});
        for (details, field) in [
            (json!({}), "details.image_url"),
            (json!({"image_url": "ftp://u:c4lvin@h/a.iso"}), "details.image_url"),
            (json!({"session_id": "x"}), "details.session_id"),
            (json!({"image_url": "http://h/a.iso", "media_type": "Tape"}), "details.media_type"),
            (json!({"image_url": "http://h/a.iso", "write_protected": "no"}), "details.write_protected"),
            (json!({"image_url": "http://h/a.iso", "share_username": "u"}), "details.share_password"),
            (json!({"image_url": "http://h/a.iso", "share_password": "p"}), "details.share_username"),
            (
                json!({"image_url": "http://h/a.img", "media_type": "USBStick", "boot_once": true}),
                "details.boot_once",
            ),
        ] {
            let error = decoded(scope.clone(), details).expect_err(field);
            assert_eq!(error.subject(), Some(field));
            assert!(!error.chain().contains("c4lvin"));
        }
        let nobody = decoded(json!({}), json!({"image_url": "http://h/a.iso"})).expect_err("no server");
        assert_eq!(nobody.subject(), Some("target_scope.server_ids"));
    }
}
