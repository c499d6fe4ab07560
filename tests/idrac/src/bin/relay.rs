//! Another process that goes on with a session: takes the handle on its standard input, reads the server, says its service tag,
//! and closes. The tests of sessions start it.

use std::io::Read as _;

use dell_redfish::ops::GetComputerSystem;
use dell_redfish::{Client, Secret, SessionHandle};
use idrac_suite::Failure;

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stdout, reason = "its answer")]
async fn main() -> Result<(), Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let handle = SessionHandle::read(&Secret::new(text))?;
    let client = Client::builder(handle.target().clone()).session(handle).build()?;
    let system = client.run(&GetComputerSystem).await?;
    client.close().await;
    println!("{}", system.sku.as_deref().unwrap_or_default());
    Ok(())
}
