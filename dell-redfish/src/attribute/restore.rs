//! The way back from present values to those of a snapshot.

use serde::Serialize;

use super::problem::{Problem, Reason};
use super::registry::AttributeRegistry;
use super::snapshot::{AttributeSnapshot, diff};
use super::validate::validate;
use super::validation::Validation;
use super::values::AttributeValues;
use crate::model::Scalar;

/// Each step takes a reset; rules that need more are not followed.
const MAX_STEPS: usize = 4;

/// Values that can be sent together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreStep {
    /// What it does: changes in their order, and what the system changes with them.
    pub validation: Validation,
}

/// How to get back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RestorePlan {
    /// One after the other, each with a reset. Almost always one; more where an attribute can only be written before
    /// another takes its final value.
    pub steps: Vec<RestoreStep>,
    /// Differences that cannot be undone, and why.
    pub skipped: Vec<Problem>,
}

/// Plans the way from `current` (with `pending` staged) back to `snapshot`. Attributes that the snapshot does not name, or
/// that neither the registry nor the system knows any more, are left alone. Pure; sends nothing.
#[must_use]
pub fn plan_restore(
    registry: &AttributeRegistry,
    current: &AttributeValues,
    pending: &AttributeValues,
    snapshot: &AttributeSnapshot,
) -> RestorePlan {
    let mut plan = RestorePlan::default();
    let mut now = current.clone();
    let mut pending = pending.clone();
    let goal = &snapshot.attributes;
    while plan.steps.len() < MAX_STEPS {
        let wanted = open(registry, &now.overlaid(&pending), goal);
        if wanted.is_empty() {
            break;
        }
        let (mut step, left) = largest(registry, &now, &pending, &wanted);
        // What the goal bars for good may be open as long as the goal is not reached.
        let early = largest(registry, &now, &pending, &left).0;
        if !left.is_empty() && !early.is_noop() && plan.steps.len() + 1 < MAX_STEPS {
            step = early;
        }
        if step.is_noop() {
            break;
        }
        now = reached(registry, &now.overlaid(&pending), &step.values());
        pending = AttributeValues::default();
        plan.steps.push(RestoreStep { validation: step });
    }
    plan.skipped = left_over(registry, &now.overlaid(&pending), goal);
    plan
}

/// The differences, without nulls (nobody can write one) and without secrets.
fn open(registry: &AttributeRegistry, now: &AttributeValues, goal: &AttributeValues) -> AttributeValues {
    diff(now, goal)
        .into_iter()
        .filter_map(|difference| Some((difference.attribute, difference.after?)))
        .filter(|(name, value)| {
            *value != Scalar::Null && !registry.attribute(name).is_some_and(|attribute| attribute.is_secret())
        })
        .collect()
}

/// As many of the wanted values as can be had together, and those that cannot. An attribute that is barred is taken out,
/// and the rest looked at again: its value may have been what barred another.
fn largest(
    registry: &AttributeRegistry,
    now: &AttributeValues,
    pending: &AttributeValues,
    wanted: &AttributeValues,
) -> (Validation, AttributeValues) {
    let mut wanted = wanted.clone();
    let mut left = AttributeValues::default();
    loop {
        let validation = validate(registry, now, pending, &wanted);
        if validation.is_ok() {
            return (validation, left);
        }
        for problem in &validation.problems {
            if let Some(value) = wanted.remove(&problem.attribute) {
                left.insert(problem.attribute.clone(), value);
            }
        }
    }
}

/// The values after a step: those sent, and those forced by it.
fn reached(
    registry: &AttributeRegistry,
    staged: &AttributeValues,
    sent: &AttributeValues,
) -> AttributeValues {
    let after = registry.settle(staged, sent);
    let names: Vec<String> = staged.names().chain(sent.names()).map(str::to_owned).collect();
    names.into_iter().filter_map(|name| after.value(&name).cloned().map(|value| (name, value))).collect()
}

/// What still differs in the end, and what stands against it.
fn left_over(registry: &AttributeRegistry, now: &AttributeValues, goal: &AttributeValues) -> Vec<Problem> {
    let wanted = open(registry, now, goal);
    let validation = validate(registry, now, &AttributeValues::default(), &wanted);
    let is_told = |name: &str| validation.problems.iter().any(|problem| problem.attribute == name);
    let untold: Vec<_> = wanted
        .names()
        .filter(|name| !is_told(name))
        .map(|name| Problem { attribute: name.to_owned(), reason: Reason::Unsettled })
        .collect();
    validation.problems.into_iter().chain(untold).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{equ, registry, rule};
    use super::*;

    fn values(all: &[(&str, &str)]) -> AttributeValues {
        all.iter().copied().collect()
    }

    fn plan(rules: &[serde_json::Value], now: &[(&str, &str)], goal: &[(&str, &str)]) -> RestorePlan {
        let registry = registry(&["A", "B", "C"], rules);
        let snapshot = AttributeSnapshot { attributes: values(goal), ..Default::default() };
        plan_restore(&registry, &values(now), &AttributeValues::default(), &snapshot)
    }

    fn sent(plan: &RestorePlan) -> Vec<AttributeValues> {
        plan.steps.iter().map(|step| step.validation.values()).collect()
    }

    #[test]
    fn one_step_where_the_goal_allows_it() {
        let rules = [rule(&[equ("A", "0")], "B", "ReadOnly", json!(true))];
        let plan = plan(&rules, &[("A", "0"), ("B", "0"), ("C", "5")], &[("A", "1"), ("B", "1"), ("C", "5")]);
        assert_eq!(sent(&plan), [values(&[("A", "1"), ("B", "1")])]);
        assert!(plan.skipped.is_empty());
    }

    #[test]
    fn what_the_goal_bars_goes_first() {
        let rules = [rule(&[equ("A", "0")], "B", "ReadOnly", json!(true))];
        let plan = plan(&rules, &[("A", "1"), ("B", "1")], &[("A", "0"), ("B", "0")]);
        assert_eq!(sent(&plan), [values(&[("B", "0")]), values(&[("A", "0")])]);
        assert!(plan.skipped.is_empty());
    }

    #[test]
    fn what_cannot_be_had_is_named() {
        let rules = [
            rule(&[equ("A", "0")], "B", "ReadOnly", json!(true)),
            rule(&[equ("A", "0")], "C", "CurrentValue", json!("9")),
        ];
        let now = [("A", "0"), ("B", "0"), ("C", "9")];
        let plan = plan(&rules, &now, &[("A", "0"), ("B", "1"), ("C", "5"), ("Gone", "1")]);
        assert!(plan.steps.is_empty());
        let names: Vec<_> = plan.skipped.iter().map(|problem| problem.attribute.as_str()).collect();
        assert_eq!(names, ["Gone", "B", "C"]);
    }

    #[test]
    fn nothing_to_do_is_no_step() {
        assert_eq!(plan(&[], &[("A", "0")], &[("A", "0")]), RestorePlan::default());
    }
}
