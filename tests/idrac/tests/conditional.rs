//! Reading a resource only if it has changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use dell_redfish::flow::account::change_account;
use dell_redfish::model::{ManagerAccount, Resource, SoftwareInventory};
use dell_redfish::ops::account::{AccountChange, AccountRole};
use dell_redfish::ops::{GetComputerSystem, GetResource};
use dell_redfish::{
    Conditional, Effect, EntityTag, ErrorKind, ODataId, Operation, Request, Response, Result, Safeguard,
};
use idrac_sim::{ConditionRule, Generation, ServerSpec, TagRule, TagScope};
use idrac_suite::fault::Fault;
use idrac_suite::generations::run;
use idrac_suite::{Failure, Rig, on_each};

type Account = Resource<ManagerAccount>;

/// Something that is no reading.
struct SwitchOff;

impl Operation for SwitchOff {
    type Output = ();

    const NAME: &'static str = "SwitchOff";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        let path = "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";
        Request::post(path, &serde_json::json!({"ResetType": "ForceOff"}))
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

/// A collection with its members.
struct GetExpanded(String);

impl Operation for GetExpanded {
    type Output = ();

    const NAME: &'static str = "GetExpanded";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.0.clone())
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

/// A user who is not the one that asks, where this generation has its users.
fn guest(rig: &Rig) -> GetResource<ManagerAccount> {
    let home = match rig.generation() {
        Generation::Idrac7 | Generation::Idrac8 => "/redfish/v1/Managers/iDRAC.Embedded.1/Accounts",
        _ => "/redfish/v1/AccountService/Accounts",
    };
    GetResource::at(ODataId::parse(&format!("{home}/3")).unwrap())
}

fn with_guest(spec: ServerSpec) -> ServerSpec {
    spec.account("guest", "s3cret-guest", "ReadOnly")
}

async fn first<O: Operation>(rig: &Rig, operation: &O) -> (O::Output, EntityTag) {
    match rig.client().run_if_changed(operation, None).await.unwrap() {
        Conditional::Changed { value, tag: Some(tag) } => (value, tag),
        _ => panic!("no tag on {:?}", rig.generation()),
    }
}

async fn promote(rig: &Rig) {
    let change = AccountChange { role: Some(AccountRole::Operator), ..AccountChange::default() };
    assert!(change_account(rig.client(), "guest", &change).await.unwrap());
}

async fn on_each_with_guest(case: impl AsyncFn(&Rig)) {
    for generation in Generation::ALL {
        run(Rig::start_with(generation, with_guest, |client| client).await.unwrap(), &case).await;
    }
}

#[tokio::test]
async fn what_is_unchanged_costs_one_request_without_a_body() {
    on_each_with_guest(async |rig: &Rig| {
        let (account, tag): (Account, _) = first(rig, &guest(rig)).await;
        assert_eq!(account.role_id.as_deref(), Some("ReadOnly"));
        let guest = guest(rig);
        let again = rig.client().run_if_changed(&guest, Some(&tag));
        let again = rig.expecting("GetResource.unchanged", 1, again).await.unwrap();
        assert!(again.is_unchanged());
        let exchange = rig.journal().pop().unwrap();
        assert_eq!((exchange.status, exchange.response_bytes), (304, 0));
        assert_eq!(rig.server().totals().not_modified, 1);

        promote(rig).await;
        let Conditional::Changed { value, tag: Some(new) } =
            rig.client().run_if_changed(&guest, Some(&tag)).await.unwrap()
        else {
            panic!("a write went unnoticed on {:?}", rig.generation());
        };
        assert_eq!(value.role_id.as_deref(), Some("Operator"));
        assert_ne!(new, tag);
        assert!(rig.client().run_if_changed(&guest, Some(&new)).await.unwrap().is_unchanged());
        // What the caller keeps survives a restart of the caller.
        let kept: EntityTag = serde_json::from_str(&serde_json::to_string(&new).unwrap()).unwrap();
        assert!(rig.client().run_if_changed(&guest, Some(&kept)).await.unwrap().is_unchanged());
    })
    .await;
}

#[tokio::test]
async fn where_a_generation_gives_no_tag_everything_is_changed() {
    on_each(Generation::ALL, async |rig: &Rig| {
        for _ in 0..2 {
            let read = rig.client().run_if_changed(&GetComputerSystem, None);
            let read = rig.expecting("GetComputerSystem.conditional", 1, read).await.unwrap();
            assert!(matches!(read, Conditional::Changed { tag: None, .. }));
        }
    })
    .await;
}

#[tokio::test]
async fn a_tag_is_compared_where_the_condition_is_not_heard() {
    for generation in Generation::ALL {
        let change = |spec: ServerSpec| with_guest(spec).conditions(ConditionRule::Ignored);
        let rig = Rig::start_with(generation, change, |client| client).await.unwrap();
        run(rig, async |rig: &Rig| {
            let (_, tag) = first(rig, &guest(rig)).await;
            let guest = guest(rig);
            let again = rig.client().run_if_changed(&guest, Some(&tag));
            assert!(rig.expecting("GetResource.ignored", 1, again).await.unwrap().is_unchanged());
            let exchange = rig.journal().pop().unwrap();
            assert_eq!((exchange.status, exchange.fault), (200, Some("condition_ignored")));
            promote(rig).await;
            let now = rig.client().run_if_changed(&guest, Some(&tag)).await.unwrap();
            assert_eq!(now.changed().unwrap().role_id.as_deref(), Some("Operator"));
        })
        .await;
    }
}

#[tokio::test]
async fn a_tag_is_known_in_every_form_that_firmware_gives_it() {
    for (rule, status, requests) in [
        (TagRule::Required, 304, 1),
        // Offered as it was given, not taken, and known again in the reply.
        (TagRule::GivesWeakTakesStrong, 200, 1),
        (TagRule::GivesStrongTakesWeak, 200, 1),
        (TagRule::GivesPackedTakesPlain, 304, 1),
        (TagRule::TakesNone, 200, 1),
    ] {
        let rig = Rig::start_with(Generation::Idrac9V7, |spec| with_guest(spec).tags(rule), |client| client);
        run(rig.await.unwrap(), async |rig: &Rig| {
            let (_, tag) = first(rig, &guest(rig)).await;
            let guest = guest(rig);
            let again = rig.client().run_if_changed(&guest, Some(&tag));
            let again = rig.expecting(&format!("GetResource.{rule:?}"), requests, again).await.unwrap();
            assert!(again.is_unchanged(), "{rule:?}");
            assert_eq!(rig.journal().pop().unwrap().status, status, "{rule:?}");
            promote(rig).await;
            let now = rig.client().run_if_changed(&guest, Some(&tag)).await.unwrap();
            assert_eq!(now.changed().unwrap().role_id.as_deref(), Some("Operator"), "{rule:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_condition_that_is_refused_is_left_out() {
    Fault::new(Safeguard::TagLadder, Generation::Idrac9V7, "condition_refused")
        .server(|spec| with_guest(spec).conditions(ConditionRule::Refused))
        .prove(async |rig: &Rig| {
            let (_, tag) = first(rig, &guest(rig)).await;
            let again = rig.client().run_if_changed(&guest(rig), Some(&tag)).await?;
            if again.is_unchanged() { Err::<(), Failure>("nobody can know that".into()) } else { Ok(()) }
        })
        .await;
}

#[tokio::test]
async fn a_304_of_another_tag_is_not_believed() {
    let change = |spec: ServerSpec| with_guest(spec).conditions(ConditionRule::Contradictory);
    let rig = Rig::start_with(Generation::Idrac9V7, change, |client| client).await.unwrap();
    run(rig, async |rig: &Rig| {
        let (_, tag) = first(rig, &guest(rig)).await;
        let guest = guest(rig);
        let again = rig.client().run_if_changed(&guest, Some(&tag));
        let again = rig.expecting("GetResource.contradicted", 2, again).await.unwrap();
        assert!(again.changed().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_tag_is_offered_only_for_what_it_is_the_tag_of() {
    let everywhere = |spec: ServerSpec| with_guest(spec).tag_scope(TagScope::Everywhere);
    let elsewhere = Rig::start_with(Generation::Idrac9V7, everywhere, |client| client).await.unwrap();
    let rig = Rig::start_with(Generation::Idrac9V7, everywhere, |client| client).await.unwrap();
    run(rig, async |rig: &Rig| {
        let (_, tag) = first(rig, &guest(rig)).await;
        // Another resource, and the same one of another iDRAC: read whole.
        assert!(
            rig.client().run_if_changed(&GetComputerSystem, Some(&tag)).await.unwrap().changed().is_some()
        );
        let (_, theirs) = first(&elsewhere, &guest(&elsewhere)).await;
        assert!(rig.client().run_if_changed(&guest(rig), Some(&theirs)).await.unwrap().changed().is_some());
        assert_eq!(rig.server().totals().not_modified, 0);

        // Only a reading can be conditional.
        let (_, tag) = first(rig, &GetComputerSystem).await;
        let (outcome, asked) = rig.counting(rig.client().run_if_changed(&SwitchOff, Some(&tag))).await;
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(asked, [""; 0]);
    })
    .await;
    elsewhere.finish().await;
}

#[tokio::test]
async fn the_firmware_inventory_has_a_tag_from_idrac8_on() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let home = "/redfish/v1/UpdateService/FirmwareInventory";
        let listing = GetResource::<SoftwareInventory>::at(ODataId::parse(home).unwrap());
        let Conditional::Changed { tag, .. } = client.run_if_changed(&listing, None).await.unwrap() else {
            panic!("unchanged since when?");
        };
        assert_eq!(tag.is_some(), rig.generation() != Generation::Idrac7);
        let again = client.run_if_changed(&listing, tag.as_ref()).await.unwrap();
        assert_eq!(again.is_unchanged(), tag.is_some());
        assert_eq!(rig.server().totals().not_modified, u64::from(tag.is_some()));
        // A listing with its members is another thing: no tag speaks for all of them.
        let whole = GetExpanded(format!("{home}?$expand=*($levels=1)"));
        if !matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8) {
            let read = client.run_if_changed(&whole, tag.as_ref()).await.unwrap();
            assert!(matches!(read, Conditional::Changed { tag: None, .. }));
        }
    })
    .await;
}
