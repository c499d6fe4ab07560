//! A job as the task service shows it, for as long as it keeps it.

use super::Link;

resource! {
    /// `TaskService/Tasks/{task}` (DMTF `Task`).
    Task {
        /// DMTF's state. `Completed` may hide Dell's `Failed` below `Oem`.
        task_state: String = "TaskState",
        /// Health of the outcome.
        task_status: String = "TaskStatus",
        /// How far it is.
        percent_complete: u64 = "PercentComplete",
        /// What it says: of itself, and of each part.
        messages: Vec<TaskMessage> = "Messages",
        /// When it began.
        start_time: String = "StartTime",
        /// When it ended.
        end_time: String = "EndTime",
        /// Dell's part.
        oem: TaskOem = "Oem",
    }
}

part! {
    /// One entry of `Messages`.
    TaskMessage {
        /// The text.
        message: String = "Message",
        /// The id, with its registry's name in front.
        message_id: String = "MessageId",
        /// What the text is about.
        message_args: Vec<String> = "MessageArgs",
        /// The registry's severity.
        severity: String = "Severity",
        /// What may help.
        resolution: String = "Resolution",
        /// Dell's part: the result of one component or attribute.
        oem: TaskMessageOem = "Oem",
    }
}

part! {
    /// `Messages[].Oem`.
    TaskMessageOem {
        /// Dell's part.
        dell: TaskPart = "Dell",
    }
}

part! {
    /// The result of one part (Dell `ServerConfigurationProfileResults`).
    TaskPart {
        /// FQDD of the component; older firmware leaves it out.
        fqdd: String = "FQDD",
        /// The attribute or component: `LDAP.1#Enable`.
        name: String = "Name",
        /// The same for people.
        display_value: String = "DisplayValue",
        /// Before.
        old_value: String = "OldValue",
        /// After.
        new_value: String = "NewValue",
        /// `Success`, `Failure`, …
        status: String = "Status",
        /// `0` where all is well.
        error_code: String = "ErrCode",
        /// The registry's severity.
        severity: String = "Severity",
    }
}

part! {
    /// `Oem`.
    TaskOem {
        /// Dell's part.
        dell: TaskOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`: Dell's job within the task (Dell `DellJob`).
    TaskOemDell {
        /// Dell's job.
        id: String = "Id",
        /// Dell's name of it.
        name: String = "Name",
        /// Dell's state.
        job_state: String = "JobState",
        /// Dell's type.
        job_type: String = "JobType",
        /// How far it is.
        percent_complete: u64 = "PercentComplete",
        /// What it says of itself.
        message: String = "Message",
        /// The id of that.
        message_id: String = "MessageId",
        /// Dell's job, where it is only linked.
        job: Link = "Job",
    }
}
