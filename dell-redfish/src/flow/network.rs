//! The iDRAC's own network settings, typed: a view of its attributes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attribute::{AttributesSet, SetAttributes, fetch_attributes};
use crate::error::Result;
use crate::model::{Lenient as _, Scalar};
use crate::operation::Redfish;
use crate::ops::attribute::AttributeGroup;
use crate::plan::Plan;

/// A setting as an attribute holds it.
trait Setting: Sized {
    fn read(value: &Scalar) -> Option<Self>;
    fn write(&self) -> Scalar;
}

impl Setting for bool {
    fn read(value: &Scalar) -> Option<Self> {
        match value {
            Scalar::Bool(value) => Some(*value),
            other => Self::text(&other.to_text()?),
        }
    }

    fn write(&self) -> Scalar {
        Scalar::Text(if *self { "Enabled" } else { "Disabled" }.to_owned())
    }
}

impl Setting for String {
    fn read(value: &Scalar) -> Option<Self> {
        value.to_text()
    }

    fn write(&self) -> Scalar {
        Scalar::Text(self.clone())
    }
}

impl Setting for u64 {
    fn read(value: &Scalar) -> Option<Self> {
        Self::text(&value.to_text()?)
    }

    fn write(&self) -> Scalar {
        Scalar::Number((*self).into())
    }
}

macro_rules! settings {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $attribute:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$doc])* pub $field: Option<$type>,)* }

        impl $name {
            fn read(attributes: &BTreeMap<String, Scalar>) -> Self {
                Self { $($field: attributes.get($attribute).and_then(Setting::read),)* }
            }

            fn write(&self, into: &mut BTreeMap<String, Scalar>) {
                $(if let Some(value) = &self.$field { into.insert($attribute.to_owned(), value.write()); })*
            }
        }
    };
}

settings! {
    /// IPv4 of the iDRAC (attributes `IPv4.1.*`).
    Ipv4Settings {
        /// Whether IPv4 is used.
        enabled: bool = "IPv4.1.Enable",
        /// Whether the address comes by DHCP.
        dhcp_enabled: bool = "IPv4.1.DHCPEnable",
        /// Address.
        address: String = "IPv4.1.Address",
        /// Gateway.
        gateway: String = "IPv4.1.Gateway",
        /// Netmask.
        netmask: String = "IPv4.1.Netmask",
        /// First name server; `0.0.0.0` is none.
        dns1: String = "IPv4.1.DNS1",
        /// Second name server; `0.0.0.0` is none.
        dns2: String = "IPv4.1.DNS2",
        /// Whether the name servers come by DHCP.
        dns_from_dhcp: bool = "IPv4.1.DNSFromDHCP",
    }
}

settings! {
    /// The iDRAC's network interface (attributes `NIC.1.*`).
    NicSettings {
        /// `Dedicated`, `LOM1`, …
        selection: String = "NIC.1.Selection",
        /// Mbit/s.
        speed: String = "NIC.1.Speed",
        /// `Full` or `Half`.
        duplex: String = "NIC.1.Duplex",
        /// Bytes.
        mtu: u64 = "NIC.1.MTU",
        /// Whether it is in a VLAN.
        vlan_enabled: bool = "NIC.1.VLanEnable",
        /// Which.
        vlan_id: u64 = "NIC.1.VLanID",
        /// With which priority.
        vlan_priority: u64 = "NIC.1.VLanPriority",
        /// The iDRAC's host name.
        host_name: String = "NIC.1.DNSRacName",
        /// Its domain.
        domain_name: String = "NIC.1.DNSDomainName",
    }
}

settings! {
    /// Time servers (attributes `NTPConfigGroup.1.*`, `Time.1.Timezone`).
    NtpSettings {
        /// Whether they are asked.
        enabled: bool = "NTPConfigGroup.1.NTPEnable",
        /// First.
        server1: String = "NTPConfigGroup.1.NTP1",
        /// Second.
        server2: String = "NTPConfigGroup.1.NTP2",
        /// Third.
        server3: String = "NTPConfigGroup.1.NTP3",
        /// Time zone, as `CST6CDT`, `UTC` or `Europe/Berlin`.
        timezone: String = "Time.1.Timezone",
    }
}

