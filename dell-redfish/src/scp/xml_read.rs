//! Profiles as XML: reading.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::component::{Attribute, Component};
use super::profile::Content;
use super::{Budget, unusable};
use crate::error::{Error, Result};

/// Reads the whole document. A document type is refused: with it would come entities of its own.
pub(super) fn read(text: &str) -> Result<Content> {
    let mut reader = Reader::from_str(text);
    let mut parts = Parts::default();
    let mut content = Content::default();
    let mut seen = false;
    loop {
        match next(&mut reader)? {
            Event::Start(root) if !seen && root.name().as_ref() == "SystemConfiguration" => {
                seen = true;
                read_names(&root, &mut content)?;
                parts.read(&mut reader, &mut content, true)?;
            }
            Event::Empty(root) if !seen && root.name().as_ref() == "SystemConfiguration" => {
                seen = true;
                read_names(&root, &mut content)?;
            }
            Event::Start(_) | Event::Empty(_) | Event::End(_) => {
                return Err(unusable("its root is not one SystemConfiguration"));
            }
            Event::Text(text) if !text.trim().is_empty() => {
                return Err(unusable("there is text beside its SystemConfiguration"));
            }
            Event::CData(_) | Event::GeneralRef(_) => {
                return Err(unusable("there is text beside its SystemConfiguration"));
            }
            Event::Comment(comment) => parts.remark(&comment, &mut content)?,
            Event::Eof if seen => return Ok(content),
            Event::Eof => return Err(unusable("it holds no SystemConfiguration")),
            Event::Text(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn next<'a>(reader: &mut Reader<&'a [u8]>) -> Result<Event<'a>> {
    match reader.read_event() {
        Ok(Event::DocType(_)) => Err(unusable("it declares a document type")),
        Ok(event) => Ok(event),
        // The cause may repeat a piece of the profile.
        Err(_) => Err(broken(reader)),
    }
}

fn broken(reader: &Reader<&[u8]>) -> Error {
    unusable(format!("its XML is wrong at byte {}", reader.error_position()))
}

fn read_names(root: &BytesStart<'_>, content: &mut Content) -> Result<()> {
    content.model = named(root, "Model")?;
    content.service_tag = named(root, "ServiceTag")?;
    content.time_stamp = named(root, "TimeStamp")?;
    Ok(())
}

/// The value of an XML attribute.
fn named(element: &BytesStart<'_>, name: &str) -> Result<Option<String>> {
    let wrong = || unusable("an element's attributes do not read");
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|_| wrong())?;
        if attribute.key.as_ref() == name {
            let value = quick_xml::escape::unescape(&attribute.value).map_err(|_| wrong())?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// The components that are open, and what has been counted.
#[derive(Default)]
struct Parts {
    open: Vec<Component>,
    budget: Budget,
}

impl Parts {
    /// Reads up to the end of the root (or, in a comment, of the text). `applied` is false inside a comment.
    fn read(&mut self, reader: &mut Reader<&[u8]>, content: &mut Content, applied: bool) -> Result<()> {
        let ground = self.open.len();
        loop {
            match next(reader)? {
                Event::Start(element) => match element.name().as_ref() {
                    "Component" => self.begin(&element)?,
                    "Attribute" => {
                        let name = attribute_name(&element)?;
                        let value = text_of_attribute(reader)?;
                        self.attribute(name, value, applied)?;
                    }
                    other => {
                        content.note_unknown(other);
                        skip(reader)?;
                    }
                },
                Event::Empty(element) => match element.name().as_ref() {
                    "Component" => {
                        self.begin(&element)?;
                        self.end(content);
                    }
                    "Attribute" => self.attribute(attribute_name(&element)?, String::new(), applied)?,
                    other => content.note_unknown(other),
                },
                Event::End(_) if self.open.len() > ground => self.end(content),
                Event::End(_) => return Ok(()),
                Event::Comment(comment) => self.remark(&comment, content)?,
                Event::Eof if !applied && self.open.len() == ground => return Ok(()),
                Event::Eof => return Err(unusable("its XML ends too early")),
                Event::Text(_)
                | Event::CData(_)
                | Event::GeneralRef(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => {}
            }
        }
    }

    fn begin(&mut self, element: &BytesStart<'_>) -> Result<()> {
        self.budget.entry(self.open.len() + 1)?;
        let fqdd = named(element, "FQDD")?.ok_or_else(|| unusable("a component has no FQDD"))?;
        self.open.push(Component::new(fqdd));
        Ok(())
    }

    fn end(&mut self, content: &mut Content) {
        if let Some(done) = self.open.pop() {
            match self.open.last_mut() {
                Some(above) => above.push_below(done),
                None => content.components.push(done),
            }
        }
    }

    fn attribute(&mut self, name: String, value: String, applied: bool) -> Result<()> {
        self.budget.entry(self.open.len())?;
        let component =
            self.open.last_mut().ok_or_else(|| unusable("an attribute stands outside a component"))?;
        component.push(Attribute::new(name, value).with_set_on_import(applied));
        Ok(())
    }

    /// A comment: attributes (or whole components) that are not applied, or words. What looks like the former and does
    /// not read is words: iDRACs do not always escape what they put into comments.
    fn remark(&mut self, comment: &str, content: &mut Content) -> Result<()> {
        let text = comment.trim();
        if (text.starts_with("<Attribute") && !self.open.is_empty()) || text.starts_with("<Component") {
            // A comment holds no comment, so this goes no deeper.
            let holder = vec![Component::new("")];
            let mut inner = Self { open: holder, budget: std::mem::take(&mut self.budget) };
            let outcome = inner.read(&mut Reader::from_str(text), &mut Content::default(), false);
            self.budget = inner.budget;
            if let (Ok(()), Some(found)) = (outcome, inner.open.pop()) {
                match self.open.last_mut() {
                    Some(component) => component.absorb(found),
                    None => content.components.extend(found.into_components()),
                }
                return Ok(());
            }
        }
        self.budget.entry(0)?;
        content.comments.push(text.to_owned());
        Ok(())
    }
}

fn attribute_name(element: &BytesStart<'_>) -> Result<String> {
    named(element, "Name")?.ok_or_else(|| unusable("an attribute has no name"))
}

fn text_of_attribute(reader: &mut Reader<&[u8]>) -> Result<String> {
    let mut value = String::new();
    loop {
        match next(reader)? {
            Event::Text(text) => value.push_str(&text.xml10_content()),
            Event::CData(text) => value.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(letter)) => value.push(letter),
                Ok(None) => value.push_str(
                    quick_xml::escape::resolve_predefined_entity(&reference)
                        .ok_or_else(|| unusable("it uses an entity that XML does not define"))?,
                ),
                Err(_) => return Err(broken(reader)),
            },
            Event::End(_) => return Ok(value),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Start(_) | Event::Empty(_) | Event::Decl(_) | Event::DocType(_) => {
                return Err(unusable("an attribute holds more than text"));
            }
            Event::Eof => return Err(unusable("its XML ends too early")),
        }
    }
}

/// To the end of the element just begun.
fn skip(reader: &mut Reader<&[u8]>) -> Result<()> {
    let mut depth = 1;
    while depth > 0 {
        match next(reader)? {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(unusable("its XML ends too early")),
            _ => {}
        }
    }
    Ok(())
}
