//! Profiles as documents: the settings of a server written as XML or JSON, and settings read from either.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::identity::Identity;
use crate::spec::ServerSpec;
use crate::tree::profile::Profile;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) fqdd: String,
    pub(crate) name: String,
    pub(crate) value: String,
    /// Stands in a comment, or is not to be set.
    pub(crate) silent: bool,
}

impl Setting {
    fn new(fqdd: &str, name: &str, value: &str, silent: bool) -> Self {
        Self { fqdd: fqdd.into(), name: name.into(), value: value.into(), silent }
    }
}

/// What a server is set to when nobody has changed it. The volume hangs on its controller.
pub(crate) fn factory(spec: &ServerSpec, profile: &Profile) -> Vec<Setting> {
    let user = spec.accounts.first().map_or("root", |account| account.user.as_str());
    let bios = "BIOS.Setup.1-1";
    let idrac = "iDRAC.Embedded.1";
    let volume = "Disk.Virtual.0:RAID.Integrated.1-1";
    let rows = [
        ("System.Embedded.1", "ServerPwr.1#PSRapidOn", "Enabled", false),
        (
            "LifecycleController.Embedded.1",
            "LCAttributes.1#CollectSystemInventoryOnRestart",
            "Enabled",
            false,
        ),
        (bios, "SystemModelName", profile.system_model, true),
        (bios, "BootMode", "Uefi", false),
        (bios, "ProcVirtualization", "Enabled", false),
        (bios, "SetupPassword", "******", true),
        (idrac, "Users.2#UserName", user, false),
        (idrac, "Users.2#Password", "******", true),
        (idrac, "SNMP.1#AgentCommunity", "******", true),
        (idrac, "NTPConfigGroup.1#NTPEnable", "Disabled", false),
        (idrac, "ServerBoot.1#BootOnce", "Disabled", false),
        (idrac, "ServerBoot.1#FirstBootDevice", "Normal", false),
        ("NIC.Integrated.1-1-1", "WakeOnLan", "Enabled", false),
        ("RAID.Integrated.1-1", "RAIDresetConfig", "False", true),
        (volume, "RAIDTypes", "RAID 1", true),
        (volume, "IncludedPhysicalDiskID", "Disk.Bay.0", true),
        (volume, "IncludedPhysicalDiskID", "Disk.Bay.1", true),
    ];
    rows.map(|(fqdd, name, value, silent)| Setting::new(fqdd, name, value, silent)).to_vec()
}

/// The class of a component: the first part of its name, in Dell's spelling of classes. A volume goes with its controller.
pub(crate) fn class(fqdd: &str) -> String {
    let owner = fqdd.rsplit(':').next().unwrap_or(fqdd);
    owner.split('.').next().unwrap_or_default().to_ascii_uppercase()
}

/// What the host must restart for.
pub(crate) fn needs_restart(fqdd: &str) -> bool {
    !matches!(class(fqdd).as_str(), "IDRAC" | "SYSTEM" | "LIFECYCLECONTROLLER")
}

