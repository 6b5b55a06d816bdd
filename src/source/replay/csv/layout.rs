//! How a table lies in its text: what parts its cells, where its header and its first row are, and which
//! column holds what.

use super::columns::{self, Columns, Name};
use super::lines::{GAPS, Line, Splitter, lines};
use super::written;
use crate::config::DateOrder::{self, MonthFirst};
use crate::config::Reading;
use crate::source::replay::error::FileProblem;
use crate::symbol::Symbol;

/// Lines that are looked at for a header: what stands before it is short.
const LOOKED_AT: usize = 40;
/// What may part cells, the surest first.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];
/// Fewest cells of a line of bars that has only what it must: a time and four prices.
const FEWEST: usize = 5;
/// Most lines of one header.
const HEADER_LINES: usize = 3;
/// Most columns of a table: a thousand tickers side by side have fewer.
const MAX_COLUMNS: usize = 10_000;
/// Longest first line that a message repeats, in characters.
const QUOTED: usize = 60;

/// The form of a table.
#[derive(Debug, Clone)]
pub(super) struct TableLayout {
    pub(super) delimiter: u8,
    pub(super) columns: Columns,
    /// The names of all columns.
    pub(super) names: Vec<String>,
    /// The number of the first line that is a row.
    pub(super) first: usize,
    /// The order of dates that the program is known to write.
    pub(super) usual_order: Option<DateOrder>,
}

/// The first lines of a text in cells, comments left out.
struct Head(Vec<(usize, Vec<String>)>);

impl TableLayout {
    /// Finds the table of `symbol` in `text`.
    ///
    /// # Errors
    /// [`FileProblem`], with what the header has and what it needs.
    pub(super) fn find(
        text: &str,
        symbol: &Symbol,
        reading: &Reading,
    ) -> Result<Self, FileProblem> {
        let sample: Vec<Line> = lines(text, 1).take(LOOKED_AT).collect();
        let delimiter = delimiter(&sample);
        let head = Head::new(&sample, delimiter);
        if let Some((line, _)) = head.0.iter().find(|(_, cells)| cells.len() > MAX_COLUMNS) {
            return Err(FileProblem::Wide { line: *line, limit: MAX_COLUMNS });
        }
        if !reading.columns.is_empty() {
            let columns = Columns::told(&reading.columns)?;
            return Ok(Self {
                delimiter,
                first: head.first_row(&columns).ok_or(FileProblem::NoBars)?,
                columns,
                names: reading.columns.clone(),
                usual_order: None,
            });
        }
        let Some(header) = head.header() else {
            let known = head.known().ok_or_else(|| head.without_header(&sample))?;
            let (first, names) = known;
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let columns = Columns::told(&names)?;
            return Ok(Self { delimiter, columns, names, first, usual_order: None });
        };
        let names = head.names(header.clone());
        let mut columns = Columns::find(&names, symbol, reading.ticker.as_deref())?;
        let rows = &head.0[header.end..];
        if let ([_, clock], Some((_, row))) = (&*columns.start, rows.first())
            && !row.get(*clock).is_some_and(|cell| is_clock(cell))
        {
            columns.start = vec![*clock];
        }
        // The rows follow the header, whatever comments stand between.
        let first = head.0[header.end - 1].0 + 1;
        let is_nasdaq = names.iter().flat_map(|(_, names)| names).any(|name| name == "Close/Last");
        let usual_order = is_nasdaq.then_some(MonthFirst);
        let names = names.into_iter().map(|(_, names)| names.join(" ").trim().to_owned()).collect();
        Ok(Self { delimiter, columns, names, first, usual_order })
    }
}

/// What parts most lines into the cells of a row. Decimal commas part cells as well, hence the order.
fn delimiter(sample: &[Line]) -> u8 {
    if let Some(told) = sample.first().and_then(|line| line.text.trim().strip_prefix("sep="))
        && let [delimiter] = *told.as_bytes()
        && DELIMITERS.contains(&delimiter)
    {
        return delimiter;
    }
    let fitting = |delimiter: u8| {
        let mut splitter = Splitter::new(delimiter);
        let rows = sample.iter().filter(|line| !line.is_comment());
        rows.filter(|line| splitter.cells(line.text).len() >= FEWEST - 1).count()
    };
    let counts = DELIMITERS.map(fitting);
    let most = counts.into_iter().max().unwrap_or(0);
    let best = counts.iter().position(|count| *count == most && most > 0);
    best.map_or(b',', |at| DELIMITERS[at])
}

