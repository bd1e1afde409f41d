//! Floor 4.
pub mod cli;
