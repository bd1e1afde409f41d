//! What each maker's module sends, byte by byte as its manual says, and what it means.

use std::sync::Arc;

use super::*;
use crate::midi::message::Stream;

const MS: u64 = 1_000_000;

/// At so many milliseconds these bytes, which mean this.
type Step = (u64, &'static [u8], &'static str);

fn word(output: Output) -> String {
    let Output::Event(event) = output else { return format!("{output:?}") };
    match event.kind {
        EventKind::Hit(hit) => {
            let place = match hit.slot.is_hihat() && hit.slot != Slot::HIHAT_PEDAL {
                true => format!(" at {:.2}", hit.openness),
                false => String::new(),
            };
            let position = match hit.position > 0.0 {
                true => format!(" from {:.2}", hit.position),
                false => String::new(),
            };
            format!("{} {}{place}{position}", hit.slot, hit.velocity)
        }
        EventKind::Held { hit, why } => format!("{why:?} {}", hit.slot),
        EventKind::Choke { slot, grip } => format!("grip {slot} {grip:.2}"),
        EventKind::NoteOff { slot, .. } => format!("off {slot}"),
        EventKind::Pedal(openness) => format!("pedal {openness:.2}"),
    }
}

/// Plays a module's bytes and compares.
fn play(map: &str, steps: &[Step]) {
    let mut translator = Translator::new(Arc::new(NoteMap::named(map).unwrap()), None, 0);
    let mut stream = Stream::new();
    for (ms, bytes, wanted) in steps {
        let mut found = Vec::new();
        for &byte in *bytes {
            let Some(message) = stream.push(byte) else { continue };
            found.extend(translator.translate(message, When::Nanos(ms * MS)).map(word));
        }
        assert_eq!(found.join(", "), *wanted, "{map} at {ms} ms");
    }
}

#[test]
fn roland_td17_all_zones_pedal_90_positions_and_chokes() {
    play(
        "roland",
        &[
            (0, &[0x99, 36, 100, 0x89, 36, 64], "kick 100, off kick"),
            // position before the note; note-off with running status
            (100, &[0xB9, 16, 0, 0x99, 38, 90], "snare 90"),
            (200, &[0xB9, 16, 127, 0x99, 38, 90], "snare 90 from 1.00"),
            (300, &[0xB9, 17, 64, 0x99, 51, 80], "ride 80 from 0.50"),
            (400, &[0x99, 40, 91, 37, 60], "snare.rim 91 from 1.00, snare.xstick 60 from 1.00"),
            (
                500,
                &[0xB9, 18, 32, 0x99, 48, 80, 50, 81],
                "tom1 80 from 0.25, tom1.rim 81 from 0.25",
            ),
            (600, &[0x99, 45, 80, 47, 81], "tom2 80 from 0.25, tom2.rim 81 from 0.25"),
            (700, &[0x99, 43, 80, 58, 81], "tom3 80 from 0.25, tom3.rim 81 from 0.25"),
            (800, &[0x99, 41, 80, 39, 81], "tom4 80 from 0.25, tom4.rim 81 from 0.25"),
            // a pedal sweep: open, half, closed; the controller before its note
            (1000, &[0xB9, 4, 0, 0x99, 46, 70], "pedal 1.00, hihat 70 at 1.00"),
            (1100, &[0xB9, 4, 45, 0x99, 26, 70], "pedal 0.50, hihat.edge 70 at 0.50"),
            (1200, &[0xB9, 4, 90], "pedal 0.00"),
            (1201, &[0x99, 44, 85], "hihat.pedal 85"),
            (1300, &[0xB9, 4, 90, 0x99, 42, 70, 22, 71], "hihat 70 at 0.00, hihat.edge 71 at 0.00"),
            // a grab is told on all notes of the pad, and so is letting go
            (
                2000,
                &[0x99, 55, 100, 49, 90, 57, 80, 52, 70],
                "crash1.edge 100, crash1 90, crash2 80, crash2.edge 70",
            ),
            (2500, &[0xA9, 49, 127, 55, 127], "grip crash1 1.00, grip crash1.edge 1.00"),
            (2505, &[0x99, 49, 7], "Grab crash1"),
            (2700, &[0xA9, 49, 0, 55, 0], "grip crash1 0.00, grip crash1.edge 0.00"),
            (3000, &[0x99, 59, 80, 53, 81], "ride.edge 80 from 0.50, ride.bell 81 from 0.50"),
            (3100, &[0x99, 27, 1, 28, 2, 29, 3, 30, 4], "aux1 1, aux1.rim 2, aux2 3, aux2.rim 4"),
            (3200, &[0x99, 31, 1, 32, 2, 33, 3, 34, 4], "aux3 1, aux3.rim 2, aux4 3, aux4.rim 4"),
            (3300, &[0x99, 23, 50], "note.23 50"),
        ],
    );
}

