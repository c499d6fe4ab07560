//! Events: the service, who is subscribed, and what is sent.

use super::{Link, Status};

resource! {
    /// `EventService` (DMTF `EventService`).
    EventService {
        /// Whether it is on.
        enabled: bool = "ServiceEnabled",
        /// Where events are streamed, from iDRAC9 on.
        stream: String = "ServerSentEventUri",
        /// Who is subscribed.
        subscriptions: Link = "Subscriptions",
        /// `Event`, `MetricReport`.
        formats: Vec<String> = "EventFormatTypes",
        /// `Alert`, `MetricReport`, `Other`.
        event_types: Vec<String> = "EventTypesForSubscription",
        /// State, and what is not as it should be (SYS554: alerts are off).
        status: EventServiceStatus = "Status",
    }
}

part! {
    /// `Status` with its conditions.
    EventServiceStatus {
        /// `Enabled`.
        state: String = "State",
        /// `OK`, `Warning`.
        health: String = "Health",
        /// What is the matter.
        conditions: Vec<Condition> = "Conditions",
    }
}

part! {
    /// One entry of `Status.Conditions`.
    Condition {
        /// Its message.
        message_id: String = "MessageId",
        /// Its text.
        message: String = "Message",
        /// Its severity.
        severity: String = "Severity",
    }
}

resource! {
    /// A subscription (DMTF `EventDestination`).
    EventDestination {
        /// Where events are sent.
        destination: String = "Destination",
        /// The subscriber's own words, sent with each event.
        context: String = "Context",
        /// `Redfish`, `SNMPv1`, …
        protocol: String = "Protocol",
        /// `RedfishEvent`, `SSE`, …
        subscription_type: String = "SubscriptionType",
        /// `Event`, `MetricReport`.
        format: String = "EventFormatType",
        /// `Alert`, `MetricReport`, `Other`; `Status Change` and others on iDRAC7/8.
        event_types: Vec<String> = "EventTypes",
        /// State.
        status: Status = "Status",
    }
}

resource! {
    /// What is sent (DMTF `Event`): one or several records.
    Event {
        /// The subscriber's own words.
        context: String = "Context",
        /// The records.
        events: Vec<EventRecord> = "Events",
    }
}

part! {
    /// One record of an [`Event`].
    EventRecord {
        /// Number of the event.
        event_id: String = "EventId",
        /// When, as the iDRAC wrote it.
        timestamp: String = "EventTimestamp",
        /// `Alert`, …
        event_type: String = "EventType",
        /// Message id with the registry's prefix.
        message_id: String = "MessageId",
        /// The text.
        message: String = "Message",
        /// What was put into it.
        message_args: Vec<String> = "MessageArgs",
        /// `OK`, `Warning`, `Critical`.
        message_severity: String = "MessageSeverity",
        /// The same on older firmware.
        severity: String = "Severity",
        /// The resource it is about.
        origin: Link = "OriginOfCondition",
        /// The entry of the log that says the same, where it is told.
        log_entry: Link = "LogEntry",
    }
}