/// Writes it as an iDRAC does: with line breaks, remarks, and what is not to be set in comments.
pub(crate) fn to_xml(settings: &[Setting], profile: &Profile, identity: &Identity) -> String {
    let mut out = format!(
        "<SystemConfiguration Model=\"{}\" ServiceTag=\"{}\" TimeStamp=\"Thu Jan  1 00:00:00 2026\">\n\
         <!--Export type is Normal,Non-Recoverable-->\n",
        profile.system_model,
        identity.tag()
    );
    for fqdd in components(settings) {
        let nested = fqdd.contains(':');
        // A volume is written inside its controller, which stands right before it.
        if nested && out.ends_with("</Component>\n") {
            out.truncate(out.len() - "</Component>\n".len());
        }
        let _ = writeln!(out, "<Component FQDD=\"{fqdd}\">");
        for setting in settings.iter().filter(|setting| setting.fqdd == fqdd) {
            let element =
                format!("<Attribute Name=\"{}\">{}</Attribute>", setting.name, escaped(&setting.value));
            let _ = match setting.silent {
                true => writeln!(out, "    <!-- {element}-->"),
                false => writeln!(out, "    {element}"),
            };
        }
        out.push_str("</Component>\n");
        if nested {
            out.push_str("</Component>\n");
        }
    }
    out.push_str("</SystemConfiguration>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The same as JSON.
pub(crate) fn to_json(settings: &[Setting], profile: &Profile, identity: &Identity) -> String {
    let mut all: Vec<Value> = Vec::new();
    for fqdd in components(settings) {
        let attributes: Vec<Value> = settings
            .iter()
            .filter(|setting| setting.fqdd == fqdd)
            .map(|setting| {
                json!({"Name": setting.name, "Value": setting.value, "Comment": "Read and Write",
                    "Set On Import": if setting.silent { "False" } else { "True" }})
            })
            .collect();
        let component = json!({"FQDD": fqdd, "Attributes": attributes});
        match all.last_mut() {
            Some(owner) if fqdd.contains(':') => owner["Components"] = json!([component]),
            _ => all.push(component),
        }
    }
    json!({"SystemConfiguration": {"Comments": [{"Comment": "Export type is Normal,JSON"}],
        "Model": profile.system_model, "ServiceTag": identity.tag(), "TimeStamp": "Thu Jan  1 00:00:00 2026",
        "Components": all}})
    .to_string()
}

fn components(settings: &[Setting]) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for setting in settings {
        if !all.contains(&setting.fqdd.as_str()) {
            all.push(&setting.fqdd);
        }
    }
    all
}

/// The settings a document holds, or the message id that says what is wrong with it. `old` firmware takes XML only, and in a
/// buffer (`strict`) no white space between its elements.
pub(crate) fn read(text: &str, old: bool, strict: bool) -> Result<Vec<Setting>, &'static str> {
    if text.trim_start().starts_with('{') {
        if old {
            return Err("SYS062");
        }
        let document: Value = serde_json::from_str(text).map_err(|_| "SYS064")?;
        let mut found = Vec::new();
        collect(document.pointer("/SystemConfiguration/Components").ok_or("SYS062")?, &mut found);
        return Ok(found);
    }
    read_xml(text, strict)
}

fn collect(components: &Value, found: &mut Vec<Setting>) {
    for component in components.as_array().into_iter().flatten() {
        let text = |holder: &Value, key: &str| holder[key].as_str().unwrap_or_default().to_owned();
        let fqdd = text(component, "FQDD");
        for attribute in component["Attributes"].as_array().into_iter().flatten() {
            found.push(Setting {
                fqdd: fqdd.clone(),
                name: text(attribute, "Name"),
                value: text(attribute, "Value"),
                silent: attribute["Set On Import"] == "False",
            });
        }
        collect(&component["Components"], found);
    }
}

fn read_xml(text: &str, strict: bool) -> Result<Vec<Setting>, &'static str> {
    let mut rest = text.trim();
    if !rest.starts_with("<SystemConfiguration") || !rest.ends_with("</SystemConfiguration>") {
        return Err("SYS062");
    }
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    while let Some(at) = rest.find('<') {
        if strict && at > 0 && rest[..at].trim().is_empty() {
            return Err("SYS047");
        }
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").ok_or("SYS064")?.1;
            continue;
        }
        let (tag, after) = rest.split_once('>').ok_or("SYS064")?;
        rest = after;
        let named = |key: &str| {
            let (_, value) = tag.split_once(&format!("{key}=\""))?;
            value.split_once('"').map(|(value, _)| unescaped(value))
        };
        if tag.starts_with("<Component") {
            open.push(named("FQDD").ok_or("SYS047")?);
        } else if tag == "</Component" {
            open.pop().ok_or("SYS050")?;
        } else if tag.starts_with("<Attribute") {
            let (value, after) = rest.split_once("</Attribute>").ok_or("SYS064")?;
            rest = after;
            found.push(Setting {
                fqdd: open.last().ok_or("SYS050")?.clone(),
                name: named("Name").ok_or("SYS047")?,
                value: unescaped(value),
                silent: false,
            });
        }
    }
    if open.is_empty() { Ok(found) } else { Err("SYS063") }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&#45;", "-").replace("&amp;", "&")
}
