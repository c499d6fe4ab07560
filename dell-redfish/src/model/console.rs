//! What the console's actions answer.

part! {
    /// Reply of Dell `DelliDRACCardService.GetKVMSession`. Secret: taken over at once, never kept.
    KvmReply {
        /// Temporary user.
        user: String = "TempUsername",
        /// Temporary password.
        password: String = "TempPassword",
    }
}

part! {
    /// Reply of Dell `DellLCService.ExportServerScreenShot`.
    ScreenShotReply {
        /// The picture in base64.
        picture: String = "ServerScreenShotFile",
    }
}