#[test]
fn roland_td27_digital_pads_fine_velocities_a_pedal_to_127_and_a_hand_that_presses_slowly() {
    play(
        "roland",
        &[
            (0, &[0xB9, 88, 64, 0x99, 38, 100], "snare 100.5"),
            // VH-14D with HH CC MAX 127: past 90 the range is known
            (100, &[0xB9, 4, 0], "pedal 1.00"),
            (150, &[0xB9, 4, 127], "pedal 0.00"),
            (200, &[0xB9, 4, 64, 0x99, 46, 70], "pedal 0.50, hihat 70 at 0.50"),
            (300, &[0xB9, 4, 100, 0x99, 26, 70], "pedal 0.21, hihat.edge 70 at 0.21"),
            // CY-18DR: all values between
            (
                400,
                &[0x99, 51, 90, 0xA9, 51, 20, 51, 64, 51, 127, 51, 0],
                "ride 90, grip ride 0.16, grip ride 0.50, grip ride 1.00, grip ride 0.00",
            ),
        ],
    );
}

#[test]
fn yamaha_dtx502_crash_the_other_way_round_splash_and_notes_that_end_at_velocity_0() {
    play(
        "yamaha-dtx502",
        &[
            (0, &[0x99, 36, 90, 36, 0, 0xFE, 35, 80], "kick 90, off kick, kick 80"),
            (100, &[0x99, 38, 90, 40, 91, 37, 92], "snare 90, snare.rim 91, snare.xstick 92"),
            (200, &[0x99, 31, 90, 34, 91, 27, 92], "snare 90, snare.rim 91, snare.xstick 92"),
            (300, &[0x99, 48, 90, 47, 91, 43, 92], "tom1 90, tom2 91, tom3 92"),
            (
                400,
                &[0xB9, 4, 0, 0x99, 46, 90, 78, 91],
                "pedal 1.00, hihat 90 at 1.00, hihat.edge 91 at 1.00",
            ),
            (450, &[0xB9, 4, 56], "pedal 0.56"),
            (500, &[0x99, 46, 90, 85, 91], "hihat 90 at 0.56, hihat 91 at 0.56"),
            (550, &[0xB9, 4, 127, 0x99, 44, 60], "pedal 0.00, hihat.pedal 60"),
            (
                600,
                &[0x99, 42, 90, 79, 91, 86, 92],
                "hihat 90 at 0.00, hihat.edge 91 at 0.00, hihat 92 at 0.00",
            ),
            (700, &[0xB9, 4, 0, 0x99, 83, 70], "pedal 1.00, hihat.splash 70 at 1.00"),
            (800, &[0x99, 59, 90, 49, 91, 55, 92], "crash1 90, crash1.edge 91, crash1.bell 92"),
            (900, &[0xA9, 49, 127, 49, 0], "grip crash1.edge 1.00, grip crash1.edge 0.00"),
            (1000, &[0x99, 51, 90, 52, 91, 53, 92], "ride 90, ride.edge 91, ride.bell 92"),
            (1100, &[0x99, 57, 1, 15, 2, 16, 3, 56, 4], "crash2 1, aux1 2, aux2 3, aux3 4"),
        ],
    );
}

