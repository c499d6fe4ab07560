//! What an import would do, said before it is done.

use super::import::{ImportOptions, ImportSource};
use super::outcome::hide_secret;
use super::{IMPORT, PREVIEW, action, password, start, task};
use crate::actions::Action;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{JobOutcome, PartOutcome, Parts, wait_for_job};
use crate::meaning::MessageClass;
use crate::model::Task;
use crate::operation::{Redfish, run};
use crate::ops::{GetComputerSystem, ImportSystemConfigurationPreview, ShutdownType};
use crate::plan::{Plan, Restart};
use crate::scp::{Agreement, Fit, Hazard, SecretAttribute};

/// An import, before it is done.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ImportPlan {
    /// The request, what it can hurt, and what to know before saying yes.
    pub plan: Plan,
    /// Whose profile it is; nothing for one on a share.
    pub fit: Option<Fit>,
    /// Settings in it that destroy data.
    pub hazards: Vec<Hazard>,
    /// Secrets in it, by name.
    pub secrets: Vec<SecretAttribute>,
    /// What the iDRAC itself says it would do; nothing on firmware without a preview.
    pub preview: Option<ImportPreview>,
}

/// The iDRAC's own preview of an import.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ImportPreview {
    /// Its job.
    pub job: JobOutcome,
    /// Whether anything would change (SYS080 says that nothing would).
    pub changes: bool,
    /// Whether the host would restart (SYS087).
    pub restarts: bool,
    /// About how long it would take, in seconds (SYS088).
    pub estimated_s: Option<u64>,
}

impl ImportPreview {
    fn of(mut job: JobOutcome, task: Option<&Task>) -> Self {
        if let Some(task) = task {
            job.parts = PartOutcome::all_of(task);
        }
        job.parts.iter_mut().for_each(hide_secret);
        let messages = task.and_then(|task| task.messages.as_deref()).unwrap_or_default();
        let said = |id: &str| {
            messages.iter().find(|message| {
                message.message_id.as_deref().is_some_and(|own| own.rsplit('.').next() == Some(id))
            })
        };
        let told = |id: &str| {
            job.messages.iter().any(|info| info.message_id.as_ref().is_some_and(|own| own.as_str() == id))
        };
        let estimated_s =
            said("SYS088").and_then(|message| message.message_args.as_ref()?.first()?.trim().parse().ok());
        let nothing = told("SYS080") || job.has_class(MessageClass::NoChange);
        Self { changes: !nothing, restarts: said("SYS087").is_some(), estimated_s, job }
    }
}

/// Has the iDRAC preview an import. Changes nothing; it is a job all the same, and keeps others from starting meanwhile.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where the firmware has no preview,
/// [`ErrorKind::JobFailed`](crate::ErrorKind::JobFailed) with the messages that say what is wrong with the profile, and as
/// [`wait_for_job`].
pub async fn preview_import(redfish: &dyn Redfish, options: &ImportOptions) -> Result<ImportPreview> {
    let action = action::find(redfish, PREVIEW).await?;
    preview(redfish, &action, options).await
}

async fn preview(redfish: &dyn Redfish, action: &Action, options: &ImportOptions) -> Result<ImportPreview> {
    let operation = match &options.source {
        ImportSource::Profile(profile) => {
            ImportSystemConfigurationPreview::of_text(action, action::text(redfish, profile)?)
        }
        ImportSource::File(share, file) => {
            ImportSystemConfigurationPreview::of_file(action, (**share).clone(), file.clone())
        }
    };
    let wait = options.wait.clone().with_parts(Parts::Never);
    let job = start::start(redfish, &operation, &[], options.patience, &wait).await?;
    let ended = wait_for_job(redfish, &job, &wait).await?;
    let task = task::fetch(redfish, &job).await;
    let partial = matches!(ended.verdict, crate::flow::wait::Verdict::Partial);
    let ended = if partial { ended } else { ended.into_result()? };
    Ok(ImportPreview::of(ended, task.as_ref().map(|task| &***task)))
}

/// Says what an import would do: whose profile it is, what it can destroy, and what the iDRAC's preview says. Changes nothing.
///
/// # Errors
/// As [`import`](super::import) before it sends anything, and as [`preview_import`].
pub async fn plan_import(redfish: &dyn Redfish, options: &ImportOptions) -> Result<ImportPlan> {
    let named = |error: Error| error.with_host(redfish.host());
    let system = run(redfish, &GetComputerSystem).await?;
    let fit = options.check_model(&system).map_err(named)?;
    let import = action::find(redfish, IMPORT).await?;
    let operation = options.operation(redfish, &import).map_err(named)?;
    let preview = match preview_import(redfish, options).await {
        Ok(preview) => Some(preview),
        Err(error) if error.kind() == ErrorKind::Unsupported => None,
        Err(error) => return Err(error),
    };
    let mut plan = Plan::new("import a configuration profile");
    if preview.as_ref().is_none_or(|preview| preview.changes) {
        plan = plan.with_step(&operation);
    }
    plan = match (preview.as_ref().map(|preview| preview.restarts), options.shutdown) {
        (None, _) => {
            let warning = "this firmware has no preview: whether anything changes is seen only afterwards";
            plan.with_host(Restart::Possible).with_warning(warning)
        }
        (Some(true), ShutdownType::NoReboot) => plan.with_host(Restart::Needed),
        (Some(true), _) => plan.with_host(Restart::Certain),
        (Some(false), _) => plan,
    };
    let mut found = ImportPlan { plan, fit, hazards: Vec::new(), secrets: Vec::new(), preview };
    if let Some(profile) = options.profile() {
        found.hazards = profile.hazards();
        found.secrets = profile.secrets();
        let own = password::look(redfish, profile).await;
        found.plan = warned(found.plan, &found.fit, &found.hazards, &own, profile.moves_idrac());
    }
    Ok(found)
}

fn warned(mut plan: Plan, fit: &Option<Fit>, hazards: &[Hazard], own: &password::Own, moves: bool) -> Plan {
    if fit.as_ref().is_some_and(|fit| fit.service_tag == Agreement::Different) {
        plan = plan.with_warning("the profile is of another server: its names and addresses come with it");
    }
    for hazard in hazards {
        plan = plan.with_warning(format!(
            "destroys data: {} of {} is {}",
            hazard.attribute, hazard.component, hazard.value
        ));
    }
    if moves {
        plan = plan
            .with_warning("writes the iDRAC's own network settings: it may be found elsewhere afterwards");
    }
    match own {
        password::Own::Untouched => plan,
        password::Own::Becomes { .. } => plan.with_warning("changes the password we log in with, to the one in the profile"),
        password::Own::BecomesHashed => plan.with_warning(
            "changes the password we log in with, to one of which the profile holds only a hash: we may be shut out",
        ),
    }
}
