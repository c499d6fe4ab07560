//! Faults, other kinds of servers, certificates: what goes wrong on purpose.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use idrac_sim::{Effect, FaultRule, Fleet, FleetBuilder, Generation, Kind};
use support::Client;
use tokio::net::TcpStream;
use tokio::time::timeout;

const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";

fn one(network: &str) -> FleetBuilder {
    Fleet::builder().network(network, 1).credentials("root", "secret")
}

async fn client(address: SocketAddr) -> Client {
    Client::basic(address, "root", "secret").await.unwrap()
}

#[tokio::test]
async fn statuses_and_message_ids() {
    let fleet = one("127.21.0.0").start().await.unwrap();
    let server = fleet.server(0).unwrap();
    server.set_faults([
        FaultRule::status(503, "SWC0700").path("*/Memory/*").count(1),
        FaultRule::new(Effect::Status {
            status: 500,
            message_id: Some("SYS446".into()),
            retry_after_s: Some(7),
            extended_info_object: true,
        })
        .path(format!("{SYSTEM}/Bios")),
        FaultRule::new(Effect::Redirect { location: "https://203.0.113.9/".into() })
            .path("/redfish/v1/Chassis"),
    ]);
    let mut client = client(server.address()).await;
    let busy = client.get(&format!("{SYSTEM}/Memory/DIMM.Socket.A1")).await;
    assert_eq!((busy.status.as_u16(), busy.message_id().as_str()), (503, "SWC0700"));
    assert_eq!(client.get(&format!("{SYSTEM}/Memory/DIMM.Socket.A1")).await.status, 200);
    let failed = client.get(&format!("{SYSTEM}/Bios")).await;
    assert_eq!((failed.status.as_u16(), failed.header("retry-after").as_deref()), (500, Some("7")));
    assert!(failed.json()["error"]["@Message.ExtendedInfo"].is_object());
    let moved = client.get("/redfish/v1/Chassis").await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("location").as_deref()),
        (302, Some("https://203.0.113.9/"))
    );
}

#[tokio::test]
async fn damaged_bodies() {
    let fleet = one("127.21.1.0").start().await.unwrap();
    let server = fleet.server(0).unwrap();
    let mut client = client(server.address()).await;
    let home = format!("{SYSTEM}/Memory");
    let whole = client.get(&home).await.body;
    let one = |effect| [FaultRule::new(effect).path(SYSTEM)];
    server.set_faults(one(Effect::Garbage));
    let body = client.get(&home).await.body;
    assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
    server.set_faults(one(Effect::Html { status: 200 }));
    let page = client.get(&home).await;
    assert_eq!((page.status.as_u16(), page.header("content-type").as_deref()), (200, Some("text/html")));
    server.set_faults(one(Effect::NextLinkLoop));
    assert_eq!(client.get(&home).await.json()["Members@odata.nextLink"], home.as_str());
    server.set_faults(one(Effect::EmptyMembers));
    assert_eq!(client.get(&home).await.json()["Members"].as_array().unwrap().len(), 0);
    server.set_faults(one(Effect::NullHealth));
    assert!(client.get(SYSTEM).await.json()["Status"]["Health"].is_null());
    server.set_faults(one(Effect::SlowDrip { chunk: 100, every_ms: 1 }));
    assert_eq!(client.get(&home).await.body, whole);
    server.set_faults(one(Effect::ContentLength { delta: -10 }));
    assert_eq!(client.get(&home).await.body, whole[..whole.len() - 10]);
    server.set_faults(one(Effect::Truncate { keep: 20 }));
    assert!(client.send("GET", &home, "").await.is_err());
}

#[tokio::test]
async fn longer_content_length_breaks_off() {
    let fleet = one("127.21.2.0").start().await.unwrap();
    fleet.server(0).unwrap().set_faults([FaultRule::new(Effect::ContentLength { delta: 10 })]);
    let mut client = client(fleet.addresses()[0]).await;
    assert!(client.send("GET", SYSTEM, "").await.is_err());
}

