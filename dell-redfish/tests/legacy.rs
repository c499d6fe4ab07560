//! Hosts that are too old for TLS 1.2, with and without the feature `legacy-tls`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::net::SocketAddr;

use dell_redfish::{Client, ClientBuilder, ErrorKind, Redfish as _, Request, RetryPolicy, Target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn client(address: SocketAddr) -> ClientBuilder {
    Client::builder(Target::new(address.ip()).with_port(address.port())).retry(RetryPolicy::NONE)
}

async fn root(client: &Client) -> dell_redfish::Result<usize> {
    Ok(client.send("GetServiceRoot", Request::get("/redfish/v1").anonymous()).await?.body.len())
}

/// Answers every hello with these bytes and hangs up.
async fn answering(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let mut hello = [0; 2048];
            let _ = tcp.read(&mut hello).await;
            let _ = tcp.write_all(bytes).await;
        }
    });
    address
}

#[tokio::test]
async fn hanging_up_is_no_sign_of_age() {
    let client = client(answering(b"").await).build().unwrap();
    let error = root(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.is_unsent() && !client.facts().requires_legacy_ssl);
}

#[cfg(not(feature = "legacy-tls"))]
#[tokio::test]
async fn without_the_feature_the_error_names_it() {
    // A fatal alert: protocol_version.
    let client = client(answering(&[0x15, 3, 1, 0, 2, 2, 70]).await).build().unwrap();
    let error = root(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert!(error.message().contains("legacy-tls"), "{error}");
    assert!(error.chain().contains("handshake failed"), "{}", error.chain());
}

#[cfg(feature = "legacy-tls")]
mod with_openssl {
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use dell_redfish::{Fingerprint, HostFacts, InMemoryCertificates, TlsPolicy};
    use openssl::ssl::{Ssl, SslAcceptor, SslMethod, SslVersion};

    use super::*;

    struct Old {
        address: SocketAddr,
        certificate: Vec<u8>,
        pem: String,
        hellos: Arc<AtomicUsize>,
    }

    async fn old_idrac(newest: SslVersion) -> Old {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let mut builder = SslAcceptor::mozilla_intermediate(SslMethod::tls_server()).unwrap();
        builder.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
        builder.set_max_proto_version(Some(newest)).unwrap();
        builder.clear_options(openssl::ssl::SslOptions::NO_TLSV1 | openssl::ssl::SslOptions::NO_TLSV1_1);
        builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        let key = openssl::pkey::PKey::private_key_from_der(&made.signing_key.serialize_der()).unwrap();
        builder.set_private_key(&key).unwrap();
        builder.set_certificate(&openssl::x509::X509::from_der(made.cert.der()).unwrap()).unwrap();
        let acceptor = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hellos = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&hellos);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let ssl = Ssl::new(acceptor.context()).unwrap();
                let mut stream = tokio_openssl::SslStream::new(ssl, tcp).unwrap();
                tokio::spawn(async move {
                    if Pin::new(&mut stream).accept().await.is_err() {
                        return;
                    }
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
                    }
                });
            }
        });
        Old { address, certificate: made.cert.der().to_vec(), pem: made.cert.pem(), hellos }
    }

    #[tokio::test]
    async fn old_tls_is_detected_once_and_remembered() {
        for newest in [SslVersion::TLS1, SslVersion::TLS1_1] {
            let old = old_idrac(newest).await;
            let first = client(old.address).build().unwrap();
            assert_eq!(root(&first).await.unwrap(), 2);
            assert_eq!(root(&first).await.unwrap(), 2);
            assert_eq!(old.hellos.load(Ordering::SeqCst), 2, "the refused hello and the connection");
            let facts = first.facts();
            assert!(facts.requires_legacy_ssl);

            let later = client(old.address).facts(facts).build().unwrap();
            assert_eq!(root(&later).await.unwrap(), 2);
            assert_eq!(old.hellos.load(Ordering::SeqCst), 3);
        }
    }

    #[tokio::test]
    async fn certificates_are_judged_as_strictly() {
        let old = old_idrac(SslVersion::TLS1_1).await;
        let legacy = || HostFacts { requires_legacy_ssl: true, ..HostFacts::default() };
        let memory = Arc::new(InMemoryCertificates::default());
        let label = Target::new(old.address.ip()).with_port(old.address.port());
        memory.trust(label.label(), Fingerprint::of(b"another"));
        let stranger = client(old.address).facts(legacy()).certificates(memory).build().unwrap();
        assert_eq!(root(&stranger).await.unwrap_err().kind(), ErrorKind::CertificateChanged);

        let pin = Fingerprint::of(&old.certificate);
        let pinned = client(old.address).facts(legacy()).tls(TlsPolicy::Pinned(pin)).build().unwrap();
        assert_eq!(root(&pinned).await.unwrap(), 2);

        let file = std::env::temp_dir().join(format!("dell-redfish-legacy-{}.pem", std::process::id()));
        let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(&file, other.cert.pem()).unwrap();
        let strict =
            client(old.address).facts(legacy()).tls(TlsPolicy::CaFile(file.clone())).build().unwrap();
        assert_eq!(root(&strict).await.unwrap_err().kind(), ErrorKind::CertificateInvalid);
        std::fs::write(&file, &old.pem).unwrap();
        let known = client(old.address).facts(legacy()).tls(TlsPolicy::CaFile(file.clone())).build().unwrap();
        assert_eq!(root(&known).await.unwrap(), 2);
        std::fs::remove_file(&file).unwrap();
    }

    #[tokio::test]
    async fn a_modern_host_never_meets_openssl() {
        let modern = old_idrac(SslVersion::TLS1_3).await;
        let client = client(modern.address).build().unwrap();
        root(&client).await.unwrap();
        assert!(!client.facts().requires_legacy_ssl);
        assert_eq!(modern.hellos.load(Ordering::SeqCst), 1);
    }
}
