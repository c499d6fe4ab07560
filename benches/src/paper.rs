//! What has been measured so far, shared by the benchmarks: JSON with every sample, Markdown for people.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Outcome;

/// Rows by their ids. Written after each, so that a run that is broken off is not lost; rows that were not measured keep
/// what an earlier run said of them.
#[derive(Default)]
pub(crate) struct Paper {
    pub(crate) json: Option<PathBuf>,
    pub(crate) markdown: Option<PathBuf>,
    /// Ids in the order of the plan.
    pub(crate) order: Vec<&'static str>,
    /// What a heading begins with.
    pub(crate) heading: &'static str,
    pub(crate) rows: Map<String, Value>,
}

/// What is said of one row.
pub(crate) struct Entry<'r, C> {
    pub(crate) id: &'r str,
    pub(crate) title: &'r str,
    pub(crate) note: &'r str,
    pub(crate) cases: &'r [C],
    pub(crate) bars: Vec<Verdict>,
    /// The table and what stands below it.
    pub(crate) body: String,
    /// When and at what.
    pub(crate) measured: Option<String>,
}

/// What was to be reached and what was; nothing where it was not measured.
pub(crate) struct Verdict {
    pub(crate) bar: String,
    pub(crate) reached: Option<String>,
    pub(crate) is_met: bool,
}

impl Paper {
    /// Reads what the JSON file holds.
    pub(crate) fn load(&mut self) -> Outcome<()> {
        if let Some(file) = self.json.as_ref().filter(|file| file.is_file()) {
            self.rows = serde_json::from_slice(&std::fs::read(file)?)?;
        }
        Ok(())
    }

    pub(crate) fn put<C: Serialize>(&mut self, entry: Entry<'_, C>) -> Outcome<()> {
        let mut text = format!("{} {}\n\n{}\n\n{}", self.heading, entry.title, entry.note, entry.body);
        if let Some(measured) = &entry.measured {
            let _ = writeln!(text, "\nMeasured: {measured}.");
        }
        println!("\n{text}");
        let bars: Vec<Value> = entry.bars.iter().map(Verdict::to_json).collect();
        let row = json!({
            "title": entry.title,
            "cases": entry.cases,
            "bars": bars,
            "measured": entry.measured,
            "markdown": text,
        });
        self.rows.insert(entry.id.to_owned(), row);
        if let Some(file) = &self.json {
            std::fs::write(file, serde_json::to_string_pretty(&self.rows)? + "\n")?;
        }
        if let Some(file) = &self.markdown {
            std::fs::write(file, self.whole())?;
        }
        Ok(())
    }

    fn whole(&self) -> String {
        let mut out =
            format!("{} Bars\n\n| row | bar | reached | met |\n| --- | --- | --- | --- |\n", self.heading);
        let rows: Vec<&Value> = self.order.iter().filter_map(|id| self.rows.get(*id)).collect();
        for row in &rows {
            for bar in row.get("bars").and_then(Value::as_array).into_iter().flatten() {
                let (bar_of, title) = (text(bar, "bar"), text(row, "title"));
                let _ =
                    writeln!(out, "| {title} | {bar_of} | {} | {} |", text(bar, "reached"), text(bar, "met"));
            }
        }
        for row in &rows {
            let _ = write!(out, "\n{}", text(row, "markdown"));
        }
        out
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl Verdict {
    fn to_json(&self) -> Value {
        let met = match (&self.reached, self.is_met) {
            (None, _) => "**not measured**",
            (_, true) => "yes",
            (_, false) => "**no**",
        };
        json!({"bar": self.bar, "reached": self.reached.as_deref().unwrap_or("not measured"), "met": met})
    }
}

/// A list of what was left out or wrong, by case; nothing where nothing was.
pub(crate) fn problems<'c>(cases: impl Iterator<Item = (&'c str, &'c [String])>) -> String {
    let lines: String = cases
        .flat_map(|(name, problems)| problems.iter().map(move |problem| format!("- {name}: {problem}\n")))
        .collect();
    if lines.is_empty() { lines } else { format!("\nLeft out or wrong:\n\n{lines}") }
}

/// Median, least and most.
pub(crate) fn spread(values: impl Iterator<Item = f64>) -> Option<(f64, f64, f64)> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let median = match values.len() % 2 {
        1 => *values.get(middle)?,
        _ => (values.get(middle.checked_sub(1)?)? + values.get(middle)?) / 2.0,
    };
    Some((median, *values.first()?, *values.last()?))
}

/// The median, and in brackets the least and the most where they differ.
pub(crate) fn ranged(range: Option<(f64, f64, f64)>, digits: usize) -> String {
    match range {
        None => "-".to_owned(),
        Some((median, least, most)) if least == most => format!("{median:.digits$}"),
        Some((median, least, most)) => format!("{median:.digits$} ({least:.digits$}–{most:.digits$})"),
    }
}

/// The median alone.
pub(crate) fn median(range: Option<(f64, f64, f64)>, digits: usize) -> String {
    range.map_or_else(|| "-".to_owned(), |(median, ..)| format!("{median:.digits$}"))
}
