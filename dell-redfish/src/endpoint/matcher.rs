//! Finds the row of a path: a tree over the segments, built once; looking up allocates nothing.

use std::sync::LazyLock;

use http::Method;

use super::{Endpoint, table};

/// Longest path with query that is looked at, in bytes.
const MAX_LENGTH: usize = 2048;

/// Query options an iDRAC knows.
const QUERY_KEYS: &[&str] =
    &["$expand", "$select", "$filter", "$skip", "$top", "$skiptoken", "only", "excerpt"];

static TREE: LazyLock<Node> = LazyLock::new(|| {
    let mut root = Node::default();
    for row in table() {
        let mut node = &mut root;
        for segment in row.template.split('/').skip(1) {
            node = node.child(segment);
        }
        node.row = Some(row);
    }
    root
});

#[derive(Default)]
struct Node {
    row: Option<&'static Endpoint>,
    /// Sorted by name.
    fixed: Vec<(&'static str, Node)>,
    /// A placeholder.
    any: Option<Box<Node>>,
}

impl Node {
    fn child(&mut self, segment: &'static str) -> &mut Self {
        if segment.starts_with('{') {
            return self.any.get_or_insert_default();
        }
        let at = match self.fixed.binary_search_by(|(name, _)| (*name).cmp(segment)) {
            Ok(at) => at,
            Err(at) => {
                self.fixed.insert(at, (segment, Self::default()));
                at
            }
        };
        &mut self.fixed[at].1
    }

    /// A name that the table writes out wins over a placeholder, unless only the placeholder leads to a row.
    fn find(&self, path: &str) -> Option<&'static Endpoint> {
        let Some(rest) = path.strip_prefix('/') else {
            return self.row;
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let (segment, rest) = rest.split_at(end);
        let fixed = self.fixed.binary_search_by(|(name, _)| (*name).cmp(segment)).ok();
        fixed
            .and_then(|at| self.fixed[at].1.find(rest))
            .or_else(|| self.any.as_ref().and_then(|any| any.find(rest)))
    }
}

/// The row a request belongs to, or why it has none.
pub(super) fn find(method: &Method, path_and_query: &str) -> Result<&'static Endpoint, &'static str> {
    if path_and_query.len() > MAX_LENGTH {
        return Err("it is too long");
    }
    let (path, query) = match path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path_and_query, None),
    };
    // Links to collections sometimes end in a slash, and the root is written both ways.
    let path = path.strip_suffix('/').unwrap_or(path);
    if !is_clean(path) {
        return Err("it is not an absolute path of plain segments below /redfish");
    }
    if !query.is_none_or(is_clean_query) {
        return Err("its query has an option no iDRAC knows, or characters that do not belong there");
    }
    let row = TREE.find(path).ok_or("no row of the endpoint table has this path")?;
    if row.methods.allows(method) {
        Ok(row)
    } else {
        Err("the endpoint table does not allow this method here")
    }
}

/// Whether a path (without query) is absolute, below `/redfish`, and of plain segments.
pub(crate) fn is_clean(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/redfish") else { return false };
    match rest.strip_prefix('/') {
        Some(rest) => rest.split('/').all(|segment| is_clean_segment(segment.as_bytes())),
        None => rest.is_empty(),
    }
}

/// Whether one segment is plain: no way up, no hidden slash or dot, no control character, no second meaning.
pub(super) fn is_clean_segment(segment: &[u8]) -> bool {
    if segment.is_empty() || segment.iter().all(|byte| *byte == b'.') {
        return false;
    }
    let mut bytes = segment.iter();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => true,
            b'%' => {
                let high = bytes.next().and_then(|byte| (*byte as char).to_digit(16));
                let low = bytes.next().and_then(|byte| (*byte as char).to_digit(16));
                // An escape may stand for a printable character that is no dot, slash, backslash or percent sign.
                matches!((high, low), (Some(high), Some(low))
                    if !matches!(high * 16 + low, 0..=0x1f | 0x25 | 0x2e | 0x2f | 0x5c | 0x7f..))
            }
            _ => b"-._~!$&'()*+,;=:@|".contains(byte),
        };
        if !fine {
            return false;
        }
    }
    true
}

