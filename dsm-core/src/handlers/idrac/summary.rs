//! What a job says of its servers taken together, beside their entries in `results`.

use serde_json::{Map, Value};

use crate::handler::Verdict;

/// The same verdict with other details.
pub(super) fn amend(mut verdict: Verdict, change: impl FnOnce(&mut Map<String, Value>)) -> Verdict {
    match &mut verdict {
        Verdict::Done(details)
        | Verdict::Partly(details, _)
        | Verdict::Failed(details, _)
        | Verdict::NeedsPerson(details, _) => change(details),
        Verdict::Snooze(_) => {}
    }
    verdict
}

/// The entries of the servers.
pub(super) fn results(details: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    details.get("results").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Front ends that know a job of one server read its results at the top of `details`: there they are as well.
pub(super) fn lift(verdict: Verdict, keys: &[&str]) -> Verdict {
    amend(verdict, |details| {
        let found: Vec<(String, Value)> = {
            let mut entries = results(details);
            let (Some(one), None) = (entries.next(), entries.next()) else { return };
            keys.iter().filter_map(|key| Some(((*key).to_owned(), one.get(*key)?.clone()))).collect()
        };
        details.extend(found);
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_servers_results_stand_at_the_top_and_those_of_many_do_not() {
        let run = |results: Value| {
            let details = Map::from_iter([("results".to_owned(), results)]);
            let Verdict::Done(details) = lift(Verdict::Done(details), &["a", "gone"]) else { return None };
            details.get("a").cloned()
        };
        assert_eq!(run(json!([{"a": 1, "b": 2}])), Some(json!(1)));
        assert_eq!(run(json!([{"a": 1}, {"a": 2}])), None);
        assert_eq!(run(json!([])), None);
    }
}
