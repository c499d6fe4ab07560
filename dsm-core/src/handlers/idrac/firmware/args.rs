//! What a firmware job came with.

use std::path::PathBuf;
use std::time::Duration;

use dell_redfish::catalog::ComponentId;
use dell_redfish::flow::power::{Escalation, Reset};
use dell_redfish::ops::{ImageUri, ResetType};
use serde_json::{Map, Value};

use super::component::{Component, PARTS};
use super::share::ShareInput;
use crate::error::{Error, Result};
use crate::handlers::idrac::input::{self, Input, wrong_type};
use crate::handlers::idrac::walk::{Caution, Rollout};
use crate::id::ServerId;
use crate::job::JobRow;

/// Rounds without a word.
const PASSES: u64 = 3;
/// Most of them.
const MOST_PASSES: u64 = 10;
/// Longest patience with one Dell job.
const LONGEST_S: u64 = 24 * 3600;

/// The decoded input.
#[derive(Debug, Clone)]
pub struct Args {
    pub(super) servers: Vec<ServerId>,
    pub(super) source: SourceInput,
    /// Only these; empty: all.
    pub(super) components: Vec<Component>,
    pub(super) max_passes: u32,
    pub(super) reset: Reset,
    /// Longest time one Dell job may take.
    pub(super) patience: Duration,
    /// How long the iDRAC may be busy with others before anything is begun.
    pub(super) busy_patience: Duration,
    pub(super) skips_maintenance: bool,
    pub(super) maintenance_patience: Duration,
    pub(super) is_dry: bool,
    pub(super) rollout: Rollout,
}

/// Where packages come from, as the job says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SourceInput {
    /// A catalogue; the packages lie beside it, or are fetched from `base_uri` by the iDRAC.
    Catalog { path: PathBuf, base_uri: Option<String> },
    /// These packages.
    Packages(Vec<PackageInput>),
    /// A repository that the iDRAC reads itself.
    Repository(ShareInput),
}

/// One package that is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackageInput {
    pub(super) place: Place,
    /// What is to be installed afterwards.
    pub(super) version: Option<String>,
    /// What it is for.
    pub(super) aim: Option<Aim>,
    /// Expected hash of a file, in hexadecimal.
    pub(super) sha256: Option<String>,
}

/// Where a package lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// On this machine.
    File(PathBuf),
    /// Where the iDRAC fetches it.
    Uri(String),
}

/// What a package is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// A kind of component.
    Component(Component),
    /// Dell's component id.
    Id(ComponentId),
    /// One device.
    Device(String),
}

impl Args {
    /// Reads it; `is_whole` for a job that updates all of a server, whose components are never narrowed by one word.
    pub(super) fn decode(job: &JobRow, is_whole: bool) -> Result<Self> {
        let servers = input::some_servers(job)?;
        let details = Input::details(job);
        let escalation = details.choice(
            "escalate",
            &[
                ("Never", Escalation::Never),
                ("Force", Escalation::Force),
                ("PowerCycle", Escalation::PowerCycle),
            ],
        )?;
        let kind = details.choice(
            "reset_type",
            &[
                ("GracefulRestart", ResetType::GracefulRestart),
                ("ForceRestart", ResetType::ForceRestart),
                ("PowerCycle", ResetType::PowerCycle),
            ],
        )?;
        // Both moments of the existing form: what needs a restart waits for the one this job does.
        details.choice("apply_time", &[("OnReset", ()), ("Immediate", ())])?;
        let seconds = |key: &str, default: u64| -> Result<Duration> {
            Ok(Duration::from_secs(details.number(key, 1..=LONGEST_S)?.unwrap_or(default)))
        };
        let passes = details.number("max_passes", 1..=MOST_PASSES)?.unwrap_or(PASSES);
        let source = source(details)?;
        Ok(Self {
            components: components(details, &source, is_whole)?,
            source,
            max_passes: u32::try_from(passes).unwrap_or(u32::MAX),
            reset: Reset::new(kind.unwrap_or(ResetType::GracefulRestart))
                .with_escalation(escalation.unwrap_or_default())
                .with_patience(seconds("restart_timeout", 1200)?),
            patience: seconds("job_timeout", 2 * 3600)?,
            busy_patience: seconds("queue_timeout", 1800)?,
            skips_maintenance: details.flag("skip_maintenance", false)?,
            maintenance_patience: seconds("maintenance_timeout", 1800)?,
            is_dry: details.flag("dry_run", false)?,
            rollout: Rollout::decode(details, Caution::Changes, servers.len())?,
            servers,
        })
    }

