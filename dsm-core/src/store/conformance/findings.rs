//! Which row a server met at an address belongs to.

use super::bench::{Bench, Verdict, address, finding, holds, same, time};
use crate::id::{CredentialSetId, ServerId};
use crate::store::{CredentialSetRow, ServerChange, ServerFields, ServerPatch, ServerQuery};

pub(super) async fn a_new_server_is_added_and_met_again(bench: Bench) -> Verdict {
    let first = bench.find_one(finding(1, Some("AAAA001"))).await?;
    same!(first.change, ServerChange::New, "the first time");
    let again = bench.find_one(finding(1, Some("AAAA001"))).await?;
    same!((again.server_id, again.change), (first.server_id, ServerChange::Updated), "the second time");
    let both = bench.find(vec![finding(9, Some("AAAA009")), finding(2, Some("AAAA002"))]).await?;
    let order: Vec<_> =
        bench.store().servers(ServerQuery::default()).await?.iter().map(|row| row.id).collect();
    same!(order, [first.server_id, both[1].server_id, both[0].server_id], "servers by address");
    let query = ServerQuery { addresses: vec![address(2)], ..ServerQuery::default() };
    same!(bench.store().servers(query).await?.len(), 1, "servers at an address");
    let query = ServerQuery { limit: Some(2), ..ServerQuery::default() };
    same!(bench.store().servers(query).await?.len(), 2, "servers up to a limit");
    Ok(())
}

pub(super) async fn a_moved_server_is_an_update(bench: Bench) -> Verdict {
    let id = bench.find_one(finding(1, Some("AAAA001"))).await?.server_id;
    let moved = bench.find_one(finding(2, Some("AAAA001"))).await?;
    same!(moved.change, ServerChange::Moved { from: Some(address(1)) }, "the change");
    same!(moved.server_id, id, "its row");
    same!(bench.server(id).await?.fields.ip_address, Some(address(2)), "its address");
    same!(bench.store().servers(ServerQuery::default()).await?.len(), 1, "servers");
    Ok(())
}

pub(super) async fn two_servers_may_swap_addresses(bench: Bench) -> Verdict {
    let known = bench.find(vec![finding(1, Some("AAAA001")), finding(2, Some("BBBB002"))]).await?;
    let swapped = bench.find(vec![finding(2, Some("AAAA001")), finding(1, Some("BBBB002"))]).await?;
    let ids = |outcomes: &[crate::store::ServerOutcome]| {
        outcomes.iter().map(|one| one.server_id).collect::<Vec<_>>()
    };
    same!(ids(&swapped), ids(&known), "rows");
    same!(swapped[0].change, ServerChange::Moved { from: Some(address(1)) }, "the first");
    same!(swapped[1].change, ServerChange::Moved { from: Some(address(2)) }, "the second");
    for (outcome, at) in [(&swapped[0], 2), (&swapped[1], 1)] {
        let fields = bench.server(outcome.server_id).await?.fields;
        same!((fields.ip_address, fields.connection_error), (Some(address(at)), None), "where it is");
    }
    Ok(())
}

pub(super) async fn another_server_at_an_address_displaces_the_old_one(bench: Bench) -> Verdict {
    let mut old = finding(1, Some("AAAA001"));
    old.patch.set.model = Some("PowerEdge R640".into());
    let old = bench.find_one(old).await?.server_id;
    let new = bench.find_one(finding(1, Some("BBBB002"))).await?;
    same!(new.change, ServerChange::New, "the change");
    let row = bench.server(old).await?.fields;
    same!((row.ip_address, row.connection_status.as_deref()), (None, Some("unknown")), "the old row");
    holds!(
        row.connection_error.is_some_and(|error| error.contains("BBBB002")),
        "it does not say who is there now"
    );
    same!(row.model.as_deref(), Some("PowerEdge R640"), "what was known of it");
    let back = bench.find_one(finding(3, Some("AAAA001"))).await?;
    same!((back.server_id, back.change), (old, ServerChange::Moved { from: None }), "met elsewhere");
    same!(bench.server(old).await?.fields.connection_error, None, "its error once it is met");
    Ok(())
}

pub(super) async fn a_server_without_tag_is_known_by_address(bench: Bench) -> Verdict {
    let bare = bench.find_one(finding(1, None)).await?.server_id;
    same!(bench.find_one(finding(1, None)).await?.server_id, bare, "met again");
    let named = bench.find_one(finding(1, Some("AAAA001"))).await?;
    same!((named.server_id, named.change), (bare, ServerChange::Updated), "its tag learned");
    let silent = bench.find_one(finding(1, Some(""))).await?;
    same!(silent.server_id, bare, "met without a tag");
    same!(bench.server(bare).await?.fields.service_tag.as_deref(), Some("AAAA001"), "its tag");
    bench.find(vec![finding(5, Some("")), finding(6, Some(" "))]).await?;
    same!(bench.store().servers(ServerQuery::default()).await?.len(), 3, "servers");
    Ok(())
}

