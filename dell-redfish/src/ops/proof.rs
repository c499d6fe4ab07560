//! Whether a service root is a Dell iDRAC's: asked before any secret is sent.

use crate::model::ServiceRoot;

/// The verdict on a service root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A Dell iDRAC.
    Dell {
        /// The server's service tag, where the root tells it (Dell `DellServiceRoot`).
        service_tag: Option<String>,
        /// MAC address of the iDRAC, where the root tells it.
        manager_mac: Option<String>,
    },
    /// Something else.
    NotDell {
        /// Why, in a sentence.
        reason: String,
    },
}

/// What the product calls itself.
const PRODUCT: &str = "Integrated Dell Remote Access Controller";

/// Judges a service root. Any one of `Vendor` beginning with `Dell`, `Oem.Dell` or the product's name is enough; roots of
/// iDRAC7/8 (Redfish 1.0.2, 1.4.0) name no vendor, but carry `Oem.Dell`.
#[must_use]
pub fn vendor_proof(root: &ServiceRoot) -> Proof {
    let filled = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    if root.redfish_version.is_none() && root.odata_type.is_none() {
        return Proof::NotDell { reason: "it is no Redfish service root".to_owned() };
    }
    let dell = root.oem.as_ref().and_then(|oem| oem.dell.as_ref());
    let vendor = root.vendor.as_deref().unwrap_or_default();
    let product = root.product.as_deref().unwrap_or_default();
    if vendor.starts_with("Dell") || (vendor.is_empty() && (dell.is_some() || product.contains(PRODUCT))) {
        return Proof::Dell {
            service_tag: dell
                .and_then(|dell| filled(&dell.service_tag))
                .or_else(|| filled(&root.service_identification)),
            manager_mac: dell.and_then(|dell| filled(&dell.manager_mac_address)),
        };
    }
    let who = match (vendor, product) {
        ("", "") => "it names neither vendor nor product".to_owned(),
        ("", product) => format!("its product is {product:?}"),
        (vendor, _) => format!("its vendor is {vendor:?}"),
    };
    Proof::NotDell { reason: who }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(json: &str) -> Proof {
        vendor_proof(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn dells_of_every_generation_are_known() {
        let dell = |tag: Option<&str>, mac: Option<&str>| Proof::Dell {
            service_tag: tag.map(str::to_owned),
            manager_mac: mac.map(str::to_owned),
        };
        assert_eq!(
            judge(
                r#"{"RedfishVersion":"1.18.0","Vendor":"Dell","Oem":{"Dell":{"ServiceTag":"ABC1234","ManagerMACAddress":"00:11"}}}"#
            ),
            dell(Some("ABC1234"), Some("00:11"))
        );
        assert_eq!(judge(r#"{"RedfishVersion":"1.0.2","Oem":{"Dell":{}}}"#), dell(None, None));
        assert_eq!(
            judge(
                r#"{"RedfishVersion":"1.4.0","Oem":{"Dell":{"ServiceTag":" "}},"ServiceIdentification":"T"}"#
            ),
            dell(Some("T"), None)
        );
        assert_eq!(
            judge(r#"{"RedfishVersion":"1.6.0","Product":"Integrated Dell Remote Access Controller"}"#),
            dell(None, None)
        );
    }

    #[test]
    fn others_are_not() {
        for json in [
            "{}",
            r#"{"RedfishVersion":"1.6.0"}"#,
            r#"{"RedfishVersion":"1.6.0","Vendor":"HPE","Oem":{"Hpe":{}}}"#,
            r#"{"RedfishVersion":"1.6.0","Vendor":"Supermicro","Oem":{"Dell":{}}}"#,
            r#"{"RedfishVersion":"1.6.0","Product":"Some BMC"}"#,
            r#"{"RedfishVersion":"1.6.0","Vendor":"","Oem":{"Dell":"x"}}"#,
        ] {
            assert!(matches!(judge(json), Proof::NotDell { .. }), "{json}");
        }
    }
}
