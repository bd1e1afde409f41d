//! Note maps.
