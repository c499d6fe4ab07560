//! Users of the iDRAC, over slots and over accounts; lock-out settings and sessions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use dell_redfish::flow::account::{
    Accounts, NewAccount, change_account, change_password, create_account, delete_account,
    plan_delete_account,
};
use dell_redfish::flow::lockout::{delete_session, list_sessions};
use dell_redfish::ops::GetComputerSystem;
use dell_redfish::ops::account::{AccountChange, AccountRole};
use dell_redfish::{AuthMode, Client, Credentials, Effect, ErrorKind, ODataId, Secret, Target};
use idrac_sim::{FaultRule, Generation};
use idrac_suite::cases::access;
use idrac_suite::generations::run;
use idrac_suite::{PASSWORD, Rig, USER, on_each};

const SLOTS: [Generation; 5] = [
    Generation::Idrac7,
    Generation::Idrac8,
    Generation::Idrac9V5,
    Generation::Idrac9V6,
    Generation::Idrac9V7,
];

fn backup() -> NewAccount {
    NewAccount { user_name: "backup".into(), password: "s3cret-backup".into(), role: AccountRole::Operator }
}

/// What reading all users takes: one by one where collections do not expand.
fn reading(rig: &Rig) -> usize {
    match rig.generation() {
        Generation::Idrac7 | Generation::Idrac8 => 18,
        _ => 2,
    }
}

/// Whether somebody can log in so.
async fn lets_in(rig: &Rig, user: &str, password: &str) -> bool {
    let address = rig.server().address();
    let target = Target::new(address.ip()).with_port(address.port());
    let client = Client::builder(target)
        .credentials(Credentials::new(user, password))
        .auth(AuthMode::Basic)
        .build()
        .unwrap();
    client.run(&GetComputerSystem).await.is_ok()
}

#[tokio::test]
async fn a_user_lives_from_creation_to_deletion() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        // Once that collections do not expand is known, it is not tried again.
        Accounts::fetch(client).await.unwrap();
        let read = reading(rig);
        let accounts = rig.expecting("ListAccounts", read, Accounts::fetch(client)).await.unwrap();
        let names: Vec<_> = accounts.used().filter_map(|account| account.user_name.as_deref()).collect();
        assert_eq!(names, [USER]);
        assert_eq!(accounts.free_slots(), SLOTS.contains(&rig.generation()).then_some(14));

        let cost = read + if SLOTS.contains(&rig.generation()) { 2 } else { 1 + read };
        let made = rig.expecting("CreateAccount", cost, create_account(client, &backup())).await.unwrap();
        assert_eq!((made.role_id.as_deref(), made.enabled), (Some("Operator"), Some(true)));
        assert!(lets_in(rig, "backup", "s3cret-backup").await);
        let twice = rig.expecting("CreateAccount.taken", read, create_account(client, &backup())).await;
        assert_eq!(twice.unwrap_err().kind(), ErrorKind::Conflict);

        let role = AccountChange { role: Some(AccountRole::ReadOnly), ..AccountChange::default() };
        let changed = rig.expecting("ChangeAccount", read + 1, change_account(client, "backup", &role)).await;
        assert!(changed.unwrap());
        let again = rig.expecting("ChangeAccount.same", read, change_account(client, "backup", &role)).await;
        assert!(!again.unwrap());
        let off = AccountChange { enabled: Some(false), ..AccountChange::default() };
        change_account(client, "backup", &off).await.unwrap();
        assert!(!lets_in(rig, "backup", "s3cret-backup").await);

        let plan = plan_delete_account(client, "backup").await.unwrap();
        let (steps, cost) = if SLOTS.contains(&rig.generation()) { (2, 3) } else { (1, 2) };
        assert_eq!((plan.steps.len(), plan.effect()), (steps, Effect::Change));
        let gone = rig.expecting("DeleteAccount", read + cost, delete_account(client, "backup")).await;
        assert!(gone.unwrap());
        let none = rig.expecting("DeleteAccount.none", read, delete_account(client, "backup")).await;
        assert!(!none.unwrap());
        assert!(Accounts::fetch(client).await.unwrap().find("backup").is_none());
    })
    .await;
}

