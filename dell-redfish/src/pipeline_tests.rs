//! The pipeline on a scripted transport and an owned clock; the HTTP transport on mockito.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::{HeaderMap, Method};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use crate::clock::SystemClock;
use crate::dial::Dialer;
use crate::http::HttpTransport;
use crate::observer::ExchangeKind;
use crate::*;

const PASSWORD: &str = "c4lv!n\"x";
const TOKEN: &str = "t0ken-of-the-session";

/// What the next request meets.
enum Step {
    Reply(u16, &'static [(&'static str, &'static str)], String),
    Broken,
    Hang,
}

#[derive(Default)]
struct Scripted {
    steps: Mutex<VecDeque<(&'static str, Step)>>,
    seen: Mutex<Vec<WireRequest>>,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: WireRequest) -> Result<Response> {
        let line = format!("{} {}", request.method, request.path);
        self.seen.lock().unwrap().push(request);
        // A login and a logout need no script unless the test is about them.
        let next = self.steps.lock().unwrap().front().map(|(expected, _)| *expected);
        let step = if next == Some(line.as_str()) {
            self.steps.lock().unwrap().pop_front().unwrap().1
        } else {
            match line.as_str() {
                "POST /redfish/v1/SessionService/Sessions" => session(201),
                "DELETE /redfish/v1/SessionService/Sessions/7" => Step::Reply(204, &[], String::new()),
                _ => panic!("{line} was not expected, but {next:?}"),
            }
        };
        match step {
            Step::Reply(status, headers, body) => {
                let mut map = HeaderMap::new();
                for (name, value) in headers {
                    map.insert(*name, value.parse().unwrap());
                }
                Ok(Response { status, headers: map, body: Bytes::from(body) })
            }
            Step::Broken => Err(Error::new(ErrorKind::Connect, "broken").temporary()),
            Step::Hang => std::future::pending().await,
        }
    }
}

fn session(status: u16) -> Step {
    Step::Reply(
        status,
        &[("x-auth-token", TOKEN), ("location", "/redfish/v1/SessionService/Sessions/7")],
        "{}".into(),
    )
}

fn ok() -> Step {
    Step::Reply(200, &[], "{\"Id\":\"1\"}".into())
}

fn said(status: u16, id: &str) -> Step {
    let body = format!(r#"{{"error":{{"@Message.ExtendedInfo":[{{"MessageId":"IDRAC.2.9.{id}"}}]}}}}"#);
    Step::Reply(status, &[], body)
}

/// Keeps each exchange as `kind attempt status`.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn exchanged(&self, exchange: &Exchange<'_>) {
        let text = format!("{exchange:?}");
        assert!(!text.contains("c4lv") && !text.contains(TOKEN), "{text}");
        let kind = match exchange.kind {
            ExchangeKind::Api => "api",
            ExchangeKind::Fallback => "fallback",
            ExchangeKind::SessionCreate => "login",
            ExchangeKind::SessionDelete => "logout",
        };
        let line = match exchange.error_kind {
            Some(error) => format!("{kind} {error}"),
            None => kind.to_owned(),
        };
        self.0.lock().unwrap().push(line);
    }
}

struct Bench {
    client: Client,
    transport: Arc<Scripted>,
    log: Arc<Log>,
    reaper: SessionReaper,
    sessions: Arc<InMemorySessions>,
}