#[test]
fn yamaha_dtxplorer_kick_33_snare_31_and_a_pedal_of_three_places() {
    play(
        "yamaha-dtxplorer",
        &[
            (0, &[0x99, 33, 90, 33, 0], "kick 90, off kick"),
            (100, &[0x99, 31, 90, 34, 91, 37, 92], "snare 90, snare.rim 91, snare.xstick 92"),
            (200, &[0x99, 48, 90, 47, 91, 43, 92], "tom1 90, tom2 91, tom3 92"),
            (300, &[0xB9, 4, 0, 0x99, 46, 90], "pedal 1.00, hihat 90 at 1.00"),
            (400, &[0xB9, 4, 56, 0x99, 46, 90], "pedal 0.56, hihat 90 at 0.56"),
            (
                500,
                &[0xB9, 4, 127, 0x99, 44, 90, 42, 90],
                "pedal 0.00, hihat.pedal 90, hihat 90 at 0.00",
            ),
            (600, &[0x99, 85, 90], "hihat.splash 90 at 1.00"),
            (
                700,
                &[0x99, 49, 90, 57, 91, 51, 92, 52, 93, 55, 94],
                "crash1 90, crash1.edge 91, ride 92, ride.edge 93, aux1 94",
            ),
        ],
    );
}

#[test]
fn alesis_nitro_says_half_open_and_splash_by_notes_alone() {
    play(
        "alesis-nitro",
        &[
            (0, &[0x99, 36, 90, 38, 91, 40, 92], "kick 90, snare 91, snare.rim 92"),
            (
                100,
                &[0x99, 48, 1, 50, 2, 45, 3, 47, 4, 43, 5, 58, 6, 41, 7, 39, 8],
                "tom1 1, tom1.rim 2, tom2 3, tom2.rim 4, tom3 5, tom3.rim 6, tom4 7, tom4.rim 8",
            ),
            (200, &[0x99, 46, 90], "hihat 90 at 1.00"),
            (300, &[0x99, 23, 90], "hihat 90 at 0.50"),
            (400, &[0x99, 42, 90], "hihat 90 at 0.00"),
            (500, &[0x99, 44, 90], "hihat.pedal 90"),
            (600, &[0x99, 21, 90], "hihat.splash 90 at 1.00"),
            (700, &[0x99, 49, 90, 57, 91, 51, 92], "crash1 90, crash2 91, ride 92"),
            (800, &[0xA9, 49, 127, 49, 0], "grip crash1 1.00, grip crash1 0.00"),
        ],
    );
}

#[test]
fn alesis_strike_leaves_the_opening_to_its_controller_and_splashes_after_the_chick() {
    play(
        "alesis-strike",
        &[
            (0, &[0x99, 36, 90, 38, 91, 40, 92], "kick 90, snare 91, snare.rim 92"),
            (100, &[0xB9, 4, 0, 0x99, 46, 90], "pedal 1.00, hihat 90 at 1.00"),
            (
                200,
                &[0xB9, 4, 127, 0x99, 46, 90, 26, 91],
                "pedal 0.00, hihat 90 at 0.00, hihat.edge 91 at 0.00",
            ),
            (
                300,
                &[0xB9, 4, 64, 0x99, 8, 90, 7, 91],
                "pedal 0.50, hihat 90 at 0.50, hihat.edge 91 at 0.50",
            ),
            (400, &[0x99, 44, 86], "hihat.pedal 86"),
            (440, &[0x99, 44, 0, 21, 86], "off hihat.pedal, hihat.splash 86 at 1.00"),
        ],
    );
    // with its HiHat setting at "Note Only"
    play("alesis-strike", &[(0, &[0x99, 42, 90], "hihat 90 at 0.00")]);
}

#[test]
fn an_efnote_pedal_note_is_a_splash_after_an_open_pedal_and_a_chick_after_a_closed_one() {
    play(
        "efnote",
        &[
            (0, &[0xB9, 4, 0, 0x99, 44, 90], "pedal 1.00, hihat.splash 90 at 1.00"),
            (500, &[0xB9, 4, 127, 0x99, 44, 90], "pedal 0.00, hihat.pedal 90"),
            (600, &[0xB9, 4, 127, 0x99, 42, 90, 22, 91], "hihat 90 at 0.00, hihat.edge 91 at 0.00"),
            (
                700,
                &[0xB9, 4, 32, 0x99, 46, 90, 26, 91],
                "pedal 0.75, hihat 90 at 0.75, hihat.edge 91 at 0.75",
            ),
            (
                800,
                &[0x99, 49, 1, 55, 2, 54, 3, 57, 4, 52, 5, 56, 6],
                "crash1 1, crash1.edge 2, crash1.bell 3, crash2 4, crash2.edge 5, crash2.bell 6",
            ),
            (900, &[0xA9, 54, 127, 54, 0], "grip crash1.bell 1.00, grip crash1.bell 0.00"),
            (
                1000,
                &[0x99, 27, 1, 28, 2, 51, 3, 59, 4, 53, 5],
                "china 1, china.edge 2, ride 3, ride.edge 4, ride.bell 5",
            ),
        ],
    );
}

