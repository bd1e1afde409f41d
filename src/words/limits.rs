//! Every capacity of rimshot and the arithmetic behind it.

/// Voices that sound at once, by default. Real performances through a kit with
/// 14 s crashes peak at 96 voices (simulated over 1 150 recorded takes); 128 leaves a third.
pub const VOICES: usize = 128;
/// Most voices a setting may ask for.
pub const MAX_VOICES: usize = 512;
/// Pairs of outputs that an engine can have. The largest USB cards that drummers use have
/// 16 channels, 8 pairs; stems of a take ask for one a slot of the kit, which has 63
/// named ones and seldom uses a third.
pub const MAX_PAIRS: usize = 64;
/// Stolen voices fade in places of their own, so that a steal never clicks:
/// 6 ms × 10⁴ hits a second would be 60; a drummer's rolls reach 40 hits a second,
/// so 32 places last for any playing and only a machine can fill them.
pub const FADES: usize = 32;
/// Kits that the engine can hold: one that plays and seven whose tails still ring.
pub const KIT_PLACES: usize = 8;
/// Frames that a driver asks its source for at once; a card's larger blocks are split.
/// 2048 at 48 kHz are 43 ms, above any period that drums can be played with; as stereo
/// f32 16 KiB.
pub const BLOCK_FRAMES: usize = 2048;
/// Event rings into the engine, handed to MIDI ports as they come and go.
/// An e-drum module has one or two ports; four modules at once are more than a stage holds.
pub const SOURCES: usize = 8;
/// Events in one source's ring. USB-MIDI carries at most 1 000 three-byte messages a
/// second from a serial module, ten times that from a native one: 1024 is 100 ms of a
/// stream no pad can play, at 40 bytes an event 40 KiB a source.
pub const SOURCE_EVENTS: usize = 1024;
/// Of these, the last quarter is kept for hits: pedal movement is thinned first.
pub const SOURCE_EVENTS_FOR_HITS: usize = SOURCE_EVENTS / 4;
/// Live events of one source that a block takes: one for so many frames, and so many at
/// the least; the rest waits for the next block. At 48 kHz 6 000 a second, four times
/// what a serial module can send with running status. The costliest hit (it steals one of
/// 128 stereo voices) takes 4.7 µs on a desktop's core (`cargo bench --bench engine -- events`),
/// so eight sources that all send without end cost a block of 128 frames 0.60 ms of its
/// 2.7 ms; eight full rings at once would be 39 ms. Where all voices are tuned a steal costs
/// several times as much, because what is mixed up to it is cut.
pub const FRAMES_AN_EVENT: usize = 8;
/// See [`FRAMES_AN_EVENT`].
pub const LEAST_EVENTS: usize = 8;
/// Commands under way to the engine: a person presses a few buttons a second.
pub const COMMANDS: usize = 64;
/// Kits on their way home. Every place can retire at once, and each command may
/// hand one box straight back, so the answer to a command always has room.
pub const RETURNS: usize = KIT_PLACES + COMMANDS;
/// Notices (what was played, what was not and why) from the engine. The player
/// empties the ring every 20 ms; 1024 are 50 000 a second. Past that they are counted.
pub const NOTICES: usize = 1024;
/// Of these, the last half is kept for hits: what pedals and hands do can be missed, and
/// eight pedals of a message a millisecond are 160 in 20 ms.
pub const NOTICES_FOR_HITS: usize = NOTICES / 2;
/// MIDI messages of one port that wait for somebody who watches them. They are fetched
/// every 20 ms: 256 are 12 800 a second, four times what a serial module can send with
/// running status. Past that they are counted.
pub const RAW_CHUNKS: usize = 256;
/// Lines for people that wait to be written. A busy drummer makes 50 a second on a
/// terminal: 1024 are 20 seconds of nobody reading, about 100 KB. Past that they are counted.
pub const LINES: usize = 1024;
/// Hits remembered to recognise the same message from a device's second port.
pub const RECENT_HITS: usize = 16;
/// Recordings that a choice by loudness looks at, nearest first. DrumGizmo kits have up
/// to about 60 a drum; past the nearest 64 closeness outweighs every other term.
pub const CANDIDATES: usize = 64;
/// Values (frames × channels) of one recording: 2²⁷ are 23 minutes of stereo at
/// 48 kHz, 512 MiB as float and half of that as 16-bit. A wrong header asks for more.
pub const RECORDING_VALUES: u64 = 1 << 27;

/// Presses of MIDI buttons, and actions of ports, that wait for the player's next turn, which
/// is at most 20 ms away: more in that time are nobody's hands. Of a fixed size, so that MIDI
/// threads need no memory for them.
pub const PRESSES: usize = 256;
