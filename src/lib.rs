//! rimshot, a drum module for Linux and the Raspberry Pi.
//!
//! The house has floors; each imports only from floors below it (inside floor 1: from
//! modules named before it), and floor 3 never sees floor 2. `tests/architecture.rs`
//! keeps this true.
//!
//! | floor | modules | what |
//! |---|---|---|
//! | 0 | [`words`] | units, limits, slots, events: no I/O, no threads |
//! | 1 | [`maps`], [`kit`], [`library`], [`factory`] | note maps, kits on disk and in memory, samples, our own sounds |
//! | 2 | [`engine`] | real-time: everything the audio callback reaches |
//! | 3 | [`midi`], [`sound`], [`panel`] | the edges: devices in and out |
//! | 4 | [`app`] | configuration, player, render, command line |

pub mod app;
pub mod engine;
pub mod factory;
pub mod kit;
pub mod library;
pub mod maps;
pub mod midi;
pub mod panel;
pub mod sound;
pub mod words;
