//! What of pushes stands in `/metrics`.

use reqwest::Method;

use super::{Ingesting, minute, written};

#[tokio::test(flavor = "multi_thread")]
async fn requests_rows_corrections_and_commits_are_counted_by_what_became_of_them() {
    let server = Ingesting::start();
    let [first, second, third] = [minute(3), minute(2), minute(1)];
    let bars = |close: [f64; 3]| {
        let row = |(at, close): (i64, f64)| format!("{},1,9,0,{close}\n", written(at));
        let rows = [first, second, third].into_iter().zip(close).map(row).collect::<String>();
        format!("time,open,high,low,close\n{rows}")
    };
    server.pushed("/ingest/M", bars([1.0; 3])).await;
    // The newest bar forms, and is no correction; the second one is.
    server.pushed("/ingest/M", bars([1.0, 2.0, 2.0])).await;
    assert_eq!(server.push("/ingest/M", "time,price\nsoon,1\n").await.status(), 422);
    server.pushed("/ingest/M?partial=1", format!("time,price\nsoon,1\n{third}000,3\n")).await;
    assert_eq!(server.push_with("/ingest/M", &[], "1,1").await.status(), 401);
    assert_eq!(server.send(Method::DELETE, "/ingest/NONE", "").await.status(), 404);
    server.send(Method::GET, "/ingest/M/about", "").await;
    let app = &server.app;
    for (outcome, count) in [("ok", 3.0), ("invalid", 2.0), ("unauthorized", 1.0)] {
        let name = format!("figcast_ingest_requests_total{{outcome=\"{outcome}\"}}");
        app.metric_becomes(&name, count).await;
    }
    for (outcome, count) in
        [("accepted", 4.0), ("replaced", 2.0), ("unchanged", 1.0), ("refused", 2.0)]
    {
        let name = format!("figcast_ingest_rows_total{{outcome=\"{outcome}\"}}");
        app.metric_becomes(&name, count).await;
    }
    app.metric_becomes("figcast_ingest_corrections_total", 1.0).await;
    assert!(app.metric("figcast_history_commit_seconds_count").await >= 3.0);
    app.metric_becomes("figcast_history_symbols", 1.0).await;
    app.metric_becomes("figcast_history_failures_total", 0.0).await;
    let file = server.folder.path().join("bars.db").metadata().expect("there").len();
    assert!(app.metric("figcast_history_bytes").await >= file as f64);
    server.app.stop().await;
}
