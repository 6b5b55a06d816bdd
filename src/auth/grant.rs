//! What a token allows.

use jiff::Timestamp;

use super::pattern::SymbolPattern;
use crate::shares::{Allowance, Client, Requester, TokenSubject};
use crate::symbol::Symbol;
use crate::view::{Range, View};

/// What a token allows until it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// Whom it was issued to: all tokens of one subject share what it may take.
    pub subject: TokenSubject,
    /// When it ends, the leeway included.
    pub ends: Timestamp,
    /// Which symbols may be seen; none is no symbol.
    pub symbols: Vec<SymbolPattern>,
    /// How far back.
    pub range: Option<Range>,
    /// Kinds of studies, by name; `None` is all.
    pub studies: Option<Vec<String>>,
    /// Shares in place of the configured ones.
    pub allowance: Allowance,
    /// Which symbols may be pushed.
    pub ingest: Vec<SymbolPattern>,
    /// Whether metrics may be read.
    pub admin: bool,
}

/// What a token does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// A symbol.
    #[error("the token does not allow {symbol}: its claim figcast.symbols has {allowed}")]
    Symbol {
        /// The one asked for.
        symbol: Symbol,
        /// Those it allows, in words.
        allowed: String,
    },
    /// A symbol to be pushed.
    #[error(
        "the token does not allow for pushing {symbol}: its claim figcast.ingest has {allowed}"
    )]
    Push {
        /// The one that was sent.
        symbol: Symbol,
        /// Those it allows, in words.
        allowed: String,
    },
    /// A longer range.
    #[error("the token allows a range of {most} at most (its claim figcast.range)")]
    Range {
        /// The longest.
        most: &'static str,
    },
    /// A study.
    #[error("the token does not allow the study {name}: its claim figcast.studies has {allowed}")]
    Study {
        /// The one asked for.
        name: &'static str,
        /// Those it allows, in words.
        allowed: String,
    },
}

impl Grant {
    /// Whether a view may be seen. `name` is the source of a symbol.
    ///
    /// # Errors
    /// What of the view is not allowed.
    pub fn check<'a>(
        &self,
        view: &View,
        name: impl Fn(&Symbol) -> &'a str,
    ) -> Result<(), Forbidden> {
        for symbol in std::iter::once(&view.symbol).chain(view.compare.as_slice()) {
            self.check_symbol(symbol, name(symbol))?;
        }
        if let Some(most) = self.range.filter(|most| view.range.days() > most.days()) {
            return Err(Forbidden::Range { most: most.as_str() });
        }
        let mut names = view.studies.as_slice().iter().map(|study| study.name());
        let Some(studies) = &self.studies else { return Ok(()) };
        match names.find(|name| !studies.iter().any(|allowed| allowed == name)) {
            Some(name) => Err(Forbidden::Study { name, allowed: in_words(studies) }),
            None => Ok(()),
        }
    }

    /// Whether a symbol of the source `name` may be seen.
    ///
    /// # Errors
    /// [`Forbidden::Symbol`].
    pub fn check_symbol(&self, symbol: &Symbol, name: &str) -> Result<(), Forbidden> {
        if self.symbols.iter().any(|pattern| pattern.matches(symbol, name)) {
            return Ok(());
        }
        Err(Forbidden::Symbol { symbol: symbol.clone(), allowed: listed(&self.symbols) })
    }

    /// Whether a symbol of the source `name` may be pushed.
    ///
    /// # Errors
    /// [`Forbidden::Push`].
    pub fn check_push(&self, symbol: &Symbol, name: &str) -> Result<(), Forbidden> {
        if self.ingest.iter().any(|pattern| pattern.matches(symbol, name)) {
            return Ok(());
        }
        Err(Forbidden::Push { symbol: symbol.clone(), allowed: listed(&self.ingest) })
    }

    /// Whom its shares are counted for, and which they are.
    #[must_use]
    pub const fn requester(&self) -> Requester {
        Requester { client: Some(Client::Token(self.subject)), allowance: self.allowance }
    }
}

fn listed(patterns: &[SymbolPattern]) -> String {
    in_words(&patterns.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// A few names, and how many more there are.
fn in_words(names: &[String]) -> String {
    const SHOWN: usize = 8;
    match names {
        [] => "none".to_owned(),
        names if names.len() <= SHOWN => names.join(", "),
        names => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Allowance, Forbidden, Grant, TokenSubject};
    use crate::symbol::Symbol;
    use crate::view::{Range, View};

    fn grant(symbols: &[&str]) -> Grant {
        Grant {
            subject: TokenSubject::of("sub", "desk 7"),
            ends: Timestamp::MAX,
            symbols: symbols.iter().map(|text| text.parse().expect("a pattern")).collect(),
            range: None,
            studies: None,
            allowance: Allowance::default(),
            ingest: Vec::new(),
            admin: false,
        }
    }

    fn view(symbol: &str, options: &[(&str, &str)]) -> View {
        View::parse(Symbol::parse(symbol).expect("a symbol"), options.iter().copied())
            .expect("a view")
    }

    #[test]
    fn every_symbol_of_a_view_has_to_be_allowed() {
        let grant = grant(&["AAPL", "MSFT"]);
        let check = |view: &View| grant.check(view, |_| "sim");
        assert_eq!(check(&view("AAPL", &[("compare", "MSFT")])), Ok(()));
        let error = check(&view("AAPL", &[("compare", "MSFT,TSLA")])).expect_err("TSLA");
        assert_eq!(
            error.to_string(),
            "the token does not allow TSLA: its claim figcast.symbols has AAPL, MSFT"
        );
        let none = Grant { symbols: Vec::new(), ..grant.clone() };
        let error = none.check(&view("AAPL", &[]), |_| "sim").expect_err("nothing is allowed");
        assert!(error.to_string().ends_with("has none"), "{error}");
    }

    #[test]
    fn what_may_be_pushed_is_named_apart_from_what_may_be_seen() {
        let grant = Grant { ingest: vec!["MINE".parse().expect("a pattern")], ..grant(&["*"]) };
        let push = |symbol| grant.check_push(&Symbol::parse(symbol).expect("a symbol"), "pushed");
        assert_eq!(push("MINE"), Ok(()));
        let error = push("OTHERS").expect_err("it is not named").to_string();
        assert!(error.contains("for pushing OTHERS: its claim figcast.ingest has MINE"), "{error}");
        let viewer = Grant { ingest: Vec::new(), ..grant.clone() };
        assert!(viewer.check_push(&Symbol::parse("MINE").expect("a symbol"), "pushed").is_err());
    }

    #[test]
    fn a_view_reaches_no_further_back_than_allowed_and_has_no_other_studies() {
        let grant = Grant {
            range: Some(Range::Month1),
            studies: Some(vec!["volume".into()]),
            ..grant(&["*"])
        };
        let check = |options: &[(&str, &str)]| grant.check(&view("AAPL", options), |_| "sim");
        assert_eq!(check(&[("range", "1mo"), ("studies", "volume")]), Ok(()));
        assert_eq!(check(&[("range", "3mo")]), Err(Forbidden::Range { most: "1mo" }));
        let error = check(&[("studies", "volume,rsi:14")]).expect_err("rsi");
        assert!(error.to_string().contains("the study rsi"), "{error}");
    }
}
