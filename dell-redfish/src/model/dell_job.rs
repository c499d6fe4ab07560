//! A job as Dell's own queue shows it.

resource! {
    /// `Managers/…/Oem/Dell/Jobs/{job}` or, on older firmware, `Managers/…/Jobs/{job}` (Dell `DellJob`).
    DellJob {
        /// One of Dell's eighteen states.
        job_state: String = "JobState",
        /// One of about 55 types: `BIOSConfiguration`, `FirmwareUpdate`, `RealTimeNoRebootConfiguration`, …
        job_type: String = "JobType",
        /// How far it is.
        percent_complete: u64 = "PercentComplete",
        /// What it says of itself now.
        message: String = "Message",
        /// The id of that, without a registry's name in front: `PR19`.
        message_id: String = "MessageId",
        /// What the message is about, other jobs' ids among it.
        message_args: Vec<String> = "MessageArgs",
        /// When it may start or was made; the iDRAC's local time without an offset, `TIME_NOW` or `TIME_NA`.
        start_time: String = "StartTime",
        /// When it must be done; mostly `TIME_NA`.
        end_time: String = "EndTime",
        /// When it ended.
        completion_time: String = "CompletionTime",
        /// When it began to run.
        actual_start: String = "ActualRunningStartTime",
        /// When it stopped.
        actual_stop: String = "ActualRunningStopTime",
        /// The settings it applies.
        target_settings: String = "TargetSettingsURI",
    }
}
