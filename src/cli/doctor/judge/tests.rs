//! What is wrong with a tape is found, and nothing else.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{StatusCode, Version};

use super::super::finding::Grade::{Ok, Warn, Wrong};
use super::super::tape::{StreamTape, TapeEnd};
use super::{coded, first_event, pace, quiet, refusal, resumed, version};

const SECOND: Duration = Duration::from_secs(1);

/// A stream of pieces that came so many milliseconds after the request.
fn tape(pieces: &[(u64, &[u8])]) -> StreamTape {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    let pieces = pieces.iter();
    let pieces = pieces
        .map(|(at, piece)| (Duration::from_millis(*at), Bytes::copy_from_slice(piece)))
        .collect();
    let (status, version) = (StatusCode::OK, Version::HTTP_11);
    StreamTape { status, version, headers, pieces, end: TapeEnd::Open }
}

fn rows(at: &[u64]) -> StreamTape {
    let status = if at.len() > 3 && at[1] - at[0] < 5 { at[0] - 1_000 } else { at[0] };
    let mut pieces = vec![(status, b"retry: 3000\nevent: status\ndata: {}\n\n".to_vec())];
    pieces.extend(at.iter().map(|at| (*at, format!("id: a-{at}\ndata: {{}}\n\n").into_bytes())));
    let pieces: Vec<_> = pieces.iter().map(|(at, piece)| (*at, &piece[..])).collect();
    tape(&pieces)
}

#[test]
fn updates_that_come_at_once_after_a_silence_were_held_back() {
    for (at, verdict) in [
        (&[20, 1_020, 2_030, 3_020, 4_025][..], Ok),
        (&[20, 4_020, 4_020, 4_021, 4_022, 8_020, 8_021, 8_022], Wrong),
        // A reader that was slow for a moment.
        (&[20, 1_020, 1_900, 1_905, 1_910], Ok),
        (&[20], Ok),
        // The end of the first rows was kept until something pushed it on.
        (&[1_020, 1_021, 2_020, 3_020], Wrong),
    ] {
        let events = rows(at).events();
        assert_eq!(pace(&events, 9 * SECOND).verdict(), ("buffering", verdict), "{at:?}");
    }
}

#[test]
fn the_first_event_is_there_within_seconds() {
    let judged = |tape: &StreamTape| first_event(tape, &tape.events(), 9 * SECOND).verdict().1;
    assert_eq!(judged(&rows(&[30, 1_000])), Ok);
    assert_eq!(judged(&rows(&[2_300])), Ok, "it waits for the first bars");
    assert_eq!(judged(&rows(&[8_000])), Wrong);
    assert_eq!(judged(&tape(&[])), Wrong);
    assert_eq!(judged(&tape(&[(10, b"id: half an ev")])), Wrong);
}

#[test]
fn a_quiet_stream_has_heartbeats_and_ends_as_the_server_ends_it_or_not_at_all() {
    let beats: &[(u64, &[u8])] = &[(10, b"data: {}\n\n"), (15_000, b":\n\n"), (29_900, b":\n\n")];
    let judged = |tape: &StreamTape, seconds: u32| {
        quiet(tape, seconds * SECOND).iter().map(|finding| finding.verdict().1).collect::<Vec<_>>()
    };
    assert_eq!(judged(&tape(beats), 40), [Ok, Ok]);
    assert_eq!(judged(&tape(beats), 60), [Wrong, Ok], "nothing for the last half minute");
    assert_eq!(judged(&tape(&beats[..1]), 10), [Warn, Ok], "not waited for");
    let ending = |end: TapeEnd, last: &[u8]| {
        let mut tape = tape(beats);
        tape.pieces.push((30 * SECOND, Bytes::copy_from_slice(last)));
        StreamTape { end, ..tape }
    };
    let broken = TapeEnd::Broken(30 * SECOND, "reset".to_owned());
    assert_eq!(judged(&ending(broken, b""), 60), [Ok, Wrong]);
    assert_eq!(judged(&ending(TapeEnd::Ended(30 * SECOND), b""), 60), [Ok, Wrong]);
    assert_eq!(judged(&ending(TapeEnd::Ended(30 * SECOND), b"retry: 2000\n"), 60), [Ok, Warn]);
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("in memory");
    encoder.flush().expect("in memory");
    encoder.get_ref().clone()
}

#[test]
fn a_coding_is_there_once_and_is_what_the_answer_says() {
    let text = b"data: 1\n\n".repeat(100);
    let zstd = zstd::encode_all(&text[..], 1).expect("in memory");
    let judged = |coding: Option<&'static str>, body: &[u8]| {
        let mut tape = tape(&[(10, body)]);
        if let Some(coding) = coding {
            tape.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        coded("gzip", "gzip", Result::Ok(tape), SECOND).verdict().1
    };
    assert_eq!(judged(Some("gzip"), &gzip(&text)), Ok, "though its end is still to come");
    assert_eq!(judged(Some("zstd"), &zstd), Ok);
    assert_eq!(judged(Some("gzip"), &gzip(&gzip(&text))), Wrong, "twice");
    assert_eq!(judged(Some("gzip"), &gzip(&zstd)), Wrong, "twice");
    assert_eq!(judged(Some("gzip"), &text), Wrong, "it is not");
    assert_eq!(judged(Some("br"), &text), Wrong, "nobody asked for it");
    assert_eq!(judged(None, &gzip(&text)), Wrong, "the header is lost");
    assert_eq!(judged(None, &text), Warn);
    let nothing = Result::Ok(tape(&[]));
    assert_eq!(coded("gzip", "gzip", nothing, SECOND).verdict().1, Wrong);
}

#[test]
fn a_client_that_comes_back_is_told_whether_it_goes_on() {
    let status = |data: &str| {
        let event = format!("retry: 3000\nevent: status\ndata: {data}\n\n");
        let finding = resumed(&tape(&[(10, event.as_bytes())]).events());
        finding.expect("a status came").verdict().1
    };
    assert_eq!(status("{\"state\":\"live\",\"resume\":\"resumed\"}"), Ok);
    assert_eq!(status("{\"state\":\"live\",\"resume\":\"snapshot\"}"), Ok);
    assert_eq!(status("{\"state\":\"live\"}"), Wrong);
}

#[test]
fn an_answer_that_is_no_stream_is_told_by_what_it_is() {
    let answer = |status: u16, kind: &'static str, body: &str, has_token: bool| {
        let mut tape = tape(&[(10, body.as_bytes())]);
        tape.status = StatusCode::from_u16(status).expect("a status");
        tape.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        refusal(&tape, has_token).map(|finding| finding.verdict())
    };
    let problem = "application/problem+json";
    assert_eq!(answer(200, "text/event-stream", "", false), None);
    assert_eq!(answer(200, "text/html", "<html>", false), Some(("stream", Wrong)));
    assert_eq!(answer(502, "text/html", "<html>", false), Some(("stream", Wrong)));
    let asked = "{\"detail\":\"a token is needed: send it\"}";
    assert_eq!(answer(401, problem, asked, false), Some(("token", Wrong)));
    assert_eq!(answer(401, problem, asked, true), Some(("token", Wrong)));
    assert_eq!(answer(401, "text/html", "", true), Some(("token", Wrong)));
    assert_eq!(answer(404, problem, "{\"detail\":\"no AAPL\"}", false), Some(("stream", Wrong)));
    let old = StreamTape { version: Version::HTTP_10, ..tape(&[]) };
    assert_eq!((version(&old).verdict().1, version(&tape(&[])).verdict().1), (Wrong, Ok));
}