pub(super) async fn the_job_may_name_the_row(bench: Bench) -> Verdict {
    let id = bench.find_one(finding(1, None)).await?.server_id;
    let mut at_two = finding(2, None);
    at_two.server_id = Some(id);
    let moved = bench.find_one(at_two).await?;
    same!((moved.server_id, moved.change), (id, ServerChange::Moved { from: Some(address(1)) }), "by its id");
    let tagged = bench.find_one(finding(3, Some("AAAA001"))).await?.server_id;
    let mut other = finding(3, Some("BBBB002"));
    other.server_id = Some(tagged);
    let other = bench.find_one(other).await?;
    holds!(other.server_id != tagged, "another tag was written over a known one");
    let gone = ServerId::new();
    let mut deleted = finding(8, None);
    deleted.server_id = Some(gone);
    same!(bench.find_one(deleted).await?.server_id, gone, "a row that is not there any more");
    Ok(())
}

pub(super) async fn nothing_known_is_blanked(bench: Bench) -> Verdict {
    let mut full = finding(1, Some("AAAA001"));
    full.patch.set = ServerFields {
        service_tag: Some("AAAA001".into()),
        model: Some("PowerEdge R750".into()),
        cpu_count: Some(2),
        total_storage_tb: Some(3.84),
        secure_boot: Some("Enabled".into()),
        virtualization_enabled: Some(false),
        boot_order: Some(serde_json::json!(["NIC", "HDD"])),
        last_seen: Some(time(1)),
        ..ServerFields::default()
    };
    let expected = ServerFields { ip_address: Some(address(1)), ..full.patch.set.clone() };
    let id = bench.find_one(full).await?.server_id;
    let mut poor = finding(1, Some("AAAA001"));
    poor.patch.set.model = Some(String::new());
    poor.patch.set.last_seen = Some(time(2));
    bench.find_one(poor).await?;
    let expected = ServerFields { last_seen: Some(time(2)), ..expected };
    same!(bench.server(id).await?.fields, expected, "the row");
    Ok(())
}

pub(super) async fn columns_are_emptied_by_name_only(bench: Bench) -> Verdict {
    let mut failed = finding(1, Some("AAAA001"));
    failed.patch.set.connection_error = Some("timed out".into());
    failed.patch.set.notes = Some("rack 7".into());
    let id = bench.find_one(failed).await?.server_id;
    let mut fine = finding(1, Some("AAAA001"));
    fine.patch.clear = vec!["connection_error"];
    bench.find_one(fine).await?;
    let fields = bench.server(id).await?.fields;
    same!((fields.connection_error, fields.notes.as_deref()), (None, Some("rack 7")), "the columns");
    let patch = ServerPatch { clear: vec!["no_such_column"], ..ServerPatch::default() };
    let error = bench.store().put_servers(vec![(id, patch)]).await.err();
    same!(error.as_ref().and_then(|error| error.subject()), Some("clear"), "the field named");
    Ok(())
}

pub(super) async fn what_was_chosen_is_kept_where_asked(bench: Bench) -> Verdict {
    let named = |username: &str| {
        let mut found = finding(1, Some("AAAA001"));
        found.patch.set.idrac_username = Some(username.to_owned());
        found.only_if_empty = vec!["idrac_username"];
        found
    };
    let id = bench.find_one(named("first")).await?.server_id;
    bench.find_one(named("second")).await?;
    same!(bench.server(id).await?.fields.idrac_username.as_deref(), Some("first"), "what was there stays");
    Ok(())
}

pub(super) fn credential_set(name: &str, priority: i64) -> CredentialSetRow {
    CredentialSetRow {
        id: CredentialSetId::new(),
        name: name.into(),
        credential_type: "idrac".into(),
        username: "operator".into(),
        password_encrypted: Some("sealed".into()),
        is_default: false,
        priority,
        description: None,
    }
}

pub(super) async fn a_removed_credential_set_costs_no_finding(bench: Bench) -> Verdict {
    let set = credential_set("site", 1);
    bench.store().put_credential_set(set.clone()).await?;
    let mut found = finding(1, Some("AAAA001"));
    found.patch.set.discovered_by_credential_set_id = Some(set.id);
    let id = bench.find_one(found.clone()).await?.server_id;
    same!(bench.server(id).await?.fields.discovered_by_credential_set_id, Some(set.id), "the reference");
    holds!(bench.store().remove_credential_set(set.id).await?, "the set was not there");
    same!(
        bench.server(id).await?.fields.discovered_by_credential_set_id,
        None,
        "the reference to a removed set"
    );
    bench.find_one(found).await?;
    same!(bench.server(id).await?.fields.discovered_by_credential_set_id, None, "a reference to nothing");
    Ok(())
}

pub(super) async fn an_operator_is_told_who_has_an_address(bench: Bench) -> Verdict {
    let owner = bench.find_one(finding(1, Some("AAAA001"))).await?.server_id;
    let at = |last, tag: Option<&str>| {
        let set = ServerFields { ip_address: Some(address(last)), ..finding(last, tag).patch.set };
        vec![(ServerId::new(), ServerPatch { set, clear: Vec::new() })]
    };
    let error = bench.store().put_servers(at(1, None)).await.err();
    same!(error.as_ref().and_then(|error| error.subject()), Some("ip_address"), "the field named");
    holds!(error.is_some_and(|error| error.message().contains(&owner.to_string())), "the owner is not named");
    let error = bench.store().put_servers(at(2, Some("AAAA001"))).await.err();
    same!(error.as_ref().and_then(|error| error.subject()), Some("service_tag"), "the field named");
    bench.store().put_servers(at(2, Some("BBBB002"))).await?;
    same!(bench.store().servers(ServerQuery::default()).await?.len(), 2, "servers");
    Ok(())
}
