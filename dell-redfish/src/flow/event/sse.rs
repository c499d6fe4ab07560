//! Takes a stream of server-sent events apart (WHATWG HTML, 9.2). No I/O.
//!
//! The peer is not trusted: lines and events are bounded, what is longer is dropped up to its end and counted.

use std::time::Duration;

/// Longest event: a metric report of a large server is far shorter.
const MAX_EVENT: usize = 4 * 1024 * 1024;
/// Longest field name, id or event name.
const MAX_NAME: usize = 256;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SseEvent {
    /// What it is, where it is named.
    pub(super) name: String,
    /// Its number, where it has one; sticks to later events without one.
    pub(super) id: String,
    /// Its data.
    pub(super) data: String,
}

/// Collects pieces and hands out events.
#[derive(Debug, Default)]
pub(super) struct SseParser {
    line: Vec<u8>,
    event: SseEvent,
    has_data: bool,
    last_id: String,
    /// The line so far, or the event so far, is too long: dropped up to its end.
    line_too_long: bool,
    event_too_long: bool,
    /// The last byte was a carriage return: a line feed after it ends no further line.
    after_cr: bool,
    began: bool,
    dropped: u64,
    retry: Option<Duration>,
}

impl SseParser {
    /// Takes a piece; every event that it completes is handed to `each`.
    pub(super) fn push(&mut self, piece: &[u8], each: &mut dyn FnMut(SseEvent)) {
        for &byte in piece {
            match byte {
                b'\n' if std::mem::take(&mut self.after_cr) => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    self.end_line(each);
                }
                _ => {
                    self.after_cr = false;
                    if self.line.len() < MAX_EVENT {
                        self.line.push(byte);
                    } else {
                        self.line_too_long = true;
                    }
                }
            }
        }
    }

    /// Events that were too long.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The pause before a new connection that the peer asked for.
    pub(super) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn end_line(&mut self, each: &mut dyn FnMut(SseEvent)) {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.line_too_long) {
            self.event_too_long = true;
            return;
        }
        let mut text = String::from_utf8_lossy(&line).into_owned();
        if !std::mem::replace(&mut self.began, true) && text.starts_with('\u{feff}') {
            text.remove(0);
        }
        if text.is_empty() {
            return self.end_event(each);
        }
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, value.strip_prefix(' ').unwrap_or(value)),
            None => (text.as_str(), ""),
        };
        match name {
            "data" => self.data(value),
            "event" if value.len() <= MAX_NAME => value.clone_into(&mut self.event.name),
            "id" if value.len() <= MAX_NAME && !value.contains('\0') => value.clone_into(&mut self.last_id),
            "retry" => {
                let millis = value.parse::<u64>().ok().filter(|millis| (1..=600_000).contains(millis));
                self.retry = millis.map(Duration::from_millis).or(self.retry);
            }
            // A comment, which only keeps the connection alive, or a field nobody knows.
            _ => {}
        }
    }

    fn data(&mut self, value: &str) {
        if self.event.data.len() + value.len() >= MAX_EVENT {
            self.event_too_long = true;
            return;
        }
        if self.has_data {
            self.event.data.push('\n');
        }
        self.has_data = true;
        self.event.data.push_str(value);
    }

    fn end_event(&mut self, each: &mut dyn FnMut(SseEvent)) {
        let mut event = std::mem::take(&mut self.event);
        let has_data = std::mem::take(&mut self.has_data);
        if std::mem::take(&mut self.event_too_long) {
            self.dropped += 1;
        } else if has_data {
            event.id.clone_from(&self.last_id);
            each(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> (Vec<SseEvent>, SseParser) {
        let (mut parser, mut all) = (SseParser::default(), Vec::new());
        pieces.iter().for_each(|piece| parser.push(piece, &mut |event| all.push(event)));
        (all, parser)
    }

    #[test]
    fn events_come_whole_however_they_are_cut() {
        let text = "\u{feff}: hello\r\nid: 7\r\nevent: Alert\r\ndata: {\"a\":\r\ndata:1}\r\n\r\n\
                    retry: 2500\ndata\n\nid: 8\n\ndata: x\r\rdata: lost";
        let whole = events(&[text.as_bytes()]).0;
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        let (cut, parser) = events(&bytes);
        assert_eq!(whole, cut);
        let told: Vec<_> =
            whole.iter().map(|event| (event.name.as_str(), event.id.as_str(), event.data.as_str())).collect();
        assert_eq!(told, [("Alert", "7", "{\"a\":\n1}"), ("", "7", ""), ("", "8", "x")]);
        assert_eq!(parser.retry(), Some(Duration::from_millis(2500)));
    }

    #[test]
    fn what_is_too_long_is_dropped_and_the_next_event_read() {
        let long = vec![b'x'; MAX_EVENT + 10];
        let (all, parser) = events(&[b"data: ", &long, b"\n\ndata: fine\n\n"]);
        assert_eq!(all.iter().map(|event| event.data.as_str()).collect::<Vec<_>>(), ["fine"]);
        assert_eq!(parser.dropped(), 1);
        let half = [b"data: ".as_slice(), &long[..MAX_EVENT / 2 + 10], b"\n"].concat();
        let (all, parser) = events(&[&half, &half, b"\nid: a\0b\nretry: soon\ndata: \xff\n\n"]);
        assert_eq!((all.len(), all[0].data.as_str(), all[0].id.as_str()), (1, "\u{fffd}", ""));
        assert_eq!((parser.dropped(), parser.retry()), (1, None));
    }
}
