//! Operations that are actions of a resource: found by the end of their name, their values checked against what is offered.

use serde_json::Value;

use crate::actions::Actions;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Response;

/// Time for one action: an iDRAC makes keys, or restarts a service of its own, before it answers.
pub(crate) const ACTION_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(90);

/// The target of an action that takes this body.
///
/// # Errors
/// [`ErrorKind::Unsupported`] when there is no such action, or it does not take one of the values.
pub(crate) fn target(actions: &Actions, name: &str, body: &Value) -> Result<String> {
    let action = actions.need(name)?;
    for (parameter, value) in body.as_object().into_iter().flatten() {
        let several = value.as_array().into_iter().flatten();
        for value in several.chain([value]).filter_map(Value::as_str) {
            action.check(parameter, value)?;
        }
    }
    Ok(action.target.as_str().to_owned())
}

/// A text of a reply that is there for its sake: a certificate, a licence.
pub(crate) fn text(response: &Response, key: &str) -> Result<String> {
    let body: Value = serde_json::from_slice(&response.body).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the reply is no JSON document").with_source(error)
    })?;
    let text = body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| Error::new(ErrorKind::Protocol, format!("the reply has no {key}")))
}

/// Declares an operation that is an action: its name, how much it can hurt, which values are secret, what its reply means.
macro_rules! action {
    ($(#[$meta:meta])* $name:ident = $action:literal, $effect:ident, [$($secret:literal),*],
        |$response:ident| $parse:expr => $output:ty) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name {
            target: String,
            body: serde_json::Value,
        }

        impl $name {
            /// By the actions of its resource.
            pub(crate) fn new(actions: &crate::actions::Actions, body: serde_json::Value) -> crate::error::Result<Self> {
                Ok(Self { target: crate::ops::action::target(actions, $action, &body)?, body })
            }
        }

        impl std::fmt::Debug for $name {
            /// Names its place; what it carries may be a secret.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("target", &self.target).finish_non_exhaustive()
            }
        }

        impl crate::operation::Operation for $name {
            type Output = $output;

            const NAME: &'static str = stringify!($name);
            const EFFECT: crate::effect::Effect = crate::effect::Effect::$effect;

            fn request(&self) -> crate::request::Request {
                crate::request::Request::post(self.target.clone(), &self.body)
                    .with_secret_keys(&[$($secret),*])
                    .with_timeout(crate::ops::action::ACTION_TIMEOUT)
            }

            fn parse(&self, $response: crate::request::Response) -> crate::error::Result<$output> {
                $parse
            }
        }
    };
}
pub(crate) use action;