    /// Whether an item of this kind is meant.
    pub(super) fn means(&self, component: Component) -> bool {
        self.components.is_empty() || self.components.contains(&component)
    }
}

fn source(details: Input<'_>) -> Result<SourceInput> {
    let word = details.choice(
        "firmware_source",
        &[("manual_repository", false), ("local_repository", false), ("dell_online_catalog", true)],
    )?;
    let mut found = Vec::new();
    if let Some(share) = details.object("share")? {
        found.push(("share", SourceInput::Repository(ShareInput::decode(share)?)));
    }
    for key in ["repository", "catalog"] {
        if let Some(path) = details.text(key)? {
            let base_uri = details.text("base_uri")?.map(str::to_owned);
            found.push((key, SourceInput::Catalog { path: path.into(), base_uri }));
        }
    }
    if let Some(list) = details.value("packages") {
        found.push(("packages", SourceInput::Packages(packages(list)?)));
    }
    if let Some(uri) = details.text("firmware_uri")? {
        found.push(("firmware_uri", SourceInput::Packages(vec![single(details, uri)?])));
    }
    let is_online = word == Some(true);
    match details.text("dell_catalog_url")? {
        Some(url) if is_online => {
            found.push(("dell_catalog_url", SourceInput::Repository(ShareInput::of_catalog(url)?)));
        }
        None if is_online => {
            return Err(Error::invalid(
                "details.dell_catalog_url",
                "the online catalogue is asked for and not named: nothing is fetched from the Internet unasked",
                "write the address of the catalogue that the iDRACs reach, or choose another firmware_source",
            ));
        }
        // The form sends its default address whatever the source.
        _ => {}
    }
    match found.len() {
        1 => Ok(found.remove(0).1),
        0 => Err(Error::invalid(
            "details.firmware_uri",
            "nothing says what to install",
            "give one of firmware_uri, packages, catalog, repository, share, or dell_catalog_url with \
             firmware_source dell_online_catalog",
        )),
        _ => {
            let keys: Vec<_> = found.iter().map(|(key, _)| *key).collect();
            Err(Error::invalid(
                format!("details.{}", keys[1]),
                format!("several sources are named: {}", keys.join(", ")),
                "leave one",
            ))
        }
    }
}

/// The one package of the existing form: `component` is BIOS and `version` the latest unless said.
fn single(details: Input<'_>, uri: &str) -> Result<PackageInput> {
    let version = details.text("version")?.filter(|version| !version.eq_ignore_ascii_case("latest"));
    let aim = match details.text("component")? {
        Some(text) => Aim::parse(text, "details.component")?,
        None => Aim::Component(Component::Bios),
    };
    Ok(PackageInput {
        place: uri_of(uri, "details.firmware_uri")?,
        version: version.map(str::to_owned),
        aim: Some(aim),
        sha256: None,
    })
}

fn packages(list: &Value) -> Result<Vec<PackageInput>> {
    let Value::Array(entries) = list else {
        return Err(wrong_type("details.packages", "a list", list));
    };
    if entries.is_empty() {
        return Err(Error::invalid("details.packages", "no package is named", "name one at least"));
    }
    entries.iter().enumerate().map(|(nth, entry)| package(nth, entry)).collect()
}

