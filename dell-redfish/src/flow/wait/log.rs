//! What the Lifecycle Controller's log says of a job that neither queue nor task service knows any more.

use serde::Deserialize;

use crate::endpoint;
use crate::id::{DellJobId, ODataId};
use crate::message::ExtendedInfo;
use crate::model::{Member, lenient};
use crate::operation::{Redfish, run};
use crate::ops::ListMembers;
use crate::quirk::Generation;

use super::judge;
use super::outcome::Verdict;
use super::status::message;

/// Pages that are looked through, fifty entries each, the newest first.
const PAGES: usize = 6;

/// An entry (DMTF `LogEntry`), as far as it is needed here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(rename = "Message", deserialize_with = "lenient::field")]
    text: Option<String>,
    #[serde(rename = "MessageId", deserialize_with = "lenient::field")]
    id: Option<String>,
    /// What it is about: a job's id stands here.
    #[serde(rename = "MessageArgs", deserialize_with = "lenient::field")]
    args: Option<Vec<String>>,
}

/// The end of this job by the newest line that tells one; nothing where none does or the log cannot be read.
pub(super) async fn end_of(redfish: &dyn Redfish, job: &DellJobId) -> Option<(Verdict, ExtendedInfo)> {
    let old = matches!(redfish.facts().generation, Some(Generation::Idrac7 | Generation::Idrac8));
    let places =
        if old { [endpoint::LC_LOG_OLD, endpoint::LC_LOG] } else { [endpoint::LC_LOG, endpoint::LC_LOG_OLD] };
    let mut page = None;
    for place in places {
        page = run(redfish, &ListMembers::links(&ODataId::parse(place).ok()?)).await.ok();
        if page.is_some() {
            break;
        }
    }
    let mut visited = Vec::new();
    for _ in 0..PAGES {
        let this = page?;
        if let Some(end) = this.members.iter().find_map(|entry| read(entry, job)) {
            return Some(end);
        }
        let next = ListMembers::after(&this).filter(|next| !visited.contains(next))?;
        page = run(redfish, &next).await.ok();
        visited.push(next);
    }
    None
}

fn read(entry: &Member, job: &DellJobId) -> Option<(Verdict, ExtendedInfo)> {
    let Member::Inline { raw, .. } = entry else { return None };
    let line: Line = serde_json::from_slice(raw).ok()?;
    if !line.args.as_ref()?.iter().any(|arg| arg == job.as_str()) {
        return None;
    }
    let said = message(line.id.as_deref(), line.text.as_deref())?;
    Some((judge::by_message(&said)?, said))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn end(entry: &str) -> Option<Verdict> {
        let job = DellJobId::parse("JID_1").unwrap();
        let entry = Member::read(Bytes::copy_from_slice(entry.as_bytes())).unwrap();
        read(&entry, &job).map(|(verdict, _)| verdict)
    }

    #[test]
    fn only_a_line_about_the_job_tells_its_end() {
        let line = |id: &str, arg: &str| {
            format!(r#"{{"@odata.id":"/l/1","MessageId":"IDRAC.2.9.{id}","MessageArgs":["{arg}"]}}"#)
        };
        assert_eq!(end(&line("JCP037", "JID_1")), Some(Verdict::Done));
        assert_eq!(end(&line("JCP042", "JID_1")), Some(Verdict::Failed));
        for (id, arg) in
            [("JCP027", "JID_1"), ("JCP037", "JID_2"), ("JCP037", "about JID_1"), ("XYZ1", "JID_1")]
        {
            assert_eq!(end(&line(id, arg)), None, "{id} {arg}");
        }
        assert_eq!(end(r#"{"@odata.id":"/l/1"}"#), None);
        assert_eq!(end(r#"{"@odata.id":"/l/1","MessageArgs":7}"#), None);
    }
}
