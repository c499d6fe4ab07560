//! The `Prefer` header (RFC 7240), as far as PostgREST knows it.

use hyper::HeaderMap;

use super::reply::Refusal;

/// How much of what was written comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Return {
    #[default]
    Minimal,
    HeadersOnly,
    Representation,
}

/// What to do with a row that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolution {
    Merge,
    Ignore,
}

/// What the client would like.
#[derive(Debug, Default)]
pub(super) struct Prefer {
    pub(super) returns: Return,
    pub(super) resolution: Option<Resolution>,
    pub(super) is_counted: bool,
    pub(super) has_defaults: bool,
    is_strict: bool,
    max_affected: Option<i64>,
    /// As told, in the order in which PostgREST tells which it heeded.
    applied: Vec<(u8, String)>,
}

impl Prefer {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let (mut prefer, mut unknown) = (Self::default(), Vec::new());
        let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for wish in values.flat_map(|value| value.split(',')).map(str::trim).filter(|wish| !wish.is_empty()) {
            match prefer.take(wish) {
                Some(place) => prefer.applied.push((place, wish.to_owned())),
                None => unknown.push(wish.to_owned()),
            }
        }
        if prefer.is_strict && !unknown.is_empty() {
            return Err(Refusal::new(400, "PGRST122", "Invalid preferences given with handling=strict")
                .details(format!("Invalid preferences: {}", unknown.join(", "))));
        }
        prefer.applied.sort();
        Ok(prefer)
    }

    fn take(&mut self, wish: &str) -> Option<u8> {
        let (name, value) = wish.split_once('=')?;
        match (name, value) {
            ("resolution", "merge-duplicates") => self.resolution = Some(Resolution::Merge),
            ("resolution", "ignore-duplicates") => self.resolution = Some(Resolution::Ignore),
            ("missing", "default" | "null") => self.has_defaults = value == "default",
            ("return", "minimal") => self.returns = Return::Minimal,
            ("return", "headers-only") => self.returns = Return::HeadersOnly,
            ("return", "representation") => self.returns = Return::Representation,
            ("count", "exact" | "planned" | "estimated") => self.is_counted = true,
            ("handling", "strict" | "lenient") => self.is_strict = value == "strict",
            ("max-affected", number) => self.max_affected = Some(number.parse().ok()?),
            _ => return None,
        }
        let places = ["resolution", "missing", "return", "count", "handling", "max-affected"];
        places.iter().position(|place| *place == name).and_then(|place| u8::try_from(place).ok())
    }

    /// Refuses a write of too many rows; only a strict client is taken at its word.
    pub(super) fn allows(&self, affected: i64) -> Result<(), Refusal> {
        match self.max_affected {
            Some(most) if self.is_strict && affected > most => {
                Err(Refusal::new(400, "PGRST124", "Query result exceeds max-affected preference constraint")
                    .details(format!("The query affects {affected} rows")))
            }
            _ => Ok(()),
        }
    }

    /// The value of `Preference-Applied`.
    pub(super) fn applied(&self) -> Option<String> {
        let told: Vec<&str> = self.applied.iter().map(|(_, wish)| wish.as_str()).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}
