//! What a render says when it is done.

use std::path::Path;

use super::Args;
use super::stems::Heard;
use crate::app::offline::{Outcome, Unheard};
use crate::app::picture::{Picture, dbfs};
use crate::app::wavfile::Format;
use crate::words::HeldBack;
use crate::words::limits::{KIT_PLACES, MAX_PAIRS};

/// What becomes of peaks in formats of whole numbers.
const CUT: &str = "what is above 0 dBFS is cut off in this format; `--format f32` keeps it";

/// The hits, and why some were not heard; the voices.
pub fn hits(outcome: &Outcome, map: &str, args: &Args) {
    let reading = &outcome.reading;
    let silent = reading.unmapped
        + reading.no_sound
        + reading.no_kit
        + reading.duplicates
        + reading.muted
        + reading.soft;
    let held: u64 = outcome.held.values().sum();
    println!("hits    {} played, {} not", reading.played, silent + held);
    let note =
        |u: &Unheard| if u.note < 128 { format!("note {}", u.note) } else { u.slot.to_string() };
    for (unheard, times) in &outcome.unmapped {
        println!(
            "        {times} × {}: not in the map '{map}', and the kit has no sound for it",
            note(unheard)
        );
    }
    for (unheard, times) in &outcome.no_sound {
        println!(
            "        {times} × {} ({}): the kit has no sound for it",
            note(unheard),
            unheard.slot
        );
    }
    if reading.soft > 0 {
        println!("        {} × softer than the configuration's threshold", reading.soft);
    }
    if reading.muted > 0 {
        println!("        {} × a slot that the configuration mutes", reading.muted);
    }
    for ((why, slot), times) in &outcome.held {
        let why = match why {
            HeldBack::Retrigger => "double triggers, held back by the mask (`--mask 0` plays them)",
            HeldBack::Grab => "soft hits while a hand holds it, held back",
            HeldBack::Stomp => "soft chicks right after an open stroke, held back",
        };
        println!("        {times} × {slot}: {why}");
    }
    println!(
        "voices  {} at most of {}, {} cut short for a newer hit",
        reading.most_voices, args.voices, reading.stolen
    );
    if reading.kits_cut > 0 {
        println!(
            "        {} × a kit's last sounds were cut: {KIT_PLACES} kits were ringing at once",
            reading.kits_cut
        );
    }
    if outcome.end.cut {
        println!(
            "        the last tail was faded out after {} s; --tail lets it ring longer",
            args.tail
        );
    }
}

/// The stems and what is odd about them.
pub fn stems(folder: &Path, heard: &Heard, format: Format) {
    let Heard { names, others, loud } = heard;
    if names.is_empty() {
        println!("stems   none: the take strikes nothing");
        return;
    }
    println!("stems   {}: {}, before the limiter", folder.display(), names.join(", "));
    if let (false, Some(last)) = (others.is_empty(), names.last()) {
        let slots = others.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        println!("        a render has {MAX_PAIRS} stems at most: {last}.wav holds {slots}");
    }
    if !loud.is_empty() && format != Format::F32 {
        println!("        {}: {CUT}", loud.join(", "));
    }
}

/// How loud the mix is.
pub fn level(picture: &mut Picture, format: Format) {
    let loudness =
        picture.loudness().map_or("too quiet to measure".to_owned(), |l| format!("{l:.1} LUFS"));
    println!("level   peak {}, loudness {loudness}", dbfs(picture.peak()));
    if picture.peak() > 1.0 && format != Format::F32 {
        println!("        {CUT}");
    }
}

/// Some lines under one heading.
pub fn under(heading: &str, lines: &str) {
    println!("{heading:<7} {}", lines.replace('\n', "\n        "));
}
