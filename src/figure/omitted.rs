//! What a figure leaves out, and why.

use crate::study::Study;
use crate::symbol::Symbol;

/// What was asked for and is not drawn, and what a reader has to know of that.
#[derive(Default)]
pub struct Omitted {
    pub studies: Vec<Study>,
    pub symbols: Vec<Symbol>,
    pub notes: Vec<String>,
}
