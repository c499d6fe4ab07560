//! The wire: the one file of the store that names the HTTP library.

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, Url};
use zeroize::Zeroizing;

use super::fault::{Fault, Refusal, Rest};
use super::options::PostgrestOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::store::roots;

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

/// A request.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) verb: Verb,
    /// Below the service's root.
    pub(super) path: &'a str,
    pub(super) pairs: &'a [(String, String)],
    pub(super) prefer: &'a str,
    pub(super) body: Option<Vec<u8>>,
}

/// An answer that says yes.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) body: Bytes,
    /// Rows there are in all, where that was asked for.
    pub(super) total: Option<usize>,
    /// The service's clock, to the second.
    pub(super) at: Option<Timestamp>,
}

/// A service and the key to it. Its Debug shows neither.
pub(super) struct Http {
    client: Client,
    rest: Url,
    functions: Url,
    key: Zeroizing<String>,
    schema: String,
    max_reply: usize,
    pub(super) label: String,
}

impl Http {
    pub(super) fn new(url: &str, key: &str, options: &PostgrestOptions) -> Result<Self> {
        let root = root(url)?;
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            // Repeating is the caller's: it knows what is safe to repeat.
            .retry(reqwest::retry::never())
            .connect_timeout(options.connect_timeout)
            .timeout(options.request_timeout)
            .user_agent(concat!("dsm/", env!("CARGO_PKG_VERSION")));
        let roots = match root.scheme() {
            "https" => roots::trusted(options.tls_roots.as_deref())?,
            _ => tokio_rustls::rustls::RootCertStore::empty(),
        };
        builder = builder.tls_backend_preconfigured(roots::client(roots)?);
        let client = builder.build().map_err(|cause| {
            Error::new(ErrorKind::System, "no HTTP client can be made").with_source(cause)
        })?;
        if key.trim().is_empty() {
            return Err(Error::invalid("SERVICE_ROLE_KEY", "the key is empty", "use the service role's key"));
        }
        let label = format!(
            "postgrest {}{}",
            root.host_str().unwrap_or_default(),
            root.port().map_or_else(String::new, |port| format!(":{port}"))
        );
        Ok(Self {
            client,
            rest: below(&root, "rest/v1/")?,
            functions: below(&root, "functions/v1/")?,
            key: Zeroizing::new(key.trim().to_owned()),
            schema: options.schema.clone(),
            max_reply: options.max_reply,
            label,
        })
    }

    /// A request to PostgREST.
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Rest<Reply> {
        let mut url = below(&self.rest, ask.path)?;
        if !ask.pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.pairs);
        }
        let method = match ask.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Patch => Method::PATCH,
            Verb::Delete => Method::DELETE,
        };
        let profile = if ask.verb == Verb::Get { "accept-profile" } else { "content-profile" };
        let mut request = self
            .client
            .request(method, url)
            .header("apikey", self.secret("")?)
            .header("authorization", self.secret("Bearer ")?)
            .header("accept", "application/json")
            .header(profile, &self.schema);
        if !ask.prefer.is_empty() {
            request = request.header("prefer", ask.prefer);
        }
        if let Some(body) = ask.body {
            request = request.header("content-type", "application/json").body(body);
        }
        self.finish(request, ask.path).await
    }

    /// A request to an edge function, under its own headers.
    pub(super) async fn edge(&self, function: &str, body: String, headers: &[(&str, String)]) -> Rest<()> {
        let url = below(&self.functions, function)?;
        let mut request = self.client.post(url).header("content-type", "application/json").body(body);
        let mut more = HeaderMap::new();
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                more.insert(name, value);
            }
        }
        request = request.headers(more);
        self.finish(request, function).await.map(drop)
    }

    fn secret(&self, before: &str) -> Rest<HeaderValue> {
        let text = Zeroizing::new(format!("{before}{}", self.key.as_str()));
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            Error::invalid("SERVICE_ROLE_KEY", "the key holds characters that no header can", "copy it anew")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    async fn finish(&self, request: reqwest::RequestBuilder, path: &str) -> Rest<Reply> {
        let response = request.send().await.map_err(|cause| lost(&cause))?;
        let status = response.status();
        let (total, at) = (total(response.headers()), date(response.headers()));
        let body = self.read(response, path).await?;
        if !status.is_success() {
            return Err(Fault::Refused(Refusal::read(status.as_u16(), &body, path)));
        }
        Ok(Reply { body, total, at })
    }

    async fn read(&self, mut response: Response, path: &str) -> Rest<Bytes> {
        let mut body = BytesMut::new();
        while let Some(part) = response.chunk().await.map_err(|cause| lost(&cause))? {
            if body.len() + part.len() > self.max_reply {
                return Err(Error::new(
                    ErrorKind::Store,
                    format!("an answer of more than {} bytes", self.max_reply),
                )
                .about(format!("{}: {path}", self.label))
                .hint("raise `max_reply`, or lower `page`")
                .into());
            }
            body.extend_from_slice(&part);
        }
        Ok(body.freeze())
    }
}

