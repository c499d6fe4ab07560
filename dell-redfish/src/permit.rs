//! Leave to change something on an iDRAC, for as long as it stands.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;

type Standing = Arc<dyn Fn() -> Result<()> + Send + Sync>;

/// What an [`Observer`](crate::Observer) answers before a request that changes something.
///
/// Between that answer and the first byte there may be a new connection, which takes seconds: leave that can run out is
/// looked at once more when the connection is there.
#[derive(Clone, Default)]
pub struct Permit {
    mark: Option<u128>,
    standing: Option<Standing>,
}

impl Permit {
    /// Leave without conditions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the exchange: its end is shown with this [mark](crate::Exchange::mark).
    #[must_use]
    pub fn with_mark(mut self, mark: u128) -> Self {
        self.mark = Some(mark);
        self
    }

    /// Stands only while this says so. It must not block.
    #[must_use]
    pub fn with_standing(mut self, standing: impl Fn() -> Result<()> + Send + Sync + 'static) -> Self {
        self.standing = Some(Arc::new(standing));
        self
    }

    /// The name given to the exchange.
    #[must_use]
    pub fn mark(&self) -> Option<u128> {
        self.mark
    }

    /// Whether it still stands: what a [`Transport`](crate::Transport) asks with the connection in hand, before the first byte.
    ///
    /// # Errors
    /// What the observer says; the request is not sent.
    pub fn check(&self) -> Result<()> {
        self.standing.as_ref().map_or(Ok(()), |standing| standing())
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("mark", &self.mark).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use async_trait::async_trait;
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::clock::SystemClock;
    use crate::dial::Dialer;
    use crate::http::HttpTransport;
    use crate::safeguard::Safeguards;
    use crate::{
        AuthMode, Client, Credentials, Effect, Error, ErrorKind, Exchange, Method, Observer, Redfish as _,
        Request, Response, Target, Transport, WireRequest,
    };

    /// Answers with these statuses, then with 200.
    #[derive(Debug, Default)]
    struct Replies {
        statuses: Mutex<VecDeque<u16>>,
        seen: Mutex<Vec<Method>>,
    }

    #[async_trait]
    impl Transport for Replies {
        async fn send(&self, request: WireRequest) -> Result<Response> {
            request.permit.check().map_err(Error::unsent)?;
            self.seen.lock().unwrap().push(request.method);
            let status = self.statuses.lock().unwrap().pop_front().unwrap_or(200);
            let (headers, body) = (HeaderMap::new(), Bytes::from_static(b"{\"Id\":\"1\"}"));
            Ok(Response { status, headers, body })
        }
    }

    fn fenced() -> Error {
        Error::new(ErrorKind::Fenced, "not any more")
    }

    /// Lets so many requests go; keeps what it was asked and shown.
    #[derive(Debug, Default)]
    struct Gate {
        left: Mutex<usize>,
        stands: Arc<AtomicBool>,
        lines: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl Observer for Gate {
        async fn before(&self, exchange: &Exchange<'_>) -> Result<Permit> {
            self.lines.lock().unwrap().push(format!("ask {} {}", exchange.method, exchange.attempt));
            assert!((exchange.status, exchange.mark) == (None, None));
            assert!(!format!("{:?}", exchange.request_body).contains("c4lv1n"));
            let mut left = self.left.lock().unwrap();
            *left = left.checked_sub(1).ok_or_else(fenced)?;
            let stands = self.stands.clone();
            let standing = move || if stands.load(Ordering::SeqCst) { Ok(()) } else { Err(fenced()) };
            Ok(Permit::new().with_mark(7).with_standing(standing))
        }

        fn exchanged(&self, exchange: &Exchange<'_>) {
            let mark = exchange.mark.map(|mark| mark.to_string()).unwrap_or_default();
            let end = exchange.error_kind.map_or("done", |kind| kind.as_str());
            self.lines.lock().unwrap().push(format!("{} {end} {mark}", exchange.method).trim().to_owned());
        }
    }

    fn bench(left: usize, statuses: &[u16]) -> (Client, Arc<Gate>, Arc<Replies>) {
        let gate = Arc::new(Gate { left: left.into(), ..Gate::default() });
        gate.stands.store(true, Ordering::SeqCst);
        let replies = Arc::new(Replies {
            statuses: Mutex::new(statuses.iter().copied().collect()),
            ..Replies::default()
        });
        let client = Client::builder(Target::new([10, 0, 0, 1].into()))
            .credentials(Credentials::new("root", "c4lv1n"))
            .auth(AuthMode::Basic)
            .transport(replies.clone())
            .observer(gate.clone())
            .build()
            .unwrap();
        (client, gate, replies)
    }

    fn patch() -> Request {
        Request::patch("/redfish/v1/Systems/System.Embedded.1", &json!({"Password": "c4lv1n"}))
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_something_is_asked_about_and_its_end_carries_the_mark() {
        let (client, gate, _) = bench(1, &[]);
        client.send("Look", Request::get("/redfish/v1/Systems")).await.unwrap();
        client.send("Change", patch()).await.unwrap();
        assert_eq!(*gate.lines.lock().unwrap(), ["GET done", "ask PATCH 1", "PATCH done 7"]);
    }

    #[tokio::test(start_paused = true)]
    async fn each_resend_is_asked_about_and_a_refusal_sends_nothing() {
        let (client, gate, replies) = bench(1, &[503]);
        let error = client.send("Change", patch().idempotent()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::Fenced, true));
        assert_eq!((error.host(), error.operation()), (Some("10.0.0.1:443"), Some("Change")));
        assert_eq!(replies.seen.lock().unwrap().len(), 1);
        let lines = gate.lines.lock().unwrap().clone();
        assert_eq!(lines, ["ask PATCH 1", "PATCH not_ready 7", "ask PATCH 2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn leave_that_runs_out_on_the_way_is_no_leave() {
        let (client, gate, replies) = bench(9, &[]);
        gate.stands.store(false, Ordering::SeqCst);
        let error = client.send("Change", patch()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::Fenced, true));
        assert!(replies.seen.lock().unwrap().is_empty());
        assert_eq!(*gate.lines.lock().unwrap(), ["ask PATCH 1", "PATCH fenced 7"]);
    }

    #[tokio::test]
    async fn the_wire_looks_at_the_leave_with_the_connection_in_hand() {
        let mut server = mockito::Server::new_async().await;
        let mock = server.mock("PATCH", "/redfish/v1/x").expect(0).create_async().await;
        let socket = server.socket_address();
        let target = Target::new(socket.ip()).with_port(socket.port());
        let transport =
            HttpTransport::new(Dialer::plain(target), Arc::new(SystemClock), Safeguards::default()).unwrap();
        let request = WireRequest {
            method: Method::PATCH,
            path: "/redfish/v1/x".into(),
            headers: HeaderMap::new(),
            body: None,
            timeout: Duration::from_secs(5),
            max_body: 1000,
            permit: Permit::new().with_standing(|| Err(fenced())),
        };
        let error = transport.send(request).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::Fenced, true));
        assert!(transport.local_address().is_some(), "it had dialled");
        mock.assert_async().await;
    }

    #[test]
    fn a_post_that_looks_is_none_unless_it_makes_something() {
        let post = || Request::post("/redfish/v1/x", &json!({}));
        assert!(post().is_mutating() && Request::delete("/redfish/v1/x").is_mutating());
        assert!(post().with_effect(Effect::Read).is_mutating(), "an export makes a job");
        assert!(!post().idempotent().with_effect(Effect::Read).is_mutating());
        assert!(post().idempotent().with_effect(Effect::Change).is_mutating());
        assert!(!Request::get("/redfish/v1/x").is_mutating());
    }
}
