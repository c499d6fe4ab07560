//! Names near to one that is not there.

/// How many are offered.
const OFFERED: usize = 3;

/// Longer names are no typing errors, and cost too much to compare.
const MAX_LENGTH: usize = 96;

/// The names most like `name`, best first: the same without case, or a few letters away.
pub(super) fn near<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    if name.len() > MAX_LENGTH {
        return Vec::new();
    }
    let wanted = name.to_ascii_lowercase();
    let reach = 1 + name.len() / 5;
    let mut found: Vec<_> = names
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= reach && candidate.len() <= MAX_LENGTH)
        .map(|candidate| (distance(wanted.as_bytes(), candidate.to_ascii_lowercase().as_bytes()), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .collect();
    found.sort_unstable();
    found.into_iter().take(OFFERED).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// Insertions, deletions and replacements from one to the other.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, second) in row.iter_mut().skip(1).zip(other) {
            let next = (diagonal + usize::from(letter != second)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, next);
            left = next;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_find_their_name() {
        let names = ["BootMode", "BootSeqRetry", "LogicalProc", "ProcCores", "Proc1Cores"];
        let near = |name| near(name, names.into_iter());
        assert_eq!(near("bootmode"), ["BootMode"]);
        assert_eq!(near("BootMod"), ["BootMode"]);
        assert_eq!(near("ProcCore"), ["ProcCores", "Proc1Cores"]);
        assert!(near("SysProfile").is_empty());
        assert!(near(&"x".repeat(10_000)).is_empty());
    }

    #[test]
    fn distances_are_levenshtein() {
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"", b"abc"), 3);
        assert_eq!(distance(b"abc", b""), 3);
        assert_eq!(distance(b"abc", b"abc"), 0);
    }
}