#[tokio::test]
async fn dropped_before_and_after() {
    let fleet = one("127.21.3.0").start().await.unwrap();
    let server = fleet.server(0).unwrap();
    let reset = format!("{SYSTEM}/Actions/ComputerSystem.Reset");
    server.set_faults([FaultRule::new(Effect::Drop).method("POST")]);
    let body = r#"{"ResetType":"ForceOff"}"#;
    assert!(client(server.address()).await.send("POST", &reset, body).await.is_err());
    assert_eq!(server.power_state(), "On");
    server.set_faults([FaultRule::new(Effect::DropAfter).method("POST")]);
    assert!(client(server.address()).await.send("POST", &reset, body).await.is_err());
    assert_eq!(server.power_state(), "Off");
}

#[tokio::test]
async fn sessions_can_be_forgotten_and_connections_dropped() {
    let fleet = one("127.21.4.0").start().await.unwrap();
    let server = fleet.server(0).unwrap();
    let mut client = Client::connect(server.address()).await.unwrap();
    client.log_in("root", "secret").await;
    server.set_faults([FaultRule::new(Effect::ForgetSessions).path("*/Bios").count(1)]);
    assert_eq!(client.get(SYSTEM).await.status, 200);
    assert_eq!(client.get(&format!("{SYSTEM}/Bios")).await.status, 401);
    server.drop_connections();
    assert!(client.send("GET", "/redfish/v1", "").await.is_err());
    let mut again = Client::connect(server.address()).await.unwrap();
    assert_eq!(again.get("/redfish/v1").await.status, 200);
}

#[tokio::test]
async fn each_server_has_its_certificate_until_it_is_renewed() {
    let fleet = Fleet::builder().network("127.21.5.0", 2).start().await.unwrap();
    let (a, b) = (fleet.server(0).unwrap(), fleet.server(1).unwrap());
    assert_ne!(a.certificate_sha256().unwrap(), b.certificate_sha256().unwrap());
    let first = Client::connect(a.address()).await.unwrap().certificate;
    assert_eq!(Client::connect(a.address()).await.unwrap().certificate, first);
    let renewed = a.renew_certificate().unwrap();
    assert_ne!(Client::connect(a.address()).await.unwrap().certificate, first);
    assert_eq!(renewed, a.certificate_sha256().unwrap());
}

#[tokio::test]
async fn certificates_outlive_the_process_when_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = Vec::new();
    for _ in 0..2 {
        let fleet = one("127.21.12.0").certificates(folder.path().join("kept")).start().await.unwrap();
        shown.push(Client::connect(fleet.addresses()[0]).await.unwrap().certificate);
        fleet.stop().await;
    }
    assert_eq!(shown[0], shown[1]);
    let other = one("127.21.12.0").start().await.unwrap();
    assert_ne!(Client::connect(other.addresses()[0]).await.unwrap().certificate, shown[0]);
}

#[tokio::test]
async fn strangers_count_the_secrets_they_are_shown() {
    let fleet = Fleet::builder()
        .network("127.21.6.0", 2)
        .server(0, |s| s.kind(Kind::NotDell))
        .server(1, |s| s.kind(Kind::NotRedfish))
        .start()
        .await
        .unwrap();
    let (other, printer) = (fleet.server(0).unwrap(), fleet.server(1).unwrap());
    let mut client = Client::connect(other.address()).await.unwrap();
    let root = client.get("/redfish/v1/").await.json();
    assert_eq!((root["Vendor"].as_str(), root["Oem"].get("Dell")), (Some("Contoso"), None));
    assert_eq!(Client::connect(printer.address()).await.unwrap().get("/redfish/v1").await.status, 401);
    assert_eq!((other.failed_logins(), printer.failed_logins()), (0, 0));
    client.use_basic("root", "secret");
    client.get(SYSTEM).await;
    assert_eq!(other.failed_logins(), 1);
}