/// Its text without the address: that has filters in it.
fn lost(cause: &reqwest::Error) -> Fault {
    let why = if cause.is_timeout() {
        "no answer in time"
    } else if cause.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    Fault::Lost(why.to_owned())
}

fn root(url: &str) -> Result<Url> {
    let wrong = |why: &str| Error::invalid("DSM_URL", why, "write https://<project>.supabase.co");
    let mut root = Url::parse(url.trim()).map_err(|_| wrong("it is no address"))?;
    if !matches!(root.scheme(), "http" | "https") || root.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it is no address of an HTTP service"));
    }
    if !root.username().is_empty() || root.password().is_some() {
        return Err(wrong("an address with a user in it"));
    }
    root.set_query(None);
    root.set_fragment(None);
    let path = format!("{}/", root.path().trim_end_matches('/').trim_end_matches("/rest/v1"));
    root.set_path(&path);
    Ok(root)
}

fn below(root: &Url, path: &str) -> Result<Url> {
    root.join(path).map_err(|cause| Error::invalid("DSM_URL", "it is no address", "").with_source(cause))
}

/// `0-24/573` or `*/0`.
fn total(headers: &HeaderMap) -> Option<usize> {
    headers.get("content-range")?.to_str().ok()?.rsplit('/').next()?.parse().ok()
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get("date")?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(url: &str) -> Result<Http> {
        Http::new(url, "the-key", &PostgrestOptions::default())
    }

    #[test]
    fn addresses_are_taken_with_and_without_their_tail() {
        for url in [
            "http://127.0.0.1:1",
            "http://127.0.0.1:1/",
            "http://127.0.0.1:1/rest/v1",
            "http://127.0.0.1:1/rest/v1/",
        ] {
            assert_eq!(http(url).unwrap().rest.as_str(), "http://127.0.0.1:1/rest/v1/");
        }
        assert_eq!(http("http://h/base").unwrap().functions.as_str(), "http://h/base/functions/v1/");
        assert_eq!(http("http://h:81").unwrap().label, "postgrest h:81");
        for wrong in ["", "h", "ftp://h", "http://u:hunter2@h"] {
            let error = http(wrong).err().unwrap();
            assert_eq!(error.subject(), Some("DSM_URL"));
            assert!(!error.chain().contains("hunter2"));
        }
        assert_eq!(
            Http::new("http://h", " ", &PostgrestOptions::default()).err().unwrap().subject(),
            Some("SERVICE_ROLE_KEY")
        );
    }

    #[test]
    fn the_services_clock_and_counts_are_read() {
        let mut headers = HeaderMap::new();
        headers.insert("date", HeaderValue::from_static("Tue, 15 Nov 1994 08:12:31 GMT"));
        headers.insert("content-range", HeaderValue::from_static("0-24/573"));
        assert_eq!(date(&headers).unwrap().to_string(), "1994-11-15T08:12:31Z");
        assert_eq!(total(&headers), Some(573));
        headers.insert("content-range", HeaderValue::from_static("0-24/*"));
        assert_eq!(total(&headers), None);
    }
}
