//! What the engine counts, readable by anybody at any time.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use serde::Serialize;

use crate::words::Slot;

/// One counter. Writers are the engine or one MIDI thread; relaxed order is enough
/// because nothing is read *through* a counter.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one. Thread: any; real-time.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// The count since the engine was made.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All counters of one engine.
#[derive(Debug, Default)]
pub struct Meters {
    /// Hits that started a voice.
    pub played: Counter,
    /// Hits on a slot for which the kit has no sound.
    pub no_sound: Counter,
    /// Hits on notes that the map does not name and the kit has no sound for.
    pub unmapped: Counter,
    /// Hits that came before any kit was there.
    pub no_kit: Counter,
    /// Hits on a sample that is not in memory yet: skipped, and the sample asked for.
    pub not_loaded: Counter,
    /// Hits on a slot whose strip is muted.
    pub muted: Counter,
    /// Hits below the threshold of their strip.
    pub soft: Counter,
    /// The same hit from a second port of one device.
    pub duplicates: Counter,
    /// Hits held back as retriggers of their pad.
    pub masked: Counter,
    /// Soft hits held back because their pad was held by a hand.
    pub grabbed: Counter,
    /// Soft chicks held back because a stick moved the pedal.
    pub stomps: Counter,
    /// Hits whose frame had passed when they arrived: played at once.
    pub late: Counter,
    /// Hits that found their ring full.
    pub lost: Counter,
    /// Pads grabbed or let go that found their ring full.
    pub chokes_lost: Counter,
    /// Blocks that put live events off to the next one: a source sent more than one takes.
    pub put_off: Counter,
    /// Pedal movements, note-offs and hits held back that were left out to keep room for hits.
    pub thinned: Counter,
    /// Voices taken for a newer hit.
    pub stolen: Counter,
    /// Fades that were cut short because all fade places were taken.
    pub fades_cut: Counter,
    /// Kits whose tails were cut because all kit places were taken.
    pub kits_cut: Counter,
    /// Notices that found their ring full.
    pub notices_lost: Counter,
    voices: AtomicU32,
    most_voices: AtomicU32,
    peak: AtomicU32,
    slots: Peaks,
}

/// The loudest hit of each slot since somebody asked, as the bits of a float.
#[derive(Debug)]
struct Peaks([AtomicU32; Slot::COUNT]);

impl Default for Peaks {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }
}

/// A reading of all counters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the fields are those of Meters")]
pub struct Reading {
    pub played: u64,
    pub no_sound: u64,
    pub unmapped: u64,
    pub no_kit: u64,
    pub not_loaded: u64,
    pub muted: u64,
    pub soft: u64,
    pub duplicates: u64,
    pub masked: u64,
    pub grabbed: u64,
    pub stomps: u64,
    pub late: u64,
    pub lost: u64,
    pub chokes_lost: u64,
    pub put_off: u64,
    pub thinned: u64,
    pub stolen: u64,
    pub fades_cut: u64,
    pub kits_cut: u64,
    pub notices_lost: u64,
    pub voices: u32,
    pub most_voices: u32,
    pub peak: f32,
}

impl Meters {
    /// Notes how many voices sound and how loud a block was (largest absolute value).
    /// Thread: audio callback; real-time.
    pub fn block(&self, voices: usize, peak: f32) {
        let voices = voices as u32;
        self.voices.store(voices, Ordering::Relaxed);
        // absolute floats order like their bits
        self.peak.fetch_max(peak.to_bits(), Ordering::Relaxed);
    }

    /// Notes that this many voices sound at one frame. Thread: audio callback; real-time.
    pub fn crowd(&self, voices: usize) {
        self.most_voices.fetch_max(voices as u32, Ordering::Relaxed);
    }

    /// Notes that a hit on this slot will be so loud (linear) where it is loudest.
    /// Thread: audio callback; real-time.
    pub fn hit(&self, slot: Slot, level: f32) {
        if let Some(peak) = self.slots.0.get(slot.index()) {
            peak.fetch_max(level.max(0.0).to_bits(), Ordering::Relaxed);
        }
    }

    /// The level of the loudest hit on a slot since the last call, linear, before the
    /// master volume: the peak of its recording's first frames (43 ms at 48 kHz) × its
    /// gain. 0 where there was none.
    pub fn take_slot_peak(&self, slot: Slot) -> f32 {
        self.slots
            .0
            .get(slot.index())
            .map_or(0.0, |peak| f32::from_bits(peak.swap(0, Ordering::Relaxed)))
    }

    /// Voices that sounded at the end of the last block.
    pub fn voices(&self) -> u32 {
        self.voices.load(Ordering::Relaxed)
    }

    /// The loudest output since the last call, linear.
    pub fn take_peak(&self) -> f32 {
        f32::from_bits(self.peak.swap(0, Ordering::Relaxed))
    }

    /// All counters at once.
    pub fn read(&self) -> Reading {
        Reading {
            played: self.played.get(),
            no_sound: self.no_sound.get(),
            unmapped: self.unmapped.get(),
            no_kit: self.no_kit.get(),
            not_loaded: self.not_loaded.get(),
            muted: self.muted.get(),
            soft: self.soft.get(),
            duplicates: self.duplicates.get(),
            masked: self.masked.get(),
            grabbed: self.grabbed.get(),
            stomps: self.stomps.get(),
            late: self.late.get(),
            lost: self.lost.get(),
            chokes_lost: self.chokes_lost.get(),
            put_off: self.put_off.get(),
            thinned: self.thinned.get(),
            stolen: self.stolen.get(),
            fades_cut: self.fades_cut.get(),
            kits_cut: self.kits_cut.get(),
            notices_lost: self.notices_lost.get(),
            voices: self.voices(),
            most_voices: self.most_voices.load(Ordering::Relaxed),
            peak: f32::from_bits(self.peak.load(Ordering::Relaxed)),
        }
    }
}
