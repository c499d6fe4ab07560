//! The port stage: is anybody there? One TCP connection an address, thousands at a time, paced.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::clock;

/// What a TCP connection attempt showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// Something accepts connections.
    Open,
    /// A host is there and refuses.
    Refused,
    /// No answer in time.
    Silent,
    /// The network says that there is no way to it.
    Unreachable,
}

/// Tries to connect. Shortage on our own side (descriptors, local ports) is waited out, not blamed on the address.
pub(crate) async fn probe(address: SocketAddr, limit: Duration) -> Port {
    let mut pause = Duration::from_millis(20);
    loop {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Port::Open,
            Err(_) => return Port::Silent,
            Ok(Err(error)) if is_own_shortage(&error) => {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            Ok(Err(error)) => {
                return match error.kind() {
                    io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Port::Refused,
                    io::ErrorKind::TimedOut => Port::Silent,
                    _ => Port::Unreachable,
                };
            }
        }
    }
}

/// EMFILE, ENFILE, ENOBUFS and ENOMEM have no stable `ErrorKind`; EADDRNOTAVAIL means that local ports ran out.
fn is_own_shortage(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.kind() == io::ErrorKind::OutOfMemory
        || matches!(error.raw_os_error(), Some(23 | 24 | 105))
}

/// Lets a burst pass and then so many a second.
#[derive(Debug)]
pub(crate) struct Pace {
    gap: Duration,
    allowance: Duration,
    /// When the next one would be due if they came evenly.
    due: Instant,
}

impl Pace {
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        let gap = Duration::from_secs(1) / rate.max(1);
        Self { gap, allowance: gap * burst.max(1), due: clock::instant() }
    }

    /// Waits for the next turn.
    pub(crate) async fn turn(&mut self) {
        let now = clock::instant();
        self.due = self.due.max(now) + self.gap;
        let early = self.due.duration_since(now);
        if early > self.allowance {
            sleep(early - self.allowance).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_rest_is_paced() {
        let start = Instant::now();
        let mut pace = Pace::new(100, 50);
        for _ in 0..50 {
            pace.turn().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..200 {
            pace.turn().await;
        }
        let elapsed = start.elapsed();
        assert!(
            elapsed >= Duration::from_millis(1990) && elapsed <= Duration::from_millis(2010),
            "{elapsed:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_earns_no_more_than_the_burst() {
        let mut pace = Pace::new(10, 2);
        sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        for _ in 0..12 {
            pace.turn().await;
        }
        assert!(start.elapsed() >= Duration::from_millis(990), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn an_open_and_a_closed_port_are_told_apart() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let open = listener.local_addr().expect("address");
        assert_eq!(probe(open, Duration::from_secs(5)).await, Port::Open);
        drop(listener);
        assert_eq!(probe(open, Duration::from_secs(5)).await, Port::Refused);
    }
}
