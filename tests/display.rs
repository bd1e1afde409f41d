//! What the small displays of dots show, as pictures in `tests/display`.
//!
//! A picture that differs is written to `target/tmp/display`, and the test says where. After a
//! change that was meant, `RIMSHOT_RENEW=1 cargo test --test display` renews them all, and
//! those of `docs/display`; look at them before they are committed.

use std::fs;
use std::path::{Path, PathBuf};

use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::*;
use embedded_graphics_simulator::{
    BinaryColorTheme, OutputSettings, OutputSettingsBuilder, SimulatorDisplay,
};
use rimshot::panel::display::draw::draw;
use rimshot::panel::display::{Loading, Screen};

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/display")
}

fn is_renewed() -> bool {
    std::env::var_os("RIMSHOT_RENEW").is_some()
}

fn picture(screen: &Screen, height: u32) -> SimulatorDisplay<BinaryColor> {
    let mut picture = SimulatorDisplay::new(Size::new(128, height));
    let Ok(()) = draw(screen, &mut picture);
    picture
}

fn save(picture: &SimulatorDisplay<BinaryColor>, path: &Path, settings: &OutputSettings) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.to_grayscale_output_image(settings).save_png(path).unwrap();
}

/// Holds both sizes of a screen against the pictures of this name.
fn shows(name: &str, screen: &Screen) {
    for height in [64, 32] {
        let file = format!("{name}-{height}.png");
        let (path, picture) = (kept().join(&file), picture(screen, height));
        if is_renewed() {
            save(&picture, &path, &OutputSettings::default());
            continue;
        }
        let wanted = SimulatorDisplay::<BinaryColor>::load_png(&path);
        if !wanted.is_ok_and(|wanted| wanted.diff(&picture).is_none()) {
            let got = Path::new(env!("CARGO_TARGET_TMPDIR")).join("display").join(&file);
            save(&picture, &got, &OutputSettings::default());
            panic!(
                "{} is not what is shown now, {}; if that is as it should be: \
                 RIMSHOT_RENEW=1 cargo test --test display",
                path.display(),
                got.display()
            );
        }
    }
}

fn idle() -> Screen {
    Screen {
        kit: Some("Studio".into()),
        number: 1,
        kits: 12,
        next: Some("Nine".into()),
        volume_db: -12.0,
        ..Screen::default()
    }
}

fn loading() -> Screen {
    let loading = Loading { kit: "Jazz Brushes".into(), done: 97, total: 214 };
    Screen { loading: Some(loading), ..idle() }
}

#[test]
fn the_kit_the_next_one_and_the_volume() {
    shows("idle", &idle());
}

#[test]
fn a_single_kit_has_no_next_one() {
    shows("single", &Screen { kits: 1, next: None, volume_db: 0.0, ..idle() });
}

#[test]
fn a_kit_that_is_being_loaded() {
    shows("loading", &loading());
}

#[test]
fn a_load_at_the_start_of_which_nothing_is_known() {
    let loading = Some(Loading { kit: "Nine".into(), done: 0, total: 0 });
    shows("first", &Screen { kit: None, number: 0, next: None, loading, ..idle() });
}

#[test]
fn a_problem() {
    let problem = Some("/srv/kits/Café/kit.toml:12:1: error: no such file 'snare 9.wav'".into());
    shows("problem", &Screen { problem, ..loading() });
}

#[test]
fn something_that_is_missing() {
    shows("silent", &Screen { problem: Some("no sound card".into()), ..idle() });
}

#[test]
fn names_with_letters_beyond_ascii() {
    let (kit, next) = (Some("Größe Café ñ".into()), Some("Łódź – “Œuvre” ドラム".into()));
    shows("letters", &Screen { kit, next, ..idle() });
}

#[test]
fn names_that_are_too_long_get_smaller_then_longer_then_shorter() {
    let named = |kit: &str| Screen {
        kit: Some(kit.into()),
        next: Some("The Longest Name of a Kit on Earth".into()),
        volume_db: -6.5,
        ..idle()
    };
    shows("long-14", &named("Acoustic Large"));
    shows("long-18", &named("Acoustic Large Rms"));
    shows("long-40", &named("Acoustic Large Room with Brushes, 1963"));
    shows("long-80", &named(&"Acoustic Large Room with Brushes, 1963 ".repeat(2)));
}

#[test]
fn no_kit_at_all() {
    let problem = Some("no kit found".into());
    shows("no-kit", &Screen { kit: None, number: 0, kits: 0, next: None, problem, ..idle() });
}

#[test]
fn the_softest_volume() {
    shows("softest", &Screen { volume_db: -60.0, ..idle() });
}

#[test]
fn words_take_the_place_of_everything() {
    let words = |words: &str| Screen { words: Some(words.into()), ..loading() };
    shows("words", &words("Hit the edge of the snare"));
    shows("words-long", &words("Press the hi-hat pedal down slowly, then let it go: 3 of 5"));
}

#[test]
fn the_pictures_of_the_manual_are_those_of_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/display");
    for (name, screen, height) in [("loading-128x64", loading(), 64), ("idle-128x32", idle(), 32)] {
        let path = folder.join(format!("{name}.png"));
        let picture = picture(&screen, height);
        let settings = OutputSettingsBuilder::new().scale(3).theme(BinaryColorTheme::OledBlue);
        let image = picture.to_rgb_output_image(&settings.build());
        if is_renewed() {
            fs::create_dir_all(&folder).unwrap();
            image.save_png(&path).unwrap();
            continue;
        }
        let kept = SimulatorDisplay::<embedded_graphics::pixelcolor::Rgb888>::load_png(&path);
        let kept = kept.unwrap().to_rgb_output_image(&OutputSettings::default());
        assert!(
            kept.as_image_buffer() == image.as_image_buffer(),
            "{}: RIMSHOT_RENEW=1 cargo test --test display",
            path.display()
        );
    }
}
