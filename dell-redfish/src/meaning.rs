//! What the message ids of an iDRAC mean for whoever sent the request.
//!
//! Ids and meanings follow the iDRAC message registry 2.9.0 and the DMTF Base registry; the words are ours. An id that
//! decides something has a row of its own; every other id of the registry falls under the rule of its family. The
//! answer says which it was. The registry's severity is never asked (RAC0218, no session free, is informational there),
//! nor the words of a text. `docs/messages.md` has it all as a table.

mod advice;
mod base;
mod document;
mod family;
mod idrac;

use crate::error::ErrorKind;
use crate::message::{ExtendedInfo, MessageId};

pub use advice::{Advice, Pace};
pub use document::markdown;
pub use family::{Family, Rule};

/// Id, class, advice.
type Row = (&'static str, MessageClass, Advice);

/// What an id means, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What it says about the request.
    pub class: MessageClass,
    /// The next step.
    pub advice: Advice,
    /// How it is known.
    pub basis: Basis,
}

/// How the meaning of an id is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The id has a row of its own. Only such a row may let a request be sent again.
    Id,
    /// The rule of the family with this name.
    Family(&'static str),
    /// Not at all: the message decides nothing.
    Unknown,
}

impl Meaning {
    /// The meaning of an id.
    #[must_use]
    pub fn of(id: &MessageId) -> Self {
        if let Some(&(_, class, advice)) = row(id.as_str()) {
            return Self { class, advice, basis: Basis::Id };
        }
        let family = family::find(id.as_str());
        Self {
            class: family.map_or(MessageClass::Info, |family| family.rule.class()),
            advice: Advice::Follow,
            basis: family.map_or(Basis::Unknown, |family| Basis::Family(family.name)),
        }
    }

    /// The most decisive of several messages; nothing where there is none.
    #[must_use]
    pub fn decisive(messages: &[ExtendedInfo]) -> Option<Self> {
        let meanings = messages.iter().filter_map(|info| info.message_id.as_ref()).map(Self::of);
        meanings.min_by_key(|meaning| meaning.class)
    }
}

/// Classes of message ids, the most decisive first: where a reply carries several, the first class wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MessageClass {
    /// The account must change its password before it may do anything.
    PasswordChange,
    /// No session is free.
    SessionLimit,
    /// The login was refused, or the session is gone.
    Authentication,
    /// Lockdown mode is on.
    Lockdown,
    /// A licence is missing.
    License,
    /// The account lacks a privilege.
    Privilege,
    /// The iDRAC, its Lifecycle Controller or a data source is not ready; nothing was carried out.
    NotReady,
    /// A job for that target, or such a state, exists already.
    Conflict,
    /// Other work must end first.
    Busy,
    /// The job was accepted but waits for the Lifecycle Controller.
    Wait,
    /// A queue or store is full until somebody clears it.
    QueueFull,
    /// An internal hiccup; the same request may work in a moment.
    Retry,
    /// A person must act (power cycle, manual step).
    UserAction,
    /// This iDRAC does not offer the verb, method, query or action.
    Unsupported,
    /// The resource does not exist.
    NotFound,
    /// `If-Match` is missing or wrong.
    Precondition,
    /// The request's content was rejected.
    BadInput,
    /// It was tried and failed.
    Failed,
    /// It ended with errors in some parts.
    Partial,
    /// It was cancelled.
    Cancelled,
    /// Done but for a reboot.
    Pending,
    /// Nothing had to change.
    NoChange,
    /// Under way, created or scheduled.
    Progress,
    /// Ended well.
    Success,
    /// Says nothing about the outcome.
    Info,
}

/// When the pipeline may send a request again after a message of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// Not by itself.
    Never,
    /// If sending it twice does no harm.
    IfIdempotent,
    /// Always: the message proves that nothing was carried out.
    NotCarriedOut,
}

impl MessageClass {
    /// The class of an id; `None` for one that is in no table and of no family.
    #[must_use]
    pub fn of(id: &MessageId) -> Option<Self> {
        let meaning = Meaning::of(id);
        (meaning.basis != Basis::Unknown).then_some(meaning.class)
    }

    /// The most decisive class among several messages.
    #[must_use]
    pub fn decisive(messages: &[ExtendedInfo]) -> Option<Self> {
        messages.iter().filter_map(|info| Self::of(info.message_id.as_ref()?)).min()
    }

