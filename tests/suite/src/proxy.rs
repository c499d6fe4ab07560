//! A line between a client and its server that can go dead without anybody being told.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Failure;

/// Forwards connections to a server on loopback.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    dead: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Forwards to this port.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start(port: u16) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (dead, seen) = watch::channel(false);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, port, seen.clone()));
            }
        });
        Ok(Self { address, dead, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Nothing is carried any more, and nothing is closed: what is connected now stays dead for good.
    pub fn freeze(&self) {
        self.dead.send_replace(true);
    }

    /// New connections are carried again.
    pub fn thaw(&self) {
        self.dead.send_replace(false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut client: TcpStream, port: u16, mut dead: watch::Receiver<bool>) {
    let server = if *dead.borrow() { None } else { TcpStream::connect(("127.0.0.1", port)).await.ok() };
    if let Some(mut server) = server {
        let is_dead = tokio::select! {
            biased;
            dead = dead.wait_for(|dead| *dead) => dead.is_ok(),
            _ = copy_bidirectional(&mut client, &mut server) => false,
        };
        if is_dead {
            // Both ends are held open and never looked at again.
            std::future::pending::<()>().await;
        }
    } else if *dead.borrow() {
        std::future::pending::<()>().await;
    }
}
