//! What to do about a message where its class alone does not say it.

use std::time::Duration;

/// How often to try again, and how far apart: the first pause, doubled up to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Further tries; nothing where only the flow's deadline ends them.
    pub tries: Option<u8>,
    /// Before the first of them.
    pub first: Duration,
    /// Between any two.
    pub longest: Duration,
}

/// Writes the advices with the sentence that documents them, in the code and in the generated table.
macro_rules! advices {
    ($($name:ident = $text:literal;)*) => {
        /// The next step after a message id. Flows take it; the pipeline itself knows only `MessageClass::resend`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Advice {
            $(#[doc = $text] $name,)*
        }

        impl Advice {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The advice in a sentence.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

advices! {
    Follow = "The class says it all.";
    TrackJob = "A job was created: keep its id and follow it.";
    TrackChild = "The message's arguments name a child job: follow that one, too.";
    VerifyEffect = "Read the target: only its state tells whether it worked.";
    AcceptIfAllowed = "Nothing to change; a success only if the caller said that this is one.";
    CompareInventory = "Compare the installed versions with the catalogue: the same is no change, else a failure.";
    PollLifecycleController = "Poll the Lifecycle Controller's state; the job starts by itself.";
    AdoptJob = "Find the job of that target: ours is adopted, another's is waited for or reported, none is deleted.";
    WaitForWork = "Wait until the other job, import, export or update has ended.";
    WaitForExport = "The same export is running: wait for it.";
    Reschedule = "Send it again.";
    DeleteFinishedJobs = "Delete finished jobs, then try once more.";
    WaitThenDelete = "Poll the job; delete it when it allows it.";
    TestShare = "Let the iDRAC test the share or image; correct its address.";
    TestShareThenRetry = "Let the iDRAC test the share or image; if it answers, try once more.";
    FixSecret = "Correct the credentials of the share or repository.";
    ReplacePackage = "The package itself is wrong: choose another.";
    Explain = "Report what blocks it.";
    FreeSpace = "Make room, then try once more.";
    ResubmitWhenReady = "The iDRAC restarted meanwhile: submit it once more when it is ready.";
    BackOff = "The iDRAC is overloaded: wait long; restart it only if the policy allows.";
    RetryThenReset = "An internal error: a few tries, then restart the iDRAC if the policy allows.";
    Reboot = "It takes effect with a reboot: report it, or reboot if asked to.";
    PowerCycle = "The reboot failed: power-cycle if the policy allows.";
    Intervene = "A person must power-cycle the server.";
    EnableLifecycleController = "Enable the Lifecycle Controller (attribute of the iDRAC).";
    LeaveLockdown = "Lockdown mode is on: report it; leave it only if expressly allowed.";
    RunAlone = "Run the CPLD update in a job of its own.";
    ReadLog = "Read the LC log around the job for the reason.";
    ListParts = "List which parts failed: it is no success.";
    RefreshInventory = "Collect the inventory anew before another attempt.";
    RecreateJob = "The job may stay Scheduled for ever: wait within a bound, delete it, create it once more.";
    ForceShutdown = "Offer a forced shutdown or a longer time to wait.";
    AwaitWindow = "Scheduled in a window: wait until then, it has not stalled.";
    FixField = "Correct the field that it names.";
    Plan = "Put it into the plan that is shown before a change.";
    UseFallback = "Remember that this iDRAC lacks it and use the other way.";
    ResolveLinks = "Read the links anew: the resource has gone or moved.";
    FetchETag = "GET the resource for its ETag, then send it once more.";
    EndOfPages = "The end of the pages where it is about `$skip`; else a wrong value.";
    ShowDependency = "Show which attribute or policy it depends on.";
    CollectInventory = "Collect the inventory (restart the host): there are no data yet.";
    LoginOnce = "Log in once more, then stop: every further try may lock the account.";
    DropAuthorization = "Create the session without an Authorization header.";
    FreeSessions = "Delete our own stale sessions, wait, or use Basic for a single call.";
    ChangePassword = "A person must set a password first.";
    GrantPrivilege = "Report the privilege that the account needs.";
    License = "Report the licence; take the feature as absent.";
    AcceptLicence = "A person must accept the licence agreement first.";
    DeleteOwnSubscriptions = "Delete our own stale subscriptions.";
    MarkStale = "Ask once more, then mark what was read as stale.";
    EnableAlerts = "Enable the alerts (attribute IPMILan.1.AlertEnable), or expect only some of the events.";
    AwaitReady = "Wait up to ten minutes until it is ready.";
    EjectFirst = "Read `Inserted`: eject what is there, or set the attach mode.";
    ChooseDevice = "Choose the virtual device that fits the image.";
    CheckListener = "Check the listener of the event destination.";
    PreferSession = "Every Basic request writes one such line: use a session.";
}

impl Advice {
    /// How often and how far apart to try again; nothing where the advice is no waiting.
    #[must_use]
    pub const fn pace(self) -> Option<Pace> {
        let (tries, first_s, longest_s) = match self {
            Self::WaitForWork => (None, 30, 120),
            Self::WaitForExport => (None, 120, 120),
            Self::PollLifecycleController | Self::WaitThenDelete => (None, 10, 60),
            Self::AwaitReady => (None, 10, 60),
            Self::AwaitWindow => (None, 60, 600),
            Self::Reschedule => (Some(3), 10, 60),
            Self::RetryThenReset => (Some(3), 60, 120),
            Self::BackOff => (Some(2), 120, 300),
            Self::DeleteFinishedJobs | Self::TestShareThenRetry | Self::FreeSpace => (Some(1), 5, 5),
            Self::ResubmitWhenReady | Self::RecreateJob => (Some(1), 30, 30),
            Self::FetchETag | Self::LoginOnce | Self::DropAuthorization => (Some(1), 0, 0),
            Self::FreeSessions => (Some(3), 2, 30),
            Self::MarkStale => (Some(1), 5, 5),
            _ => return None,
        };
        Some(Pace { tries, first: Duration::from_secs(first_s), longest: Duration::from_secs(longest_s) })
    }
}
