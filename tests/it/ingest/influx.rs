//! The line protocol of Influx, as its clients send it and as they expect to be answered.

use serde_json::json;

use super::{Ingesting, minute, written};
use crate::support::app::json_of;

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_influx_are_answered_as_influx_answers() {
    let server = Ingesting::start();
    let at = minute(2);
    let token = [("authorization", "Token open sesame")];
    let line =
        format!("trade,symbol=MINE,host=a price=101.5,size=2i,note=\"x, y\" {at}000000000\n");
    let path = "/api/v2/write?org=o&bucket=b&precision=ns";
    let response = server.push_with(path, &token, line.clone()).await;
    assert_eq!(
        (response.status().as_u16(), response.text().await.expect("text")),
        (204, String::new())
    );
    let again = server.push_with(path, &token, line).await;
    assert_eq!(again.status(), 204, "a retry is safe");
    assert_eq!(server.bars("MINE").await, [format!("{},101.5,101.5,101.5,101.5,2.0", written(at))]);
    // Version 1 has the token for a password, and its own names of units.
    let password = [("authorization", "Basic dXNlcjpvcGVuIHNlc2FtZQ==")];
    let bar = format!("BARS open=1,high=3,low=0.5,close=2,volume=10 {at}000000\n");
    let response = server.push_with("/write?db=x&precision=u", &password, bar).await;
    assert_eq!(response.status(), 204);
    assert_eq!(server.bars("BARS").await, [format!("{},1.0,3.0,0.5,2.0,10.0", written(at))]);
    server.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_lines_the_good_ones_are_kept_and_the_others_told() {
    let server = Ingesting::start();
    let at = minute(2);
    let token = [("authorization", "Token open sesame")];
    let lines = format!(
        "GOOD price=1 {at}\nno line\n# a note\nBAD price=\"x\" {at}\nNONE temperature=20 {at}\n"
    );
    let response = server.push_with("/api/v2/write?precision=s", &token, lines).await;
    assert_eq!(response.status(), 400);
    let told = json_of(response).await;
    assert_eq!(told["code"], "invalid");
    let message = told["message"].as_str().expect("a message");
    assert!(message.starts_with("partial write: line 2: line: it is not measurement"), "{message}");
    assert!(
        message.contains("line 4: price: \"x\" is not a number")
            && message.contains("line 5: close"),
        "{message}"
    );
    assert_eq!(server.bars("GOOD").await.len(), 1);
    let response = server.push_with("/write", &[], "A price=1").await;
    assert_eq!(response.status(), 401);
    assert!(response.headers().contains_key("www-authenticate"));
    assert_eq!(json_of(response).await["code"], json!("unauthorized"));
    server.app.stop().await;
}
