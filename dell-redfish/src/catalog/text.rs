//! Bytes of a catalogue, as they come, to bounded UTF-8.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::read::MultiGzDecoder;

use super::CatalogLimits;

/// How much is read and decoded at a time.
const PIECE: usize = 64 << 10;

/// How far into the text the XML declaration may reach.
const DECLARATION: usize = 256;

/// The first bytes, which had to be looked at, and the rest.
type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// The text of a catalogue: unpacked, decoded, and an error as soon as it is too long.
pub(super) struct CatalogText<'r> {
    bytes: Box<dyn Read + 'r>,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    taken: usize,
    has_ended: bool,
    left: u64,
    token_left: usize,
    token_limit: usize,
}

impl<'r> CatalogText<'r> {
    pub(super) fn of(reader: impl Read + 'r, limits: &CatalogLimits) -> io::Result<Self> {
        let (first, reader) = peek(reader, 4)?;
        let (first, bytes): (Vec<u8>, Box<dyn Read + 'r>) = match *first {
            [0x1f, 0x8b, ..] => {
                let (first, reader) = peek(MultiGzDecoder::new(BufReader::new(reader)), DECLARATION)?;
                (first, Box::new(reader))
            }
            [b'M', b'S', b'C', b'F'] => {
                return Err(bad("it is a cabinet file; unpack it first, or use the .xml.gz beside it"));
            }
            _ => {
                let (first, reader) = peek(reader, DECLARATION)?;
                (first, Box::new(reader))
            }
        };
        Ok(Self {
            bytes,
            decoder: encoding(&first).new_decoder_with_bom_removal(),
            raw: vec![0; PIECE],
            text: Vec::new(),
            taken: 0,
            has_ended: false,
            left: limits.unpacked_bytes,
            token_left: limits.token_bytes,
            token_limit: limits.token_bytes,
        })
    }

    /// The next tag or text begins.
    pub(super) fn next_token(&mut self) {
        self.token_left = self.token_limit;
    }

    /// Decodes the next piece.
    fn refill(&mut self) -> io::Result<()> {
        let read = loop {
            match self.bytes.read(&mut self.raw) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.has_ended = read == 0;
        let raw = self.raw.get(..read).unwrap_or_default();
        let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(PIECE * 4);
        self.text.resize(room, 0);
        let (_, _, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.has_ended);
        self.text.truncate(written);
        self.taken = 0;
        self.left = self.left.checked_sub(written as u64).ok_or_else(|| bad("it is longer than allowed"))?;
        Ok(())
    }
}

impl Read for CatalogText<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for CatalogText<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.token_left == 0 {
            return Err(bad("a tag or text in it is longer than allowed"));
        }
        while self.taken >= self.text.len() && !self.has_ended {
            self.refill()?;
        }
        let rest = self.text.get(self.taken..).unwrap_or_default();
        Ok(rest.get(..self.token_left).unwrap_or(rest))
    }

    fn consume(&mut self, amount: usize) {
        self.taken += amount;
        self.token_left = self.token_left.saturating_sub(amount);
    }
}

fn bad(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Looks at the beginning without taking it.
fn peek<R: Read>(mut reader: R, length: usize) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut first = Vec::with_capacity(length);
    reader.by_ref().take(length as u64).read_to_end(&mut first)?;
    Ok((first.clone(), Cursor::new(first).chain(reader)))
}

/// The encoding: what the byte-order mark says, else what the first characters look like, else what is declared.
fn encoding(first: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(first) {
        return encoding;
    }
    match first {
        [b'<', 0, ..] => UTF_16LE,
        [0, b'<', ..] => UTF_16BE,
        // Text in single bytes that calls itself UTF-16 was converted without a change of its declaration.
        _ => declared(first).filter(|encoding| ![UTF_16LE, UTF_16BE].contains(encoding)).unwrap_or(UTF_8),
    }
}

/// What `<?xml … encoding="…"?>` says.
fn declared(first: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(first);
    let declaration = head.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    Encoding::for_label(value.get(1..)?.split(quote).next()?.as_bytes())
}
