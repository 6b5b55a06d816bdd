//! Lines that are short, and one line each.

use std::fmt::{Display, Write as _};

/// Most bytes of a line.
const MAX: usize = 300;
/// Time, level, brackets and the end of the line.
const AROUND: usize = 31;
/// Most bytes of a list in a line.
const MAX_LIST: usize = 140;

/// A short line of the log: the text of `target`, and the number of lines that were left out before it.
pub fn short(text: &str, target: &str, left_out: u64) -> String {
    let more = match left_out {
        0 => String::new(),
        count => format!(" ({count} more like it)"),
    };
    let room = MAX.saturating_sub(AROUND + target.len() + more.len());
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    cut(&mut line, room);
    line + &more
}

/// `a and b`, or the first ones and how many more there are.
pub fn listed(items: impl IntoIterator<Item = impl Display>) -> String {
    let mut items = items.into_iter();
    let mut list = items.next().map(|first| first.to_string()).unwrap_or_default();
    cut(&mut list, MAX_LIST);
    let mut more = 0;
    for item in items {
        let item = item.to_string();
        if more == 0 && list.len() + item.len() <= MAX_LIST {
            let _ = write!(list, " and {item}");
        } else {
            more += 1;
        }
    }
    if more > 0 {
        let _ = write!(list, " and {more} more");
    }
    list
}

fn cut(text: &mut String, room: usize) {
    const MARK: &str = "..";
    if text.len() > room {
        text.truncate(text.floor_char_boundary(room.saturating_sub(MARK.len())));
        text.push_str(MARK);
    }
}

#[cfg(test)]
mod tests {
    use super::{AROUND, MAX, listed, short};

    #[test]
    fn a_line_is_shorter_than_its_bound_and_stays_one_line() {
        let target = "figcast::hub::stream::subscription";
        assert_eq!(short("stream 1: opened", target, 0), "stream 1: opened");
        assert_eq!(short("a\nb\u{1b}[2Jc", target, 12), "a\\nb\\u{1b}[2Jc (12 more like it)");
        for text in ["x".repeat(1_000), "ä".repeat(1_000), "\u{1}".repeat(1_000)] {
            let line = short(&text, target, 1_234_567);
            let whole = AROUND + target.len() + line.len();
            assert!((MAX - 2..=MAX).contains(&whole), "{whole}: {line}");
            assert!(line.ends_with(".. (1234567 more like it)"), "{line}");
        }
    }

    #[test]
    fn a_list_names_the_first_and_counts_the_others() {
        assert_eq!(listed(["a"]), "a");
        assert_eq!(listed(["a", "b", "c"]), "a and b and c");
        let many = listed((10..42).map(|number| format!("AAPL;interval={number}m;range=1d")));
        assert!(many.starts_with("AAPL;interval=10m;range=1d and AAPL;interval=11m"), "{many}");
        assert!(many.ends_with("13m;range=1d and 28 more") && many.len() < 160, "{many}");
        assert!(listed(["x".repeat(500), "y".to_owned()]).ends_with("x.. and 1 more"));
    }
}
