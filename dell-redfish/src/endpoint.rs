//! The canonical endpoint table: every path this library may ask for, method by method and generation by generation.
//!
//! This is the only place where a path is written. What is not in the table is refused before it is sent, so a wrong link
//! in a reply cannot lead a request, and the credentials with it, anywhere else. The table says what may be asked at all;
//! whether a given iDRAC has it is read from its own links and `Actions`.

mod chassis;
mod job_home;
mod manager;
mod matcher;
mod path;
mod services;
mod system;
mod views;

use http::Method;

use crate::error::{Error, ErrorKind, Result};
use crate::quirk::Generation;

pub use chassis::*;
pub use job_home::JobHome;
pub use manager::*;
pub(crate) use matcher::is_clean;
pub use path::*;
pub use services::*;
pub use system::*;
pub use views::*;

/// A set of HTTP methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Methods(u8);

impl Methods {
    /// GET.
    pub const GET: Self = Self(1);
    /// POST.
    pub const POST: Self = Self(2);
    /// PATCH.
    pub const PATCH: Self = Self(4);
    /// DELETE.
    pub const DELETE: Self = Self(8);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `method` is among them. HEAD is not: iDRACs answer it unreliably and nothing here needs it.
    #[must_use]
    pub fn allows(self, method: &Method) -> bool {
        let bit = match *method {
            Method::GET => 1,
            Method::POST => 2,
            Method::PATCH => 4,
            Method::DELETE => 8,
            _ => return false,
        };
        self.0 & bit != 0
    }

    /// The names, in a fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [(1, "GET"), (2, "POST"), (4, "PATCH"), (8, "DELETE")]
            .into_iter()
            .filter_map(move |(bit, name)| (self.0 & bit != 0).then_some(name))
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// Path with `{placeholders}`, each standing for one segment.
    pub template: &'static str,
    /// What may be sent to it.
    pub methods: Methods,
    /// First generation that has it.
    pub since: Generation,
    /// Last generation that has it; nothing for the newest.
    pub until: Option<Generation>,
    /// What it is for.
    pub purpose: &'static str,
}

impl Endpoint {
    /// The path with its placeholders filled, in order.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when a name cannot be part of a path, or their number is wrong.
    pub fn path(&self, names: &[&str]) -> Result<String> {
        let mut names = names.iter();
        let mut path = String::with_capacity(self.template.len() + 32);
        for segment in self.template.split('/').skip(1) {
            path.push('/');
            if !segment.starts_with('{') {
                path.push_str(segment);
                continue;
            }
            let name = names.next().copied().unwrap_or_default();
            if !matcher::is_clean_segment(name.as_bytes()) {
                return Err(Error::new(ErrorKind::InvalidInput, format!("{name:?} cannot be {segment}"))
                    .with_path(self.template));
            }
            path.push_str(name);
        }
        match names.next() {
            None => Ok(path),
            Some(name) => {
                Err(Error::new(ErrorKind::InvalidInput, format!("{name:?} has no place in the path"))
                    .with_path(self.template))
            }
        }
    }

    /// Whether this generation has it, as far as is known before asking.
    #[must_use]
    pub fn is_in(&self, generation: Generation) -> bool {
        self.since <= generation && self.until.is_none_or(|until| generation <= until)
    }
}

/// Every row, in the order of the table.
pub fn table() -> impl Iterator<Item = &'static Endpoint> {
    let own = system::TABLE.iter().chain(chassis::TABLE).chain(manager::TABLE).chain(services::TABLE);
    own.chain(views::TABLE)
}

/// Refuses whatever is not in the table: other paths, other methods, unknown query options, and paths written so that a
/// server might read them as another.
///
/// # Errors
/// [`ErrorKind::NotCanonical`], naming method and path; nothing has been sent.
pub fn check(method: &Method, path_and_query: &str) -> Result<()> {
    matcher::find(method, path_and_query).map(drop).map_err(|why| {
        // The path may come from a damaged reply: it is shown escaped, and not all of a megabyte.
        let shown: String = path_and_query.chars().take(200).flat_map(char::escape_debug).collect();
        Error::new(
            ErrorKind::NotCanonical,
            format!("{method} {shown} was not sent: {why}; add a row to the endpoint table if it is needed"),
        )
    })
}

/// The row a request belongs to, if it may be sent.
#[must_use]
pub fn find(method: &Method, path_and_query: &str) -> Option<&'static Endpoint> {
    matcher::find(method, path_and_query).ok()
}

/// The table as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| methods | path | generations | for |\n| --- | --- | --- | --- |\n");
    for row in table() {
        let methods: Vec<_> = row.methods.names().collect();
        let generations = match row.until {
            None => format!("{}–", row.since),
            Some(until) if until == row.since => until.to_string(),
            Some(until) => format!("{}–{until}", row.since),
        };
        text +=
            &format!("| {} | `{}` | {generations} | {} |\n", methods.join(" "), row.template, row.purpose);
    }
    text
}

/// Writes rows as constants and lists them.
macro_rules! endpoints {
    ($($(#[$meta:meta])* $name:ident: $($method:ident)+, $since:ident $(..= $until:ident)?, $template:expr, $purpose:literal;)*) => {
        $(
            #[doc = $purpose]
            pub const $name: Endpoint = Endpoint {
                template: $template,
                methods: Methods(0)$(.and(Methods::$method))+,
                since: Generation::$since,
                until: endpoints!(@until $($until)?),
                purpose: $purpose,
            };
        )*

        pub(super) const TABLE: &[Endpoint] = &[$($name,)*];
    };
    (@until) => { None };
    (@until $until:ident) => { Some(Generation::$until) };
}
use endpoints;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unique_and_clean() {
        let rows: Vec<_> = table().collect();
        assert!(rows.len() > 150, "{}", rows.len());
        for (nth, row) in rows.iter().enumerate() {
            assert!(
                rows[..nth].iter().all(|other| other.template != row.template),
                "twice: {}",
                row.template
            );
            assert!(row.template.starts_with("/redfish"), "{}", row.template);
            assert!(row.until.is_none_or(|until| row.since <= until), "{}", row.template);
            let filled: String = row.template.split('{').map(|part| part.replace('}', "")).collect();
            let method = row.methods.names().next().unwrap().parse().unwrap();
            assert_eq!(find(&method, &filled).map(|found| found.template), Some(row.template));
        }
    }

    #[test]
    fn placeholders_are_filled_and_checked() {
        assert_eq!(
            MANAGER_JOB.path(&["iDRAC.Embedded.1", "JID_1"]).unwrap(),
            "/redfish/v1/Managers/iDRAC.Embedded.1/Jobs/JID_1"
        );
        for bad in [&["m", ".."][..], &["m", ""], &["m", "a/b"], &["m", "a?b"], &["m"], &["m", "j", "x"]] {
            assert_eq!(MANAGER_JOB.path(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad:?}");
        }
    }

    #[test]
    fn the_table_renders() {
        let text = markdown();
        assert_eq!(text.lines().count(), table().count() + 2);
        assert!(text.contains("| GET PATCH | `/redfish/v1/Systems/{system}` | iDRAC7– |"));
    }
}
