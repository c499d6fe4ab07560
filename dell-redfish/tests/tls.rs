//! Certificates and connections, against a small TLS server of our own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dell_redfish::{
    Client, Credentials, ErrorKind, Fingerprint, InMemoryCertificates, Redfish as _, Request, RetryPolicy,
    SessionReaper, Target, TlsPolicy,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

/// Counts what reaches it.
#[derive(Default)]
struct Counts {
    handshakes: AtomicUsize,
    requests: AtomicUsize,
    deleted: AtomicUsize,
}

struct Server {
    address: SocketAddr,
    certificate: Vec<u8>,
    counts: Arc<Counts>,
}

async fn serve() -> Server {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let der: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let counts = Arc::new(Counts::default());
    let counted = Arc::clone(&counts);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, counts) = (acceptor.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let Ok(tls) = acceptor.accept(tcp).await else { return };
                counts.handshakes.fetch_add(1, Ordering::SeqCst);
                answer(tls, &counts).await;
            });
        }
    });
    Server { address, certificate: der.to_vec(), counts }
}

/// Serves a session service and resources of several sizes, chunked or not.
async fn answer(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin, counts: &Counts) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line);
        }
        let length = head
            .iter()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        stream.read_exact(&mut body).await.unwrap();
        counts.requests.fetch_add(1, Ordering::SeqCst);
        let reply = match head[0].split(' ').next().unwrap() {
            "POST" => {
                assert!(!head.iter().any(|line| line.to_lowercase().starts_with("authorization")));
                "HTTP/1.1 201 Created\r\nX-Auth-Token: t0ken\r\nLocation: /redfish/v1/SessionService/Sessions/1\r\n\
                 Content-Length: 2\r\n\r\n{}"
                    .to_owned()
            }
            "DELETE" => {
                counts.deleted.fetch_add(1, Ordering::SeqCst);
                "HTTP/1.1 204 No Content\r\n\r\n".to_owned()
            }
            _ if head[0].contains("/Chassis") => {
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n3\r\n\"b\"\r\n1\r\n}\r\n0\r\n\r\n".to_owned()
            }
            _ => {
                let page = format!("{{\"a\":\"{}\"}}", "x".repeat(60_000));
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len())
            }
        };
        stream.write_all(reply.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
}

fn target(server: &Server) -> Target {
    Target::new(server.address.ip()).with_port(server.address.port())
}

fn client(server: &Server, tls: TlsPolicy) -> dell_redfish::ClientBuilder {
    Client::builder(target(server))
        .credentials(Credentials::new("root", "c4lv!n"))
        .tls(tls)
        .retry(RetryPolicy::NONE)
}

async fn get(client: &Client, path: &str) -> dell_redfish::Result<usize> {
    Ok(client.send("Get", Request::get(path)).await?.body.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_handshake_for_sequential_use_and_no_session_left() {
    let server = serve().await;
    let reaper = SessionReaper::new();
    for round in 1..=20 {
        let client = client(&server, TlsPolicy::TrustOnFirstUse).reaper(reaper.clone()).build().unwrap();
        for _ in 0..25 {
            assert_eq!(get(&client, "/redfish/v1/Systems").await.unwrap(), 60_008);
            assert_eq!(get(&client, "/redfish/v1/Chassis").await.unwrap(), 9);
        }
        // Half of them end by their drop guard only.
        if round % 2 == 0 {
            client.close().await;
        }
        drop(client);
        reaper.drained().await;
        let counts = &server.counts;
        assert_eq!(counts.deleted.load(Ordering::SeqCst), round);
        assert_eq!(counts.requests.load(Ordering::SeqCst), round * 52);
        assert_eq!(counts.handshakes.load(Ordering::SeqCst), round, "login and logout included");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_a_time_need_two_handshakes() {
    let server = serve().await;
    let client = client(&server, TlsPolicy::TrustOnFirstUse).build().unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { get(&client, "/redfish/v1/Systems").await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(server.counts.handshakes.load(Ordering::SeqCst) <= 2);
    assert_eq!(server.counts.requests.load(Ordering::SeqCst), 65, "one login for all");
    client.close().await;
}

#[tokio::test]
async fn a_changed_certificate_is_loud_and_nothing_is_sent() {
    let (first, second) = (serve().await, serve().await);
    let memory = Arc::new(InMemoryCertificates::default());
    let (known, shown) = (Fingerprint::of(&first.certificate), Fingerprint::of(&second.certificate));
    memory.trust(target(&second).label(), known);

    let stranger = client(&second, TlsPolicy::TrustOnFirstUse).certificates(memory.clone()).build().unwrap();
    let error = get(&stranger, "/redfish/v1/Systems").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CertificateChanged);
    let text = error.to_string();
    for part in [target(&second).label(), &known.to_string(), &shown.to_string(), "trust it anew"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(second.counts.requests.load(Ordering::SeqCst), 0);

    memory.trust(target(&second).label(), shown);
    get(&stranger, "/redfish/v1/Systems").await.unwrap();
    stranger.close().await;
}

#[tokio::test]
async fn pins_and_roots() {
    let server = serve().await;
    let pin = Fingerprint::of(&server.certificate);
    let pinned = client(&server, TlsPolicy::Pinned(pin)).build().unwrap();
    get(&pinned, "/redfish/v1/Systems").await.unwrap();
    pinned.close().await;
    let other = client(&server, TlsPolicy::Pinned([7; 32].into())).build().unwrap();
    assert_eq!(get(&other, "/redfish/v1/Systems").await.unwrap_err().kind(), ErrorKind::CertificateChanged);

    let folder = std::env::temp_dir().join(format!("dell-redfish-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let own = rcgen::generate_simple_self_signed(["other".to_owned()]).unwrap();
    std::fs::write(folder.join("ca.pem"), own.cert.pem()).unwrap();
    let strict = client(&server, TlsPolicy::CaFile(folder.join("ca.pem"))).build().unwrap();
    assert_eq!(get(&strict, "/redfish/v1/Systems").await.unwrap_err().kind(), ErrorKind::CertificateInvalid);
    std::fs::write(folder.join("empty.pem"), "nothing").unwrap();
    for file in ["empty.pem", "missing.pem"] {
        let error = client(&server, TlsPolicy::CaFile(folder.join(file))).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    std::fs::remove_dir_all(&folder).unwrap();

    let careless = client(&server, TlsPolicy::InsecureNoVerification).build().unwrap();
    get(&careless, "/redfish/v1/Systems").await.unwrap();
    careless.close().await;
}
