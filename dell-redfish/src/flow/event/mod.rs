//! Events: as a stream that is kept alive, or sent to a listener of one's own.

mod listener;
mod sse;
mod subscription;

pub use listener::{EventListener, EventOptions, Heard, Silence};
pub use subscription::{
    Subscribed, list_subscriptions, plan_subscribe, submit_test_event, subscribe, unsubscribe,
};
