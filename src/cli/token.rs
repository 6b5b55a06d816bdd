//! `figcast token`: signs, shows and checks tokens.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use humantime_serde::re::humantime::parse_duration;
use jiff::{SignedDuration, Timestamp};

use crate::auth::{
    Authority, FigcastClaim, Grant, SymbolPattern, TokenClaims, TokenError, TokenSigner, instant,
    issuer_keys_now, read_unchecked,
};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{AuthConfig, Config, JwksConfig, KeyConfig};
use crate::shares::Allowance;

/// Shortest life of a token, whose end is a whole second.
const SHORTEST: Duration = Duration::from_secs(1);

/// What to do.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Sign a token with a key of the configuration
    Mint(Box<MintArgs>),
    /// Print what a token says, without checking its signature
    Inspect(TokenArgs),
    /// Say whether a server of this configuration believes a token, and what it allows
    Check(TokenArgs),
}

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The token; "-" reads it from standard input, as others see arguments
    #[arg(default_value = "-")]
    token: String,
}

#[derive(Debug, Args)]
pub struct MintArgs {
    /// Symbols that may be seen, such as AAPL,YAHOO:* or "*"
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    symbols: Vec<SymbolPattern>,
    /// Symbols that may be pushed, such as MINE or "*", where ingest.claims is on
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    ingest: Vec<SymbolPattern>,
    /// Longest range that may be seen, such as 1y
    #[arg(long)]
    range: Option<String>,
    /// Studies that may be seen, such as volume,sma [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    studies: Vec<String>,
    /// Most streams of the subject at a time [default: as many as an address]
    #[arg(long, value_name = "N")]
    streams: Option<usize>,
    /// Most views of all these streams [default: any]
    #[arg(long, value_name = "N")]
    views: Option<usize>,
    /// Requests a second of the subject [default: as an address]
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Let it read metrics
    #[arg(long)]
    admin: bool,
    /// Whom it is for: all tokens of one subject share streams, views and rate
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// How long it is valid
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = parse_duration)]
    lifetime: Duration,
    /// The key of auth.keys that signs it [default: the only one that has not ended]
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// The private key in PEM, for keys that are public in the configuration
    #[arg(long, value_name = "FILE")]
    private_key: Option<PathBuf>,
}

/// Does it; what to print.
///
/// # Errors
/// When there is no such key, or the token is not believed, with what would be right.
pub fn run(command: &TokenCommand, config: &Config) -> anyhow::Result<String> {
    let now = SystemClock.now();
    match command {
        TokenCommand::Mint(args) => mint(args, config, now),
        TokenCommand::Inspect(args) => inspect(&args.read()?, now),
        TokenCommand::Check(args) => check(&args.read()?, config, now),
    }
}

impl TokenArgs {
    fn read(&self) -> anyhow::Result<String> {
        if self.token != "-" {
            return Ok(self.token.clone());
        }
        let token = io::read_to_string(io::stdin()).context("cannot read standard input")?;
        Ok(token.trim().to_owned())
    }
}

fn mint(args: &MintArgs, config: &Config, now: Timestamp) -> anyhow::Result<String> {
    let auth = &config.auth;
    let name = match &args.key {
        Some(name) => name,
        None => only_key(auth, now)?,
    };
    let Some(key) = auth.keys.get(name) else {
        bail!("auth.keys has no key {name}");
    };
    if let Some(until) = key.until.filter(|until| *until <= now) {
        bail!("the key {name} ended at {until} (auth.keys): name another one with --key");
    }
    if args.lifetime < SHORTEST {
        bail!("a token that lasts {:?} is of no use: write --for 1s or more", args.lifetime);
    }
    let figcast = FigcastClaim {
        symbols: args.symbols.clone(),
        range: args.range.clone(),
        studies: Some(args.studies.clone()).filter(|studies| !studies.is_empty()),
        streams: args.streams,
        views: args.views,
        rate: args.rate,
        ingest: args.ingest.clone(),
        admin: args.admin,
    };
    if figcast == FigcastClaim::default() {
        bail!("the token would allow nothing: name symbols, such as --symbols 'AAPL,YAHOO:*'");
    }
    // As the server reads them.
    figcast.longest_range()?;
    figcast.known_studies()?;
    figcast.allowance()?;
    let claims = TokenClaims {
        iss: Some(auth.issuer.clone()),
        aud: Some(auth.audience.clone().into()),
        sub: args.subject.clone(),
        exp: Some(now.saturating_add(args.lifetime)?.as_second().into()),
        nbf: None,
        jti: None,
        figcast,
    };
    TokenSigner::read(name, key, args.private_key.as_deref())?.sign(&claims)
}

