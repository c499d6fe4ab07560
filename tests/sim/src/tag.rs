//! Entity tags: where a server gives them, and what each firmware makes of `If-Match` and `If-None-Match`.

use hyper::Method;
use hyper::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use serde::{Deserialize, Serialize};

use crate::handle::Asked;
use crate::identity::mix64;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::Generation;
use crate::tree::MANAGER;

/// Which forms of a tag a server gives and takes.
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
    /// Gives the tags of a web server that packs replies (`"1-gzip"`) and takes them only without that.
    GivesPackedTakesPlain,
    /// Gives tags and takes none.
    TakesNone,
}

/// Which resources have a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagScope {
    /// Those of the generation; all of them where a [`TagRule`] other than the honest one was asked for.
    #[default]
    Generation,
    /// All.
    Everywhere,
    /// None.
    Nowhere,
}

/// What a server makes of `If-None-Match` where it knows it at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionRule {
    /// 304 for a tag it takes.
    #[default]
    Honest,
    /// Answers as if none had come.
    Ignored,
    /// 412, as to a change.
    Refused,
    /// 304 in any case, with a tag that is not the one it was asked about.
    Contradictory,
}

/// Changes with the server's state, and differs between resources.
pub(crate) fn of(server: &Server, path: &str) -> String {
    let of_path = path.bytes().fold(0, |h, b| mix64(h ^ u64::from(b)));
    let version = server.state().version;
    let number = mix64(of_path ^ mix64(version ^ server.identity.seed())) >> 24;
    match server.spec.tags {
        TagRule::GivesWeakTakesStrong => format!("W/\"{number}\""),
        TagRule::GivesPackedTakesPlain => format!("\"{number}-gzip\""),
        _ => format!("\"{number}\""),
    }
}

/// How far a resource knows of tags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Support {
    None,
    /// It has one, and readings ignore conditions.
    Tag,
    Conditions,
}

fn support(server: &Server, path: &str) -> Support {
    match (server.spec.tag_scope, server.spec.tags) {
        (TagScope::Nowhere, _) => Support::None,
        (TagScope::Generation, TagRule::Honest) => of_generation(server, path),
        _ => Support::Conditions,
    }
}

/// Dell's API guides (iDRAC7/8 2.40 to 2.70, iDRAC9 3.x) give tags, and hear `If-None-Match`, at the account service and, from 2.70
/// on, at the firmware inventory; everything else cannot be cached. The captured iDRAC9 7.10 also tags PCIe devices and Secure Boot
/// certificates, iDRAC10 its update service; nobody promises conditions there.
fn of_generation(server: &Server, path: &str) -> Support {
    let is_below =
        |home: &str| path.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let generation = server.profile.generation;
    let has_inventory = generation != Generation::Idrac7;
    let is_late = matches!(generation, Generation::Idrac9V7 | Generation::Idrac10);
    match () {
        () if is_below("/redfish/v1/AccountService") || is_below(&format!("{MANAGER}/Accounts")) => {
            Support::Conditions
        }
        () if has_inventory && is_below("/redfish/v1/UpdateService/FirmwareInventory") => Support::Conditions,
        () if is_late && (path.contains("/PCIeDevices/") || path.contains("/SecureBoot/")) => Support::Tag,
        () if generation == Generation::Idrac10 && path == "/redfish/v1/UpdateService" => Support::Tag,
        () => Support::None,
    }
}

/// What leaves of a reading: without a tag where this server gives none, and 304 for what the client has already.
pub(crate) fn conclude(server: &Server, asked: &Asked, mut reply: Reply) -> Reply {
    let support = support(server, &asked.path);
    if support == Support::None {
        reply.headers.remove(ETAG);
        return reply;
    }
    let text = |value: &hyper::header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let known = asked.headers.get(IF_NONE_MATCH).and_then(text);
    let (Some(known), Some(now), 200) = (known, reply.headers.get(ETAG).and_then(text), reply.status) else {
        return reply;
    };
    let same = strong(&known) == strong(&now);
    match server.spec.conditions {
        ConditionRule::Ignored => reply.because("condition_ignored"),
        _ if support == Support::Tag => reply,
        ConditionRule::Refused => error(server, 412, &["PreconditionFailed"]).because("condition_refused"),
        ConditionRule::Contradictory => {
            Reply::empty(304).with(ETAG, "\"another\"").because("condition_contradicted")
        }
        ConditionRule::Honest if takes(server.spec.tags, &now, &known) => Reply::empty(304).with(ETAG, &now),
        // The right tag in a form that this firmware does not take.
        ConditionRule::Honest if same => reply.because("tag_form"),
        ConditionRule::Honest => reply,
    }
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
    if takes(rule, &own, given) {
        return None;
    }
    let refused = error(server, 412, &["PreconditionFailed"]);
    Some(if strong(given) == strong(&own) { refused.because("tag_form") } else { refused })
}

/// Whether the given tag is the server's own, in a form that it takes.
fn takes(rule: TagRule, own: &str, given: &str) -> bool {
    let is_weak = given.starts_with("W/");
    let same = strong(given) == strong(own);
    match rule {
        TagRule::Honest | TagRule::Required => same || given == "*",
        TagRule::GivesWeakTakesStrong => same && !is_weak,
        TagRule::GivesStrongTakesWeak => same && is_weak,
        TagRule::GivesPackedTakesPlain => same && !given.contains("-gzip"),
        TagRule::TakesNone => false,
    }
}

/// What is left of a tag without the marks of its form.
fn strong(tag: &str) -> String {
    tag.trim_start_matches("W/").replace("-gzip", "")
}
