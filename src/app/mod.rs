//! Floor 4.
pub mod cli;
pub mod config;
