//! Listening: one socket for each address, and what each kind of server does with a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::handle::handle;
use crate::journal::bump;
use crate::server::Server;
use crate::spec::Kind;

/// How long a broken-down listener waits before it tries to bind again, in real time.
const REBIND: Duration = Duration::from_millis(20);

/// How long a kept-alive connection may idle: what iDRACs announce.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// A listening socket; `backlog` 0 keeps room for a single waiting connection.
pub(crate) fn bind(address: SocketAddr, backlog: i32) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket)
}

/// Hands the socket to tokio.
pub(crate) fn adopt(socket: Socket) -> std::io::Result<TcpListener> {
    TcpListener::from_std(socket.into())
}

/// Fills the queue of a listener that nobody accepts from: later connection attempts get no answer.
///
/// The returned connection must be kept, or the queue has room again.
pub(crate) fn fill(address: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.connect(&address.into())?;
    Ok(socket)
}

/// Accepts connections until the task is aborted; its connections end with it.
pub(crate) async fn listen(server: Arc<Server>, first: TcpListener) {
    let mut control = server.control.subscribe();
    let mut listener = first;
    let mut open = JoinSet::new();
    let mut epoch = control.borrow_and_update().epoch;
    loop {
        tokio::select! {
            changed = control.changed() => {
                if changed.is_err() {
                    return;
                }
                let order = *control.borrow_and_update();
                if order.epoch != epoch {
                    epoch = order.epoch;
                    open.abort_all();
                }
                if server.clock.now() < order.down_until {
                    drop(listener);
                    server.clock.sleep_until(order.down_until).await;
                    listener = again(server.address).await;
                }
            }
            accepted = listener.accept() => {
                // An error here is one connection's (reset before accept) or a passing lack of descriptors.
                if let Ok((stream, client)) = accepted {
                    bump(&server.counters.connections);
                    open.spawn(connection(Arc::clone(&server), stream, client));
                } else {
                    tokio::task::yield_now().await;
                }
            }
            Some(_) = open.join_next(), if !open.is_empty() => {}
        }
    }
}

async fn again(address: SocketAddr) -> TcpListener {
    loop {
        if let Ok(listener) = bind(address, 1024).and_then(adopt) {
            return listener;
        }
        tokio::time::sleep(REBIND).await;
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream, client: SocketAddr) {
    if server.spec.kind == Kind::Hangs {
        // The socket stays open and silent until the fleet stops or the connections are dropped.
        let _kept = stream;
        std::future::pending::<()>().await;
        return;
    }
    let _ = stream.set_nodelay(true);
    if server.spec.handshake_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(server.spec.handshake_delay_ms)).await;
    }
    #[cfg(feature = "legacy-tls")]
    if server.spec.kind == Kind::LegacyTls {
        if let Some(stream) = crate::legacy::accept(stream).await {
            http(&server, stream, client).await;
        }
        return;
    }
    let Ok(issued) = server.certificate() else { return };
    if let Ok(stream) = TlsAcceptor::from(issued.config).accept(stream).await {
        http(&server, stream, client).await;
    }
}

async fn http<S>(server: &Arc<Server>, stream: S, client: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    bump(&server.counters.handshakes);
    let service = service_fn(|request| handle(Arc::clone(server), client, request));
    // Broken connections are the clients' to report.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    let restart = server.state().restart_when_closed.take();
    if let Some(away) = restart {
        server.restart(away);
    }
}