impl Bench {
    fn new(steps: impl IntoIterator<Item = (&'static str, Step)>) -> Self {
        Self::with(steps, |builder| builder)
    }

    fn with(
        steps: impl IntoIterator<Item = (&'static str, Step)>,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        let transport =
            Arc::new(Scripted { steps: Mutex::new(steps.into_iter().collect()), ..Scripted::default() });
        let (log, reaper, sessions) =
            (Arc::new(Log::default()), SessionReaper::new(), Arc::new(InMemorySessions::default()));
        let builder = Client::builder(Target::new([10, 0, 0, 1].into()))
            .credentials(Credentials::new("root", PASSWORD))
            .transport(transport.clone())
            .observer(log.clone())
            .sessions(sessions.clone())
            .reaper(reaper.clone());
        let client = change(builder).build().unwrap();
        Self { client, transport, log, reaper, sessions }
    }

    async fn get(&self) -> Result<Response> {
        self.client.send("Get", Request::get("/redfish/v1/Systems")).await
    }

    async fn post(&self) -> Result<Response> {
        let body = serde_json::json!({"ResetType": "On"});
        self.client
            .send(
                "Post",
                Request::post("/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset", &body),
            )
            .await
    }

    /// Drops the client, waits for the background, and returns what the observer saw.
    async fn end(self) -> Vec<String> {
        drop(self.client);
        self.reaper.drained().await;
        assert!(self.transport.steps.lock().unwrap().is_empty(), "steps are left");
        assert!(self.sessions.is_empty(), "sessions are left");
        self.log.0.lock().unwrap().clone()
    }
}

const GET: &str = "GET /redfish/v1/Systems";
const POST: &str = "POST /redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";
const LOGIN: &str = "POST /redfish/v1/SessionService/Sessions";

#[tokio::test(start_paused = true)]
async fn one_session_serves_all_and_is_deleted_on_drop() {
    let bench = Bench::new([(GET, ok()), (GET, ok()), (POST, ok())]);
    bench.get().await.unwrap();
    bench.get().await.unwrap();
    bench.post().await.unwrap();
    let seen = bench.transport.seen.lock().unwrap().clone();
    assert!(seen[0].headers.get("authorization").is_none() && seen[0].headers.get("x-auth-token").is_none());
    assert_eq!(seen[1].headers["x-auth-token"], TOKEN);
    assert_eq!(seen[3].headers["content-type"], "application/json");
    for (part, text) in [("request", format!("{seen:?}")), ("headers", format!("{:?}", seen[1].headers))] {
        assert!(!text.contains(TOKEN), "{part}: {text}");
    }
    assert_eq!(bench.end().await, ["login", "api", "api", "api", "logout"]);
}

#[tokio::test(start_paused = true)]
async fn concurrent_first_requests_log_in_once() {
    let bench = Bench::new([(GET, ok()), (GET, ok()), (GET, ok())]);
    let (a, b, c) = tokio::join!(bench.get(), bench.get(), bench.get());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(bench.end().await, ["login", "api", "api", "api", "logout"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_is_renewed_once() {
    let bench = Bench::new([(GET, ok()), (GET, Step::Reply(401, &[], "<html>cut".into())), (GET, ok())]);
    bench.get().await.unwrap();
    bench.get().await.unwrap();
    assert_eq!(
        bench.end().await,
        ["login", "api", "api authentication", "logout", "login", "api", "logout"],
        "the stale one is deleted with its own token"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_not_repeated() {
    let bench = Bench::new([(LOGIN, said(401, "RAC0212"))]);
    for _ in 0..3 {
        let error = bench.get().await.unwrap_err();
        assert_eq!((error.kind(), error.permanence()), (ErrorKind::Authentication, Permanence::Permanent));
    }
    assert_eq!(bench.end().await, ["login authentication"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_never_works_ends_in_silence() {
    let refused = || (GET, Step::Reply(401, &[], String::new()));
    let bench = Bench::new([refused(), refused()]);
    for _ in 0..3 {
        assert_eq!(bench.get().await.unwrap_err().kind(), ErrorKind::Authentication);
    }
    let seen = bench.end().await;
    assert_eq!(seen.iter().filter(|line| *line == "login").count(), 2);
    assert_eq!(seen.iter().filter(|line| line.starts_with("api")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn reads_are_retried_and_writes_only_when_not_carried_out() {
    let bench = Bench::new([
        (GET, Step::Broken),
        (GET, said(400, "SWC0700")),
        (GET, Step::Reply(503, &[], "".into())),
        (GET, ok()),
    ]);
    bench.get().await.unwrap();
    bench.end().await;

    let bench = Bench::new([(POST, Step::Broken)]);
    let error = bench.post().await.unwrap_err();
    assert_eq!((error.kind(), error.permanence()), (ErrorKind::Connect, Permanence::Temporary));
    bench.end().await;

    let bench = Bench::new([(POST, Step::Reply(503, &[], String::new()))]);
    assert_eq!(bench.post().await.unwrap_err().permanence(), Permanence::Temporary);
    bench.end().await;

    let bench =
        Bench::new([(POST, said(503, "SWC0700")), (POST, Step::Reply(401, &[], "".into())), (POST, ok())]);
    bench.post().await.unwrap();
    bench.end().await;

    let bench = Bench::new([(GET, said(503, "SYS406"))]);
    assert_eq!(bench.get().await.unwrap_err().kind(), ErrorKind::Lockdown, "the id decides, not the 503");
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn retries_end_exhausted_and_heed_retry_after() {
    let busy = || (GET, Step::Reply(503, &[("retry-after", "20")], String::new()));
    let bench = Bench::new([busy(), busy(), busy(), busy()]);
    let start = Instant::now();
    let error = bench.get().await.unwrap_err();
    assert_eq!((error.kind(), error.permanence()), (ErrorKind::NotReady, Permanence::Exhausted));
    assert!((60..64).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    bench.end().await;

    // A pause that does not fit into the deadline is not begun.
    let bench = Bench::new([(GET, Step::Reply(503, &[("retry-after", "600")], String::new()))]);
    let start = Instant::now();
    let error = bench.get().await.unwrap_err();
    assert_eq!((error.permanence(), start.elapsed().as_secs()), (Permanence::Exhausted, 0));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(600)));
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_everything_and_the_observer_sees_it() {
    let bench = Bench::new([(GET, Step::Broken), (GET, Step::Hang)]);
    let start = Instant::now();
    let error = bench.get().await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(180));
    assert_eq!((error.kind(), error.permanence()), (ErrorKind::Connect, Permanence::Exhausted));
    assert_eq!(bench.end().await, ["login", "api connect", "api cancelled", "logout"]);
}

#[tokio::test(start_paused = true)]
async fn full_sessions_fall_back_to_basic_for_reads_only() {
    let full = || (LOGIN, said(503, "RAC0218"));
    let bench = Bench::new([full(), full(), (GET, ok()), (GET, ok())]);
    bench.get().await.unwrap();
    bench.get().await.unwrap();
    let authorised = bench.transport.seen.lock().unwrap()[2].headers.contains_key("authorization");
    assert!(authorised);
    assert_eq!(bench.end().await, ["login session_limit", "login session_limit", "fallback", "fallback"]);

    let bench = Bench::new(std::iter::repeat_with(full).take(8));
    let error = bench.post().await.unwrap_err();
    assert_eq!((error.kind(), error.permanence()), (ErrorKind::SessionLimit, Permanence::Exhausted));
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_older_session_service_is_found_and_remembered() {
    let bench = Bench::new([
        (LOGIN, Step::Reply(405, &[], String::new())),
        ("POST /redfish/v1/Sessions", session(201)),
        (GET, ok()),
    ]);
    bench.get().await.unwrap();
    assert_eq!(bench.client.facts().sessions_path.as_deref(), Some("/redfish/v1/Sessions"));
    bench.end().await;

    let none = || Step::Reply(404, &[], String::new());
    let bench =
        Bench::new([(LOGIN, none()), ("POST /redfish/v1/Sessions", none()), (GET, ok()), (GET, ok())]);
    bench.get().await.unwrap();
    bench.get().await.unwrap();
    assert_eq!(bench.end().await.len(), 4, "asked for once");
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_caller_gave_up_is_logged_out() {
    let bench = Bench::new([]);
    {
        let get = bench.get();
        tokio::pin!(get);
        // The login task has been started, and its caller goes away.
        assert!(tokio::time::timeout(Duration::ZERO, &mut get).await.is_err());
    }
    assert_eq!(bench.end().await, ["login", "logout"]);
}

#[tokio::test(start_paused = true)]
async fn basic_that_is_switched_off_does_not_condemn_the_password() {
    let full = || (LOGIN, said(503, "RAC0218"));
    let bench =
        Bench::new([full(), full(), (GET, Step::Reply(401, &[], String::new())), full(), (GET, ok())]);
    bench.get().await.unwrap();
    let seen = bench.end().await;
    assert_eq!(seen[2..], ["fallback authentication", "login session_limit", "login", "api", "logout"]);
}

#[tokio::test(start_paused = true)]
async fn given_up_at_any_await_leaves_nothing() {
    for polls in 0..40 {
        let steps =
            [(GET, ok()), (GET, Step::Reply(401, &[], String::new())), (GET, ok()), (GET, Step::Hang)];
        let bench = Bench::with(steps, |builder| builder.concurrency(1));
        let mut left = polls;
        let mut work = Box::pin(async {
            for _ in 0..3 {
                let _ = bench.get().await;
            }
        });
        std::future::poll_fn(|context| {
            left -= 1;
            match work.as_mut().poll(context) {
                _ if left <= 0 => std::task::Poll::Ready(()),
                // Polled again whenever the login task has moved on.
                std::task::Poll::Pending => {
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                }
                ready => ready,
            }
        })
        .await;
        drop(work);
        bench.transport.steps.lock().unwrap().clear();
        let seen = bench.end().await;
        let count = |what| seen.iter().filter(|line| *line == what).count();
        assert_eq!(count("login"), count("logout"), "{polls}: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_given_away_at_any_await_is_ended_unless_its_handle_arrived() {
    let mut arrived = 0;
    for polls in 0..40 {
        let bench = Bench::new([]);
        let mut left = polls;
        let mut work = Box::pin(bench.client.detach_session());
        let handle = std::future::poll_fn(|context| {
            left -= 1;
            match work.as_mut().poll(context) {
                std::task::Poll::Ready(handle) => std::task::Poll::Ready(Some(handle.unwrap())),
                std::task::Poll::Pending if left <= 0 => std::task::Poll::Ready(None),
                std::task::Poll::Pending => {
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                }
            }
        })
        .await;
        drop(work);
        let taken = handle.is_some();
        arrived += usize::from(taken);
        let text = handle.map(|handle| handle.expose().unwrap());
        assert!(bench.sessions.is_empty() || !taken, "given away: no longer ours");
        let expected: &[&str] = if text.is_some() { &["login"] } else { &["login", "logout"] };
        assert_eq!(bench.end().await, expected, "{polls}");
    }
    assert!((1..40).contains(&arrived), "{arrived}");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_takes_of_a_detached_session_is_ended_and_nothing_prints_its_token() {
    let bench = Bench::new([(GET, ok())]);
    bench.get().await.unwrap();
    let handle = bench.client.detach_session().await.unwrap();
    let builder = Client::builder(Target::new([10, 0, 0, 1].into())).session(handle.lend());
    for text in
        [format!("{handle:?} {handle}"), format!("{builder:?}"), serde_json::to_string(&handle).unwrap()]
    {
        assert!(!text.contains(TOKEN), "{text}");
    }
    assert_eq!(bench.sessions.live("10.0.0.1:443").await.unwrap(), [handle.location()]);
    drop((handle, builder));
    bench.reaper.drained().await;
    assert_eq!(bench.end().await, ["login", "api", "logout"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_bound_to_a_certificate_needs_a_transport_that_checks_it() {
    let text = format!(
        r#"{{"version":1,"address":"10.0.0.1:443","user":"root","role":"borrower","token":"{TOKEN}","certificate":"{}",
            "location":"/redfish/v1/SessionService/Sessions/7"}}"#,
        Fingerprint::of(b"x")
    );
    let handle = SessionHandle::read(&text.into()).unwrap();
    let builder = Client::builder(Target::new([10, 0, 0, 1].into())).transport(Arc::new(Scripted::default()));
    assert_eq!(builder.session(handle).build().unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test(start_paused = true)]
async fn a_304_that_nobody_asked_for_is_no_answer() {
    let bench = Bench::new([(GET, Step::Reply(304, &[], String::new()))]);
    assert_eq!(bench.get().await.unwrap_err().http_status(), Some(304));
    let request = Request::get("/redfish/v1/Systems").with_if_none_match("\"1\"\r\nX-Evil: 1");
    assert_eq!(bench.client.send("Get", request).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_leaves_no_session() {
    let bench = Bench::new([(GET, ok())]);
    let client = bench.client.clone();
    let task = tokio::spawn(async move {
        client.send("Get", Request::get("/redfish/v1/Systems")).await.unwrap();
        panic!("on purpose");
    });
    assert!(task.await.is_err());
    assert_eq!(bench.end().await, ["login", "api", "logout"]);
}

#[tokio::test(start_paused = true)]
async fn orphans_of_an_earlier_run_are_deleted_by_location() {
    let gone = || Step::Reply(404, &[], String::new());
    let bench = Bench::new([("DELETE /redfish/v1/Sessions/3", gone())]);
    let host = bench.client.target().label().to_owned();
    let ticket = bench.sessions.opening(&host, "root").await.unwrap();
    bench.sessions.opened(&ticket, "/redfish/v1/Sessions/3").await.unwrap();
    bench.sessions.abandoned(&ticket).await.unwrap();
    assert_eq!(bench.client.reap_orphans().await.unwrap(), 1);
    assert_eq!(bench.client.reap_orphans().await.unwrap(), 0);
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_login_is_found_again() {
    let list = r#"{"Members":[{"@odata.id":"/redfish/v1/SessionService/Sessions/7"},{"@odata.id":"/redfish/v1/SessionService/Sessions/8"},{"@odata.id":"/redfish/v1/SessionService/Sessions/9"}]}"#;
    let of = |user: &str| {
        Step::Reply(200, &[], format!(r#"{{"UserName":"{user}","CreatedTime":"1994-11-06T08:49:37Z"}}"#))
    };
    let bench = Bench::new([
        (LOGIN, Step::Broken),
        (LOGIN, session(201)),
        (
            "GET /redfish/v1/SessionService/Sessions",
            Step::Reply(200, &[("date", "Sun, 06 Nov 1994 08:49:37 GMT")], list.into()),
        ),
        ("GET /redfish/v1/SessionService/Sessions/8", of("root")),
        ("DELETE /redfish/v1/SessionService/Sessions/8", Step::Reply(204, &[], String::new())),
        ("GET /redfish/v1/SessionService/Sessions/9", of("somebody")),
        (GET, ok()),
    ]);
    bench.get().await.unwrap();
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn the_breaker_opens_on_silence_and_not_on_answers() {
    let change = |builder: ClientBuilder| {
        builder
            .retry(RetryPolicy::NONE)
            .auth(AuthMode::Basic)
            .breaker(BreakerPolicy { threshold: 2, cool_down: Duration::from_secs(30) })
    };
    let missing = || (GET, Step::Reply(404, &[], String::new()));
    let bench = Bench::with(
        [missing(), missing(), missing(), (GET, Step::Broken), (GET, Step::Broken), (GET, ok())],
        change,
    );
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::NotFound,
        ErrorKind::NotFound,
        ErrorKind::Connect,
        ErrorKind::Connect,
    ] {
        assert_eq!(bench.get().await.unwrap_err().kind(), kind);
    }
    let error = bench.get().await.unwrap_err();
    assert_eq!((error.kind(), error.permanence()), (ErrorKind::CircuitOpen, Permanence::Temporary));
    tokio::time::advance(Duration::from_secs(30)).await;
    bench.get().await.unwrap();
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn redirects_carry_nothing_elsewhere() {
    let to = |location: &'static [(&'static str, &'static str)]| Step::Reply(301, location, String::new());
    let bench = Bench::new([
        (GET, to(&[("location", "/redfish/v1/Systems/")])),
        ("GET /redfish/v1/Systems/", ok()),
        (GET, to(&[("location", "https://evil.example/redfish/v1/Systems/")])),
    ]);
    bench.get().await.unwrap();
    let error = bench.get().await.unwrap_err();
    assert!(error.message().contains("evil.example"), "{error}");
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_prints_a_secret() {
    let echo = format!(
        r#"{{"error":{{"@Message.ExtendedInfo":[{{"MessageId":"SYS428","Message":"{} is no good"}}]}}}}"#,
        PASSWORD.replace('"', "\\\"")
    );
    let bench = Bench::new([(POST, Step::Reply(400, &[], echo))]);
    let request = Request::post(
        "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset",
        &serde_json::json!({"Password": PASSWORD}),
    );
    let mut texts = vec![format!("{request:?}")];
    let error = bench.client.send("Post", request).await.unwrap_err();
    texts.extend([format!("{error:?}"), error.chain(), format!("{:?}", bench.client)]);
    texts.push(format!("{:?}", Credentials::new("root", PASSWORD)));
    texts.push(format!(
        "{:?}",
        Client::builder(Target::new([10, 0, 0, 1].into())).credentials(Credentials::new("root", PASSWORD))
    ));
    let seen = bench.transport.seen.lock().unwrap().clone();
    texts.push(format!("{seen:?}"));
    for text in texts {
        assert!(!text.contains("c4lv") && !text.contains(TOKEN), "{text}");
    }
    assert!(error.to_string().contains("[redacted] is no good"), "{error}");
    bench.end().await;
}

#[tokio::test]
async fn refuses_what_cannot_be_sent() {
    let bench = Bench::new([]);
    let error = bench.client.send("Get", Request::get("/api/login")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotCanonical);
    bench.end().await;
    let build =
        |concurrency| Client::builder(Target::new([10, 0, 0, 1].into())).concurrency(concurrency).build();
    assert!(build(4).is_ok());
    for bad in [0, 5] {
        assert_eq!(build(bad).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let anonymous = build(1).unwrap();
    let error = anonymous.send("Get", Request::get("/redfish/v1/Systems")).await.unwrap_err();
    assert!(error.is_unsent());
}

fn plain(server: &mockito::ServerGuard, timeout: Duration, max_body: usize) -> (HttpTransport, WireRequest) {
    let socket = server.socket_address();
    let target = Target::new(socket.ip()).with_port(socket.port());
    let request = WireRequest {
        method: Method::GET,
        path: "/redfish/v1/x".into(),
        headers: crate::wire::common_headers(),
        body: None,
        timeout,
        max_body,
        permit: crate::Permit::new(),
    };
    (
        HttpTransport::new(Dialer::plain(target), Arc::new(SystemClock), Safeguards::default()).unwrap(),
        request,
    )
}

#[tokio::test]
async fn the_wire_sends_what_an_idrac_wants() {
    let mut server = mockito::Server::new_async().await;
    let host = server.host_with_port();
    let mock = server
        .mock("GET", "/redfish/v1/x")
        .match_header("host", host.as_str())
        .match_header("accept", "application/json")
        .match_header("accept-encoding", "identity")
        .match_header("odata-version", "4.0")
        .with_body("{\"a\":1}")
        .expect(2)
        .create_async()
        .await;
    let (transport, request) = plain(&server, Duration::from_secs(5), 1000);
    for _ in 0..2 {
        assert_eq!(&transport.send(request.clone()).await.unwrap().body[..], b"{\"a\":1}");
    }
    mock.assert_async().await;
    assert!(transport.local_address().is_some_and(|address| address.is_loopback()));
}

#[tokio::test]
async fn the_wire_caps_bodies_and_time() {
    let mut server = mockito::Server::new_async().await;
    server.mock("GET", "/redfish/v1/x").with_body("x".repeat(2000)).create_async().await;
    let (transport, request) = plain(&server, Duration::from_secs(5), 1999);
    assert_eq!(transport.send(request).await.unwrap_err().kind(), ErrorKind::Protocol);
    server
        .mock("GET", "/redfish/v1/x")
        .with_chunked_body(|writer| {
            writer.write_all(&[b'x'; 3000])?;
            Ok(())
        })
        .create_async()
        .await;
    let (transport, request) = plain(&server, Duration::from_secs(5), 1999);
    assert_eq!(transport.send(request).await.unwrap_err().kind(), ErrorKind::Protocol);

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::new([127, 0, 0, 1].into()).with_port(silent.local_addr().unwrap().port());
    let (_, request) = plain(&server, Duration::from_millis(50), 1999);
    let transport =
        HttpTransport::new(Dialer::plain(target), Arc::new(SystemClock), Safeguards::default()).unwrap();
    assert_eq!(transport.send(request.clone()).await.unwrap_err().kind(), ErrorKind::Timeout);
    drop(silent);
    let error = transport.send(request).await.unwrap_err();
    assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::Connect, true));
}
