//! Floor 4: what joins the floors below into a program.

pub mod attach;
pub mod cli;
pub mod config;
pub mod control;
pub mod ctl;
pub mod demo;
pub mod desk;
pub mod exit;
pub mod guard;
pub mod inspect;
pub mod keys;
pub mod kits;
pub mod learn;
pub mod learned;
pub mod list;
pub mod loudness;
pub mod monitor;
pub mod offline;
pub mod picture;
pub mod player;
pub mod render;
pub mod spoken;
pub mod state;
pub mod stats;
pub mod wavfile;
pub mod whole_file;
