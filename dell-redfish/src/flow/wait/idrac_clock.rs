//! The iDRAC's clock beside ours: Dell's queue writes local time without an offset, and an iDRAC may be hours off.

use std::time::SystemTime;

use crate::operation::{Redfish, run};
use crate::ops::GetManager;
use crate::policy::{parse_offset, parse_redfish_time};

/// What the iDRAC's clock shows beside ours.
#[derive(Debug, Clone, Copy)]
pub(in crate::flow) struct IdracClock {
    pub(in crate::flow) at: SystemTime,
    wall: SystemTime,
    /// Seconds east of Greenwich.
    pub(in crate::flow) offset: i64,
}

impl IdracClock {
    pub(in crate::flow) async fn read(redfish: &dyn Redfish) -> Option<Self> {
        let manager = run(redfish, &GetManager).await.ok()?;
        let text = manager.date_time.as_deref()?;
        Some(Self {
            at: parse_redfish_time(text)?,
            wall: redfish.clock().wall(),
            offset: parse_offset(text)?,
        })
    }

    /// A moment of its clock by ours.
    pub(in crate::flow) fn ours(self, moment: SystemTime) -> SystemTime {
        match moment.duration_since(self.at) {
            Ok(after) => self.wall + after,
            Err(before) => self.wall - before.duration(),
        }
    }
}
