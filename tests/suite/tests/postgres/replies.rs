//! Replies that are lost on the way: the call is made again, and nothing is done twice.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use dsm_core::store::{Enqueued, JobQuery, Settled, Store};
use dsm_suite::postgres::Postgres;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{claim, completed, executor, open, scans};

/// Passes on what both sides say, until so many pieces of the server's words are through: the next is swallowed, and
/// its connection cut.
#[derive(Clone, Default)]
struct Lossy(Arc<AtomicI64>);

impl Lossy {
    const NEVER: i64 = i64::MAX;

    async fn before(server: SocketAddr) -> (Self, u16) {
        let lossy = Self(Arc::new(AtomicI64::new(Self::NEVER)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let this = lossy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(this.clone().pass(client, server));
            }
        });
        (lossy, port)
    }

    fn cut_after(&self, pieces: i64) {
        self.0.store(pieces, Ordering::SeqCst);
    }

    /// Whether something was swallowed since.
    fn has_cut(&self) -> bool {
        self.0.swap(Self::NEVER, Ordering::SeqCst) > i64::MAX / 2
    }

    async fn pass(self, client: TcpStream, server: TcpStream) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let asking = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        let mut piece = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from_server.read(&mut piece).await {
            if self.0.load(Ordering::SeqCst) < Self::NEVER / 2 && self.0.fetch_sub(1, Ordering::SeqCst) <= 0 {
                self.0.store(Self::NEVER, Ordering::SeqCst);
                break;
            }
            if to_client.write_all(&piece[..length]).await.is_err() {
                break;
            }
        }
        asking.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_reply_is_asked_for_again() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let (head, database) = address.rsplit_once('/').unwrap();
    let (login, port) = head.rsplit_once(':').unwrap();
    let (lossy, own) = Lossy::before(([127, 0, 0, 1], port.parse().unwrap()).into()).await;
    let store = open(&format!("{login}:{own}/{database}")).await;
    let me = executor("here");
    let mut jobs = 0;
    let mut cuts = 0;
    for pieces in 0..12 {
        lossy.cut_after(pieces);
        let added = store.enqueue(scans(3)).await.unwrap();
        cuts += u32::from(lossy.has_cut());
        jobs += 3;
        assert!(added.iter().all(|one| matches!(one, Enqueued::Inserted(_))), "{added:?}");
        assert_eq!(
            store.jobs(JobQuery::default()).await.unwrap().len(),
            jobs,
            "enqueued, cut after {pieces}"
        );

        lossy.cut_after(pieces);
        let won = store.claim(claim(&me, 9)).await.unwrap().jobs;
        cuts += u32::from(lossy.has_cut());
        assert_eq!(won.len(), 3, "claimed, cut after {pieces}");
        for won in &won {
            assert_eq!(store.attempts(won.job.id).await.unwrap().len(), 1, "attempts, cut after {pieces}");
        }

        lossy.cut_after(pieces);
        let settled = store.settle(won.iter().map(completed).collect()).await.unwrap();
        cuts += u32::from(lossy.has_cut());
        let is_done = |one: &Settled| matches!(one, Settled::Applied | Settled::AlreadyApplied);
        assert!(settled.iter().all(is_done), "settled, cut after {pieces}: {settled:?}");
    }
    assert!(cuts >= 12, "only {cuts} replies were lost");
}
