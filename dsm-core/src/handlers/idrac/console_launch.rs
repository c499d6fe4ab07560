//! `console_launch`: gives an address that opens a host's console in a browser, without a login where the iDRAC can do that.
//!
//! Acts on: one server. A second run gives another address. It hurts nobody: it opens a session of the iDRAC's, which goes by
//! itself, and changes the kind of console only where `details.set_plugin` says so. The address holds temporary credentials: it
//! stands in the details of the ended job for a short while, and nowhere else.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use dell_redfish::flow::console::{ConsoleLaunch as Way, ConsoleOptions, launch_console};
use dell_redfish::{Client, Redfish as _};
use serde_json::{Map, Value, json};

use crate::clock;
use crate::ctx::Ctx;
use crate::engine::fleet::About;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::walk::{login, object};
use crate::handlers::{JobCard, Key};
use crate::id::{ServerId, TaskId};
use crate::job::{JobRow, JobStatus, TaskUpdate};
use crate::store::{AttemptWrite, InventoryWrite, ServerFields, ServerPatch, ServerQuery, ServerRow};

/// Where the address stands.
const URL: &str = "console_url";

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConsoleLaunch;

/// The decoded input of a `console_launch`.
#[derive(Debug, Clone, Copy)]
pub struct Args {
    server: ServerId,
    sets_plugin: bool,
}

const CARD: JobCard = JobCard {
    job_type: "console_launch",
    about: "Gives an address by which a person gets to a host's console in a browser.",
    changes: false,
    input: &[
        Key { name: "details.server_id", kind: "id = the first of target_scope", about: "which server" },
        Key {
            name: "details.set_plugin",
            kind: "flag = false",
            about: "set the console to HTML5 where it is not; a lasting change of the iDRAC",
        },
    ],
    output: &[
        Key {
            name: "console_url",
            kind: "text",
            about: "gone at the first read, or two minutes after the end",
        },
        Key { name: "requires_login", kind: "flag", about: "the address asks for user name and password" },
        Key { name: "session_type", kind: "HTML5", about: "the kind of console" },
        Key { name: "because", kind: "text or null", about: "why a login is needed" },
        Key { name: "plugin_was_set", kind: "flag", about: "the kind of console was changed for it" },
        Key { name: "message", kind: "text", about: "what came of it" },
    ],
    rows: &["servers.connection_status", "servers.credential_test_status"],
    completed: "there is an address, with or without a login",
    again: "gives another address",
};

#[async_trait]
impl Handler for ConsoleLaunch {
    const JOB_TYPE: &'static str = "console_launch";
    const WAITS_FOR_IDRACS: bool = false;
    const INTERACTIVE: bool = true;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let details = Input::details(job);
        let server = match details.text("server_id")? {
            Some(text) => text.parse().map_err(|error| {
                let hint = "use the ids of the `servers` table";
                Error::invalid(details.field("server_id"), format!("`{text}` is no server id"), hint)
                    .with_source(error)
            })?,
            None => {
                let named = input::some_servers(job)?;
                named.first().copied().unwrap_or_default()
            }
        };
        Ok(Args { server, sets_plugin: details.flag("set_plugin", false)? })
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let query = ServerQuery { ids: vec![args.server], ..ServerQuery::default() };
        let server = ctx.store().servers(query).await?.into_iter().next().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no such server")
                .about(format!("server {}", args.server))
        })?;
        let launch = Launch::begin(ctx, server).await?;
        let stop = ctx.stop();
        let launched = tokio::select! {
            reason = stop.stopped() => return Err(Error::new(ErrorKind::Cancelled, reason.to_string())),
            launched = launch.open(args.sets_plugin) => launched,
        };
        launch.end(launched).await
    }
}

/// One launch.
struct Launch<'c> {
    ctx: &'c Ctx,
    server: ServerRow,
    task: TaskId,
}

/// What a person gets.
struct Opened {
    launch: Way,
    patch: ServerPatch,
}

impl<'c> Launch<'c> {
    async fn begin(ctx: &'c Ctx, server: ServerRow) -> Result<Self> {
        let tasks = ctx.tasks().iter();
        let task = tasks.filter(|task| task.server_id == Some(server.id)).map(|task| task.id).next();
        let launch = Self { ctx, server, task: task.unwrap_or_default() };
        launch.write(JobStatus::Running, "Opening the console...", None).await?;
        Ok(launch)
    }

    /// The address, or why there is none; and how the iDRAC was reached either way.
    async fn open(&self, sets_plugin: bool) -> Result<Opened, (Error, ServerPatch)> {
        let mut connection = ServerFields::default();
        let about = About {
            job_id: Some(self.ctx.job().id),
            task_id: Some(self.task),
            server: Arc::new(OnceLock::from(self.server.id)),
            initiated_by: self.ctx.job().created_by,
        };
        let fleet = self.ctx.fleet();
        let client = match login::connect(fleet, &self.server, &about, &mut connection).await {
            Ok((client, _)) => client,
            Err(error) => {
                let refused = connection.credential_test_status.as_deref() == Some("invalid")
                    && error.kind() == ErrorKind::Credential;
                let patch = login::offline(connection, &error.chain());
                // Whoever knows another password can still log in there.
                return match self.server.fields.ip_address.filter(|_| refused) {
                    Some(ip) => {
                        let url = login_page(ip, fleet.idrac_options().port);
                        let because = dell_redfish::ErrorKind::Authentication;
                        Ok(Opened { launch: Way::LoginNeeded { url, because }, patch })
                    }
                    None => Err((error, patch)),
                };
            }
        };
        let patch = login::online(connection);
        let launched = ask(&client, sets_plugin).await;
        client.close().await;
        match launched {
            Ok(launch) => Ok(Opened { launch, patch }),
            Err(error) => Err((error.into(), patch)),
        }
    }