#[test]
fn a_2box_cymbal_is_grabbed_by_its_fourth_note_and_let_go_by_its_end() {
    play(
        "2box",
        &[
            (0, &[0x99, 36, 90, 41, 91, 42, 92], "kick 90, snare 91, snare.rim 92"),
            // the pedal just before the note, at any opening one note
            (100, &[0xB9, 4, 0, 0x99, 45, 90], "pedal 1.00, hihat 90 at 1.00"),
            (
                200,
                &[0xB9, 4, 127, 0x99, 45, 90, 46, 91],
                "pedal 0.00, hihat 90 at 0.00, hihat.edge 91 at 0.00",
            ),
            (300, &[0x99, 47, 90, 47, 0], "hihat.pedal 90, off hihat.pedal"),
            (400, &[0x99, 50, 1, 51, 2, 53, 3, 54, 4], "tom1 1, tom1.rim 2, tom2 3, tom2.rim 4"),
            (500, &[0x99, 57, 1, 58, 2, 60, 3, 61, 4], "tom3 1, tom3.rim 2, tom4 3, tom4.rim 4"),
            (600, &[0x99, 64, 90, 65, 91, 66, 92], "crash1.bell 90, crash1 91, crash1.edge 92"),
            (900, &[0x99, 67, 1], "grip crash1 1.00"),
            (910, &[0x99, 66, 20], "Grab crash1.edge"),
            (1100, &[0x99, 67, 0], "grip crash1 0.00"),
            (
                1200,
                &[0x99, 71, 1, 72, 2, 73, 3, 74, 4, 74, 0],
                "crash2.bell 1, crash2 2, crash2.edge 3, grip crash2 1.00, grip crash2 0.00",
            ),
            (
                1300,
                &[0x99, 76, 1, 77, 2, 78, 3, 79, 4, 79, 0],
                "ride.bell 1, ride 2, ride.edge 3, grip ride 1.00, grip ride 0.00",
            ),
        ],
    );
}

#[test]
fn a_simmons_controller_that_always_says_closed_closes_no_open_note() {
    play(
        "simmons",
        &[
            (0, &[0xB9, 4, 127, 0x99, 46, 90], "pedal 0.00, hihat 90 at 1.00"),
            (100, &[0xB9, 4, 127, 0x99, 86, 90], "hihat 90 at 0.50"),
            (200, &[0xB9, 4, 127, 0x99, 42, 90], "hihat 90 at 0.00"),
            (300, &[0x99, 44, 90, 85, 91], "hihat.pedal 90, hihat.splash 91 at 1.00"),
            (
                400,
                &[0x99, 36, 1, 38, 2, 40, 3, 48, 4, 45, 5, 43, 6, 41, 7],
                "kick 1, snare 2, snare.rim 3, tom1 4, tom2 5, tom3 6, tom4 7",
            ),
            (500, &[0x99, 49, 1, 57, 2, 51, 3], "crash1 1, crash2 2, ride 3"),
        ],
    );
}

#[test]
fn general_midi_has_six_toms_and_masks_nothing() {
    play(
        "gm",
        &[
            (0, &[0x99, 35, 1, 36, 2, 38, 120, 38, 5], "kick 1, kick 2, snare 120, snare 5"),
            (
                100,
                &[0x99, 50, 1, 48, 2, 47, 3, 45, 4, 43, 5, 41, 6],
                "tom1 1, tom2 2, tom3 3, tom4 4, tom5 5, tom6 6",
            ),
            (200, &[0x99, 42, 1, 46, 2, 44, 3], "hihat 1 at 0.00, hihat 2 at 1.00, hihat.pedal 3"),
            (
                300,
                &[0x99, 49, 1, 57, 2, 51, 3, 59, 4, 53, 5, 52, 6, 55, 7],
                "crash1 1, crash2 2, ride 3, ride.edge 4, ride.bell 5, china 6, splash 7",
            ),
        ],
    );
}