impl Head {
    fn new(sample: &[Line], delimiter: u8) -> Self {
        let mut splitter = Splitter::new(delimiter);
        let mut cells = |line: &Line| {
            // A header may be a comment to the program that wrote it.
            let text = line.text.trim_start_matches(['#', '%']);
            let cells: Vec<String> = splitter.cells(text).iter().map(str::to_owned).collect();
            let is_row = !line.is_comment() || prices_in(&cells) >= 3;
            is_row.then_some((line.number, cells))
        };
        Self(sample.iter().filter_map(&mut cells).collect())
    }

    /// The lines of the header, as places in the head.
    fn header(&self) -> Option<std::ops::Range<usize>> {
        let rows = &self.0;
        let named = |at: &usize| prices_in(&rows[*at].1) >= 2 && !has_numbers(&rows[*at].1);
        let at = (0..rows.len()).find(named)?;
        // Tickers may stand in a line above the names of the prices, if those come more than once or all
        // cells have one.
        let above = at.checked_sub(1).filter(|above| {
            let (upper, lower) = (&rows[*above].1, &rows[at].1);
            let filled = upper.iter().skip(1).filter(|cell| !cell.is_empty()).count();
            upper.len() == lower.len() && filled + 1 >= FEWEST && !has_numbers(upper)
        });
        let start = above.unwrap_or(at);
        let goes_on = |next: &usize| {
            let cells = &rows[*next].1;
            let has_time =
                cells.first().is_some_and(|cell| written::read(cell, MonthFirst).is_ok());
            let is_level = !has_time && !has_numbers(cells);
            *next < start + HEADER_LINES && cells.len() >= FEWEST - 1 && is_level
        };
        let more = (at + 1..rows.len()).take_while(goes_on).count();
        Some(start..at + 1 + more)
    }

    /// The names over each column. Cells that say nothing are no names.
    fn names(&self, header: std::ops::Range<usize>) -> Vec<Name> {
        let lines = &self.0[header];
        let width = lines.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        let name = |place: usize| {
            let cells =
                lines.iter().map(|(_, cells)| cells.get(place).cloned().unwrap_or_default());
            (place, cells.map(|cell| if is_gap(&cell) { String::new() } else { cell }).collect())
        };
        (0..width).map(name).collect()
    }

    /// The number of the first line with prices in these columns.
    fn first_row(&self, columns: &Columns) -> Option<usize> {
        let fits = |(_, cells): &&(usize, Vec<String>)| {
            let numeric = |column: &usize| cells.get(*column).is_some_and(|cell| is_numeric(cell));
            columns.prices.iter().all(numeric)
        };
        self.0.iter().find(fits).map(|(number, _)| *number)
    }

