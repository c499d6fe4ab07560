//! Which classes of components are exported or imported.

use dell_redfish::scp::ScpTarget;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::handlers::idrac::input::Input;

/// The classes that front ends know by flags of their own, in the order in which an export names them.
const FLAGGED: [(&str, ScpTarget); 4] = [
    ("bios", ScpTarget::Bios),
    ("idrac", ScpTarget::Idrac),
    ("nic", ScpTarget::Nic),
    ("raid", ScpTarget::Raid),
];

/// What is to be imported, as far as the job itself says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    /// These classes, whatever a row says.
    Named(Vec<ScpTarget>),
    /// By class, in the order of the flags.
    Flags([Option<bool>; 4]),
}

/// The classes of an export: `targets`, else the flags `include_*`, which are set unless cleared.
pub(super) fn exported(details: Input<'_>) -> Result<Vec<ScpTarget>> {
    if let Some(named) = named(details)? {
        return Ok(named);
    }
    let mut classes = Vec::new();
    for (name, class) in FLAGGED {
        if details.flag(&format!("include_{name}"), true)? {
            classes.push(class);
        }
    }
    if classes.is_empty() {
        return Err(nothing(&details.field("include_bios"), "export"));
    }
    Ok(classes)
}

impl Chosen {
    /// `targets`, else `restore_*` over `include_*`.
    pub(super) fn decode(details: Input<'_>) -> Result<Self> {
        if let Some(named) = named(details)? {
            return Ok(Self::Named(named));
        }
        let mut flags = [None; 4];
        for (flag, (name, _)) in flags.iter_mut().zip(FLAGGED) {
            for key in [format!("include_{name}"), format!("restore_{name}")] {
                if details.value(&key).is_some() {
                    *flag = Some(details.flag(&key, true)?);
                }
            }
        }
        if flags == [Some(false); 4] {
            return Err(nothing(&details.field("restore_bios"), "import"));
        }
        Ok(Self::Flags(flags))
    }

    /// The classes to import, empty for everything in the profile: where the job does not say it, the row does.
    ///
    /// # Errors
    /// Nothing is left.
    pub(super) fn resolve(&self, row: [Option<bool>; 4]) -> Result<Vec<ScpTarget>> {
        let own = match self {
            Self::Named(classes) => return Ok(classes.clone()),
            Self::Flags(own) => own,
        };
        // A row of other classes alone says of these four that they are not in it: then all that is in it is meant.
        let row = if row.iter().all(|flag| *flag == Some(false)) { [None; 4] } else { row };
        let flags: Vec<bool> = own.iter().zip(row).map(|(own, row)| own.or(row).unwrap_or(true)).collect();
        if flags.iter().all(|flag| *flag) {
            return Ok(Vec::new());
        }
        let wanted = FLAGGED.iter().zip(&flags).filter(|(_, flag)| **flag);
        let classes: Vec<ScpTarget> = wanted.map(|((_, class), _)| *class).collect();
        if classes.is_empty() {
            return Err(nothing("details.restore_bios", "import"));
        }
        Ok(classes)
    }
}

/// The flags of a row about these classes.
pub(super) fn columns(classes: &[ScpTarget]) -> Map<String, Value> {
    let has = |class| classes.is_empty() || classes.contains(&class) || classes.contains(&ScpTarget::All);
    FLAGGED.iter().map(|(name, class)| (format!("include_{name}"), Value::Bool(has(*class)))).collect()
}

/// The flags of a row, where it has them.
pub(super) fn of_columns(columns: &Map<String, Value>) -> [Option<bool>; 4] {
    FLAGGED.map(|(name, _)| columns.get(&format!("include_{name}")).and_then(Value::as_bool))
}

/// As `Target` writes them: `BIOS,IDRAC`.
pub(super) fn text(classes: &[ScpTarget]) -> String {
    if classes.is_empty() {
        return ScpTarget::All.as_str().to_owned();
    }
    classes.iter().map(|class| class.as_str()).collect::<Vec<_>>().join(",")
}

