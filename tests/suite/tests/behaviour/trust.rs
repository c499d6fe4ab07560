//! Certificates: nothing is sent to a peer that shows another one than it should.

use std::sync::Arc;

use dell_redfish::ops::GetComputerSystem;
use dell_redfish::{ErrorKind, Fingerprint, InMemoryCertificates, SessionReaper, TlsPolicy};
use idrac_sim::Generation;

use dsm_suite::inventory::{client, take};

use crate::{one, only};

#[tokio::test]
async fn a_wrong_pin_is_told_before_anything_is_sent() {
    let fleet = one("127.33.0.0", Generation::Idrac9V7).start().await.unwrap();
    let server = only(&fleet);
    let wrong = client(&server).tls(TlsPolicy::Pinned(Fingerprint::of(b"another"))).build().unwrap();
    let error = take(&wrong).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CertificateChanged);
    let shown: Fingerprint = server.certificate_sha256().unwrap().parse().unwrap();
    assert!(error.chain().contains(&shown.to_string()), "{}", error.chain());
    assert_eq!((server.requests(), server.totals().sessions_opened), (0, 0));

    let right = client(&server).tls(TlsPolicy::Pinned(shown)).build().unwrap();
    assert!(right.run(&GetComputerSystem).await.is_ok());
    right.close().await;
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn a_renewed_certificate_is_a_loud_error_until_it_is_trusted() {
    for (index, generation) in
        [Generation::Idrac8, Generation::Idrac9V7, Generation::Idrac10].into_iter().enumerate()
    {
        let fleet = one(&format!("127.33.{}.0", 1 + index), generation).start().await.unwrap();
        let server = only(&fleet);
        let memory = Arc::new(InMemoryCertificates::default());
        let visitor = || client(&server).certificates(memory.clone()).build().unwrap();
        let first = visitor();
        first.run(&GetComputerSystem).await.unwrap();
        first.close().await;

        let shown: Fingerprint = server.renew_certificate().unwrap().parse().unwrap();
        let (requests, connections) = (server.requests(), server.connections());
        let reaper = SessionReaper::new();
        let second = client(&server).certificates(memory.clone()).reaper(reaper.clone()).build().unwrap();
        let error = take(&second).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CertificateChanged, "{generation:?}");
        let text = error.chain();
        assert!(text.contains(&shown.to_string()) && text.contains("trust it anew"), "{text}");
        assert!(text.contains(&server.address().to_string()), "{text}");
        assert_eq!(server.requests(), requests, "{generation:?}: nothing was sent");
        assert_eq!(server.connections(), connections + 1, "{generation:?}: and it was not tried again");

        let host = second.target().label().to_owned();
        drop(second);
        reaper.drained().await;
        assert_eq!(server.requests(), requests, "{generation:?}: nor by a login in the background");

        memory.trust(&host, shown);
        let third = visitor();
        third.run(&GetComputerSystem).await.unwrap();
        third.close().await;
        assert_eq!(server.open_sessions(), 0, "{generation:?}: {:#?}", crate::asked(&fleet));
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_not_what_system_roots_vouch_for() {
    let fleet = one("127.33.10.0", Generation::Idrac9V7).start().await.unwrap();
    let server = only(&fleet);
    let strict = client(&server).tls(TlsPolicy::SystemRoots).build();
    // A machine without any roots refuses earlier, and as clearly.
    let Ok(strict) = strict else { return };
    let error = strict.run(&GetComputerSystem).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CertificateInvalid);
    assert_eq!(server.requests(), 0);
}
