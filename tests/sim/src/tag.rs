//! Entity tags, and what each firmware makes of `If-Match`.

use hyper::Method;
use hyper::header::IF_MATCH;
use serde::{Deserialize, Serialize};

use crate::handle::Asked;
use crate::identity::mix64;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;

/// What a server makes of `If-Match` on PATCH.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagRule {
    /// Gives strong tags, takes them strong or weak, and needs none.
    #[default]
    Honest,
    /// The same, and answers 428 SYS404 to a change without one.
    Required,
    /// Gives weak tags and takes only strong ones.
    GivesWeakTakesStrong,
    /// Gives strong tags and takes only weak ones.
    GivesStrongTakesWeak,
    /// Gives tags and takes none.
    TakesNone,
}

/// Changes with the server's state, and differs between resources.
pub(crate) fn of(server: &Server, path: &str) -> String {
    let of_path = path.bytes().fold(0, |h, b| mix64(h ^ u64::from(b)));
    let version = server.state().version;
    let weak = if server.spec.tags == TagRule::GivesWeakTakesStrong { "W/" } else { "" };
    format!("{weak}\"{}\"", mix64(of_path ^ mix64(version ^ server.identity.seed())) >> 24)
}

/// The answer to a change whose tag will not do.
pub(crate) fn refusal(server: &Server, asked: &Asked) -> Option<Reply> {
    if asked.method != Method::PATCH {
        return None;
    }
    let rule = server.spec.tags;
    let Some(given) = asked.headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok()) else {
        return (rule == TagRule::Required).then(|| error(server, 428, &["SYS404"]));
    };
    let own = of(server, &asked.path);
    let strong = own.trim_start_matches("W/");
    let (is_weak, given) = (given.starts_with("W/"), given.trim_start_matches("W/"));
    let taken = match rule {
        TagRule::Honest | TagRule::Required => given == strong || given == "*",
        TagRule::GivesWeakTakesStrong => !is_weak && given == strong,
        TagRule::GivesStrongTakesWeak => is_weak && given == strong,
        TagRule::TakesNone => false,
    };
    if taken {
        return None;
    }
    let refused = error(server, 412, &["PreconditionFailed"]);
    // The right tag in a form that this firmware does not take.
    Some(if given == strong { refused.because("tag_form") } else { refused })
}
