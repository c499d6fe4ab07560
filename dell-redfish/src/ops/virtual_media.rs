//! Inserting and ejecting images.

use serde_json::{Map, Value, json};

use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::model::VirtualMedia;
use crate::operation::Operation;
use crate::ops::GetResource;
use crate::request::{Request, Response};
use crate::secret::Secret;

use super::share::{Share, ShareType};
use super::share_address::Place;

/// Reads one virtual drive.
pub type GetVirtualMedia = GetResource<VirtualMedia>;

/// An image on the network, with the credentials it needs in fields of their own.
#[derive(Debug, Clone)]
pub struct MediaImage {
    address: String,
    share: Share,
    credentials: Option<(String, Secret)>,
    write_protected: bool,
}

impl MediaImage {
    /// From an address: `http(s)://…`, `nfs://host/path` or `host:/path`, `cifs://host/share/path` or `//host/share/path`.
    /// Credentials in it are taken out into their own fields. Write-protected until [`MediaImage::writable`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for anything else, without repeating it.
    pub fn new(address: &str) -> Result<Self> {
        let (share, _) = Share::from_address(address)?;
        let place = Place::parse(address)?;
        let port = place.port.map(|port| format!(":{port}")).unwrap_or_default();
        // As the iDRAC wants each of them in `Image`.
        let address = match place.kind {
            ShareType::Nfs => format!("{}:/{}", place.address, place.path),
            ShareType::Cifs => format!("//{}/{}", place.address, place.path),
            other => {
                format!("{}://{}{port}/{}", other.as_str().to_ascii_lowercase(), place.address, place.path)
            }
        };
        Ok(Self { address, share, credentials: place.credentials, write_protected: true })
    }

    /// The credentials of the share, which are not the iDRAC's.
    #[must_use]
    pub fn with_credentials(mut self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        let (user, password) = (user.into(), password.into());
        self.share = self.share.with_credentials(user.clone(), password.clone());
        self.credentials = Some((user, password));
        self
    }

    /// Lets the host write to it.
    #[must_use]
    pub fn writable(mut self) -> Self {
        self.write_protected = false;
        self
    }

    /// Its address as the iDRAC is told it, without credentials.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The share it lies on.
    #[must_use]
    pub fn share(&self) -> &Share {
        &self.share
    }

    /// Whether a drive says that this image is in it. Some firmware tells only the file's name.
    #[must_use]
    pub fn is_in(&self, drive: &VirtualMedia) -> bool {
        let file = |text: &str| text.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let folded = |text: &str| text.replace('\\', "/");
        match (drive.image.as_deref(), drive.image_name.as_deref()) {
            (Some(image), _) if !image.is_empty() => folded(image) == folded(&self.address),
            (_, Some(name)) => file(name) == file(&self.address),
            _ => false,
        }
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut set = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
        set("Image", self.address.as_str().into());
        set("Inserted", true.into());
        set("WriteProtected", self.write_protected.into());
        if let Some((user, password)) = &self.credentials {
            set("UserName", user.as_str().into());
            set("Password", password.expose().into());
        }
        fields
    }
}

/// Puts an image into a drive by the drive's own action (`VirtualMedia.InsertMedia`).
#[derive(Debug, Clone)]
pub struct InsertMedia {
    target: ODataId,
    image: MediaImage,
}

impl InsertMedia {
    /// At the target of the action.
    #[must_use]
    pub fn at(target: ODataId, image: MediaImage) -> Self {
        Self { target, image }
    }
}

impl Operation for InsertMedia {
    type Output = ();

    const NAME: &'static str = "InsertMedia";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let mut fields = self.image.fields();
        fields.insert("TransferProtocolType".to_owned(), self.image.share.kind().as_str().into());
        Request::post(self.target.path(), &Value::Object(fields))
    }

    fn parse(&self, _response: Response) -> Result<()> {
        Ok(())
    }
}

/// Takes the image out of a drive by the drive's own action (`VirtualMedia.EjectMedia`).
#[derive(Debug, Clone)]
pub struct EjectMedia {
    target: ODataId,
}

impl EjectMedia {
    /// At the target of the action.
    #[must_use]
    pub fn at(target: ODataId) -> Self {
        Self { target }
    }
}

impl Operation for EjectMedia {
    type Output = ();

    const NAME: &'static str = "EjectMedia";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        // An action without parameters still wants an object.
        Request::post(self.target.path(), &json!({}))
    }

    fn parse(&self, _response: Response) -> Result<()> {
        Ok(())
    }
}

/// Inserts or ejects by writing to the drive itself, where old firmware offers no action.
#[derive(Debug, Clone)]
pub struct PatchMedia {
    drive: ODataId,
    image: Option<MediaImage>,
}

impl PatchMedia {
    /// Puts an image in.
    #[must_use]
    pub fn insert(drive: ODataId, image: MediaImage) -> Self {
        Self { drive, image: Some(image) }
    }

    /// Takes it out.
    #[must_use]
    pub fn eject(drive: ODataId) -> Self {
        Self { drive, image: None }
    }
}

impl Operation for PatchMedia {
    type Output = ();

    const NAME: &'static str = "PatchMedia";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let body = match &self.image {
            Some(image) => Value::Object(image.fields()),
            None => json!({"Image": null, "Inserted": false}),
        };
        Request::patch(self.drive.path(), &body)
    }

    fn parse(&self, _response: Response) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_what_an_idrac_wants_and_hold_no_secret() {
        for (given, sent, protocol) in [
            ("http://h:8080/a/x.iso", "http://h:8080/a/x.iso", "HTTP"),
            ("https://u:c4lvin@h/x.iso", "https://h/x.iso", "HTTPS"),
            ("nfs://h/a/x.iso", "h:/a/x.iso", "NFS"),
            ("h:/a/x.iso", "h:/a/x.iso", "NFS"),
            (r"\\h\s\x.iso", "//h/s/x.iso", "CIFS"),
            ("cifs://h/s/x.iso", "//h/s/x.iso", "CIFS"),
        ] {
            let image = MediaImage::new(given).unwrap();
            assert_eq!((image.address(), image.share().kind().as_str()), (sent, protocol));
            let shown = format!("{:?}", InsertMedia::at(ODataId::parse("/redfish/v1/x").unwrap(), image));
            assert!(!shown.contains("c4lvin"), "{shown}");
        }
    }

    #[test]
    fn a_drive_tells_its_image_by_address_or_by_name() {
        let image = MediaImage::new("//h/s/x.iso").unwrap();
        let drive = |address: Option<&str>, name: Option<&str>| VirtualMedia {
            image: address.map(str::to_owned),
            image_name: name.map(str::to_owned),
            ..VirtualMedia::default()
        };
        assert!(image.is_in(&drive(Some(r"\\h\s\x.iso"), None)));
        assert!(image.is_in(&drive(None, Some("x.iso"))) && image.is_in(&drive(Some(""), Some("x.iso"))));
        assert!(!image.is_in(&drive(Some("//h/s/y.iso"), Some("x.iso"))) && !image.is_in(&drive(None, None)));
    }
}