fn package(nth: usize, entry: &Value) -> Result<PackageInput> {
    let field = |key: &str| format!("details.packages[{nth}].{key}");
    let text_only;
    let values: &Map<String, Value> = match entry {
        Value::Object(values) => values,
        Value::String(text) => {
            let key = if text.contains("://") { "uri" } else { "path" };
            text_only = Map::from_iter([(key.to_owned(), Value::String(text.clone()))]);
            &text_only
        }
        other => return Err(wrong_type(&format!("details.packages[{nth}]"), "an object", other)),
    };
    let text = |key: &str| -> Result<Option<&str>> {
        match values.get(key).filter(|value| !value.is_null()) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(other) => Err(wrong_type(&field(key), "a text", other)),
        }
    };
    let place = match (text("uri")?, text("path")?) {
        (Some(uri), None) => uri_of(uri, &field("uri"))?,
        (None, Some(path)) => Place::File(path.into()),
        _ => {
            return Err(Error::invalid(
                field("uri"),
                "a package has one place",
                "write either uri (where the iDRAC fetches it) or path (a file here)",
            ));
        }
    };
    let sha256 = text("sha256")?.map(str::to_ascii_lowercase);
    if let Some(hash) = &sha256
        && (hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(Error::invalid(field("sha256"), "this is no SHA-256", "write 64 hexadecimal digits"));
    }
    let version = text("version")?.filter(|version| !version.eq_ignore_ascii_case("latest"));
    Ok(PackageInput {
        place,
        version: version.map(str::to_owned),
        aim: text("component")?.map(|text| Aim::parse(text, &field("component"))).transpose()?,
        sha256,
    })
}

fn uri_of(text: &str, field: &str) -> Result<Place> {
    ImageUri::parse(text).map_err(|error| {
        Error::invalid(field, error.message().to_owned(), "write an address that the iDRACs reach")
    })?;
    Ok(Place::Uri(text.to_owned()))
}

impl Aim {
    /// A word for a kind of component, Dell's component id, or the name of a device.
    fn parse(text: &str, field: &str) -> Result<Self> {
        let text = text.trim();
        if let Some(component) = Component::parse(text) {
            return Ok(Self::Component(component));
        }
        if let Some(id) = ComponentId::parse(text) {
            return Ok(Self::Id(id));
        }
        if text.contains('.') {
            return Ok(Self::Device(text.to_owned()));
        }
        Err(unknown_component(field, text))
    }
}

fn components(details: Input<'_>, source: &SourceInput, is_whole: bool) -> Result<Vec<Component>> {
    let mut found = Vec::new();
    let mut words = details.texts("components")?;
    let is_repository = matches!(source, SourceInput::Repository(_));
    if is_repository && !words.is_empty() {
        return Err(Error::invalid(
            "details.components",
            "an iDRAC installs all that a repository has newer",
            "leave it out, or update from a catalogue",
        ));
    }
    // A package that is named knows what it is for; of a whole server nothing is left out for the word of a form.
    let is_single = details.text("firmware_uri")?.is_some();
    if words.is_empty() && !is_single && !is_whole && !is_repository {
        words.extend(details.text("component")?.map(str::to_owned));
    }
    for word in words {
        if word.eq_ignore_ascii_case("all") {
            return Ok(Vec::new());
        }
        let component =
            Component::parse(&word).ok_or_else(|| unknown_component("details.components", &word))?;
        if !found.contains(&component) {
            found.push(component);
        }
    }
    Ok(found)
}