#[tokio::test]
async fn what_an_idrac_refuses_is_an_error_with_its_id() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let odd = NewAccount { user_name: "a b".into(), ..backup() };
        let error = rig.expecting("CreateAccount.name", 0, create_account(client, &odd)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let weak = NewAccount { password: "weak".into(), ..backup() };
        let error = create_account(client, &weak).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadRequest);
        assert!(error.message_ids().any(|id| id.as_str() == "RAC1276"), "{error:?}");
        let nobody = change_password(client, "nobody", &"hunter2222".into()).await.unwrap_err();
        assert_eq!(nobody.kind(), ErrorKind::NotFound);
        for nth in 0..14 {
            let more = NewAccount { user_name: format!("user{nth}"), ..backup() };
            create_account(client, &more).await.unwrap();
        }
        let full = create_account(client, &backup()).await.unwrap_err();
        assert_eq!(full.kind(), ErrorKind::Conflict, "{full:?}");
    })
    .await;
}

#[tokio::test]
async fn users_are_changed_under_every_rule_about_entity_tags() {
    use idrac_sim::TagRule as T;
    for rule in [T::Required, T::GivesWeakTakesStrong, T::GivesStrongTakesWeak, T::TakesNone] {
        for generation in [Generation::Idrac8, Generation::Idrac9V7, Generation::Idrac10] {
            let rig = Rig::start_with(generation, |spec| spec.tags(rule), |client| client).await.unwrap();
            run(rig, async |rig: &Rig| {
                create_account(rig.client(), &backup()).await.unwrap();
                let off = AccountChange { enabled: Some(false), ..AccountChange::default() };
                assert!(change_account(rig.client(), "backup", &off).await.unwrap());
                assert!(delete_account(rig.client(), "backup").await.unwrap());
            })
            .await;
        }
    }
}

#[tokio::test]
async fn the_client_goes_on_after_its_own_password_changed() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let new = Secret::from("brand-new-1");
        change_password(rig.client(), USER, &new).await.unwrap();
        // The iDRAC ended our session with the old password.
        assert_eq!(rig.server().open_sessions(), 0);
        rig.client().run(&GetComputerSystem).await.unwrap();
        assert!(lets_in(rig, USER, "brand-new-1").await && !lets_in(rig, USER, PASSWORD).await);
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_leaves_two_passwords_that_may_be_right() {
    for (effect, lost_before) in [(idrac_sim::Effect::DropAfter, false), (idrac_sim::Effect::Drop, true)] {
        let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
        run(rig, async |rig: &Rig| {
            rig.server().set_faults([FaultRule::new(effect.clone()).method("PATCH")]);
            let new = Secret::from("brand-new-1");
            assert!(change_password(rig.client(), USER, &new).await.is_err());
            rig.server().set_faults([]);
            if lost_before {
                rig.server().forget_sessions();
            }
            rig.client().run(&GetComputerSystem).await.unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn the_default_password_can_be_changed_where_nothing_else_is_let_through() {
    for generation in [Generation::Idrac9V7, Generation::Idrac10] {
        let rig =
            Rig::start_with(generation, |spec| spec.wants_new_password(), |client| client).await.unwrap();
        run(rig, async |rig: &Rig| {
            let error = rig.client().run(&GetComputerSystem).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PasswordChangeRequired);
            change_password(rig.client(), USER, &"brand-new-1".into()).await.unwrap();
            rig.client().run(&GetComputerSystem).await.unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn lock_out_settings_are_visible() {
    access::LOCKOUT.everywhere().await;
}

#[tokio::test]
async fn somebody_elses_session_can_be_ended_and_ours_is_seen() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let id = rig.server().occupy_session(USER, "10.0.0.7".parse().unwrap()).unwrap();
        let sessions = list_sessions(rig.client()).await.unwrap();
        assert_eq!(sessions.len(), 2);
        let other = sessions.iter().find(|session| session.id.as_deref() == Some(&id)).unwrap();
        assert_eq!(other.client_origin.as_deref(), Some("10.0.0.7"));
        let path = ODataId::parse(other.odata_id.as_deref().unwrap()).unwrap();
        delete_session(rig.client(), &path).await.unwrap();
        assert_eq!(rig.server().open_sessions(), 1);
        let system = ODataId::parse("/redfish/v1/Systems/System.Embedded.1").unwrap();
        assert_eq!(delete_session(rig.client(), &system).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    })
    .await;
}

#[tokio::test]
async fn the_users_are_listed() {
    access::USERS.everywhere().await;
}

#[tokio::test]
async fn our_own_session_is_seen() {
    access::SESSIONS.everywhere().await;
}
