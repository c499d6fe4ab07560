//! A server whose clock was set back: what is on record of a time that has not come again is brought to the present.
//!
//! Without that no job enqueued before the step would be due until the clock is there again, and whoever died holding one
//! would be missed only then. A clock that is put forward needs nothing: leases that end by it are lost to their holders, whose
//! fences are overtaken.

use super::fault::Db;
use super::tx::Tx;

/// A beat that far ahead is no other transaction that began a little later.
const AHEAD: &str = "$1::timestamptz + interval '5 seconds'";

/// Whether somebody beat later than it is now.
pub(super) fn is_ahead() -> String {
    format!("SELECT 1 FROM dsm_executor WHERE beat_at > {AHEAD} LIMIT 1")
}

/// What mends it, in order.
pub(super) fn mends() -> Vec<String> {
    // Each lease, and each lock of a call, is as long from now as it was from the last beat.
    let shift = |table: &str| {
        format!(
            "UPDATE {table} t SET until = $1 + (t.until - e.beat_at) FROM dsm_executor e
             WHERE e.incarnation = t.incarnation AND t.until IS NOT NULL AND e.beat_at > {AHEAD}"
        )
    };
    // What was enqueued to be run at once is due now, if not before.
    let due = format!(
        "UPDATE jobs SET schedule_at = $1
         WHERE status IN ('pending', 'running') AND schedule_at IS NULL AND created_at > {AHEAD}"
    );
    let beats = format!(
        "UPDATE dsm_executor SET alive_until = $1 + (alive_until - beat_at), beat_at = $1 WHERE beat_at > {AHEAD}"
    );
    vec![shift("dsm_lease"), shift("dsm_lock"), due, beats]
}

/// Looks whether the clock was set back since the last beats, which costs a look at the few executors, and mends that.
pub(super) async fn mend(tx: &Tx<'_>) -> Db<()> {
    if tx.link.query_opt(&is_ahead(), &[&tx.now]).await?.is_none() {
        return Ok(());
    }
    for sql in mends() {
        tx.link.execute(&sql, &[&tx.now]).await?;
    }
    tx.wake();
    Ok(())
}
