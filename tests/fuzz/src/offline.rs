//! What is read without an iDRAC: registries, profiles, catalogues, cron expressions.

use bytes::Bytes;
use dell_redfish::attribute::{AttributeRegistry, AttributeValues};
use dell_redfish::catalog::{Catalog, CatalogLimits, DellVersion};
use dell_redfish::scp::{Profile, ProfileFormat};
use dsm_core::schedule::{Cron, Zone};
use jiff::Timestamp;

/// An attribute registry and its dependency rules.
pub(crate) fn attributes(data: &[u8]) {
    let Ok(registry) = AttributeRegistry::parse(Bytes::copy_from_slice(data)) else { return };
    let values = AttributeValues::default();
    let _ = registry.settle(&values, &values);
}

/// A server configuration profile: what reads can be written in both formats, and reads again as the same.
pub(crate) fn profiles(data: &[u8]) {
    let Ok(profile) = Profile::parse(Bytes::copy_from_slice(data)) else { return };
    assert!(profile.diff(&profile).is_empty(), "it differs from itself");
    let _ = (profile.secrets(), format!("{profile:?}"));
    for format in [ProfileFormat::Xml, ProfileFormat::Json] {
        let Ok(written) = profile.to_bytes(format) else { continue };
        match Profile::parse(written) {
            Ok(again) => assert!(profile.diff(&again).is_empty(), "{format:?} loses something"),
            Err(error) => panic!("what was written as {format:?} does not read: {error}"),
        }
    }
}

/// A catalogue, packed or not, in any encoding.
pub(crate) fn catalogues(data: &[u8]) {
    let Ok(catalog) = Catalog::read(data, &CatalogLimits::default()) else { return };
    let _ = format!("{catalog:?}");
}

/// Two versions, one a line: the order is the same from either side.
pub(crate) fn versions(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (one, other) = text.split_once('\n').unwrap_or((&text, ""));
    let (one, other) = (DellVersion::new(one), DellVersion::new(other));
    assert_eq!(one.compare(other), other.compare(one).map(std::cmp::Ordering::reverse));
}

/// A cron expression, and on a second line a time zone: times are later each, and the same however they are asked for.
pub(crate) fn schedules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (cron, zone) = text.split_once('\n').unwrap_or((&text, "UTC"));
    let (Ok(cron), Ok(zone)) = (cron.parse::<Cron>(), zone.trim().parse::<Zone>()) else { return };
    assert_eq!(cron.as_str().parse::<Cron>().ok().as_ref(), Some(&cron), "it does not read as it is written");
    // A week with a change of the clocks in most places that have one.
    let mut at = Timestamp::constant(1_774_200_000, 0);
    for _ in 0..20 {
        let Some(next) = cron.next_after(&zone, at) else { return };
        assert!(next > at, "{cron} in {zone} is due at {next} after {at}");
        let between = Timestamp::from_second(i64::midpoint(at.as_second(), next.as_second())).unwrap_or(at);
        assert_eq!(cron.next_after(&zone, between), Some(next), "{cron} in {zone} after {between}");
        at = next;
    }
}