/// The key that signs where none is named.
fn only_key(auth: &AuthConfig, now: Timestamp) -> anyhow::Result<&str> {
    let is_current = |key: &KeyConfig| key.until.is_none_or(|until| until > now);
    let mut names = auth.keys.iter().filter(|(_, key)| is_current(key)).map(|(name, _)| name);
    match (names.next(), names.next()) {
        (Some(name), None) => Ok(name),
        (None, _) => bail!("the configuration has no key in auth.keys to sign with"),
        _ => bail!("auth.keys has several keys: say which one signs with --key"),
    }
}

fn inspect(token: &str, now: Timestamp) -> anyhow::Result<String> {
    let (header, claims) = read_unchecked(token)?;
    let mut text = format!("{header:#}\n{claims:#}\n");
    let ends = claims["exp"].as_number().and_then(|exp| instant(exp, "exp").ok());
    match ends {
        Some(ends) => writeln!(text, "{}", in_words(ends, now))?,
        None => writeln!(text, "it has no end (exp), and is not believed")?,
    }
    text.push_str("The signature was not checked: `figcast token check` does.");
    Ok(text)
}

fn check(token: &str, config: &Config, now: Timestamp) -> anyhow::Result<String> {
    let Some(authority) = Authority::open(&config.auth, Arc::new(SystemClock))? else {
        bail!(
            "the configuration has no keys in auth.keys or auth.jwks: nobody is asked for a token"
        );
    };
    // The issuer's keys may have to be fetched.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let grant = runtime.block_on(believed(&authority, token, &config.auth.jwks))?;
    let patterns = |patterns: &[SymbolPattern]| {
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        if patterns.is_empty() { "none".to_owned() } else { patterns.join(", ") }
    };
    let number =
        |number: Option<usize>, usual: &str| number.map_or(usual.to_owned(), |n| n.to_string());
    let bound = |most: usize| if most == 0 { "any".to_owned() } else { most.to_string() };
    let mut text = String::from("The token is believed.\n");
    let (_, claims) = read_unchecked(token)?;
    let subject = claims["sub"].as_str().map(|name| format!("{name}, ")).unwrap_or_default();
    writeln!(text, "for      {subject}in the log: token {}", grant.subject)?;
    writeln!(text, "symbols  {}", patterns(&grant.symbols))?;
    writeln!(text, "range    {}", grant.range.map_or("any", |range| range.as_str()))?;
    writeln!(text, "studies  {}", grant.studies.map_or("any".to_owned(), |all| all.join(", ")))?;
    let Allowance { streams, views, rate } = grant.allowance;
    let shares = &config.hub;
    writeln!(text, "streams  {}", number(streams, &bound(shares.streams_per_address)))?;
    writeln!(text, "views    {}", number(views, "any"))?;
    let rate = rate.unwrap_or(shares.requests_per_address);
    writeln!(
        text,
        "rate     {}",
        if rate > 0.0 { format!("{rate} requests a second") } else { "any".into() }
    )?;
    let off = if grant.ingest.is_empty() || config.ingest.claims {
        ""
    } else {
        ", but ingest.claims is off"
    };
    writeln!(text, "ingest   {}{off}", patterns(&grant.ingest))?;
    writeln!(text, "metrics  {}", if grant.admin { "yes" } else { "no" })?;
    text.push_str(&in_words(grant.ends, now));
    Ok(text)
}

/// What the token allows, or why not, and why the issuer's keys cannot be had.
async fn believed(authority: &Authority, token: &str, jwks: &JwksConfig) -> anyhow::Result<Grant> {
    let believed = authority.believe(token).await;
    if believed == Err(TokenError::NoKeys) {
        issuer_keys_now(jwks).await.context(TokenError::NoKeys)?;
    }
    Ok(believed?)
}

