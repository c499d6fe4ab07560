//! Sessions.

resource! {
    /// One login (DMTF `Session`).
    Session {
        /// Whose it is.
        user_name: String = "UserName",
        /// When it began.
        created: String = "CreatedTime",
        /// From where.
        client_origin: String = "ClientOriginIPAddress",
        /// `Redfish`, `WebUI`, `ManagerConsole`, …
        session_type: String = "SessionType",
    }
}
