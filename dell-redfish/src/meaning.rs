//! What the message ids of an iDRAC mean for whoever sent the request.
//!
//! Ids and meanings follow the iDRAC message registry 2.9.0 and the DMTF Base registry; the words are ours.

use crate::error::ErrorKind;
use crate::message::{ExtendedInfo, MessageId};

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
    /// The class of an id; `None` for one that says nothing the pipeline could use.
    #[must_use]
    pub fn of(id: &MessageId) -> Option<Self> {
        class(id.as_str())
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

fn class(id: &str) -> Option<MessageClass> {
    use MessageClass as C;
    Some(match id {
        "RAC1260" | "PasswordChangeRequired" => C::PasswordChange,
        "RAC0218" | "SessionLimitExceeded" => C::SessionLimit,
        "SYS415" | "SYS416" | "RAC0212" | "RAC0232" | "NoValidSession" | "ResourceAtUriUnauthorized" => {
            C::Authentication
        }
        "RED148" | "JCP041" | "SYS406" | "LC087" | "RAC095" | "RAC1201" => C::Lockdown,
        "SYS461" | "LIC501" | "LIC503" => C::License,
        "SYS479" | "InsufficientPrivilege" | "AccessDenied" => C::Privilege,
        "RAC0508"
        | "RAC0509"
        | "SWC0700"
        | "LC053"
        | "LC060"
        | "SYS518"
        | "ServiceTemporarilyUnavailable"
        | "ServiceShuttingDown" => C::NotReady,
        "RED014"
        | "SUP031"
        | "JCP029"
        | "RAC011"
        | "RAC052"
        | "SYS011"
        | "RAC0659"
        | "SYS074"
        | "VRM0012"
        | "VRM0021"
        | "SUP029"
        | "ActionParameterValueConflict"
        | "ResourceInUse" => C::Conflict,
        "LC068" | "RAC0679" | "SYS028" | "SYS431" | "LC062" | "JCP018" | "JCP019" | "JCP020" | "JCP030"
        | "JCP043" | "JCP044" | "JCP048" | "LC051" | "LC052" | "LC063" | "SUP0108" | "RED034" | "LC037"
        | "LC038" | "LC039" | "JCP015" | "JCP031" => C::Busy,
        "RED023" | "RED024" | "JCP024" | "LC012" => C::Wait,
        "JCP014" | "JCP017" | "SUP022" | "RAC034" | "RAC0524" | "SYS469" => C::QueueFull,
        "JCP002"
        | "JCP012"
        | "JCP021"
        | "SYS446"
        | "SYS494"
        | "RED108"
        | "RED113"
        | "RED114"
        | "RED115"
        | "SUP0555"
        | "SYS519"
        | "InternalError"
        | "ServiceInUnknownState" => C::Retry,
        "SUP0544" | "SUP0545" => C::UserAction,
        "SYS402"
        | "SYS473"
        | "SYS451"
        | "ActionNotSupported"
        | "QueryNotSupported"
        | "QueryNotSupportedOnResource"
        | "QueryNotSupportedOnOperation"
        | "OperationNotAllowed" => C::Unsupported,
        "SYS403" | "ResourceMissingAtURI" | "ResourceNotFound" | "RAC1144" => C::NotFound,
        "SYS404" | "PreconditionFailed" | "PreconditionRequired" => C::Precondition,
        "SYS029"
        | "SYS046"
        | "SYS047"
        | "SYS048"
        | "SYS050"
        | "SYS062"
        | "SYS425"
        | "SYS424"
        | "SYS428"
        | "SYS429"
        | "SYS405"
        | "SYS407"
        | "SYS409"
        | "SYS410"
        | "SYS417"
        | "SYS444"
        | "SYS453"
        | "SYS468"
        | "SUP001"
        | "SUP003"
        | "MalformedJSON"
        | "PropertyUnknown"
        | "PropertyMissing"
        | "PropertyNotWritable"
        | "PropertyValueNotInList"
        | "PropertyValueTypeError"
        | "PropertyValueFormatError"
        | "ActionParameterMissing"
        | "ActionParameterUnknown"
        | "ActionParameterValueTypeError"
        | "ActionParameterValueFormatError"
        | "UnrecognizedRequestBody" => C::BadInput,
        "RED006" | "RED016" | "RED132" | "RED137" | "RAC0904" | "LC023" | "RAC0720" | "RED050" | "RED062"
        | "RED007" | "RED013" | "RED017" | "RED097" | "RED098" | "SYS434" | "RED018" | "RED019"
        | "SUP032" | "SUP033" | "RED027" | "LC025" | "RED033" | "RED093" | "SUP019" | "JCP025" | "LC036"
        | "RED149" | "PR21" | "JCP042" | "PR25" | "PR26" | "PR27" | "PR28" | "PR29" | "PR30" | "PR32"
        | "PR34" | "JCP052" | "SYS071" | "SYS072" | "SYS051" | "SYS439" | "SYS435" | "RAC065" => C::Failed,
        "PR31" | "JCP008" | "SYS033" | "SYS055" | "SYS082" | "SYS068" | "SYS070" => C::Partial,
        "PR24" => C::Cancelled,
        "RED029" | "SYS526" | "SUP0200" | "ResetRequired" => C::Pending,
        "SYS054" | "SYS066" | "SYS069" | "RED037" | "RED064" | "SYS023" | "LC013" | "STOR018" | "VRM0009"
        | "VRM0011" | "NoOperation" => C::NoChange,
        "SYS414" | "SYS015" | "JCP001" | "JCP027" | "RED054" | "RED055" | "RED058" | "RED002" | "RED003"
        | "RED100" | "RED110" | "PR20" | "PR22" | "PR23" | "SYS030" | "SYS056" | "SYS058" | "RED052"
        | "SUP0516" | "JCP049" | "JCP050" | "JCP051" => C::Progress,
        "RED001" | "PR19" | "JCP007" | "LC001" | "SYS413" | "SYS053" | "SYS043" | "SYS081" | "RED030"
        | "LC061" | "RAC0721" | "RAC064" => C::Success,
        "RED036" | "SYS080" | "SYS087" | "SYS088" | "SYS554" | "LC083" | "USR0030" => C::Info,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decisive_message_wins() {
        let info = |id| ExtendedInfo { message_id: Some(MessageId::parse(id)), ..ExtendedInfo::default() };
        let several = [info("Base.1.8.GeneralError"), info("IDRAC.2.7.SYS413"), info("IDRAC.2.7.RAC0218")];
        assert_eq!(MessageClass::decisive(&several), Some(MessageClass::SessionLimit));
        assert_eq!(MessageClass::decisive(&several[..1]), None);
        assert_eq!(MessageClass::NotReady.resend(), Resend::NotCarriedOut);
        assert_eq!(MessageClass::Busy.resend(), Resend::Never);
    }
}
