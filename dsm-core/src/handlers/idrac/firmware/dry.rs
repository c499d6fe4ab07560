//! The plan of a server, with nothing changed.

use dell_redfish::flow::firmware::{list_firmware, plan_repository_install};
use serde_json::json;

use super::depot::Stock;
use super::plan::{Item, waves};
use super::run::Run;
use crate::error::Result;
use crate::handlers::idrac::walk::Visited;

impl Run<'_> {
    /// Says what would be done, in which order, and what would keep it from being done.
    pub(super) async fn dry(&self) -> Result<Visited> {
        let stay = self.stay();
        let maintenance = match &stay {
            Ok(None) => json!({"needed": false}),
            Ok(Some(_)) => json!({"needed": true}),
            Err(error) => json!({"needed": true, "error": error.chain()}),
        };
        if let Stock::Repository(install) = &self.work.depot.stock {
            let plan = plan_repository_install(&self.client, install).await?;
            let checks = self.preflight(&[], true, false).checks().await?;
            let line = "the iDRAC would compare itself with the repository and install what is newer";
            return Ok(Visited::done(line)
                .with("plan", json!(plan))
                .with("preflight", json!(checks))
                .with("maintenance", maintenance));
        }
        let inventory = list_firmware(&self.client).await?;
        let needs = self.needs(&inventory)?;
        let needs_host = needs.items.iter().any(Item::waits_for_host);
        let checks = self.preflight(&needs.items, needs_host, false).checks().await?;
        let line = match needs.items.as_slice() {
            [] => "nothing to do: all firmware is as it should be".to_owned(),
            items => {
                let texts: Vec<String> = items
                    .iter()
                    .map(|item| {
                        let wanted = item.version.as_deref().unwrap_or("?");
                        format!("{}: {} → {wanted}", item.name, item.before.join(", "))
                    })
                    .collect();
                format!("would install {}", texts.join(", "))
            }
        };
        let waves: Vec<Vec<serde_json::Value>> = waves(&needs.items)
            .iter()
            .map(|keys| needs.items.iter().filter(|item| keys.contains(&item.key)).map(Item::shown).collect())
            .collect();
        Ok(Visited::done(&line)
            .with("plan", json!({"summary": line, "waves": waves, "host_restarts": needs_host}))
            .with("left_alone", json!(needs.left))
            .with("preflight", json!(checks))
            .with("maintenance", maintenance))
    }
}