#[tokio::test]
async fn dead_refuses_silent_times_out_hanging_says_nothing() {
    let fleet = Fleet::builder()
        .network("127.21.7.0", 3)
        .server(0, |s| s.kind(Kind::Dead))
        .server(1, |s| s.kind(Kind::Silent))
        .server(2, |s| s.kind(Kind::Hangs))
        .start()
        .await
        .unwrap();
    let [dead, silent, hangs] = fleet.addresses() else { panic!("three") };
    let refused = TcpStream::connect(dead).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let short = Duration::from_millis(150);
    for _ in 0..3 {
        assert!(timeout(short, TcpStream::connect(silent)).await.is_err());
    }
    let hung = timeout(short, Client::connect(*hangs)).await;
    assert!(hung.is_err());
    while fleet.server(2).unwrap().connections() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_moved_server_keeps_its_identity() {
    let fleet = Fleet::builder().network("127.21.8.0", 1).start().await.unwrap();
    let here = fleet.expected(0).unwrap();
    let tag = here.service_tag.clone();
    fleet.stop().await;
    let moved =
        Fleet::builder().network("127.21.8.50", 1).server(0, move |s| s.identity(tag)).start().await.unwrap();
    assert_eq!(moved.expected(0).unwrap(), here);
}

#[tokio::test]
async fn options_of_strict_servers() {
    let fleet = one("127.21.9.0")
        .generation(Generation::Idrac9V5)
        .server(0, |mut s| {
            s.strict_accept = true;
            s.html_unauthorized = true;
            s.host_header_check = true;
            s
        })
        .start()
        .await
        .unwrap();
    let mut client = Client::connect(fleet.addresses()[0]).await.unwrap();
    assert_eq!(client.get("/redfish/v1").await.status, 406);
    client.headers.push(("accept".into(), "application/json".into()));
    assert_eq!(client.get("/redfish/v1").await.status, 200);
    client.host = "idrac.example.test".into();
    assert_eq!(client.get("/redfish/v1").await.status, 400);
    client.host = fleet.addresses()[0].to_string();
    let denied = client.get(SYSTEM).await;
    assert_eq!((denied.status.as_u16(), denied.header("content-type").as_deref()), (401, Some("text/html")));
}

#[tokio::test]
async fn requests_wait_for_their_turn() {
    let fleet =
        one("127.21.10.0").requests_at_once(1).latency(Duration::from_millis(40)).start().await.unwrap();
    let address = fleet.addresses()[0];
    let (mut a, mut b) = (client(address).await, client(address).await);
    let begun = std::time::Instant::now();
    tokio::join!(a.get(SYSTEM), b.get(SYSTEM));
    assert!(begun.elapsed() >= Duration::from_millis(80));
    assert_eq!(fleet.totals().most_at_once, 2);
}

#[cfg(feature = "legacy-tls")]
#[tokio::test]
async fn old_idracs_speak_old_tls_only() {
    use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let fleet = one("127.21.11.0")
        .server(0, |s| s.kind(Kind::LegacyTls).generation(Generation::Idrac7))
        .start()
        .await
        .unwrap();
    let address = fleet.addresses()[0];
    assert!(Client::connect(address).await.is_err());
    assert_eq!(fleet.totals().handshakes, 0);
    let mut builder = SslContext::builder(SslMethod::tls_client()).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    builder.set_cipher_list("DEFAULT:@SECLEVEL=0").unwrap();
    builder.set_min_proto_version(Some(openssl::ssl::SslVersion::TLS1)).unwrap();
    let tcp = TcpStream::connect(address).await.unwrap();
    let mut stream = tokio_openssl::SslStream::new(Ssl::new(&builder.build()).unwrap(), tcp).unwrap();
    std::pin::Pin::new(&mut stream).connect().await.unwrap();
    assert_eq!(stream.ssl().version_str(), "TLSv1.1");
    stream.write_all(b"GET /redfish/v1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("\"RedfishVersion\":\"1.4.0\""), "{text}");
}
