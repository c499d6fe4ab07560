//! Prebuilt texts with gaps for what differs from server to server.
//!
//! A tree is made once for all servers of a generation and size. Each resource is one text in which the
//! identity and the changing state are marked `«name:argument»`; an answer is the text with the gaps
//! filled. Nothing is parsed or serialised while requests are served.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value;

use crate::clock::Clock;
use crate::expand::{self, Expand};
use crate::identity::Identity;

/// What a gap is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    Tag,
    Board,
    Uuid,
    ExpressServiceCode,
    Mac(u8),
    MacLower(u8),
    Serial(String, u32),
    Address,
    HostName,
    Power,
    BootProgress,
    Now,
    LastReset,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(Range<usize>),
    Slot(Slot),
}

/// What is known of a server at the moment of an answer.
pub(crate) struct View<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) address: IpAddr,
    pub(crate) clock: &'a Clock,
    pub(crate) power_on: bool,
    pub(crate) running: bool,
    pub(crate) power_touched: bool,
    pub(crate) last_reset: std::time::Duration,
}

/// A text cut at its gaps.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    text: String,
    pieces: Vec<Piece>,
    /// Members (or linked resources) that were put in by `$expand`.
    pub(crate) members: usize,
}

impl Compiled {
    pub(crate) fn new(text: String, members: usize) -> Self {
        let mut pieces = Vec::new();
        let mut from = 0;
        while let Some(open) = text[from..].find('«').map(|i| i + from) {
            let inner = open + '«'.len_utf8();
            let Some(close) = text[inner..].find('»').map(|i| i + inner) else { break };
            let end = close + '»'.len_utf8();
            if let Some(slot) = Slot::parse(&text[inner..close]) {
                pieces.push(Piece::Text(from..open));
                pieces.push(Piece::Slot(slot));
            } else {
                pieces.push(Piece::Text(from..end));
            }
            from = end;
        }
        pieces.push(Piece::Text(from..text.len()));
        Self { text, pieces, members }
    }

    pub(crate) fn render(&self, view: &View<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + 64);
        for piece in &self.pieces {
            match piece {
                Piece::Text(range) => out.extend_from_slice(&self.text.as_bytes()[range.clone()]),
                Piece::Slot(slot) => slot.fill(view, &mut out),
            }
        }
        out
    }
}

impl Slot {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(':');
        Some(match words.next()? {
            "tag" => Self::Tag,
            "board" => Self::Board,
            "uuid" => Self::Uuid,
            "esc" => Self::ExpressServiceCode,
            "mac" => Self::Mac(words.next()?.parse().ok()?),
            "mac_lower" => Self::MacLower(words.next()?.parse().ok()?),
            "sn" => Self::Serial(words.next()?.to_owned(), words.next()?.parse().ok()?),
            "ip" => Self::Address,
            "host" => Self::HostName,
            "power" => Self::Power,
            "boot" => Self::BootProgress,
            "now" => Self::Now,
            "reset" => Self::LastReset,
            _ => return None,
        })
    }

    fn fill(&self, view: &View<'_>, out: &mut Vec<u8>) {
        let id = view.identity;
        match self {
            Self::Tag => out.extend_from_slice(id.tag().as_bytes()),
            Self::Power => out.extend_from_slice(if view.power_on { b"On" } else { b"Off" }),
            Self::BootProgress => out.extend_from_slice(match (view.power_on, view.running) {
                (false, _) => b"None",
                (true, false) => b"SystemHardwareInitializationComplete",
                (true, true) => b"OSRunning".as_slice(),
            }),
            Self::Board => out.extend_from_slice(id.serial("board", 0).as_bytes()),
            Self::Uuid => out.extend_from_slice(id.uuid().as_bytes()),
            Self::ExpressServiceCode => out.extend_from_slice(id.express_service_code().as_bytes()),
            Self::Mac(n) => out.extend_from_slice(id.mac(*n).as_bytes()),
            Self::MacLower(n) => out.extend_from_slice(id.mac(*n).to_ascii_lowercase().as_bytes()),
            Self::Serial(kind, n) => out.extend_from_slice(id.serial(kind, *n).as_bytes()),
            Self::Address => out.extend_from_slice(view.address.to_string().as_bytes()),
            Self::HostName => {
                out.extend_from_slice(b"idrac-");
                out.extend_from_slice(id.tag().as_bytes());
            }
            Self::Now => out.extend_from_slice(view.clock.stamp(view.clock.now()).as_bytes()),
            Self::LastReset => out.extend_from_slice(view.clock.stamp(view.last_reset).as_bytes()),
        }
    }
}

/// A resource, and what `$expand` makes of it once someone asks.
#[derive(Debug)]
struct Doc {
    plain: Compiled,
    expanded: [OnceLock<Compiled>; 3],
}

/// All resources of one generation and size.
#[derive(Debug)]
pub(crate) struct Template {
    docs: BTreeMap<String, Doc>,
}

impl Template {
    pub(crate) fn new(docs: BTreeMap<String, Value>) -> Self {
        let docs = docs
            .into_iter()
            .map(|(path, value)| {
                let plain = Compiled::new(value.to_string(), 0);
                (path, Doc { plain, expanded: Default::default() })
            })
            .collect();
        Self { docs }
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.docs.contains_key(path)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.docs.keys().map(String::as_str)
    }

    pub(crate) fn plain(&self, path: &str) -> Option<&Compiled> {
        self.docs.get(path).map(|d| &d.plain)
    }

    pub(crate) fn expanded(&self, path: &str, mode: Expand) -> Option<&Compiled> {
        let doc = self.docs.get(path)?;
        Some(doc.expanded[mode as usize].get_or_init(|| {
            let value = self.value(path).unwrap_or(Value::Null);
            let (value, members) = expand::apply(value, mode, &|link| self.value(link));
            Compiled::new(value.to_string(), members)
        }))
    }

    /// The resource with its gaps still marked.
    fn value(&self, path: &str) -> Option<Value> {
        serde_json::from_str(&self.docs.get(path)?.plain.text).ok()
    }
}