/// Whether a component, at whatever depth, belongs to these classes.
pub(super) fn is_covered(classes: &[ScpTarget], fqdd: &str) -> bool {
    // A volume or a disk goes with its controller, which its name ends with.
    let owner = fqdd.rsplit(':').next().unwrap_or(fqdd);
    classes.is_empty() || classes.iter().any(|class| class.covers(owner))
}

fn named(details: Input<'_>) -> Result<Option<Vec<ScpTarget>>> {
    let mut classes = Vec::new();
    for text in details.texts("targets")? {
        for word in text.split(',').filter(|word| !word.trim().is_empty()) {
            let class: ScpTarget = word.parse().map_err(|error: dell_redfish::Error| {
                Error::invalid(details.field("targets"), error.message().to_owned(), "use those classes")
            })?;
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
    }
    Ok(Some(classes).filter(|classes| !classes.is_empty()))
}

fn nothing(field: &str, what: &str) -> Error {
    Error::invalid(field, format!("there is nothing to {what}"), "set one of these flags, or leave them out")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with<T>(details: Value, read: impl Fn(Input<'_>) -> Result<T>) -> Result<T> {
        let map = details.as_object().cloned().unwrap_or_default();
        read(Input::of("details", &map))
    }

    #[test]
    fn an_export_takes_the_four_classes_unless_told_otherwise() {
        assert_eq!(text(&with(json!({}), exported).expect("all")), "BIOS,IDRAC,NIC,RAID");
        let some = json!({"include_raid": false, "include_nic": null});
        assert_eq!(text(&with(some, exported).expect("three")), "BIOS,IDRAC,NIC");
        let named = json!({"targets": ["system", "BIOS,bios"], "include_bios": false});
        assert_eq!(text(&with(named, exported).expect("named")), "System,BIOS");
        let none = json!({"include_bios": false, "include_idrac": false, "include_nic": false, "include_raid": false});
        assert_eq!(with(none, exported).expect_err("none").subject(), Some("details.include_bios"));
        let bad = with(json!({"targets": ["GPU"]}), exported).expect_err("bad");
        assert_eq!(bad.subject(), Some("details.targets"));
    }

    #[test]
    fn restore_wins_over_include_and_both_over_the_row() {
        let resolve = |details, row| with(details, Chosen::decode)?.resolve(row).map(|found| text(&found));
        let row = [Some(true), Some(true), Some(true), Some(false)];
        for (details, row, expected) in [
            (json!({}), [None; 4], "ALL"),
            (json!({}), [Some(true); 4], "ALL"),
            (json!({}), row, "BIOS,IDRAC,NIC"),
            (json!({"restore_raid": true}), row, "ALL"),
            (json!({"restore_bios": true, "include_bios": false}), row, "BIOS,IDRAC,NIC"),
            (json!({"restore_bios": false, "include_bios": true}), row, "IDRAC,NIC"),
            (json!({"include_idrac": false, "include_nic": false}), row, "BIOS"),
            (json!({"targets": "NIC"}), row, "NIC"),
            (json!({}), [Some(false); 4], "ALL"),
        ] {
            assert_eq!(resolve(details.clone(), row).expect("classes"), expected, "{details}");
        }
        let rest = json!({"restore_bios": false, "restore_idrac": false, "restore_nic": false});
        assert!(resolve(rest, row).is_err(), "only what is not in it is left");
    }

    #[test]
    fn what_hangs_on_a_controller_goes_with_it() {
        assert!(is_covered(&[ScpTarget::Raid], "Disk.Virtual.0:RAID.Integrated.1-1"));
        assert!(!is_covered(&[ScpTarget::Bios], "Disk.Virtual.0:RAID.Integrated.1-1"));
        assert!(is_covered(&[], "NIC.Integrated.1-1-1"));
    }
}