fn is_clean_query(query: &str) -> bool {
    query.split('&').all(|option| {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.as_bytes();
        QUERY_KEYS.contains(&key)
            && value.iter().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>`{}^".contains(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_is_needed_may_be_sent() {
        for (method, path) in [
            (Method::GET, "/redfish/v1"),
            (Method::GET, "/redfish/v1/"),
            (Method::GET, "/redfish/v1/Systems/System.Embedded.1?$expand=.($levels=1)"),
            (Method::PATCH, "/redfish/v1/Systems/System.Embedded.1"),
            (Method::POST, "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset"),
            (Method::POST, "/redfish/v1/Sessions"),
            (Method::DELETE, "/redfish/v1/SessionService/Sessions/12"),
            (
                Method::GET,
                "/redfish/v1/Systems/System.Embedded.1/Storage/RAID.SL.3-1/Drives/Disk.Bay.0:Enclosure.Internal.0-1:RAID.SL.3-1",
            ),
            (Method::GET, "/redfish/v1/Managers/iDRAC.Embedded.1/LogServices/Sel/Entries?$skip=50&$top=50"),
            (
                Method::GET,
                "/redfish/v1/Managers/iDRAC.Embedded.1/LogServices/Lclog/Entries?$filter=Created%20ge%20'2026-01-01T00:00:00-05:00'",
            ),
            (
                Method::POST,
                "/redfish/v1/Managers/iDRAC.Embedded.1/Actions/Oem/EID_674_Manager.ExportSystemConfiguration",
            ),
            (
                Method::POST,
                "/redfish/v1/Managers/iDRAC.Embedded.1/Actions/Oem/OemManager.ExportSystemConfiguration",
            ),
            (
                Method::POST,
                "/redfish/v1/Systems/System.Embedded.1/VirtualMedia/1/Actions/VirtualMedia.InsertMedia",
            ),
            (
                Method::POST,
                "/redfish/v1/Managers/iDRAC.Embedded.1/VirtualMedia/CD/Actions/VirtualMedia.EjectMedia",
            ),
            (
                Method::GET,
                "/redfish/v1/UpdateService/FirmwareInventory/Installed-0-2.3.0__Disk.Bay.6%3AEnclosure.Internal.0-1",
            ),
            (Method::GET, "/redfish/v1/TaskService/TaskMonitors/JID_1"),
        ] {
            assert!(check(&method, path).is_ok(), "{method} {path}: {:?}", check(&method, path));
        }
    }

    #[test]
    fn hostile_and_unknown_requests_are_refused() {
        for (method, path) in [
            (Method::GET, ""),
            (Method::GET, "/"),
            (Method::GET, "redfish/v1"),
            (Method::GET, "https://evil.example/redfish/v1"),
            (Method::GET, "//evil.example/redfish/v1"),
            (Method::GET, "/redfish/v1@evil.example/"),
            (Method::GET, "/redfish/v2"),
            (Method::GET, "/redfish/v1/Nothing"),
            (Method::GET, "/redfish/v1/../../etc/passwd"),
            (Method::GET, "/redfish/v1/Systems/../Managers"),
            (Method::GET, "/redfish/v1/Systems/..."),
            (Method::GET, "/redfish/v1/Systems/%2e%2e/x"),
            (Method::GET, "/redfish/v1/Systems/.%2E"),
            (Method::GET, "/redfish/v1/Systems/a%2fb"),
            (Method::GET, "/redfish/v1/Systems/a%5cb"),
            (Method::GET, "/redfish/v1/Systems/a%00"),
            (Method::GET, "/redfish/v1/Systems/a%252e"),
            (Method::GET, "/redfish/v1/Systems/a%zz"),
            (Method::GET, "/redfish/v1/Systems/a%2"),
            (Method::GET, "/redfish/v1//Systems"),
            (Method::GET, "/redfish/v1/Systems//"),
            (Method::GET, "/redfish/v1/Systems/a b"),
            (Method::GET, "/redfish/v1/Systems/a\r\nX: y"),
            (Method::GET, "/redfish/v1/Systems/a\0"),
            (Method::GET, "/redfish/v1/Systems/a\\b"),
            (Method::GET, "/redfish/v1/Systems/ä"),
            (Method::GET, "/redfish/v1/Systems#x"),
            (Method::GET, "/redfish/v1/Systems?$expand=*#x"),
            (Method::GET, "/redfish/v1/Systems?evil=1"),
            (Method::GET, "/redfish/v1/Systems?"),
            (Method::GET, "/redfish/v1/Systems?$expand=* HTTP/1.1\r\n"),
            (Method::POST, "/redfish/v1"),
            (Method::DELETE, "/redfish/v1/Systems/System.Embedded.1"),
            (Method::PUT, "/redfish/v1/Systems/System.Embedded.1"),
            (Method::HEAD, "/redfish/v1"),
            (Method::POST, "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Explode"),
            (Method::GET, "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset"),
        ] {
            let error = check(&method, path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotCanonical, "{method} {path}");
            assert!(error.message().contains(method.as_str()), "{}", error.message());
        }
        let long = format!("/redfish/v1/Systems/{}", "a".repeat(5000));
        assert!(check(&Method::GET, &long).unwrap_err().message().len() < 500);
    }
}
