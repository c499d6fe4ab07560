//! Profiles as XML: writing, without white space between elements, which older firmware refuses in `ImportBuffer`.

use quick_xml::Reader;
use quick_xml::Writer;
use quick_xml::events::Event;

use super::component::Component;
use super::profile::Content;
use super::unusable;
use crate::error::Result;

pub(super) fn write(content: &Content) -> Result<String> {
    let mut out = String::from("<SystemConfiguration");
    for (name, value) in
        [("Model", &content.model), ("ServiceTag", &content.service_tag), ("TimeStamp", &content.time_stamp)]
    {
        if let Some(value) = value {
            named(&mut out, name, value)?;
        }
    }
    out.push('>');
    for comment in &content.comments {
        out.push_str("<!--");
        words(&mut out, comment)?;
        out.push_str("-->");
    }
    for component in &content.components {
        write_component(&mut out, component)?;
    }
    out.push_str("</SystemConfiguration>");
    Ok(out)
}

fn write_component(out: &mut String, component: &Component) -> Result<()> {
    out.push_str("<Component");
    named(out, "FQDD", component.fqdd())?;
    out.push('>');
    for attribute in component.attributes() {
        let applied = attribute.is_set_on_import();
        out.push_str(if applied { "<Attribute" } else { "<!-- <Attribute" });
        out.push_str(" Name=\"");
        escape(out, attribute.name(), !applied)?;
        out.push_str("\">");
        escape(out, attribute.value(), !applied)?;
        out.push_str(if applied { "</Attribute>" } else { "</Attribute> -->" });
    }
    for below in component.components() {
        write_component(out, below)?;
    }
    out.push_str("</Component>");
    Ok(())
}

fn named(out: &mut String, name: &str, value: &str) -> Result<()> {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(out, value, false)?;
    out.push('"');
    Ok(())
}

/// As text or as an attribute's value. In a comment hyphens go too: two of them would end it.
fn escape(out: &mut String, text: &str, in_comment: bool) -> Result<()> {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '-' if in_comment => out.push_str("&#45;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(letter))),
            _ if is_unwritable(letter) => {
                return Err(unusable("it holds a character that XML cannot"));
            }
            _ => out.push(letter),
        }
    }
    Ok(())
}

/// Words in a comment, which know no escapes. Two hyphens would end it, and so would one at its end.
fn words(out: &mut String, text: &str) -> Result<()> {
    for letter in text.chars() {
        if letter == '-' && out.ends_with('-') {
            out.push(' ');
        }
        if is_unwritable(letter) {
            return Err(unusable("it holds a character that XML cannot"));
        }
        out.push(letter);
    }
    if out.ends_with('-') {
        out.push(' ');
    }
    Ok(())
}

fn is_unwritable(letter: char) -> bool {
    matches!(letter, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}') && !matches!(letter, '\t' | '\n' | '\r')
}

/// The same document without comments and without white space between elements.
pub(super) fn compact(text: &str) -> Result<String> {
    let mut reader = Reader::from_str(text);
    let mut writer = Writer::new(Vec::with_capacity(text.len()));
    let mut in_attribute = false;
    loop {
        let event = reader.read_event().map_err(|_| unusable("its XML is wrong"))?;
        let wanted = match &event {
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => false,
            Event::Text(text) => in_attribute || !text.trim().is_empty(),
            Event::Start(element) => {
                in_attribute = element.name().as_ref() == "Attribute";
                true
            }
            Event::End(_) => {
                in_attribute = false;
                true
            }
            Event::Empty(_) | Event::CData(_) | Event::GeneralRef(_) => true,
        };
        if wanted {
            writer.write_event(event).map_err(|_| unusable("its XML cannot be written"))?;
        }
    }
    String::from_utf8(writer.into_inner()).map_err(|_| unusable("its text is not UTF-8"))
}
