//! A form with a package in it.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use crate::body::{BodySource, Pieces};
use crate::error::Result;

use super::file::PackageFile;

/// Separates the parts. Long and odd enough for no package to contain it by chance.
const BOUNDARY: &str = "dell-redfish-6d1f0c4e9b7a4f52a3d8e1c05b947f2e";

/// `multipart/form-data`: parameters as JSON, where there are any, and the package.
#[derive(Debug)]
pub(crate) struct Multipart {
    head: Bytes,
    file: PackageFile,
    tail: Bytes,
    content_type: String,
}

impl Multipart {
    /// As `MultipartHttpPushUri` takes it (DMTF `UpdateService`): `UpdateParameters`, then `UpdateFile`.
    pub(crate) fn with_parameters(parameters: &Value, file: PackageFile) -> Self {
        let json = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"UpdateParameters\"\r\n\
             Content-Type: application/json\r\n\r\n{parameters}\r\n"
        );
        Self::of(&json, "UpdateFile", file)
    }

    /// As Dell's `HttpPushUri` takes it: the package alone.
    pub(crate) fn bare(file: PackageFile) -> Self {
        Self::of("", "file", file)
    }

    fn of(before: &str, field: &str, file: PackageFile) -> Self {
        let head = format!(
            "{before}--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            file.name()
        );
        Self {
            head: head.into(),
            file,
            tail: format!("\r\n--{BOUNDARY}--\r\n").into(),
            content_type: format!("multipart/form-data; boundary={BOUNDARY}"),
        }
    }
}

#[async_trait]
impl BodySource for Multipart {
    fn length(&self) -> u64 {
        (self.head.len() + self.tail.len()) as u64 + self.file.length()
    }

    fn content_type(&self) -> &str {
        &self.content_type
    }

    async fn open(&self) -> Result<Pieces> {
        let one = |bytes: &Bytes| stream::iter([Ok(bytes.clone())]);
        let file = self.file.open().await?;
        Ok(Box::pin(one(&self.head).chain(file).chain(one(&self.tail))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::TryStreamExt as _;
    use serde_json::json;

    use super::*;
    use crate::ErrorKind;

    #[tokio::test]
    async fn a_form_has_the_length_it_says_and_tells_its_progress() {
        let path = std::env::temp_dir().join(format!("package-{}.exe", std::process::id()));
        std::fs::write(&path, vec![b'x'; 600_000]).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&seen);
        let file =
            PackageFile::new(&path).unwrap().with_progress(move |at| told.lock().unwrap().push(at.sent));
        for form in
            [Multipart::with_parameters(&json!({"Targets": []}), file.clone()), Multipart::bare(file.clone())]
        {
            let pieces: Vec<Bytes> = form.open().await.unwrap().try_collect().await.unwrap();
            assert!(pieces.iter().all(|piece| piece.len() <= 256 << 10));
            let whole = pieces.concat();
            assert_eq!(whole.len() as u64, form.length());
            let text = String::from_utf8(whole).unwrap();
            let boundary = form.content_type().split_once("boundary=").unwrap().1;
            assert_eq!(text.matches(boundary).count(), 2 + usize::from(text.contains("UpdateParameters")));
            assert!(text.ends_with(&format!("--{boundary}--\r\n")));
        }
        assert_eq!(seen.lock().unwrap()[..3], [262_144, 524_288, 600_000]);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(PackageFile::new(&path).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(file.open().await.is_err());
        assert!(PackageFile::new(std::env::temp_dir()).is_err());
    }
}
