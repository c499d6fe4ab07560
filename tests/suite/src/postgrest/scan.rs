//! Reading the small language of query strings from left to right.

/// A text and how far it was read.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'t> {
    rest: &'t str,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn next_is(&self, text: &str) -> bool {
        self.rest.starts_with(text)
    }

    /// Takes this text if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.strip_prefix(text);
        if let Some(rest) = found {
            self.rest = rest;
        }
        found.is_some()
    }

    pub(super) fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    /// Everything up to one of these characters.
    pub(super) fn until(&mut self, ends: &[char]) -> &'t str {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// All that is left.
    pub(super) fn remainder(&mut self) -> &'t str {
        std::mem::take(&mut self.rest)
    }

    /// A text in double quotes, where a backslash stands before a quote or a backslash. Nothing is read where there is
    /// none.
    pub(super) fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut letters = self.rest.strip_prefix('"')?.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = self.rest.get(at + 2..)?;
                    return Some(text);
                }
                '\\' => text.push(letters.next()?.1),
                _ => text.push(letter),
            }
        }
        None
    }

    /// The name of a column or relation: quoted, or up to what ends it (`ends`, or the arrow of a path).
    pub(super) fn name(&mut self, ends: &[char]) -> Option<String> {
        if let Some(name) = self.quoted() {
            return Some(name);
        }
        let mut end = self.rest.find(ends).unwrap_or(self.rest.len());
        if let Some(arrow) = self.rest.find("->") {
            end = end.min(arrow);
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let name = name.trim();
        let is_plain = |letter: char| letter.is_alphanumeric() || " _-$".contains(letter);
        (!name.is_empty() && name.chars().all(is_plain)).then(|| name.to_owned())
    }
}
