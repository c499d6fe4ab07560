//! The console: temporary credentials, pictures and videos of the screen.

use base64::Engine as _;
use bytes::Bytes;
use serde_json::json;

use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{KvmReply, ScreenShotReply};
use crate::operation::Operation;
use crate::ops::Exported;
use crate::request::{Request, Response};
use crate::secret::Secret;

/// Largest picture that is decoded, in bytes.
const MAX_PICTURE: usize = 16 * 1024 * 1024;

/// Temporary credentials for the console (Dell `DelliDRACCardService.GetKVMSession`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetKvmSession {
    target: ODataId,
}

impl GetKvmSession {
    /// By the target the service names.
    #[must_use]
    pub fn at(target: ODataId) -> Self {
        Self { target }
    }
}

/// Temporary credentials for one console session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvmSession {
    /// Temporary user.
    pub user: Secret,
    /// Temporary password.
    pub password: Secret,
}

impl Operation for GetKvmSession {
    type Output = KvmSession;

    const NAME: &'static str = "GetKVMSession";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &json!({"SessionTypeName": "HTML5"}))
    }

    fn parse(&self, response: Response) -> Result<KvmSession> {
        let reply: KvmReply = serde_json::from_slice(&response.body).unwrap_or_default();
        match (reply.user, reply.password) {
            (Some(user), Some(password)) if !user.is_empty() && !password.is_empty() => {
                Ok(KvmSession { user: Secret::new(user), password: Secret::new(password) })
            }
            _ => Err(Error::new(ErrorKind::Protocol, "the reply holds no temporary credentials")),
        }
    }
}

/// Which picture of the screen (`FileType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScreenShot {
    /// As it is now.
    #[default]
    Now,
    /// As it is now, small.
    Preview,
    /// As it was at the last crash.
    LastCrash,
}

impl ScreenShot {
    /// As the action takes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Now => "ServerScreenShot",
            Self::Preview => "Preview",
            Self::LastCrash => "LastCrashScreenShot",
        }
    }
}

/// A picture of the screen (Dell `DellLCService.ExportServerScreenShot`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportServerScreenShot {
    target: ODataId,
    which: ScreenShot,
}

impl ExportServerScreenShot {
    /// By the target the service names.
    #[must_use]
    pub fn of(target: ODataId, which: ScreenShot) -> Self {
        Self { target, which }
    }
}

impl Operation for ExportServerScreenShot {
    type Output = Bytes;

    const NAME: &'static str = "ExportServerScreenShot";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        // It changes nothing: asking twice does no harm.
        Request::post(self.target.path(), &json!({"FileType": self.which.as_str()})).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Bytes> {
        let protocol = |what: &str| Error::new(ErrorKind::Protocol, format!("the picture {what}"));
        let reply: ScreenShotReply = serde_json::from_slice(&response.body)
            .map_err(|error| protocol("is in no JSON").with_source(error))?;
        // Old firmware breaks it into lines.
        let mut text = reply.picture.ok_or_else(|| protocol("is missing"))?;
        text.retain(|letter| !letter.is_ascii_whitespace());
        if text.is_empty() {
            return Err(protocol("is empty"));
        }
        if text.len() / 4 * 3 > MAX_PICTURE {
            return Err(protocol("is longer than 16 MiB"));
        }
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(|error| protocol("is not base64").with_source(error))
    }
}

/// Which video (`FileType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoLog {
    /// Of the last boots.
    Boot,
    /// Of the last crash.
    Crash,
}

impl VideoLog {
    /// As the action takes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boot => "BootCaptureVideo",
            Self::Crash => "CrashCaptureVideo",
        }
    }
}

/// A video of the screen, left on the iDRAC to be fetched (Dell `DellLCService.ExportVideoLog`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportVideoLog {
    target: ODataId,
    which: VideoLog,
}

impl ExportVideoLog {
    /// By the target the service names.
    #[must_use]
    pub fn of(target: ODataId, which: VideoLog) -> Self {
        Self { target, which }
    }
}

impl Operation for ExportVideoLog {
    type Output = Exported;

    const NAME: &'static str = "ExportVideoLog";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        let body = json!({"FileType": self.which.as_str(), "ShareType": "Local"});
        Request::post(self.target.path(), &body).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Exported> {
        Ok(Exported::read(&response))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn picture(body: &'static str) -> Result<Bytes> {
        let target = ODataId::parse("/redfish/v1/x").unwrap();
        let body = Bytes::from_static(body.as_bytes());
        ExportServerScreenShot::of(target, ScreenShot::Now).parse(Response {
            status: 200,
            headers: HeaderMap::new(),
            body,
        })
    }

    #[test]
    fn a_picture_is_decoded_and_anything_else_refused() {
        assert_eq!(picture("{\"ServerScreenShotFile\":\"iVBO\\r\\nRw==\"}").unwrap().as_ref(), b"\x89PNG");
        for bad in ["{}", r#"{"ServerScreenShotFile":""}"#, r#"{"ServerScreenShotFile":"!"}"#, "", "[1]"] {
            assert_eq!(picture(bad).unwrap_err().kind(), ErrorKind::Protocol, "{bad}");
        }
    }

    #[test]
    fn temporary_credentials_are_not_printed() {
        let session = KvmSession { user: Secret::new("tmpuser"), password: Secret::new("tmppass") };
        assert!(!format!("{session:?}").contains("tmp"));
    }
}
