//! Signal processing that stands alone: envelopes, filters, a room.
//!
//! Every output is a function of what went in, frame by frame, and of frame numbers; the
//! same input gives the same bits however it is cut into calls. Nothing here allocates
//! after its `new`.

mod delay;
pub mod envelope;
pub mod filter;
mod network;
pub mod reverb;
mod shoebox;
