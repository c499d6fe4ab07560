//! A virtual drive.

resource! {
    /// A drive into which an image on the network can be put (DMTF `VirtualMedia`).
    VirtualMedia {
        /// `CD`, `DVD`, `USBStick`, `Floppy`.
        media_types: Vec<String> = "MediaTypes",
        /// Whether an image is in it. May be stale: see `connected_via`.
        inserted: bool = "Inserted",
        /// Address of the image.
        image: String = "Image",
        /// Its file name.
        image_name: String = "ImageName",
        /// `NotConnected`, `URI`, `Applet`, `Oem`.
        connected_via: String = "ConnectedVia",
        /// Whether the host may not write to it.
        write_protected: bool = "WriteProtected",
        /// `CIFS`, `NFS`, `HTTP`, `HTTPS`, …
        transfer_protocol_type: String = "TransferProtocolType",
        /// User of the share.
        user_name: String = "UserName",
    }
}

impl VirtualMedia {
    /// Whether the host sees an image in it: said to be inserted, and connected where the iDRAC says how.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.inserted == Some(true) && !self.is_unconnected()
    }

    /// Whether the flag contradicts the connection or the image, as it does after some failures.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let has_image = self.image.as_deref().is_some_and(|image| !image.is_empty());
        match self.inserted {
            Some(true) => self.is_unconnected() || !has_image,
            _ => has_image && self.connected_via.as_deref() == Some("URI"),
        }
    }

    fn is_unconnected(&self) -> bool {
        self.connected_via.as_deref() == Some("NotConnected")
    }
}