fn unknown_component(field: &str, word: &str) -> Error {
    let words: Vec<_> = PARTS.iter().map(|(word, _)| *word).collect();
    Error::invalid(field, format!("`{word}` is no component"), format!("use one of {}", words.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::job::NewJob;

    fn decode(details: Value) -> Result<Args> {
        let scope = json!({"server_ids": [ServerId::new()]});
        Args::decode(&NewJob::new("firmware_update").with_scope(scope).with_details(details).preview(), false)
    }

    #[test]
    fn the_form_of_the_existing_front_end_is_read() {
        let args = decode(json!({
            "firmware_source": "manual_repository", "firmware_uri": "http://10.0.0.1/BIOS_2.1.EXE", "component": "BIOS",
            "version": "2.1", "apply_time": "OnReset", "auto_select_latest": true, "clear_stale_jobs_before_update": true,
            "dell_catalog_url": "https://downloads.dell.com/catalog/Catalog.xml", "stale_job_max_age_hours": 24,
        }))
        .expect("args");
        let SourceInput::Packages(packages) = &args.source else { panic!("{:?}", args.source) };
        assert_eq!(packages[0].version.as_deref(), Some("2.1"));
        assert_eq!(packages[0].aim, Some(Aim::Component(Component::Bios)));
        assert!(args.components.is_empty());
        let latest =
            decode(json!({"firmware_uri": "http://10.0.0.1/x.exe", "version": "latest"})).expect("args");
        assert!(matches!(&latest.source, SourceInput::Packages(list) if list[0].version.is_none()));
    }

    #[test]
    fn each_source_is_known_by_its_key_and_one_is_enough() {
        let online = json!({"firmware_source": "dell_online_catalog",
            "dell_catalog_url": "https://downloads.dell.com/catalog/Catalog.xml.gz", "component": "NIC"});
        let args = decode(online).expect("online");
        assert!(matches!(&args.source, SourceInput::Repository(_)));
        assert!(args.components.is_empty());
        let mirror = decode(json!({"repository": "/srv/dell", "components": ["bios", "idrac", "BIOS"]}))
            .expect("mirror");
        assert_eq!(mirror.components, [Component::Bios, Component::Idrac]);
        let all = decode(json!({"catalog": "/srv/Catalog.xml", "components": ["BIOS", "all"]})).expect("all");
        assert!(all.components.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let uri = "https://10.0.0.1/a.exe";
        for (details, field) in [
            (json!({}), "details.firmware_uri"),
            (json!({"firmware_source": "dell_online_catalog"}), "details.dell_catalog_url"),
            (json!({"firmware_source": "elsewhere", "firmware_uri": uri}), "details.firmware_source"),
            (json!({"firmware_uri": uri, "repository": "/srv"}), "details.firmware_uri"),
            (json!({"firmware_uri": "ssh://host/a.exe"}), "details.firmware_uri"),
            (json!({"firmware_uri": 5}), "details.firmware_uri"),
            (json!({"firmware_uri": uri, "component": "Toaster"}), "details.component"),
            (json!({"repository": "/srv", "component": "Toaster"}), "details.components"),
            (json!({"packages": {}}), "details.packages"),
            (json!({"packages": []}), "details.packages"),
            (json!({"packages": [5]}), "details.packages[0]"),
            (json!({"packages": [{"version": "1"}]}), "details.packages[0].uri"),
            (json!({"packages": [{"path": "/a", "version": 1}]}), "details.packages[0].version"),
            (json!({"packages": [{"path": "/a", "sha256": "abc"}]}), "details.packages[0].sha256"),
            (json!({"packages": ["/a"], "max_passes": 0}), "details.max_passes"),
            (json!({"packages": ["/a"], "reset_type": "Nmi"}), "details.reset_type"),
            (json!({"packages": ["/a"], "skip_maintenance": "yes"}), "details.skip_maintenance"),
            (json!({"share": {"type": "cifs"}}), "details.share.address"),
            (json!({"share": "//host/share"}), "details.share"),
            (json!({"share": {"address": "10.0.0.1"}, "components": ["BIOS"]}), "details.components"),
        ] {
            let error = decode(details.clone()).expect_err("bad");
            assert_eq!(error.subject(), Some(field), "{details}");
        }
    }
}
