//! The state of the Lifecycle Controller and of the host, as Dell's service tells it.

resource! {
    /// Reply of Dell `DellLCService.GetRemoteServicesAPIStatus`.
    RemoteServicesStatus {
        /// `Disabled`, `InRecovery`, `InUse`, `NotInitialized`, `Ready`, `ReloadingData`.
        lc_status: String = "LCStatus",
        /// `AutomatedTaskExecution`, `CollectingSystemInventory`, `EnteredF11BootManager`, `EnteredF2Setup`, `InPOST`, `LCUSC`,
        /// `OutOfPOST`, `PoweredOff`.
        server_status: String = "ServerStatus",
        /// The data that comes from a running host: `Ready` or `NotReady`.
        rt_status: String = "RTStatus",
        /// Everything together: `Ready` or `NotReady`.
        status: String = "Status",
    }
}

impl RemoteServicesStatus {
    /// Whether the Lifecycle Controller takes work.
    #[must_use]
    pub fn is_lc_ready(&self) -> bool {
        self.lc_status.as_deref() == Some("Ready")
    }

    /// Whether the host has come through its power-on test.
    #[must_use]
    pub fn is_out_of_post(&self) -> bool {
        self.server_status.as_deref() == Some("OutOfPOST")
    }

    /// Whether the host is off.
    #[must_use]
    pub fn is_powered_off(&self) -> bool {
        self.server_status.as_deref() == Some("PoweredOff")
    }
}
