//! What programs call their columns.
//!
//! Names are compared as [`plain`] leaves them, the surest of each column first.

/// The start of a bar.
pub(super) const TIMES: &[&str] = &[
    "unix",
    "unixtime",
    "unixtimestamp",
    "epoch",
    "opentime",
    "timeopen",
    "starttime",
    "startdate",
    "windowstart",
    "timestamp",
    "datetime",
    "ts",
    "tsevent",
    "start",
    "begin",
    "utctime",
    "timeutc",
    "dateutc",
    "datetimeutc",
    "timestamputc",
    "gmttime",
    "localtime",
    "tradedate",
    "traddt",
    "tradingdate",
    "date",
    "dtyyyymmdd",
    "datum",
    "fecha",
    "data",
    "time",
    "t",
    "day",
    "week",
    "month",
];
/// A date that has its time of day in a column beside it.
pub(super) const DATES: &[&str] =
    &["date", "dtyyyymmdd", "tradedate", "datum", "fecha", "data", "dateutc"];
/// The time of day beside a date.
pub(super) const CLOCKS: &[&str] =
    &["time", "timestamp", "hour", "zeit", "uhrzeit", "hora", "timeutc"];
/// Open, high, low and close.
pub(super) const PRICES: [&[&str]; 4] = [
    &[
        "open",
        "openprice",
        "o",
        "pxopen",
        "opnpric",
        "openingprice",
        "eröffnung",
        "erster",
        "eroeffnung",
        "abertura",
        "apertura",
        "ouverture",
        "ouv",
    ],
    &[
        "high",
        "highprice",
        "h",
        "pxhigh",
        "hghpric",
        "max",
        "hoch",
        "tageshoch",
        "máxima",
        "máximo",
        "maximo",
        "massimo",
        "plushaut",
        "haut",
    ],
    &[
        "low",
        "lowprice",
        "l",
        "pxlow",
        "lwpric",
        "min",
        "tief",
        "tagestief",
        "mínima",
        "mínimo",
        "minimo",
        "plusbas",
        "bas",
    ],
    &[
        "close",
        "closeprice",
        "c",
        "closelast",
        "closingprice",
        "pxlast",
        "clspric",
        "schluss",
        "schlusskurs",
        "zuletzt",
        "cierre",
        "chiusura",
        "fechamento",
        "clôture",
        "cloture",
        "clot",
        "settle",
        "settlement",
        "settlementprice",
        "last",
        "lastprice",
        "ltp",
        "último",
        "ultimo",
        "dernier",
        "price",
    ],
];
/// Units traded.
pub(super) const VOLUMES: &[&str] = &[
    "volume",
    "vol",
    "v",
    "volumefrom",
    "basevolume",
    "totalvolume",
    "sharestraded",
    "shares",
    "pxvolume",
    "ttltradgvol",
    "tottrdqty",
    "ttltrdqnty",
    "quantity",
    "qty",
    "volumen",
    "stücke",
    "stuecke",
    "tickvolume",
    "tickvol",
];
/// A close after splits and dividends, which is none.
pub(super) const ADJUSTED: &[&str] = &[
    "adjclose",
    "adjustedclose",
    "closeadj",
    "closeadjusted",
    "adjusted",
    "adj",
    "adjcloseprice",
    "closeunadj",
    "adjprice",
];
/// Whose row it is.
pub(super) const TICKERS: &[&str] = &[
    "symbol",
    "ticker",
    "sym",
    "actsymbol",
    "tic",
    "secid",
    "tckrsymb",
    "tickersymbol",
    "tradingsymbol",
    "stocksymbol",
    "symbolcode",
    "instrument",
    "instrumentid",
    "ric",
    "pair",
    "contract",
    "code",
];
/// The same, or the name of a company.
pub(super) const NAMES: &[&str] = &["name", "stock", "company", "security", "asset"];
/// Words beside a price that name no ticker.
pub(super) const QUALIFIERS: &[&str] = &["price", "prices", "px", "trade", "mid"];
/// The same where they stand beside all prices.
pub(super) const CURRENCIES: &[&str] =
    &["usd", "usdt", "eur", "gbp", "gbx", "jpy", "chf", "cny", "hkd", "inr", "cad", "aud"];
/// Words beside a volume that make another number of it.
pub(super) const OTHER_VOLUMES: &[&str] = &[
    "ma", "sma", "ema", "avg", "average", "quote", "taker", "weighted", "change", "change%", "to",
];

/// A name in lower case without spaces, signs and the numbering of some programs: `Open Time` and
/// `open_time` are `opentime`, `<TICKVOL>` is `tickvol`, `1. open` is `open`.
pub(super) fn plain(name: &str) -> String {
    let numbered = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let name = match numbered.strip_prefix(['.', ')']) {
        Some(rest) if numbered.len() < name.len() => rest,
        _ => name,
    };
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
