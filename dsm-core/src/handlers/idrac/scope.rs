//! Which servers a job that only reads goes to: those it names, or every one of the table where it says so.

use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handlers::idrac::input::{self, Input};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::ServerQuery;

/// See the module's documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// These.
    Named(Vec<ServerId>),
    /// Every server of the table when the job runs.
    All,
}

impl Scope {
    /// Reads it. That a scope was left out by mistake is likelier than that a whole fleet is meant: this has to be said.
    pub(super) fn decode(job: &JobRow) -> Result<Self> {
        let all = Input::details(job).flag("all", false)?;
        let named = input::servers(job)?;
        match (named.is_empty(), all) {
            (false, _) => Ok(Self::Named(named)),
            (true, true) => Ok(Self::All),
            (true, false) => Err(Error::invalid(
                "target_scope.server_ids",
                "no server is named",
                r#"write {"server_ids": ["…"]}, or details.all true for every server of the table"#,
            )),
        }
    }

    /// How many are named.
    pub(super) fn named(&self) -> usize {
        match self {
            Self::Named(ids) => ids.len(),
            Self::All => 0,
        }
    }

    /// Their ids.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn servers(self, ctx: &Ctx) -> Result<Vec<ServerId>> {
        match self {
            Self::Named(ids) => Ok(ids),
            Self::All => {
                let rows = ctx.store().servers(ServerQuery::default()).await?;
                Ok(rows.into_iter().map(|row| row.id).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::job::NewJob;

    fn decode(scope: Value, details: Value) -> Result<Scope> {
        Scope::decode(&NewJob::new("x").with_scope(scope).with_details(details).preview())
    }

    #[test]
    fn the_whole_fleet_is_never_meant_by_silence() {
        let id = ServerId::new();
        for scope in [Value::Null, json!({}), json!({"type": "all"}), json!([]), json!({"server_ids": null})]
        {
            let error = decode(scope.clone(), Value::Null).expect_err("nobody is named");
            assert_eq!(error.subject(), Some("target_scope.server_ids"), "{scope}");
            assert_eq!(decode(scope, json!({"all": true})).expect("all"), Scope::All);
        }
        let named = decode(json!({"server_ids": [id.to_string()]}), json!({"all": true})).expect("one");
        assert_eq!(named, Scope::Named(vec![id]));
        assert_eq!(
            decode(json!({}), json!({"all": 1})).expect_err("a number").subject(),
            Some("details.all")
        );
    }
}