    /// The columns of an exchange's dump, which has no header, and the number of its first line.
    fn known(&self) -> Option<(usize, &'static [&'static str])> {
        let (number, first) = self.0.iter().find(|(_, cells)| is_row(cells))?;
        let rows = || self.0.iter().filter(|(_, cells)| is_row(cells)).map(|(_, cells)| cells);
        let is_whole = first[0].bytes().all(|byte| byte.is_ascii_digit());
        let epoch = |digits: &[usize]| is_whole && digits.contains(&first[0].len());
        let dotted = first[0].len() == 10 && first[0].matches('.').count() == 2;
        let is_clock = first.get(1).is_some_and(|cell| cell.contains(':'));
        let compact = first[0].len() == 15 && first[0].as_bytes().get(8) == Some(&b' ');
        let names = match first.len() {
            12 if epoch(&[13, 16]) => BINANCE,
            8 if epoch(&[10]) => KRAKEN_REST,
            7 if epoch(&[10]) => KRAKEN,
            7 if dotted && is_clock => METATRADER,
            6 if compact => HISTDATA,
            _ => return None,
        };
        let columns =
            Columns::told(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).ok()?;
        let price =
            |cells: &Vec<String>, at: usize| cells.get(columns.prices[at])?.parse::<f64>().ok();
        let holds = |cells: &Vec<String>| {
            let [open, high, low, close] = [0, 1, 2, 3].map(|at| price(cells, at));
            matches!((open, high, low, close), (Some(open), Some(high), Some(low), Some(close))
                if low <= open.min(close) && open.max(close) <= high)
        };
        rows().all(holds).then_some((*number, names))
    }

    fn without_header(&self, sample: &[Line]) -> FileProblem {
        let Some(line) = sample.first() else { return FileProblem::Empty };
        let first = self.0.first().map_or(line.number, |(number, _)| *number);
        let line = sample.iter().find(|line| line.number == first).unwrap_or(line);
        FileProblem::NoHeader {
            line: line.number,
            found: line.text.trim().chars().take(QUOTED).collect(),
        }
    }
}

const BINANCE: &[&str] =
    &["time", "open", "high", "low", "close", "volume", "", "", "", "", "", ""];
const KRAKEN: &[&str] = &["time", "open", "high", "low", "close", "volume", ""];
const KRAKEN_REST: &[&str] = &["time", "open", "high", "low", "close", "", "volume", ""];
const METATRADER: &[&str] = &["date", "time", "open", "high", "low", "close", "volume"];
const HISTDATA: &[&str] = &["time", "open", "high", "low", "close", "volume"];

fn prices_in(cells: &[String]) -> usize {
    cells.iter().filter(|cell| columns::is_price(cell)).count()
}

/// Whether a line can be one of bars: a time and four numbers.
fn is_row(cells: &[String]) -> bool {
    cells.len() >= FEWEST && cells.iter().filter(|cell| is_numeric(cell)).count() >= FEWEST - 1
}

fn has_numbers(cells: &[String]) -> bool {
    cells.iter().any(|cell| is_numeric(cell))
}

/// Whether a cell has digits and nothing that a ticker or a name would have.
fn is_numeric(cell: &str) -> bool {
    let is_suffixed = |c: char| "KMBTkmbt".contains(c);
    let bare =
        cell.strip_suffix(is_suffixed).filter(|bare| bare.ends_with(|c: char| c.is_ascii_digit()));
    let bare = bare.unwrap_or(cell);
    let exponent = |c: char| c == 'e' || c == 'E';
    bare.contains(|c: char| c.is_ascii_digit())
        && bare.chars().all(|c| !c.is_alphabetic() || exponent(c))
}

fn is_gap(cell: &str) -> bool {
    GAPS.contains(&&*cell.to_ascii_lowercase())
}

/// Whether a cell is a time of day.
fn is_clock(cell: &str) -> bool {
    let digits = cell.bytes().all(|b| b.is_ascii_digit());
    is_gap(cell) || (digits && cell.len() <= 6) || cell.find(':').is_some_and(|at| at <= 2)
}

#[cfg(test)]
mod tests {
    use super::TableLayout;
    use crate::config::Reading;
    use crate::source::replay::error::FileProblem;
    use crate::symbol::Symbol;

    fn layout(text: &str, reading: &Reading) -> Result<TableLayout, FileProblem> {
        TableLayout::find(text, &Symbol::parse("AAPL").expect("valid"), reading)
    }

    /// Delimiter, first line of rows, start and prices.
    fn found(text: &str) -> Result<String, String> {
        let layout = layout(text, &Reading::default()).map_err(|problem| problem.to_string())?;
        let TableLayout { delimiter, columns, first, .. } = layout;
        let delimiter = char::from(delimiter).escape_default();
        Ok(format!("{delimiter} {first} {:?} {:?}", columns.start, columns.prices))
    }

