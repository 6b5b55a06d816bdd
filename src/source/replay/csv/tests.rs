//! Files of every program, and files that are wrong.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{Wanted, read};
use crate::bars::{Bar, Bars};
use crate::config::{DateOrder, DecimalMark, Reading};
use crate::source::replay::text;
use crate::symbol::Symbol;

fn sheet(text: &str, symbol: &str, reading: &Reading) -> Result<Bars, String> {
    let symbol = Symbol::parse(symbol).expect("valid");
    let zone = TimeZone::get("America/New_York").expect("known");
    let wanted = Wanted { symbol: &symbol, zone: &zone, reading };
    let sheet = read(text, wanted).map_err(|problem| problem.to_string())?;
    Ok(Bars::from_rows(sheet.bars))
}

fn bars(text: &str) -> Result<Bars, String> {
    sheet(text, "XMPL", &Reading::default())
}

#[test]
fn every_dialect_says_the_same() {
    let bar =
        |ts, [open, high, low, close]: [f64; 4], volume| Bar { ts, open, high, low, close, volume };
    let expected = Bars::from_rows([
        bar(1_727_875_800, [1234.5, 1235.25, 1234.0, 1235.0], 1200.0),
        bar(1_727_875_860, [1235.0, 1236.0, 1234.75, 1235.5], 800.0),
        bar(1_727_875_980, [1235.5, 1235.5, 1233.0, 1233.25], 1500.0),
    ]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replay/dialects");
    let files: Vec<_> = fs::read_dir(folder)
        .expect("is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    assert!(files.len() >= 34, "{}", files.len());
    for file in files {
        let text = text::read(&file).expect("text");
        // A file of one day alone does not tell its day from its month.
        let is_american = file.ends_with("us_slashes_other_order.csv");
        let date_order = is_american.then_some(DateOrder::MonthFirst);
        let found = sheet(&text, "XMPL", &Reading { date_order, ..Reading::default() });
        assert_eq!(found.as_ref(), Ok(&expected), "{}", file.display());
    }
}

#[test]
fn a_bad_line_is_told_by_its_number() {
    for (text, message) in [
        (
            "Date,Open,High,Low,Close\n2024-10-02 09:30,1,1,1,1\n\nyesterday,1,1,1,1\n",
            "line 4: Date is \"yesterday\"; expected epoch seconds or milliseconds, \
             2024-10-02T09:30:00-04:00, 2024-10-02 09:30, 10/2/2024 9:30 or a date",
        ),
        (
            "\r\nDate,Open,High,Low,Close\r\n2024-10-02 09:30,1,1,1,1\r\n2024-10-02 09:31,1,one,1,1\r\n",
            "line 4: High is \"one\"; expected a number such as 1234.5 or 1,234.5",
        ),
        (
            "Date,Time,Open,High,Low,Close,Vol\n2024-10-02,25:30,1,1,1,1,2\n",
            "line 2: Date is \"2024-10-02 25:30\"; expected epoch seconds or milliseconds, \
             2024-10-02T09:30:00-04:00, 2024-10-02 09:30, 10/2/2024 9:30 or a date",
        ),
        (
            "Date,Open,High,Low,Close,Vol\n2024-10-02,1.5,1,1,1,\"1,5\"\n",
            "line 2: Vol is \"1,5\"; expected a number such as 1234.5 or 1,234.5",
        ),
        (
            "Date;Open;High;Low;Close\n2024-10-02;1,5;1,5;1,5;1,5\n2024-10-03;1,5;1.5;1,5;1,5\n",
            "line 3: High is \"1.5\"; expected a number such as 1234,5 or 1.234,5",
        ),
        (
            "Date,Open,High,Low,Close\n2024-10-02,1,1,1,1\n2024-10-02,1,234.5,1,1,1\n",
            "line 3: more cells than the header has, or a quote without its partner; \
             a cell with a comma is quoted, as in \"1,234.5\"",
        ),
        (
            "Date,Open,High,Low,Close\n2024-10-02,1,\"1,1,1\n2024-10-03,1,1,1,1\n",
            "line 2: more cells than the header has, or a quote without its partner; \
             a cell with a comma is quoted, as in \"1,234.5\"",
        ),
        (
            "Date,Open,High,Low,Close\n2024-10-02,1,1\n2024-10-03,1,1,1,1\n",
            "line 2: 3 cells where the header has 5",
        ),
        (
            "Date,Open,High,Low,Close\n10/2/24,1,1,1,1\n",
            "line 2: Date is \"10/2/24\"; expected a year of four digits, such as 10/2/2024",
        ),
        (
            "when,Open,High,close\n1,1,1,1\n",
            "the header has no column for time, low; it has when,Open,High,close, and needs a time \
             (timestamp, datetime, date, open time), open, high, low and close, volume being optional",
        ),
        ("", "is empty: expected CSV or the JSON of a Yahoo chart"),
    ] {
        assert_eq!(bars(text), Err(message.to_owned()), "{text:?}");
    }
}

#[test]
fn rows_without_a_time_or_a_price_are_gaps() {
    let text = "Symbol,Date,Time,Open,High,Low,Close,Volume\nXMPL,N/D,N/D,N/D,N/D,N/D,N/D,N/D\nXMPL,,,1,1,1,1,1\n";
    assert_eq!(bars(text), Ok(Bars::empty()));
    assert_eq!(bars("Date,Open,High,Low,Close\n"), Ok(Bars::empty()));
    assert_eq!(bars("\n\n"), Err("is empty: expected CSV or the JSON of a Yahoo chart".to_owned()));
}

#[test]
fn what_is_cut_off_at_the_end_is_left_out_and_told() {
    let text = "Date,Open,High,Low,Close\n2024-10-02,1,1,1,1\n2024-10-03,1,";
    assert_eq!(bars(text).expect("readable").len(), 1);
    let symbol = Symbol::parse("XMPL").expect("valid");
    let reading = Reading::default();
    let wanted = Wanted { symbol: &symbol, zone: &TimeZone::UTC, reading: &reading };
    assert_eq!(read(text, wanted).expect("readable").cut, Some(3));
    let footed = format!("{}\nSource: somebody\n", &text[..44]);
    assert_eq!(bars(&footed).expect("readable").len(), 1);
}

const TWO: &str = "date,open,high,low,close,volume,Name\n\
    2024-10-02,10,11,9,10.5,1,KO\n2024-10-02,20,21,19,20.5,2,PEP\n\
    2024-10-03,11,12,10,11.5,3,KO\n2024-10-03,21,22,20,21.5,4,PEP\n";

#[test]
fn of_several_tickers_the_asked_one_is_read() {
    for (text, symbol) in [
        (TWO.to_owned(), "PEP"),
        (TWO.replace("Name", "<TICKER>").replace("PEP", "PEP.US"), "PEP"),
        (TWO.replace("Name", "act_symbol").replace("PEP", "pep"), "PEP"),
    ] {
        let found = sheet(&text, symbol, &Reading::default()).expect("there");
        assert_eq!(found.closes(), [20.5, 21.5], "{text}");
    }
    let message = sheet(TWO, "DPS", &Reading::default()).expect_err("not there");
    assert!(message.starts_with("holds bars of KO, PEP, and none of DPS; "), "{message}");
    let told = Reading { ticker: Some("ko".to_owned()), ..Reading::default() };
    assert_eq!(sheet(TWO, "COKE", &told).expect("told").closes(), [10.5, 11.5]);
}

#[test]
fn a_file_of_one_other_ticker_is_refused_and_of_one_company_is_read() {
    let one = "date,open,high,low,close,symbol\n2024-10-02,1,1,1,1,KO\n";
    let message = sheet(one, "PEP", &Reading::default()).expect_err("another");
    assert!(message.starts_with("holds bars of KO, and none of PEP"), "{message}");
    let company = one.replace("symbol", "company").replace("KO", "\"Coca-Cola Co, The\"");
    assert_eq!(sheet(&company, "KO", &Reading::default()).expect("read").len(), 1);
}

#[test]
fn bars_of_several_instruments_that_nothing_tells_apart_are_refused() {
    let unnamed = TWO.replace("Name", "sector");
    let text = format!("{unnamed}2024-10-04,1,1,1,1,1,KO\n2024-10-04,2,2,2,2,2,PEP\n");
    let message = bars(&text).expect_err("mixed");
    assert!(
        message.starts_with("lines 2 and 3 are bars of one time with different prices"),
        "{message}"
    );
    // A bar that is written again as it grows is one bar.
    let grows = "ts,o,h,l,c\n1727875800,1,1,1,1\n1727875800,1,2,1,2\n1727875800,1,3,1,3\n";
    assert_eq!(bars(grows).expect("one bar").closes(), [3.0]);
}

#[test]
fn the_volume_that_is_not_zero_throughout_is_the_volume() {
    let text = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\n\
                2024.10.02\t09:30:00\t1\t1\t1\t1\t42\t0\n";
    assert_eq!(bars(text).expect("read").volumes(), [42.0]);
    assert_eq!(bars(&text.replace("\t0\n", "\t7\n")).expect("read").volumes(), [7.0]);
}

#[test]
fn two_readings_of_a_date_or_a_number_are_refused_unless_a_setting_decides() {
    let dates = "Date,Open,High,Low,Close\n01/07/2024,1,1,1,1\n02/07/2024,1,1,1,1\n";
    assert!(bars(dates).expect_err("two").contains("day or month first"));
    for (order, second) in [(DateOrder::DayFirst, 86_400), (DateOrder::MonthFirst, 31 * 86_400)] {
        let reading = Reading { date_order: Some(order), ..Reading::default() };
        let bars = sheet(dates, "XMPL", &reading).expect("told");
        assert_eq!(bars.times()[1] - bars.times()[0], second);
    }
    let numbers =
        "Date,Open,High,Low,Close\n2024-10-02,\"149,123\",\"149,323\",\"149,023\",\"149,223\"\n";
    assert!(bars(numbers).expect_err("two").contains("decimal = \"comma\""));
    for (mark, close) in [(DecimalMark::Comma, 149.223), (DecimalMark::Point, 149_223.0)] {
        let reading = Reading { decimal: Some(mark), ..Reading::default() };
        assert_eq!(sheet(numbers, "XMPL", &reading).expect("told").closes(), [close]);
    }
    let shares = "Date,Close/Last,Volume,Open,High,Low\n09/03/2024,$222.77,\"43,840,200\",$228.55,$229.00,$221.17\n";
    let nasdaq = bars(shares).expect("known to be American");
    assert_eq!((nasdaq.times()[0], nasdaq.volumes()), (1_725_336_000, &[43_840_200.0][..]));
}

#[test]
fn a_line_of_a_million_cells_and_one_of_many_megabytes_take_no_longer_than_their_length() {
    let many = format!("Date,Open,High,Low,Close\n{}\n", "1,".repeat(1_000_000));
    assert!(
        bars(&many).expect_err("too many cells").starts_with("line 2 has more than 10000 cells")
    );
    let wide = format!("{}Date,Open,High,Low,Close\n", "x,".repeat(1_000_000));
    assert!(bars(&wide).expect_err("too many columns").starts_with("line 1 has more than 10000"));
    let columns = format!("{}Date,Open,High,Low,Close\n", "x,".repeat(2_000));
    assert!(bars(&columns).is_ok());
    let long = format!("Date,Open,High,Low,Close\n{},1,1,1,1\n", "9".repeat(8 << 20));
    let message = bars(&long).expect_err("no time");
    assert!(message.len() < 400, "{}", message.len());
}

fn hostile() -> impl Strategy<Value = String> {
    let cell = prop_oneof![
        "[-0-9.,:/ ]{0,12}",
        "\\PC{0,6}",
        "\"[^\n]{0,6}\"?",
        Just("Open".to_owned()),
        Just("Close".to_owned()),
        Just("High".to_owned()),
        Just("Low".to_owned()),
        Just("Date".to_owned()),
        Just("symbol".to_owned()),
        Just("2024-10-02".to_owned()),
        Just("1727875800".to_owned()),
        Just("AAPL.Open".to_owned()),
    ];
    let line = proptest::collection::vec(cell, 0..9).prop_flat_map(|cells| {
        prop_oneof![Just(","), Just(";"), Just("\t")].prop_map(move |by| cells.join(by))
    });
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    (proptest::collection::vec(line, 0..12), end).prop_map(|(lines, end)| lines.join(end))
}

proptest! {
    #[test]
    fn no_file_is_too_strange_to_be_read_or_refused(text in hostile(), bytes: Vec<u8>) {
        let head = "Date,Open,High,Low,Close\n2024-10-02,1,1,1,1\n";
        for text in [text.clone(), format!("{head}{text}")] {
            let _ = bars(&text);
        }
        if let Ok(text) = text::decode(&bytes) {
            let _ = bars(&text);
        }
    }
}
