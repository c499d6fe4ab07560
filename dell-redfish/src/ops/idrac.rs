//! The iDRAC's own restart.

use serde_json::json;

use crate::actions::Actions;
use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::request::{Request, Response};

/// `Manager.Reset` with `GracefulRestart`, the only kind iDRACs offer. The host is not touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetManager {
    /// Where the manager says the action is.
    pub target: ODataId,
}

impl ResetManager {
    const KIND: &'static str = "GracefulRestart";

    /// By the actions of the manager.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where it does not offer that.
    pub fn new(actions: &Actions) -> Result<Self> {
        let action = actions.need("Manager.Reset")?;
        action.check("ResetType", Self::KIND)?;
        Ok(Self { target: action.target.clone() })
    }
}

impl Operation for ResetManager {
    type Output = ();

    const NAME: &'static str = "ResetManager";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &json!({"ResetType": Self::KIND}))
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}
