//! The counter-measures against known faults of iDRACs, each by a name, so that a test can prove that it is needed.

/// Declares the safeguards in the order of the catalogue of faults.
macro_rules! safeguards {
    ($($(#[$meta:meta])* $name:ident = $fault:literal,)*) => {
        /// What this library does about one known fault. The number is the fault's in the catalogue that the behaviour
        /// suite goes through (`fault_01_…` to `fault_52_…`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Safeguard {
            $($(#[$meta])* $name = $fault,)*
        }

        impl Safeguard {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number of the fault it is against.
            #[must_use]
            pub const fn fault(self) -> u8 {
                self as u8
            }

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

safeguards! {
    /// A session is deleted at the end, also after a cancellation or a panic.
    DeleteSession = 1,
    /// A 401 is decided on its status, whatever its body, and answered by one new login.
    LogInAgain = 2,
    /// The place for sessions is taken from the service root, and another is tried after 405.
    FindSessionHome = 3,
    /// Credentials are sent without waiting for a challenge; a session is tried before Basic.
    SendUnasked = 4,
    /// A login carries no `Authorization` header.
    BareLogin = 5,
    /// A refused credential is not sent again.
    StopAfterRefusal = 6,
    /// `Accept` is always sent.
    SendAccept = 7,
    /// The `Host` header is the address dialled, unless the caller names another.
    HostAsDialled = 8,
    /// A body of two JSON documents is refused and read again without `$expand`.
    RefuseTwoDocuments = 9,
    /// Errors are read in every shape iDRACs give them.
    TolerantErrors = 10,
    /// A connection that broke is replaced for what may be sent twice.
    FreshConnection = 11,
    /// "Not ready" is known by its message id and waited out.
    WaitUntilReady = 12,
    /// After a forced clearing of jobs, empty collections are not believed until the Lifecycle Controller is ready.
    DoubtEmptyQueue = 13,
    /// A restart of the iDRAC in the middle of a job is waited out, and the job found again.
    SurviveRestart = 14,
    /// A task that is gone is looked for among Dell's jobs.
    JobWhenTaskIsGone = 15,
    /// A job that is not there yet is given time to appear.
    GraceForNewJob = 16,
    /// A job that an erase took with it is lost by design, and the effect is checked.
    LostByDesign = 17,
    /// A task monitor is checked against the job.
    CrossCheckMonitor = 18,
    /// A job without a location is found by what was started, never made up.
    FindUnnamedJob = 19,
    /// "Completed with errors" is no success.
    PartialIsNoSuccess = 20,
    /// "Completed, restart pending" is an end.
    SoftEnd = 21,
    /// A host that ignores a graceful request is forced, where the caller allows it.
    Escalate = 22,
    /// The same version again is no change.
    SameVersionIsNoChange = 23,
    /// A long upload is bounded by stalls, not in all.
    StallNotTotal = 24,
    /// An upload that fails for want of an iDRAC reset can have one, once.
    ResetAndUploadAgain = 25,
    /// Credentials of a share travel in their own fields.
    NoCredentialsInUri = 26,
    /// After a profile that changes our password, either password is tried.
    EitherPassword = 27,
    /// A job that stands still is noticed.
    NoticeStall = 28,
    /// Dell's actions are found by the end of their name, and targets are sent as that firmware takes them.
    ActionBySuffix = 29,
    /// A job that was made without being asked for is adopted, not doubled.
    AdoptJob = 30,
    /// Virtual media are served one at a time, and checked after.
    SerialiseMedia = 31,
    /// Virtual media are looked for below the system, then below the manager.
    FindMediaHome = 32,
    /// A stale `Inserted` is read again, and the medium ejected before it is inserted.
    EjectThenInsert = 33,
    /// What was set is read back, whatever the answer.
    ReadBack = 34,
    /// A power state that is there already is no error.
    AlreadyThere = 35,
    /// Pages are counted, visited once, and their entries kept once.
    GuardPages = 36,
    /// An empty text is no value, and stale data is marked.
    EmptyIsUnknown = 37,
    /// A part that cannot be read is reported, and the rest goes on.
    PartialInventory = 38,
    /// An iDRAC that is slow is given more time.
    PatientWithSlow = 39,
    /// A number written as a text is a number.
    LenientTypes = 40,
    /// An action without parameters is sent `{}`.
    EmptyObjectBody = 41,
    /// An entity tag is offered strong, then weak, then not at all.
    TagLadder = 42,
    /// A redirect elsewhere is refused.
    RefuseRedirect = 43,
    /// A silent event stream is opened again, and what was missed is read from the log.
    BackfillEvents = 44,
    /// A missing service root is told apart from a missing resource.
    RedfishOff = 45,
    /// Reboot jobs are left out when a queue is cleared job by job.
    LeaveRebootJobs = 46,
    /// Requests keep a distance where the iDRAC needs one.
    Pacing = 47,
    /// What is to be done to one RAID controller is one job.
    OneJobAController = 48,
    /// A password is cleared in the way the generation takes.
    ClearPasswordAsTaken = 49,
    /// After an update several readings in a row must agree.
    AgreeingReads = 50,
    /// Replies come unpacked, of bounded length, with or without `Content-Length`.
    BoundedReply = 51,
    /// A success whose body is no JSON is read again.
    DoubtGarbage = 52,
}

/// Which safeguards are on: all, but in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Safeguards(u64);

impl Default for Safeguards {
    fn default() -> Self {
        Self(u64::MAX)
    }
}

impl Safeguards {
    /// Whether this one is on.
    #[must_use]
    pub const fn has(self, safeguard: Safeguard) -> bool {
        self.0 & (1 << safeguard.fault()) != 0
    }

    /// All but this one.
    #[cfg(any(test, feature = "fault-switches"))]
    #[must_use]
    pub const fn without(self, safeguard: Safeguard) -> Self {
        Self(self.0 & !(1 << safeguard.fault()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_one() {
        let numbers: Vec<u8> = Safeguard::ALL.iter().map(|safeguard| safeguard.fault()).collect();
        assert_eq!(numbers, (1..=52).collect::<Vec<_>>());
        let all = Safeguards::default();
        let less = all.without(Safeguard::SoftEnd);
        assert!(
            all.has(Safeguard::SoftEnd) && !less.has(Safeguard::SoftEnd) && less.has(Safeguard::DoubtGarbage)
        );
    }
}