/// The iDRAC's network settings: what it has, or, with what shall stay left out, what it should have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkSettings {
    /// IPv4.
    pub ipv4: Ipv4Settings,
    /// Interface.
    pub nic: NicSettings,
    /// Time servers.
    pub ntp: NtpSettings,
}

impl NetworkSettings {
    /// Reads them off the iDRAC's attributes.
    #[must_use]
    pub fn of(attributes: &BTreeMap<String, Scalar>) -> Self {
        Self {
            ipv4: Ipv4Settings::read(attributes),
            nic: NicSettings::read(attributes),
            ntp: NtpSettings::read(attributes),
        }
    }

    /// As attributes; what is left out is none of them.
    #[must_use]
    pub fn to_attributes(&self) -> BTreeMap<String, Scalar> {
        let mut all = BTreeMap::new();
        self.ipv4.write(&mut all);
        self.nic.write(&mut all);
        self.ntp.write(&mut all);
        all
    }

    /// The name servers in use; `0.0.0.0` and the empty text are none.
    pub fn name_servers(&self) -> impl Iterator<Item = &str> {
        let both = [&self.ipv4.dns1, &self.ipv4.dns2];
        both.into_iter()
            .filter_map(|server| server.as_deref())
            .filter(|server| !matches!(*server, "" | "0.0.0.0"))
    }

    fn change(&self) -> SetAttributes {
        SetAttributes::new(AttributeGroup::Idrac, self.to_attributes())
    }

    /// What setting them would do; a change that moves the iDRAC carries a warning and is disruptive.
    ///
    /// # Errors
    /// As [`SetAttributes::plan`].
    pub async fn plan(&self, redfish: &dyn Redfish) -> Result<Plan> {
        self.change().plan(redfish).await
    }

    /// Sets what is named and differs.
    ///
    /// # Errors
    /// As [`SetAttributes::run`].
    pub async fn set(&self, redfish: &dyn Redfish) -> Result<AttributesSet> {
        self.change().run(redfish).await
    }
}

/// Whether an attribute belongs to the iDRAC's network or time settings.
#[must_use]
pub fn is_network_attribute(name: &str) -> bool {
    ["IPv4.", "IPv4Static.", "NIC.", "NTPConfigGroup.", "DNS.", "Time."]
        .iter()
        .any(|group| name.starts_with(group))
}

/// Reads the iDRAC's network settings. One request.
///
/// # Errors
/// As [`fetch_attributes`].
pub async fn fetch_network_settings(redfish: &dyn Redfish) -> Result<NetworkSettings> {
    let resource = fetch_attributes(redfish, AttributeGroup::Idrac).await?;
    Ok(resource.attributes.as_ref().map(NetworkSettings::of).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_is_written() {
        let settings = NetworkSettings {
            ipv4: Ipv4Settings {
                dhcp_enabled: Some(false),
                dns1: Some("10.0.0.1".into()),
                ..Ipv4Settings::default()
            },
            nic: NicSettings { mtu: Some(1500), ..NicSettings::default() },
            ntp: NtpSettings { timezone: Some("UTC".into()), ..NtpSettings::default() },
        };
        let attributes = settings.to_attributes();
        assert_eq!(attributes.len(), 4);
        assert_eq!(attributes["IPv4.1.DHCPEnable"], Scalar::Text("Disabled".into()));
        assert_eq!(NetworkSettings::of(&attributes), settings);
        assert_eq!(settings.name_servers().collect::<Vec<_>>(), ["10.0.0.1"]);
        let odd = BTreeMap::from([
            ("NIC.1.MTU".to_owned(), Scalar::Text("1500".into())),
            ("IPv4.1.DNS2".to_owned(), Scalar::Text("0.0.0.0".into())),
        ]);
        let odd = NetworkSettings::of(&odd);
        assert_eq!((odd.nic.mtu, odd.name_servers().count()), (Some(1500), 0));
    }
}
