//! Options of a view that are one of a few named values.

choice! {
    /// How bars are drawn.
    Chart {
        /// A line of closes above a filled area.
        #[default]
        Mountain = "mountain",
        /// A line of closes.
        Line = "line",
        /// Open, high, low and close as candles.
        Candlestick = "candlestick",
        /// Open, high, low and close as bars with ticks.
        Ohlc = "ohlc",
        /// Averaged candles.
        HeikinAshi = "heikin-ashi",
        /// A line of few points without axes, for a watchlist.
        Spark = "spark",
    }
}

choice! {
    /// Colours of rising and falling.
    Palette {
        /// Told apart by form too: rising is hollow blue, falling is filled orange.
        #[default]
        Safe = "safe",
        /// Rising green, falling red.
        RedGreen = "red-green",
        /// Rising blue, falling orange, both filled.
        BlueOrange = "blue-orange",
        /// Rising red, falling green, as in East Asia.
        RedUp = "red-up",
    }
}

choice! {
    /// The y axis of prices.
    Scale {
        /// Equal distances are equal differences.
        #[default]
        Linear = "linear",
        /// Equal distances are equal ratios.
        Log = "log",
    }
}

choice! {
    /// Which part of a trading day is shown.
    Session {
        /// Regular trading.
        #[default]
        Regular = "regular",
        /// Trading before and after it, too, where the source has it; of bars shorter than a day.
        Extended = "extended",
    }
}

choice! {
    /// Colours of the figure.
    Theme {
        /// Light on dark.
        #[default]
        Dark = "dark",
        /// Dark on light.
        Light = "light",
    }
}

choice! {
    /// How a stream sends the view.
    Output {
        /// As complete figures.
        #[default]
        Figure = "figure",
        /// As rows of the table, those that changed after the first.
        Bars = "bars",
    }
}
