//! Colours of one's own: the server's and a view's, and how many sets of them there may be.

use figcast::config::{AppearanceConfig, SimConfig};
use serde_json::Value;

use crate::support::app::{TestApp, json_of};
use crate::support::sources;

async fn paper(app: &TestApp, path: &str) -> Value {
    let figure = json_of(app.get(path).await).await;
    figure["layout"]["template"]["layout"]["paper_bgcolor"].clone()
}

fn appearance(text: &str) -> AppearanceConfig {
    toml::from_str(text).expect("valid")
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_and_the_colours_told_to_pages_are_in_the_servers_brand() {
    let app = TestApp::spawn_with(sources::sim(&SimConfig::default()), |config| {
        config.appearance = appearance("[dark]\nbackground = \"#0b1f3a\"\nup = \"#00aa88\"");
    });
    assert_eq!(paper(&app, "/figure/AAPL").await, "#0b1f3a");
    assert_eq!(paper(&app, "/figure/AAPL?theme=light").await, "#ffffff");
    assert_eq!(paper(&app, "/figure/AAPL?colors=background:123").await, "#112233");
    let views = json_of(app.get("/views").await).await;
    let dark = &views["colors"]["dark"];
    assert_eq!(
        (&dark["roles"]["up"], &dark["brand"]["background"]),
        (&"#00aa88".into(), &"#0b1f3a".into())
    );
    let own = json_of(app.get("/views?colors=background:123").await).await;
    let dark = &own["colors"]["dark"];
    assert_eq!(
        (&dark["roles"]["up"], &dark["brand"]["background"]),
        (&"#00aa88".into(), &"#112233".into())
    );
    let refused = app.get("/views?colors=up:greenish").await;
    assert_eq!(refused.status(), 400);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_brands_never_share_a_frame_and_two_spellings_of_one_do() {
    let app = TestApp::spawn(sources::sim(&SimConfig::default()));
    let tag = async |colors: &str| {
        let response = app.get(&format!("/figure/AAPL?range=max&colors={colors}")).await;
        assert_eq!(response.status(), 200, "{colors}");
        let tag = response.headers()["etag"].to_str().expect("text").to_owned();
        // Of another second the version would be another one.
        tag.split('-').next().expect("a digest").to_owned()
    };
    let one = tag("up:00aa00,down:b71c1c").await;
    assert_eq!(tag("down:B71C1C,up:%230a0").await, one);
    assert_ne!(tag("up:00aa01,down:b71c1c").await, one);
    let refused = app.get("/figure/AAPL?colors=up:greenish").await;
    assert_eq!(refused.status(), 400);
    let detail = json_of(refused).await["detail"].as_str().expect("text").to_owned();
    assert!(
        detail.starts_with("\"greenish\" is no colour: write six hexadecimal digits"),
        "{detail}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_brand_for_every_request_has_no_more_views_than_any_other() {
    const VIEWS: usize = 8;
    let app = TestApp::spawn_with(sources::sim(&SimConfig::default()), |config| {
        config.hub.views = VIEWS;
        config.hub.requests_per_address = 0.0;
    });
    for color in 0..5 * VIEWS {
        let path = format!("/figure/AAPL?colors=up:{color:06x}");
        let status = app.get(&path).await.status().as_u16();
        assert!([200, 503].contains(&status), "{path}: {status}");
        assert!(app.metric("figcast_views").await <= VIEWS as f64);
    }
    app.stop().await;
}
