//! A job as the job service of newer firmware shows it.

use super::TaskMessage;

resource! {
    /// `JobService/Jobs/{job}` (DMTF `Job`). Errors in some parts are an `Exception` here, as a failure is.
    JobServiceJob {
        /// DMTF's state.
        job_state: String = "JobState",
        /// Health of the outcome.
        job_status: String = "JobStatus",
        /// How far it is.
        percent_complete: u64 = "PercentComplete",
        /// What it says of itself.
        messages: Vec<TaskMessage> = "Messages",
        /// When it began, with an offset.
        start_time: String = "StartTime",
        /// When it ended, with an offset.
        end_time: String = "EndTime",
    }
}
