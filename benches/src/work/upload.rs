//! A package of 1 GiB, sent to the first iDRAC: by the flow that an operator calls, and by reqwest alone.

use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use dell_redfish::flow::firmware::{
    FirmwareUpdate, PackageSource, UpdateOptions, UpdateResult, update_firmware,
};
use dell_redfish::flow::wait::WaitOptions;
use dell_redfish::ops::ApplyTime;
use dell_redfish::upload::PackageFile;
use dell_redfish::{Client, Credentials, Target};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::bare;
use crate::Outcome;
use crate::measure::Watch;
use crate::task::{Done, Task};

/// Bytes that the bare loop reads at a time.
const PIECE: usize = 64 << 10;

const BOUNDARY: &str = "------------------------bench-3f9c1d";

/// `update_firmware` to the moment where the package waits for the next restart: the update service, the inventory, the
/// upload, a look at its job, and the session around it.
pub(super) async fn ours(task: Task) -> Outcome<Done> {
    let address = *task.addresses().first().ok_or("no address")?;
    let client = Client::builder(Target::new(address).with_port(task.port))
        .credentials(Credentials::new(&task.user, &task.password))
        .build()?;
    let package = PackageFile::new(&task.file)?;
    let bytes = package.length();
    let update = FirmwareUpdate::new(PackageSource::File(package)).with_apply_time(ApplyTime::OnReset);
    let wait = WaitOptions::default().with_interval(Duration::from_millis(20));
    let watch = Watch::start();
    let outcome = update_firmware(&client, &update, &UpdateOptions::default().with_wait(wait)).await?;
    client.close().await;
    let mut done = sent(&watch, bytes);
    if !matches!(outcome.result, UpdateResult::Waiting(_)) {
        done.problems.push(format!("the package does not wait for the restart: {:?}", outcome.result));
    }
    Ok(done)
}

/// The upload alone with the session around it: one reqwest client, the form's own bytes before and after the file's.
pub(super) async fn bare(task: Task) -> Outcome<Done> {
    let address = *task.addresses().first().ok_or("no address")?;
    let client = bare::client()?;
    let bytes = std::fs::metadata(&task.file)?.len();
    let watch = Watch::start();
    let session = bare::log_in(&client, address, &task).await?;
    let (head, tail) = form();
    let length = head.len() as u64 + bytes + tail.len() as u64;
    let file = pieces(&task.file).await?;
    let body = stream::iter([Ok(head)]).chain(file).chain(stream::iter([Ok(tail)]));
    let request = client
        .post(bare::url(address, task.port, "/redfish/v1/UpdateService/MultipartUpload"))
        .header("x-auth-token", &session.token)
        .header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
        .header(CONTENT_LENGTH, length);
    let response = request.body(reqwest::Body::wrap_stream(body)).send().await?.error_for_status()?;
    let status = response.status().as_u16();
    response.bytes().await?;
    bare::log_out(&client, address, &task, &session).await?;
    let mut done = sent(&watch, bytes);
    done.expect("status of the upload", status.into(), 202);
    Ok(done)
}

/// A session and nothing else: the memory that the bare client has anyway.
pub(super) async fn idle(task: Task) -> Outcome<Done> {
    let address = *task.addresses().first().ok_or("no address")?;
    let client = bare::client()?;
    let watch = Watch::start();
    let session = bare::log_in(&client, address, &task).await?;
    bare::log_out(&client, address, &task, &session).await?;
    Ok(Done::new(watch.stop(), 1))
}

fn sent(watch: &Watch, bytes: u64) -> Done {
    let cost = watch.stop();
    let mut done = Done::new(cost, 1);
    done.fact("megabytes_a_second", bytes as f64 / 1e6 / cost.wall_s);
    done
}

/// What stands before the file in the form, and after it.
fn form() -> (Bytes, Bytes) {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"UpdateParameters\"\r\n\
         Content-Type: application/json\r\n\r\n\
         {{\"Targets\":[],\"@Redfish.OperationApplyTime\":\"OnReset\"}}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"UpdateFile\"; filename=\"Package.EXE\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    (head.into(), format!("\r\n--{BOUNDARY}--\r\n").into())
}

async fn pieces(path: &Path) -> Outcome<stream::BoxStream<'static, io::Result<Bytes>>> {
    let file = File::open(path).await?;
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = Vec::with_capacity(PIECE);
        (&mut file).take(PIECE as u64).read_to_end(&mut piece).await?;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
    });
    Ok(pieces.into_stream().boxed())
}
