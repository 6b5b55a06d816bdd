//! Which pages of other sites may read answers, and with what.

use figcast::config::{AllowedOrigin, Config, SimConfig};
use reqwest::{Method, Response};
use serde_json::json;

use super::{asking, token};
use crate::support::app::TestApp;
use crate::support::sources;

const SITE: &str = "https://site.example";
const ORIGIN: &str = "access-control-allow-origin";
const CREDENTIALS: &str = "access-control-allow-credentials";

fn server(origins: &[&str], asks: bool) -> TestApp {
    server_with(origins, asks, |_| {})
}

fn server_with(origins: &[&str], asks: bool, change: impl FnOnce(&mut Config)) -> TestApp {
    let origin = |text: &&str| AllowedOrigin::try_from((*text).to_owned()).expect("an origin");
    TestApp::spawn_with(sources::sim(&SimConfig::default()), |config: &mut Config| {
        config.server.origins = origins.iter().map(origin).collect();
        if asks {
            config.auth = asking();
        }
        change(config);
    })
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).map(|value| value.to_str().expect("text").to_owned())
}

async fn preflight(app: &TestApp, path: &str, origin: &str, method: &str) -> Response {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", "authorization,last-event-id"),
    ];
    app.request(Method::OPTIONS, path, &headers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reads_with_its_cookie_if_its_origin_is_named_and_never_by_a_star() {
    let named = [SITE, "http://localhost:3000"];
    for (origins, asks, origin, allowed, with_cookie) in [
        (&[][..], false, SITE, Some("*"), false),
        (&[], true, SITE, None, false),
        (&["*"], true, SITE, Some("*"), false),
        (&["*", SITE], true, SITE, Some("*"), false),
        (&named, true, SITE, Some(SITE), true),
        (&named, true, "http://localhost:3000", Some("http://localhost:3000"), true),
        (&named, true, "https://site.example.evil", None, false),
        (&named, true, "null", None, false),
        (&named, false, SITE, Some(SITE), false),
        (&named, false, "https://evil.example", None, false),
    ] {
        let app = server(origins, asks);
        let bearer = format!("Bearer {}", token(&json!({ "symbols": ["*"] }), 600));
        let mut headers = vec![("origin", origin)];
        if asks {
            headers.push(("authorization", &*bearer));
        }
        for path in ["/figure/AAPL", "/stream/AAPL", "/nowhere", "/"] {
            let answer = app.request(Method::GET, path, &headers).await;
            let told = format!("{origins:?} {asks} {origin} {path}");
            assert_eq!(header(&answer, ORIGIN).as_deref(), allowed, "{told}");
            let credentials = header(&answer, CREDENTIALS);
            // Without an origin beside it the header allows nothing.
            let credentials = credentials.filter(|_| allowed.is_some());
            assert_eq!(credentials.as_deref(), with_cookie.then_some("true"), "{told}");
            let vary = answer.headers().get_all("vary").iter();
            let vary: Vec<_> = vary.map(|value| value.to_str().expect("text")).collect();
            let varies = vary.join(",").to_ascii_lowercase().contains("origin");
            assert!(allowed != Some(origin) || varies, "{told}: {vary:?}");
            assert!(path == "/nowhere" || answer.status() == 200, "it is answered: {told}");
        }
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_of_a_named_page_allows_a_token_an_id_and_a_ticket_and_of_others_nothing() {
    let app = server(&[SITE], true);
    for (path, method) in [("/stream/AAPL", "GET"), ("/ticket", "POST")] {
        let answer = preflight(&app, path, SITE, method).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(&answer, ORIGIN).as_deref(), Some(SITE));
        assert_eq!(header(&answer, CREDENTIALS).as_deref(), Some("true"));
        let headers = header(&answer, "access-control-allow-headers").expect("some");
        assert!(
            headers.contains("authorization") && headers.contains("last-event-id"),
            "{headers}"
        );
        let methods = header(&answer, "access-control-allow-methods").expect("some");
        assert!(methods.contains(method) && !methods.contains("DELETE"), "{methods}");
        let other = preflight(&app, path, "https://evil.example", method).await;
        assert_eq!((header(&other, ORIGIN), header(&other, CREDENTIALS)), (None, None), "{path}");
    }
    app.stop().await;
    let open = server(&[], false);
    assert_eq!(preflight(&open, "/ingest", SITE, "POST").await.status(), 400, "nobody pushes so");
    // A page that asks for a ticket where none is needed is told so, and can read it.
    assert_eq!(preflight(&open, "/ticket", SITE, "POST").await.status(), 200);
    let answer = open.request(Method::POST, "/ticket", &[("origin", SITE)]).await;
    assert_eq!((answer.status().as_u16(), header(&answer, ORIGIN).as_deref()), (404, Some("*")));
    assert!(answer.text().await.expect("text").contains("no ticket is needed"));
    open.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_send_a_request_for_a_ticket_and_nothing_else() {
    for (origins, asks) in [(&["*"][..], true), (&[SITE], true), (&["*"], false), (&[], false)] {
        let app = server_with(origins, asks, |config| config.ingest.allow_loopback = true);
        for path in
            ["/ingest", "/ingest/MINE", "/ingest/hook/x", "/write", "/api/v2/write", "/stream"]
        {
            for method in ["POST", "PUT", "DELETE"] {
                let answer = preflight(&app, path, SITE, method).await;
                assert_eq!(answer.status(), 400, "{origins:?} {asks} {method} {path}");
                let allowed = header(&answer, "access-control-allow-methods");
                assert_eq!(allowed, None, "{origins:?} {asks} {method} {path}");
            }
            let answer = preflight(&app, path, SITE, "GET").await;
            let methods = header(&answer, "access-control-allow-methods").expect("some");
            assert!(methods.contains("GET") && !methods.contains("POST"), "{path}: {methods}");
        }
        assert_eq!(preflight(&app, "/ticket", SITE, "POST").await.status(), 200);
        app.stop().await;
    }
}