    /// The kind of error it makes of a reply with an error status; `None` leaves it to the status.
    #[must_use]
    pub fn error_kind(self) -> Option<ErrorKind> {
        Some(match self {
            Self::PasswordChange => ErrorKind::PasswordChangeRequired,
            Self::SessionLimit => ErrorKind::SessionLimit,
            Self::Authentication => ErrorKind::Authentication,
            Self::Lockdown => ErrorKind::Lockdown,
            Self::License => ErrorKind::License,
            Self::Privilege => ErrorKind::Privilege,
            Self::NotReady => ErrorKind::NotReady,
            Self::Conflict | Self::NoChange => ErrorKind::Conflict,
            Self::Busy | Self::Wait | Self::QueueFull => ErrorKind::Busy,
            Self::Retry | Self::Failed => ErrorKind::Server,
            Self::Unsupported => ErrorKind::Unsupported,
            Self::NotFound => ErrorKind::NotFound,
            Self::Precondition => ErrorKind::Precondition,
            Self::BadInput => ErrorKind::BadRequest,
            Self::UserAction
            | Self::Partial
            | Self::Cancelled
            | Self::Pending
            | Self::Progress
            | Self::Success
            | Self::Info => return None,
        })
    }

    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::SessionLimit | Self::NotReady | Self::Busy | Self::Wait | Self::Retry)
    }

    /// When it may be sent again at once (after a pause). Busy is left to flows: it lasts minutes.
    #[must_use]
    pub fn resend(self) -> Resend {
        match self {
            Self::SessionLimit | Self::NotReady => Resend::NotCarriedOut,
            Self::Retry => Resend::IfIdempotent,
            _ => Resend::Never,
        }
    }
}

/// The rules for ids without a row, sorted by prefix.
#[must_use]
pub fn families() -> &'static [Family] {
    family::FAMILIES
}

/// The ids of the iDRAC registry with a row of their own, sorted.
pub fn idrac_ids() -> impl Iterator<Item = &'static str> {
    idrac::ROWS.iter().map(|row| row.0)
}

/// The ids of the DMTF Base registry, sorted.
pub fn base_ids() -> impl Iterator<Item = &'static str> {
    base::ROWS.iter().map(|row| row.0)
}

fn row(id: &str) -> Option<&'static Row> {
    let find =
        |rows: &'static [Row]| rows.binary_search_by(|row| row.0.cmp(id)).ok().and_then(|nth| rows.get(nth));
    find(idrac::ROWS).or_else(|| find(base::ROWS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(id: &str) -> ExtendedInfo {
        ExtendedInfo { message_id: Some(MessageId::parse(id)), ..ExtendedInfo::default() }
    }

    fn meaning(id: &str) -> Meaning {
        Meaning::of(&MessageId::parse(id))
    }

    #[test]
    fn the_decisive_message_wins() {
        let several = [info("Base.1.8.GeneralError"), info("IDRAC.2.7.SYS413"), info("IDRAC.2.7.RAC0218")];
        assert_eq!(MessageClass::decisive(&several), Some(MessageClass::SessionLimit));
        assert_eq!(Meaning::decisive(&several).map(|found| found.advice), Some(Advice::FreeSessions));
        assert_eq!(MessageClass::decisive(&several[..1]), Some(MessageClass::Info));
        assert_eq!(MessageClass::decisive(&[info("XYZ0001")]), None);
        assert_eq!(MessageClass::NotReady.resend(), Resend::NotCarriedOut);
        assert_eq!(MessageClass::Busy.resend(), Resend::Never);
    }

    #[test]
    fn an_id_is_known_by_its_row_its_family_or_not_at_all() {
        assert_eq!(meaning("IDRAC.2.9.LC068").advice, Advice::WaitForWork);
        assert_eq!(meaning("PSU0003").basis, Basis::Family("power supplies"));
        assert_eq!(meaning("RED099").basis, Basis::Id);
        assert_eq!(
            (meaning("RED008").class, meaning("RED008").basis),
            (MessageClass::Failed, Basis::Family("update jobs"))
        );
        for unknown in ["", "PSU", "PSU12X", "0218", "FWU001", "psu0003", "É1"] {
            assert_eq!(meaning(unknown).basis, Basis::Unknown, "{unknown}");
            assert_eq!(meaning(unknown).class.resend(), Resend::Never, "{unknown}");
        }
    }

    #[test]
    fn rows_and_families_are_sorted_and_unique() {
        assert!(idrac::ROWS.is_sorted_by(|one, other| one.0 < other.0));
        assert!(base::ROWS.is_sorted_by(|one, other| one.0 < other.0));
        assert!(family::FAMILIES.is_sorted_by(|one, other| one.prefix < other.prefix));
    }

    #[test]
    fn no_family_rule_lets_anything_be_sent_again_or_end_well() {
        for family in family::FAMILIES {
            let class = family.rule.class();
            assert!(class.resend() == Resend::Never && !class.is_temporary(), "{}", family.prefix);
            assert!(!matches!(class, MessageClass::Success | MessageClass::NoChange), "{}", family.prefix);
            assert_eq!(meaning(&format!("{}99999", family.prefix)).advice.pace(), None);
        }
    }

    #[test]
    fn what_is_worth_another_try_says_how_often() {
        for &(id, class, advice) in idrac::ROWS.iter().chain(base::ROWS) {
            assert!(!class.is_temporary() || advice.pace().is_some(), "{id}: {advice:?}");
        }
    }
}