    async fn end(&self, launched: Result<Opened, (Error, ServerPatch)>) -> Result<Verdict> {
        let mut details = object([
            ("server_id", json!(self.server.id)),
            ("ip_address", json!(self.server.fields.ip_address)),
            ("session_type", json!("HTML5")),
        ]);
        match launched {
            Ok(Opened { launch, patch }) => {
                let (url, message, rest) = told(&launch);
                details.extend(rest);
                details.insert("message".to_owned(), json!(message));
                self.ctx.log("INFO", message.clone());
                self.write(JobStatus::Completed, &message, Some(patch)).await?;
                self.ctx.expires(&[URL]);
                details.insert(URL.to_owned(), json!(url));
                Ok(Verdict::Done(details))
            }
            Err((error, patch)) => {
                let why = error.chain();
                self.ctx.log("ERROR", why.clone());
                self.write(JobStatus::Failed, &why, Some(patch)).await?;
                details.insert("error_kind".to_owned(), json!(error.kind().as_str()));
                Ok(Verdict::Failed(details, why))
            }
        }
    }

    async fn write(&self, status: JobStatus, log: &str, patch: Option<ServerPatch>) -> Result<()> {
        let task = TaskUpdate {
            id: self.task,
            server_id: Some(self.server.id),
            status: Some(status),
            log: Some(log.to_owned()),
            progress: Some(if status == JobStatus::Running { 10 } else { 100 }),
        };
        let inventory = patch.map(|server| InventoryWrite {
            server_id: self.server.id,
            collected_at: clock::now(),
            server,
            ..InventoryWrite::default()
        });
        let inventories = inventory.into_iter().collect();
        let write = AttemptWrite { tasks: vec![task], inventories, ..AttemptWrite::default() };
        self.ctx.write_patiently(write).await.map(drop)
    }
}

async fn ask(client: &Client, sets_plugin: bool) -> dell_redfish::Result<Way> {
    let options = ConsoleOptions {
        username: client.username().await.unwrap_or_default(),
        checks_plugin: sets_plugin,
        may_set_plugin: sets_plugin,
    };
    launch_console(client, &options).await
}

/// The login page of an iDRAC that did not let us in.
fn login_page(ip: std::net::IpAddr, port: u16) -> String {
    let host = match port {
        443 => match ip {
            std::net::IpAddr::V6(ip) => format!("[{ip}]"),
            std::net::IpAddr::V4(ip) => ip.to_string(),
        },
        port => std::net::SocketAddr::new(ip, port).to_string(),
    };
    format!("https://{host}/console")
}

/// The address apart from what may be told to anybody.
fn told(launch: &Way) -> (&str, String, Map<String, Value>) {
    let rest = |requires_login, because, plugin_was_set| {
        object([
            ("requires_login", json!(requires_login)),
            ("because", because),
            ("plugin_was_set", json!(plugin_was_set)),
        ])
    };
    match launch {
        Way::SignedOn { url, plugin_was_set } => {
            let message = "The console is open: its address works once, for a short while".to_owned();
            (url.expose(), message, rest(false, Value::Null, *plugin_was_set))
        }
        Way::LoginNeeded { url, because } => {
            let message = format!("The console needs a login: {}", why(*because));
            (url, message, rest(true, json!(because.as_str()), false))
        }
    }
}

fn why(because: dell_redfish::ErrorKind) -> &'static str {
    use dell_redfish::ErrorKind as K;
    match because {
        K::Unsupported => "this iDRAC gives no temporary credentials",
        K::Authentication => "it refused the stored credentials",
        K::Privilege => "the stored user may not open consoles",
        K::License => "its licence has no console in a browser",
        K::SessionLimit => "all of its console sessions are in use",
        _ => "it gave no temporary credentials",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NewJob;

    fn decoded(scope: Value, details: Value) -> Result<Args> {
        ConsoleLaunch.decode(&NewJob::new("console_launch").with_scope(scope).with_details(details).preview())
    }

    #[test]
    fn the_server_in_the_details_goes_before_those_of_the_scope() {
        let (one, other) = (ServerId::new(), ServerId::new());
        let scope = json!({"server_ids": [one.to_string(), other.to_string()]});
        assert_eq!(decoded(scope.clone(), Value::Null).expect("the first").server, one);
        let args = decoded(scope, json!({"server_id": other.to_string()})).expect("the other");
        assert_eq!(args.server, other);
        for (details, field) in [
            (Value::Null, "target_scope.server_ids"),
            (json!({"server_id": "x"}), "details.server_id"),
            (json!({"server_id": 5}), "details.server_id"),
            (json!({"server_id": one.to_string(), "set_plugin": "yes"}), "details.set_plugin"),
        ] {
            assert_eq!(decoded(Value::Null, details).expect_err(field).subject(), Some(field));
        }
    }

    #[test]
    fn a_login_page_has_the_address_as_browsers_want_it() {
        for (ip, port, url) in [
            ("10.0.0.1", 443, "https://10.0.0.1/console"),
            ("10.0.0.1", 8443, "https://10.0.0.1:8443/console"),
            ("fd00::1", 443, "https://[fd00::1]/console"),
            ("fd00::1", 8443, "https://[fd00::1]:8443/console"),
        ] {
            assert_eq!(login_page(ip.parse().expect("an address"), port), url);
        }
    }
}
