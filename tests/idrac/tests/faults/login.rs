//! Faults 1 to 6: sessions and credentials.

use dell_redfish::ops::GetComputerSystem;
use dell_redfish::{AuthMode, Credentials, Safeguard};
use idrac_sim::{Effect, FaultRule, Generation, LockoutPolicy};
use idrac_suite::fault::Fault;
use idrac_suite::{Failure, PASSWORD, Rig, USER};

use crate::read;

#[tokio::test]
async fn fault_01_sessions_leak() {
    // With one session to give, a client that leaves one behind shuts the next one out.
    Fault::new(Safeguard::DeleteSession, Generation::Idrac9V7, "session_limit")
        .server(|spec| spec.session_limit(1))
        .client(|client| client.auth(AuthMode::Session))
        .avoided()
        .prove(async |rig: &Rig| {
            read(rig).await?;
            rig.client().close().await;
            let again = rig.client().with_credentials(Credentials::new(USER, PASSWORD), AuthMode::Session)?;
            again.run(&GetComputerSystem).await?;
            again.close().await;
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn fault_02_dropped_session_answers_html() {
    Fault::new(Safeguard::LogInAgain, Generation::Idrac9V6, "html_unauthorized")
        .server(|mut spec| {
            spec.html_unauthorized = true;
            spec
        })
        .prove(async |rig: &Rig| {
            read(rig).await?;
            rig.server().forget_sessions();
            read(rig).await
        })
        .await;
}

#[tokio::test]
async fn fault_03_session_service_refuses_post() {
    Fault::new(Safeguard::FindSessionHome, Generation::Idrac8, "old_sessions")
        .client(|client| client.auth(AuthMode::Session))
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_04_no_challenge() {
    Fault::new(Safeguard::SendUnasked, Generation::Idrac10, "no_challenge").avoided().prove(read).await;
}

#[tokio::test]
async fn fault_05_login_with_authorization_is_refused() {
    Fault::new(Safeguard::BareLogin, Generation::Idrac9V7, "login_with_authorization")
        .client(|client| client.auth(AuthMode::Session))
        .avoided()
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_06_repeated_bad_passwords_shut_out() {
    Fault::new(Safeguard::StopAfterRefusal, Generation::Idrac9V7, "shut_out")
        .server(|spec| spec.lockout(LockoutPolicy { fail_count: 3, ..LockoutPolicy::default() }))
        .avoided()
        .prove(async |rig: &Rig| {
            let stranger = rig.client().with_credentials(Credentials::new(USER, "wrong"), AuthMode::Basic)?;
            for _ in 0..4 {
                if stranger.run(&GetComputerSystem).await.is_ok() {
                    return Err::<(), Failure>("a wrong password was taken".into());
                }
            }
            if rig.server().is_locked() { Err("the address is shut out".into()) } else { Ok(()) }
        })
        .await;
}

#[test]
fn the_rules_of_these_faults_read_as_data() {
    let rule: FaultRule = serde_json::from_str(r#"{"effect":"forget_sessions"}"#).unwrap();
    assert_eq!(rule.effect, Effect::ForgetSessions);
}
