//! Functions in the database by which executors work that come over PostgREST. They hold this store's own statements, so
//! that both kinds of executor share one database and do the same.

use sha2::{Digest, Sha256};

use super::claim;
use super::codec::cell;
use super::fault::Db;
use super::limits;
use super::link::Link;
use super::prune;
use super::stepped;
use super::why;
use crate::store::limits::IS_LIMIT;

const TEMPLATE: &str = include_str!("functions.sql");

/// Columns of a claim's answer.
const WON: &str = "o_id uuid, o_job_type text, o_status text, o_target_scope jsonb, o_details jsonb, o_created_by uuid, \
    o_credential_set_ids uuid[], o_priority text, o_schedule_at timestamptz, o_created_at timestamptz, \
    o_started_at timestamptz, o_completed_at timestamptz, o_parent_job_id uuid, o_component_order bigint, o_notes text, \
    o_lane text, o_run bigint, o_fence bigint, o_attempt bigint, o_until timestamptz, o_checkpoint bytea";

/// Columns of what is due, as `claim::candidate` reads them.
const CANDIDATE: &str = "o_id uuid, o_rank bigint, o_due timestamptz, o_created_at timestamptz, o_lane text, o_type text, \
    o_lane_among bigint, o_address text";

/// All of them, several statements.
pub(super) fn sql() -> String {
    let mut sql = TEMPLATE.replace("{WON}", WON).replace("{CANDIDATE}", CANDIDATE);
    for (place, statement) in [
        ("{CLAIM}", claim::CLAIM.as_str()),
        ("{WON_BEFORE}", claim::WON_BEFORE.as_str()),
        ("{QUEUE}", claim::QUEUE.as_str()),
        ("{CLASSES}", limits::CLASSES.as_str()),
        ("{HEADS}", limits::HEADS.as_str()),
        ("{NEXT_DUE}", claim::NEXT_DUE.as_str()),
        ("{DUE_JOBS}", claim::DUE_JOBS.as_str()),
        ("{DUE_BEFORE}", why::DUE_BEFORE.as_str()),
        ("{OVER}", prune::OVER),
        ("{CHILDLESS}", prune::CHILDLESS),
        ("{OLD_HEALTH}", prune::OLD_HEALTH),
        ("{IS_LIMIT}", IS_LIMIT),
        ("{GATE}", limits::GATE),
        ("{IS_AHEAD}", stepped::is_ahead().as_str()),
        ("{MENDS}", stepped::mends().join(";\n").as_str()),
        ("{MOST_QUEUED}", claim::MOST_QUEUED.to_string().as_str()),
    ] {
        sql = sql.replace(place, statement);
    }
    sql
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether those of this build are there.
pub(super) async fn are_current(link: &Link) -> Db<bool> {
    let known = "SELECT convert_from(value, 'UTF8') FROM dsm_meta WHERE key = 'functions'";
    let Some(row) = link.query_opt(known, &[]).await? else { return Ok(false) };
    Ok(cell::<String>(&row, 0)? == checksum(&sql()))
}

/// Makes them, or puts those of this build in their place.
pub(super) async fn install(link: &Link) -> Db<()> {
    let sql = sql();
    link.batch(&sql).await?;
    note(link, &sql).await
}

/// Notes that these are there.
pub(super) async fn note(link: &Link, sql: &str) -> Db<()> {
    let known = "INSERT INTO dsm_meta (key, value) VALUES ('functions', convert_to($1, 'UTF8'))
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    link.execute(known, &[&checksum(sql)]).await?;
    Ok(())
}
