//! The task of an export or import, whose reply may be the profile itself.

use bytes::Bytes;

use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{Resource, Task};
use crate::operation::Operation;
use crate::request::{Request, Response};

/// What the task of an export or import answers.
#[derive(Debug, Clone)]
pub enum ProfileTaskReply {
    /// The task itself.
    Task(Box<Resource<Task>>),
    /// The exported profile in its place, or in one of its messages. Not printed by `Debug`.
    Profile(PrivateBytes),
}

/// Bytes that are not printed.
#[derive(Clone)]
pub struct PrivateBytes(pub Bytes);

impl std::fmt::Debug for PrivateBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Reads the task of an export or import. The reply of a local export is the profile itself, XML or JSON; it is kept from
/// every observer.
#[derive(Debug, Clone)]
pub struct GetProfileTask {
    task: ODataId,
}

impl GetProfileTask {
    /// The task at this path.
    #[must_use]
    pub fn at(task: ODataId) -> Self {
        Self { task }
    }
}

impl Operation for GetProfileTask {
    type Output = ProfileTaskReply;

    const NAME: &'static str = "GetProfileTask";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.task.path()).accepting("*/*").with_private_reply()
    }

    fn parse(&self, response: Response) -> Result<ProfileTaskReply> {
        let body = response.body;
        if looks_like_profile(&body) {
            return Ok(ProfileTaskReply::Profile(PrivateBytes(body)));
        }
        let task = Resource::<Task>::parse(body).map_err(|_| {
            Error::new(ErrorKind::Protocol, "the reply is neither a task nor a profile").temporary()
        })?;
        let messages = task.messages.as_deref().unwrap_or_default();
        let told = messages.iter().filter_map(|message| message.message.as_deref());
        match told.map(str::as_bytes).find(|text| looks_like_profile(text)) {
            Some(profile) => Ok(ProfileTaskReply::Profile(PrivateBytes(Bytes::copy_from_slice(profile)))),
            None => Ok(ProfileTaskReply::Task(Box::new(task))),
        }
    }
}

/// Whether it begins like a profile: the root element, or the root property, near its beginning.
fn looks_like_profile(body: &[u8]) -> bool {
    let head = &body[..body.len().min(1024)];
    let head = String::from_utf8_lossy(head);
    match head.trim_start_matches('\u{feff}').trim_start().as_bytes().first() {
        Some(b'<') => head.contains("<SystemConfiguration"),
        Some(b'{') => head.trim_start_matches('\u{feff}').trim_start()[1..]
            .trim_start()
            .starts_with("\"SystemConfiguration\""),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn the_profile_is_found_wherever_it_stands() {
        let read = |text: &str| {
            let body = Bytes::copy_from_slice(text.as_bytes());
            let response = Response { status: 200, headers: HeaderMap::new(), body };
            GetProfileTask::at(ODataId::parse("/redfish/v1/x").unwrap()).parse(response)
        };
        for profile in [
            "<SystemConfiguration/>",
            "\u{feff}<?xml version=\"1.0\"?>\n<SystemConfiguration/>",
            " { \"SystemConfiguration\": {}}",
            r#"{"TaskState":"Completed","Messages":[{"Message":"done"},{"Message":"<SystemConfiguration/>"}]}"#,
        ] {
            assert!(matches!(read(profile), Ok(ProfileTaskReply::Profile(_))), "{profile}");
        }
        assert!(matches!(read(r#"{"TaskState":"Running"}"#), Ok(ProfileTaskReply::Task(_))));
        for bad in ["", "<html/>", "x"] {
            assert_eq!(read(bad).unwrap_err().kind(), ErrorKind::Protocol, "{bad}");
        }
    }
}
