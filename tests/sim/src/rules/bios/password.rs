//! The passwords of the setup program.

use serde_json::Value;

use super::{BIOS, done};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;

/// The longest one.
const LONGEST: usize = 32;

/// `Bios.ChangePassword`: staged like any setting; a job brings it.
pub(super) fn change(server: &Server, asked: &Asked) -> Reply {
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return error(server, 400, &["SYS405"]);
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let (Some(name), Some(old), Some(new)) = (text("PasswordName"), text("OldPassword"), text("NewPassword"))
    else {
        return error(server, 400, &["SYS428", "ActionParameterMissing"]);
    };
    if !matches!(name, "SysPassword" | "SetupPassword") {
        return error(server, 400, &["SYS425"]);
    }
    // Seen on iDRAC9 7.x: an empty new password is no password.
    if new.is_empty() && server.spec.settings.refuses_empty_password {
        return error(server, 400, &["BIOS018"]).because("empty_password");
    }
    if new.len() > LONGEST {
        return error(server, 400, &["BIOS018"]);
    }
    let mut state = server.state();
    if !state.bios.has_password(name, old) {
        drop(state);
        return error(server, 400, &["BIOS021"]);
    }
    let staged = state.bios.settings.entry(BIOS.to_owned()).or_default();
    staged.pending.insert(name.to_owned(), new.into());
    state.version += 1;
    drop(state);
    done(server)
}