/// `It ends at 2026-03-02T14:30:00Z, in 59m 30s.`
fn in_words(ends: Timestamp, now: Timestamp) -> String {
    let left = ends.duration_since(now);
    let seconds = SignedDuration::from_secs(left.as_secs());
    let how = if left.is_negative() { "ended" } else { "ends" };
    format!("It {how} at {ends:.0} ({seconds:#} from now).")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{MintArgs, check, inspect, mint};
    use crate::config::{AuthConfig, Config, KeyAlgorithm, KeyConfig};

    fn config() -> Config {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/hs256.secret");
        let key = KeyConfig { algorithm: KeyAlgorithm::HS256, file, until: None };
        let auth = AuthConfig {
            issuer: "desk".into(),
            audience: "figcast".into(),
            keys: [("current".to_owned(), key)].into(),
            ..AuthConfig::default()
        };
        Config { auth, ..Config::default() }
    }

    fn args(symbols: &[&str]) -> MintArgs {
        MintArgs {
            symbols: symbols.iter().map(|text| text.parse().expect("a pattern")).collect(),
            ingest: Vec::new(),
            range: Some("1y".into()),
            studies: Vec::new(),
            streams: Some(4),
            views: None,
            rate: None,
            admin: false,
            subject: Some("desk 7".into()),
            lifetime: std::time::Duration::from_secs(90),
            key: None,
            private_key: None,
        }
    }

    #[test]
    fn a_minted_token_is_believed_and_says_what_it_allows() {
        let now = Timestamp::now();
        let token = mint(&args(&["AAPL", "YAHOO:*"]), &config(), now).expect("a token");
        let text = check(&token, &config(), now).expect("it is believed");
        for line in [
            "for      desk 7, in the log: token ",
            "symbols  AAPL, YAHOO:*",
            "range    1y",
            "streams  4",
            "rate     50 requests",
        ] {
            assert!(text.contains(line), "{text}");
        }
        let text = inspect(&token, now).expect("it is read");
        for part in ["\"kid\": \"current\"", "\"aud\": \"figcast\"", "It ends at ", "not checked"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_token_that_would_allow_nothing_is_not_signed() {
        let nothing = MintArgs { range: None, streams: None, ..args(&[]) };
        let error = mint(&nothing, &config(), Timestamp::now()).expect_err("nothing");
        assert!(error.to_string().contains("would allow nothing"), "{error}");
        let range = MintArgs { range: Some("2w".into()), ..args(&["*"]) };
        let error = mint(&range, &config(), Timestamp::now()).expect_err("no range");
        assert!(error.to_string().contains("is not one of 1d, 5d"), "{error}");
    }

    #[test]
    fn what_no_server_would_believe_is_not_signed_and_told_with_what_would_be_right() {
        let now = Timestamp::now();
        let keys = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
        let refused = |args: &MintArgs, config: &Config| {
            mint(args, config, now).expect_err("it is of no use").to_string()
        };
        let short = MintArgs { lifetime: std::time::Duration::from_millis(999), ..args(&["AAPL"]) };
        let told = refused(&short, &config());
        assert!(told.contains("write --for 1s or more"), "{told}");

        let mut ended = config();
        ended.auth.keys.get_mut("current").expect("a key").until = Some(now);
        let named = MintArgs { key: Some("current".into()), ..args(&["AAPL"]) };
        let told = refused(&named, &ended);
        assert!(told.contains("the key current ended at "), "{told}");

        let mut public = config();
        let key = public.auth.keys.get_mut("current").expect("a key");
        *key = KeyConfig {
            algorithm: KeyAlgorithm::ES256,
            file: keys.join("es256.public.pem"),
            until: None,
        };
        for other in ["rs256.private.pem", "eddsa.private.pem", "es256.public.pem"] {
            let other = MintArgs { private_key: Some(keys.join(other)), ..args(&["AAPL"]) };
            let told = refused(&other, &public);
            assert!(told.contains("has no private key of P-256 in PEM"), "{told}");
        }
    }

    #[test]
    fn a_token_of_any_algorithm_is_shown_though_no_server_would_believe_it() {
        // {"alg":"none"} and {"sub":"x"}
        let text = inspect("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", Timestamp::now());
        let text = text.expect("it is read");
        assert!(text.contains("\"alg\": \"none\"") && text.contains("it has no end"), "{text}");
    }
}