    #[test]
    fn a_table_is_found_below_what_stands_before_it() {
        for (text, expected) in [
            ("Date,Open,High,Low,Close\n2024-10-02,1,1,1,1\n", ", 2 [0] [1, 2, 3, 4]"),
            (
                "https://www.example.com\ndate,open,high,low,close\n1,1,1,1,1\n",
                ", 3 [0] [1, 2, 3, 4]",
            ),
            (
                "# made by hand\n\n# again\ndate,open,high,low,close\n1,1,1,1,1\n",
                ", 5 [0] [1, 2, 3, 4]",
            ),
            ("# date,open,high,low,close\n1,1,1,1,1\n", ", 2 [0] [1, 2, 3, 4]"),
            ("sep=;\nDate;Open;High;Low;Close\n1;1,5;1;1;1\n", "; 3 [0] [1, 2, 3, 4]"),
            ("Datum;Open;High;Low;Close\n02.09.2024;1,5;1,5;1,5;1,5\n", "; 2 [0] [1, 2, 3, 4]"),
            (
                "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\n2024.03.01\t00:00:00\t1\t1\t1\t1\n",
                "\\t 2 [0, 1] [2, 3, 4, 5]",
            ),
            (
                "Date,Time,Open,High,Low,Close\n2024-10-02,2024-10-02 09:30,1,1,1,1\n",
                ", 2 [1] [2, 3, 4, 5]",
            ),
            (
                "Price,Close,High,Low,Open\nTicker,AAPL,AAPL,AAPL,AAPL\nDate,,,,\n2025-01-06,1,1,1,1\n",
                ", 4 [0] [4, 2, 3, 1]",
            ),
            (
                "Ticker,AAPL,AAPL,AAPL,AAPL\nPrice,Open,High,Low,Close\nDate,,,,\n2025-01-06,1,1,1,1\n",
                ", 4 [0] [1, 2, 3, 4]",
            ),
            (
                "Date,Open,High,Low,Close\nN/D,N/D,N/D,N/D,N/D\n2024-10-02,1,1,1,1\n",
                ", 3 [0] [1, 2, 3, 4]",
            ),
        ] {
            assert_eq!(found(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn dumps_of_exchanges_are_known_without_a_header() {
        for (line, expected) in [
            ("1727875800000,1,3,0.5,2,9,1727875859999,18,7,4,8,0", ", 1 [0] [1, 2, 3, 4]"),
            ("1727875800000000,1,3,0.5,2,9,1727875859999999,18,7,4,8,0", ", 1 [0] [1, 2, 3, 4]"),
            ("1727875800,1,3,0.5,2,9,17", ", 1 [0] [1, 2, 3, 4]"),
            ("1727875800,1,3,0.5,2,1.5,9,17", ", 1 [0] [1, 2, 3, 4]"),
            ("2024.03.01,00:00,1,3,0.5,2,9", ", 1 [0, 1] [2, 3, 4, 5]"),
            ("20120201 000000;1;3;0.5;2;0", "; 1 [0] [1, 2, 3, 4]"),
        ] {
            assert_eq!(found(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn other_rows_without_a_header_are_refused_with_the_setting_that_tells_their_columns() {
        for text in ["2024-10-02,1,3,0.5,2,9\n", "1727875800,0.5,3,1,2,9,17\n"] {
            let message = found(text).expect_err("no header");
            assert!(
                message.starts_with(&format!("line 1: no header: {:?}", text.trim())),
                "{message}"
            );
            assert!(message.contains("columns = [\"time\", \"open\""), "{message}");
        }
        assert!(matches!(layout("", &Reading::default()), Err(FileProblem::Empty)));
        let columns = ["date", "low", "high", "open", "close"].map(str::to_owned).to_vec();
        let told = Reading { columns, ..Reading::default() };
        for text in ["2024-10-02,1,3,2,2\n", "a,b,c,d,e\n2024-10-02,1,3,2,2\n"] {
            let layout = layout(text, &told).expect("told");
            assert_eq!(layout.columns.prices, [3, 2, 1, 4]);
            assert_eq!(layout.first, text.lines().count());
        }
        let few = Reading { columns: vec!["time".to_owned()], ..Reading::default() };
        assert!(layout("1,1\n", &few).expect_err("no prices").to_string().contains("columns"));
    }
}
